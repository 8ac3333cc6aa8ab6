"""What two documents have in common beyond what any two have, and the passage in another document."""

import random
from string import ascii_lowercase

import numpy as np
import pytest
from training_toy import WORDS

from training.mining.choose import typical_overlap
from training.mining.false_negatives import SAMPLE, ShingleStore, short_shingles


def store_of(folder, texts):
    ShingleStore.build(texts, folder / "shingles")
    return ShingleStore.open(folder / "shingles")


def invented(chance: random.Random, words: int) -> str:
    return " ".join("".join(chance.choices(ascii_lowercase, k=8)) for _ in range(words))


def test_shares_by_hand(tmp_path):
    # Five-letter shingles: abcde, bcdef | abcde, bcdef, cdefg | zzzzz: weights cannot differ where counts do not.
    store = store_of(tmp_path, ["abcdef", "abcdefg", "vwxyz", ""])
    both, once = np.log(5 / 2), np.log(5 / 1)
    first = store.sample(0)
    assert store.overlap(first, 1) == pytest.approx(1.0)  # all of document 0 stands in document 1
    assert store.overlap(first, 2) == 0.0
    assert store.overlap(first, 3) == 0.0
    passage = store.sketch(short_shingles("cdefg vwxyz"))  # cdefg defgv efgvw fgvwx gvwxy vwxyz
    assert store.share_of_passage(passage, 2) == pytest.approx(1 / 6)
    mixed = store.sketch(short_shingles("abcdefg"))
    assert store.share_of_passage(mixed, 0) == pytest.approx(2 * both / (2 * both + once))
    assert store.share_of_passage(store.sketch(short_shingles("")), 0) == 0.0


def test_long_documents_are_compared_by_a_sample_that_tells_the_truth(tmp_path):
    chance = random.Random(3)
    left, right = invented(chance, 6000), invented(chance, 6000)
    half = " ".join(left.split()[:3000]) + " " + right
    store = store_of(tmp_path, [left, right, half])
    sketch = store.sample(0)
    assert 0.8 * SAMPLE < len(sketch.hashes) < 1.2 * SAMPLE
    assert len(store.of(0)) > 5 * SAMPLE
    # Half of the shingles, which two of three documents have; the other half is in one alone and counts more.
    twice, once = np.log(4 / 2), np.log(4 / 1)
    assert store.overlap(sketch, 2) == pytest.approx(twice / (twice + once), abs=0.03)
    assert store.overlap(sketch, 1) < 0.02


def test_common_words_make_no_copy(tmp_path):
    """Documents of the same few words share nearly all shingles; one that copies another also shares the rare ones."""
    chance = random.Random(4)
    common = [" ".join(chance.choice(WORDS[:12]) for _ in range(60)) for _ in range(30)]
    texts = [f"{text} {invented(chance, 25)}" for text in common]
    copy = texts[0].split()
    for place in chance.sample(range(len(copy)), len(copy) // 5):
        copy[place] = chance.choice(WORDS)
    store = store_of(tmp_path, [*texts, " ".join(copy)])
    bound = typical_overlap(store)
    assert store.overlap(store.sample(0), 30) >= bound
    assert max(store.overlap(store.sample(0), number) for number in range(1, 30)) < bound


def test_a_corpus_without_letters_has_nothing_in_common(tmp_path):
    store = store_of(tmp_path, ["...", "!"])
    assert store.overlap(store.sample(0), 1) == 0.0
