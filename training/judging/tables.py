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
    first = max(len(name) for name in rows)
    lines: list[str] = []
    for part in _split_columns(rows, SCREEN_COLUMNS - first):
        lines.append(" " * first + "".join(f"{column:>{width}}" for column, width in part.items()))
        for name, values in rows.items():
            lines.append(f"{name:<{first}}" + "".join(f"{values[column]:>{width}}" for column, width in part.items()))
    return lines


def _split_columns(rows: Mapping[str, Mapping[str, str]], space: int) -> list[dict[str, int]]:
    """Return the columns with their widths, in parts that each fit in `space`."""
    parts: list[dict[str, int]] = [{}]
    for column in next(iter(rows.values())):
        width = max(6, len(column) + 1, *(len(row[column]) + 1 for row in rows.values()))
        if parts[-1] and sum(parts[-1].values()) + width > space:
            parts.append({})
        parts[-1][column] = width
    return parts


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


def sign(difference: Difference | None) -> str:
    """Return + or - where a difference is surely above or below 0."""
    return "" if difference is None or not difference.sure else "+" if difference.value > 0 else "-"


def mark(difference: Difference) -> str:
    """Return a difference in points, with a star where it is sure."""
    return format_points(100 * difference.value, signed=True) + ("*" if difference.sure else "")
