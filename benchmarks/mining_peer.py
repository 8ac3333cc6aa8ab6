"""Let sentence-transformers mine the documents that `mining.py plants` makes, with the model that it made.

    pip install --target PEER --no-deps sentence-transformers==6.2.0 scikit-learn scipy joblib threadpoolctl pillow
    PYTHONPATH=.:PEER python benchmarks/mining_peer.py --bench DIR --languages en th zh --out WORK [--articles 60]
        [--questions 600] [--max-length 512]

Give the numbers that `mining.py plants` was given, after it: WORK/model is its model. `mine_hard_negatives` takes the
7 best of the first 100 documents; without a margin, and with the relative margin of 0.05 that its documentation shows.
It reads the first --max-length tokens of a document and knows no clusters. Out: a table, WORK/plants_peer.json.
"""

import argparse
import time
from collections import Counter
from pathlib import Path
from typing import Any

import sentence_transformers
from datasets import Dataset
from mining_plants import Planted
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import mine_hard_negatives

from data.files import write_json

NEGATIVES, DEPTH = 7, 100


def mine_language(model: SentenceTransformer, planted: Planted, lang: str, margin: float | None) -> Counter[str]:
    """Return how many of the negatives in one language are planted false negatives of their question, by kind."""
    texts = {row["docid"]: row["text"] for row in planted.documents if row["lang"] == lang}
    named = {text: docid for docid, text in texts.items()}
    pairs = [row for row in planted.pairs if row["lang"] == lang]
    rows = {"query": [row["query"] for row in pairs], "positive": [texts[row["positive_ids"][0]] for row in pairs]}
    mined = mine_hard_negatives(
        Dataset.from_dict(rows),
        model,
        corpus=list(texts.values()),
        range_max=DEPTH,
        relative_margin=margin,
        num_negatives=NEGATIVES,
        output_format="labeled-pair",
        verbose=False,
    )
    query_ids = {row["query"]: row["query_id"] for row in pairs}
    taken: Counter[str] = Counter()
    for row in mined:
        if row["label"] == 0:
            docid = named[row["positive"]]
            taken["all"] += 1
            if docid in planted.false_for[query_ids[row["query"]]]:
                taken["false"] += 1
                taken[planted.kinds[docid]] += 1
    return taken


def main() -> None:
    """Read the command line, mine without and with the margin, print and write the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--languages", nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--articles", type=int, default=60)
    parser.add_argument("--questions", type=int, default=600)
    parser.add_argument("--max-length", type=int, default=512)
    options = parser.parse_args()
    planted = Planted(options.bench, options.languages, options.articles, options.questions, with_kin=False)
    model = SentenceTransformer(str(options.out / "model"), device="cpu")
    model.max_seq_length = options.max_length
    results: dict[str, Any] = {"version": sentence_transformers.__version__}
    for margin in (None, 0.05):
        started = time.perf_counter()
        taken = sum((mine_language(model, planted, lang, margin) for lang in options.languages), Counter())
        seconds = time.perf_counter() - started
        print(
            f"relative margin {margin}: {taken['all']} negatives, {taken['false']} false, {seconds:.1f} s", dict(taken)
        )
        results[f"relative margin {margin}"] = {"taken": taken, "seconds": seconds}
    write_json(options.out / "plants_peer.json", results)


if __name__ == "__main__":
    main()
