"""The Batch API of the test server: files, batches, and their faults.

`Batches.plan` gets a batch's number, from 1, and says how it fares; what each request in it answers is said by the
server's own plan, so that online and batch agree.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FULL = ({"code": "token_limit_exceeded", "message": "Enqueued token limit reached"},)


@dataclass
class Fate:
    """How a batch ends: `polls` - how often it is still running when asked for; `reached` - how many of its requests
    get an answer, None for all; `errors` of a failed one; `lost` - the reply to its creation never arrives.
    """

    status: str = "completed"
    polls: int = 1
    reached: int | None = None
    errors: tuple[dict[str, str], ...] = ()
    lost: bool = False
    more_lines: tuple[str, ...] = ()


class HangUp(Exception):
    """The connection is closed, after `sent` of a reply's bytes and a call of `wait`."""

    def __init__(self, sent: bytes = b"", wait: Callable[[], None] = lambda: None):
        self.sent, self.wait = sent, wait


class Batches:
    """Files and batches of one server. `answer` returns status and payload of one chat request, or None for a request
    that is left out of the results.
    """

    def __init__(self, answer: Callable[[dict[str, Any]], tuple[int, Any] | None]):
        self.answer = answer
        self.plan: Callable[[int], Fate] = lambda number: Fate()
        self.listed = True
        self.offered = True
        self.stall_at: str | None = None  # "create", "created", "poll" or "read": the next request there hangs
        self.stalled, self.resume = threading.Event(), threading.Event()
        self.break_reads = 0  # how many downloads break in their middle
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.fates: dict[str, Fate] = {}
        self.lock = threading.Lock()

    def requests(self, batch_id: str) -> list[dict[str, Any]]:
        """Return the requests of a batch."""
        return [json.loads(line) for line in self.files[self.batches[batch_id]["input_file_id"]].splitlines()]

    def route(self, method: str, path: str, content_type: str, body: bytes) -> tuple[int, bytes]:
        """Return status and content of the reply; raises `HangUp`."""
        path, _, query = path.removeprefix("/v1").partition("?")
        if not self.offered:
            return _missing("no such page")
        if (method, path) == ("POST", "/files"):
            return self.upload(content_type, body)
        if (method, path) == ("POST", "/batches"):
            return self.create(json.loads(body))
        if (method, path) == ("GET", "/batches"):
            return self.list(query) if self.listed else _missing("no list here")
        if (method, match := re.fullmatch(r"/batches/([\w-]+)", path)) == ("GET", match) and match:
            return self.poll(match[1])
        if (method, match := re.fullmatch(r"/files/([\w-]+)/content", path)) == ("GET", match) and match:
            return self.read(match[1])
        return _missing("no such page")

    def upload(self, content_type: str, body: bytes) -> tuple[int, bytes]:
        boundary = content_type.split("boundary=")[1].strip('"').encode()
        parts = [part.split(b"\r\n\r\n", 1) for part in body.split(b"--" + boundary)[1:-1]]
        fields = {re.search(rb'name="(\w+)"', head)[1]: content.removesuffix(b"\r\n") for head, content in parts}
        assert fields[b"purpose"] == b"batch"
        name = f"file-{len(self.files) + 1}"
        self.files[name] = fields[b"file"]
        return _ok({"id": name, "object": "file", "purpose": "batch"})

    def create(self, body: dict[str, Any]) -> tuple[int, bytes]:
        self.stall("create")
        assert (body["endpoint"], body["completion_window"]) == ("/v1/chat/completions", "24h")
        if body["input_file_id"] not in self.files:
            return _missing("no such file")
        with self.lock:
            batch_id = f"batch_{len(self.batches) + 1}"
            self.fates[batch_id] = self.plan(len(self.batches) + 1)
            self.batches[batch_id] = {
                "id": batch_id,
                "object": "batch",
                "input_file_id": body["input_file_id"],
                "status": "validating",
                "created_at": int(time.time()),
                "request_counts": {"total": 0, "completed": 0, "failed": 0},
            }
        self.stall("created")
        if self.fates[batch_id].lost:
            raise HangUp
        return _ok(self.batches[batch_id])

    def list(self, query: str) -> tuple[int, bytes]:
        """Two a page, latest first, so that paging is seen."""
        names = list(reversed(self.batches))
        after = re.search(r"after=([\w-]+)", query)
        start = names.index(after[1]) + 1 if after else 0
        page = [self.batches[name] for name in names[start : start + 2]]
        return _ok({"object": "list", "data": page, "has_more": start + 2 < len(names)})

    def poll(self, batch_id: str) -> tuple[int, bytes]:
        self.stall("poll")
        if batch_id not in self.batches:
            return _missing("no such batch")
        with self.lock:
            batch, fate = self.batches[batch_id], self.fates[batch_id]
            if batch["status"] in ("validating", "in_progress"):
                batch["status"] = "in_progress"
                fate.polls -= 1
                if fate.polls < 0:
                    self.end(batch, fate)
        return _ok(batch)

    def end(self, batch: dict[str, Any], fate: Fate) -> None:
        batch["status"] = fate.status
        if fate.status == "failed":
            batch["errors"] = {"object": "list", "data": list(fate.errors)}
            return
        output, error = list(fate.more_lines), []
        for number, request in enumerate(self.requests(batch["id"])):
            row: dict[str, Any] = {"id": f"r{number}", "custom_id": request["custom_id"], "error": None}
            if fate.reached is not None and number >= fate.reached:
                row |= {"response": None, "error": {"code": "batch_expired", "message": "not executed in time"}}
                error.append(json.dumps(row))
                continue
            answer = self.answer(request["body"])
            if answer is None:
                continue
            row["response"] = {"status_code": answer[0], "request_id": "q", "body": answer[1]}
            # As OpenAI does: not escaped, so that a line may hold U+2028, which is no end of a line in JSON.
            (output if answer[0] == 200 else error).append(json.dumps(row, ensure_ascii=False))
        output.reverse()  # results come in any order
        for name, lines in (("output_file_id", output), ("error_file_id", error)):
            if lines:
                batch[name] = f"{name}-{batch['id']}".replace("_", "-")
                self.files[batch[name]] = "".join(f"{line}\n" for line in lines).encode()
        batch["request_counts"] = {"total": number + 1, "completed": len(output), "failed": len(error)}

    def read(self, file_id: str) -> tuple[int, bytes]:
        if file_id not in self.files:
            return _missing("no such file")
        content = self.files[file_id]
        if self.stall_at == "read":
            self.stall("read", content[: len(content) * 9 // 10])
        with self.lock:
            self.break_reads -= 1
            if self.break_reads >= 0:
                raise HangUp(content[: len(content) // 2])
        return 200, content

    def stall(self, place: str, sent: bytes = b"") -> None:
        """Hang once at `place`, until `resume` is set; then hang up."""
        if self.stall_at == place:
            self.stall_at = None
            raise HangUp(sent, self.wait)

    def wait(self) -> None:
        self.stalled.set()
        self.resume.wait(30)


def _ok(payload: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps(payload).encode()


def _missing(message: str) -> tuple[int, bytes]:
    return 404, json.dumps({"error": {"message": message}}).encode()
