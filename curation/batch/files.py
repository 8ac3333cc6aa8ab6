"""The lines of batch files: what is still to be put into batches, fresh or after a failure, as the budget allows.

A line is one request in the Batch API's form. Lines stand in nameless temporary files, so nothing of them stays behind.
"""

import itertools
import json
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from curation.batch.api import ASKED_URL
from curation.batch.records import Sent
from curation.batch.results import Account
from curation.llm.requests import Request

_LINES_AT_ONCE = 500


@dataclass(frozen=True)
class Line:
    """A request as it stands in a file, and what is recorded of it."""

    sent: Sent
    data: bytes


class Queue:
    """What is still to be put into batches. `over`: the budget allows no more; temporary files stand in `folder`."""

    def __init__(self, requests: Iterator[Request], account: Account, folder: Path):
        self.over = False
        self._requests = requests
        self._account = account
        self._folder = folder
        self._again: deque[Iterator[Line]] = deque()
        self._held: Line | None = None

    def take(self, most_requests: int, most_bytes: int) -> Iterator[Line]:
        """Give the lines of one file, each reserved in the budget: until the file is full, nothing is left, or the
        budget allows no more before others are settled.
        """
        count = size = 0
        while count < most_requests and not self.over:
            line, self._held = self._held or self._next(), None
            if line is None:
                return
            if count and size + len(line.data) > most_bytes:
                self._held = line
                return
            verdict = self._account.budget.reserve(self._account.most(line.sent))
            if verdict == "wait":
                self._held = line
                return
            if verdict == "over":
                self.over = True
                return
            count += 1
            size += len(line.data)
            yield line

    def ask_again(self, lines: Iterable[Line]) -> None:
        """Take `lines` back, to be asked before anything fresh."""
        file = open_file(self._folder)
        for line in lines:
            file.write(json.dumps(line.sent).encode() + b"\n" + line.data)
        if file.tell():
            self._again.append(_reread(file))
        else:
            file.close()

    def _next(self) -> Line | None:
        while self._again:
            line = next(self._again[0], None)
            if line is not None:
                return line
            self._again.popleft()
        request = next(self._requests, None)
        if request is None:
            return None
        self._account.prompts[request.prompt.digest] = request.prompt
        return make_line(request)


def make_line(request: Request) -> Line:
    """Return a request in the Batch API's form."""
    row = {"custom_id": request.keys[0], "method": "POST", "url": ASKED_URL, "body": request.body}
    # Half a surrogate pair has no UTF-8, and its escape in JSON is what backslashreplace writes.
    data = json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    sent = Sent(
        key=request.keys[0],
        prompt=request.prompt.name,
        prompt_digest=request.prompt.digest,
        sample=request.sample,
        most_prompt_tokens=request.most_prompt_tokens,
        most_completion_tokens=request.most_completion_tokens,
        subject=request.subject,
        tries=0,
    )
    return Line(sent, data)


def open_file(folder: Path) -> BinaryIO:
    """Return a temporary file without a name in `folder`, on whose disk there is room for it."""
    return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))  # closed by who reads it


def read_file(file: BinaryIO) -> Iterator[dict[str, bytes]]:
    """Give the lines of a file by the keys of their requests, some hundred at a time."""
    file.seek(0)
    while part := list(itertools.islice(file, _LINES_AT_ONCE)):
        yield {json.loads(data)["custom_id"]: data for data in part}


def _reread(file: BinaryIO) -> Iterator[Line]:
    with file:
        file.seek(0)
        while head := file.readline():
            yield Line(Sent(*json.loads(head)), file.readline())
