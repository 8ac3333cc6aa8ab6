"""bm25s on given tokens, for `bm25.py`: reads WORK/documents.jsonl and WORK/queries.jsonl, a list of tokens a line.

    PEER/bin/python benchmarks/bm25_peer.py WORK DEPTH

Writes WORK/rankings.json (document numbers, best first; documents that share no token are left out) and prints
processor time and MiB as JSON. Method, k1 and b are those of Lucene's formula with tantivy's constants.
"""

import json
import re
import sys
import time
from pathlib import Path

import bm25s


def main() -> None:
    """Index, search, write."""
    work, depth = Path(sys.argv[1]), int(sys.argv[2])
    base = peak_mib()
    queries = read(work / "queries.jsonl")
    started = time.process_time()
    documents = read(work / "documents.jsonl")
    index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    index.index(documents, show_progress=False)
    built = time.process_time() - started
    size = len(documents)
    started = time.process_time()
    rankings = []
    for query in queries:
        known = [token for token in query if token in index.vocab_dict]
        if not known:
            rankings.append([])
            continue
        found, scores = index.retrieve([known], k=min(depth, size), show_progress=False)
        kept = zip(found[0].tolist(), scores[0].tolist(), strict=True)
        rankings.append([number for number, score in kept if score > 0])
    searched = time.process_time() - started
    (work / "rankings.json").write_text(json.dumps(rankings), encoding="utf-8")
    cost = {"build": built, "query": 1000 * searched / len(queries), "base": base, "peak": peak_mib(), "disk": 0.0}
    print(json.dumps(cost))


def peak_mib() -> float:
    """Return the most memory that this process has held."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def read(file: Path) -> list[list[str]]:
    """Return the lists of tokens in `file`."""
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    main()
