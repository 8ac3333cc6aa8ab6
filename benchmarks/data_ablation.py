"""What the checks and the mined negatives are worth: the same model, trained for the same steps on three data sets.

    python benchmarks/data_ablation.py --bench BENCH --server question_server.py --corpus FILES.jsonl.gz... --out DIR \
        --languages ar fr hi ko ru th zh

raw        every answer of an LLM with faults, as it came
filtered   what the checks and the duplicate search left of the same answers
mined      the same, with mined hard negatives

BENCH holds a folder for each language: corpus.jsonl.gz, queries.jsonl.gz, qrels.tsv and bank.jsonl.gz, from which the
server (OpenAI's protocol; `--bank FILES --port N --fault NAME=SHARE...`) answers with human questions and with faults.
Its articles are dealt to train and test before any question is asked; the models are judged by the human questions
about the test articles, searched among all articles. The model is small and random, with a tokenizer trained on
--corpus. Prints a table of nDCG@10, mean and range over the seeds, and writes DIR/data_ablation.json.
"""

import argparse
import contextlib
import gzip
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from curation import pipeline
from curation.config import GenerateConfig, PassageConfig, RunConfig, SampleConfig, SplitConfig
from curation.pairs import make_pairs
from data.dataset import load_curated, write_curated
from data.files import write_json
from training.config import FitConfig, InitConfig
from training.evaluate import evaluate
from training.evaluate_config import MODES, EvaluateConfig
from training.fit import fit
from training.init import init

FAULTS = "empty=.03 cut=.03 preamble=.03 two=.03 foreign=.1 copy=.03 refusal=.03 pronoun=.03"
PORT = 8391
ARMS = ("raw", "filtered", "mined")


def main() -> None:
    """Make the data sets, train every arm with every seed, judge, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--server", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--languages", nargs="+", required=True, help="folders of --bench")
    parser.add_argument("--faults", default=FAULTS)
    parser.add_argument("--passages-per-document", type=int, default=6)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--negatives", type=int, default=2)
    parser.add_argument("--max-length", type=int, default=2048)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--miners", nargs="+", default=["bm25"])
    options = parser.parse_args()

    untrained = options.out / "untrained"
    if not (untrained / "modules.json").exists():
        init(InitConfig(out=untrained, corpus=tuple(options.corpus), max_length=options.max_length))
    make_datasets(options, untrained)
    judged = write_test(options)
    results: dict[str, dict[str, dict[str, float]]] = {
        "untrained": {"": measure(untrained, judged, options, "untrained")}
    }
    for arm in ARMS:
        for seed in options.seeds:
            model = options.out / "models" / f"{arm}-{seed}"
            fit(
                FitConfig(
                    dataset=options.out / arm,
                    model=str(untrained),
                    out=model,
                    max_length=options.max_length,
                    learning_rate=options.learning_rate,
                    max_steps=options.steps,
                    batch_size=options.batch_size,
                    negatives=options.negatives,
                    seed=seed,
                )
            )
            results.setdefault(arm, {})[str(seed)] = measure(model, judged, options, f"{arm}-{seed}")
    described = {arm: describe(options.out / arm) for arm in ARMS}
    settings = {name: str(value) for name, value in vars(options).items()}
    write_json(options.out / "data_ablation.json", {"settings": settings, "datasets": described, "ndcg@10": results})
    print_table(results, described)


def files_of(options: argparse.Namespace, name: str) -> list[Path]:
    """Return the bench's files of one kind, in the order of the languages."""
    return [options.bench / lang / f"{name}.jsonl.gz" for lang in sorted(options.languages)]


def make_datasets(options: argparse.Namespace, untrained: Path) -> None:
    """Write the data sets of the three arms, from one set of answers."""
    config = RunConfig(
        out=options.out / "run",
        sample=SampleConfig(source=tuple(str(file) for file in files_of(options, "corpus"))),
        split=SplitConfig(dev_share=0, test_share=0.3),
        passages=PassageConfig(passages_per_document=options.passages_per_document),
        generate=GenerateConfig(
            generator="openai", model="bank-1", base_url=(f"http://127.0.0.1:{PORT}/v1",), concurrency=32
        ),
    )
    if all((options.out / arm / "manifest.json").exists() for arm in ARMS):
        return
    more = ("--fault", *options.faults.split(), "--log", options.out / "served.jsonl")
    with serving(options.server, PORT, files_of(options, "bank"), *more):
        dataset = pipeline.run(config, lambda line: print(line, file=sys.stderr))
    with pipeline.open_run(config):
        outputs = pipeline.run_stages(config, "dedup")
    documents, answers = outputs["split"].table, outputs["generate"].table
    asked = [bool((query or "").strip()) for query in answers["query"].to_pylist()]
    raw = make_pairs(answers.filter(pa.array(asked)), outputs["passages"].table)
    write_curated(options.out / "raw", raw, documents, {"input": "raw"})
    kept = pa.concat_tables([dataset.pairs(lang, split) for lang in dataset.languages for split in ("train", "test")])
    for arm in ("filtered", "mined"):
        write_curated(options.out / arm, kept, documents, {"input": arm})
    command = ["mine", "--dataset", options.out / "mined", "--model", untrained, "--miners", *options.miners]
    command += ["--max-length", options.max_length, "--negatives", max(7, options.negatives)]
    subprocess.run([sys.executable, "-m", "training", *map(str, command)], check=True)


@contextlib.contextmanager
def serving(server: Path, port: int, banks: Sequence[Path], *more: object) -> Iterator[None]:
    """Run the server while the block runs."""
    command = [sys.executable, server, "--port", port, "--latency", 0.01, "--bank", *banks, *more]
    process = subprocess.Popen([*map(str, command)])
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models"):
                break
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait()


def write_test(options: argparse.Namespace) -> Path:
    """Write the bench's folders anew with the questions about the test articles alone; return where they stand."""
    dataset = load_curated(options.out / "filtered")
    target: Path = options.out / "judged"
    for folder in (file.parent for file in files_of(options, "corpus")):
        corpus = dataset.corpus(folder.name, ["docid", "split"])
        split = dict(zip(corpus["docid"].to_pylist(), corpus["split"].to_pylist(), strict=True))
        lines = (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
        chosen = [line for line in lines if split.get(line.split("\t")[1]) == "test"]
        (target / folder.name).mkdir(parents=True, exist_ok=True)
        (target / folder.name / "qrels.tsv").write_text("".join(chosen), encoding="utf-8")
        wanted = {line.split("\t")[0] for line in chosen}
        with gzip.open(folder / "queries.jsonl.gz", "rt", encoding="utf-8") as queries:
            rows = [line for line in queries if json.loads(line)["qid"] in wanted]
        (target / folder.name / "queries.jsonl").write_text("".join(rows), encoding="utf-8")
        link = target / folder.name / "corpus.jsonl.gz"
        link.unlink(missing_ok=True)
        link.symlink_to((folder / "corpus.jsonl.gz").resolve())
    return target


def measure(model: Path, judged: Path, options: argparse.Namespace, name: str) -> dict[str, float]:
    """Return mode -> nDCG@10, the mean over the languages."""
    file = options.out / "figures" / f"{name}.json"
    report = evaluate(EvaluateConfig(dataset=judged, model=str(model), out=file, max_length=options.max_length))
    return {mode: by_language["all"]["ndcg@10"] for mode, by_language in report["metrics"].items()}


def describe(folder: Path) -> dict[str, int]:
    """Return how many training questions an arm has, and how many hard negatives."""
    dataset = load_curated(folder)
    pairs = [dataset.pairs(lang, "train") for lang in dataset.languages]
    negatives = sum(len(ids or ()) for table in pairs for ids in table["negative_ids"].to_pylist())
    return {"train": sum(map(len, pairs)), "negatives": negatives}


def print_table(results: dict[str, dict[str, dict[str, float]]], described: dict[str, dict[str, int]]) -> None:
    """Print nDCG@10 by arm and mode: the mean over the seeds, and the smallest and largest."""
    modes = [mode for mode in MODES if all(mode in row for by_seed in results.values() for row in by_seed.values())]
    print(f"\n{'nDCG@10':12}{'questions':>10}" + "".join(f"{mode:>24}" for mode in modes))
    for arm, by_seed in results.items():
        cells = ""
        for mode in modes:
            values = [100 * figures[mode] for figures in by_seed.values()]
            cells += f"{statistics.mean(values):>9.1f} ({min(values):5.1f} - {max(values):5.1f})"
        print(f"{arm:12}{described.get(arm, {}).get('train', 0):>10,}{cells}")


if __name__ == "__main__":
    main()
