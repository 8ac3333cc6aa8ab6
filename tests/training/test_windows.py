from training.windows import window_around, windows


def test_a_short_text_is_one_window():
    assert windows(10, 10, 0.5) == [(0, 10)]
    assert windows(0, 10, 0.5) == [(0, 0)]


def test_windows_overlap_by_their_share_and_the_last_is_full():
    assert windows(25, 10, 0.2) == [(0, 10), (8, 18), (15, 25)]
    assert windows(20, 10, 0.0) == [(0, 10), (10, 20)]
    assert windows(21, 10, 0.0) == [(0, 10), (10, 20), (11, 21)]


def test_a_passage_stands_in_the_middle_of_its_window():
    assert window_around(40, 50, length=100, room=30) == (30, 60)
    assert window_around(0, 5, length=100, room=30) == (0, 30)
    assert window_around(98, 100, length=100, room=30) == (70, 100)
    assert window_around(20, 70, length=100, room=30) == (20, 50)  # longer than a window: its beginning
    assert window_around(0, 5, length=8, room=30) == (0, 8)
