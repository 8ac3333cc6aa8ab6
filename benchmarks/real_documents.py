"""Did fine-tuning help, where, and what to use in production: real articles, from curation to figures by our commands.

    python benchmarks/real_documents.py --bench BENCH --server question_server.py --docs FILES.jsonl.gz... --out DIR \
        [--languages ar zh] [--encoder MODEL --encoder-language en]

BENCH holds a folder for each language: corpus.jsonl.gz, queries.jsonl.gz, qrels.tsv and bank.jsonl.gz, from which the
server (OpenAI's protocol; `--bank FILES --port N`) answers with human questions. `m3-curate run` deals the articles to
train, dev and test and asks; what judges are the bench's own questions about articles in neither train nor dev, whose
whole articles are searched; the script stops when a training question is one of them. A small random model, with a
tokenizer trained on --docs, is trained on windows around the evidence, then given positions for whole articles.

With --encoder, a pretrained encoder (a folder or hub id) goes the same way in one language: its fresh heads first, the
encoder frozen, then all weights; judged as it reads 512 tokens, extended to 2,048, and by the best of all windows of a
document. Only articles that the bank has questions about are
curated then, so that the bench's other articles are kinds of text that the model never saw.

Every step is a command, printed as it is run; DIR/*/seconds.json holds how long each took. A step whose result is there
is skipped: run the same line again after a stop. Fusion weights are chosen on the bench's questions about dev articles.
Prints nDCG@10 by language and mode, before and after; the tables of `m3-train compare` stand above them.
"""

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from data_ablation import serving

from data.dataset import load_curated
from data.files import write_json
from data.text import letters
from training.evaluate_config import MODES

WINDOW, WHOLE = 2048, 8192  # tokens: what the small model trains on, and what it reads when it is judged
ENCODER_WINDOW, ENCODER_WHOLE = 512, 2048
EVIDENCE = ("--window", "evidence", "--batch-size", 16, "--report-to", "none")


def main() -> None:
    """Run both parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--server", type=Path, required=True)
    parser.add_argument("--docs", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--languages", nargs="+", default=[], help="folders of --bench; all by default")
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--encoder", help="folder or hub id of a pretrained encoder, such as MiniLM's")
    parser.add_argument("--encoder-language", default="en")
    parser.add_argument("--encoder-steps", type=int, default=60)
    parser.add_argument("--port", type=int, default=8461)
    options = parser.parse_args()
    options.languages = options.languages or sorted(
        path.parent.name for path in options.bench.glob("*/corpus.jsonl.gz")
    )
    run_small(options)
    if options.encoder:
        run_encoder(options)


def run_small(options: argparse.Namespace) -> None:
    """Train a small random model on all languages; judge it before and after."""
    work: Path = options.out / "small"
    sources = [options.bench / lang / "corpus.jsonl.gz" for lang in options.languages]
    curate(options, work, sources, options.languages, "--passages-per-document", 12, "--test-share", 0.3)
    judged, tuning = write_judged(options, work, options.languages)
    done(work, "untrained", "init", "--corpus", *options.docs, "--size", "tiny", "--max-length", WINDOW)
    step(work, work / "run" / "dataset-mining", "mine", "--dataset", work / "run", "--miners", "bm25", "--negatives", 3)
    fit = ("--dataset", work / "run", "--max-length", WINDOW, "--negatives", 1, "--learning-rate", 2e-3, *EVIDENCE)
    steps = ("--max-steps", options.steps, "--eval-steps", max(1, options.steps // 3))
    done(work, "tuned", "fit", "--model", work / "untrained", *fit, *steps)
    for name in ("untrained", "tuned"):
        done(work, f"{name}-whole", "init", "--from", work / name, "--max-length", WHOLE)
    judge(work, (judged, tuning), {f"{name}-whole": WHOLE for name in ("untrained", "tuned")})
    compare(work, "untrained-whole", "tuned-whole")


def run_encoder(options: argparse.Namespace) -> None:
    """Train the pretrained encoder on one language; judge it before and after, as it was and extended."""
    work: Path = options.out / "encoder"
    lang = options.encoder_language
    source = write_source(options, work, lang)
    passages = ("--passages-per-document", 60, "--passage-min-tokens", 40, "--passage-max-tokens", 200)
    curate(options, work, [source], [lang], *passages, "--test-share", 0.2)
    judged, tuning = write_judged(options, work, [lang])
    done(work, "start", "init", "--from", options.encoder, "--max-length", ENCODER_WINDOW)
    fit = ("--dataset", work / "run", "--max-length", ENCODER_WINDOW, "--negatives", 0, "--eval-steps", 0, *EVIDENCE)
    warm_up = ("--freeze", "encoder", "--learning-rate", 2e-3, "--max-steps", 40)
    done(work, "heads", "fit", "--model", work / "start", *fit, "--bf16", *warm_up)
    whole = ("--learning-rate", 5e-5, "--max-steps", options.encoder_steps)
    done(work, "tuned", "fit", "--model", work / "heads", *fit, "--bf16", *whole)
    for name in ("start", "tuned"):
        done(work, f"{name}-whole", "init", "--from", work / name, "--max-length", ENCODER_WHOLE)
    lengths = {"start": ENCODER_WINDOW, "start-whole": ENCODER_WHOLE}
    judge(work, (judged, tuning), lengths | {"tuned": ENCODER_WINDOW, "tuned-whole": ENCODER_WHOLE})
    evaluate(work, judged, "tuned", "tuned-windows", ENCODER_WINDOW, "--window", "all")
    for before, after in (("start", "start-whole"), ("start-whole", "tuned-whole"), ("tuned-whole", "tuned-windows")):
        compare(work, before, after)


def curate(
    options: argparse.Namespace, work: Path, sources: Sequence[Path], langs: Sequence[str], *more: object
) -> None:
    """Make the data set WORK/run of `sources`, with the server's questions."""
    if (work / "run" / "dataset" / "manifest.json").exists():
        return
    endpoint = f"http://127.0.0.1:{options.port}/v1"
    banks = [options.bench / lang / "bank.jsonl.gz" for lang in langs]
    asking = ("--generator", "openai", "--model", "bank-1", "--base-url", endpoint, "--concurrency", 32)
    with serving(options.server, options.port, banks):
        run(work, "curate", "curation", "run", "--source", *sources, "--out", work / "run", *asking, *more)


def write_source(options: argparse.Namespace, work: Path, lang: str) -> Path:
    """Write the articles that the bank has questions about to a file; return it."""
    with gzip.open(options.bench / lang / "bank.jsonl.gz", "rt", encoding="utf-8") as bank:
        known = {json.loads(line)["docid"] for line in bank}
    with gzip.open(options.bench / lang / "corpus.jsonl.gz", "rt", encoding="utf-8") as corpus:
        rows = [line for line in corpus if json.loads(line)["docid"] in known]
    work.mkdir(parents=True, exist_ok=True)
    file = work / "source.jsonl"
    file.write_text("".join(rows), encoding="utf-8")
    return file


def write_judged(options: argparse.Namespace, work: Path, langs: Sequence[str]) -> tuple[Path, Path]:
    """Write the bench's folders anew with the questions about articles in neither train nor dev, and again with those
    about dev articles, for the fusion weights; return where.

    Stops when a question of train or dev is one of those that judge.
    """
    dataset = load_curated(work / "run")
    for lang in langs:
        corpus = dataset.corpus(lang, ["docid", "split"]).to_pylist()
        split = {row["docid"]: row["split"] for row in corpus}
        judging = write_bench(options.bench / lang, work / "judged" / lang, split, "test")
        write_bench(options.bench / lang, work / "tuning" / lang, split, "dev")
        asked = {query for part in ("train", "dev") for query in dataset.pairs(lang, part)["query"].to_pylist()}
        known = sorted(query for query in asked if letters(query) in judging)
        if known:
            raise SystemExit(f"{lang}: {len(known)} questions of train or dev also judge, such as {known[0]!r}")
    return work / "judged", work / "tuning"


def write_bench(folder: Path, target: Path, split: dict[str, str], part: str) -> set[str]:
    """Write a folder of the bench anew with the questions about the articles of one part; return their letters.

    Articles that were not curated are test.
    """
    lines = (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    chosen = [line for line in lines if split.get(line.split("\t")[1], "test") == part]
    wanted = {line.split("\t")[0] for line in chosen}
    with gzip.open(folder / "queries.jsonl.gz", "rt", encoding="utf-8") as queries:
        rows = [line for line in queries if json.loads(line)["qid"] in wanted]
    (target / "qrels").mkdir(parents=True, exist_ok=True)
    (target / "qrels" / f"{part}.tsv").write_text("".join(chosen), encoding="utf-8")
    (target / "queries.jsonl").write_text("".join(rows), encoding="utf-8")
    link = target / "corpus.jsonl.gz"
    link.unlink(missing_ok=True)
    link.symlink_to((folder / "corpus.jsonl.gz").resolve())
    return {letters(json.loads(line)["text"]) for line in rows}


def judge(work: Path, folders: tuple[Path, Path], lengths: dict[str, int]) -> None:
    """Choose fusion weights for the models of `lengths` (tokens that each reads), and evaluate them.

    `folders` hold the questions that judge, and those that the fusion weights are chosen on.
    """
    judged, tuning = folders
    for name, tokens in lengths.items():
        reading = ("--model", work / name, "--max-length", tokens, "--index", work / "index")
        step(work, work / name / "fusion.json", "fuse", "--dataset", tuning, *reading)
        evaluate(work, judged, name, name, tokens)


def evaluate(work: Path, judged: Path, model: str, name: str, tokens: int, *more: object) -> None:
    """Evaluate a model of WORK; the figures go to WORK/figures/NAME.json."""
    reading = ("--model", work / model, "--max-length", tokens, "--index", work / "index", "--multi-vector", "all")
    file = work / "figures" / f"{name}.json"
    step(work, file, "evaluate", "--dataset", judged, "--out", file, *reading, *more)


def compare(work: Path, before: str, after: str) -> None:
    """Compare two evaluations of WORK, and print their figures as a table."""
    files = {name: work / "figures" / f"{name}.json" for name in (before, after)}
    run(work, f"compare {before} {after}", "training", "compare", *files.values(), "--titles", before, after)
    print_table({name: json.loads(file.read_text(encoding="utf-8"))["metrics"] for name, file in files.items()})


def done(work: Path, name: str, command: str, *arguments: object) -> None:
    """Run a command of m3-train that writes the folder WORK/NAME, unless it is there."""
    step(work, work / name / "modules.json", command, *arguments, "--out", work / name)


def step(work: Path, result: Path, command: str, *arguments: object) -> None:
    """Run a command of m3-train unless its result is there."""
    if not result.exists():
        run(work, f"{command} {result.relative_to(work)}", "training", command, *arguments)


def run(work: Path, name: str, program: str, *arguments: object) -> None:
    """Run a command, print it, and note its seconds."""
    command = [sys.executable, "-m", program, *map(str, arguments)]
    print("$", *command[1:], flush=True)
    started = time.perf_counter()
    subprocess.run(command, check=True)
    file = work / "seconds.json"
    seconds = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    write_json(file, seconds | {name: round(time.perf_counter() - started, 1)})


def print_table(metrics: dict[str, dict[str, dict[str, dict[str, float]]]]) -> None:
    """Print nDCG@10 in percent, a row for each model and mode, a column for each language; BM25 once."""
    languages = list(next(iter(metrics.values()))["bm25"])
    print("\n| nDCG@10 | mode | " + " | ".join(languages) + " |\n|---|---|" + "--:|" * len(languages))
    for number, (name, by_mode) in enumerate(metrics.items()):
        for mode in MODES:
            if mode == "bm25" and number:
                continue
            cells = [f"{100 * by_mode[mode][lang]['ndcg@10']:.1f}" for lang in languages]
            print(f"| {'' if mode == 'bm25' else name} | {mode} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
