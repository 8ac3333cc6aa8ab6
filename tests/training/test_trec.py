"""Run and judgement files: TREC tools read them and get the figures of the report."""

from urllib.parse import unquote

import ir_measures
import numpy as np
import pytest

from training.collections.collection import JudgedCollection
from training.judging.metrics import measure_rankings
from training.judging.trec import encode_id, falling_scores, file_name, write_qrels, write_runs
from training.searching.fusion import Rankings

MEASURES = {"ndcg@10": "nDCG@10", "recall@100": "R@100", "mrr@10": "RR@10"}


def toy() -> tuple[JudgedCollection, Rankings]:
    """Forty questions over 150 documents with awkward ids; scores with many ties, one question that found nothing."""
    generator = np.random.default_rng(8)
    docids = sorted(f"doc {number}\u3000%20" for number in range(150))
    query_ids = sorted(f"q\t{number}" for number in range(40))
    qrels = {
        name: {
            docid: int(grade)
            for docid, grade in zip(generator.choice(docids, 6, replace=False), [3, 1, 1, 2, 0, 1], strict=True)
        }
        for name in query_ids
    }
    found = [generator.permutation(150)[: generator.integers(5, 150)].astype(np.int32) for _ in query_ids]
    found[3] = found[3][:0]
    scores = [np.sort(generator.integers(-2, 3, len(one)) / 7)[::-1] for one in found]
    return JudgedCollection("ko", docids, [""] * 150, query_ids, [""] * 40, qrels), Rankings(found, scores)


def test_a_trec_tool_gets_the_very_figures_of_the_report(tmp_path):
    collection, rankings = toy()
    write_runs(collection, {"dense": rankings}, tmp_path)
    write_qrels(collection, {"dense": collection.qrels}, tmp_path)
    run = list(ir_measures.read_trec_run(str(tmp_path / "ko.dense.trec")))
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "ko.trec")))
    read = ir_measures.calc_aggregate([ir_measures.parse_measure(name) for name in MEASURES.values()], qrels, run)
    ours = measure_rankings(rankings.documents, collection)
    assert 0.01 < ours["ndcg@10"] < 0.9
    for name, measure in MEASURES.items():
        assert read[ir_measures.parse_measure(measure)] == pytest.approx(ours[name], abs=1e-9)


def test_the_order_read_back_is_ours_and_the_ids_come_back(tmp_path):
    collection, rankings = toy()
    write_runs(collection, {"dense": rankings}, tmp_path)
    rows = [line.split(" ") for line in (tmp_path / "ko.dense.trec").read_text(encoding="utf-8").splitlines()]
    assert all((len(row), row[1], row[5]) == (6, "Q0", "dense") for row in rows)
    for name, numbers in zip(collection.query_ids, rankings.documents, strict=True):
        found = [row for row in rows if unquote(row[0]) == name]
        by_score = sorted(found, key=lambda row: np.float32(row[4]), reverse=True)
        assert len({np.float32(row[4]) for row in found}) == len(found)
        assert [unquote(row[2]) for row in by_score] == [collection.docids[number] for number in numbers[:100]]
        assert [int(row[3]) for row in found] == list(range(1, min(len(numbers), 100) + 1))


def test_scores_fall_strictly_and_stay_as_they_are_where_they_do():
    scores = np.array([2.5, 1.0, 1.0, 1.0 - 1e-12, 0.5, 0.0, 0.0, -3.0])
    strict = falling_scores(scores)
    assert strict.dtype == np.float32
    assert (np.diff(strict) < 0).all()
    assert strict[[0, 1, 4, 5, 7]].tolist() == [2.5, 1.0, 0.5, 0.0, -3.0]
    np.testing.assert_allclose(strict, scores, atol=1e-6)
    assert falling_scores(np.array([])).tolist() == []


@pytest.mark.parametrize("name", ["plain-1", "a b", "a%20b", "tab\there", "100%", "한국 어", "a\u2028b", "\x1f"])
def test_ids_are_one_field_and_come_back(name):
    assert len(encode_id(name).split()) == 1
    assert unquote(encode_id(name)) == name


def test_an_empty_id_is_a_field_of_its_own_and_a_language_is_no_path():
    assert encode_id("") == "%" != encode_id("%")
    assert file_name("ko", "dense") == "ko.dense.trec"
    assert file_name("../x") == "..%2Fx.trec"
