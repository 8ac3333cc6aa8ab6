"""The figures of a report as one picture: every mode by language, by length of document, place of evidence, wording."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from data.errors import printable
from data.files import atomic_path
from training.judging.bootstrap import FEW_DOCUMENTS
from training.judging.settings import name_fresh_heads
from training.judging.tables import METRIC_NAMES, mark_few, mode_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {"bm25": "black", "bm25_subwords": "C7", "dense": "C0", "sparse": "C1", "multi_vector": "C2"}
_COLOURS |= {"dense_sparse": "C4", "all": "C3"}  # as in the curves of a training
_MARKERS = {"bm25": "s", "bm25_subwords": "D"}
_TITLES = {
    "language": "by language, and the mean over the languages",
    "length": "by length of the relevant document, in tokens",
    "evidence": "by place of the evidence in the document",
    "overlap": "by how much of the question's wording is in the text",
}
_WIDTH = 0.7  # of a column's space, over which the modes are spread
_SHOWN = 24  # languages; more would not be readable


def draw_figures(report: Mapping[str, Any], path: Path) -> None:
    """Draw the slices of a report (`training.judging.summary`) with their 95 % intervals as a PNG at `path`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    metric = report["main_metric"]
    slices = report["slices"]
    below = [name for name in slices if name != "language"]  # none where documents are judged by answers
    figure = Figure(figsize=(16, 10 if below else 5.5), layout="constrained")
    rows: list[list[str]] = [["language"] * len(below), below] if below else [["language"]]
    panels = figure.subplot_mosaic(cast(Any, rows), height_ratios=(1.1, 1)[: len(rows)])
    for name, axes in panels.items():
        axes.set_title(_TITLES[name])
        axes.set_ylabel(f"{METRIC_NAMES[metric]} in percent")
        axes.grid(axis="y", alpha=0.3)
        _draw_buckets(axes, _with_mean(report, metric) if name == "language" else slices[name], metric)
    if report["model"] and "length" in panels and report["config"].get("window") != "all":
        panels["length"].set_xlabel(f"the model reads {report['config']['max_length']:,} tokens")
    limits = [panels[name].get_ylim() for name in below]
    for name in below:  # alike, so that heights can be compared
        panels[name].set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
    top = panels["language"]
    top.legend(fontsize="small", ncols=len(report["metrics"]), loc="lower center", bbox_to_anchor=(0.5, 1.08))
    title = f"{report['model'] or 'BM25 alone'} on {report['dataset']}, split {report['split']}"
    if name_fresh_heads(report):
        title += f"; NEVER TRAINED, random weights: {name_fresh_heads(report)}"
    title += f"\nunder each column: questions / documents (few: fewer than {FEW_DOCUMENTS})"
    figure.suptitle(printable(title), parse_math=False)  # a path may hold two dollar signs
    FigureCanvasAgg(figure)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)


def _with_mean(report: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """Return the buckets of the languages (the first of very many), and one that holds their mean."""
    languages = report["slices"]["language"]
    chosen = dict(list(languages.items())[:_SHOWN])
    name = "mean" if len(chosen) == len(languages) else f"mean of\n{len(languages)}"
    mean = {
        mode: {
            "questions": None,
            "documents": None,
            metric: by_language["all"][metric],
            "interval": report["intervals"][mode],
        }
        for mode, by_language in report["metrics"].items()
    }
    return {**chosen, name: mean}


def _draw_buckets(axes: "Axes", buckets: Mapping[str, Any], metric: str) -> None:
    """Draw a column a bucket, in it a point a mode with its interval; under it how many questions and documents."""
    modes = list(next(iter(buckets.values())))
    for place, mode in enumerate(modes):
        shift = _WIDTH * ((place + 0.5) / len(modes) - 0.5)
        rows = [row[mode] for row in buckets.values()]
        values = [100 * row[metric] for row in rows]
        ends = [[100 * end for end in row["interval"] or (row[metric], row[metric])] for row in rows]
        reach = [
            [max(0.0, value - low) for value, (low, _) in zip(values, ends, strict=True)],
            [max(0.0, high - value) for value, (_, high) in zip(values, ends, strict=True)],
        ]
        axes.errorbar(
            [column + shift for column in range(len(rows))],
            values,
            yerr=reach,
            fmt=_MARKERS.get(mode, "o"),
            markersize=4,
            elinewidth=1.1,
            color=_COLOURS.get(mode, "C5"),
            label=mode_name(mode),
        )
    for column in range(1, len(buckets)):
        axes.axvline(column - 0.5, color="0.9", linewidth=0.8, zorder=0)
    labels = [_label(bucket, next(iter(row.values()))) for bucket, row in buckets.items()]
    size = "small" if len(buckets) < 16 else "x-small"
    axes.set_xticks(range(len(buckets)), labels, fontsize=size, parse_math=False)  # so may a language's name
    axes.set_xlim(-0.5, len(buckets) - 0.5)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]) if axes.get_ylim()[0] < 15 else None)


def _label(bucket: str, row: Mapping[str, Any]) -> str:
    if row["questions"] is None:
        return bucket
    return f"{printable(bucket)[:12]}\n{row['questions']:,} / {mark_few(row['documents'])}"
