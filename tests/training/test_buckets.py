"""Buckets: the paper's, the user's, by batch size or by tokens; what cannot be read is refused."""

import pytest
from planning_toy import planning_config

from data.errors import InputError
from training.batching.buckets import PAPER_BUCKETS, Bucket, choose_buckets


def choose(negatives=7, longest=100, **settings):
    return choose_buckets(planning_config(**settings), negatives, longest)


def test_the_papers_by_default():
    assert choose(longest=8192) == PAPER_BUCKETS


def test_the_users_own():
    assert choose(buckets=("1024:64", "8192:8")) == (Bucket(1024, 64), Bucket(8192, 8))


def test_one_size_for_all():
    assert choose(buckets=("1024", "8192"), batch_size=5) == (Bucket(1024, 5), Bucket(8192, 5))
    assert {bucket.questions for bucket in choose(batch_size=5, longest=20_000)} == {5}


def test_as_many_questions_as_fit_a_token_budget():
    # 80,000 tokens hold 10 questions with seven negatives of 1,000 tokens each, and not one of 20,000 tokens.
    buckets = choose(buckets=("1000", "4000", "20000"), batch_tokens=80_000)
    assert [bucket.questions for bucket in buckets] == [10, 2, 1]
    assert [bucket.questions for bucket in choose(negatives=0, buckets=("1000",), batch_tokens=80_000)] == [80]


def test_above_the_last_bound_batches_keep_to_its_tokens():
    buckets = choose(buckets=("1000:9",), longest=7000)
    assert buckets == (Bucket(1000, 9), Bucket(2000, 4), Bucket(4000, 2), Bucket(7000, 1))
    assert choose(buckets=("1000:2",), longest=5000)[-1] == Bucket(5000, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"buckets": ("1k:8",)}, "1k:8 is not TOKENS:QUESTIONS"),
        ({"buckets": ("1024:8:2",)}, "1024:8:2 is not"),
        ({"buckets": ("1024:0",)}, "1024:0 is not"),
        ({"buckets": ("0:8",)}, "0:8 is not"),
        ({"buckets": ("-5:8",)}, "-5:8 is not"),
        ({"buckets": ("1024:8", "1024:4")}, "1024:4 stands after 1024"),
        ({"buckets": ("4096:8", "1024:4")}, "1024:4 stands after 4096"),
        ({"buckets": ("1024:8", "4096")}, "4096 does not say how many"),
        ({"buckets": ("1024:8",), "batch_size": 4}, "leave out --batch-size, or give --buckets 1024"),
        ({"buckets": ("1024:8",), "batch_tokens": 4}, "leave out --batch-tokens, or give --buckets 1024"),
        ({"batch_size": 4, "batch_tokens": 4}, "give one of them"),
        ({"batch_tokens": 0}, "--batch-tokens is 0"),
    ],
)
def test_what_cannot_be_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        choose(**settings)
