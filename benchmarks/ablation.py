"""The ablations of the M3 paper in small: which of its choices show in a world that trains in minutes?

    python benchmarks/ablation.py --out DIR                        # within an hour on two CPU cores
    python benchmarks/ablation.py --out DIR --scale gpu            # more of everything; taken where there is a GPU

Small random models learn from keyword queries that curation makes of invented documents (data.atlas), without an LLM,
and are judged by natural questions about other documents. Every arm is trained from each seed, which decides the
random weights and the order of the batches; the world is the same. All arms of a seed come before the next seed, and
what is done is not done again: the same command goes on where it was stopped.

Out, anew after every seed: DIR/ablation.json, DIR/ablation.md (the tables, and a sentence for each claim of the paper),
DIR/ablation.png.
"""

import argparse
import dataclasses
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import torch
from ablation_arms import CPU, GPU, JUDGED, Arm, Scale, fit_config, list_arms, model_folder
from ablation_picture import draw
from ablation_report import Figures, report
from ablation_tables import make_tables
from ablation_world import make_world

from data.errors import InputError, run_command
from data.files import write_json, write_text
from training.config import InitConfig
from training.evaluate import evaluate
from training.evaluate_config import EvaluateConfig
from training.fit import fit
from training.init import init
from training.mine import mine
from training.mine_config import MineConfig

SCALES = {scale.name: scale for scale in (CPU, GPU)}


def main() -> None:
    """Train and judge every arm with every seed; write tables, picture and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scale", choices=["auto", *SCALES], default="auto")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="1 on a machine that others use")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    scale = SCALES[options.scale if options.scale != "auto" else "gpu" if torch.cuda.is_available() else "cpu"]
    run(options.out, scale, options.seeds)


def run(out: Path, scale: Scale, seeds: list[int]) -> None:
    """Do what is missing in `out`. Raises `InputError` when it was begun with another scale."""
    settings = json.loads(json.dumps(dataclasses.asdict(scale)))
    file = out / "settings.json"
    if file.exists() and json.loads(file.read_text(encoding="utf-8")) != settings:
        raise InputError(f"{out} was begun with other settings ({file}); give another --out, or remove it")
    write_json(file, settings)
    make_world(out, scale)
    for seed in seeds:
        untrained = model_folder(out, "untrained", seed)
        if not untrained.exists():
            corpus = tuple(sorted((out / "documents").glob("*.jsonl")))
            init(InitConfig(out=untrained, corpus=corpus, size=scale.size, max_length=scale.max_length, seed=seed))
        _judge(out, scale, "untrained", seed, ("short",))
        for arm in list_arms(scale):
            _train(out, scale, arm, seed, seeds[0])
            _judge(out, scale, arm.name, seed, arm.judged)
        _write(out, scale, settings)


def _train(out: Path, scale: Scale, arm: Arm, seed: int, first_seed: int) -> None:
    """Train an arm, unless its seconds are known: its folder alone may be a run that was stopped."""
    note = out / "seconds" / f"{arm.name}-{seed}.json"
    if note.exists():
        return
    started = time.perf_counter()
    if arm.dataset == "mined" and not (out / "mined.json").exists():
        _mine(out, scale, model_folder(out, "full", first_seed))
        started = time.perf_counter()
    result = fit(fit_config(arm, scale, seed, out))
    tokens = result["speed"]["tokens"]
    write_json(note, {"seconds": time.perf_counter() - started, "steps": result["steps"], "tokens": tokens})


def _mine(out: Path, scale: Scale, model: Path) -> None:
    """Mine hard negatives for the short documents with the trained model of the first seed, once for all seeds."""
    shutil.rmtree(out / "mined", ignore_errors=True)
    started = time.perf_counter()
    mine(
        MineConfig(
            dataset=out / "short",
            out=out / "mined",
            model=str(model),
            negatives=scale.negatives,
            max_length=scale.max_length,
            bf16=scale.bf16,
        )
    )
    write_json(out / "mined.json", {"seconds": time.perf_counter() - started, "model": str(model)})


def _judge(out: Path, scale: Scale, name: str, seed: int, wanted: tuple[str, ...]) -> None:
    for judged in wanted:
        how = JUDGED[judged]
        file = out / "figures" / f"{name}-{seed}-{judged}.json"
        if not file.exists():
            evaluate(
                EvaluateConfig(
                    dataset=out / how.collection,
                    model=str(model_folder(out, name, seed)),
                    out=file,
                    max_length=scale.max_length,
                    mcls=how.mcls,
                    weights=how.weights,
                    bf16=scale.bf16,
                )
            )


def _write(out: Path, scale: Scale, settings: dict[str, Any]) -> None:
    figures, tables = read_figures(out), make_tables(scale)
    seconds = {file.stem: json.loads(file.read_text()) for file in sorted((out / "seconds").glob("*.json"))}
    found = report(tables, figures)
    versions = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    write_json(
        out / "ablation.json",
        {"settings": settings, "versions": versions, "device": device, **found.as_json, "trainings": seconds},
    )
    write_text(out / "ablation.md", found.markdown)
    draw(tables, figures, out / "ablation.png")


def read_figures(out: Path) -> Figures:
    """Return (arm, judged, mode) -> seed -> nDCG@10 in percent, the mean over the languages, of what is judged."""
    figures: Figures = {}
    for file in sorted((out / "figures").glob("*.json")):
        arm, seed, judged = file.stem.split("-", 2)
        metrics = json.loads(file.read_text(encoding="utf-8"))["metrics"]
        for mode, by_language in metrics.items():
            figures.setdefault((arm, judged, mode), {})[int(seed)] = 100 * by_language["all"]["ndcg@10"]
    return figures


if __name__ == "__main__":
    sys.exit(run_command(main))
