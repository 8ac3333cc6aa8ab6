"""What the figures say: which mode is best, by how much and how surely, which beat BM25, and what to use.

    modes = modes_of(table)                                         # training.judging.questions
    resampled = resample_languages(table, figures_of(table, modes, "ndcg@10"))
    choose(resampled, [Option(mode) for mode in modes]).use.mode    # "dense_sparse"

The best is the one with the highest figure. What to use is the cheapest that is as good as the best: less than a point
behind, and not surely behind. Differences are measured on the same resamples (`training.judging.bootstrap`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from training.evaluate_config import MODES
from training.judging.bootstrap import Difference, Resampled, compare_columns, resample_means
from training.judging.questions import column_name
from training.judging.slices import Slicing

# From the cheapest to the dearest in production: an inverted index of words; one of weighted tokens, or one vector a
# document, by a model; both; vectors of every token; all of it.
_BY_COST = ("bm25", "bm25_subwords", "sparse", "dense", "dense_sparse", "multi_vector", "all")
_SLICE_RESAMPLES = 2_000  # enough for an interval; the p of the main figures takes more
_AS_GOOD = 0.01  # a point: less than this behind the best is as good where it is not sure


@dataclass(frozen=True)
class Option:
    """A mode that could be used, of one of two systems where two are compared."""

    mode: str
    system: int | None = None  # None: there is but one, or the mode (BM25) needs none


@dataclass(frozen=True)
class Choice:
    """The best option, the one after it, and the one to use."""

    best: Option
    next: Option | None
    lead: Difference | None  # best minus next
    use: Option
    given_up: Difference | None  # best minus use, None where they are the same
    over_bm25: Difference | None  # use minus BM25, None where it is BM25 or there is none


def resample_languages(table: pa.Table, columns: Sequence[np.ndarray], seed: int = 0) -> Resampled:
    """Return `columns` (each [questions]) resampled by document, with the table's languages as groups."""
    langs = np.array(table["lang"].to_pylist())
    return resample_means(np.stack(columns, axis=1), langs, _documents(table), seed)


def resample_slice(table: pa.Table, columns: Sequence[np.ndarray], slicing: Slicing, seed: int = 0) -> Resampled:
    """Return `columns` resampled by document, with the buckets as groups: a bucket's figure is the mean over its
    questions, whatever their language.
    """
    names = np.array(slicing.buckets)[np.maximum(slicing.bucket_of, 0)]
    kept = slicing.bucket_of >= 0
    values, documents = np.stack(columns, axis=1)[kept], _documents(table)[kept]
    return resample_means(values, names[kept], documents, seed, _SLICE_RESAMPLES)


def _documents(table: pa.Table) -> np.ndarray:
    return np.array(table["document"].to_pylist())


def figures_of(table: pa.Table, modes: Sequence[str], metric: str) -> list[np.ndarray]:
    """Return each mode's figures, [questions] each."""
    return [table[column_name(mode, metric)].to_numpy() for mode in modes]


def describe_slice(resampled: Resampled, slicing: Slicing, modes: Sequence[str], metric: str) -> dict[str, Any]:
    """Return bucket -> mode -> questions, the documents they are about, figure, its 95 % interval (null: it cannot be
    given) and, where BM25 was measured, the mode minus BM25, as the report holds it.

    `resampled` has the modes as its columns and the buckets as its groups.
    """
    minus_bm25 = against_bm25(resampled, modes)
    described: dict[str, Any] = {}
    for bucket, count in slicing.questions().items():
        group = resampled.names.index(bucket)
        described[bucket] = {}
        for column, mode in enumerate(modes):
            interval = resampled.interval(resampled.means[:, group, column], group)
            described[bucket][mode] = {
                "questions": count,
                "documents": int(resampled.documents[group]),
                metric: float(resampled.figures[group, column]),
                "interval": list(interval) if interval else None,
            }
            if mode in minus_bm25:
                described[bucket][mode]["minus_bm25"] = asdict(minus_bm25[mode][bucket])
    return described


def mean_intervals(resampled: Resampled, modes: Sequence[str]) -> dict[str, list[float] | None]:
    """Return the 95 % interval of each mode's mean over the languages."""
    intervals = {mode: resampled.interval(resampled.over_groups(place)[1]) for place, mode in enumerate(modes)}
    return {mode: list(interval) if interval else None for mode, interval in intervals.items()}


def against_bm25(resampled: Resampled, modes: Sequence[str]) -> dict[str, dict[str, Difference]]:
    """Return mode -> language, or "all" -> the mode minus BM25; empty where BM25 was not measured."""
    if "bm25" not in modes:
        return {}
    baseline = modes.index("bm25")
    return {mode: compare_columns(resampled, baseline, column) for column, mode in enumerate(modes) if mode != "bm25"}


def choose(resampled: Resampled, options: Sequence[Option]) -> Choice:
    """Return the best of `options`, which are the columns of `resampled`, and the one to use."""
    figures = [resampled.over_groups(column)[0] for column in range(len(options))]
    ranked = sorted(range(len(options)), key=lambda column: (-figures[column], _cost(options[column])))
    best = ranked[0]

    def behind(column: int) -> Difference:
        return compare_columns(resampled, column, best)["all"]

    def as_good(column: int) -> bool:
        gap = behind(column)
        return column == best or (gap.low is not None and not gap.sure and gap.value < _AS_GOOD)

    use = min((column for column in ranked if as_good(column)), key=lambda column: _cost(options[column]))
    baseline = next((column for column, option in enumerate(options) if option.mode == "bm25"), None)
    return Choice(
        best=options[best],
        next=options[ranked[1]] if len(ranked) > 1 else None,
        lead=behind(ranked[1]) if len(ranked) > 1 else None,
        use=options[use],
        given_up=behind(use) if use != best else None,
        over_bm25=None if baseline in (None, use) else compare_columns(resampled, baseline, use)["all"],
    )


def _cost(option: Option) -> tuple[int, int]:
    """Return what orders options by cost; the same mode of the first system first: it is there already."""
    place = _BY_COST.index(option.mode) if option.mode in _BY_COST else len(MODES)
    return place, option.system or 0


def choice_as_json(choice: Choice) -> dict[str, Any]:
    """Return the choice among the modes of one system as the report holds it."""
    return {
        "mode": choice.best.mode,
        "next": choice.next.mode if choice.next else None,
        "lead": asdict(choice.lead) if choice.lead else None,
        "use": choice.use.mode,
        "given_up": asdict(choice.given_up) if choice.given_up else None,
        "over_bm25": asdict(choice.over_bm25) if choice.over_bm25 else None,
    }


def differences_as_json(differences: Mapping[str, Mapping[str, Difference]]) -> dict[str, Any]:
    """Return differences as the report holds them."""
    return {mode: {name: asdict(one) for name, one in row.items()} for mode, row in differences.items()}
