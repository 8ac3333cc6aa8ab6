"""A benchmark that is judged by answers, from its own files to the report; and a picture that cannot be drawn."""

import json
from pathlib import Path

import pytest
from benchmark_toy import write_mkqa

from training import evaluate as module
from training.evaluate import evaluate
from training.evaluate_config import MODES, EvaluateConfig

MODEL = str(Path(__file__).parent.parent / "fixtures" / "parity" / "model")


def config(tmp_path: Path, **changes) -> EvaluateConfig:
    folder = tmp_path / "mkqa"
    folder.mkdir()
    write_mkqa(folder)
    return EvaluateConfig(
        benchmark="mkqa", dataset=folder, out=tmp_path / "out.json", max_length=32, max_query_length=16, **changes
    )


def recalls(report: dict, mode: str) -> dict[str, float]:
    return {lang: row["recall@100"] for lang, row in report["metrics"][mode].items()}


def test_bm25_finds_the_answer_where_the_question_shares_a_word(tmp_path, capsys):
    """The Korean question shares no word with the English texts; the Chinese file's asks for arches, in English."""
    report = evaluate(config(tmp_path))
    assert json.loads((tmp_path / "out.json").read_text()) == report
    assert recalls(report, "bm25") == {"ko": 0.0, "zh_cn": 1.0, "all": 0.5}
    assert report["main_metric"] == "recall@100"
    assert list(report["slices"]) == ["language"]
    assert (tmp_path / "out" / "figures.png").read_bytes().startswith(b"\x89PNG")
    assert "ko: 1 questions set aside, no answer" in capsys.readouterr().out


def test_a_model_that_ranks_all_documents_finds_every_answer(tmp_path, capsys):
    report = evaluate(config(tmp_path, model=MODEL))
    assert tuple(report["metrics"]) == MODES
    for mode in ("dense", "multi_vector", "dense_sparse", "all"):
        assert recalls(report, mode) == {"ko": 1.0, "zh_cn": 1.0, "all": 1.0}
    assert report["against_bm25"]["dense"]["all"]["value"] == pytest.approx(0.5)
    assert (tmp_path / "out" / "figures.png").exists()
    assert (tmp_path / "out" / "qrels" / "ko.dense.trec").read_text() == "5 0 doc1 1\n"
    assert "Recall@100 in percent" in capsys.readouterr().out


def test_a_picture_that_fails_does_not_cost_the_report(tmp_path, monkeypatch, capsys):
    def fail(*_):
        raise ValueError("no font\x1b[31m")

    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "figures.png").write_bytes(b"of an earlier evaluation")
    monkeypatch.setattr(module, "draw_figures", fail)
    report = evaluate(config(tmp_path))
    assert json.loads((tmp_path / "out.json").read_text()) == report
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"questions.parquet", "runs", "qrels"}
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].endswith("with questions.parquet, runs/ and qrels/")
    assert "figures.png was not drawn (ValueError: no font" in lines[-1]
    assert "\x1b" not in lines[-1]
