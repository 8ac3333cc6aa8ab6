"""BM25 by words and by a model's subwords."""

import math

import pytest
from training_toy import toy_tokenizer

from training.batching.examples import tokenizer_digest
from training.collections.collection import JudgedCollection
from training.searching.lexical import rank_bm25, subwords_of


def collection(texts: list[str], queries: list[str]) -> JudgedCollection:
    return JudgedCollection("en", list(map(str, range(len(texts)))), texts, ["q"] * len(queries), queries, {})


@pytest.fixture
def tokenizer(tmp_path):
    return toy_tokenizer(tmp_path)


def test_subwords_are_the_ids_of_the_text_alone(tokenizer):
    text = "the mill </s> at the river"
    ids = tokenizer(text)["input_ids"]
    special = {tokenizer.cls_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id}
    found = subwords_of(tokenizer)(text)
    assert found == [str(token) for token in ids if token not in special]
    assert len(ids) - len(found) >= 3  # <s>, and </s> twice


def test_rankings_by_words_and_by_subwords(tokenizer, tmp_path):
    texts, query = ["the mill the mill", "the river", "a bell"], "the mill"
    by_words = rank_bm25(collection(texts, [query, "?"]), 10, tmp_path)
    assert [row.tolist() for row in by_words.documents] == [[0, 1], []]
    by_subwords = rank_bm25(collection(texts, [query]), 10, tmp_path, tokenizer)
    tokens = [subwords_of(tokenizer)(text) for text in texts]
    mean = sum(map(len, tokens)) / 3

    def score(number: int) -> float:
        own = tokens[number]
        total = 0.0
        for token in subwords_of(tokenizer)(query):
            holders = sum(token in row for row in tokens)
            count = own.count(token)
            idf = math.log(1 + (3 - holders + 0.5) / (holders + 0.5))
            total += idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * len(own) / mean))
        return total

    scores = {number: score(number) for number in range(3)}
    expected = sorted((n for n in range(3) if scores[n] > 0), key=lambda n: -scores[n])
    assert by_subwords.documents[0].tolist() == expected
    assert by_subwords.scores[0].tolist() == pytest.approx([scores[n] for n in expected], rel=1e-4)


def test_texts_and_tokenizers_have_indexes_of_their_own(tokenizer, tmp_path):
    for number, texts in enumerate((["the mill", "a bell"], ["a bell", "the mill"])):
        for kind in (None, tokenizer):
            assert rank_bm25(collection(texts, ["mill"]), 1, tmp_path, kind).documents[0].tolist() == [number]
    assert len(list(tmp_path.glob("bm25-*"))) == 4


def test_a_tokenizers_digest_does_not_depend_on_what_was_cut_before(tokenizer):
    before = tokenizer_digest(tokenizer)
    tokenizer(["a mill", "the"], truncation=True, max_length=5, padding=True)
    assert tokenizer_digest(tokenizer) == before
