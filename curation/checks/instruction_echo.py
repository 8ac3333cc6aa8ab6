"""An answer that repeats its instruction instead of following it: runs of words that bundled instructions hold."""

from functools import lru_cache

import prompts
from curation.checks.grams import WORD
from data.text import normalise

RUN = 4  # words
MIN_SHARE = 0.4


def repeats_instruction(text: str) -> bool:
    """Return whether a large share of the runs of four words in `text` stands in a bundled instruction."""
    runs = _runs(text)
    return len(runs) > 1 and len(runs & _instructions()) >= MIN_SHARE * len(runs)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = WORD.findall(normalise(text))
    return {tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


@lru_cache
def _instructions() -> frozenset[tuple[str, ...]]:
    return frozenset().union(*(_runs(prompt.text) for prompt in prompts.bundled()))
