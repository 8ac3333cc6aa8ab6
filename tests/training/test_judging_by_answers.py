"""Documents judged by the answers they hold: the rule against a plain one, and hit or miss in the metrics."""

import unicodedata

import numpy as np
import pytest
import regex

from training.collections import answers
from training.collections.answers import NO_HIT, judged_by_answers, matching_form
from training.collections.collection import JudgedCollection
from training.judging.metrics import measure


def plain_tokens(text: str) -> list[str]:
    return regex.findall(r"[\p{L}\p{N}\p{M}]+|[^\p{Z}\p{C}]", unicodedata.normalize("NFD", text).lower())


def plain_holds(text: str, answer: str) -> bool:
    tokens, wanted = plain_tokens(text), plain_tokens(answer)
    return bool(wanted) and any(
        tokens[start : start + len(wanted)] == wanted for start in range(len(tokens) - len(wanted) + 1)
    )


@pytest.mark.parametrize(
    ("text", "answer", "holds"),
    [
        ("Built in 1902, say the books.", "1902", True),
        ("Built in 19025.", "1902", False),
        ("The Old Mill's wheel", "old mill", True),
        ("The old\n\tmill", "Old Mill", True),
        ("The old, mill", "old mill", False),
        ("Café Ossel", "cafe\u0301", True),  # composed and decomposed
        ("Cafe Ossel", "café", False),  # a mark is part of the word
        ("from 1902–1904", "1902-1904", True),  # dashes of two forms
        ("the miller’s hut", "miller's", True),
        ("It weighs 3.5 kg", "3.5", True),
        ("It weighs 3 5 kg", "3.5", False),
        ("나무 다리", "다리", True),
        ("anything", "", False),
        ("", "", False),
        ("", "x", False),
    ],
)
def test_a_document_holds_an_answer_token_by_token(text, answer, holds):
    form = matching_form(answer)
    assert (bool(form) and form in matching_form(text)) is holds


def test_the_rule_equals_a_plain_implementation_on_random_texts():
    generator = np.random.default_rng(3)
    pieces = ["a", "ab", "B", "é", "e\u0301", " ", "\n", ".", "7", "ا", "橋", "\u200b"]
    found = 0
    for _ in range(2000):
        text, answer = ("".join(generator.choice(pieces, size)) for size in (12, generator.integers(0, 4)))
        form = matching_form(answer)
        assert (bool(form) and form in matching_form(text)) is plain_holds(text, answer), (text, answer)
        one = JudgedCollection("en", ["d"], [text], ["q"], ["?"], {}, answers={"q": [answer]})
        judged = judged_by_answers(one, {"bm25": [np.array([0])]})
        assert judged == {"q": {"d" if plain_holds(text, answer) else NO_HIT: 1}}, (text, answer)
        found += plain_holds(text, answer)
    assert 100 < found < 1900


def toy() -> JudgedCollection:
    return JudgedCollection(
        lang="ko",
        docids=["a", "b", "c", "d"],
        texts=["a bridge", "the Old Bridge", "of tea", "a mill"],
        query_ids=["q1", "q2", "q3"],
        queries=["?", "?", "?"],
        qrels={},
        answers={"q1": ["old bridge", "mill"], "q2": ["lantern"], "q3": ["tea"]},
    )


def test_the_first_hit_alone_is_marked_so_that_recall_is_hit_or_miss():
    collection = toy()
    ranked = [np.array([0, 3, 1]), np.array([0, 1, 2, 3]), np.array([0, 2])]
    qrels = judged_by_answers(collection, {"dense": ranked})
    assert qrels == {"q1": {"d": 1}, "q2": {NO_HIT: 1}, "q3": {"c": 1}}
    named = {
        query_id: [collection.docids[number] for number in row]
        for query_id, row in zip(collection.query_ids, ranked, strict=True)
    }
    assert measure(named, qrels)["recall@100"] == pytest.approx(2 / 3)
    assert judged_by_answers(collection, {"dense": ranked}, depth=1)["q3"] == {NO_HIT: 1}
    assert judged_by_answers(collection, {"bm25": [np.array([], dtype=np.int32)] * 3})["q1"] == {NO_HIT: 1}


def test_only_documents_with_the_letters_of_an_answer_are_cut_into_tokens(monkeypatch):
    cut: list[str] = []
    plain = answers._in_tokens
    monkeypatch.setattr(answers, "_in_tokens", lambda text: cut.append(text) or plain(text))
    collection = toy()
    judged_by_answers(collection, {"dense": [np.array([3, 1]), np.array([0, 1, 2, 3]), np.array([0, 2])]})
    assert [text for text in cut if text in collection.texts] == ["a mill", "of tea"]  # not "a bridge" four times


def test_several_modes_at_once_are_refused():
    with pytest.raises(ValueError, match="one mode is judged at a time, not 2"):
        judged_by_answers(toy(), {"dense": [], "sparse": []})


def test_answers_decide_the_main_metric_and_belong_to_what_is_measured():
    collection = toy()
    other = JudgedCollection(**{**vars(collection), "answers": {**collection.answers, "q2": ["tea"]}})
    judged = JudgedCollection(**{**vars(collection), "answers": {}})
    assert (collection.main_metric, judged.main_metric) == ("recall@100", "ndcg@10")
    assert len({collection.digest, other.digest, judged.digest}) == 3
