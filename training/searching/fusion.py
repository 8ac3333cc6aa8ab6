"""How the heads' scores are merged, and the ranking of each mode.

    rank_modes(candidates, PAPER_LONG)["all"].documents[question]       # document numbers, best first

The fusions are those of "M3-Embedding" (arXiv 2402.03216), section 4: dense+sparse merges the best 1000 of each,
multi-vector and all three re-rank the dense best 200.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.searching.candidates import MERGE_DEPTH, RERANK_DEPTH, Candidates, best_first


@dataclass(frozen=True)
class Fusion:
    """Weights of the heads' scores in the two modes that merge them."""

    dense_sparse: tuple[float, float]
    all: tuple[float, float, float]  # dense, sparse, multi-vector


PAPER_LONG = Fusion((0.2, 0.8), (0.15, 0.5, 0.35))  # the paper's for MLDR
PAPER_SHORT = Fusion((1.0, 0.3), (1.0, 0.3, 1.0))  # the paper's for MIRACL and MKQA


@dataclass(frozen=True)
class Rankings:
    """One mode's answer to each of Q questions, best first."""

    documents: list[np.ndarray]  # [n] document numbers
    scores: list[np.ndarray]  # [n] float64, falling


def fusion_of(weights: tuple[float, float, float]) -> Fusion:
    """Return the fusion in which both modes have the same `weights` of dense, sparse and multi-vector."""
    return Fusion(weights[:2], weights)


def rank_modes(
    candidates: Candidates, fusion: Fusion, merge_depth: int = MERGE_DEPTH, rerank_depth: int | None = RERANK_DEPTH
) -> dict[str, Rankings]:
    """Return the rankings of dense, sparse, multi_vector, dense_sparse and all; equal scores by rising number.

    A document that shares no weighted token with the question (sparse score 0) is not found by the sparse mode, as in
    an inverted index. In a merged document's score both parts are exact, whichever list it comes from. Multi-vector and
    all re-rank the best `rerank_depth` by dense; None: every candidate, where each has a multi-vector score.
    """
    rankings: dict[str, Rankings] = {
        mode: Rankings([], []) for mode in ("dense", "sparse", "multi_vector", "dense_sparse", "all")
    }

    def add(mode: str, numbers: np.ndarray, scores: np.ndarray, order: np.ndarray) -> None:
        rankings[mode].documents.append(numbers[order])
        rankings[mode].scores.append(scores[order])

    for numbers, scores in zip(candidates.documents, candidates.scores, strict=True):
        dense, sparse, vectors = scores.astype(np.float64)  # each [n]
        lists = list_places(dense, sparse, merge_depth, rerank_depth)
        two = fuse(fusion.dense_sparse, dense, sparse)  # [n]
        three = fuse(fusion.all, dense, sparse, vectors)  # [n]
        add("dense", numbers, dense, lists.dense)
        add("sparse", numbers, sparse, lists.sparse)
        add("multi_vector", numbers, vectors, best_first(vectors, lists.nearest))
        add("dense_sparse", numbers, two, best_first(two, lists.merged))
        add("all", numbers, three, best_first(three, lists.nearest))
    return rankings


@dataclass(frozen=True)
class Lists:
    """Which of a question's candidates each mode ranks, as places among them."""

    dense: np.ndarray  # best first
    sparse: np.ndarray  # best first
    merged: np.ndarray  # those of dense+sparse, rising
    nearest: np.ndarray  # those of multi-vector and all three, rising


def list_places(
    dense: np.ndarray, sparse: np.ndarray, merge_depth: int = MERGE_DEPTH, rerank_depth: int | None = RERANK_DEPTH
) -> Lists:
    """Return the lists of one question by its candidates' dense and sparse scores, each [n] float64."""
    by_dense = best_first(dense)[:merge_depth]
    by_sparse = best_first(sparse, np.flatnonzero(sparse > 0))[:merge_depth]
    nearest = np.sort(by_dense[:rerank_depth]) if rerank_depth else np.arange(len(dense))
    return Lists(by_dense, by_sparse, np.union1d(by_dense, by_sparse), nearest)


def fuse(weights: Sequence[float | np.ndarray], *scores: np.ndarray) -> np.ndarray:
    """Return the heads' scores, each [n], added up with `weights`; added from the left, so that ties stay ties."""
    total = weights[0] * scores[0]
    for weight, head in zip(weights[1:], scores[1:], strict=True):
        total = total + weight * head
    return total
