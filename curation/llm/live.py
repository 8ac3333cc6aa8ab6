"""The live count of answers that the checks will drop, taken beside the asking without slowing it down.

A thread checks answers as they come, but works no more than a quarter of the time; what comes faster than that is
counted by the share among those that were checked.
"""

import queue
import threading
import time
from collections.abc import Callable

from curation.llm.completion import Completion
from curation.llm.requests import Request

_MOST_WAITING = 1000
_REST = 3  # times as long as a check took

Reject = Callable[[Request, Completion], bool]


class LiveChecks:
    """Counts rejected answers; a context manager that ends its thread."""

    def __init__(self, reject: Reject):
        self._reject = reject
        self._waiting: queue.Queue[tuple[Request, Completion]] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="checks", daemon=True)
        self._ended = threading.Event()
        self._came = self._checked = self._rejected = self._empty = 0

    def __enter__(self) -> "LiveChecks":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def add(self, request: Request, read: Completion | None) -> None:
        """Count an answer; None: there is none to check, it was refused or failed."""
        if read is None:
            self._empty += 1
            return
        self._came += 1
        if not self._waiting.full():
            self._waiting.put_nowait((request, read))

    def __str__(self) -> str:
        """The count, with "about" while some were not checked themselves."""
        if self._checked == self._came:
            return f"{self._rejected + self._empty:,} rejected"
        share = self._rejected / self._checked if self._checked else 0.0
        return f"about {round(share * self._came) + self._empty:,} rejected"

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                request, read = self._waiting.get(timeout=0.1)
            except queue.Empty:
                continue
            begun = time.perf_counter()
            self._rejected += self._reject(request, read)
            self._checked += 1
            self._ended.wait(_REST * (time.perf_counter() - begun))
