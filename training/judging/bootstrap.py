"""How sure a figure is: the bootstrap by document, of means and of differences between systems on the same questions.

    resampled = resample_means(values, groups, documents, seed=0)     # values: a column a system
    resampled.interval(resampled.means[:, 0, 2])                      # 95 % interval of system 2 in the first group
    compare_columns(resampled, 0, 2)                                  # system 2 minus system 0, by group and over all

Questions about one document are alike (a model that reads it well answers them all), so what is drawn with replacement
is documents, and every question of a document comes along as often as it was drawn. A figure is the mean over a
group's questions (a language's, usually); over all it is the mean over the groups, as in the tables.

Groups that share no document are drawn apart, each among its own documents, so that every resample holds as much of
each language as the data set does; groups that share documents (a corpus that several languages search) are drawn
together, and a document that was drawn counts in all of them. Of n documents n - 1 are drawn: the variance of a mean of
n draws is (n - 1) / n of what it should be, which over many small languages would make every interval too narrow
(McCarthy and Snowden, "The bootstrap and finite population sampling", 1985).

Intervals of few documents are still too narrow: of two documents without any difference 46 in 100 intervals leave out
0, of 10 there are 10, of 30 there are 8, where 5 are meant. So nothing is called sure of fewer than `FEW_DOCUMENTS`.
In the mean over the groups a group of few documents weighs as much as others and varies more: of one of 2 beside one
of 100 documents 40 in 100 intervals leave out 0. So the mean counts as one of so many documents as have the degrees of
freedom of its variance, by Welch and Satterthwaite's formula for documents that vary alike everywhere: 2 for 2 and 100.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000
FEW_DOCUMENTS = 30  # of fewer nothing is sure
_FEWEST_FOR_P = 10  # of fewer even a rough p would mislead
LEVEL = 0.95
_NOTHING = 1e-12  # sums of the same numbers in another order differ by less: that much is no difference
_BLOCK_DRAWS = 1_000_000  # draws that stand in memory at once


@dataclass(frozen=True)
class Difference:
    """One system minus another on the same questions; the interval is None where all are about one document."""

    value: float
    low: float | None
    high: float | None
    p: float | None  # two-sided: how often resampling turns the sign, twice the smaller side; None: few documents
    documents: int  # that the questions are about; of a mean over groups as many as it is as good as

    @property
    def few(self) -> bool:
        """Whether these are too few documents to be sure of anything."""
        return self.documents < FEW_DOCUMENTS

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out 0, and is that of enough documents."""
        if self.few or self.low is None or self.high is None:
            return False
        return self.low > _NOTHING or self.high < -_NOTHING


@dataclass(frozen=True)
class Resampled:
    """The figures of S systems in G groups, as they are and in B resamples."""

    names: list[str]  # [G] the groups, sorted
    documents: np.ndarray  # [G] documents that each group's questions are about
    all_documents: int  # that all questions are about
    mean_documents: int  # as many documents in one group would say as much as the mean over the groups
    figures: np.ndarray  # [G, S] means over each group's questions
    means: np.ndarray  # [B, G, S] the same of each resample; NaN where a group has no question in it

    def interval(self, samples: np.ndarray, group: int | None = None) -> tuple[float, float] | None:
        """Return the 95 % interval of `samples` [B] of a group (None: of the mean over all), or None.

        None means that it cannot be known: one document says nothing about how documents differ.
        """
        documents = self.documents.max() if group is None else self.documents[group]
        if documents < 2:
            return None
        tail = 50 * (1 - LEVEL)
        low, high = np.nanpercentile(samples, [tail, 100 - tail])
        return float(low), float(high)

    def over_groups(self, column: int) -> tuple[float, np.ndarray]:
        """Return the mean over the groups of a system, and that of each resample [B]."""
        return float(self.figures[:, column].mean()), np.nanmean(self.means[:, :, column], axis=1)


def resample_means(
    values: np.ndarray, groups: np.ndarray, documents: np.ndarray, seed: int = 0, resamples: int = RESAMPLES
) -> Resampled:
    """Return the means of `values` [questions, systems] by group, in `resamples` draws of the documents.

    `groups` [questions] and `documents` [questions] name each question's group and document. All systems are measured
    on the same draws. The same data and seed give the same numbers. Raises `ValueError` when there is no question.
    """
    if not len(values):
        raise ValueError("there is no question to resample")
    names, group_of = np.unique(groups, return_inverse=True)
    _, document_of = np.unique(documents, return_inverse=True)
    sums, counts = _sum_by_document(values, group_of, document_of, len(names))
    means = np.empty((resamples, len(names), values.shape[1]))
    together: list[tuple[int, int]] = []  # groups that are drawn together, and the documents of them
    generator = np.random.default_rng(seed)
    for members in _connected(counts > 0):
        rows = np.flatnonzero((counts[:, members] > 0).any(axis=1))
        together.append((len(members), len(rows)))
        # [documents, groups * (systems + 1)]: what a document adds to each group's sums, and to its questions
        added = np.concatenate([sums[rows][:, members], counts[rows][:, members, None]], axis=2)
        flat = added.reshape(len(rows), -1)
        for block, drawn in _draw(generator, len(rows), resamples):
            totals = (drawn @ flat).reshape(len(drawn), len(members), -1)  # [block, groups, systems + 1]
            with np.errstate(invalid="ignore"):  # a group without a question in a resample is 0 / 0
                means[block[:, None], members] = totals[..., :-1] / totals[..., -1:]
    return Resampled(
        names=[str(name) for name in names],
        documents=(counts > 0).sum(axis=0),
        all_documents=len(counts),
        mean_documents=_documents_of_mean(together),
        figures=sums.sum(axis=0) / counts.sum(axis=0)[:, None],
        means=means,
    )


def _documents_of_mean(together: list[tuple[int, int]]) -> int:
    """Return the degrees of freedom of the variance of the mean over groups, plus 1: n documents have n - 1."""
    if any(documents == 1 for _, documents in together):
        return 1
    variances = [groups**2 / documents for groups, documents in together]
    spread = sum(one**2 / (documents - 1) for one, (_, documents) in zip(variances, together, strict=True))
    return round(1 + sum(variances) ** 2 / spread)


def _sum_by_document(
    values: np.ndarray, group_of: np.ndarray, document_of: np.ndarray, groups: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums [documents, groups, systems] of the values, and how many questions stand in them [.., groups]."""
    documents = int(document_of.max()) + 1
    sums = np.zeros((documents, groups, values.shape[1]))
    counts = np.zeros((documents, groups))
    np.add.at(sums, (document_of, group_of), values)
    np.add.at(counts, (document_of, group_of), 1)
    return sums, counts


def _connected(present: np.ndarray) -> list[np.ndarray]:
    """Return the groups that share documents, directly or over others; `present` is [documents, groups]."""
    shared = present.T.astype(float) @ present > 0  # [groups, groups]
    left = set(range(len(shared)))
    found = []
    while left:
        members, border = set(), {min(left)}
        while border:
            members |= border
            border = {int(other) for one in border for other in np.flatnonzero(shared[one])} - members
        left -= members
        found.append(np.array(sorted(members)))
    return found


def _draw(generator: np.random.Generator, documents: int, resamples: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield numbers of resamples [block] and how often each document was drawn in them [block, documents]."""
    draws = max(documents - 1, 1)
    size = max(1, _BLOCK_DRAWS // documents)
    for start in range(0, resamples, size):
        block = np.arange(start, min(start + size, resamples))
        picked = generator.integers(0, documents, (len(block), draws), dtype=np.int32)
        picked += (np.arange(len(block), dtype=np.int32) * documents)[:, None]
        drawn = np.bincount(picked.ravel(), minlength=len(block) * documents)
        yield block, drawn.reshape(len(block), documents).astype(np.float64)


def compare_columns(resampled: Resampled, before: int, after: int) -> dict[str, Difference]:
    """Return system `after` minus system `before` by group, and under "all" that of the means over the groups."""
    old, old_samples = resampled.over_groups(before)
    new, new_samples = resampled.over_groups(after)
    found = {"all": _difference(resampled, new - old, new_samples - old_samples, None)}
    for place, name in enumerate(resampled.names):
        value = float(resampled.figures[place, after] - resampled.figures[place, before])
        samples = resampled.means[:, place, after] - resampled.means[:, place, before]
        found[name] = _difference(resampled, value, samples, place)
    return found


def _difference(resampled: Resampled, value: float, samples: np.ndarray, group: int | None) -> Difference:
    interval = resampled.interval(samples, group)
    documents = resampled.mean_documents if group is None else int(resampled.documents[group])
    low, high = interval or (None, None)
    p = None
    if interval and documents >= _FEWEST_FOR_P:
        known = samples[~np.isnan(samples)]
        side = min((known <= _NOTHING).sum(), (known >= -_NOTHING).sum())
        p = min(1.0, 2 * float(side + 1) / (len(known) + 1))
    return Difference(value, low, high, p, documents)
