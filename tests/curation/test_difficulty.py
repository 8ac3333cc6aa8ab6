import math

import pyarrow as pa
import pytest

from curation.difficulty import difficulty_lines, measure_difficulty
from data.records import QUESTION, conform


def questions(*rows):
    names = ("query_id", "lang", "bm25_rank", "lexical_overlap", "reason")
    return conform(pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows]), QUESTION)


TABLE = questions(
    ("a", "en", 1, 0.95, None),
    ("b", "en", 3, 0.4, None),
    ("c", "en", 0, 0.3, "not_unique"),
    ("d", "en", 0, 0.9, "not_unique"),
    ("e", "ko", 1, 1.0, None),
    ("f", "ko", None, 0.7, "too_short"),
    ("g", "ko", 11, 0.5, None),
)


def test_bm25s_ndcg_is_that_of_one_relevant_document():
    found = measure_difficulty(TABLE, {"a", "b", "e", "g"}, 0.8)
    assert list(found) == ["en", "ko", "all"]
    third = 1 / math.log2(4)
    assert found["en"].kept_ndcg == pytest.approx((1 + third) / 2)
    assert found["en"].ranked_ndcg == pytest.approx((1 + third) / 4)
    assert found["ko"].kept_ndcg == pytest.approx(0.5)  # rank 11 counts for nothing
    assert found["all"].kept_ndcg == pytest.approx((1 + third + 1) / 4)


def test_easy_shares_histogram_and_what_uniqueness_cost():
    found = measure_difficulty(TABLE, {"a", "b", "e"}, 0.8)  # g was dropped later
    assert found["en"].kept_easy == 0.5 and found["ko"].kept_easy == 1.0
    assert (found["en"].paraphrases, found["en"].paraphrases_lost) == (2, 1)
    assert (found["en"].literal, found["en"].literal_lost) == (2, 1)
    assert found["en"].overlap == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1] and found["ko"].overlap[9] == 1
    (first, second) = difficulty_lines(found)
    assert "easy" in first and "1 of 2 (50.0%) of those worded unlike their passage, 1 of 4 (25.0%)" in second


def test_nothing_kept_and_nothing_asked():
    assert measure_difficulty(TABLE, set(), 0.8)["all"].kept_ndcg is None
    assert difficulty_lines(measure_difficulty(TABLE, set(), 0.8)) == []
    assert measure_difficulty(TABLE.slice(0, 0), set(), 0.8) == {}
