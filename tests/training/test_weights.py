"""The search over fusion weights: against the metrics of the report, and on questions whose best weights are known."""

import math

import numpy as np
import pytest

from training.judging.metrics import measure
from training.searching.candidates import Candidates, candidates_of
from training.searching.fusion import PAPER_LONG, PAPER_SHORT, Fusion, rank_modes
from training.searching.weights import (
    FUSED_MODES,
    Trials,
    WeightSearch,
    around,
    deal_folds,
    grid,
    paper_weights,
)

SECOND = 1 / math.log2(3)  # nDCG@10 of one relevant document at rank 2


def trials_of(scores: list, mode: str = "dense_sparse", relevant: int = 1) -> Trials:
    """Questions with scores [heads, documents] each, and one relevant document."""
    found = candidates_of(np.array(scores, dtype=np.float32).transpose(1, 0, 2))
    return Trials(mode, [(found, [{relevant: 1}] * len(scores))])


# Document 1 is relevant. FOR_SPARSE needs w_sparse > w_dense, FOR_DENSE the opposite, HALF w_dense > w_sparse / 2.
FOR_SPARSE = [[1, 0], [0, 1], [0, 0]]
FOR_DENSE = [[0, 1], [1, 0], [0, 0]]
HALF = [[0, 1], [0.5, 0], [0, 0]]


@pytest.mark.parametrize("depths", [(1000, 200), (7, 4)])
@pytest.mark.parametrize("mode", FUSED_MODES)
def test_figures_equal_those_of_the_report(mode, depths):
    """Few different scores make many ties; several graded documents are relevant, some of them not found."""
    generator = np.random.default_rng(4)
    collections = []
    for questions in (5, 8):
        documents, scores, grades = [], [], []
        for _ in range(questions):
            numbers = np.sort(generator.choice(60, 40, replace=False)).astype(np.int32)
            values = (generator.integers(-3, 4, size=(3, 40)) / 4).astype(np.float32)
            values[1] = values[1].clip(min=0)
            documents.append(numbers)
            scores.append(values)
            grades.append({int(number): int(generator.integers(0, 4)) for number in generator.permutation(60)[:14]})
            grades[-1][int(numbers[0])] = 1
        collections.append((Candidates(documents, scores), grades))
    weights = [(0.15, 0.5, 0.35), (1.0, 0.3, 1.0), (0.0, 0.0, 1.0), (0.7, 0.3, 0.0)]
    heads = 3 if mode == "all" else 2
    found = Trials(mode, collections, depths).ndcg(np.array(weights)[:, :heads])
    assert found.shape == (4, 13)
    for row, own in zip(found, weights, strict=True):
        expected = []
        for candidates, grades in collections:
            rankings = rank_modes(candidates, Fusion(own[:2], own), *depths)[mode].documents
            for ranking, judged in zip(rankings, grades, strict=True):
                qrels = {str(number): grade for number, grade in judged.items()}
                expected.append(measure({"q": [str(number) for number in ranking]}, {"q": qrels})["ndcg@10"])
        np.testing.assert_allclose(row, expected, rtol=0, atol=1e-9)


def test_the_best_weights_next_to_the_papers_are_found_to_a_hundredth():
    """Both questions need 1/2 < w_sparse < 2/3; of those the nearest to the paper's 0.8 is 0.66."""
    search = WeightSearch(trials_of([FOR_SPARSE, HALF]), ["en", "en"])
    assert search.choose() == (34, 66)
    assert search.ndcg([(34, 66), (33, 67), (50, 50)]).tolist() == [[1, 1], [1, SECOND], [SECOND, 1]]


@pytest.mark.parametrize("mode", FUSED_MODES)
def test_where_all_weights_do_as_well_the_papers_stay(mode):
    search = WeightSearch(trials_of([[[0, 1], [0, 1], [0, 1]]] * 3, mode), ["en"] * 3)
    assert search.choose() == search.paper == ((15, 50, 35) if mode == "all" else (20, 80))


def test_a_head_that_is_noise_gets_no_weight():
    generator = np.random.default_rng(7)
    signal = np.zeros((60, 2, 12))
    signal[:, :, 1] = 0.5
    noise = 1000 * generator.random((60, 1, 12))
    scores = np.concatenate([signal[:, :1], noise, signal[:, 1:]], axis=1)
    assert WeightSearch(trials_of(scores.tolist()), ["en"] * 60).choose() == (100, 0)
    dense, sparse, vectors = WeightSearch(trials_of(scores.tolist(), "all"), ["en"] * 60).choose()
    assert sparse == 0
    assert dense + vectors == 100


def test_languages_count_alike_whatever_their_number_of_questions():
    langs = ["de"] * 10 + ["en", "fr"]
    assert WeightSearch(trials_of([FOR_SPARSE] * 10 + [FOR_DENSE] * 2), langs).choose() == (51, 49)
    assert WeightSearch(trials_of([FOR_SPARSE] * 10 + [FOR_DENSE] * 2), ["en"] * 12).choose() == (20, 80)


def test_questions_are_judged_by_weights_that_were_chosen_without_them():
    """What each part teaches is wrong for the other: chosen and judged on the same questions it would look right."""
    search = WeightSearch(trials_of([FOR_SPARSE, FOR_DENSE, FOR_SPARSE, FOR_DENSE]), ["en"] * 4)
    judged, weights = search.cross_fit(np.array([0, 1, 0, 1]))
    assert weights == [(51, 49), (20, 80)]
    assert judged.tolist() == [SECOND] * 4


def test_the_weights_that_are_tried():
    assert len(grid(2)) == 21
    assert len(grid(3)) == 231
    for heads, paper in ((2, (20, 80)), (3, (15, 50, 35))):
        assert paper in grid(heads)
        for tried in (grid(heads), around(paper), around((0,) * (heads - 1) + (100,))):
            assert all(sum(each) == 100 and min(each) >= 0 for each in tried)
            assert len(set(tried)) == len(tried)
    assert set(around((20, 80))) == {(20 + move, 80 - move) for move in range(-4, 5)}
    assert paper_weights("all", PAPER_SHORT) == (43, 13, 44)
    assert paper_weights("dense_sparse", PAPER_LONG) == (20, 80)


def test_relatives_are_in_one_part_and_languages_are_spread():
    families = [frozenset(names) for names in ("ab", "c", "bd", "e", "df", "g", "h", "i")]
    langs = ["en", "en", "en", "de", "en", "de", "de", "en"]
    folds = deal_folds(families, langs, 3, seed=1)
    assert len({folds[0], folds[2], folds[4]}) == 1
    assert sorted(folds[[3, 5, 6]].tolist()) == [0, 1, 2]  # each part has a German question
    assert sorted(folds[[0, 1, 7]].tolist()) == [0, 1, 2]  # English: three in a family, and one in each other part
    assert deal_folds(families[:3], langs[:3], 5, seed=1).max() == 1  # two families, two parts
    assert deal_folds([families[0]] * 4, langs[:4], 5, seed=1).tolist() == [0] * 4
