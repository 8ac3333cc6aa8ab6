"""What every layout is written from: the chosen languages, how many negatives a row gets, and the account of it all."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from curation.command_config import ExportConfig
from data.dataset import CuratedDataset
from data.errors import InputError

_FULL_ROWS = 0.9  # of the pairs that have negatives, at least so many keep a row with negatives
_FIXED = ("sentence-transformers", "colbert")  # layouts whose rows all have equally many negatives
PAIR_COLUMNS = ("query_id", "query", "positive_ids", "negative_ids", "pos_scores", "neg_scores")


@dataclass
class Account:
    """What an export wrote and what it left out; it stands beside the files."""

    format: str
    languages: tuple[str, ...]
    dataset: str | None  # digest of what the data set was made from
    rows: dict[str, int] = field(default_factory=dict)  # file -> rows
    left_out: dict[str, int] = field(default_factory=dict)  # in words -> pairs
    negatives: int | None = None  # in each row, where that is fixed

    def leave_out(self, reason: str, count: int) -> None:
        """Count what the layout has no place for; nothing is said of nothing."""
        if count:
            self.left_out[reason] = self.left_out.get(reason, 0) + count


@dataclass(frozen=True)
class Source:
    """A data set as the layouts see it."""

    dataset: CuratedDataset
    languages: tuple[str, ...]
    negatives: int  # in each row of a layout that fixes their number
    mined: int  # training pairs that have hard negatives
    scored: bool  # every one of those carries a teacher's scores
    scored_pairs: int

    def pairs(self, lang: str, split: str) -> Iterator[dict[str, Any]]:
        """Yield the pairs of one language and split, `PAIR_COLUMNS` of them."""
        return self.dataset.pair_rows(lang, split, PAIR_COLUMNS)

    def account_for_scores(self, account: Account) -> None:
        """Say how many pairs lose their scores because others have none: trainers take scores for all rows or none."""
        if not self.scored:
            account.leave_out("pairs lose their teacher scores: other pairs have none", self.scored_pairs)


def open_source(dataset: CuratedDataset, config: ExportConfig) -> Source:
    """Return the data set with what the training pairs of the chosen languages have in common.

    Raises `InputError` for a language or a number of negatives that the data set does not have.
    """
    if config.negatives is not None and config.format not in _FIXED:
        raise InputError(f"--negatives is for {' and '.join(_FIXED)}: {config.format} takes what each pair has")
    missing = sorted(set(config.languages) - set(dataset.languages))
    if missing:
        raise InputError(f"the data set has no {', '.join(missing)}; it has: {' '.join(dataset.languages)}")
    languages = tuple(lang for lang in dataset.languages if not config.languages or lang in config.languages)
    counts: Counter[int] = Counter()
    scored = 0
    for lang in languages:
        for pair in dataset.pair_rows(lang, "train", PAIR_COLUMNS):
            counts[len(pair["negative_ids"] or [])] += 1
            scored += bool(pair["negative_ids"]) and is_scored(pair)
    mined = counts.total() - counts[0]
    negatives = _negatives_of_a_row(counts, config)
    return Source(dataset, languages, negatives, mined, 0 < mined == scored, scored)


def is_scored(pair: dict[str, Any]) -> bool:
    """Return whether a teacher scored every positive and every negative of a pair."""
    lengths = [len(pair[name] or []) for name in ("positive_ids", "negative_ids", "pos_scores", "neg_scores")]
    return lengths[0] > 0 and lengths[:2] == lengths[2:]


def _negatives_of_a_row(counts: Counter[int], config: ExportConfig) -> int:
    """Return the greatest number of negatives that nine in ten of the pairs with any have, or the number asked for."""
    having = sorted((number for number in counts.elements() if number), reverse=True)
    if config.negatives is None:
        return having[math.ceil(len(having) * _FULL_ROWS) - 1] if having else 0
    least, most = int(config.format == "colbert"), having[0] if having else 0  # a triple has a negative
    if not least <= config.negatives <= most:
        raise InputError(f"--negatives {config.negatives}: the training pairs have at most {most}; least here {least}")
    return config.negatives
