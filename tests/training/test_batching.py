"""Batches: everything once an epoch, one bucket each, deterministic; false negatives are masked."""

import random

from training.batching import PAPER_BUCKETS, Batch, Example, arrange_columns, plan_epoch, plan_training

SETTINGS = {"negatives": 2, "batch_size": None, "seed": 5}


def examples_of(lengths: list[int]) -> list[Example]:
    return [Example(f"q{i}", "en", (0, 7, 2), (i,), ((i + 1) % len(lengths),)) for i in range(len(lengths))]


def test_every_question_once_in_one_bucket():
    chance = random.Random(0)
    lengths = [chance.randint(100, 9000) for _ in range(400)]
    examples = [Example(f"q{i}", "en", (0, 2), (i,), ()) for i in range(400)]
    plan = plan_epoch(examples, lengths, epoch=0, **SETTINGS)
    assert sorted(index for batch in plan for index in batch.examples) == list(range(400))
    sizes = dict(PAPER_BUCKETS)
    assert sum(len(batch.examples) != sizes[batch.bucket] for batch in plan) <= 1
    for batch in plan:
        longest = max(lengths[row] for row in batch.positives)
        assert longest <= batch.bucket or batch.bucket == 8192


def test_deterministic_in_seed_and_epoch():
    lengths = [100 + 20 * i for i in range(150)]
    examples = examples_of(lengths)
    first = plan_epoch(examples, lengths, epoch=0, **SETTINGS)
    assert first == plan_epoch(examples, lengths, epoch=0, **SETTINGS)
    assert first != plan_epoch(examples, lengths, epoch=1, **SETTINGS)
    assert first != plan_epoch(examples, lengths, epoch=0, **{**SETTINGS, "seed": 6})


def test_a_lone_leftover_joins_another_batch():
    plan = plan_epoch(examples_of([100] * 9), [100] * 9, epoch=0, **{**SETTINGS, "batch_size": 4})
    assert sorted(len(batch.examples) for batch in plan) == [4, 5]


def test_max_steps_cuts_or_repeats():
    lengths = [100] * 8
    settings = {**SETTINGS, "batch_size": 4, "epochs": 1}
    assert len(plan_training(examples_of(lengths), lengths, max_steps=None, **settings)) == 2
    plan = plan_training(examples_of(lengths), lengths, max_steps=5, **settings)
    assert [batch.epoch for batch in plan] == [0, 0, 1, 1, 2]


def test_columns_are_distinct_and_kin_is_masked():
    # Documents 0 and 1 are translations of each other, 3 is a second right answer of question 0.
    examples = [
        Example("a", "en", (0, 2), (0, 3), (2,)),
        Example("b", "en", (0, 2), (1,), (2,)),
        Example("c", "en", (0, 2), (3,), (1,)),
    ]
    kin = [frozenset({"group:g"}), frozenset({"group:g"}), frozenset({"cluster:c"}), frozenset()]
    columns = arrange_columns(Batch(500, 0, (0, 1, 2), (0, 1, 3), ((2,), (2,), (1,))), examples, [10, 40, 20, 30], kin)
    assert [window.row for window in columns.windows] == [1, 3, 2, 0]
    assert columns.targets == (3, 0, 1)
    assert columns.excluded.tolist() == [
        [True, True, False, False],
        [False, False, False, True],
        [False, False, False, False],
    ]


def test_a_batch_speaks_one_language():
    examples = [Example(f"q{i}", "en" if i < 30 else "ko", (0, 2), (i,), ()) for i in range(40)]
    examples.append(Example("alone", "th", (0, 2), (40,), ()))
    plan = plan_epoch(examples, [100 + 40 * (i % 20) for i in range(41)], epoch=0, **{**SETTINGS, "batch_size": 8})
    assert sorted(index for batch in plan for index in batch.examples) == list(range(41))
    assert sum(len({examples[index].lang for index in batch.examples}) > 1 for batch in plan) == 1
