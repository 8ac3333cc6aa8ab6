"""The default bound on a negative's score: where the histogram puts it, and what it does not depend on."""

import math

import numpy as np
import pytest

from training.mining.margins import Bound, draw_histograms, find_bound, histogram, render_histogram, warn_of


def hill(middle: float, width: float, size: int) -> np.ndarray:
    """Evenly spaced quantiles of a triangle on middle +- width: a hill without noise."""
    shares = (np.arange(size) + 0.5) / size
    return middle + width * np.where(shares < 0.5, np.sqrt(2 * shares) - 1, 1 - np.sqrt(2 * (1 - shares)))


def test_between_two_hills_the_bound_is_in_the_valley():
    ratios = np.concatenate([hill(0.5, 0.2, 2000), hill(0.97, 0.04, 100)])
    bound = find_bound(ratios, None, None)
    assert bound.origin == "valley"
    assert 0.7 <= bound.ratio <= 0.93
    assert bound.share_above == pytest.approx(100 / 2100)


def test_one_hill_ends_at_tukeys_fence():
    ratios = hill(0.5, 0.2, 2000)
    bound = find_bound(ratios, None, None)
    low, high = np.quantile(ratios, [0.25, 0.75])
    assert (bound.origin, bound.ratio) == ("fence", pytest.approx(high + 1.5 * (high - low)))


def test_a_bound_is_never_nearer_to_the_positive_than_a_twentieth_of_the_way():
    bound = find_bound(hill(0.9, 0.2, 2000), None, None)  # the fence would be beyond 1
    assert (bound.origin, bound.ratio) == ("ceiling", pytest.approx(0.9 + 0.95 * 0.1))


def test_a_miner_that_prefers_other_documents_to_the_positive_is_bound_by_it():
    assert find_bound(hill(1.5, 0.2, 2000), None, None).ratio == 1.0


@pytest.mark.parametrize("ratios", [hill(0.5, 0.2, 2000), np.concatenate([hill(0.4, 0.2, 2000), hill(0.97, 0.03, 90)])])
def test_squeezed_towards_1_like_cosines_the_same_documents_are_excluded(ratios):
    squeezed = 1 - (1 - ratios) / 10
    plain, near = find_bound(ratios, None, None), find_bound(squeezed, None, None)
    assert near.origin == plain.origin
    assert near.share_above == plain.share_above
    assert near.ratio == pytest.approx(1 - (1 - plain.ratio) / 10, abs=1e-6)


def test_what_is_given_counts_and_nothing_is_read():
    ratios = hill(0.5, 0.2, 300)
    assert find_bound(ratios, 0.7, None).limit(2.0) == pytest.approx(1.4)
    assert find_bound(ratios, None, 0.5).limit(2.0) == 1.5
    assert find_bound(ratios, 0.7, 0.5).limit(2.0) == pytest.approx(1.4)
    assert find_bound(ratios, 0.9, 0.5).limit(2.0) == 1.5
    assert find_bound(ratios, math.inf, None).limit(2.0) == math.inf


def test_beside_a_positive_below_0_the_limit_lies_below_it():
    assert Bound(0.9, -math.inf, "given", np.empty(0)).limit(-0.2) == pytest.approx(-0.22)


def test_without_any_score_only_the_positive_bounds():
    bound = find_bound(np.empty(0), None, None)
    assert (bound.ratio, bound.origin) == (1.0, "none")
    assert render_histogram("dense", bound) == ["dense: nothing to read a bound from"]


def test_the_histogram_counts_everything_once_and_shows_the_bound(tmp_path):
    ratios = hill(0.5, 0.2, 2000)
    counts, _ = histogram(ratios)
    assert counts.sum() == 2000
    bound = find_bound(ratios, None, None)
    lines = render_histogram("bm25", bound)
    assert sum(int(line.split("<-")[0].split()[-1].replace(",", "")) for line in lines[1:]) == 2000
    assert sum("bound: at most" in line for line in lines) == 1
    draw_histograms({"bm25": bound, "dense": find_bound(np.empty(0), None, None)}, tmp_path / "mine.png")
    assert (tmp_path / "mine.png").read_bytes().startswith(b"\x89PNG")


def test_a_miner_that_puts_most_above_the_positive_is_warned_of():
    assert warn_of("dense", find_bound(np.array([0.5, 0.9, 1.2]), None, None)) == []
    (line,) = warn_of("dense", find_bound(np.array([0.5, 1.1, 1.2]), None, None))
    assert "dense puts most of these above the positive" in line
    assert warn_of("dense", find_bound(np.array([]), None, None)) == []
