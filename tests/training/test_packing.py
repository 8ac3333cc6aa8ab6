"""Packed texts: where each begins, MCLS, and slices within a budget of tokens."""

from training.packing import insert_cls, pack, split_by_tokens


def test_pack_knows_where_each_text_begins():
    texts = pack([[0, 7, 2], [0, 2], [0, 9, 8, 2]])
    assert texts.input_ids.tolist() == [0, 7, 2, 0, 2, 0, 9, 8, 2]
    assert texts.lengths == (3, 2, 4)
    assert texts.bounds().tolist() == [0, 3, 5, 9]
    assert texts.owner().tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 2]
    assert texts.places().tolist() == [0, 1, 2, 0, 1, 0, 1, 2, 3]
    assert texts.cls().nonzero().flatten().tolist() == [0, 3, 5]


def test_a_cls_stands_again_after_every_few_tokens():
    assert insert_cls([0, 5, 6, 7, 8, 2], 2, 100) == [0, 5, 6, 0, 7, 8, 0, 2]
    assert insert_cls([0, 5, 6, 7, 8, 2], 2, 6) == [0, 5, 6, 0, 7, 2]
    assert insert_cls([0, 5, 2], 256, 100) == [0, 5, 2]
    texts = pack([[0, 5, 6, 0, 7, 2], [0, 0, 2]], cls_every=2)  # the second text holds the letters of a CLS
    assert texts.cls().nonzero().flatten().tolist() == [0, 3, 6]


def test_slices_keep_to_the_budget():
    lengths = [50, 40, 40, 10, 10, 10, 10]
    assert [lengths[part] for part in split_by_tokens(lengths, 80)] == [[50], [40, 40], [10, 10, 10, 10]]
    assert [lengths[part] for part in split_by_tokens(lengths, 90)] == [[50, 40], [40, 10, 10, 10, 10]]
    assert [lengths[part] for part in split_by_tokens(lengths, 90, padded=True)] == [[50], [40, 40], [10, 10, 10, 10]]
    assert [lengths[part] for part in split_by_tokens(lengths, 5)] == [[length] for length in lengths]
