import pyarrow as pa
import pytest

from curation.config import FilterConfig
from curation.uniqueness import limit_easy, rank_sources
from data.records import DOCUMENT, QUESTION, conform


def documents(*texts, lang="en"):
    rows = [{"docid": f"d{n}", "text": text, "lang": lang} for n, text in enumerate(texts)]
    return conform(pa.Table.from_pylist(rows), DOCUMENT)


def row(query, docid, **columns):
    base = {"query_id": query, "query": query, "docid": docid, "lang": "en", "query_lang": "en", "split": "train"}
    return base | {"reason": None, "bm25_rank": None, "also_relevant": None, "lexical_overlap": 0.5} | columns


CORPUS = documents("lamp lamp lamp oil", "lamp oil and much else here", "lamp", "a bridge of stone")


@pytest.mark.parametrize(("depth", "reason"), [(0, None), (1, "not_unique"), (2, "not_unique"), (3, None)])
def test_the_source_must_be_among_the_best_and_what_stands_above_it_is_recorded(depth, reason):
    asked = row("lamp oil", "d2")  # d0 and d1 hold both words
    rank_sources([asked], CORPUS, depth)
    assert asked["bm25_rank"] == 3 and asked["reason"] == reason
    assert sorted(asked["also_relevant"]) == ["d0", "d1"]


def test_a_source_without_the_questions_words_has_rank_0_and_is_only_recorded_at_depth_0():
    lost, recorded = row("lamp", "d3"), row("lamp", "d3")
    rank_sources([lost], CORPUS, 10)
    rank_sources([recorded], CORPUS, 0)
    assert (lost["bm25_rank"], lost["reason"]) == (0, "not_unique")
    assert (recorded["bm25_rank"], recorded["reason"]) == (0, None)
    assert sorted(recorded["also_relevant"]) == ["d0", "d1", "d2"]


def test_dropped_and_cross_lingual_questions_are_not_ranked():
    rows = [row("lamp", "d3", reason="too_short"), row("Lampe", "d0", query_lang="de")]
    rank_sources(rows, CORPUS, 1)
    assert [each["bm25_rank"] for each in rows] == [None, None]
    assert [each["reason"] for each in rows] == ["too_short", None]


def test_each_language_is_searched_by_itself():
    both = pa.concat_tables([documents("lamp"), documents("lamp lamp", lang="de").set_column(
        0, DOCUMENT.field("docid"), pa.array(["de0"], pa.string()))])  # fmt: skip
    asked = row("lamp", "d0")
    rank_sources([asked], both, 1)
    assert asked["bm25_rank"] == 1 and asked["also_relevant"] == []


def easy_rows(easy, hard, split="train"):
    literal = [row(f"e{n}", "d", bm25_rank=1, lexical_overlap=0.8 + n / 100, split=split) for n in range(easy)]
    other = [row(f"h{n}", "d", bm25_rank=2, lexical_overlap=0.9, split=split) for n in range(hard)]
    return literal + other


def limited(rows, share):
    columns = ("query_id", "lang", "split", "bm25_rank", "lexical_overlap", "reason")
    table = conform(pa.Table.from_pylist([{name: each[name] for name in columns} for each in rows]), QUESTION)
    return limit_easy(table, FilterConfig(max_easy_share=share)).to_pylist()


@pytest.mark.parametrize(
    ("easy", "hard", "share", "left"), [(6, 4, 0.5, 4), (6, 4, 1.0, 6), (6, 4, 0.0, 0), (1, 9, 0.1, 1), (5, 0, 0.5, 0)]
)
def test_easy_questions_are_at_most_the_asked_share_and_the_most_literal_go(easy, hard, share, left):
    rows = limited(easy_rows(easy, hard), share)
    kept = [each["query_id"] for each in rows if each["reason"] is None]
    assert kept == [f"e{n}" for n in range(left)] + [f"h{n}" for n in range(hard)]
    assert {each["reason"] for each in rows} <= {None, "too_easy"}


def test_the_quota_holds_in_every_split_and_language():
    rows = limited(easy_rows(2, 2) + easy_rows(4, 2, "test"), 0.5)
    dropped = [(each["split"], each["query_id"]) for each in rows if each["reason"]]
    assert dropped == [("test", "e2"), ("test", "e3")]


def test_what_was_dropped_before_does_not_count_and_keeps_its_reason():
    rows = easy_rows(2, 4)
    for each in rows[2:5]:
        each["reason"] = "duplicate_question"
    assert [each["reason"] for each in limited(rows, 0.5)] == [None, "too_easy", *["duplicate_question"] * 3, None]
