import random

import numpy as np
import pytest

from data.atlas import make_document
from data.shingles import _letter_codes, common, contains, jaccard, shingle_hashes, shingles
from data.text import letters


def test_shingles_count_distinct_n_grams():
    assert len(shingles("abcdefg")) == 3  # abcde bcdef cdefg
    assert len(shingles("aaaaaaaaaa")) == 1
    assert len(shingles("東京都に行く")) == 4  # Han and kana: threes
    assert len(shingles("ab")) == 1
    assert len(shingles(" .!")) == 0
    assert list(shingles("abcdefg")) == sorted(set(shingles("abcdefg")))


def test_shingles_do_not_see_spaces_case_or_punctuation():
    np.testing.assert_array_equal(shingles("The Town of Kalu."), shingles("the town -- of KALU"))


def test_shingles_are_the_same_sets_as_python_n_grams():
    left, right = (letters(make_document("ru", number, 0, 400).text) for number in (1, 2))
    grams = [{text[at : at + 5] for at in range(len(text) - 4)} for text in (left, right)]
    assert len(shingles(left)) == len(grams[0])
    assert jaccard(shingles(left), shingles(right)) == len(grams[0] & grams[1]) / len(grams[0] | grams[1])


@pytest.mark.parametrize(
    "text",
    [
        "Straße ŉ ΐ İ",
        "ﬁne Ⓐ ①٣ ㎏",
        "पढ़ो किताबें",
        "น้ำ",
        "パーティー １２",
        "한국어 jamo ᄒ",
        "a\ud800b",
        "x\u0301\u0345",
    ],
)
def test_shingles_are_made_of_the_letters(text):
    np.testing.assert_array_equal(shingles(text), shingles(letters(text)))
    assert len(shingle_hashes(text, (1, 1, 1))) == len(letters(text))


def test_letters_from_the_table_are_those_of_normalising_the_whole():
    chance = random.Random(7)
    ranges = [(0x20, 0x250), (0x300, 0x370), (0x370, 0x600), (0x600, 0x700), (0x900, 0xE80), (0x1100, 0x1200)]
    ranges += [(0x1E00, 0x2200), (0x2460, 0x2500), (0x3000, 0x3400), (0xAC00, 0xAC40), (0xFB00, 0x10000)]
    for _ in range(5000):
        text = "".join(chr(chance.randrange(*chance.choice(ranges))) for _ in range(chance.randint(1, 5)))
        assert "".join(chr(code & 0xFFFFFF) for code in _letter_codes(text).tolist()) == letters(text), ascii(text)


def test_the_shingles_of_a_part_are_the_same_whatever_stands_around_it():
    part, around = set(shingles("東京都に行く")), "Something in Latin letters that is longer by far. "
    assert part < set(shingles(f"{around}東京都に行く{around}"))
    assert len(shingles("東京 Kalu 都", (2, 3, 4))) == 4  # 東京, 京k, kalu, and alu都; 都 alone is too short
    assert len(shingles("한국어 ok", (2, 2, 3))) == 3  # 한국, 국어, 어o


def test_contains_and_common_of_hand_made_sets():
    assert list(contains(np.array([1, 3, 5]), np.array([0, 1, 5, 6]))) == [False, True, True, False]
    assert not contains(np.array([]), np.array([1, 2])).any()
    assert common(np.array([1, 3, 5]), np.array([3, 4, 5, 6])) == 2


def test_jaccard_of_hand_made_sets():
    assert jaccard(np.array([1, 2, 3]), np.array([2, 3, 4])) == 0.5
    assert jaccard(np.array([1]), np.array([2])) == 0.0
    assert jaccard(np.array([]), np.array([])) == 1.0
    assert jaccard(np.array([]), np.array([1])) == 0.0
