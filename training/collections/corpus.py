"""A corpus while it is read, and what of it one collection searches: ids stay in memory, texts go to disk."""

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from data.errors import InputError, printable
from training.collections.texts import TextFile

_QUIET_SECONDS = 2  # most corpora are read before a bar would be of use


@dataclass(frozen=True)
class Documents:
    """The documents that a collection searches, sorted by id; collections that search the same share one of these."""

    docids: list[str]
    texts: Sequence[str]
    known: Collection[str]  # the same ids, to look one up


class Corpus:
    """Documents in the order in which they are read."""

    def __init__(self, work: Path | None, title: str = "") -> None:
        """Keep the texts in the folder `work`; None: where the system keeps temporary files.

        `title` says on the progress bar of a large corpus what is read.
        """
        self.lang_of: dict[str, str | None] = {}  # document id -> its own language, where the corpus says
        self._first_place: str | None = None
        self._has_text = False
        self._texts = TextFile(work)
        self._bar = tqdm(desc=printable(f"{title} read".strip()), unit=" documents", leave=False, delay=_QUIET_SECONDS)

    def __len__(self) -> int:
        return len(self.lang_of)

    def __contains__(self, docid: str) -> bool:
        return docid in self.lang_of

    def add(self, place: str, docid: str, text: str, lang: str | None = None) -> None:
        """Take one more document; raises `InputError` when its id was there before."""
        if docid in self.lang_of:
            raise InputError(f"{place}: the id {docid!r} stands twice in this corpus")
        self.lang_of[docid] = sys.intern(lang) if lang else None
        self._texts.append(text)
        self._first_place = self._first_place or place
        self._has_text = self._has_text or bool(text.strip())
        self._bar.update()

    def select(self, chosen: Collection[str] | None = None) -> Documents:
        """Return the documents whose ids are `chosen`; None: all. Raises `InputError` when all texts are empty."""
        self._bar.close()
        if self.lang_of and not self._has_text:
            raise InputError(
                f"{self._first_place}: from here on the texts of all {len(self)} documents are empty, so that nothing"
                " can be searched; write what they say into their text"
            )
        ids = np.array([*self.lang_of], dtype=object)
        numbers = np.arange(len(ids)) if chosen is None else np.flatnonzero([docid in chosen for docid in ids])
        numbers = numbers[np.argsort(ids[numbers])]
        known = self.lang_of if chosen is None else chosen
        return Documents(ids[numbers].tolist(), self._texts.select(numbers), known)
