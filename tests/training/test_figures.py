"""The picture of a report: a point a mode in each bucket, with its interval where there is one."""

import pytest
from judging_toy import questions, spread
from matplotlib.figure import Figure

from training.judging.picture import _draw_buckets, _with_mean, draw_figures
from training.judging.summary import summarise

MODES = ("bm25", "bm25_subwords", "dense", "sparse", "multi_vector", "dense_sparse", "all")


def report_of(langs: list[str], per_language: int) -> dict:
    figures = {mode: spread(0.5, 0.1 * (place % 3), len(langs) * per_language) for place, mode in enumerate(MODES)}
    table = questions(figures, lang=[lang for lang in langs for _ in range(per_language)])
    summary = summarise(table, "ndcg@10", 512)
    return {**summary, "model": "\x1b[31mred", "dataset": "set", "split": "test", "config": {"max_length": 512}}


@pytest.mark.parametrize(("languages", "per_language"), [(13, 4), (1, 1), (60, 1)])
def test_it_is_drawn_for_many_languages_one_question_and_none_with_an_interval(tmp_path, languages, per_language):
    draw_figures(report_of([f"l{number:02}" for number in range(languages)], per_language), tmp_path / "figures.png")
    assert (tmp_path / "figures.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("langs", [["$a_$", "ko"], ["ko"]])
def test_dollar_signs_in_names_are_no_formulas(tmp_path, langs):
    """matplotlib would read what stands between two of them, and stop where it is none."""
    report = {**report_of(langs, 4), "model": r"/models/$\no$", "dataset": "$set_$"}
    draw_figures(report, tmp_path / "figures.png")
    assert (tmp_path / "figures.png").exists()


def test_points_stand_at_the_figures_and_bars_at_the_intervals():
    buckets = {
        "de": {"dense": {"questions": 40, "ndcg@10": 0.5, "interval": [0.4, 0.7]}},
        "ko": {"dense": {"questions": 3, "ndcg@10": 0.8, "interval": None}},
    }
    axes = Figure().subplots()
    _draw_buckets(axes, buckets, "ndcg@10")
    (drawn,) = axes.containers
    points, _, (bars,) = drawn.lines
    assert points.get_ydata().tolist() == [50, 80]
    assert [segment[:, 1].tolist() for segment in bars.get_segments()] == [pytest.approx([40, 70]), [80, 80]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["de\n40", "ko\n3 (few)"]


def test_the_mean_over_the_languages_stands_last():
    report = report_of(["de", "ko"], 4)
    buckets = _with_mean(report, "ndcg@10")
    assert list(buckets) == ["de", "ko", "mean"]
    assert buckets["mean"]["sparse"]["ndcg@10"] == pytest.approx(0.5)
    low, high = buckets["mean"]["dense"]["interval"]
    assert low < 0.5 < high
