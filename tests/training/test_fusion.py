"""Each mode's ranking against plain loops."""

import numpy as np
import pytest

from training.searching.candidates import candidates_of
from training.searching.fusion import PAPER_LONG, fusion_of, rank_modes


def plain_rankings(scores: np.ndarray, weights, merge: int, rerank: int) -> dict[str, list[list[int]]]:
    """Each mode by sorting (-score, number) pairs of the documents that it considers."""
    fusions = ((0.2, 0.8), (0.15, 0.5, 0.35)) if weights is None else (weights[:2], weights)
    expected: dict[str, list[list[int]]] = {}
    for dense, sparse, late in scores.astype(np.float64).transpose(1, 0, 2):
        everything = range(len(dense))
        by_dense = sorted(everything, key=lambda i: (-dense[i], i))[:merge]
        by_sparse = sorted((i for i in everything if sparse[i] > 0), key=lambda i: (-sparse[i], i))[:merge]
        two = {i: fusions[0][0] * dense[i] + fusions[0][1] * sparse[i] for i in {*by_dense, *by_sparse}}
        three = {
            i: fusions[1][0] * dense[i] + fusions[1][1] * sparse[i] + fusions[1][2] * late[i] for i in by_dense[:rerank]
        }
        rows = {
            "dense": by_dense,
            "sparse": by_sparse,
            "multi_vector": sorted(by_dense[:rerank], key=lambda i: (-late[i], i)),
            "dense_sparse": sorted(two, key=lambda i: (-two[i], i)),
            "all": sorted(three, key=lambda i: (-three[i], i)),
        }
        for mode, row in rows.items():
            expected.setdefault(mode, []).append(row)
    return expected


@pytest.mark.parametrize("weights", [None, (1.0, 0.3, 1.0), (0.0, 0.0, 1.0)])
@pytest.mark.parametrize(("merge", "rerank"), [(1000, 200), (7, 4)])
def test_rankings_equal_plain_loops(weights, merge, rerank):
    generator = np.random.default_rng(3)
    scores = (generator.integers(-3, 4, size=(3, 8, 40)) / 4).astype(np.float32)  # few values: many ties
    scores[1] = scores[1].clip(min=0)
    found = rank_modes(candidates_of(scores), fusion_of(weights) if weights else PAPER_LONG, merge, rerank)
    expected = plain_rankings(scores, weights, merge, rerank)
    assert {mode: [row.tolist() for row in rows.documents] for mode, rows in found.items()} == expected


def test_rankings_by_hand():
    scores = np.array([[[0.9, 0.1, 0.5]], [[0.0, 2.0, 0.0]], [[0.3, 0.3, 0.8]]])
    rankings = {
        mode: rows.documents[0].tolist() for mode, rows in rank_modes(candidates_of(scores), PAPER_LONG).items()
    }
    assert rankings == {
        "dense": [0, 2, 1],
        "sparse": [1],  # only one document shares a weighted token with the question
        "multi_vector": [2, 0, 1],  # equal scores: the smaller number first
        "dense_sparse": [1, 0, 2],  # 0.18, 1.62, 0.10
        "all": [1, 2, 0],  # 0.24, 1.12, 0.355
    }
