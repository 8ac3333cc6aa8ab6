"""BM25 beside bm25s on the same tokens: figures by language, then processor time, memory and disk for many documents.

    python -m venv PEER && PEER/bin/pip install bm25s==0.3.16
    PYTHONPATH=. python benchmarks/bm25.py --bench DIR --peer PEER/bin/python --work WORK [--tokenizer MODEL]
        [--languages en ko] [--documents 100000] [--tokens 80]

--bench is a folder of folders in BEIR's layout. Tokens are words (data.text), with --tokenizer also the subwords of a
model's tokenizer. The many documents are of invented words, whose counts follow Zipf's law; each of ours (in memory, on
disk) and the peer run in a process of their own. Out: two tables.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from data.bm25 import Bm25Index
from data.text import search_tokens

DEPTH = 100
QUERIES = 500


def main() -> None:
    """Run what was asked for; with --worker, be the process that is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path)
    parser.add_argument("--peer", help="the interpreter that has bm25s")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tokenizer")
    parser.add_argument("--languages", nargs="*", default=[])
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--tokens", type=int, default=80)
    parser.add_argument("--worker", choices=["memory", "disk"])
    options = parser.parse_args()
    if options.worker:
        return print(json.dumps(measure_ours(options)))
    options.work.mkdir(parents=True, exist_ok=True)
    if options.bench:
        compare_figures(options)
    compare_costs(options)
    return None


def compare_figures(options: argparse.Namespace) -> None:
    """Print nDCG@10 in percent of ours and the peer's, on the same tokens."""
    from training.collections.read import read_judged
    from training.judging.metrics import measure_rankings
    from training.searching.lexical import subwords_of

    kinds = {"words": search_tokens}
    if options.tokenizer:
        from transformers import AutoTokenizer

        kinds["subwords"] = subwords_of(AutoTokenizer.from_pretrained(options.tokenizer))
    print("kind       lang    ours    bm25s   difference")
    for collection in read_judged(options.bench, "test", options.languages):
        for kind, tokenize in kinds.items():
            index = Bm25Index(collection.texts, tokenize)
            ours = [[number for number, _ in index.search(query, DEPTH)] for query in collection.queries]
            tokens = ([tokenize(text) for text in texts] for texts in (collection.texts, collection.queries))
            peers, _ = run_peer(options, *tokens)
            figures = [100 * measure_rankings(rows, collection)["ndcg@10"] for rows in (ours, peers)]
            print(
                f"{kind:<10} {collection.lang:<4} {figures[0]:7.2f}  {figures[1]:7.2f}  {figures[0] - figures[1]:+7.2f}"
            )


def run_peer(
    options: argparse.Namespace, documents: Sequence[list[str]], queries: Sequence[list[str]]
) -> tuple[list[list[int]], dict[str, float]]:
    """Return the peer's rankings, and what they cost."""
    for name, rows in (("documents", documents), ("queries", queries)):
        with (options.work / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    command = [options.peer, Path(__file__).with_name("bm25_peer.py"), options.work, DEPTH]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    rankings = json.loads((options.work / "rankings.json").read_text(encoding="utf-8"))
    return rankings, json.loads(done.stdout.splitlines()[-1])


def invented(documents: int, tokens: int, seed: int) -> Iterator[str]:
    """Yield documents of invented words."""
    generator = np.random.default_rng(seed)
    shares = np.cumsum(1 / np.arange(1, 60_001))
    for start in range(0, documents, 1000):
        rows = np.searchsorted(shares / shares[-1], generator.random((min(1000, documents - start), tokens)))
        for row in rows:
            yield " ".join(f"w{number:x}q" for number in row.tolist())


def measure_ours(options: argparse.Namespace) -> dict[str, float]:
    """Build an index of invented documents and search it; return seconds, MiB and MB."""
    base = peak_mib()
    folder = options.work / "index" if options.worker == "disk" else None
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    started = time.process_time()
    index = Bm25Index(invented(options.documents, options.tokens, 0), str.split, folder)
    built = time.process_time() - started
    queries = list(invented(QUERIES, 10, 1))
    started = time.process_time()
    for query in queries:
        index.search(query, DEPTH)
    searched = time.process_time() - started
    disk = sum(file.stat().st_size for file in folder.iterdir()) / 1e6 if folder else 0.0
    return {"build": built, "query": 1000 * searched / QUERIES, "base": base, "peak": peak_mib(), "disk": disk}


def peak_mib() -> float:
    """Return the most memory that this process has held (what getrusage says begins with the parent's)."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]


def compare_costs(options: argparse.Namespace) -> None:
    """Print what ours and the peer cost; making the words is part of the time to build of ours, of the peer reading
    them."""
    rows = {}
    for kind in ("memory", "disk"):
        command = [sys.executable, __file__, "--worker", kind, "--work", options.work]
        command += ["--documents", options.documents, "--tokens", options.tokens]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
        rows[f"ours, {kind}"] = json.loads(done.stdout)
    documents = [text.split() for text in invented(options.documents, options.tokens, 0)]
    rows["bm25s"] = run_peer(options, documents, [text.split() for text in invented(QUERIES, 10, 1)])[1]
    print(f"\n{options.documents:,} documents of {options.tokens} tokens, {QUERIES} queries of 10; processor time")
    print("              build s   ms/query   peak MiB   of it before   disk MB")
    for name, row in rows.items():
        cells = (
            f"{row['build']:7.1f}   {row['query']:8.2f}   {row['peak']:8.0f}   {row['base']:12.0f}   {row['disk']:7.1f}"
        )
        print(f"{name:<14}{cells}")


if __name__ == "__main__":
    main()
