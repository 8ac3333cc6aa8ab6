"""Columns: distinct windows of documents, targets, exclusions, a teacher's scores; what is read of long documents."""

import numpy as np
import pytest
from planning_toy import CLS, EOS, planning_config, planning_data, question

from training.batching.columns import arrange_columns
from training.batching.documents import DocumentWindow
from training.batching.examples import Example
from training.batching.plan import Batch

ROOM = 8  # inner tokens of a window of max_length 10


def arrange(data, batch, window="head", **settings):
    return arrange_columns(batch, data, planning_config(window=window, max_length=10, **settings))


def batch_of(data, epoch=0):
    """All questions, each with its first positive and all hard negatives."""
    examples = data.examples
    return Batch(
        500,
        epoch,
        tuple(range(len(examples))),
        tuple(e.positives[0] for e in examples),
        tuple(e.negatives for e in examples),
    )


def test_columns_are_distinct_and_kin_is_masked():
    # Documents 0 and 1 are translations of each other, 3 is a second right answer of question a.
    examples = [
        Example("a", "en", (0, 2), (0, 3), (2,)),
        Example("b", "en", (0, 2), (1,), (2,)),
        Example("c", "en", (0, 2), (3,), (1,)),
    ]
    data = planning_data(examples, [6, 9, 7, 8], [["group:g"], ["group:g"], ["cluster:c"], []])
    columns = arrange(data, batch_of(data))
    assert [window.row for window in columns.windows] == [1, 3, 2, 0]
    assert [window.length for window in columns.windows] == [9, 8, 7, 6]
    assert columns.column == (0, 1, 2, 3)
    assert columns.targets == (3, 0, 1)
    assert columns.excluded.tolist() == [
        [True, True, False, False],
        [False, False, False, True],
        [False, False, False, False],
    ]
    assert columns.teacher is None


def test_a_window_is_read_between_cls_and_eos():
    documents = planning_data([], [12]).documents  # inner tokens 10 to 19
    assert documents.window_ids(DocumentWindow(0, 3, 6)).tolist() == [CLS, 13, 14, 15, EOS]
    assert documents.window_ids(DocumentWindow(0, 0, 10)).tolist() == [CLS, *range(10, 20), EOS]
    assert planning_data([], [2]).documents.window_ids(DocumentWindow(0, 0, 0)).tolist() == [CLS, EOS]


def test_head_reads_the_first_tokens():
    data = planning_data([question(0, 0, 1, evidence=(30, 33))], [40, 5])
    assert arrange(data, batch_of(data)).windows == (DocumentWindow(0, 0, ROOM), DocumentWindow(1, 0, 3))


def test_evidence_stands_whole_at_any_place_of_its_window():
    # Inner tokens 19 to 21 are the evidence: the window of 8 begins at 14 to 19, whatever the epoch.
    data = planning_data([question(0, 0, evidence=(20, 23)), question(1, 1)], [40, 5])
    starts = [arrange(data, batch_of(data, epoch), "evidence").windows[0].start for epoch in range(200)]
    assert set(starts) == set(range(14, 20))
    assert max(map(starts.count, set(starts))) < 2 * 200 / 6
    assert starts == [arrange(data, batch_of(data, epoch), "evidence").windows[0].start for epoch in range(200)]
    assert starts != [arrange(data, batch_of(data, epoch), "evidence", seed=6).windows[0].start for epoch in range(200)]


@pytest.mark.parametrize(
    ("evidence", "allowed"),
    [
        ((1, 3), {0}),  # at the very beginning
        ((37, 39), {30}),  # at the very end: 38 inner tokens, the last window begins at 30
        ((11, 23), set(range(10, 15))),  # 12 tokens: longer than the window, which lies inside
        (None, {0}),  # not recorded: from the beginning
    ],
)
def test_evidence_at_the_edges_too_long_or_unknown(evidence, allowed):
    data = planning_data([question(0, 0, evidence=evidence), question(1, 1)], [40, 5])
    starts = {arrange(data, batch_of(data, epoch), "evidence").windows[0].start for epoch in range(100)}
    assert starts == allowed


def test_evidence_belongs_to_the_first_positive_alone():
    data = planning_data([Example("a", "en", (0, 2), (1, 0), (), (20, 23)), question(1, 2)], [40, 5, 5])
    columns = arrange(data, Batch(500, 0, (0, 1), (0, 2), ((), ())), "evidence")
    assert columns.windows[0] == DocumentWindow(0, 0, ROOM)


def test_a_hard_negative_is_read_anywhere_and_once():
    data = planning_data([question(0, 0, 2), question(1, 1, 2)], [5, 5, 20])
    starts = set()
    for epoch in range(200):
        columns = arrange(data, batch_of(data, epoch), "evidence")
        assert [window.row for window in columns.windows] == [2, 0, 1]
        starts.add(columns.windows[0].start)
    assert starts == set(range(11))  # 18 inner tokens, 8 of them read


def test_two_windows_of_a_document_are_two_columns_and_no_negatives_of_each_other():
    examples = [question(0, 0, evidence=(1, 4)), question(1, 0, evidence=(36, 39)), question(2, 1, 0)]
    data = planning_data(examples, [40, 5])
    columns = arrange(data, batch_of(data), "evidence")
    assert columns.windows == (DocumentWindow(0, 0, ROOM), DocumentWindow(0, 30, 38), DocumentWindow(1, 0, 3))
    assert columns.targets == (0, 1, 2)
    # The third question has document 0 as a hard negative: both windows are that, none is read besides.
    assert columns.excluded.tolist() == [[False, True, False], [True, False, False], [False, False, False]]


def test_all_reads_every_token_and_the_last_window_is_full():
    data = planning_data([question(0, 0), question(1, 1, 2)], [21, 10, 5])
    columns = arrange(data, batch_of(data), "all")
    assert columns.windows == (
        DocumentWindow(0, 0, 8),
        DocumentWindow(0, 8, 16),
        DocumentWindow(0, 11, 19),
        DocumentWindow(1, 0, 8),
        DocumentWindow(2, 0, 3),
    )
    assert columns.column == (0, 0, 0, 1, 2)
    assert columns.targets == (0, 1)
    assert columns.excluded.shape == (2, 3)


def test_teacher_scores_stand_where_they_were_given():
    examples = [
        Example("a", "en", (0, 2), (0, 1), (2, 3), None, (5.0, 4.0), (1.0, float("nan"))),
        question(1, 3),
    ]
    data = planning_data(examples, [9, 8, 7, 6])
    batch = Batch(500, 0, (0, 1), (0, 3), ((2, 3), (1,)))
    columns = arrange(data, batch, teacher_weight=1.0)
    assert [window.row for window in columns.windows] == [0, 1, 2, 3]
    assert columns.teacher.dtype == np.float32
    # Document 1 is another positive of question a: excluded, whatever the teacher said.
    np.testing.assert_array_equal(columns.teacher, [[5.0, np.nan, 1.0, np.nan], [np.nan] * 4])
    assert arrange(data, batch).teacher is None
    untaught = planning_data([question(0, 0), question(1, 3)], [9, 8, 7, 6])
    assert arrange(untaught, batch_of(untaught), teacher_weight=1.0).teacher is None
