"""Which weights merge the heads' scores best: every question's nDCG@10 under any weights, and a search over them.

    trials = Trials("all", [(candidates, judgements), ...])         # candidates are found once
    search = WeightSearch(trials, langs)
    search.choose()                                                 # (15, 50, 35): hundredths
    search.ndcg([(15, 50, 35), (33, 33, 34)])                       # [weights, questions]

Scaling all weights alike changes no ranking, so weights that add up to 1 are tried: on a grid of 0.05, then of 0.01
around the best. Choosing and judging on the same questions flatters: `cross_fit` judges each question by weights that
were chosen without it and its relatives.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from training.collections.families import join_families
from training.searching.candidates import MERGE_DEPTH, RERANK_DEPTH, Candidates
from training.searching.fusion import Fusion, fuse, list_places
from training.searching.saved_fusion import PAPER

FusedMode = Literal["dense_sparse", "all"]
FUSED_MODES: tuple[FusedMode, ...] = ("dense_sparse", "all")
Hundredths = tuple[int, ...]  # weights of dense, sparse and maybe multi-vector; together 100

_DEPTH = 10
_COARSE = 5
_SAME = 1e-9  # figures that differ by less are equal: sums of the same numbers in another order


class Trials:
    """The questions of one or more collections, ready to be ranked by any weights of one mode."""

    def __init__(
        self,
        mode: FusedMode,
        found: Sequence[tuple[Candidates, Sequence[Mapping[int, int]]]],
        depths: tuple[int, int] = (MERGE_DEPTH, RERANK_DEPTH),
    ) -> None:
        """Take the candidates of each collection with each question's judgements: document number -> relevance."""
        self.mode = mode
        self._scores: list[np.ndarray] = []  # [Q] of [heads, n] float32
        self._relevant: list[list[tuple[int, float]]] = []  # [Q] of place among n, share of the best nDCG@10 at rank 0
        for candidates, judgements in found:
            for numbers, scores, grades in zip(candidates.documents, candidates.scores, judgements, strict=True):
                dense, sparse = scores[:2].astype(np.float64)
                lists = list_places(dense, sparse, *depths)
                heads, ranked = (3, lists.nearest) if mode == "all" else (2, lists.merged)
                place_of = {int(number): place for place, number in enumerate(numbers[ranked])}
                best = _best_dcg(grades)
                self._scores.append(scores[:heads, ranked])
                self._relevant.append(
                    [
                        (place_of[number], grade / best)
                        for number, grade in grades.items()
                        if grade > 0 and number in place_of
                    ]
                )

    def __len__(self) -> int:
        """Return the number of questions."""
        return len(self._scores)

    def ndcg(self, weights: np.ndarray) -> np.ndarray:
        """Return nDCG@10 [K, Q] under K weights [K, heads]; equal scores rank by rising document number."""
        found = np.zeros((len(weights), len(self)))
        columns = list(weights.T[:, :, None])  # [heads] of [K, 1]
        for question, (scores, relevant) in enumerate(zip(self._scores, self._relevant, strict=True)):
            if not relevant:
                continue
            fused = fuse(columns, *scores.astype(np.float64))  # [K, n]
            for place, share in relevant:
                own = fused[:, place, None]  # [K, 1]
                rank = (fused > own).sum(axis=1) + (fused[:, :place] == own).sum(axis=1)  # [K], from 0
                found[:, question] += np.where(rank < _DEPTH, share / np.log2(rank + 2), 0.0)
        return found


def _best_dcg(grades: Mapping[int, int]) -> float:
    """Return the DCG of the best ranking, with linear gains as trec_eval has them."""
    gains = sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:_DEPTH]
    return float(sum(gain / np.log2(rank + 2) for rank, gain in enumerate(gains)))


class WeightSearch:
    """The best weights of one mode for chosen questions; what was measured once is kept."""

    def __init__(self, trials: Trials, langs: Sequence[str], over: Literal["long", "short"] = "long") -> None:
        """Take the questions and the language [Q] of each: what is best is so in the mean over the languages.

        `over` says which of the paper's weights are to be beaten: those for what is measured.
        """
        self.trials, self.over = trials, over
        self.langs = np.array(langs)
        papers = {name: paper_weights(trials.mode, fusion) for name, fusion in PAPER.items()}
        self.paper, self.papers = papers[over], list(papers.values())
        self._kept: dict[Hundredths, np.ndarray] = {}

    def ndcg(self, weights: Sequence[Hundredths]) -> np.ndarray:
        """Return nDCG@10 [K, Q] of each question under each of the weights."""
        new = [each for each in dict.fromkeys(weights) if each not in self._kept]
        if new:
            self._kept.update(zip(new, self.trials.ndcg(np.array(new) / 100), strict=True))
        return np.stack([self._kept[each] for each in weights])

    def choose(self, among: np.ndarray | None = None) -> Hundredths:
        """Return the weights with the greatest mean over the languages of nDCG@10, for the questions `among` [Q] bool.

        Of equals those nearest to the paper's win.
        """
        chosen = np.ones(len(self.trials), dtype=bool) if among is None else among
        coarse = self._best(grid(len(self.paper)), chosen)
        return self._best([*around(coarse), *self.papers], chosen)

    def _best(self, weights: list[Hundredths], chosen: np.ndarray) -> Hundredths:
        figures = mean_over(self.ndcg(weights)[:, chosen], self.langs[chosen])  # [K]
        best = figures.max()
        equals = [each for each, figure in zip(weights, figures, strict=True) if figure >= best - _SAME]
        return min(equals, key=lambda each: (_distance(each, self.paper), each))

    def cross_fit(self, folds: np.ndarray) -> tuple[np.ndarray, list[Hundredths]]:
        """Return nDCG@10 [Q] of each question under weights chosen on the other folds, and the weights of each fold.

        `folds` [Q] are numbers from 0.
        """
        judged = np.empty(len(self.trials))
        weights: list[Hundredths] = []
        for fold in range(int(folds.max()) + 1):
            held_out = folds == fold
            weights.append(self.choose(~held_out))
            judged[held_out] = self.ndcg([weights[-1]])[0, held_out]
        return judged, weights


def mean_over(values: np.ndarray, langs: np.ndarray) -> np.ndarray:
    """Return the mean over the languages of the mean of `values` [..., Q] over each language's questions."""
    return np.mean([values[..., langs == lang].mean(axis=-1) for lang in np.unique(langs)], axis=0)


def paper_weights(mode: FusedMode, fusion: Fusion) -> Hundredths:
    """Return the weights of a mode in a fusion, scaled and rounded so that they add up to 1."""
    weights = weights_of(mode, fusion)
    *first, _ = (round(100 * weight / sum(weights)) for weight in weights)
    return (*first, 100 - sum(first))


def weights_of(mode: FusedMode, fusion: Fusion) -> tuple[float, ...]:
    """Return the weights of a mode in a fusion."""
    return fusion.all if mode == "all" else fusion.dense_sparse


def grid(heads: int) -> list[Hundredths]:
    """Return all weights in steps of 0.05 that add up to 1."""
    steps = range(0, 101, _COARSE)
    return [(*first, 100 - sum(first)) for first in itertools.product(steps, repeat=heads - 1) if sum(first) <= 100]


def around(weights: Hundredths) -> list[Hundredths]:
    """Return the weights in steps of 0.01 within less than 0.05 of `weights`, head by head, that add up to 1."""
    steps = range(-_COARSE + 1, _COARSE)
    found = []
    for moves in itertools.product(steps, repeat=len(weights) - 1):
        moved = [weight + move for weight, move in zip(weights, (*moves, -sum(moves)), strict=True)]
        if min(moved) >= 0 and abs(sum(moves)) < _COARSE:
            found.append(tuple(moved))
    return found


def _distance(left: Hundredths, right: Hundredths) -> int:
    return sum((one - other) ** 2 for one, other in zip(left, right, strict=True))


def deal_folds(families: Sequence[frozenset[str]], langs: Sequence[str], folds: int, seed: int) -> np.ndarray:
    """Return the fold [Q] of each question; questions whose families share anything are in one fold.

    Each fold gets about as many questions of each language. There are fewer folds where there are fewer families.
    """
    groups = join_families(families)
    members = [np.flatnonzero(groups == group) for group in np.random.default_rng(seed).permutation(groups.max() + 1)]
    counts = {lang: np.zeros(min(folds, len(members)), dtype=int) for lang in langs}
    total = np.zeros(min(folds, len(members)), dtype=int)
    dealt = np.empty(len(families), dtype=int)
    for rows in sorted(members, key=lambda rows: -len(rows)):
        own = counts[langs[int(rows[0])]]
        fold = int(np.lexsort((total, own))[0])  # the fold with the fewest of this language, then of all
        dealt[rows] = fold
        total[fold] += len(rows)
        for row in rows.tolist():
            counts[langs[row]][fold] += 1
    return dealt
