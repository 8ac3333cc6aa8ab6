"""Measure `m3-train mine`: planted false negatives, and time and memory on many long documents.

    python benchmarks/mining.py plants --bench DIR --languages en de th zh --out WORK [--articles 60] [--questions 600]
        [--miners bm25] [--clusters without]
    python benchmarks/mining.py long --bench DIR --language en --filler FILES.jsonl.gz --out WORK [--documents 10000]

DIR holds one folder a language with corpus.jsonl.gz (docid, title, text), queries.jsonl.gz (qid, text), qrels.tsv, and
bank.jsonl.gz (docid, paragraph, questions). Ids that end alike in several languages are translations of each other.

`plants` puts false negatives among the articles: copies with 5 to 40 % of the words changed, with blocks replaced, with
sentences shuffled, other articles with the evidence pasted in, and translations, one of which stands in the wrong
language's corpus. It mines with each miner and with all, once with cluster and group columns and once without, and
counts the planted documents that became negatives of their own question, and the other documents that were excluded
as if they were false. A small random model searches; --miners bm25 needs none and takes many languages in minutes.
`long` recombines paragraphs into long documents, asks questions about paragraphs that stand once, and runs m3-train in
a process of its own.

Out: tables on the screen, WORK/plants.json and WORK/long.json.
"""

import argparse
import contextlib
import io
import json
import random
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
from mining_plants import Planted, paragraphs, read_lines

from data.dataset import load_curated, write_curated
from data.files import write_json
from data.records import DOCUMENT, PAIR, conform
from training.config import InitConfig
from training.init import init
from training.mine import mine
from training.mine_config import MINERS, MineConfig
from training.mining.candidates import search
from training.mining.questions import read_groups
from training.mining.target import window_limits
from training.mining.window_encoder import load_encoder
from training.searching.encoder import model_digest


def make_model(out: Path, corpora: list[Path]) -> str:
    """Return a small random model whose tokenizer knows the corpora."""
    if not out.exists():
        init(InitConfig(out=out, corpus=tuple(corpora), max_length=8192, vocabulary_size=16_000))
    return str(out)


def count_taken(folder: Path, planted: Planted) -> Counter[str]:
    """Return how many negatives of the data set are planted false negatives of their question, by kind."""
    taken: Counter[str] = Counter()
    dataset = load_curated(folder)
    for lang in dataset.languages:
        for row in dataset.pairs(lang, "train").to_pylist():
            for docid in row["negative_ids"]:
                taken["all"] += 1
                if docid in planted.false_for[row["query_id"]]:
                    taken[planted.kinds[docid]] += 1
                    taken["false"] += 1
    return taken


def count_wrongly_excluded(config: MineConfig, planted: Planted, work: Path) -> dict[str, Any]:
    """Return, of the candidates that are neither right nor planted, how many are excluded as if they were, and why."""
    dataset = load_curated(config.dataset)
    encoder = load_encoder(config.model, window_limits(config, config.max_length)) if config.model else None
    mark = model_digest(encoder.model) if encoder else ""
    seen: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for group in read_groups(dataset, (), ("train",)):
        mined = search(config, work, group, config.miners, encoder, mark)
        for row, excluded in enumerate(mined.exclusions.reasons):
            planted_here = planted.false_for[group.query_ids[row]]
            numbers = {int(n) for one in mined.found.values() for n in one.documents[row] if n >= 0}
            for number in numbers - set(group.positives[row]):
                kind = "planted" if group.docids[number] in planted_here else "other"
                seen[kind] += 1
                seen[f"{kind} {excluded.get(number, 'free')}"] += 1
                if kind == "planted" and number not in excluded:
                    missed[planted.kinds[group.docids[number]]] += 1
    return {"candidates": dict(seen), "planted_not_excluded_by_content": dict(missed)}


def run_plants(options: argparse.Namespace) -> None:
    """Mine data sets with planted false negatives in every way, and say what was taken."""
    corpora = [options.bench / lang / "corpus.jsonl.gz" for lang in options.languages]
    miners = tuple(options.miners)
    model = make_model(options.out / "model", corpora) if miners != ("bm25",) else None
    off = dict.fromkeys(miners, float("inf"))
    ways: dict[str, dict[str, Any]] = {miner: {"miners": (miner,)} for miner in miners if len(miners) > 1} | {
        "mixed": {},
        "mixed, bounds off": {"max_ratio": off},
        "mixed, content rules off": {"evidence_share": 1.1, "copy_share": 1.1},
        "mixed, all off": {"max_ratio": off, "evidence_share": 1.1, "copy_share": 1.1},
    }
    results: dict[str, Any] = {}
    for with_kin in [name == "with" for name in options.clusters]:
        planted = Planted(options.bench, options.languages, options.articles, options.questions, with_kin)
        folder = options.out / f"plants-{'with' if with_kin else 'without'}-clusters"
        planted.write(folder / "dataset")
        of_kind = Counter(planted.kinds.values())
        print(f"\n{folder.name}: {len(planted.documents)} documents, {len(planted.pairs)} questions, {dict(of_kind)}")
        base: dict[str, Any] = {"dataset": folder, "model": model, "max_length": options.max_length}
        base |= {"miners": miners, "overwrite": True}
        for way, settings in ways.items():
            config = MineConfig(**(base | settings))
            started = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()) as said:
                report = mine(config)
            seconds = time.perf_counter() - started
            taken = count_taken(folder, planted)
            print(f"{way:26} {taken['all']:6} negatives, {taken['false']:4} false, {seconds:6.1f} s", dict(taken))
            results[f"{folder.name}, {way}"] = {
                "taken": taken,
                "seconds": seconds,
                "counts": report["counts"],
                "bounds": {m: (b["max_ratio"], b["origin"], b["share_above"]) for m, b in report["bounds"].items()},
            }
            if way == "mixed":
                print(said.getvalue())
        wrongly = count_wrongly_excluded(MineConfig(**base), planted, folder / "dataset-mining")
        print(json.dumps(wrongly, indent=1))
        results[f"{folder.name}, excluded"] = wrongly | {"documents": of_kind, "questions": len(planted.pairs)}
        write_json(options.out / "plants.json", results)


def write_long(options: argparse.Namespace, folder: Path) -> None:
    """Write documents of recombined paragraphs, in some of which stands a passage with questions, once."""
    chance = random.Random(5)
    filler = [line for file in options.filler for row in read_lines(file) for line in paragraphs(row["text"])]
    bank = list(read_lines(options.bench / options.language / "bank.jsonl.gz"))
    passages = {row["paragraph"] for row in bank}
    filler = [line for line in filler if 100 < len(line) < 3000 and line not in passages]
    documents, pairs = [], []
    for number in range(options.documents):
        lines = [chance.choice(filler)]
        while sum(map(len, lines)) < options.characters:
            lines.append(chance.choice(filler))
        if number < len(bank):
            lines.insert(chance.randrange(len(lines)), bank[number]["paragraph"])
        text = "\n".join(lines)
        row = {"docid": f"d{number}", "title": "", "text": text, "lang": options.language, "split": "train"}
        documents.append(row | {"tokens": len(text) // 4})
        if number < len(bank):
            start = text.index(bank[number]["paragraph"])
            for place, query in enumerate(bank[number]["questions"]):
                pairs.append(
                    {
                        "query_id": f"q{number}-{place}",
                        "query": query,
                        "positive_ids": [f"d{number}"],
                        "negative_ids": [],
                        "lang": options.language,
                        "evidence_start": start,
                        "evidence_end": start + len(bank[number]["paragraph"]),
                        "evidence_token_start": 0,
                        "evidence_tokens": 1,
                    }
                )
    tables = (pairs, PAIR), (documents, DOCUMENT)
    write_curated(
        folder, *(conform(pa.Table.from_pylist(rows), schema) for rows, schema in tables), {"made_by": "long"}
    )
    print(f"{len(documents)} documents, {sum(len(row['text']) for row in documents) / 1e6:.0f} million characters")


def run_long(options: argparse.Namespace) -> None:
    """Run m3-train mine on many long documents; say how long it took and the most memory it held."""
    folder = options.out / "long"
    if not (folder / "dataset").exists():
        write_long(options, folder / "dataset")
    model = make_model(options.out / "long-model", [options.bench / options.language / "corpus.jsonl.gz"])
    ways = {
        "bm25": ["--miners", "bm25"],
        "dense sparse": ["--model", model, "--miners", "dense", "sparse", "--max-length", str(options.max_length)],
        "dense sparse, again": [
            "--model",
            model,
            "--miners",
            "dense",
            "sparse",
            "--max-length",
            str(options.max_length),
        ],
    }
    results = {}
    shutil.rmtree(folder / "dataset-mining", ignore_errors=True)
    for way, arguments in ways.items():
        command = [sys.executable, "-m", "training", "mine", "--dataset", str(folder), "--overwrite", *arguments]
        started = time.perf_counter()
        process = subprocess.Popen(command)
        _, status, used = wait_for(process)
        seconds = time.perf_counter() - started
        results[way] = {"seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime, "mib": used.ru_maxrss / 1024}
        print(f"{way}: status {status}, {seconds:.0f} s, {results[way]['mib']:.0f} MiB at most", flush=True)
        write_json(options.out / "long.json", results)


def wait_for(process: subprocess.Popen) -> tuple[int, int, resource.struct_rusage]:
    """Wait for a process; return its id, status and what it used."""
    import os

    return os.wait4(process.pid, 0)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("plants", "long"):
        command = commands.add_parser(name)
        command.add_argument("--bench", type=Path, required=True)
        command.add_argument("--out", type=Path, required=True)
        command.add_argument("--max-length", type=int, default=512, help="tokens of a window")
    plants, long = commands.choices["plants"], commands.choices["long"]
    plants.add_argument("--languages", nargs="+", required=True)
    plants.add_argument("--miners", nargs="+", choices=MINERS, default=list(MINERS))
    plants.add_argument("--clusters", nargs="+", choices=("with", "without"), default=["with", "without"])
    plants.add_argument("--articles", type=int, default=60, help="in each language, that are planted copies of")
    plants.add_argument("--questions", type=int, default=600, help="in each language")
    long.add_argument("--language", required=True)
    long.add_argument("--filler", type=Path, nargs="+", required=True)
    long.add_argument("--documents", type=int, default=10_000)
    long.add_argument("--characters", type=int, default=20_000, help="of a document, at least")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    {"plants": run_plants, "long": run_long}[options.command](options)


if __name__ == "__main__":
    main()
