"""Our BM25 beside bm25s (https://github.com/xhluca/bm25s) and beside the formula itself, on the same tokens.

    python -m venv PEER && PEER/bin/pip install -c constraints.txt -e . bm25s
    python benchmarks/bm25_formula.py --bench FOLDER --peer-python PEER/bin/python --out DIR [--tokenizer DIR_OR_ID]

FOLDER is what `m3-train evaluate --dataset` takes. Systems, each in a process of its own, language after language:

    tantivy           data.bm25, on the tokens of data.text (k1 = 1.2, b = 0.75)
    bm25s             Lucene's formula with the same tokens, k1 and b
    bm25s, defaults   its own tokens (words of two letters or more, English stop words left out), k1 = 1.5
    plain             the formula in plain numpy; `rounded`: with document lengths rounded down as tantivy keeps them,
                      in a byte

With --tokenizer those but the third once more on a tokenizer's subwords. Questions are asked one after the other; what
shares no token with a question is not found, and equal scores stand in the order of the documents, in every system.
Prints tables and writes OUT/bm25_formula.json.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.bm25 import Bm25Index
from data.text import search_tokens
from training.collections.read import read_judged

K1, B = 1.2, 0.75
DEPTH = 100
Hits = list[int]
Search = Callable[[str], Hits]
Tokenize = Callable[[str], list[str]]
PEERS = ("bm25s", "bm25s, defaults")
SYSTEMS = ("tantivy", *PEERS, "plain", "plain, rounded")


def main() -> None:
    """Run every system, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--tokenizer", default=None)
    parser.add_argument("--languages", nargs="*", default=[])
    parser.add_argument("--work", choices=SYSTEMS, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options)
        return
    report: dict[str, Any] = {}
    for tokenizer in (None, options.tokenizer) if options.tokenizer else (None,):
        kind = "subwords" if tokenizer else "words"
        systems = [system for system in SYSTEMS if not tokenizer or system != "bm25s, defaults"]
        report[kind] = {system: run(system, tokenizer, options) for system in systems}
        measure_all(report[kind], options)
        print_tables(kind, report[kind])
    (options.out / "bm25_formula.json").write_text(json.dumps(report, indent=2), encoding="utf-8")


def run(system: str, tokenizer: str | None, options: argparse.Namespace) -> dict[str, Any]:
    """Return what a system's process writes: seconds and rankings by language, and its peak memory."""
    options.out.mkdir(parents=True, exist_ok=True)
    python = options.peer_python if system in PEERS else sys.executable
    command = [python, __file__, "--work", system, "--bench", str(options.bench), "--out", str(options.out)]
    command += ["--tokenizer", tokenizer] if tokenizer else []
    command += ["--languages", *options.languages] if options.languages else []
    subprocess.run(command, check=True)
    return json.loads((options.out / "work.json").read_text(encoding="utf-8"))


def work(options: argparse.Namespace) -> None:
    """Index and search every collection with one system; write what it took and found."""
    tokenize = subwords_of(options.tokenizer) if options.tokenizer else search_tokens
    build = {
        "tantivy": lambda texts: build_tantivy(texts, tokenize),
        "bm25s": lambda texts: build_bm25s(texts, tokenize),
        "bm25s, defaults": build_bm25s_defaults,
        "plain": lambda texts: build_plain(texts, tokenize, lambda length: length),
        "plain, rounded": lambda texts: build_plain(texts, tokenize, rounded),
    }[options.work]
    collections = read_judged(options.bench, "test", options.languages)
    before = peak_mib()
    found: dict[str, Any] = {}
    for collection in collections:
        started = time.perf_counter()
        search = build(list(collection.texts))
        built = time.perf_counter()
        rankings = [search(query) for query in collection.queries]
        ended = time.perf_counter()
        found[collection.lang] = {"build": built - started, "query": ended - built, "rankings": rankings}
    result = {"languages": found, "peak_mib": peak_mib(), "peak_mib_before": before}
    (options.out / "work.json").write_text(json.dumps(result), encoding="utf-8")


def peak_mib() -> float:
    """Return the most memory that this process has held so far (getrusage would begin with its parent's)."""
    rows = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(rows["VmHWM"].split()[0]) / 1024


def subwords_of(name: str) -> Tokenize:
    """Return a function that gives the numbers of a text's subwords, as text; special tokens are left out."""
    from tokenizers import Tokenizer

    file = Path(name) / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(file)) if file.exists() else Tokenizer.from_pretrained(name)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    special = {number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}

    def tokenize(text: str) -> list[str]:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        return [str(number) for number in ids if number not in special]

    return tokenize


def build_tantivy(texts: Sequence[str], tokenize: Tokenize) -> Search:
    """Index with data.bm25."""
    index = Bm25Index(texts) if tokenize is search_tokens else Bm25Index(texts, tokenize)
    return lambda query: [number for number, _ in index.search(query, DEPTH)]


def build_bm25s(texts: Sequence[str], tokenize: Tokenize) -> Search:
    """Index with bm25s on our tokens, with our k1 and b."""
    import bm25s

    index = bm25s.BM25(k1=K1, b=B, method="lucene")
    index.index([tokenize(text) for text in texts], show_progress=False)
    return lambda query: best(index.get_scores(tokenize(query)))


def build_bm25s_defaults(texts: Sequence[str]) -> Search:
    """Index with bm25s as its README does."""
    import bm25s

    index = bm25s.BM25()
    index.index(bm25s.tokenize(list(texts), show_progress=False), show_progress=False)

    def search(query: str) -> Hits:
        (tokens,) = bm25s.tokenize([query], return_ids=False, show_progress=False)
        return best(index.get_scores(tokens)) if tokens else []

    return search


def build_plain(texts: Sequence[str], tokenize: Tokenize, kept: Callable[[int], int]) -> Search:
    """Index in plain numpy; `kept` is what the index knows of a document's length."""
    counts = [Counter(tokenize(text)) for text in texts]
    lengths = [sum(count.values()) for count in counts]
    norms = K1 * (1 - B + B * np.array([kept(length) for length in lengths]) / np.mean(lengths))  # [documents]
    postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, count in enumerate(counts):
        for token, times in count.items():
            postings[token].append((number, times))
    lists = {token: np.array(rows).T for token, rows in postings.items()}  # each [2, documents that hold it]

    def search(query: str) -> Hits:
        scores = np.zeros(len(texts))
        for token in tokenize(query):
            if token in lists:
                numbers, times = lists[token]
                weight = math.log(1 + (len(texts) - len(numbers) + 0.5) / (len(numbers) + 0.5))
                scores[numbers] += weight * times / (times + norms[numbers])
        return best(scores)

    return search


def rounded(length: int) -> int:
    """Return a document's length as tantivy and Lucene keep it: exact to 40, then its four highest bits above 24."""
    shift = max((length - 24).bit_length() - 4, 0)
    return length if length < 40 else 24 + ((length - 24) >> shift << shift)


def best(scores: np.ndarray) -> Hits:
    """Return the numbers of the greatest scores above 0, best first, equal ones by rising number."""
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    return [int(number) for number in order if scores[number] > 0]


def measure_all(found: dict[str, dict[str, Any]], options: argparse.Namespace) -> None:
    """Put nDCG@10 in the place of each language's rankings, and how many questions have the ten of tantivy."""
    from training.judging.metrics import measure_rankings

    for collection in read_judged(options.bench, "test", options.languages):
        rows = {system: each["languages"][collection.lang] for system, each in found.items()}
        ours = [ranking[:10] for ranking in rows["tantivy"]["rankings"]]
        for row in rows.values():
            theirs = row.pop("rankings")
            row["ndcg@10"] = measure_rankings(theirs, collection)["ndcg@10"]
            same = sum(own == other[:10] for own, other in zip(ours, theirs, strict=True))
            row["same_ten"] = same / len(ours)
            row["questions"] = len(ours)


def print_tables(kind: str, found: dict[str, dict[str, Any]]) -> None:
    """Print quality by language, then what each system takes."""
    print(f"\n{kind}: nDCG@10, and the questions with tantivy's ten documents in its order")
    print(f"{'':5}" + "".join(f"{system:>24}" for system in found))
    for lang in found["tantivy"]["languages"]:
        cells = [each["languages"][lang] for each in found.values()]
        print(f"{lang:5}" + "".join(f"{100 * cell['ndcg@10']:14.2f} {cell['same_ten']:9.1%}" for cell in cells))
    means = [np.mean([row["ndcg@10"] for row in each["languages"].values()]) for each in found.values()]
    print("mean " + "".join(f"{100 * mean:14.2f} {'':9}" for mean in means))
    print("\nseconds to index, milliseconds a question, MiB above what the texts take; in brackets over tantivy's")
    base = cost(found["tantivy"])
    for system, each in found.items():
        print(
            f"{system:16}"
            + "".join(f"{own:10.2f} ({own / ours:5.2f})" for own, ours in zip(cost(each), base, strict=True))
        )


def cost(found: dict[str, Any]) -> tuple[float, float, float]:
    """Return seconds of indexing, milliseconds a question, MiB."""
    rows = found["languages"].values()
    questions = sum(row["questions"] for row in rows)
    query = 1000 * sum(row["query"] for row in rows) / questions
    return sum(row["build"] for row in rows), query, found["peak_mib"] - found["peak_mib_before"]


if __name__ == "__main__":
    main()
