"""Read every export back with the library that it is made for, and compare each row with the data set.

    python benchmarks/exports.py --run DIR --work FOLDER [--model MODEL] [--only mldr flagembedding
        sentence-transformers beir mteb colbert pylate]

In: a run of m3-curate, or its data set, and a small model for the libraries that take a step or an evaluation
(`m3-train init --out MODEL --corpus ... --size tiny` makes one). Out: a table on the screen, FOLDER/exports.json.

Two data sets are exported: the run's own, and a copy whose training questions have up to three negatives (every tenth
fewer) and a teacher's scores, invented here, since what is shown is that files are read, not that they teach. The
interpreter needs the libraries (PyTorch first), and what the exports import: pyarrow, numpy, regex, tqdm, tyro.
FlagEmbedding 1.4 does not import beside the newest transformers, and PyLate wants an older Sentence Transformers, so
two environments are needed; a library that cannot be imported is reported as such.
"""

import argparse
import random
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
from exports_readers import Reader, read_flagembedding, read_mldr, read_sentence_transformers
from exports_retrieval import read_beir, read_colbert, read_mteb, read_pylate

from curation.command_config import ExportConfig
from curation.export import export_dataset
from data.dataset import CuratedDataset, load_curated, write_curated
from data.files import write_json
from data.records import DOCUMENT, PAIR, SPLITS, conform

NEGATIVES = 3
READERS: dict[str, tuple[str, str, Reader]] = {
    "mldr": ("mldr", "datasets", read_mldr),
    "flagembedding": ("flagembedding", "FlagEmbedding", read_flagembedding),
    "sentence-transformers": ("sentence-transformers", "sentence-transformers", read_sentence_transformers),
    "beir": ("beir", "beir", read_beir),
    "mteb": ("beir", "mteb", read_mteb),
    "colbert": ("colbert", "colbert-ai", read_colbert),
    "pylate": ("colbert", "pylate", read_pylate),
}


@dataclass(frozen=True)
class Outcome:
    """What a library made of an export."""

    data: str
    library: str
    compared: str
    seconds: float


def main() -> None:
    """Export, read back, compare, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--only", nargs="+", choices=sorted(READERS), default=list(READERS))
    options = parser.parse_args()
    outcomes = []
    for data, dataset in (("as made", load_curated(options.run)), ("with negatives", with_negatives(options))):
        for name in options.only:
            outcome = read_back(data, dataset, name, options)
            outcomes.append(outcome)
            print(f"{data:15} {outcome.library}: {outcome.compared} ({outcome.seconds:.1f} s)", flush=True)
    write_json(options.work / "exports.json", [vars(outcome) for outcome in outcomes])


def read_back(data: str, dataset: CuratedDataset, name: str, options: argparse.Namespace) -> Outcome:
    """Export in the layout of a library, and let the library read it; an error of the comparison ends the program."""
    layout, package, reader = READERS[name]
    target = options.work / data.replace(" ", "-") / name
    export_dataset(ExportConfig(out=dataset.path, format=layout, to=target))
    started = time.monotonic()
    try:
        compared = reader(target, dataset, options.model)
    except ImportError as error:
        compared = f"NOT READ: cannot be imported ({error})"
    return Outcome(data, f"{package} {version_of(package)}", compared, round(time.monotonic() - started, 1))


def version_of(package: str) -> str:
    """Return the version of an installed package."""
    try:
        return version(package)
    except ImportError:
        return "(not installed)"


def with_negatives(options: argparse.Namespace) -> CuratedDataset:
    """Return a copy of the data set with invented negatives of the same split, and a would-be teacher's scores."""
    dataset = load_curated(options.run)
    pairs, documents = [], []
    for lang in dataset.languages:
        rows = dataset.corpus(lang).to_pylist()
        documents += rows
        training = [row["docid"] for row in rows if row["split"] == "train"]
        for split in SPLITS:
            for number, pair in enumerate(dataset.pairs(lang, split).to_pylist()):
                pairs.append(_mined(pair, training, number) if split == "train" else pair)
    tables = ((pa.Table.from_pylist(pairs), PAIR), (pa.Table.from_pylist(documents), DOCUMENT))
    return write_curated(options.work / "mined", *(conform(table, record) for table, record in tables), {})


def _mined(pair: dict[str, Any], docids: list[str], number: int) -> dict[str, Any]:
    chance = random.Random(pair["query_id"])
    count = chance.randrange(NEGATIVES) if number % 11 == 10 else NEGATIVES
    others = chance.sample([docid for docid in docids if docid not in pair["positive_ids"]], count)
    return {
        **pair,
        "negative_ids": others,
        "negative_miners": ["bm25"] * count,
        "negative_ranks": list(range(2, count + 2)),
        "negative_scores": [float(count - place) for place in range(count)],
        "pos_scores": [0.875],
        "neg_scores": [0.5 / (place + 1) for place in range(count)],
    }


if __name__ == "__main__":
    main()
