"""Training steps side by side with FlagEmbedding 1.4.2 and sentence-transformers 6: speed and memory.

The peers live in an environment of their own:

    python -m venv peers
    peers/bin/pip install torch==2.13.0
    peers/bin/pip install FlagEmbedding==1.4.2 sentence-transformers==6.2.0 transformers==5.23.0
    python benchmarks/trainer.py mixed --peer-python peers/bin/python --work DIR
    python benchmarks/trainer.py mixed --heads dense --peer-python peers/bin/python --work DIR
    python benchmarks/trainer.py vocabulary --peer-python peers/bin/python --work DIR     # FlagEmbedding: 16 GiB
    python benchmarks/trainer.py batches --work DIR --vocabulary 4096 --scale 0.25 --group 1

`mixed`: passages of lengths like MLDR's, scaled down with the model; all heads, against FlagEmbedding, or the dense one
alone, against sentence-transformers as well. `vocabulary`: XLM-R's 250,002 words and four passages of 2048, 900, 500
and 700 tokens. `batches`: ours alone, 8, 32 and 128 queries with passages of the longest bucket.

All programs load the same folder (random weights in XLM-R's shape) and get the same token ids, AdamW and the same
number of threads (where other programs run, give --threads 1: threads that wait for each other are slowed the most).
Each measurement is a process of its own: the program's model, a tiny step that makes all gradients and the optimizer's
state, then the steps over batches that its own collator has prepared. Memory is the peak of resident memory over what
it is after the tiny step, with malloc told to give every block back at once; speed is measured in other processes, in
rounds that alternate between the programs, with malloc told to keep all blocks. (A step begins by dropping the last
gradients, which that first figure counts, so what it takes before they are made again does not show.) A round's figure
is its time for all batches after one step of warm-up; printed are the median over the rounds with the smallest and
largest, in wall and in processor time (which other load on the machine disturbs less).

Programs are named PROGRAM:SETTING: `ours` with the tokens of a sub-batch, and those of trainer_peer.py.
"""

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from trainer_ours import SHAPES, build_model
from trainer_work import LONGEST, Batch, count_tokens, make_batches, mixed_lengths

from data.files import atomic_folder, write_json
from training.model_files import save_model

VOCABULARY_LENGTHS = (2048, 900, 500, 700)
GIB = 1 << 30
KEEP_BLOCKS = {"MALLOC_MMAP_THRESHOLD_": str(4 * GIB), "MALLOC_TRIM_THRESHOLD_": str(64 * GIB)}
RETURN_BLOCKS = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


def make_model(options: argparse.Namespace, vocabulary: int) -> Path:
    """Return the folder of the model that all programs load."""
    folder = options.work / f"{options.shape}-{vocabulary}-{options.attention_dropout}"
    if not folder.exists():
        settings = {"vocabulary": vocabulary, "attention_dropout": options.attention_dropout}
        model, tokenizer = build_model(dataclasses.replace(SHAPES[options.shape], **settings), seed=1)
        with atomic_folder(folder) as temporary:
            save_model(model, tokenizer, temporary)
    return folder


def run_program(program: str, model: Path, batches: Path, what: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return what a program's process measured; `failed` with its last line when it did not end well."""
    name, _, setting = program.partition(":")
    ours = name == "ours"
    interpreter = sys.executable if ours else options.peer_python
    script = Path(__file__).with_name("trainer_ours.py" if ours else "trainer_peer.py")
    arguments = ["--program", name, "--setting", setting or "-1", "--model", model, "--batches", batches]
    arguments += ["--heads", options.heads, "--measure", what, "--threads", str(options.threads)]
    settings = {"OMP_NUM_THREADS": str(options.threads), "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    environment = os.environ | settings | (RETURN_BLOCKS if what == "memory" else KEEP_BLOCKS)
    process = subprocess.run([interpreter, script, *arguments], env=environment, capture_output=True, text=True)
    if process.returncode:
        return {"failed": (process.stderr.strip().splitlines() or [f"exit status {process.returncode}"])[-1]}
    return json.loads(process.stdout.splitlines()[-1])


def compare(programs: list[str], batches: list[Batch], vocabulary: int, options: argparse.Namespace) -> dict[str, Any]:
    """Measure all programs on `batches`, print a table, and return its figures."""
    model = make_model(options, vocabulary)
    file = options.work / "batches.json"
    write_json(file, batches)
    tokens, examples = sum(map(count_tokens, batches)), sum(len(batch["queries"]) for batch in batches)
    found: dict[str, Any] = {}
    for program in programs:
        found[program] = run_program(program, model, file, "memory", options)
        print(f"  {program}: {found[program].get('failed') or 'memory measured'}", file=sys.stderr, flush=True)
    for number in range(options.rounds):
        for program in programs[number % len(programs) :] + programs[: number % len(programs)]:
            if "failed" not in found[program]:
                speed = run_program(program, model, file, "speed", options)
                found[program].setdefault("rounds", []).append(speed)
                print(f"  round {number + 1}, {program}: {sum(speed['seconds']):.1f} s", file=sys.stderr, flush=True)
    work = f"{len(batches)} steps, {examples} queries, {tokens:,} tokens, V = {vocabulary:,}"
    print(f"{options.mode}, {options.heads}: {work}")
    print_table(found, tokens, examples)
    return {"tokens": tokens, "examples": examples, "programs": found}


def print_table(found: dict[str, Any], tokens: int, examples: int) -> None:
    """Print a row for each program, and how often the first is better."""
    print(f"{'program':28} {'train GiB':>9} {'over MiB':>9} {'x':>6} {'seconds (wall)':>22} {'x':>5}", end=" ")
    print(f"{'seconds (CPU)':>22} {'x':>5} {'examples/s':>10} {'tokens/s':>9}")
    first: tuple[float, float, float] | None = None
    for program, result in found.items():
        if "failed" in result:
            print(f"{program:28} {result['failed'][:120]}")
            continue
        line = f"{program:28} {result['training_bytes'] / GIB:9.2f} {result['over'] / 2**20:9.0f}"
        wall, processor = (
            [sum(speed[kind]) for speed in result.get("rounds", [])] for kind in ("seconds", "processor")
        )
        if not wall:
            print(line)
            continue
        medians = (result["over"], statistics.median(wall), statistics.median(processor))
        first = first or medians
        over, of_wall, of_processor = (own / best for own, best in zip(medians, first, strict=True))
        spans = [f"{statistics.median(s):.2f} ({min(s):.2f}-{max(s):.2f})" for s in (wall, processor)]
        print(f"{line} {over:6.2f} {spans[0]:>22} {of_wall:5.2f} {spans[1]:>22} {of_processor:5.2f}", end=" ")
        print(f"{examples / medians[1]:10.2f} {tokens / medians[1]:9.0f}")


def run_batches(options: argparse.Namespace) -> dict[str, Any]:
    """Measure our memory at growing batches of the longest bucket."""
    longest = round(LONGEST * options.scale)
    programs = options.programs or [f"ours:{2 * longest}"]  # scaled down like the documents
    found: dict[str, Any] = {}
    model, file = make_model(options, options.vocabulary), options.work / "batches.json"
    print(f"{'queries':>8} {'passages':>9} {'tokens':>10} {'over MiB':>9} {'scores MiB':>10} {'beyond, MiB':>11}")
    for queries in options.sizes:
        batches = make_batches(3, options.vocabulary, [[[longest] * options.group] * queries])
        write_json(file, batches)
        result = run_program(programs[0], model, file, "memory", options)
        if "failed" in result:
            raise SystemExit(result["failed"])
        scores = 3 * queries * queries * options.group * 4
        found[str(queries)] = result | {"scores": scores}
        numbers = (
            f"{queries:8} {queries * options.group:9} {count_tokens(batches[0]):10,} {result['over'] / 2**20:9.1f}"
        )
        print(f"{numbers} {scores / 2**20:10.2f} {(result['over'] - scores) / 2**20:11.1f}", flush=True)
    return found


def run_mixed(options: argparse.Namespace) -> dict[str, Any]:
    """Compare on lengths like MLDR's."""
    longest = round(LONGEST * options.scale)
    unified = ["flagembedding", "flagembedding-checkpointing", "flagembedding-sub-batch:2"]
    cached = ["st-sequences:1", "st-sequences:4", f"st-tokens:{longest}", f"st-tokens:{2 * longest}"]
    peers = unified if options.heads == "unified" else [*cached, *unified]
    programs = options.programs or [f"ours:{2 * longest}", f"ours:{longest}", *peers]
    lengths = mixed_lengths(2, options.batches, options.queries, options.group, options.scale)
    return compare(programs, make_batches(3, options.vocabulary, lengths), options.vocabulary, options)


def run_vocabulary(options: argparse.Namespace) -> dict[str, Any]:
    """Compare on one query with four passages and XLM-R's whole vocabulary."""
    programs = options.programs or ["ours:2048", "ours:16384", "flagembedding"]
    vocabulary = SHAPES["large"].vocabulary
    return compare(programs, make_batches(3, vocabulary, [[VOCABULARY_LENGTHS]] * options.batches), vocabulary, options)


def main() -> None:
    """Read the command line, measure, and write WORK/MODE-HEADS.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["mixed", "vocabulary", "batches"])
    parser.add_argument("--work", type=Path, required=True, help="folder for models and results")
    parser.add_argument("--peer-python", type=Path, help="interpreter of the peers' environment")
    parser.add_argument("--heads", choices=["unified", "dense"], default="unified")
    parser.add_argument("--programs", nargs="+", help="PROGRAM:SETTING, the first is what others are compared with")
    parser.add_argument("--shape", choices=list(SHAPES), default="scaled")
    parser.add_argument("--vocabulary", type=int, default=32_768, help="of mixed and batches")
    parser.add_argument(
        "--attention-dropout", type=float, default=0.0, help="in the model's configuration; ours ignores it"
    )
    parser.add_argument("--scale", type=float, default=1 / 8, help="of the lengths")
    parser.add_argument("--queries", type=int, default=4, help="in a batch of mixed")
    parser.add_argument("--group", type=int, default=4, help="passages of a query")
    parser.add_argument("--batches", type=int, default=3, help="steps in a round")
    parser.add_argument("--sizes", type=int, nargs="+", default=[8, 32, 128], help="queries of batches")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    found = {"mixed": run_mixed, "vocabulary": run_vocabulary, "batches": run_batches}[options.mode](options)
    write_json(options.work / f"{options.mode}-{options.heads}.json", {"options": str(options), "found": found})


if __name__ == "__main__":
    main()
