"""Two evaluations set side by side: with their questions, without them, and with those of another."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from judging_toy import questions, spread

from training.compare import compare
from training.evaluate_config import CompareConfig
from training.judging.bootstrap import Difference
from training.judging.comparison import compare_questions, describe_change
from training.judging.questions import mean_metrics, write_questions
from training.judging.summary import summarise


def write_evaluation(file: Path, table: pa.Table, old: bool = False) -> None:
    """Write what evaluate would; `old`: as it did before there were intervals and questions."""
    figures = {"metrics": mean_metrics(table)} if old else summarise(table, "ndcg@10", 512)
    langs = {lang: {"digest": "same"} for lang in table["lang"].to_pylist()}
    report = {**figures, "dataset": "set", "collections": langs, "truncation": {}, "config": {"max_length": 512}}
    file.write_text(json.dumps(report))
    if not old:
        write_questions(table, file.with_suffix("") / "questions.parquet")


@pytest.fixture
def files(tmp_path) -> CompareConfig:
    """Sixty questions: dense improves by 10 points on each, sparse by 20 on half of them and -20 on the others."""
    langs = ["de", "ko"] * 30
    before = questions({"bm25": spread(0.5, 0.1, 60), "dense": spread(0.4, 0.1, 60), "sparse": [0.5] * 60}, lang=langs)
    swing = [0.7, 0.7, 0.3, 0.3] * 15
    after = questions({"bm25": spread(0.5, 0.1, 60), "dense": spread(0.5, 0.1, 60), "sparse": swing}, lang=langs)
    write_evaluation(tmp_path / "a.json", before)
    write_evaluation(tmp_path / "b.json", after.take(list(range(59, -1, -1))))  # in another order
    return CompareConfig(before=tmp_path / "a.json", after=tmp_path / "b.json", titles=("raw", "tuned"))


def test_a_comparison_says_what_improved_how_surely_and_what_to_use(files, capsys):
    compare(files)
    screen = capsys.readouterr().out
    lines = [line.split() for line in screen.splitlines()]
    assert ["dense", "40.0", "50.0", "+10.0", "[10.0,", "10.0]", "<0.001", "50.0"] in lines
    assert ["dense", "+10.0*", "+10.0*", "+10.0*"] in lines  # by language
    assert ["sparse", "+0.0", "+0.0", "+0.0"] in lines
    assert "tuned minus raw by length: tokens of the relevant document" in screen
    assert "tuned minus raw by overlap" in screen
    assert "too few" not in screen
    last = screen.splitlines()[-2:]
    assert last[0].startswith("dense improved by 10.0 [10.0, 10.0]; sparse did not surely change (+0.0 [")
    assert last[1].startswith("In production use BM25 with 50.0")  # as good as any, and the cheapest


def test_questions_are_paired_by_their_ids(files):
    tables = [
        questions({"dense": values}, query_id=ids)
        for values, ids in (([0.1, 0.2, 0.6], ["a", "b", "c"]), ([0.7, 0.2, 0.3], ["c", "a", "b"]))
    ]
    one = compare_questions(*tables, "ndcg@10", None).differences["dense"]["all"]
    assert (one.value, one.low, one.high) == pytest.approx((0.1, 0.1, 0.1))


def test_when_the_system_before_is_better_it_is_the_one_to_use(tmp_path, capsys):
    for name, dense in (("a", 0.9), ("b", 0.6)):
        write_evaluation(tmp_path / f"{name}.json", questions({"bm25": [0.5] * 40, "dense": spread(dense, 0.1)}))
    compare(CompareConfig(before=tmp_path / "a.json", after=tmp_path / "b.json"))
    last = capsys.readouterr().out.splitlines()[-2:]
    assert last[0] == "dense got worse by 30.0 [30.0, 30.0]."
    assert last[1].startswith("In production use dense (before) with 90.0, +40.0 [")
    assert last[1].endswith("to BM25; dense (after) is 30.0 [30.0, 30.0] behind.")


def test_without_the_questions_the_means_are_compared_and_the_missing_file_is_named(files, capsys):
    (files.before.with_suffix("") / "questions.parquet").unlink()
    compare(files)
    screen = capsys.readouterr().out
    lines = [line.split() for line in screen.splitlines()]
    assert ["dense", "40.0", "50.0", "10.0", "50.0"] in lines
    assert "a/questions.parquet is missing; it is written with a.json, and moves with it." in screen
    assert "b/questions.parquet" not in screen


def test_reports_of_old_versions_are_compared_by_their_means(tmp_path, capsys):
    for name, dense in (("a", 0.4), ("b", 0.6)):
        write_evaluation(tmp_path / f"{name}.json", questions({"bm25": [0.5] * 3, "dense": [dense] * 3}), old=True)
    compare(CompareConfig(before=tmp_path / "a.json", after=tmp_path / "b.json"))
    screen = capsys.readouterr().out
    assert ["dense", "40.0", "60.0", "20.0", "50.0"] in [line.split() for line in screen.splitlines()]
    assert "Highest mean: dense (after) with 60.0." in screen
    assert screen.count("is missing") == 2


def test_questions_of_another_evaluation_are_noticed(files, capsys):
    other = questions({"bm25": [0.5] * 40, "dense": [0.1] * 40})
    write_questions(other, files.after.with_suffix("") / "questions.parquet")
    compare(files)
    assert "b/questions.parquet belongs to another evaluation than" in capsys.readouterr().out


def test_bm25_against_itself_changed_nothing(tmp_path, capsys):
    for name in "ab":
        write_evaluation(tmp_path / f"{name}.json", questions({"bm25": [0.5, 0.7]}))
    compare(CompareConfig(before=tmp_path / "a.json", after=tmp_path / "b.json"))
    assert capsys.readouterr().out.splitlines()[-2:] == ["Nothing changed.", "In production use BM25 with 60.0."]


def test_a_change_of_few_documents_is_shown_and_not_called_sure(tmp_path, capsys):
    langs = ["de"] * 5 + ["ko"] * 24
    for name, dense in (("a", 0.4), ("b", 0.5)):
        table = questions({"bm25": [0.6] * 29, "dense": spread(dense, 0.1, 29)}, lang=langs)
        write_evaluation(tmp_path / f"{name}.json", table)
    compare(CompareConfig(before=tmp_path / "a.json", after=tmp_path / "b.json"))
    screen = capsys.readouterr().out
    assert "+10.0*" not in screen
    assert (
        "about 29 documents (near-copies and translations are one): too few to be sure of anything, which takes 30\n"
        in screen
    )
    assert "dense changed by +10.0 [10.0, 10.0], of too few documents to be sure." in screen


def test_doubts_name_the_languages_of_few_documents_and_the_many_differences(tmp_path, capsys):
    """Five modes changed: in all, ko and th, and in one bucket of lengths; quarters by overlap have 25."""
    langs = ["de"] * 20 + ["ko"] * 40 + ["th"] * 40
    modes = ("dense", "sparse", "multi_vector", "dense_sparse", "all")
    for name, mean in (("a", 0.4), ("b", 0.5)):
        table = questions({mode: spread(mean, 0.1, 100) for mode in modes}, lang=langs)
        write_evaluation(tmp_path / f"{name}.json", table)
    compare(CompareConfig(before=tmp_path / "a.json", after=tmp_path / "b.json"))
    screen = capsys.readouterr().out
    assert ["dense", "+10.0", "+10.0*", "+10.0*", "+10.0*"] in [line.split() for line in screen.splitlines()]
    assert "fewer than 30 documents, too few to be sure: de\n" in screen
    assert "20 differences are judged here, and nothing corrects for so many: about 1 in 20 of those" in screen


def test_bm25_on_a_models_tokens_belongs_to_that_model(tmp_path, capsys):
    """One evaluation has it and the other not; or both have it, of two tokenizers, the first of which is better."""
    alone = {"bm25": spread(0.5, 0.1)}
    for name, figures in (
        ("model", {**alone, "bm25_subwords": spread(0.9, 0.1)}),
        ("alone", alone),
        ("other", {**alone, "bm25_subwords": spread(0.6, 0.1)}),
    ):
        write_evaluation(tmp_path / f"{name}.json", questions(figures))
    for before, after, title in (
        ("model", "alone", "before"),
        ("alone", "model", "after"),
        ("model", "other", "before"),
    ):
        compare(CompareConfig(before=tmp_path / f"{before}.json", after=tmp_path / f"{after}.json"))
        last = capsys.readouterr().out.splitlines()[-1]
        assert last.startswith(f"In production use BM25 (model's tokens) ({title}) with 90.0, +40.0 [")


def test_changes_in_words():
    assert describe_change(Difference(0.097, 0.081, 0.112, 0.001, 30)) == "improved by 9.7 [8.1, 11.2]"
    assert describe_change(Difference(-0.05, -0.07, -0.03, 0.001, 30)) == "got worse by 5.0 [3.0, 7.0]"
    assert describe_change(Difference(0.003, -0.01, 0.015, 0.6, 30)) == "did not surely change (+0.3 [-1.0, 1.5])"
    few = Difference(0.097, 0.081, 0.112, 0.001, 29)
    assert describe_change(few) == "changed by +9.7 [8.1, 11.2], of too few documents to be sure"
    assert describe_change(Difference(0.1, None, None, None, 1)) == "changed by +10.0, of too few documents to be sure"
