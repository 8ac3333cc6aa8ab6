"""The figures of benchmarks/ablation.py as one picture: a panel a table, a line a row, a dot a seed, a bar the mean."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ablation_report import Figures
from ablation_tables import MODE_TITLES, Table

from data.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = dict(zip(MODE_TITLES, ("C0", "C1", "C2", "C4", "C3"), strict=True))
COLUMNS = 2
HEIGHT = 0.8  # of a row's band, which its modes share


def draw(tables: Sequence[Table], figures: Figures, path: Path) -> None:
    """Draw what `figures` hold so far, with the paper's figures as crosses, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    lines = -(-len(tables) // COLUMNS)
    figure = Figure(figsize=(14, 4 * lines), layout="constrained")
    panels = figure.subplots(lines, COLUMNS).flatten()
    for axes, table in zip(panels, tables, strict=True):
        _draw_table(axes, table, figures)
    marks = [
        Line2D([], [], marker="o", linestyle="", color=COLOURS[mode], label=title)
        for mode, title in MODE_TITLES.items()
    ]
    marks += [Line2D([], [], marker="x", linestyle="", color="black", label="in the paper, on its own data")]
    figure.legend(handles=marks, loc="outside lower center", ncols=len(marks))
    figure.suptitle("nDCG@10 in percent, mean over the languages: a dot is a seed, a bar the mean of the seeds")
    FigureCanvasAgg(figure)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)


def _draw_table(axes: "Axes", table: Table, figures: Figures) -> None:
    rows = [row for row in table.rows if (row.arm, row.judged, row.modes[0]) in figures]
    for place, row in enumerate(rows):
        for number, mode in enumerate(MODE_TITLES):
            if mode not in row.modes:
                continue
            values = list(figures[row.arm, row.judged, mode].values())
            height = place + HEIGHT * ((number + 0.5) / len(MODE_TITLES) - 0.5)
            axes.barh(height, statistics.mean(values), HEIGHT / len(MODE_TITLES), color=COLOURS[mode], alpha=0.35)
            axes.plot(values, [height] * len(values), "o", color=COLOURS[mode], markersize=4)
            if row.paper and mode in row.paper:
                axes.plot(row.paper[mode], height, "x", color="black", markersize=6)
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.grid(axis="x", alpha=0.3)
    axes.set_title(table.title, fontsize="medium", wrap=True)
