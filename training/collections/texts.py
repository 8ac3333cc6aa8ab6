"""The texts of a corpus on disk: written once, one after the other, and read one at a time by number.

    file = TextFile(work)                 # in the folder `work`, by default where the system keeps temporary files
    file.append("first"), file.append("second")
    texts = file.select([1, 0])           # Sequence[str]: "second", "first"

In memory stand two numbers a text. The file has no name: nobody can find half of one, or one of another corpus, and its
space is free again when the last sequence of its texts goes, or the process, however it ends. It is read with `pread`,
not mapped: what the system keeps of it in its cache is no memory of this process.
"""

import contextlib
import hashlib
import os
import tempfile
import weakref
from array import array
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, overload

import numpy as np
from tqdm import tqdm

from data.errors import RunError
from data.text import clean_text

_BUFFER_BYTES = 1 << 20
_QUIET_SECONDS = 2  # most corpora are read before a bar would be of use


class TextFile:
    """Texts in the order in which they are appended."""

    def __init__(self, work: Path | None = None) -> None:
        """Make an empty file in the folder `work`; raises `RunError` where none can be made."""
        self._place = work or Path(tempfile.gettempdir())
        try:
            if work is not None:
                work.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=work, buffering=_BUFFER_BYTES)  # noqa: SIM115
        except OSError as error:
            raise self._refused(error) from error
        weakref.finalize(self, _close, self._file)
        self._ends = array("q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, text: str) -> None:
        """Write one more text, as UTF-8 can hold it; raises `RunError` when the disk is full."""
        try:
            data = text.encode()
        except UnicodeEncodeError:
            data = clean_text(text).encode()
        try:
            self._file.write(data)
        except OSError as error:
            raise self._refused(error) from error
        self._ends.append(self._ends[-1] + len(data))

    def select(self, numbers: Sequence[int] | np.ndarray) -> "StoredTexts":
        """Return the texts of these numbers, in this order."""
        try:
            self._file.flush()
        except OSError as error:
            raise self._refused(error) from error
        ends = np.array(self._ends, dtype=np.int64)
        chosen = np.asarray(numbers, dtype=np.int64)
        return StoredTexts(self, np.stack([ends[:-1][chosen], ends[1:][chosen]], axis=1))

    def read(self, start: int, end: int) -> str:
        """Return the text between two bytes."""
        return os.pread(self._file.fileno(), end - start, start).decode()

    def _refused(self, error: OSError) -> RunError:
        return RunError(f"the documents' texts cannot be kept in {self._place} ({error.strerror}); make room there")


def _close(file: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # what a full disk did not take has been reported
        file.close()


class StoredTexts(Sequence[str]):
    """Texts of a `TextFile` in an order of one's own: each is read when it is asked for, and not kept."""

    def __init__(self, file: TextFile, spans: np.ndarray) -> None:
        """`spans` [n, 2] int64: where each text begins and ends, in bytes."""
        self._file = file
        self._spans = spans

    def __len__(self) -> int:
        return len(self._spans)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> "StoredTexts": ...

    def __getitem__(self, index: int | slice) -> "str | StoredTexts":
        """Return one text, or the sequence of some."""
        if isinstance(index, slice):
            return StoredTexts(self._file, self._spans[index])
        start, end = self._spans[index].tolist()
        return self._file.read(start, end)

    @cached_property
    def digest(self) -> str:
        """What identifies these texts in this order; they are read for it once."""
        return _digest(self)


def digest_texts(texts: Sequence[str]) -> str:
    """Return 16 hexadecimal digits that identify `texts` in their order; those of a `StoredTexts` are read once."""
    return texts.digest if isinstance(texts, StoredTexts) else _digest(texts)


def _digest(texts: Sequence[str]) -> str:
    """Return the digest of the texts, each after its length in bytes: one text in memory at a time."""
    state = hashlib.blake2b(digest_size=8)
    for text in tqdm(texts, desc="texts identified", unit=" documents", leave=False, delay=_QUIET_SECONDS):
        data = text.encode("utf-8", "surrogatepass")
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()
