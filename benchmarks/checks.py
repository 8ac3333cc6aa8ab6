"""Measure the checks of m3-curate: how many bad answers reach the data set, and how many good questions are lost.

    python benchmarks/checks.py --out DIR --bench FOLDER [--server question_server.py] [--languages ko en ...]
        [--passages-per-document 10] [--offline 300] [--heldout 60] [--seed 0]

In: FOLDER/LANG/bank.jsonl.gz (lang, docid, paragraph, questions: human questions about paragraphs) and, with --server,
FOLDER/LANG/corpus.jsonl.gz (docid, title, text, lang: the articles). Out: tables on the screen, DIR/checks.json, and
DIR/examples.txt with what passed and what was lost.

Online: an OpenAI-compatible server that answers from the banks, and with faults, is started; `m3-curate run` asks it
about the articles, and every question, kept or dropped, is joined with the server's log by answer, document and length
of the prompt. Offline: faults of our own wordings in 13 languages (`check_faults`) are put into --offline human
questions of each language, and so are other documents' questions. --heldout does so with a second set of faults and of
good questions (`checks_heldout`).
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from checks_heldout import UNSEEN, measure_heldout
from checks_offline import SELF_CONTAINED, Tally, measure_offline, read_bank, squash

import prompts
from data.files import write_json, write_text

FAULTS = {
    "empty": 0.03, "cut": 0.03, "preamble": 0.03, "two": 0.03, "foreign": 0.1, "copy": 0.03, "refusal": 0.03,
    "pronoun": 0.03,
}  # fmt: skip
NOT_QUALITY = ("not_unique", "easy", "too_literal")  # uniqueness, and what a user's quota drops
EXAMPLES = 10


def main() -> None:
    """Measure, print, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--server", type=Path)
    parser.add_argument("--languages", nargs="*")
    parser.add_argument("--passages-per-document", type=int, default=10)
    parser.add_argument("--offline", type=int, default=300)
    parser.add_argument("--heldout", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    folders = sorted(path.parent for path in args.bench.glob("*/bank.jsonl.gz"))
    folders = [folder for folder in folders if not args.languages or folder.name in args.languages]
    args.out.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    examples: list[str] = []
    if args.offline:
        started = time.perf_counter()
        bad, good = measure_offline([folder / "bank.jsonl.gz" for folder in folders], args.offline, args.seed)
        judged = bad.asked.total() + good.asked.total()
        print(f"offline: {judged:,} answers, {(time.perf_counter() - started) / judged * 1000:.2f} ms each")
        found["offline"] = show(bad, good, examples)
    for half in (0, UNSEEN) if args.heldout else ():
        bad, good = measure_heldout([folder / "bank.jsonl.gz" for folder in folders], args.heldout, args.seed, half)
        name = "never looked at" if half == UNSEEN else "looked at"
        print(f"\nheld-out wordings, {name}: {bad.asked.total() + good.asked.total():,} answers")
        # What is not looked at is not to be read here either.
        found[f"held out, {name}"] = show(bad, good, [] if half == UNSEEN else examples)
    if args.server:
        rows = ask_server(args.out / "run", args.server, folders, args.passages_per_document, args.seed)
        bad, good = judge_rows(rows, folders)
        print(f"\nonline: {len(rows):,} answers of the server")
        found["online"] = show(bad, good, examples)
    write_json(args.out / "checks.json", found)
    write_text(args.out / "examples.txt", "\n".join(examples) + "\n")


def ask_server(run: Path, server: Path, folders: list[Path], per_document: int, seed: int) -> list[dict[str, Any]]:
    """Return the question rows of a run against the server, each with the server's log line under `served`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = run.parent / "server.jsonl"
    log.unlink(missing_ok=True)
    faults = [f"{name}={share}" for name, share in FAULTS.items()]
    banks = [str(folder / "bank.jsonl.gz") for folder in folders]
    options = ["--port", str(port), "--latency", "0", "--fault", *faults, "--log", str(log)]
    started = subprocess.Popen(
        [sys.executable, str(server), "--bank", *banks, *options], stdout=subprocess.PIPE, text=True
    )
    try:
        assert started.stdout is not None
        print(started.stdout.readline().strip())
        command = [sys.executable, "-m", "curation", "run", "--out", str(run), "--generator", "openai"]
        command += ["--model", "bank-1", "--base-url", f"http://127.0.0.1:{port}/v1", "--seed", str(seed)]
        command += ["--passages-per-document", str(per_document), "--source"]
        command += [str(folder / "corpus.jsonl.gz") for folder in folders]
        subprocess.run(command, check=True, env={**os.environ, "OPENAI_API_KEY": "none"})
    finally:
        started.terminate()
        started.wait()
    return join(run, log)


def join(run: Path, log: Path) -> list[dict[str, Any]]:
    """Return the question rows of a run, joined with the log; rows that it does not know are left out."""
    passages = {row["passage_id"]: row for row in read_stage(run, "passages")}
    served = defaultdict(list)
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        served[entry["served"].strip(), entry["prompt_chars"]].append(entry)
    prompt, rows, unknown, unsure = prompts.load("mldr"), [], 0, 0
    for row in read_stage(run, "dedup"):
        passage = passages[row["passage_id"]]
        same = served[(row["answer"] or "").strip(), len(prompt.render(passage["text"], passage["title"]))]
        own = [entry for entry in same if entry["docid"] == row["docid"]] or same
        unknown += not own
        unsure += len({(entry["fault"], entry["in_bank"]) for entry in own}) > 1
        if own:
            rows.append(row | {"served": own[0]})
    print(f"joined {len(rows):,} rows with the log; {unknown} are not in it, {unsure} could be several lines of it")
    return rows


def read_stage(run: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows that a stage of a run made."""
    parts = [part for part in sorted(run.glob(f"stages/{name}/*.parquet")) if part.name != "rejects.parquet"]
    return [row for part in parts for row in pq.read_table(part).to_pylist()]


def judge_rows(rows: list[dict[str, Any]], folders: list[Path]) -> tuple[Tally, Tally]:
    """Return the tallies of the answers with a fault and of those without one."""
    banks = [row for folder in folders for row in read_bank(folder / "bank.jsonl.gz")]
    langs = {squash(question): row["lang"] for row in banks for question in row["questions"]}
    bad, good = Tally(), Tally()
    left_out: Counter[str] = Counter()
    for row in rows:
        served, reason, query, lang = row["served"], row["reason"], row["query"] or "", row["lang"]
        fault, text = served["fault"], served["served"]
        if fault is None:
            if not served["in_bank"]:
                left_out["cloze questions of the server"] += 1
                continue
            if served["lang"] != lang or served["docid"] != row["docid"]:
                left_out["good questions about another document"] += 1
                continue
            counts = (
                reason is not None and not reason.startswith("duplicate") and reason not in NOT_QUALITY + SELF_CONTAINED
            )
            good.add(("good", lang), counts, reason, f"[{reason}] {query}")
            if reason in NOT_QUALITY + SELF_CONTAINED:
                good.examples[reason, lang].append(query)
            continue
        if fault == "copy" and not served["in_bank"]:
            left_out["copies of no paragraph"] += 1
        elif fault == "foreign" and langs.get(squash(text)) == lang:
            left_out["foreign questions that are in the document's language"] += 1
        else:
            is_clean = fault == "preamble" and "**" in text and squash(query) == squash(text.split("**")[1])
            bad.add((fault, lang), reason is None and not is_clean, reason, f"{query!r} <- {text!r}"[:400])
            bad.repaired[fault, lang] += reason is None and is_clean
    print("left out:", ", ".join(f"{count:,} {what}" for what, count in left_out.items()) or "nothing")
    return bad, good


def show(bad: Tally, good: Tally, examples: list[str]) -> dict[str, Any]:
    """Print the tables, add examples, and return the figures."""
    langs = sorted({lang for _, lang in [*bad.asked, *good.asked]})
    faults = list(dict.fromkeys(fault for fault, _ in bad.asked))
    print(
        "share of bad answers that reached the data set"
        + " " * 10
        + "".join(f"{lang:>7}" for lang in langs)
        + "    all"
    )
    for fault in faults:
        print_row(fault, bad, langs)
        repaired = sum(bad.repaired[fault, lang] for lang in langs)
        if repaired:
            print(f"{'  repaired and kept':56}{repaired / sum(bad.asked[fault, lang] for lang in langs):>6.1%}")
    print("share of good questions lost")
    print_row("good", good, langs)
    reasons: Counter[str] = Counter()
    for lang in langs:
        reasons.update(good.reasons["good", lang])
    asked = good.asked.total()
    print("reasons:", ", ".join(f"{reason} {count} ({count / asked:.2%})" for reason, count in reasons.most_common()))
    for tally in (bad, good):
        for (what, lang), lines in sorted(tally.examples.items()):
            examples.append(f"## {what} {lang}: {len(lines)} of {tally.asked[what, lang] or asked}")
            examples.extend(f"    {line}" for line in list(dict.fromkeys(lines))[:EXAMPLES])
    figures = {"bad": bad, "good": good}
    return {
        name: {
            f"{what} {lang}": {"asked": count, "wrong": tally.wrong[what, lang], "reasons": tally.reasons[what, lang]}
            for (what, lang), count in sorted(tally.asked.items())
        }
        for name, tally in figures.items()
    }


def print_row(what: str, tally: Tally, langs: list[str]) -> None:
    """Print one line of shares by language."""
    shares = [tally.wrong[what, lang] / max(1, tally.asked[what, lang]) for lang in langs]
    asked = sum(tally.asked[what, lang] for lang in langs)
    whole = sum(tally.wrong[what, lang] for lang in langs) / max(1, asked)
    print(f"  {what:36}{asked:>14,} " + "".join(f"{share:>7.1%}" for share in shares) + f"{whole:>7.2%}")


if __name__ == "__main__":
    main()
