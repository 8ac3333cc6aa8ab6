"""A small OpenAI-compatible chat server for tests: it answers over real HTTP, counts, and fails as told.

    with serve_questions(plan=lambda body, time_seen: Reply(status=500) if time_seen == 1 else Reply()) as server:
        ... ask server.base_url ...
    assert server.asked == 2 and server.answered == 1

`plan` gets a request's body and how many times this very body has come, and returns what to answer.
Files and batches stand in `server.batch_api` (`batch_endpoints.Batches`).
Also a command: `python question_server.py PORT LATENCY_SECONDS`, with counts at GET /counts, by outcome at /stats.
"""

import contextlib
import json
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from batch_endpoints import Batches, HangUp


@dataclass
class Reply:
    """One reply: a chat completion of `text`, or `raw` as it stands; without `text` a question."""

    text: str | None = None
    status: int = 200
    finish_reason: str = "stop"
    headers: dict[str, str] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    raw: str | None = None
    usage: bool = True
    drop: bool = False
    seconds: float | None = None


def question_about(prompt: str) -> str:
    """Return the question that the server asks about a prompt: it names the longest word of the last paragraph."""
    return f"What is told of {max(prompt.split(chr(10))[-1].split(), key=len)}?"


def payload(body: dict[str, Any], reply: Reply) -> str:
    """Return the content of a reply to a chat request."""
    if reply.raw is not None:
        return reply.raw
    if reply.status != 200:
        return json.dumps({"error": reply.error or {"message": f"planned failure {reply.status}"}})
    prompt = body["messages"][-1]["content"]
    text = question_about(prompt) if reply.text is None else reply.text
    message = {"role": "assistant", "content": text}
    completion: dict[str, Any] = {
        "id": "chatcmpl-toy",
        "object": "chat.completion",
        "created": 0,
        "model": f"{body['model']}-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}],
    }
    if reply.usage:
        completion["usage"] = {"prompt_tokens": len(prompt.split()), "completion_tokens": len(text.split())}
    return json.dumps(completion)


class QuestionServer(ThreadingHTTPServer):
    """The server and its counts: requests asked, answered with 200, most at once, and every body."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(
        self,
        port: int = 0,
        latency_seconds: float = 0.0,
        key: str | None = None,
        models: tuple[str, ...] = ("toy",),
        plan: Callable[[dict[str, Any], int], Reply] | None = None,
    ):
        super().__init__(("127.0.0.1", port), _Handler)
        self.latency_seconds, self.key, self.models = latency_seconds, key, models
        self.plan = plan or (lambda body, time_seen: Reply())
        self.lock = threading.Lock()
        self.asked = self.answered = self.now = self.most_at_once = 0
        self.bodies: list[dict[str, Any]] = []
        self.answers: Counter[str] = Counter()  # times each body was answered with 200
        self.seen: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.batch_api = Batches(self.answer_in_batch)

    def answer_in_batch(self, body: dict[str, Any]) -> tuple[int, Any] | None:
        """Return status and payload of one request of a batch, and count it; None: it gets no result."""
        text = json.dumps(body, sort_keys=True)
        with self.lock:
            self.asked += 1
            self.bodies.append(body)
            self.seen[text] += 1
            reply = self.plan(body, self.seen[text])
            if reply.drop:
                return None
            if reply.status == 200:
                self.answered += 1
                self.answers[text] += 1
        return reply.status, reply.raw if reply.raw is not None else json.loads(payload(body, reply))

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no error of the server."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: QuestionServer

    def log_message(self, *words: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        server = self.server
        if self.path == "/v1/models":
            self.send(
                200, json.dumps({"object": "list", "data": [{"id": name, "object": "model"} for name in server.models]})
            )
        elif self.path == "/stats":
            self.send(200, json.dumps({"requests": server.asked, **server.outcomes}))
        elif self.path == "/counts":
            most = max(server.answers.values(), default=0)
            counts = {
                "asked": server.asked,
                "answered": server.answered,
                "bodies": len(server.answers),
                "most_of_one": most,
            }
            self.send(200, json.dumps(counts))
        elif self.path.startswith(("/v1/files", "/v1/batches")):
            self.serve_batches(b"")
        else:
            self.send(404, json.dumps({"error": {"message": "no such page"}}))

    def do_POST(self) -> None:
        server = self.server
        content = self.read_content()
        if self.path in ("/v1/files", "/v1/batches"):
            self.serve_batches(content)
            return
        body = json.loads(content)
        text = json.dumps(body, sort_keys=True)
        with server.lock:
            server.asked += 1
            server.bodies.append(body)
            server.seen[text] += 1
            reply = self.check(body) or server.plan(body, server.seen[text])
            server.now += 1
            server.most_at_once = max(server.most_at_once, server.now)
        time.sleep(server.latency_seconds if reply.seconds is None else reply.seconds)
        with server.lock:
            server.now -= 1
            server.outcomes["drop" if reply.drop else "ok" if reply.status == 200 else str(reply.status)] += 1
            if reply.status == 200 and not reply.drop:
                server.answered += 1
                server.answers[text] += 1
        if reply.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send(reply.status, payload(body, reply), reply.headers)

    def check(self, body: dict[str, Any]) -> Reply | None:
        """Return the reply to a request that no endpoint answers: wrong path, key or model."""
        server = self.server
        if self.path != "/v1/chat/completions":
            return Reply(status=404, error={"message": f"no such page {self.path}"})
        if (refused := self.check_key()) is not None:
            return refused
        if body["model"] not in server.models:
            return Reply(status=404, error={"message": f"The model {body['model']} does not exist"})
        return None

    def check_key(self) -> Reply | None:
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.server.key is not None and key != self.server.key:
            return Reply(status=401, error={"message": f"Incorrect API key provided: {key}", "code": "invalid_api_key"})
        return None

    def read_content(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"]))
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def serve_batches(self, content: bytes) -> None:
        if (refused := self.check_key()) is not None:
            self.send(refused.status, payload({}, refused))
            return
        kind = self.headers.get("Content-Type", "")
        try:
            status, reply = self.server.batch_api.route(self.command, self.path, kind, content)
        except HangUp as broken:
            self.close_connection = True
            if broken.sent:
                self.send_head(200, {}, 2 * len(broken.sent))
                self.wfile.write(broken.sent)
                self.wfile.flush()
            broken.wait()
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send(status, reply)

    def send(self, status: int, payload: str | bytes, headers: dict[str, str] | None = None) -> None:
        content = payload.encode() if isinstance(payload, str) else payload
        self.send_head(status, headers or {}, len(content))
        self.wfile.write(content)

    def send_head(self, status: int, headers: dict[str, str], length: int) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()


@contextlib.contextmanager
def serve_questions(**settings: Any) -> Iterator[QuestionServer]:
    """Run a `QuestionServer` in a thread while the block lasts."""
    server = QuestionServer(**settings)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    QuestionServer(port=int(sys.argv[1]), latency_seconds=float(sys.argv[2])).serve_forever()
