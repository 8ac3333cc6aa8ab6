"""Which mode is best, how surely, and which is to be used; figures whose differences are known."""

import json

import pytest
from judging_toy import questions, spread

from training.judging.conclusions import Option, choose, figures_of, resample_languages
from training.judging.questions import mean_metrics, modes_of
from training.judging.report import describe_against, read_differences, render_report
from training.judging.summary import summarise


def choice_of(figures: dict[str, list[float]]):
    table = questions(figures)
    resampled = resample_languages(table, figures_of(table, list(figures), "ndcg@10"))
    return choose(resampled, [Option(mode) for mode in figures])


def test_the_best_is_used_where_its_lead_is_sure():
    choice = choice_of({"bm25": spread(0.5, 0.1), "dense": spread(0.5, 0.1), "all": spread(0.505, 0.1)})
    assert (choice.best.mode, choice.use.mode, choice.given_up) == ("all", "all", None)
    assert (choice.lead.value, choice.lead.low, choice.lead.high) == pytest.approx((0.005,) * 3)
    assert choice.over_bm25.value == pytest.approx(0.005)


def test_a_cheaper_mode_is_used_where_the_lead_is_small_and_unsure():
    """all is 0.002 ahead of dense+sparse, by question 0.1 better or worse; dense is far behind."""
    both = spread(0.7, 0.0)
    figures = {"bm25": spread(0.4, 0.0), "dense": spread(0.5, 0.0), "dense_sparse": both, "all": spread(0.702, 0.1)}
    choice = choice_of(figures)
    assert (choice.best.mode, choice.next.mode, choice.use.mode) == ("all", "dense_sparse", "dense_sparse")
    assert choice.given_up.value == pytest.approx(0.002)
    assert not choice.given_up.sure
    assert choice.over_bm25.value == pytest.approx(0.3)


def test_a_large_lead_is_followed_even_where_it_is_unsure():
    choice = choice_of({"bm25": spread(0.4, 0.3, 4), "all": spread(0.5, -0.3, 4)})
    assert not choice.lead.sure
    assert choice.use.mode == "all"


def test_bm25_alone_is_best_and_has_nothing_to_lead():
    choice = choice_of({"bm25": [0.5, 0.6]})
    assert (choice.best.mode, choice.next, choice.lead, choice.over_bm25) == ("bm25", None, None, None)


def summary_of(figures: dict[str, list[float]], **columns) -> dict:
    """What evaluate would report of the figures."""
    table = questions(figures, **columns)
    langs = list(dict.fromkeys(table["lang"].to_pylist()))
    row = {"documents": 500, "queries": len(table) // len(langs), "set_aside": {}}
    return {
        **summarise(table, "ndcg@10", 512),
        "model": "m",
        "dataset": "set",
        "split": "test",
        "collections": dict.fromkeys(langs, row),
        "truncation": {},
        "config": {"max_length": 512},
    }


def test_the_summary_is_plain_json_and_its_differences_are_the_means():
    langs = ["de"] * 30 + ["ko"] * 90
    figures = {"bm25": [0.5] * 120, "dense": [0.3] * 30 + [0.9] * 90}
    report = summary_of(figures, lang=langs)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["metrics"]["dense"]["all"]["ndcg@10"] == pytest.approx(0.6)
    against = read_differences(report["against_bm25"])["dense"]
    assert {name: one.value for name, one in against.items()} == pytest.approx({"all": 0.1, "de": -0.2, "ko": 0.4})
    assert describe_against(against) == "+10.0 [10.0, 10.0], p <0.001; surely better in ko, worse in de"
    german = report["slices"]["language"]["de"]["dense"]
    assert (german["questions"], german["documents"]) == (30, 30)
    assert report["documents"] == 120
    assert (german["ndcg@10"], german["interval"]) == (pytest.approx(0.3), pytest.approx([0.3, 0.3]))
    assert report["slices"]["length"]["-500"]["dense"]["ndcg@10"] == pytest.approx(0.75)  # over all questions
    assert report["slices"]["length"]["-500"]["dense"]["minus_bm25"]["value"] == pytest.approx(0.25)


def test_one_question_alone_has_figures_and_no_interval():
    report = summary_of({"bm25": [0.5], "dense": [1.0]})
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["intervals"] == {"bm25": None, "dense": None}
    screen = render_report(report)
    assert (
        "about one document (near-copies and translations are one): too few to be sure of anything, which takes 30\n"
        in screen
    )
    assert "Where all questions are about one document there is no interval: ko" in screen
    assert "dense and BM25: +50.0, p -; surely nowhere different" in screen
    assert "In production use dense" in screen


def test_a_language_with_one_document_is_named_beside_the_mean():
    screen = render_report(summary_of({"bm25": [0.1, 0.3, 0.2]}, lang=["de", "de", "ko"]))
    assert "there is no interval, and the mean's leaves them out of account: ko" in screen
    assert (
        "about 3 documents (near-copies and translations are one): too few to be sure of anything, which takes 30\n"
        in screen
    )


def test_few_documents_of_a_language_are_told_apart_from_few_in_all():
    """Each language has 11 documents: 3 times 10 degrees of freedom make the mean sure, and no language."""
    langs = ["de", "ko", "th"] * 11
    report = summary_of({"bm25": [0.5] * 33, "dense": spread(0.7, 0.0, 33)}, lang=langs)
    against = read_differences(report["against_bm25"])["dense"]
    assert {name: (one.documents, one.sure) for name, one in against.items()} == {
        "all": (31, True),
        "de": (11, False),
        "ko": (11, False),
        "th": (11, False),
    }
    screen = render_report(report)
    assert "The questions are about fewer than 30 documents, too few to be sure: de ko th\n" in screen
    assert ["dense", "+20.0", "+20.0", "+20.0", "+20.0*"] in [line.split() for line in screen.splitlines()]
    assert "nothing corrects" not in screen


def test_a_language_of_few_documents_leaves_the_mean_unsure():
    langs = ["de"] * 2 + ["ko"] * 40
    report = summary_of({"bm25": [0.5] * 42, "dense": spread(0.7, 0.1, 42)}, lang=langs)
    against = read_differences(report["against_bm25"])["dense"]
    assert {name: one.sure for name, one in against.items()} == {"all": False, "de": False, "ko": True}
    assert "hangs on those with the fewest documents: nothing is sure of it" in render_report(report)


def test_many_marks_are_read_with_care():
    """Four modes against BM25 in five languages and the mean are 24 differences; the one bucket of lengths adds 4, and
    the quarters by overlap, of 50 questions or so each, 16.
    """
    figures = {mode: spread(0.6, 0.1, 200) for mode in ("dense", "sparse", "multi_vector", "all")}
    langs = ["de", "fr", "ko", "pl", "th"] * 40
    screen = render_report(summary_of({"bm25": [0.5] * 200, **figures}, lang=langs))
    assert "44 differences are judged here, and nothing corrects for so many" in screen


def test_the_table_has_the_papers_rows_and_its_own_mean_where_the_benchmark_is_known():
    modes = ["bm25", "bm25_subwords", "dense", "sparse", "multi_vector", "dense_sparse", "all"]
    report = summary_of({mode: [0.25, 0.75] for mode in reversed(modes)})
    assert tuple(report["metrics"]) == tuple(modes) == modes_of(questions({mode: [0.5] for mode in modes}))
    assert "paper" not in render_report(report).split()
    report["config"]["benchmark"] = "mldr"
    assert "paper: the mean that M3's authors report" in render_report(report)
    lines = [line.split() for line in render_report(report).splitlines()]
    assert ["ko", "all", "paper"] in lines
    assert ["BM25", "(model's", "tokens)", "50.0", "50.0", "53.6"] in lines
    assert ["dense+sparse", "50.0", "50.0", "64.8"] in lines


def test_means_are_those_of_the_questions_by_language():
    metrics = mean_metrics(questions({"dense": [0.0, 1.0, 0.5]}, lang=["ko", "de", "ko"]))
    assert {lang: row["mrr@10"] for lang, row in metrics["dense"].items()} == {"ko": 0.25, "de": 1.0, "all": 0.625}
