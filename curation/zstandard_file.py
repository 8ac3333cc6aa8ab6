"""Reading .zst files whole: all their frames, and an error where one ends too early (which the library passes over)."""

import io
from pathlib import Path
from typing import Any

import zstandard

_BLOCK_BYTES = 1 << 17


class _Frames(io.RawIOBase):
    """The content of a file of Zstandard frames, one after the other."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._frame: Any = None  # None between two frames
        self._unread, self._ready = b"", memoryview(b"")

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as there is content; raises `EOFError` where the file ends inside a frame."""
        while not self._ready:
            block = self._unread or self._file.read(_BLOCK_BYTES)
            if not block and self._frame is None:
                return 0
            if not block:
                raise EOFError("the file ends before its end-of-stream marker was reached")
            self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            self._ready, self._unread = memoryview(self._frame.decompress(block)), b""
            if self._frame.eof:
                self._unread, self._frame = self._frame.unused_data, None
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def open_zstandard(path: Path, mode: str) -> io.BufferedReader:
    """Open the .zst file at `path`; `mode` is "rb", as of the openers of other archives."""
    assert mode == "rb"
    return io.BufferedReader(_Frames(path))
