"""Batches: everything once an epoch, one bucket each, deterministic, relatives apart."""

import random
from dataclasses import replace

import pytest
from planning_toy import planning_config, planning_data, question

from data.errors import InputError
from training.batching.buckets import PAPER_BUCKETS
from training.batching.examples import Example
from training.batching.plan import describe_plan, plan_epoch, plan_training
from training.batching.relatives import count_relatives, deal, question_families


def plan(data, epoch=0, **settings):
    return plan_epoch(data, planning_config(**settings), question_families(data.examples, data.documents.kin), epoch)


def ring(lengths):
    """One question for each document, whose hard negative is the next document."""
    return planning_data([question(i, i, (i + 1) % len(lengths)) for i in range(len(lengths))], lengths)


def indices(batches):
    return sorted(index for batch in batches for index in batch.examples)


def test_every_question_once_in_one_bucket():
    chance = random.Random(0)
    lengths = [chance.randint(100, 8192) for _ in range(400)]
    batches = plan(planning_data([question(i, i) for i in range(400)], lengths))
    assert indices(batches) == list(range(400))
    next_sizes = [*(bucket.questions for bucket in PAPER_BUCKETS[1:]), 2]
    allowed = {
        bucket.tokens: range(least, bucket.questions + 1)
        for bucket, least in zip(PAPER_BUCKETS, next_sizes, strict=True)
    }
    assert all(len(batch.examples) in allowed[batch.bucket] for batch in batches)
    assert all(lengths[row] <= batch.bucket for batch in batches for row in batch.positives)


def test_the_longest_document_decides_also_among_hard_negatives():
    data = planning_data([question(0, 0, 2), question(1, 1, 2)], [100, 100, 1500])
    assert [batch.bucket for batch in plan(data)] == [2000]


def test_deterministic_in_seed_and_epoch():
    data = ring([100 + 20 * i for i in range(150)])
    assert plan(data) == plan(data)
    assert plan(data) != plan(data, epoch=1)
    assert plan(data) != plan(data, seed=6)


def test_a_lone_leftover_joins_another_batch():
    assert sorted(len(batch.examples) for batch in plan(ring([100] * 9), batch_size=4)) == [4, 5]


def test_max_steps_cuts_or_repeats():
    data = ring([100] * 8)
    assert len(plan_training(data, planning_config(batch_size=4))) == 2
    batches = plan_training(data, planning_config(batch_size=4, max_steps=5))
    assert [batch.epoch for batch in batches] == [0, 0, 1, 1, 2]


def test_one_positive_and_so_many_negatives_are_chosen():
    data = planning_data([Example(f"q{i}", "en", (0, 2), (0, 1), (2, 3, 4)) for i in range(40)], [100] * 5)
    batches = plan(data, batch_size=40)
    assert {row for batch in batches for row in batch.positives} == {0, 1}
    chosen = [rows for batch in batches for rows in batch.negatives]
    assert all(len(set(rows)) == 2 and set(rows) <= {2, 3, 4} for rows in chosen)
    assert len({frozenset(rows) for rows in chosen}) == 3
    assert all(rows == () for batch in plan(data, stage="pretrain") for rows in batch.negatives)


@pytest.mark.parametrize("same_language", [True, False])
def test_batches_of_one_language_or_mixed(same_language):
    examples = [question(i, i, lang="en" if i < 30 else "ko") for i in range(40)] + [question(40, 40, lang="th")]
    data = planning_data(examples, [100 + 40 * (i % 20) for i in range(41)])
    batches = plan(data, batch_size=8, same_language=same_language)
    assert indices(batches) == list(range(41))
    mixed = sum(len({examples[index].lang for index in batch.examples}) > 1 for batch in batches)
    if same_language:
        assert mixed == 1  # the Thai question has none of its language
    else:
        assert mixed > 1
        assert sorted(len(batch.examples) for batch in batches) == [8, 8, 8, 8, 9]


def test_short_rests_are_merged_and_reported():
    # Five questions of the bucket up to 100 tokens make two batches; the fifth joins three of the next bucket.
    data = planning_data([question(i, i) for i in range(8)], [90] * 5 + [180] * 3)
    batches = plan(data, buckets=("100:2", "200:4"))
    described = describe_plan(batches, data.documents.lengths)
    assert described == [
        {
            "up_to_tokens": 100,
            "batches": 2,
            "smallest_batch": 2,
            "usual_batch": 2,
            "largest_batch": 2,
            "questions": 4,
            "merged_questions": 0,
            "batches_with_relatives": 0,
            "questions_with_relatives": 0,
            "document_tokens": 360,
        },
        {
            "up_to_tokens": 200,
            "batches": 1,
            "smallest_batch": 4,
            "usual_batch": 4,
            "largest_batch": 4,
            "questions": 4,
            "merged_questions": 1,
            "batches_with_relatives": 0,
            "questions_with_relatives": 0,
            "document_tokens": 90 + 3 * 180,
        },
    ]


def test_a_rest_as_large_as_the_next_buckets_batches_is_one():
    data = planning_data([question(i, i) for i in range(18)], [90] * 14 + [180] * 4)
    batches = plan(data, buckets=("100:8", "200:4"))
    assert sorted((batch.bucket, len(batch.examples)) for batch in batches) == [(100, 6), (100, 8), (200, 4)]
    assert sum(batch.merged for batch in batches) == 0


def test_relatives_stand_in_different_batches():
    # Four questions for each of 40 documents, the documents of a pair in one cluster: 20 families of 8 questions.
    data = planning_data(
        [question(i, i % 40) for i in range(160)], [100] * 40, [[f"cluster:{i // 2}"] for i in range(40)]
    )
    for epoch in range(5):
        batches = plan(data, epoch, batch_size=16)
        assert indices(batches) == list(range(160))
        for batch in batches:
            assert len({row // 2 for row in batch.positives}) == 16
            assert batch.relatives == 0


def test_relatives_meet_only_where_nothing_else_is_left():
    # Ten questions on document 0 and six on others, in batches of four: some batch has two of the ten.
    data = planning_data([question(i, max(0, i - 9)) for i in range(16)], [100] * 7)
    batches = plan(data, batch_size=4)
    assert indices(batches) == list(range(16))
    assert [len(batch.examples) for batch in batches] == [4, 4, 4, 4]
    assert all(batch.relatives == batch.positives.count(0) for batch in batches)
    assert all(set(range(1, 7)) & set(batch.positives) for batch in batches)  # none is of document 0 alone
    assert describe_plan(batches, data.documents.lengths)[0]["questions_with_relatives"] == 10


def test_a_family_of_as_many_questions_as_groups_is_spread():
    families = [frozenset({"a"})] * 3 + [frozenset({name}) for name in range(5)]
    groups = deal(range(8), [3, 3, 2], families, passes_rest=False)
    assert [len(group) for group in groups] == [3, 3, 2]
    assert sorted(index for group in groups for index in group) == list(range(8))
    assert all(count_relatives(group, families) == 0 for group in groups)
    assert count_relatives([0, 1, 3], families) == 2


def test_relatives_rather_meet_among_what_is_passed_on():
    families = [frozenset({"a"})] * 3 + [frozenset({name}) for name in range(3)]
    batch, rest = deal(range(6), [4, 2], families, passes_rest=True)
    assert count_relatives(batch, families) == 0
    assert len(batch) == 4
    assert set(rest) < {0, 1, 2}
    batch, rest = deal(range(6), [4, 2], families, passes_rest=False)
    assert count_relatives(batch, families) == 2
    assert count_relatives(rest, families) == 0


def test_a_family_is_shared_through_any_document_cluster_or_group():
    kin = [["group:g"], ["group:g", "cluster:c"], ["cluster:c"], []]
    families = question_families([question(i, i) for i in range(4)], kin)
    assert count_relatives([0, 1], families) == count_relatives([1, 2], families) == 2
    assert count_relatives([0, 2, 3], families) == 0
    several = question_families([Example("a", "en", (), (0, 3), ()), question(1, 3)], kin)
    assert count_relatives([0, 1], several) == 2


def test_two_questions_make_a_batch():
    batches = plan(planning_data([question(0, 0), question(1, 1)], [100, 7000]))
    assert [(batch.bucket, len(batch.examples)) for batch in batches] == [(7000, 2)]


def test_a_single_question_needs_a_hard_negative():
    with pytest.raises(InputError, match="q0 is the only training question and has no hard negatives"):
        plan(planning_data([question(0, 0)], [100]))
    data = planning_data([question(0, 0, 1)], [100, 100])
    assert [batch.negatives for batch in plan(data)] == [((1,),)]
    with pytest.raises(InputError, match="only training question"):
        plan(data, stage="pretrain")


def test_a_question_is_alone_only_beside_hard_negatives():
    assert [len(batch.examples) for batch in plan(ring([100] * 4), batch_size=1)] == [1, 1, 1, 1]
    data = ring([100] * 4)
    lacking = replace(data, examples=[*data.examples[:3], question(3, 3)])
    assert [len(batch.examples) for batch in plan(lacking, batch_size=1)] == [2, 2]


def test_documents_beyond_the_last_bucket_make_smaller_batches():
    # Eight questions of 8,192 tokens are as much as four of 16,384, or two of 30,000.
    data = planning_data([question(i, i) for i in range(17)], [8192] * 8 + [16000] * 5 + [30000] * 4)
    batches = sorted((batch.bucket, len(batch.examples), batch.merged) for batch in plan(data))
    assert batches == [(8192, 8, 0), (16384, 4, 0), (30000, 2, 0), (30000, 3, 1)]
