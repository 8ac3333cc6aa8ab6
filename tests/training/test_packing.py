"""Packed texts: where each begins, MCLS, and slices within a budget of tokens."""

import pytest

from training.packing import insert_cls, pack, room_of, split_by_tokens


def test_pack_knows_where_each_text_begins():
    texts = pack([[0, 7, 2], [0, 2], [0, 9, 8, 2]])
    assert texts.input_ids.tolist() == [0, 7, 2, 0, 2, 0, 9, 8, 2]
    assert texts.lengths == (3, 2, 4)
    assert texts.bounds.tolist() == [0, 3, 5, 9]
    assert texts.owner.tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 2]
    assert texts.places.tolist() == [0, 1, 2, 0, 1, 0, 1, 2, 3]
    assert texts.cls.nonzero().flatten().tolist() == [0, 3, 5]


def test_a_cls_stands_again_after_every_few_tokens():
    assert insert_cls([0, 5, 6, 7, 8, 2], 2, 100) == [0, 5, 6, 0, 7, 8, 0, 2]
    assert insert_cls([0, 5, 6, 7, 8, 2], 2, 6) == [0, 5, 6, 0, 7, 2]
    assert insert_cls([0, 5, 2], 256, 100) == [0, 5, 2]
    texts = pack([[0, 5, 6, 0, 7, 2], [0, 0, 2]], cls_every=2)  # the second text holds the letters of a CLS
    assert texts.cls.nonzero().flatten().tolist() == [0, 3, 6]


def test_the_end_of_a_cut_text_never_stands_in_the_place_of_a_cls():
    ids = [0, 5, 6, 7, 8, 9, 2]
    assert insert_cls(ids, 2, 7) == [0, 5, 6, 0, 7, 2]  # place 6 is that of a CLS
    for every in (1, 2, 3, 5):
        for length in range(4, 30):
            cut = insert_cls([0, *range(10, 50), 2], every, length)
            assert length - 1 <= len(cut) <= length
            assert not pack([cut], every).cls[-1]


@pytest.mark.parametrize("every", [None, 1, 2, 3, 5, 8])
def test_what_fits_with_mcls(every):
    for length in range(4, 30):
        room = room_of(length, every)
        for tokens in (room, room + 1):
            ids = [0, *range(10, 8 + tokens), 2]
            read = insert_cls(ids, every, length) if every else ids[:length]
            assert ([token for token in read if token] == ids[1:]) == (tokens == room)


def test_slices_keep_to_the_budget():
    lengths = [50, 40, 40, 10, 10, 10, 10]
    assert [lengths[part] for part in split_by_tokens(lengths, 80)] == [[50], [40, 40], [10, 10, 10, 10]]
    assert [lengths[part] for part in split_by_tokens(lengths, 90)] == [[50, 40], [40, 10, 10, 10, 10]]
    assert [lengths[part] for part in split_by_tokens(lengths, 90, padded=True)] == [[50], [40, 40], [10, 10, 10, 10]]
    assert [lengths[part] for part in split_by_tokens(lengths, 5)] == [[length] for length in lengths]
