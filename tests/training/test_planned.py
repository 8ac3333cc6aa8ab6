"""Shares of a batch: every text on some rank, none twice but to fill up, tokens spread evenly."""

import pytest

from training.batching.planned import in_rank_order, share_out


def test_tokens_are_spread_evenly_longest_first():
    shares = share_out([10, 80, 30, 40, 20], 2)
    assert shares == [[1, 0], [3, 2, 4]]
    assert in_rank_order(shares, 5) == [1, 0, 3, 2, 4]


@pytest.mark.parametrize("ranks", [1, 2, 3, 5])
def test_ranks_that_would_have_nothing_repeat_a_text(ranks):
    shares = share_out([7, 9], ranks)
    assert all(shares)
    assert sorted(in_rank_order(shares, 2)) == [0, 1]
    assert [text for share in shares for text in share][2:] == [0] * max(0, ranks - 2)
