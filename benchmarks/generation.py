"""Measure m3-curate's question generation, beside Bespoke Curator where its Python is given.

    python benchmarks/generation.py --out DIR --source FILES --base-url URL --model NAME --latency 0.5 --concurrency 256
        [--peer-python PATH] [--side-by-side all|rate|none] [--kills 30] [--caps 20] [--storm --faulty-base-url URL]

In: documents, and a running OpenAI-compatible server that answers after --latency seconds and counts chat requests by
outcome at /stats (`ok` and one name per fault). Nothing else may use the server meanwhile. Out: a table on the screen,
DIR/generation.json, and the output of every process in DIR/logs. `generation_peer.py` says how the peer is installed.
The machine should be idle: the load average when the measuring began stands in the file.

What m3-curate sends is recorded once, and the peer is given the same request bodies. Time is that of the whole process,
from its start to its end, and also from the first request to the last answer; sampling and passages are done before.
"""

import argparse
import functools
import http.server
import json
import math
import os
import platform
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from data.files import write_json

PEER = Path(__file__).with_name("generation_peer.py")
NOT_ANSWERED = ("429", "500", "drop")  # outcomes that no answer was given for; all others have status 200
PROBES = {"ours": 0, "peer": 1}  # Curator asks once without a message whenever it starts, to read the rate limits
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


# The same passages for everybody.


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


# The two sides: each gives the command that asks for all passages, and starts from nothing unless `added`.


def ours(bench: Bench, work: Work, name: str, added: bool = False) -> list[str]:
    """Return m3-curate's command; with `added` it is another run that shares the ledger of the run `name`."""
    run = bench.out / f"ours-{name}"
    if not added:
        return generate_command(bench, copy_run(work.prepared, run), bench.base_url)
    run, ledger = copy_run(work.extended, bench.out / f"ours-{name}-added"), run / "ledger.sqlite"
    return generate_command(bench, run, bench.base_url, "--ledger", ledger)


def generate_command(bench: Bench, run: Path, base_url: str, *more: object) -> list[str]:
    """Return the command that generates the questions of a run."""
    options = ("--generator", "openai", "--model", bench.model, "--base-url", base_url)
    arguments = ("--out", run, *options, "--concurrency", bench.concurrency, *more)
    return [sys.executable, "-m", "curation", "generate", *map(str, arguments)]


def peer(bench: Bench, work: Work, name: str, added: bool = False) -> list[str]:
    """Return the peer's command; with `added` its rows are one more, and it has the cache of the run `name`."""
    cache = bench.out / f"peer-{name}"
    if not added:
        shutil.rmtree(cache, ignore_errors=True)
    rows = work.extended_bodies if added else work.bodies
    arguments = ("--rows", rows, "--base-url", bench.base_url, "--concurrency", bench.concurrency, "--cache", cache)
    return [str(bench.peer_python), str(PEER), *map(str, arguments)]


SIDES = {"ours": ours, "peer": peer}


# What is measured.


def measure_rate(bench: Bench, work: Work, side: str) -> dict[str, Any]:
    """All passages, without faults or kills: time, requests a second, share of the ideal rate, memory."""
    name = f"{side}-rate"
    finished = must_succeed(bench, run_process(bench, SIDES[side](bench, work, "rate"), name, bench.base_url), name)
    ideal = work.count * bench.latency / bench.concurrency
    return {
        "seconds": round(finished.seconds, 2),
        "requests_per_second": round(work.count / finished.seconds, 1),
        "share_of_ideal": round(ideal / finished.seconds, 3),
        "asking_seconds": round(finished.asking_seconds, 2),
        "asking_share_of_ideal": round(ideal / finished.asking_seconds, 3),
        "peak_mib": round(finished.peak_mib) or None,
        "requests_beyond": finished.requests - work.count - PROBES[side],
    }


def measure_added(bench: Bench, work: Work, side: str) -> dict[str, Any]:
    """One passage more than `measure_rate` asked for: the requests that are made."""
    name = f"{side}-added"
    command = SIDES[side](bench, work, "rate", True)
    finished = must_succeed(bench, run_process(bench, command, name, bench.base_url), name)
    return {"requests": finished.requests - PROBES[side], "seconds": round(finished.seconds, 2)}


def measure_resume(bench: Bench, work: Work, side: str) -> dict[str, Any]:
    """A SIGKILL when half of the passages are asked for, then the same command again: requests beyond one a passage."""
    name = f"{side}-resume"
    command = SIDES[side](bench, work, "resume")
    before = count_requests(bench.base_url)
    half = functools.partial(_have_sent, bench.base_url, before, work.count // 2)
    killed = run_process(bench, command, name, bench.base_url, kill_when=half)
    if killed.status != -signal.SIGKILL:
        raise SystemExit(f"{name} ended by itself, with status {killed.status}, before it was killed; see its log")
    again = must_succeed(bench, run_process(bench, command, name, bench.base_url), name)
    requests = killed.requests + again.requests - 2 * PROBES[side]
    return {"requests_at_kill": killed.requests, "requests": requests, "requests_beyond": requests - work.count}


def _have_sent(base_url: str, before: Counter[str], count: int) -> bool:
    return (count_requests(base_url) - before).total() >= count


def measure_kills(bench: Bench, work: Work, kills: int) -> dict[str, Any]:
    """SIGKILLs at random moments, each followed by the same command: answers that were given and not used."""
    chance, before, happened = random.Random(bench.seed), count_requests(bench.base_url), 0
    run = copy_run(work.prepared, bench.out / "ours-kills")
    while True:
        moment = random_moment(bench, chance, work.count / kills) if happened < kills else None
        command = generate_command(bench, run, bench.base_url)
        finished = run_process(bench, command, "ours-kills", bench.base_url, kill_when=moment)
        if finished.status != -signal.SIGKILL:
            break
        happened += 1
    must_succeed(bench, finished, "ours-kills")
    unused = count_answers(count_requests(bench.base_url) - before) - work.count
    bound = happened * bench.concurrency
    return {"kills": happened, "answers_unused": unused, "bound": bound, **check_answers(run, work.count)}


def random_moment(bench: Bench, chance: random.Random, mean_requests: float) -> Callable[[], bool]:
    """Return a function that says when to kill: mostly within a latency after so many further requests, at times within
    the first two seconds, whatever happens then.
    """
    early, wait = chance.random() < 0.2, chance.uniform(0, bench.latency)
    more = chance.randint(1, max(1, round(1.6 * mean_requests)))
    before = count_requests(bench.base_url)
    due = time.monotonic() + chance.uniform(0, 2) if early else math.inf

    def is_due() -> bool:
        nonlocal due
        if due == math.inf and _have_sent(bench.base_url, before, more):
            due = time.monotonic() + wait
        return time.monotonic() >= due

    return is_due


def check_answers(run: Path, count: int) -> dict[str, Any]:
    """Return whether each of a run's passages has one row with an answer, and what stands in its ledger."""
    passages = pq.read_table(run / "stages" / "passages" / "table.parquet", columns=["passage_id"])
    table = run / "stages" / "generate" / "table.parquet"
    rows = pq.read_table(table, columns=["passage_id", "answer"]).to_pylist() if table.exists() else []
    with sqlite3.connect(run / "ledger.sqlite") as ledger:
        counts = "select count(*), count(distinct key) from answers where state = 'answer'"
        kept, keys = ledger.execute(counts).fetchone()
    answered = [row["passage_id"] for row in rows if row["answer"]]
    return {
        "rows": len(rows),
        "every_passage_answered_once": sorted(answered) == sorted(passages["passage_id"].to_pylist()),
        "unanswered": count - keys,
        "ledger_duplicates": kept - keys,
    }


def measure_caps(bench: Bench, work: Work, caps: int) -> dict[str, Any]:
    """Random --max-requests, each with an empty ledger, against the server with faults if there is one."""
    chance, url, tried = random.Random(bench.seed), bench.faulty_base_url or bench.base_url, []
    for _ in range(caps):
        cap = chance.randint(1, max(1, work.count // 5))
        run = copy_run(work.prepared, bench.out / "ours-caps")
        finished = run_process(bench, generate_command(bench, run, url, "--max-requests", cap), "ours-caps", url)
        tried.append({"cap": cap, "requests": finished.requests, "status": finished.status})
    return {
        "tried": tried,
        "with_faults": url != bench.base_url,
        "exceeded": sum(one["requests"] > one["cap"] for one in tried),
        "stopped_short": sum(one["requests"] < one["cap"] for one in tried),
        "other_status": sum(one["status"] != 1 for one in tried),  # 1: the budget is reached
    }


def measure_storm(bench: Bench, work: Work) -> dict[str, Any]:
    """The same passages without and with faults: the ratio of the times, and what was asked in vain or twice."""
    assert bench.faulty_base_url
    ended = {}
    for name, url in (("calm", bench.base_url), ("storm", bench.faulty_base_url)):
        run = copy_run(work.prepared, bench.out / f"ours-{name}")
        ended[name] = run_process(bench, generate_command(bench, run, url), f"ours-{name}", url)
    must_succeed(bench, ended["calm"], "ours-calm")
    return {
        "seconds_without_faults": round(ended["calm"].seconds, 2),
        "seconds": round(ended["storm"].seconds, 2),
        "ratio": round(ended["storm"].seconds / ended["calm"].seconds, 2),
        "status": ended["storm"].status,
        "requests": ended["storm"].requests,
        "answers_unused": ended["storm"].answered - work.count,
        **check_answers(bench.out / "ours-storm", work.count),
    }


# The command line.


def measure_all(bench: Bench, work: Work, options: argparse.Namespace) -> dict[str, Any]:
    """Measure what is asked for; each figure is on the disk as soon as it is known."""
    about = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(bench).items()}
    machine = {"cpus": os.cpu_count(), "load_average": os.getloadavg()[0], "python": platform.python_version()}
    results: dict[str, Any] = {"setup": {**about, "passages": work.count, **machine}}

    def keep(part: str, side: str, figures: dict[str, Any]) -> None:
        results.setdefault(part, {})[side] = figures
        write_json(bench.out / "generation.json", results)
        print(f"{part}, {side}: {json.dumps({key: figures[key] for key in figures if key != 'tried'})}", flush=True)

    parts: dict[str, Callable[[Bench, Work, str], dict[str, Any]]] = {"rate": measure_rate}
    if options.side_by_side == "all":
        parts.update(added=measure_added, resume=measure_resume)
    for part, measure in parts.items() if options.side_by_side != "none" else ():
        for side in ("ours", "peer") if bench.peer_python else ("ours",):
            keep(part, side, measure(bench, work, side))
            if side == "peer" and part == "rate":
                last_line = (bench.out / "logs" / "peer-rate.log").read_text(encoding="utf-8").splitlines()[-1]
                results["setup"]["peer"] = json.loads(last_line)
    if options.kills:
        keep("kills", "ours", measure_kills(bench, work, options.kills))
    if options.caps:
        keep("caps", "ours", measure_caps(bench, work, options.caps))
    if options.storm:
        keep("storm", "ours", measure_storm(bench, work))
    return results


def show(results: dict[str, Any]) -> None:
    """Print the figures as a table."""
    print(f"\n{'':40}{'ours':>14}{'peer':>14}")
    for part, sides in results.items():
        if part == "setup":
            continue
        for figure in (name for name in sides["ours"] if name != "tried"):
            values = [sides.get(side, {}).get(figure, "") for side in SIDES]
            print(f"{part + ': ' + figure.replace('_', ' '):40}" + "".join(f"{value!s:>14}" for value in values))


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for everything; an earlier one is fine")
    parser.add_argument("--source", type=Path, nargs="+", required=True, help="documents, as m3-curate reads them")
    parser.add_argument("--passages", type=int, default=5000)
    parser.add_argument("--base-url", required=True, help="the server without faults, such as http://localhost:8377/v1")
    parser.add_argument("--faulty-base-url", help="a server with faults, for --storm and --caps")
    parser.add_argument("--model", required=True)
    parser.add_argument("--latency", type=float, required=True, help="seconds that the server takes for an answer")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--peer-python", type=Path, help="Python of the environment that has the peer")
    parser.add_argument("--side-by-side", choices=("all", "rate", "none"), default="all")
    parser.add_argument("--kills", type=int, default=0, help="kill ours so many times")
    parser.add_argument("--caps", type=int, default=0, help="try so many caps on ours")
    parser.add_argument("--storm", action="store_true", help="compare ours without and with faults")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.storm and not options.faulty_base_url:
        parser.error("--storm needs --faulty-base-url")
    names = ("base_url", "faulty_base_url", "model", "latency", "concurrency", "peer_python", "seed")
    bench = Bench(out=options.out.resolve(), **{name: getattr(options, name) for name in names})
    shutil.rmtree(bench.out / "logs", ignore_errors=True)
    for name in ("everything", "prepared", "extended"):
        shutil.rmtree(bench.out / name, ignore_errors=True)
    bench.out.mkdir(parents=True, exist_ok=True)
    show(measure_all(bench, prepare(bench, options.source, options.passages), options))


if __name__ == "__main__":
    main()
