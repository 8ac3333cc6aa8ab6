"""Reading a test collection: time and memory, of several source trees of this project in the same run.

    PYTHONPATH=. python benchmarks/collection_memory.py SOURCES... [--documents 100000] [--words 5500] [--work FOLDER]

In: folders with the sources of this project (a checkout of an earlier commit, say). A collection of `--documents`
documents of about `--words` invented words each is written to a temporary folder in BEIR's layout, compressed; 5,500
words are about 8192 tokens.

Out, as Markdown: for each tree, in a process of its own, seconds to read the collection, seconds to read every text
once in the order of the ids, microseconds for one text at random, and the peaks of the process beyond what its imports
take: resident memory (VmHWM), and that part of it which is no page of a file (RssAnon, looked at 20 times a second):
pages of mapped files are cache, which the system takes back.
"""

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

READER = """
import json, random, sys, threading, time
from pathlib import Path
from training.collections.read import read_judged

def status(name):
    line = next(line for line in open("/proc/self/status") if line.startswith(name))
    return int(line.split()[1]) / 1024

anonymous, done = [status("RssAnon")], threading.Event()

def watch():
    while not done.wait(0.05):
        anonymous.append(status("RssAnon"))

before = status("VmHWM")
threading.Thread(target=watch, daemon=True).start()
begin = time.perf_counter()
(collection,) = read_judged(Path(sys.argv[1]))
read = time.perf_counter()
characters = sum(len(text) for text in collection.texts)
iterated = time.perf_counter()
chance = random.Random(1)
for _ in range(2000):
    collection.texts[chance.randrange(len(collection.texts))]
ended = time.perf_counter()
done.set()
print(json.dumps({
    "read": read - begin, "iterate": iterated - read, "random": (ended - iterated) / 2000 * 1e6,
    "resident": status("VmHWM") - before, "anonymous": max(anonymous) - anonymous[0],
    "characters": characters, "digest": collection.digest,
}))
"""


def write_collection(folder: Path, documents: int, words: int) -> None:
    """Write a corpus whose documents are slices of one long text, and a question on the first of them."""
    chance = random.Random(7)
    vocabulary = ["".join(chance.choices("abdefgiklmnorstuvz", k=chance.randint(2, 9))) for _ in range(20_000)]
    long_text = " ".join(chance.choices(vocabulary, k=20 * words))
    length = len(long_text) // 20
    with gzip.open(folder / "corpus.jsonl.gz", "wt", compresslevel=1) as file:
        for number in range(documents):
            start = chance.randrange(len(long_text) - length)
            row = {"_id": f"d{number:09}", "title": f"Document {number}", "text": long_text[start : start + length]}
            file.write(json.dumps(row) + "\n")
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "which?"}\n')
    (folder / "qrels.tsv").write_text(f"q\td{0:09}\t1\n")


def main() -> None:
    """Write the collection, read it with each tree, and print the table."""
    parser = argparse.ArgumentParser(description="Time and memory of reading a test collection.")
    parser.add_argument("sources", nargs="+", type=Path)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=5500)
    parser.add_argument("--work", type=Path, help="where the collection is written; by default a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        write_collection(Path(folder), arguments.documents, arguments.words)
        print("| sources | read s | iterate s | one text us | resident MiB | anonymous MiB | digest |")
        print("|---|---|---|---|---|---|---|")
        for sources in arguments.sources:
            done = subprocess.run(
                [sys.executable, "-c", READER, folder],
                cwd=sources,
                env={**os.environ, "PYTHONPATH": "", "TQDM_DISABLE": "1"},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            row = json.loads(done.stdout)
            cells = [sources.resolve().name, f"{row['read']:.1f}", f"{row['iterate']:.1f}", f"{row['random']:.0f}"]
            cells += [f"{row['resident']:.0f}", f"{row['anonymous']:.0f}", row["digest"]]
            print(f"| {' | '.join(cells)} |")
        print(f"\n{arguments.documents} documents, {row['characters'] / 1e9:.2f} GB of text")


if __name__ == "__main__":
    main()
