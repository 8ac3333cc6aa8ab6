"""The most memory that this process held at once, on a CPU: resident bytes, looked at many times a second.

with PeakResident() as seen:
    work()
print(seen.bytes)
"""

import threading
from typing import Self

import psutil

SECONDS_BETWEEN_LOOKS = 0.005


class PeakResident:
    """A context that notes the largest resident size between its start and its end."""

    bytes = 0

    def __enter__(self) -> Self:
        self._process = psutil.Process()
        self._done = threading.Event()
        self._look()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._done.wait(SECONDS_BETWEEN_LOOKS):
            self._look()

    def _look(self) -> None:
        self.bytes = max(self.bytes, self._process.memory_info().rss)
