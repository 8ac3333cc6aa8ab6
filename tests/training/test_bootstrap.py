"""The bootstrap by document: against a plain loop at the same draws, and on data whose answer is known."""

import numpy as np
import pytest

from training.judging import bootstrap
from training.judging.bootstrap import compare_columns, resample_means


def plain_means(values, groups, documents, drawn):
    """The figures of one resample, written out: each document's questions come along as often as it was drawn."""
    means = []
    for group in sorted(set(groups)):
        rows = [
            row
            for document in drawn
            for row in range(len(values))
            if (documents[row], groups[row]) == (document, group)
        ]
        means.append(np.mean([values[row] for row in rows], axis=0) if rows else [np.nan] * values.shape[1])
    return np.array(means)


def test_it_equals_a_plain_loop_at_the_same_draws(monkeypatch):
    """Two languages that share documents: one is drawn with the other. The draws are noted on their way."""
    generator = np.random.default_rng(3)
    documents = generator.choice(list("abcdef"), 30)
    groups = np.where(generator.random(30) < 0.4, "ko", "de")
    values = generator.random((30, 2))
    noted = []
    draw = bootstrap._draw

    def note(*arguments):
        for block, drawn in draw(*arguments):
            noted.extend(drawn.astype(int).tolist())
            yield block, drawn

    monkeypatch.setattr(bootstrap, "_draw", note)
    found = resample_means(values, groups, documents, seed=1, resamples=50)
    names = sorted(set(documents))
    assert len(noted) == 50
    for times, means in zip(noted, found.means, strict=True):
        assert sum(times) == len(names) - 1
        drawn = [name for name, count in zip(names, times, strict=True) for _ in range(count)]
        np.testing.assert_allclose(means, plain_means(values, groups, documents, drawn), atol=1e-12)
    assert found.names == ["de", "ko"]
    np.testing.assert_allclose(found.figures, plain_means(values, groups, documents, names), atol=1e-12)


def test_blocks_of_draws_are_all_filled(monkeypatch):
    values, documents = np.arange(8.0)[:, None], np.arange(8)
    monkeypatch.setattr(bootstrap, "_BLOCK_DRAWS", 24)  # three resamples at a time
    found = resample_means(values, np.array(["x"] * 8), documents, resamples=100)
    assert found.means.shape == (100, 1, 1)
    assert found.means.min() >= 0 and found.means.max() <= 7
    assert len(np.unique(found.means)) > 20


def test_identical_systems_do_not_differ():
    values = np.random.default_rng(0).random((40, 1)).repeat(2, axis=1)
    found = compare_columns(resample_means(values, np.array(["a", "b"] * 20), np.arange(40), resamples=200), 0, 1)
    assert {(one.value, one.low, one.high, one.p, one.sure) for one in found.values()} == {(0, 0, 0, 1, False)}


def test_a_shift_of_every_question_is_sure_and_exact():
    values = np.random.default_rng(0).random((40, 1)) + np.array([[0.0, 0.1]])
    one = compare_columns(resample_means(values, np.array(["a"] * 40), np.arange(40), resamples=999), 0, 1)["all"]
    assert (one.value, one.low, one.high) == pytest.approx((0.1, 0.1, 0.1))
    assert one.sure
    assert one.p == pytest.approx(2 / 1000)  # no resample turned the sign


@pytest.mark.parametrize(("documents", "p", "sure"), [(2, False, False), (9, False, False), (10, True, False)])
def test_few_documents_have_an_interval_and_nothing_is_sure(documents, p, sure):
    values = np.random.default_rng(0).random((documents, 1)) + np.array([[0.0, 0.1]])
    group = np.array(["a"] * documents)
    one = compare_columns(resample_means(values, group, np.arange(documents), resamples=200), 0, 1)["all"]
    assert (one.low, one.high) == pytest.approx((0.1, 0.1))
    assert (one.p is not None, one.sure, one.documents) == (p, sure, documents)


def test_documents_of_all_languages_count_once_for_the_mean():
    """Of 40 documents, 20 are in both languages."""
    documents = np.concatenate([np.arange(30), np.arange(10, 40)])
    values = np.zeros((60, 1)) + np.array([[0.0, 0.1]])
    found = compare_columns(resample_means(values, np.array(["a", "b"]).repeat(30), documents, resamples=50), 0, 1)
    assert {name: one.documents for name, one in found.items()} == {"all": 40, "a": 30, "b": 30}


@pytest.mark.parametrize(
    ("sizes", "as_many"),
    [
        ((30,), 30),
        ((11, 11, 11), 31),  # three times 10 degrees of freedom
        ((2, 28), 2),  # (1/2 + 1/28)^2 / (1/2^2 / 1 + 1/28^2 / 27) = 1.1, and one
        ((20, 40), 39),  # (1/20 + 1/40)^2 / (1/20^2 / 19 + 1/40^2 / 39) = 38.1, and one
        ((1, 100), 1),
    ],
)
def test_the_mean_over_languages_is_no_better_than_the_fewest_documents_let_it_be(sizes, as_many):
    groups = np.arange(len(sizes)).repeat(sizes)
    values = np.zeros((sum(sizes), 2))
    found = resample_means(values, groups, np.arange(len(groups)), resamples=9)
    assert (found.mean_documents, found.all_documents) == (as_many, sum(sizes))
    assert compare_columns(found, 0, 1)["all"].documents == as_many


def test_what_is_rounding_is_neither_sure_nor_improbable():
    values = np.full((40, 2), 0.3)
    values[:, 1] += 1e-15
    one = compare_columns(resample_means(values, np.array(["a"] * 40), np.arange(40), resamples=50), 0, 1)["all"]
    assert one.low > 0
    assert (one.sure, one.p) == (False, 1.0)


def test_questions_about_one_document_are_not_independent():
    """Ten documents of 50 questions that share one value: as good as ten questions, and not as 500."""
    values = np.repeat(np.random.default_rng(2).normal(size=10), 50)[:, None]
    group = np.array(["a"] * 500)
    clustered = resample_means(values, group, np.arange(10).repeat(50), resamples=2000)
    independent = resample_means(values, group, np.arange(500), resamples=2000)
    widths = [np.subtract(*reversed(one.interval(one.means[:, 0, 0], 0))) for one in (clustered, independent)]
    assert widths[0] > 5 * widths[1]  # the square root of 50 is 7


def test_the_spread_is_that_of_the_mean_also_with_few_documents():
    """The variance of a mean of n is s^2 / n with s^2 over n - 1; drawing n of n would give (n - 1) / n of it."""
    values = np.array([0.0, 0.0, 1.0, 1.0])
    found = resample_means(values[:, None], np.array(["a"] * 4), np.arange(4), resamples=20_000)
    assert found.means[:, 0, 0].var() == pytest.approx(values.var(ddof=1) / 4, rel=0.03)


def test_languages_apart_are_drawn_apart_and_weigh_alike():
    """One language is constant: half of the other's spread is left in the mean of both, whatever their sizes."""
    groups = np.array(["big"] * 90 + ["small"] * 10)
    values = np.concatenate([np.ones(90), np.arange(10.0)])[:, None]
    found = resample_means(values, groups, np.arange(100), resamples=500)
    assert (found.means[:, 0, 0] == 1).all()
    value, samples = found.over_groups(0)
    assert value == pytest.approx((1 + 4.5) / 2)
    np.testing.assert_allclose(samples, (1 + found.means[:, 1, 0]) / 2)


def test_a_language_that_a_resample_leaves_out_is_left_out_of_its_mean():
    """Document a has a question in both languages, b in one: where a is not drawn, ko has no figure."""
    found = resample_means(
        np.array([[1.0], [0.0], [0.5]]), np.array(["ko", "de", "de"]), np.array(["a", "a", "b"]), resamples=60
    )
    without = np.isnan(found.means[:, 1, 0])
    assert 0 < without.sum() < 60
    np.testing.assert_allclose(found.over_groups(0)[1][without], 0.5)
    np.testing.assert_allclose(found.over_groups(0)[1][~without], 0.5)  # (0 + 1) / 2


def test_one_document_gives_no_interval_and_no_question_is_an_error():
    found = resample_means(np.array([[0.2, 0.7], [0.4, 0.9]]), np.array(["a", "a"]), np.array(["d", "d"]))
    one = compare_columns(found, 0, 1)["all"]
    assert (one.value, one.low, one.high, one.p, one.sure) == (pytest.approx(0.5), None, None, None, False)
    with pytest.raises(ValueError, match="no question"):
        resample_means(np.zeros((0, 2)), np.array([]), np.array([]))


def test_the_same_seed_gives_the_same_numbers():
    values, groups, documents = np.random.default_rng(1).random((20, 2)), np.array(["a"] * 20), np.arange(20)
    first, again, other = (resample_means(values, groups, documents, seed, 50).means for seed in (4, 4, 5))
    assert (first == again).all()
    assert (first != other).any()
