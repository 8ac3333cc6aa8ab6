"""How high a negative may score beside the positive, by miner: given, or read from the histogram of the scores.

A score is taken as its share of the positive's, `ratio`. The default bound is read from the ratios of the documents
that would become negatives without any bound (the first few of each question that nothing else excludes):

- ordinary documents form one hill; documents that answer the question too score like the positive and form another one
  near 1. Where there are two such hills the bound is the bottom of the valley between them ("valley");
- else it is Tukey's upper fence, third quartile + 1.5 interquartile ranges: what lies above it does not belong to the
  hill ("fence");
- it is never above the point where a document has come 95 % of the way from the median to the positive ("ceiling"), and
  never above 1.

All of this keeps its place when scores are stretched or moved along the ratio axis, so it serves BM25's open scale and
cosines that all lie between 0.7 and 0.9 alike.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from data.files import atomic_path
from training.mine_config import Miner

CEILING = 0.95  # of the way from the median ratio to 1
FENCE_RANGES = 1.5  # Tukey's
BINS = 40  # of the histogram, between the 0.5 % and 99.5 % quantile, or less far beyond 1
VALLEY_DEPTH = 0.5  # a valley is at most this share of the lower of its two hills
HILL_SHARE = 0.005  # of all ratios, that the hill near 1 holds at least
LEAST_FOR_SHAPE = 200  # ratios below which the histogram's shape is noise

Origin = Literal["valley", "fence", "ceiling", "given", "none"]


@dataclass(frozen=True)
class Bound:
    """The largest score of a negative: at most `ratio` times the positive's, and at least `margin` below it."""

    ratio: float  # inf: no such bound
    margin: float  # -inf: no such bound
    origin: Origin
    ratios: np.ndarray  # [n] what it was read from, or would have been

    def limit(self, positive: float) -> float:
        """Return the largest score beside a positive that scores `positive`, which may be below 0."""
        by_ratio = math.inf if self.ratio == math.inf else positive - (1 - self.ratio) * abs(positive)
        return min(by_ratio, positive - self.margin)

    @property
    def share_above(self) -> float:
        """The share of `ratios` that the ratio excludes."""
        return float((self.ratios > self.ratio).mean()) if len(self.ratios) else 0.0


def find_bound(ratios: np.ndarray, ratio: float | None, margin: float | None) -> Bound:
    """Return the bound that is given, else the one that `ratios` [n] show; without any ratio there is none but 1."""
    if ratio is not None or margin is not None:
        return Bound(math.inf if ratio is None else ratio, -math.inf if margin is None else margin, "given", ratios)
    if not len(ratios):
        return Bound(1.0, -math.inf, "none", ratios)
    low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    ceiling = min(1.0, middle + CEILING * (1 - middle))
    choices: list[tuple[float, Origin]] = [(float(ceiling), "ceiling")]
    valley = _find_valley(ratios)
    if valley is not None:
        choices.append((valley, "valley"))
    else:
        choices.append((float(high + FENCE_RANGES * (high - low)), "fence"))
    value, origin = min(choices)
    return Bound(value, -math.inf, origin, ratios)


def histogram(ratios: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return counts [BINS] and edges [BINS + 1] of the ratios; what is far out counts with the outermost bins."""
    low, high = np.quantile(ratios, [0.005, 0.995])
    if low < 1:  # as far beyond the positive as before it, so that a few strange questions do not squeeze the rest
        high = min(max(high, 1.0), 2 - low)
    if high - low < 1e-6:
        low, high = low - 0.05, high + 0.05
    edges = np.linspace(low, high, BINS + 1)
    counts, _ = np.histogram(ratios.clip(low, high), bins=edges)
    return counts, edges


def _find_valley(ratios: np.ndarray) -> float | None:
    """Return the bottom between the hill of ordinary documents and one near 1, None where there are not two hills."""
    if len(ratios) < LEAST_FOR_SHAPE:
        return None
    counts, edges = histogram(ratios)
    smooth = np.convolve(counts, np.array([1, 4, 6, 4, 1]) / 16, mode="same")  # [BINS]
    centres = (edges[:-1] + edges[1:]) / 2
    top = int(smooth.argmax())
    # The second hill is where documents score as the positive does: within a quarter of the way from the first one.
    near = np.flatnonzero((centres >= 1 - 0.25 * (1 - centres[top])) & (np.arange(BINS) > top + 2))
    if centres[top] >= 1 or not len(near):
        return None
    second = int(near[smooth[near].argmax()])
    bottom = top + 1 + int(smooth[top + 1 : second + 1].argmin())
    holds = counts[bottom:].sum() >= HILL_SHARE * len(ratios)
    if bottom < second and holds and smooth[bottom] <= VALLEY_DEPTH * smooth[second] and centres[bottom] <= 1:
        return float(edges[bottom + 1])
    return None


def render_histogram(miner: str, bound: Bound) -> list[str]:
    """Return the histogram as lines of text, with the bound in its place."""
    if not len(bound.ratios):
        return [f"{miner}: nothing to read a bound from"]
    counts, edges = histogram(bound.ratios)
    pairs, rims = counts.reshape(-1, 2).sum(axis=1), edges[::2]
    lines = [
        f"{miner}: scores as a share of the positive's, of {len(bound.ratios):,} documents that would be negatives",
    ]
    marked = False
    for count, low, high in zip(pairs, rims[:-1], rims[1:], strict=True):
        mark = "" if marked or bound.ratio >= high else f"  <- {_say(bound)}"
        marked = marked or bool(mark)
        bar = "#" * math.ceil(40 * count / max(pairs.max(), 1))
        lines.append(f"  {low:6.3f} {bar:<40} {count:>8,}{mark}")
    return lines if marked else [*lines, f"  {_say(bound)}"]


def warn_of(miner: str, bound: Bound) -> list[str]:
    """Return a line if most documents score above the positive: such a miner cannot tell them apart."""
    if not len(bound.ratios) or float(np.median(bound.ratios)) < 1:
        return []
    return [
        f"  note: {miner} puts most of these above the positive, so what it finds says little; "
        "train the model first, or leave this miner out"
    ]


def _say(bound: Bound) -> str:
    parts = [] if bound.ratio == math.inf else [f"at most {bound.ratio:.4f} ({bound.origin})"]
    parts += [] if bound.margin == -math.inf else [f"at least {bound.margin:g} below the positive"]
    return f"bound: {', '.join(parts) or 'none'}; {bound.share_above:.1%} lie above"


def draw_histograms(bounds: Mapping[Miner, Bound], path: Path) -> None:
    """Draw one histogram a miner, with its bound, as a PNG picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 2.6 * len(bounds)), layout="constrained")
    panels = figure.subplots(len(bounds), squeeze=False)[:, 0]
    for axes, (miner, bound) in zip(panels, bounds.items(), strict=True):
        if len(bound.ratios):
            counts, edges = histogram(bound.ratios)
            axes.stairs(counts, edges, fill=True, alpha=0.6)
        axes.axvline(1.0, color="black", linewidth=0.8, label="the positive")
        if bound.ratio != math.inf:
            axes.axvline(bound.ratio, color="tab:red", label=f"bound {bound.ratio:.3f} ({bound.origin})")
        axes.set(title=miner, xlabel="score / score of the positive", ylabel="documents")
        axes.legend()
    FigureCanvasAgg(figure)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)
