"""The report of `m3-train evaluate` as text: the table in the paper's shape, where each mode is good, what to use."""

from collections.abc import Mapping
from typing import Any

from training.evaluate_config import METRICS
from training.judging.bootstrap import FEW_DOCUMENTS, Difference
from training.judging.notes import describe_doubts, describe_measured, describe_paper, warn_of_many
from training.judging.questions import Metrics
from training.judging.tables import (
    METRIC_NAMES,
    format_difference,
    format_p,
    format_points,
    mark,
    mark_few,
    mode_name,
    percent,
    render_cells,
    render_table,
    sign,
    wrap,
)

STAR = f"where the 95 % interval leaves out 0, of {FEW_DOCUMENTS} documents or more"
# The means that M3's authors report of their model (arXiv 2402.03216), and of BM25 on the tokens of Lucene's analysers
# and on those of XLM-R.
PAPER_MEANS = {
    "mldr": {"bm25": 64.1, "bm25_subwords": 53.6, "dense": 52.5, "sparse": 62.2, "multi_vector": 57.6}
    | {"dense_sparse": 64.8, "all": 65.0},
    "miracl": {"bm25": 38.5, "bm25_subwords": 31.9, "dense": 69.2, "sparse": 53.9, "multi_vector": 70.5}
    | {"dense_sparse": 70.4, "all": 71.5},
    "mkqa": {"bm25": 40.9, "bm25_subwords": 39.9, "dense": 75.1, "sparse": 45.3, "multi_vector": 75.3}
    | {"dense_sparse": 75.3, "all": 75.5},
    "narrativeqa": {"dense": 48.7, "sparse": 57.5, "multi_vector": 55.4, "dense_sparse": 60.1, "all": 61.7},
}


def render_report(report: Mapping[str, Any]) -> str:
    """Return the tables of a report (languages as columns, modes as rows), its notes, and what follows from them."""
    metrics: Metrics = report["metrics"]
    metric = report["main_metric"]
    lines = [
        f"data set: {report['dataset']}, split {report['split']}",
        f"model: {report['model'] or 'none, BM25 alone'}",
    ]
    benchmark = report["config"].get("benchmark")
    lines += ["", f"{METRIC_NAMES[metric]} in percent", *_render_modes(metrics, metric, benchmark)]
    lines += wrap(*describe_paper(report))
    differences = read_differences(report["against_bm25"])
    if differences:
        lines += ["", f"minus BM25, in points; * {STAR}"]
        cells = {
            mode_name(mode): {lang: mark(row[lang]) for lang in metrics[mode]} for mode, row in differences.items()
        }
        lines += render_cells(cells)
    lines += ["", "mean over languages, in percent"]
    lines += render_table(
        {
            mode_name(mode): {METRIC_NAMES[name]: 100 * row["all"][name] for name in METRICS}
            for mode, row in metrics.items()
        }
    )
    if len(report["slices"]) > 1:
        signs = "; + or - where surely above or below BM25" if differences else ""
        lines += [
            "",
            f"by kind of question, all languages together; few: of fewer than {FEW_DOCUMENTS} documents{signs}",
        ]
    for name, buckets in report["slices"].items():
        if name != "language":
            lines += ["", *wrap(_slice_title(report, name)), *_render_slice(buckets, metric)]
    lines += ["", *wrap(*describe_measured(report), *_doubts(report, differences))]
    conclusions = wrap(*_conclude(report, differences))
    return "\n".join([*lines, "", *conclusions] if conclusions else lines)


def _slice_title(report: Mapping[str, Any], name: str) -> str:
    """Return what a slice's buckets are, and what the model cannot have read of them."""
    title = f"{METRIC_NAMES[report['main_metric']]} by {name}: {report['slices_about'][name]}"
    if name == "length" and report["model"] and report["config"].get("window") != "all":
        title += f"; the model reads {report['config']['max_length']:,} tokens"
    return title


def _render_modes(metrics: Metrics, metric: str, benchmark: str | None) -> list[str]:
    """Return the table in the paper's shape, with the paper's own mean as last column where the benchmark is known."""
    rows = {
        mode: {lang: format_points(value) for lang, value in percent(metrics[mode], metric).items()} for mode in metrics
    }
    paper = PAPER_MEANS.get(benchmark or "", {})
    if paper:
        rows = {mode: {**row, "paper": f"{paper[mode]:.1f}" if mode in paper else "-"} for mode, row in rows.items()}
    return render_cells({mode_name(mode): row for mode, row in rows.items()})


def _render_slice(buckets: Mapping[str, Any], metric: str) -> list[str]:
    """Return the table of a slice, modes as rows, with the number of questions and documents of each bucket."""
    modes = list(next(iter(buckets.values())))
    counts = {bucket: next(iter(row.values())) for bucket, row in buckets.items()}
    cells = {
        "questions": {bucket: f"{row['questions']:,}" for bucket, row in counts.items()},
        "documents": {bucket: mark_few(row["documents"]) for bucket, row in counts.items()},
    }
    for mode in modes:
        cells[mode_name(mode)] = {bucket: _slice_cell(row[mode], metric) for bucket, row in buckets.items()}
    return render_cells(cells)


def _slice_cell(figures: Mapping[str, Any], metric: str) -> str:
    minus_bm25 = figures.get("minus_bm25")
    return format_points(100 * figures[metric]) + (sign(Difference(**minus_bm25)) if minus_bm25 else "")


def _doubts(report: Mapping[str, Any], differences: Mapping[str, Mapping[str, Difference]]) -> list[str]:
    """Return the lines that say what on this screen is to be trusted little."""
    documents = {lang: next(iter(row.values()))["documents"] for lang, row in report["slices"]["language"].items()}
    judged = [one for row in differences.values() for one in row.values()]
    for name, buckets in report["slices"].items():
        rows = [row for bucket in buckets.values() for row in bucket.values() if name != "language"]
        judged += [Difference(**row["minus_bm25"]) for row in rows if "minus_bm25" in row]
    return [*describe_doubts(documents, report["documents"], report["mean_documents"]), *warn_of_many(judged)]


def read_differences(rows: Mapping[str, Any]) -> dict[str, dict[str, Difference]]:
    """Return the differences that a report holds."""
    return {mode: {name: Difference(**one) for name, one in row.items()} for mode, row in rows.items()}


def _conclude(report: Mapping[str, Any], differences: Mapping[str, Mapping[str, Difference]]) -> list[str]:
    """Return what follows, in sentences: which mode beats BM25 and where, which is best, and what to use."""
    lines = [f"{mode_name(mode)} and BM25: {describe_against(row)}" for mode, row in differences.items()]
    best, metric = report["best"], report["main_metric"]
    if best["next"] is None:
        return lines
    figure = format_points(100 * report["metrics"][best["mode"]]["all"][metric])
    lead = Difference(**best["lead"])
    if lead.low is None:
        return [*lines, cannot_be_told(mode_name(best["mode"]), figure)]
    lines.append(
        f"Best: {mode_name(best['mode'])} with {figure}, {format_difference(lead, signed=False)} ahead of "
        f"{mode_name(best['next'])} (p {format_p(lead)})."
    )
    given_up = Difference(**best["given_up"]) if best["given_up"] else None
    why = describe_given_up(mode_name(best["mode"]), given_up) + as_far_as_known(lead)
    return [*lines, f"In production use {mode_name(best['use'])}{why}."]


def cannot_be_told(best: str, figure: str) -> str:
    """Return what to say instead of what to use, where no difference has an interval."""
    return f"Which to use cannot be told from so few documents; {best} has the best figure here, {figure}."


def as_far_as_known(lead: Difference | None) -> str:
    """Return the doubt about what to use, where the best's lead is that of few documents."""
    return ", as far as so few documents tell" if lead is not None and lead.few else ""


def describe_against(row: Mapping[str, Difference]) -> str:
    """Return how a mode stands to BM25 in words: `+9.7 [8.1, 11.2], p <0.001; better in ko ja, worse in de`."""
    better, worse = (
        [name for name, one in row.items() if name != "all" and one.sure and (one.value > 0) == up]
        for up in (True, False)
    )
    places = [f"{word} in {' '.join(names)}" for word, names in (("better", better), ("worse", worse)) if names]
    return (
        f"{format_difference(row['all'])}, p {format_p(row['all'])}; surely {', '.join(places) or 'nowhere different'}"
    )


def describe_given_up(best: str, given_up: Difference | None) -> str:
    """Return why something cheaper than `best` is to be used, or nothing."""
    if given_up is None:
        return ""
    return f": {best} has {format_difference(given_up, signed=False)} more, which is not sure, and costs more"
