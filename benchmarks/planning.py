"""Planning an epoch: time, and batches whose questions are relatives of each other, beside sentence-transformers.

    python -m venv peer-env && peer-env/bin/pip install torch==2.13.0 sentence-transformers==6.2.0
    PYTHONPATH=. python benchmarks/planning.py --peer-python peer-env/bin/python [--questions 100000] [--batch-size 64]

In: nothing; questions and documents are invented numbers. Every document has `--per-document` questions, every fifth
document is a near-duplicate of the one before, lengths are log-normal with median 3,000, cut at 8192. Relatives are
questions on one document or on near-duplicates.

Out, as Markdown: seconds for one epoch in batches of `--batch-size`, the batches with relatives, and those that are not
full. Ours groups lengths in the paper's buckets, the others do not. "shuffled" are plain random batches;
`NoDuplicatesBatchSampler` sees the documents as short texts, and no near-duplicates: it compares texts.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from training.batching.documents import Documents
from training.batching.examples import Example, TrainingData
from training.batching.plan import plan_training
from training.batching.relatives import Family, count_relatives, question_families
from training.config import FitConfig

SEED, NEGATIVES = 7, 7
PEER = """
import json, sys, time
from datasets import Dataset
from sentence_transformers.base.sampler import NoDuplicatesBatchSampler
documents, size, hashed = json.load(sys.stdin)
rows = {"anchor": [f"q{i}" for i in range(len(documents))], "positive": [f"d{row}" for row in documents]}
data = Dataset.from_dict(rows)
begin = time.perf_counter()
import torch
sampler = NoDuplicatesBatchSampler(
    data, size, drop_last=False, generator=torch.Generator(), seed=7, precompute_hashes=hashed
)
batches = list(sampler)
print(json.dumps([time.perf_counter() - begin, batches]))
"""


def invent(questions: int, per_document: int) -> TrainingData:
    """Return questions with hard negatives on documents that are known by their lengths alone."""
    random = np.random.default_rng(SEED)
    count = questions // per_document
    lengths = np.clip(random.lognormal(np.log(3000), 0.8, count), 50, 8192).astype(int).tolist()
    kin = [frozenset({f"cluster:{row - (row % 5 == 1)}"}) for row in range(count)]
    negatives = random.integers(count, size=(questions, NEGATIVES)).tolist()
    examples = [
        Example(f"q{i}", "en", (), (i % count,), tuple({*negatives[i]} - {i % count})) for i in range(questions)
    ]
    return TrainingData(examples, Documents(pa.table({}), lengths, lengths, kin))


def row(name: str, seconds: float, batches: Sequence[Sequence[int]], size: int, families: Sequence[Family]) -> str:
    """Return a line of the table; raises where a question is missing or stands twice."""
    assert sorted(index for batch in batches for index in batch) == list(range(len(families)))
    related = sum(count_relatives(batch, families) > 0 for batch in batches)
    short = sum(len(batch) < size for batch in batches)
    return f"| {name} | {seconds:.2f} | {len(batches):,} | {related / len(batches):.2%} | {short:,} |"


def peer_batches(python: Path, documents: list[int], size: int, hashed: bool) -> tuple[float, list[list[int]]]:
    """Return the seconds and batches of sentence-transformers' sampler."""
    ran = subprocess.run(
        [str(python), "-c", PEER],
        input=json.dumps([documents, size, hashed]),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        sys.exit(ran.stderr)
    seconds, batches = json.loads(ran.stdout.splitlines()[-1])
    return seconds, batches


def main() -> None:
    """Read the command line, plan with each, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", type=Path)
    parser.add_argument("--questions", type=int, default=100_000)
    parser.add_argument("--per-document", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=64)
    args = parser.parse_args()
    data = invent(args.questions, args.per_document)
    families = question_families(data.examples, data.documents.kin)
    config = FitConfig(dataset=Path(), model="", out=Path(), batch_size=args.batch_size, negatives=NEGATIVES, seed=SEED)
    begin = time.perf_counter()
    plan = plan_training(data, config)
    seconds = time.perf_counter() - begin
    lines = [row("m3-longdoc", seconds, [batch.examples for batch in plan], args.batch_size, families)]
    begin = time.perf_counter()
    order = np.random.default_rng(SEED).permutation(args.questions).tolist()
    shuffled = [order[start : start + args.batch_size] for start in range(0, args.questions, args.batch_size)]
    lines.append(row("shuffled", time.perf_counter() - begin, shuffled, args.batch_size, families))
    if args.peer_python:
        documents = [example.positives[0] for example in data.examples]
        for hashed in (False, True):
            found = peer_batches(args.peer_python, documents, args.batch_size, hashed)
            name = "NoDuplicatesBatchSampler" + (", precomputed hashes" if hashed else "")
            lines.append(row(name, *found, args.batch_size, families))
    print("| | seconds | batches | with relatives | not full |\n|---|---|---|---|---|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
