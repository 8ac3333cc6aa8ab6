import pyarrow as pa
import pytest

from curation.extractive import extract_queries, find_units
from data.atlas import LANGUAGES, make_document
from data.text import search_tokens


def queries(*texts, lang="en"):
    docids = [str(number) for number in range(len(texts))]
    return extract_queries(pa.table({"text": list(texts), "lang": [lang] * len(texts), "docid": docids}))


def test_the_rarest_words_of_the_most_informative_sentence_are_taken():
    common = "The town has a market. "
    passages = [
        common + "The town has a granite aqueduct by Kelima.",
        common + "The town has a harbour.",
        common + "The town has a mill. The town has a market.",
    ]
    query, sentence = queries(*passages)[0]
    assert sentence == "The town has a granite aqueduct by Kelima."
    # Six of eight words always: four are in one passage alone; of the common ones "a" and "has" come first.
    assert [word for word in query.split() if word not in ("The", "town")] == "has a granite aqueduct by Kelima".split()


def test_some_of_the_common_words_come_along():
    passages = [f"The town has a market in the old part by the river, and so on {x}." for x in ("Kelima", "Tusadi")]
    lengths = {len(query.split()) for query, _ in queries(*passages, *(f"{text} Indeed." for text in passages))}
    assert all(6 <= length < 15 for length in lengths)  # of 15 words, six chosen and about half of the others
    assert max(lengths) > 6


def test_numbers_are_left_out():
    assert queries("Kelima was founded in 1345 by the shepherd Tusadi")[0][0].split().count("1345") == 0


def test_units_are_words_and_pairs_of_characters():
    assert [unit[2] for unit in find_units("Die Stadt 東京都")] == ["die", "stadt", "東京", "京都"]
    assert [unit[2] for unit in find_units("犬")] == ["犬"]
    thai = "ที่นี่"  # vowel signs stay with their letter
    assert [thai[start:end] for start, end, _ in find_units(thai)] == [thai]


def test_a_repeated_word_is_written_once():
    query, _ = queries("Kalu mill Kalu river Kalu lake.")[0]
    assert query == "Kalu mill river lake"


@pytest.mark.parametrize("text", ["", "!!! 。。", "# A heading of four words", "One two three.", "Yes. No. Maybe. So."])
def test_without_a_usable_sentence_there_is_no_query(text):
    assert queries(text) == [("", "")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_query_is_made_of_one_sentence_of_the_passage(lang):
    passages = [make_document(lang, number, 0, 300).text for number in range(5)]
    for (query, sentence), passage in zip(queries(*passages, lang=lang), passages, strict=True):
        assert sentence in passage and "\n" not in sentence
        assert query and query != sentence
        assert set(search_tokens(query.replace(" ", "\n"))) <= set(search_tokens(sentence)), (query, sentence)


def test_languages_do_not_mix_their_frequencies():
    table = pa.table({"text": ["Rare word stands here now."] * 2, "lang": ["en", "de"], "docid": ["a", "b"]})
    assert len(set(extract_queries(table))) == 1
