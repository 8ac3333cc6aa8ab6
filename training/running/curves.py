"""The curves of a training as one picture: losses, learning rate, nDCG@10 on dev, how far the scores lie apart."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 60  # of a line; longer histories are drawn as means of so many stretches
_COLOURS = {"loss": "black", "dense": "C0", "sparse": "C1", "multi_vec": "C2", "multi_vector": "C2"}
_COLOURS |= {"inter": "C3", "all": "C3", "distillation": "C4", "dense_sparse": "C4", "teacher": "C5"}
_MODES = {"multi_vector": "multi-vec", "dense_sparse": "dense+sparse"}
_GROUPS = {"_positives": "-", "_others": ":"}  # ending of a name in the history -> line

History = Sequence[dict[str, float]]


def draw_curves(history: History, dev: dict[str, Any] | None, path: Path) -> None:
    """Draw `history` and, where there are any, the evaluations `dev` (`training.running.dev.describe_dev`) as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 8), layout="constrained")
    (losses, rate), (search, scores) = figure.subplots(2, 2)
    _draw_losses(losses, history)
    _draw_lines(rate, history, {"learning_rate": "learning rate"}, "learning rate and gradient norm")
    rate.set_ylabel("learning rate")
    norms = rate.twinx()
    norms.plot(*stretches(history, "grad_norm"), color="C7", linewidth=0.9)
    norms.set_ylabel("gradient norm", color="C7")
    norms.set_ylim(bottom=0)
    _draw_dev(search, dev)
    _draw_scores(scores, history)
    for axes in (losses, rate, search, scores):
        axes.set_xlabel("step")
        axes.set_xlim(0, history[-1]["step"] * 1.02)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize="small", ncols=2)
    FigureCanvasAgg(figure)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)


def stretches(history: History, name: str) -> tuple[list[float], list[float]]:
    """Return steps and values of a line: those of each entry, or means of at most `POINTS` stretches of entries."""
    rows = [(row["step"], row[name]) for row in history if name in row]
    size = -(-len(rows) // POINTS) or 1
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    return tuple([sum(row[place] for row in part) / len(part) for part in parts] for place in (0, 1))  # type: ignore[return-value]


def _draw_lines(axes: "Axes", history: History, labels: dict[str, str], title: str) -> None:
    for name, label in labels.items():
        steps, values = stretches(history, name)
        marker = "." if len(steps) <= 60 else ""
        axes.plot(steps, values, marker=marker, label=label, color=_COLOURS.get(name), linewidth=1.2)
    axes.set_title(title)


def _draw_losses(axes: "Axes", history: History) -> None:
    names = [name for name in _COLOURS if any(name in row for row in history)]
    labels = {name: "loss (minimised)" if name == "loss" else name.replace("_", "-") for name in names}
    _draw_lines(axes, history, labels, "loss")
    axes.set_ylim(bottom=0)


def _draw_dev(axes: "Axes", dev: dict[str, Any] | None) -> None:
    axes.set_title("nDCG@10 on dev, mean over the languages")
    if dev is None:
        axes.text(0.5, 0.5, "no evaluation", ha="center", va="center", transform=axes.transAxes)
        return
    rows = dev["ndcg@10"]
    for mode in (name for name in rows[0] if name != "step"):
        means = [row[mode]["mean"] for row in rows]
        marker = "." if len(rows) <= 60 else ""
        axes.plot(
            [row["step"] for row in rows], means, marker=marker, label=_MODES.get(mode, mode), color=_COLOURS.get(mode)
        )
    best = dev["best"]
    if best:
        label = f"best: {best['figure']:.3f} at step {best['step']:,}"
        axes.plot([best["step"]], [best["figure"]], "*", markersize=14, color="black", zorder=3, label=label)
    values = [row[mode]["mean"] for row in rows for mode in row if mode != "step"]
    margin = max(0.02, 0.1 * (max(values) - min(values)))
    axes.set_ylim(max(-0.02, min(values) - margin), min(1.02, max(values) + margin))


def _draw_scores(axes: "Axes", history: History) -> None:
    axes.set_title("mean score: right passages (solid), others (dotted)")
    for head in ("dense", "sparse", "multi_vec"):
        for ending, line in _GROUPS.items():
            steps, values = stretches(history, head + ending)
            if steps:
                label = head.replace("_", "-") if ending == "_positives" else None
                axes.plot(steps, values, line, color=_COLOURS[head], label=label, linewidth=1.2)
