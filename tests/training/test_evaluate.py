"""The figures against a plain implementation, the report, the comparison, and what goes wrong."""

import json
import math
from pathlib import Path

import ir_measures
import numpy as np
import pytest
import torch

from data.errors import InputError, RunError
from training.compare import compare
from training.evaluate import describe_truncation, evaluate
from training.evaluate_config import METRICS, MODES, CompareConfig, EvaluateConfig
from training.judging.metrics import measure
from training.judging.questions import mean_metrics, read_questions
from training.judging.tables import SCREEN_COLUMNS, render_table
from training.searching import encoder
from training.searching.in_memory import Lengths

MODEL = str(Path(__file__).parent.parent / "fixtures" / "parity" / "model")
WORDS = ["harbour", "bell", "rope", "mill", "ferry", "lantern", "goat", "bridge", "tea", "well", "apple", "boat"]


def plain_measure(rankings: dict[str, list[str]], qrels: dict[str, dict[str, int]]) -> dict[str, float]:
    """nDCG@10 with linear gains, Recall@100 and MRR@10, written out."""
    totals = dict.fromkeys(METRICS, 0.0)
    for name, grades in qrels.items():
        ranking = rankings.get(name, [])
        ideal = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
        gain = sum(grades.get(docid, 0) / math.log2(rank + 2) for rank, docid in enumerate(ranking[:10]))
        totals["ndcg@10"] += gain / sum(grade / math.log2(rank + 2) for rank, grade in enumerate(ideal[:10]))
        totals["recall@100"] += sum(grades.get(docid, 0) > 0 for docid in ranking[:100]) / len(ideal)
        first = next((rank for rank, docid in enumerate(ranking[:10], 1) if grades.get(docid, 0) > 0), None)
        totals["mrr@10"] += 1 / first if first else 0.0
    return {name: total / len(qrels) for name, total in totals.items()}


def test_metrics_equal_a_plain_implementation():
    generator = np.random.default_rng(5)
    docids = [f"d{number}" for number in range(150)]
    rankings = {f"q{n}": generator.permutation(docids)[: generator.integers(0, 150)].tolist() for n in range(60)}
    rankings.pop("q7")  # a question that found nothing
    qrels = {
        f"q{n}": {docid: int(generator.integers(0, 4)) for docid in generator.choice(docids, 12, replace=False)}
        | {"d0": 1}
        for n in range(60)
    }
    assert measure(rankings, qrels) == pytest.approx(plain_measure(rankings, qrels), abs=1e-6)


def test_metrics_by_hand_and_in_our_order():
    """The library would put z before a when scores are equal; we say which is first."""
    assert measure({"q": ["a", "z"]}, {"q": {"a": 1}}) == {"ndcg@10": 1.0, "recall@100": 1.0, "mrr@10": 1.0}
    second = measure({"q": ["a", "z"]}, {"q": {"z": 1}})
    assert second == pytest.approx({"ndcg@10": 1 / math.log2(3), "recall@100": 1.0, "mrr@10": 0.5})
    eleventh = [f"x{number}" for number in range(10)] + ["a"]
    assert measure({"q": eleventh}, {"q": {"a": 1}}) == {"ndcg@10": 0.0, "recall@100": 1.0, "mrr@10": 0.0}


def write_collection(folder: Path, seed: int) -> Path:
    """Twelve documents, each about one word among others; the question is that word."""
    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    corpus = [
        {"_id": f"d{n:02}", "text": " ".join([word] * 5 + generator.choice(WORDS, 10).tolist())}
        for n, word in enumerate(WORDS)
    ]
    queries = [{"_id": f"q{n:02}", "text": f"the {word}"} for n, word in enumerate(WORDS)]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "qrels.tsv").write_text("".join(f"q{n:02}\td{n:02}\t1\n" for n in range(len(WORDS))))
    return folder


@pytest.fixture
def dataset(tmp_path):
    write_collection(tmp_path / "set" / "de", 1)
    write_collection(tmp_path / "set" / "fr", 2)
    return tmp_path / "set"


def config(dataset: Path, out: Path, **changes) -> EvaluateConfig:
    return EvaluateConfig(dataset=dataset, out=out, **{"max_length": 16, "max_query_length": 16, **changes})


def test_without_a_model_bm25_alone_is_measured(dataset, tmp_path, capsys):
    report = evaluate(config(dataset, tmp_path / "new" / "out.json"))
    assert json.loads((tmp_path / "new" / "out.json").read_text()) == report
    assert set(report["metrics"]) == {"bm25"}
    assert set(report["metrics"]["bm25"]) == {"de", "fr", "all"}
    assert report["metrics"]["bm25"]["all"]["recall@100"] == 1.0
    assert report["metrics"]["bm25"]["all"]["ndcg@10"] > 0.9
    assert report["truncation"] == {}
    assert "24 questions, 24 documents, 2 languages" in capsys.readouterr().out


def test_with_a_model_every_mode_and_language_stands_in_the_report(dataset, tmp_path, capsys):
    report = evaluate(config(dataset, tmp_path / "out.json", model=MODEL))
    assert tuple(report["metrics"]) == MODES
    for by_language in report["metrics"].values():
        assert list(by_language) == ["de", "fr", "all"]
        for name in METRICS:
            assert 0 <= by_language["de"][name] <= 1
            assert by_language["all"][name] == pytest.approx((by_language["de"][name] + by_language["fr"][name]) / 2)
    assert report["collections"]["de"]["documents"] == report["collections"]["de"]["queries"] == 12
    truncation = report["truncation"]["de"]
    assert truncation["documents_cut"] == 12
    assert truncation["tokens_cut"] == truncation["tokens"] - 12 * 16
    assert report["config"]["max_length"] == 16
    screen = capsys.readouterr().out
    assert "24 of 24 documents are longer than 16 tokens" in screen
    tables = [line for line in screen.splitlines() if ":" not in line]
    assert max(map(len, tables)) <= SCREEN_COLUMNS


def test_beside_the_report_stand_questions_runs_judgements_and_a_picture(dataset, tmp_path):
    """A TREC tool gets the report's figures from the files; an earlier evaluation's runs do not stay."""
    stale = tmp_path / "out" / "runs" / "xx.dense.trec"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    (tmp_path / "out" / ".runs.7.tmp").mkdir()  # of an evaluation that was killed
    report = evaluate(config(dataset, tmp_path / "out.json", model=MODEL))
    beside = {file.name for file in (tmp_path / "out").iterdir()}
    assert beside >= {"figures.png", "qrels", "questions.parquet", "runs"}
    assert not stale.exists()
    table = read_questions(tmp_path / "out" / "questions.parquet")
    assert len(table) == 24
    assert mean_metrics(table) == report["metrics"]
    measure = ir_measures.nDCG @ 10
    for mode, by_language in report["metrics"].items():
        for lang in ("de", "fr"):
            qrels = ir_measures.read_trec_qrels(str(tmp_path / "out" / "qrels" / f"{lang}.trec"))
            run = ir_measures.read_trec_run(str(tmp_path / "out" / "runs" / f"{lang}.{mode}.trec"))
            read = ir_measures.calc_aggregate([measure], list(qrels), list(run))
            assert read[measure] == pytest.approx(by_language[lang]["ndcg@10"], abs=1e-9)


def test_the_same_run_twice_gives_the_same_figures(dataset, tmp_path):
    first = evaluate(config(dataset, tmp_path / "a.json", model=MODEL))
    second = evaluate(config(dataset, tmp_path / "b.json", model=MODEL, sub_batch_tokens=40))
    assert first["metrics"] == second["metrics"]


def test_comparison_shows_before_after_and_difference(dataset, tmp_path, capsys):
    evaluate(config(dataset, tmp_path / "a.json", model=MODEL))
    report = json.loads((tmp_path / "a.json").read_text())
    for row in report["metrics"]["dense"].values():
        row["ndcg@10"] = 0.25
    (tmp_path / "a.json").write_text(json.dumps(report))
    for row in report["metrics"]["dense"].values():
        row["ndcg@10"] = 0.75
    (tmp_path / "b.json").write_text(json.dumps(report))
    capsys.readouterr()
    compare(CompareConfig(before=tmp_path / "a.json", after=tmp_path / "b.json", titles=("raw", "tuned")))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    bm25 = f"{100 * report['metrics']['bm25']['all']['ndcg@10']:.1f}"
    assert ["raw", "tuned", "difference", "BM25"] in lines
    assert ["dense", "25.0", "75.0", "50.0", bm25] in lines
    assert ["dense", "+50.0", "+50.0", "+50.0"] in lines


def test_what_cannot_be_compared_is_refused(dataset, tmp_path):
    evaluate(config(dataset, tmp_path / "both.json"))
    evaluate(config(dataset, tmp_path / "one.json", languages=("de",)))
    with pytest.raises(InputError, match=r"measures de fr, .*measures de; evaluate both"):
        compare(CompareConfig(before=tmp_path / "both.json", after=tmp_path / "one.json"))
    (dataset / "fr" / "qrels.tsv").write_text("q00\td00\t1\n")
    evaluate(config(dataset, tmp_path / "other.json"))
    with pytest.raises(InputError, match="in fr; evaluate both models on the same data set"):
        compare(CompareConfig(before=tmp_path / "both.json", after=tmp_path / "other.json"))
    with pytest.raises(InputError, match="there is no file"):
        compare(CompareConfig(before=tmp_path / "absent.json", after=tmp_path / "one.json"))
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(InputError, match="was not written by m3-train evaluate"):
        compare(CompareConfig(before=tmp_path / "list.json", after=tmp_path / "one.json"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "./no-such-model"}, "no-such-model"),
        ({"model": MODEL, "max_length": 8192}, r"positions for 96 tokens, fewer than 8192; give --max-length 96"),
        ({"max_length": 1}, "--max-length is 1"),
        ({"weights": (0.0, 0.0, 0.0)}, "--weights"),
        ({"languages": ("xx",)}, "no questions in xx"),
    ],
)
def test_wrong_settings_are_input_errors(dataset, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        evaluate(config(dataset, tmp_path / "out.json", **changes))
    assert not (tmp_path / "out.json").exists()


def test_an_out_that_cannot_be_written_is_said_before_the_work(dataset, tmp_path):
    (tmp_path / "file").write_text("")
    places = {tmp_path: "is a folder", tmp_path / "file" / "out.json": "cannot be made"}
    for out, message in places.items():
        with pytest.raises(InputError, match=message):
            evaluate(config(dataset, out))


@pytest.mark.parametrize("file", ["corpus.jsonl", "qrels/test.tsv", "runs/events.out.tfevents.1"])
def test_a_folder_of_something_else_is_not_written_into(dataset, tmp_path, file):
    """OUT.json beside a data set or a model of that name: its qrels, or TensorBoard's runs, must not be replaced."""
    (tmp_path / "bench" / file).parent.mkdir(parents=True)
    (tmp_path / "bench" / file).write_text("precious")
    with pytest.raises(InputError, match=rf"bench holds {file}, which no evaluation wrote; name another file"):
        evaluate(config(dataset, tmp_path / "bench.json"))
    assert (tmp_path / "bench" / file).read_text() == "precious"
    assert not (tmp_path / "bench.json").exists()


def test_too_little_memory_says_what_to_lower(dataset, tmp_path, monkeypatch):
    def exhaust(*_args, **_kwargs):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(encoder, "encode_ids", exhaust)
    for tokens, option in ((64, "--sub-batch-tokens"), (16, "--max-length")):
        with pytest.raises(RunError, match=f"too little memory for {tokens} tokens at once; give a smaller {option}"):
            evaluate(config(dataset, tmp_path / "out.json", model=MODEL, sub_batch_tokens=tokens))


def test_truncation_is_counted_in_tokens():
    lengths = Lengths(documents=np.array([10, 50, 100]), queries=np.array([5, 7]))
    report = describe_truncation(lengths, max_length=40, max_query_length=6)
    assert report == {
        "documents": 3,
        "documents_cut": 2,
        "longest_document": 100,
        "tokens": 160,
        "tokens_cut": 70,
        "share_cut": 70 / 160,
        "queries_cut": 1,
    }


def test_a_wide_table_goes_on_below_instead_of_beyond_the_screen():
    columns = [f"l{number}" for number in range(40)]
    lines = render_table({"dense": dict.fromkeys(columns, 100.0), "multi-vec": dict.fromkeys(columns, 1.0)})
    assert max(map(len, lines)) <= SCREEN_COLUMNS
    assert " ".join(lines).split().count("100.0") == 40
