"""What benchmarks/generation.py works with: processes that are watched and killed, and the same passages for everybody.

m3-curate makes the passages; a small server inside records the request bodies that it sends about them, which the peer
is given as they are.
"""

import http.server
import json
import math
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

NOT_ANSWERED = ("429", "500", "drop")  # outcomes that no answer was given for; all others have status 200
_POLL_SECONDS = 0.05
_LOOK_SECONDS = 0.25  # between two looks at the server's counters where only times are measured


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What is measured, and where. `latency` is in seconds."""

    out: Path
    base_url: str
    faulty_base_url: str | None
    model: str
    latency: float
    concurrency: int
    peer_python: Path | None
    seed: int


@dataclass(frozen=True, kw_only=True)
class Work:
    """The same passages for everybody, and once more with one passage added: runs of m3-curate that are done up to the
    passages, and the request bodies that m3-curate makes of them.
    """

    count: int
    prepared: Path
    extended: Path
    bodies: Path
    extended_bodies: Path


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A process that ended, and the chat requests that the server counted meanwhile.

    `asking_seconds` runs from the first request to the last answer, `status` is negative for a signal, `peak_mib` is
    0 where it is not known.
    """

    status: int
    seconds: float
    asking_seconds: float
    peak_mib: float
    requests: int
    answered: int


def count_requests(base_url: str) -> Counter[str]:
    """Return the server's chat requests by outcome since it was started."""
    with urllib.request.urlopen(base_url.rstrip("/").removesuffix("/v1") + "/stats", timeout=60) as response:
        counted = Counter(json.load(response))
    for name in ("requests", "most_at_once"):  # not outcomes
        del counted[name]
    return counted


def count_answers(outcomes: Counter[str]) -> int:
    """Return how many of the requests were answered with status 200: what a paid endpoint would charge for."""
    return outcomes.total() - sum(outcomes[fault] for fault in NOT_ANSWERED)


def run_process(
    bench: Bench, command: list[str], name: str, base_url: str, kill_when: Callable[[], bool] | None = None
) -> Finished:
    """Run `command`, and kill it with SIGKILL as soon as `kill_when` says so; its output goes to DIR/logs/NAME.log."""
    log = bench.out / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    before, environment = count_requests(base_url), {"OPENAI_API_KEY": "none", **os.environ}
    seen: list[tuple[float, int]] = []
    peak_mib = 0.0
    with log.open("ab") as file:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
        while process.poll() is None:
            peak_mib = max(peak_mib, _peak_mib(process.pid))
            if kill_when is not None and kill_when():
                process.kill()
                process.wait()
            if kill_when is None and (not seen or time.monotonic() - seen[-1][0] >= _LOOK_SECONDS):
                seen.append((time.monotonic(), (count_requests(base_url) - before).total()))
            time.sleep(_POLL_SECONDS)
        seconds = time.monotonic() - started
    time.sleep(2 * bench.latency if process.returncode else 0)  # what was under way is counted too
    outcomes = count_requests(base_url) - before
    return Finished(
        status=process.returncode,
        seconds=seconds,
        asking_seconds=_asking_seconds(seen, bench.latency),
        peak_mib=peak_mib,
        requests=outcomes.total(),
        answered=count_answers(outcomes),
    )


def _peak_mib(process: int) -> float:
    """Return the most memory that a running process has had resident up to now."""
    # Not getrusage: its figure for a child begins with the size of the parent that started it.
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:  # another system than Linux, or the process has just ended
        return 0.0
    return max((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), default=0.0)


def _asking_seconds(seen: list[tuple[float, int]], latency: float) -> float:
    """Return the time from the first request, the peer's probe aside, to the last answer."""
    last = seen[-1][1] if seen else 0
    times = [moment for moment, count in seen if count > 1]
    ends = [moment for moment, count in seen if count == last]
    return ends[0] + latency - times[0] if times else 0.0


def must_succeed(bench: Bench, finished: Finished, name: str) -> Finished:
    """Return `finished`, or end the benchmark with where to look."""
    if finished.status:
        raise SystemExit(f"{name} ended with status {finished.status}; see {bench.out / 'logs' / name}.log")
    return finished


def curate(bench: Bench, *arguments: object) -> None:
    """Run a command of m3-curate that asks nobody."""
    command = [sys.executable, "-m", "curation", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {ended.returncode}:\n{ended.stdout}{ended.stderr}")


def draw_passages(bench: Bench, run: Path, sources: list[Path], each: int, *options: object) -> list[dict[str, Any]]:
    """Sample `sources` in the folder `run`, draw up to `each` passages a document and return them."""
    if not (run / "config.json").exists():
        curate(bench, "sample", "--out", run, "--seed", bench.seed, *options, "--source", *sources)
    curate(bench, "estimate", "--out", run, "--passages-per-document", each, "--overwrite")
    rows: list[dict[str, Any]] = pq.read_table(run / "stages" / "passages" / "table.parquet").to_pylist()
    return rows


def prepare(bench: Bench, sources: list[Path], wanted: int) -> Work:
    """Make two runs from as many documents as have `wanted` passages together; the second has one passage more."""
    everything, prepared, extended = (bench.out / name for name in ("everything", "prepared", "extended"))
    each, passages = 1, draw_passages(bench, everything, sources, 1)
    while len(passages) <= wanted and each < 64:
        each = math.ceil(each * max(1.2, min(4, 1.2 * wanted / len(passages))))
        passages = draw_passages(bench, everything, sources, each)
    chosen, left_over = choose_documents(passages, wanted)
    texts = pq.read_table(everything / "stages" / "split" / "table.parquet", columns=["docid", "title", "text", "lang"])
    documents = [row for row in texts.to_pylist() if row["docid"] in chosen]
    added = {"docid": "added", "title": left_over["title"], "text": left_over["text"], "lang": left_over["lang"]}
    tables = []
    for run, rows in ((prepared, documents), (extended, [*documents, added])):
        source = bench.out / f"{run.name}.jsonl"
        source.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        tables.append(draw_passages(bench, run, [source], each, "--min-tokens", 1))
    old, new = ({row["text"] for row in table} for table in tables)
    if len(old) != len(tables[0]) or len(new - old) != 1 or old - new:
        raise SystemExit(f"the added passage changed others ({len(old)} and {len(new)}); try another --seed")
    bodies, text = record_bodies(bench, extended), (new - old).pop()
    is_added = [text in body["messages"][0]["content"] for body in bodies]
    if len(bodies) != len(new) or sum(is_added) != 1:
        raise SystemExit(
            f"{len(new)} passages made {len(bodies)} requests, {sum(is_added)} of them the added passage's"
        )
    work = Work(
        count=len(tables[0]),
        prepared=prepared,
        extended=extended,
        bodies=bench.out / "bodies.jsonl",
        extended_bodies=bench.out / "extended_bodies.jsonl",
    )
    lines = [json.dumps(body, ensure_ascii=False) + "\n" for body in bodies]
    shared = "".join(line for line, extra in zip(lines, is_added, strict=True) if not extra)
    work.bodies.write_text(shared, encoding="utf-8")
    work.extended_bodies.write_text(shared + lines[is_added.index(True)], encoding="utf-8")
    return work


def choose_documents(passages: list[dict[str, Any]], wanted: int) -> tuple[set[str], dict[str, Any]]:
    """Return the ids of documents that have `wanted` passages together, or a few less where they do not add up, and a
    passage of another document. No two passages are alike, as the same request would be sent only once.
    """
    by_document: dict[str, list[dict[str, Any]]] = {}
    for row in passages:
        by_document.setdefault(row["docid"], []).append(row)
    chosen: set[str] = set()
    seen: set[str] = set()
    count, left_over = 0, None
    for docid, rows in by_document.items():
        texts = {row["text"] for row in rows}
        if len(texts) < len(rows) or texts & seen:
            continue
        if count + len(rows) <= wanted:
            chosen.add(docid)
            count += len(rows)
            seen |= texts
        elif left_over is None:
            left_over = rows[0]
    if left_over is None:
        raise SystemExit(f"the sources have no more than {count} passages; ask for fewer with --passages")
    return chosen, left_over


def record_bodies(bench: Bench, run: Path) -> list[dict[str, Any]]:
    """Return every request body that m3-curate makes of a run, as a server of our own receives them."""
    bodies: list[dict[str, Any]] = []
    answer = {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "Why?"}}]}

    class Recorder(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            payload = json.dumps({"model": bench.model, "object": "chat.completion", **answer}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        copy = copy_run(run, bench.out / "recorded")
        url = f"http://127.0.0.1:{server.server_port}/v1"
        options = ("--generator", "openai", "--model", bench.model, "--base-url", url, "--concurrency", 8)
        curate(bench, "generate", "--out", copy, *options)
        server.shutdown()
    return bodies


def copy_run(run: Path, target: Path) -> Path:
    """Copy a run that is done up to the passages, in place of what stood at `target`."""
    shutil.rmtree(target, ignore_errors=True)
    return shutil.copytree(run, target)
