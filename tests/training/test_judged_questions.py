"""The rows of the questions: which document a question is about, its length and overlap, and every mode's figures."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import InputError
from training.collections.collection import Evidence, JudgedCollection
from training.collections.families import joined_families
from training.judging.metrics import judgements_by_mode
from training.judging.questions import judge_questions, mean_metrics, read_questions, write_questions
from training.judging.summary import summarise
from training.judging.trec import write_qrels
from training.searching.fusion import Rankings

COLLECTION = JudgedCollection(
    lang="en",
    docids=["d0", "d1", "d2"],
    texts=["the mill stands at the river", "a bell", "the harbour wall"],
    query_ids=["q0", "q1", "q2"],
    queries=["Mill river, boat boat?", "bell", "?!"],
    qrels={"q2": {"d2": 1}, "q0": {"d2": 1, "d1": 2, "d0": 2}, "q1": {"d1": 1, "d0": 0}},
    evidence={"q1": Evidence(0.75, None), "q2": Evidence(0.5, 0.25)},
)
RANKINGS = {
    "bm25": Rankings([np.array([0, 1]), np.array([1]), np.arange(0)], [np.zeros(2), np.zeros(1), np.zeros(0)]),
    "dense": Rankings([np.array([2]), np.array([0, 1]), np.array([0, 1, 2])], [np.zeros(1), np.zeros(2), np.zeros(3)]),
}


def judge(document_tokens=None) -> pa.Table:
    families = joined_families(None, [COLLECTION])["en"]
    return judge_questions(COLLECTION, families, RANKINGS, judgements_by_mode(COLLECTION, RANKINGS), document_tokens)


def test_a_question_is_about_its_document_of_the_highest_grade_then_of_the_first_id():
    table = judge(np.array([7, 8, 9]))
    assert table["docid"].to_pylist() == ["d0", "d1", "d2"]
    assert table["document_tokens"].to_pylist() == [7, 8, 9]
    assert len(set(table["document"].to_pylist())) == 1  # d1 is relevant to q0 and q1, d2 to q0 and q2
    assert table["evidence_position"].to_pylist() == [None, 0.75, 0.5]
    assert table["passage_overlap"].to_pylist() == [None, None, 0.25]


def test_without_a_model_lengths_are_estimated():
    assert judge()["document_tokens"].to_pylist() == [7, 2, 4]  # 28, 6 and 16 letters, 4.2 a token


def test_overlap_counts_distinct_words_of_the_question_in_the_whole_document():
    assert judge()["document_overlap"].to_pylist() == [
        pytest.approx(2 / 3),
        1.0,
        None,
    ]  # mill, river; boat is not there


def test_every_mode_has_its_figures_in_the_order_of_the_questions():
    """The judgements stand in another order than the questions."""
    table = judge()
    ideal = 2 + 2 / math.log2(3) + 1 / 2
    assert table["bm25/ndcg@10"].to_pylist() == pytest.approx([(2 + 2 / math.log2(3)) / ideal, 1.0, 0.0])
    assert table["dense/ndcg@10"].to_pylist() == pytest.approx([1 / ideal, 1 / math.log2(3), 1 / 2])
    assert table["bm25/recall@100"].to_pylist() == pytest.approx([2 / 3, 1.0, 0.0])
    assert table["dense/mrr@10"].to_pylist() == pytest.approx([1.0, 1 / 2, 1 / 3])
    assert mean_metrics(table)["dense"]["all"]["mrr@10"] == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_questions_come_back_from_their_file_and_a_torn_one_is_an_input_error(tmp_path):
    write_questions(judge(), tmp_path / "q.parquet")
    assert read_questions(tmp_path / "q.parquet") == judge()
    torn = (tmp_path / "q.parquet").read_bytes()[:-20]
    (tmp_path / "torn.parquet").write_bytes(torn)
    with pytest.raises(InputError, match=r"torn\.parquet cannot be read .*make it again"):
        read_questions(tmp_path / "torn.parquet")
    pq.write_table(judge().drop(["document", "dense/mrr@10"]), tmp_path / "less.parquet")
    with pytest.raises(InputError, match=r"less\.parquet has no column document dense/mrr@10; make it again"):
        read_questions(tmp_path / "less.parquet")


def test_questions_that_are_judged_by_answers_stand_for_themselves_in_every_language(tmp_path):
    """Each mode has its own judgements; there is no relevant document whose length or wording could be told."""
    collections = [
        JudgedCollection(
            lang,
            ["a", "b"],
            ["of tea", "a mill"],
            ["q1", "q2"],
            ["?", "?"],
            {},
            answers={"q1": ["mill"], "q2": ["tea"]},
        )
        for lang in ("ko", "th")
    ]
    families = joined_families(None, collections)
    tables = []
    for collection, found in zip(collections, ([0, 1], [1]), strict=True):
        rankings = {
            "bm25": Rankings([np.array(found)] * 2, [-np.arange(len(found))] * 2),
            "dense": Rankings([np.array([1, 0])] * 2, [np.array([2.0, 1.0])] * 2),
        }
        judgements = judgements_by_mode(collection, rankings)
        own = families[collection.lang]
        tables.append(judge_questions(collection, own, rankings, judgements, np.array([3, 3])))
        write_qrels(collection, judgements, tmp_path)
    table = pa.concat_tables(tables)
    assert table["document"].to_pylist() == ["question q1", "question q2"] * 2
    assert table["docid"].null_count == table["document_tokens"].null_count == table["document_overlap"].null_count == 4
    assert table["bm25/recall@100"].to_pylist() == [1, 1, 1, 0]
    assert table["bm25/mrr@10"].to_pylist() == [0.5, 1, 1, 0]
    assert table["dense/mrr@10"].to_pylist() == [1, 0.5, 1, 0.5]
    files = ["ko.bm25.trec", "ko.dense.trec", "th.bm25.trec", "th.dense.trec"]
    assert sorted(file.name for file in tmp_path.iterdir()) == files
    assert (tmp_path / "ko.dense.trec").read_text() == "q1 0 b 1\nq2 0 a 1\n"
    summary = summarise(table, "recall@100", None)
    assert list(summary["slices"]) == ["language"]
    assert summary["against_bm25"]["dense"]["all"]["value"] == pytest.approx(0.25)
