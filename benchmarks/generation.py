"""Measure m3-curate's question generation, beside Bespoke Curator where its Python is given.

    python benchmarks/generation.py --out DIR --source FILES --base-url URL --model NAME --latency 0.5 --concurrency 256
        [--peer-python PATH] [--side-by-side all|rate|none] [--kills 30] [--caps 20] [--storm --faulty-base-url URL]

In: documents, and a running OpenAI-compatible server that answers after --latency seconds and counts chat requests by
outcome at /stats (`ok` and one name per fault). `tests/curation/question_server.py PORT LATENCY` is one (model
`toy`). Nothing else may use the server meanwhile. Out: a table on the screen,
DIR/generation.json, and the output of every process in DIR/logs. `generation_peer.py` says how the peer is installed.
The machine should be idle: the load average when the measuring began stands in the file.

What m3-curate sends is recorded once, and the peer is given the same request bodies. Time is that of the whole process,
from its start to its end, and also from the first request to the last answer; sampling and passages are done before.
"""

import argparse
import functools
import json
import math
import os
import platform
import random
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from generation_work import (
    Bench,
    Work,
    copy_run,
    count_answers,
    count_requests,
    must_succeed,
    prepare,
    run_process,
)

from data.files import write_json

PEER = Path(__file__).with_name("generation_peer.py")
PROBES = {"ours": 0, "peer": 1}  # Curator asks once without a message whenever it starts, to read the rate limits


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
