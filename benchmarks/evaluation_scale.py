"""An evaluation over many documents: peak memory, disk, time of each part, and time per question by mode.

    python benchmarks/evaluation_scale.py --model DIR --out DIR --documents 100000

Makes a test collection of the invented atlas (one language: the gold documents with their questions among --documents
others), runs `m3-train evaluate --index` on it in a process of its own, and searches the shards that it kept once more,
mode by mode. Resident memory is split into what the process holds (anonymous) and the pages of files that it reads,
which the system takes back when others need them. Prints a table and writes OUT/scale.json.
"""

import argparse
import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from data.files import write_json
from training.model_files import load_reader
from training.searching.candidates import MERGE_DEPTH, RERANK_DEPTH
from training.searching.encoder import ScoreLimits, TextEncoder
from training.searching.late import DocumentVectors, LateInteraction
from training.searching.ranked import Best
from training.searching.shards import dense_columns, load_shard, question_columns, sparse_columns


def main() -> None:
    """Make the collection, evaluate, search again, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--gold-documents", type=int, default=250, help="with four questions each")
    parser.add_argument("--tokens", type=int, nargs=2, default=[150, 500])
    parser.add_argument("--language", default="en")
    parser.add_argument("--max-length", type=int, default=512)
    parser.add_argument("--keep-vectors-gb", type=float, default=4.0)
    options = parser.parse_args()

    collection = make_collection(options)
    index = options.out / "index"
    shutil.rmtree(index, ignore_errors=True)
    command = ["-m", "training", "evaluate", "--dataset", collection, "--model", options.model, "--index", index]
    command += ["--out", options.out / "metrics.json", "--max-length", options.max_length]
    command += ["--keep-vectors-gb", options.keep_vectors_gb]
    started = time.perf_counter()
    peaks = run_watched([sys.executable, *map(str, command)])
    report = json.loads((options.out / "metrics.json").read_text(encoding="utf-8"))
    figures: dict[str, Any] = {
        "documents": sum(row["documents"] for row in report["collections"].values()),
        "tokens": sum(row["tokens"] for row in report["truncation"].values()),
        "queries": sum(row["queries"] for row in report["collections"].values()),
        "seconds": time.perf_counter() - started,
        "seconds_by_part": report["seconds"],
        "peak_mib": peaks,
        "disk_mib": {
            kind: sum(file.stat().st_size for file in index.rglob(pattern)) / 2**20
            for kind, pattern in (("dense and sparse", "*.npz"), ("token vectors", "*.vectors.npy"))
        },
        "ms_per_question": time_modes(options, collection, index),
        "ndcg@10": {mode: row["all"]["ndcg@10"] for mode, row in report["metrics"].items()},
    }
    write_json(options.out / "scale.json", figures)
    print(json.dumps(figures, indent=2))


def make_collection(options: argparse.Namespace) -> Path:
    """Write the atlas and join its documents with the gold ones; return the folder in BEIR's layout."""
    folder: Path = options.out / f"collection-{options.documents}"
    if (folder / "qrels.tsv").exists():
        return folder
    atlas = options.out / "atlas"
    command = ["-m", "data.atlas", "--out", atlas, "--languages", options.language, "--tokens", *options.tokens]
    command += ["--documents", options.documents, "--gold-documents", options.gold_documents]
    subprocess.run([sys.executable, *map(str, command)], check=True)
    gold = atlas / "gold" / options.language
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(gold / "queries.jsonl", folder)
    with (
        (folder / "corpus.jsonl").open("w", encoding="utf-8") as joined,
        (gold / "corpus.jsonl").open(encoding="utf-8") as gold_rows,
        (atlas / "documents" / f"{options.language}.jsonl").open(encoding="utf-8") as others,
    ):
        joined.writelines(gold_rows)
        for number, line in enumerate(others):
            row = json.loads(line)
            named = {"_id": f"other-{number}", "title": row.get("title"), "text": row["text"]}
            named["lang"] = options.language
            joined.write(json.dumps(named, ensure_ascii=False) + "\n")
    shutil.copy(gold / "qrels.tsv", folder)
    return folder


def run_watched(command: list[str]) -> dict[str, float]:
    """Run a process and return the most memory it held, in MiB: of its own, and together with pages of files."""
    process = subprocess.Popen(command)
    peaks = {"anonymous": 0.0, "resident": 0.0}

    def watch() -> None:
        while process.poll() is None:
            try:
                lines = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
            except OSError:
                return
            values = dict(line.split(":", 1) for line in lines)
            for name, field in (("anonymous", "RssAnon"), ("resident", "VmRSS")):
                peaks[name] = max(peaks[name], int(values.get(field, "0").split()[0]) / 1024)
            time.sleep(0.1)

    thread = threading.Thread(target=watch)
    thread.start()
    if process.wait():
        raise SystemExit(f"exit status {process.returncode}: {' '.join(command)}")
    thread.join()
    return peaks


def time_modes(options: argparse.Namespace, collection: Path, index: Path) -> dict[str, float]:
    """Return milliseconds a question: encoding it, and searching by each of the heads, all questions together."""
    lines = (collection / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [json.loads(line)["text"] for line in lines]
    limits = ScoreLimits(max_length=options.max_length, max_query_length=512, sub_batch_tokens=16384)
    encoder = TextEncoder(*load_reader(str(options.model), limits.max_length, limits.max_query_length), limits)
    files = sorted(index.rglob("*.npz"))
    found: dict[str, float] = {}

    def note(name: str, started: float) -> None:
        found[name] = 1000 * (time.perf_counter() - started) / len(queries)

    started = time.perf_counter()
    questions = encoder.encode_questions(queries, vectors=np.float32)
    note("encode", started)
    dense, sparse = question_columns(questions)
    lists = {name: Best(len(queries), MERGE_DEPTH, heads=1) for name in ("dense", "sparse")}
    for name, best in lists.items():
        started = time.perf_counter()
        for file in files:
            shard = load_shard(file)
            numbers = np.arange(shard.first, shard.first + len(shard.counts), dtype=np.int32)
            if name == "dense":
                key = scores = dense_columns(shard, dense, "max")
            else:
                scores = sparse_columns(shard, sparse, "max")
                key = np.where(scores > 0, scores, -np.inf)
            best.offer(range(len(queries)), numbers, key, scores[None])
        note(name, started)
    late = LateInteraction(questions, np.arange(len(queries)), ("max", "max"), encoder.device)
    asked: dict[int, list[int]] = {}
    for row, numbers in enumerate(lists["dense"].documents):
        for number in numbers[:RERANK_DEPTH].tolist():
            asked.setdefault(number, []).append(row)
    vectors = DocumentVectors(encoder, files, lambda _: iter(()))
    kept = [number for file in files if len(load_shard(file).vector_ends) for number in _numbers(file)]
    wanted = sorted(set(kept) & set(asked))
    started = time.perf_counter()
    pairs = 0
    for number, texts in vectors.of(wanted):
        late.score(asked[number], texts)
        pairs += len(asked[number])
    elapsed = time.perf_counter() - started
    found["multi-vec, 200 documents with kept vectors"] = 1000 * elapsed / max(pairs, 1) * RERANK_DEPTH
    return found


def _numbers(file: Path) -> range:
    shard = load_shard(file)
    return range(shard.first, shard.first + len(shard.counts))


if __name__ == "__main__":
    main()
