import json
import re

import pytest

from data.atlas import LANGUAGES, load_language, make_document, make_documents
from data.atlas.__main__ import AtlasConfig, write_atlas
from data.atlas.names import spell_name
from data.errors import InputError
from data.text import estimate_tokens

SLOT = re.compile(r"\{([^{}]*)\}")
ENGLISH = load_language("en")


def base_names(template: str) -> set[str]:
    """Return the slots of a template without the form that they are asked in."""
    return {slot.partition(".")[0] for slot in SLOT.findall(template)}


def facts_of(patterns):
    return {
        (theme, fact): templates
        for theme, part in patterns["themes"].items()
        for fact, templates in part["facts"].items()
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_has_the_structure_of_english(lang):
    patterns, facts = load_language(lang), facts_of(load_language(lang))
    assert patterns["language"] == lang
    assert set(patterns) == set(ENGLISH)
    assert list(facts) == list(facts_of(ENGLISH))
    assert len(facts) >= 60
    for key, templates in facts.items():
        assert [base_names(template) for template in templates[:1]] == [base_names(facts_of(ENGLISH)[key][0])], key
        assert len(templates) == 3
        for question in templates[1:]:
            assert base_names(question) <= base_names(templates[0]) | {"place"}, (key, question)
    for theme, part in patterns["themes"].items():
        assert len(part["headings"]) == len(ENGLISH["themes"][theme]["headings"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_vocabulary_has_an_entry_for_every_english_one(lang):
    patterns = load_language(lang)
    sizes = {name: len(words) for name, words in patterns["vocabulary"].items()}
    english = {name: len(words) for name, words in ENGLISH["vocabulary"].items()}
    assert {name.partition(".")[0] for name in sizes} == set(english)
    assert {name: english[name.partition(".")[0]] for name in sizes} == sizes
    for name, words in patterns["vocabulary"].items():
        if "." not in name:
            assert len(set(words)) == len(words), (name, "names two things alike")
    slots = {slot for templates in facts_of(patterns).values() for text in templates for slot in SLOT.findall(text)}
    known = set(sizes) | {"place", "other", "person", "alias", "river", "mountain", "lake", "year", "hundreds", "fives"}
    assert {slot for slot in slots if slot not in known and slot.partition(".")[0] not in known - set(sizes)} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_question_has_two_wordings(lang):
    for key, (sentence, same, other) in facts_of(load_language(lang)).items():
        assert len({sentence, same, other}) == 3, key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_gold_evidence_is_the_sentence(lang):
    document = make_document(lang, 5, seed=3, tokens=4000)
    facts = {fact: templates for (_, fact), templates in facts_of(load_language(lang)).items()}
    assert len(document.questions) > 60
    for question in document.questions:
        sentence = document.text[question.start : question.end]
        pattern = re.escape(facts[question.fact][0])
        pattern = re.sub(r"\\\{[^{}]*\\\}", "(.+)", pattern)
        assert re.fullmatch(pattern, sentence), (question, sentence)
        assert question.wording in ("same", "other")
        assert "\n" not in sentence


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_brace_is_left_(lang):
    text = []
    for document in make_documents(lang, range(4), seed=1, tokens=(300, 6000)):
        text += [document.title, document.text, *(question.query for question in document.questions)]
    assert not re.search(r"[{}]", "\n".join(text))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("tokens", [300, 2_000, 34_000])
def test_documents_have_the_length_that_is_asked(lang, tokens):
    text = make_document(lang, 2, seed=0, tokens=tokens).text
    assert 0.6 * tokens < estimate_tokens(text) < 1.7 * tokens


def test_the_seed_and_the_number_decide_everything():
    first = list(make_documents("ko", [3, 4], seed=7))
    assert first == list(make_documents("ko", range(3, 5), seed=7))
    assert first[0].text != first[1].text
    assert first[0].text != next(make_documents("ko", [3], seed=8)).text


def test_the_same_town_has_the_same_values_in_every_language():
    def numbers(lang):
        document = make_document(lang, 11, seed=2, tokens=900)
        sentences = {question.fact: document.text[question.start : question.end] for question in document.questions}
        # A number below 13 may be a month, which Chinese, Japanese and Korean write in digits.
        return {
            fact: sorted(number for number in re.findall(r"\d+", sentence) if int(number) > 12)
            for fact, sentence in sentences.items()
        }

    english = numbers("en")
    assert sum(map(len, english.values())) >= 10
    for lang in LANGUAGES:
        assert numbers(lang) == english, lang


def test_translations_share_a_group():
    documents = [make_document(lang, 6, 0, 500) for lang in LANGUAGES]
    assert {document.group for document in documents} == {"atlas-6"}
    assert len({document.docid for document in documents}) == len(LANGUAGES)


def test_names_are_unique():
    names = [spell_name(number, "en") for number in range(50_000)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[A-Z][a-z]+[iu]", name) for name in names)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_name_is_as_distinct_in_every_script(lang):
    assert len({spell_name(number, lang) for number in range(5_000)}) == 5_000


def test_the_written_atlas_reads_back(tmp_path):
    write_atlas(AtlasConfig(out=tmp_path, documents=4, gold_documents=2, questions=4, languages=("en", "ja")))
    rows = [json.loads(line) for line in (tmp_path / "documents" / "en.jsonl").read_text().splitlines()]
    assert len(rows) == 4 and set(rows[0]) == {"id", "title", "text", "lang", "group"}
    japanese = [json.loads(line) for line in (tmp_path / "documents" / "ja.jsonl").read_text().splitlines()]
    shared = {row["group"] for row in rows} & {row["group"] for row in japanese}
    assert len(shared) == 2  # every second document is told in all languages
    gold = tmp_path / "gold" / "en"
    corpus = {row["docid"]: row for row in map(json.loads, (gold / "corpus.jsonl").read_text().splitlines())}
    queries = [json.loads(line) for line in (gold / "queries.jsonl").read_text().splitlines()]
    judged = [line.split("\t") for line in (gold / "qrels.tsv").read_text().splitlines()]
    assert not set(corpus) & {row["id"] for row in rows}
    assert [query["qid"] for query in queries] == [qid for qid, _, _ in judged]
    assert all(docid in corpus and grade == "1" for _, docid, grade in judged)
    assert {query["wording"] for query in queries} == {"same", "other"}


def test_an_unknown_language_is_refused(tmp_path):
    with pytest.raises(InputError, match="xx"):
        write_atlas(AtlasConfig(out=tmp_path, languages=("en", "xx")))
