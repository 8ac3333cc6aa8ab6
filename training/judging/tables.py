"""Tables and figures as text: aligned columns, percent, differences with their intervals."""

from collections.abc import Mapping

from training.judging.bootstrap import Difference

SCREEN_COLUMNS = 120
METRIC_NAMES = {"ndcg@10": "nDCG@10", "recall@100": "Recall@100", "mrr@10": "MRR@10"}
_MODE_NAMES = {
    "bm25": "BM25",
    "bm25_subwords": "BM25 (model's tokens)",
    "multi_vector": "multi-vec",
    "dense_sparse": "dense+sparse",
}


def mode_name(mode: str) -> str:
    """Return a mode as the paper writes it."""
    return _MODE_NAMES.get(mode, mode)


def percent(by_language: Mapping[str, Mapping[str, float]], metric: str) -> dict[str, float]:
    """Return a mode's figures by language in percent."""
    return {lang: 100 * row[metric] for lang, row in by_language.items()}


def render_table(rows: Mapping[str, Mapping[str, float]], signed: bool = False) -> list[str]:
    """Return an aligned table (row name -> column name -> value) of figures with one decimal."""
    return render_cells(
        {name: {column: format_points(value, signed) for column, value in row.items()} for name, row in rows.items()}
    )


def render_cells(rows: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return an aligned table of texts; more columns than a screen takes go on below."""
    columns = list(next(iter(rows.values())))
    first = max(len(name) for name in rows)
    width = max(6, *(len(text) + 1 for row in rows.values() for pair in row.items() for text in pair))
    per_part = max(1, (SCREEN_COLUMNS - first) // width)
    lines: list[str] = []
    for start in range(0, len(columns), per_part):
        part = columns[start : start + per_part]
        lines.append(" " * first + "".join(f"{name:>{width}}" for name in part))
        for name, values in rows.items():
            lines.append(f"{name:<{first}}" + "".join(f"{values[column]:>{width}}" for column in part))
    return lines


def format_points(value: float, signed: bool = False) -> str:
    """Return a figure in percent with one decimal, never -0.0."""
    rounded = round(value, 1) + 0.0
    return f"{rounded:+.1f}" if signed else f"{rounded:.1f}"


def format_difference(difference: Difference, signed: bool = True) -> str:
    """Return a difference in points with its interval: `+9.7 [8.1, 11.2]`."""
    value = format_points(100 * difference.value, signed)
    if difference.low is None or difference.high is None:
        return value
    return f"{value} [{format_points(100 * difference.low)}, {format_points(100 * difference.high)}]"


def format_p(difference: Difference) -> str:
    """Return the p of a difference."""
    if difference.p is None:
        return "-"
    return "<0.001" if difference.p < 0.001 else f"{difference.p:.3f}"


def mark(difference: Difference) -> str:
    """Return a difference in points, with a star where its interval leaves out 0."""
    return format_points(100 * difference.value, signed=True) + ("*" if difference.sure else "")
