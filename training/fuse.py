"""`m3-train fuse`: which weights merge a model's scores best, and whether they are surely better than the paper's.

    report = fuse(FuseConfig(dataset=Path("run"), model="tuned"))

The dev questions are searched once; weights are then tried on what was found. The report is what stands in the JSON
file: `dense_sparse` and `all` hold the weights, whether their gain is sure, and the figures behind that; then what was
measured. Figures are nDCG@10 (0..1), the mean over the languages.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from data.errors import InputError, printable
from training.collections.collection import JudgedCollection
from training.collections.families import question_families
from training.collections.read import read_judged
from training.evaluate import files_folder
from training.evaluate_config import FuseConfig, check_reading
from training.judging.bootstrap import Difference, compare_columns, resample_means
from training.judging.report import MODE_NAMES, render_table
from training.searching.candidates import Candidates
from training.searching.corpus import SearchOptions
from training.searching.encoder import ScoreLimits
from training.searching.fusion import PAPER_LONG, PAPER_SHORT, Fusion
from training.searching.model_search import ModelSearch
from training.searching.saved_fusion import SavedFusion, fusion_file, write_fusion
from training.searching.weights import (
    FUSED_MODES,
    FusedMode,
    Hundredths,
    Trials,
    WeightSearch,
    deal_folds,
    join_families,
    mean_over,
    weights_of,
)

FEW_QUESTIONS = 50  # fewer say little about weights


@dataclass(frozen=True)
class ModeWeights:
    """The weights that were found for a mode, and what they are worth."""

    weights: Hundredths
    figures: dict[str, float]  # under the weights "long" and "short" (the paper's) and "found"
    fold_weights: list[Hundredths]  # chosen without each part of the questions
    gains: dict[str, Difference]  # over "long", by language and "all", on questions they were not chosen on

    @property
    def sure(self) -> bool:
        """Whether they are surely better than the paper's."""
        low = self.gains["all"].low
        return low is not None and low > 0


def fuse(config: FuseConfig) -> dict[str, Any]:
    """Search the weights of both fusions, print what they gain, write them, and return what is written.

    Raises `InputError` for a data set or model that cannot be used, or where all questions belong together.
    """
    file = _check(config)
    collections = read_judged(config.dataset, config.split, config.languages)
    langs = [collection.lang for collection in collections for _ in collection.queries]
    families = [family for collection in collections for family in question_families(config.dataset, collection)]
    folds = deal_folds(families, langs, config.folds, config.seed)
    if folds.max() == 0:
        raise InputError(
            f"{config.dataset}: all {len(langs)} questions of split {config.split} are about one document or its"
            " near-copies, so that weights cannot be judged on others; give a data set with more documents"
        )
    groups = join_families(families)
    search, found = _search(config, collections, file)
    modes: dict[FusedMode, ModeWeights] = {}
    for mode in tqdm(FUSED_MODES, desc="weights", unit=" modes", leave=False):
        trials = Trials(mode, found, (search.options.merge_depth, search.options.rerank_depth))
        modes[mode] = judge_weights(WeightSearch(trials, langs), folds, groups, config.seed)
    report = _write(config, file, modes, search.encoder.weights_digest, langs, groups)
    print(printable(render_fusion(modes, langs, groups, config)))
    print(f"written: {file}")
    return report


def judge_weights(search: WeightSearch, folds: np.ndarray, groups: np.ndarray, seed: int) -> ModeWeights:
    """Return the best weights, and their gain over the paper's for questions that they were not chosen on.

    `folds` [Q]: the parts of the questions. `groups` [Q]: questions about one document, which are drawn together.
    """
    trials = search.trials
    exact = [weights_of(trials.mode, fusion) for fusion in (PAPER_LONG, PAPER_SHORT)]
    long, short = trials.ndcg(np.array(exact))  # each [Q]
    best = search.choose()
    crossed, fold_weights = search.cross_fit(folds)
    resampled = resample_means(np.stack([long, crossed], axis=1), search.langs, groups, seed)
    under = {"long": long, "short": short, "found": search.ndcg([best])[0]}
    figures = {name: float(mean_over(values, search.langs)) for name, values in under.items()}
    return ModeWeights(best, figures, fold_weights, compare_columns(resampled, 0, 1))


def _check(config: FuseConfig) -> Path:
    """Return the file that takes the weights; raises `InputError` for settings that cannot be used."""
    check_reading(config)
    if config.folds < 2:
        raise InputError(
            f"--folds is {config.folds}; weights are chosen on some parts and judged on another: give 2 or more"
        )
    file = config.out or fusion_file(config.model)
    if file is None:
        raise InputError(f"{config.model} is no folder here; name a file for the weights: --out fusion.json")
    if file.is_dir():
        raise InputError(f"--out {file} is a folder; name a file, such as {file / 'fusion.json'}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {file}: its folder cannot be made ({error})") from error
    return file


def _search(
    config: FuseConfig, collections: Sequence[JudgedCollection], file: Path
) -> tuple[ModelSearch, list[tuple[Candidates, list[dict[int, int]]]]]:
    """Return the model, and each collection's candidates with its judgements: document number -> relevance."""
    limits = ScoreLimits(
        max_length=config.max_length,
        max_query_length=config.max_query_length,
        sub_batch_tokens=config.sub_batch_tokens,
        bf16=config.bf16,
        mcls=config.mcls,
    )
    options = SearchOptions(vector_bytes=int(config.keep_vectors_gb * 1e9))
    index = config.index or files_folder(file) / "index"
    search = ModelSearch(config.model, limits, options, index, collections)
    found = []
    for collection in tqdm(collections, desc="languages", unit="lang"):
        number_of = {docid: number for number, docid in enumerate(collection.docids)}
        judgements = [
            {number_of[docid]: grade for docid, grade in collection.qrels[name].items()}
            for name in collection.query_ids
        ]
        found.append((search.find(collection).candidates, judgements))
    if config.index is None:
        shutil.rmtree(index, ignore_errors=True)
        if not any(index.parent.iterdir()):
            index.parent.rmdir()
    return search, found


def _write(
    config: FuseConfig,
    file: Path,
    modes: dict[FusedMode, ModeWeights],
    weights_digest: str,
    langs: Sequence[str],
    groups: np.ndarray,
) -> dict[str, Any]:
    two, three = (tuple(weight / 100 for weight in modes[mode].weights) for mode in FUSED_MODES)
    saved = SavedFusion(
        Fusion((two[0], two[1]), (three[0], three[1], three[2])),
        (modes["dense_sparse"].sure, modes["all"].sure),
        weights_digest,
    )
    about = {mode: _describe(chosen) for mode, chosen in modes.items()}
    more = {
        "model": config.model,
        "dataset": str(config.dataset),
        "split": config.split,
        "questions": {lang: langs.count(lang) for lang in dict.fromkeys(langs)},
        "documents": int(groups.max()) + 1,
        "max_length": config.max_length,
        "mcls": config.mcls,
        "seed": config.seed,
    }
    return write_fusion(file, saved, about | more)


def _describe(chosen: ModeWeights) -> dict[str, Any]:
    return {
        "ndcg@10": chosen.figures,
        "gain": {
            lang: {"value": gain.value, "low": gain.low, "high": gain.high} for lang, gain in chosen.gains.items()
        },
        "weights_without_each_part": [[weight / 100 for weight in each] for each in chosen.fold_weights],
    }


def render_fusion(
    modes: dict[FusedMode, ModeWeights], langs: Sequence[str], groups: np.ndarray, config: FuseConfig
) -> str:
    """Return what was found as text: figures under each weights, gains by language, and what follows."""
    lines = [
        f"data set: {config.dataset}, split {config.split}: {len(langs)} questions about {int(groups.max()) + 1}"
        " documents",
        f"model: {config.model}",
        "",
        "nDCG@10 in percent, mean over languages" + " " * 4 + "dense sparse multi-vec nDCG@10",
    ]
    for mode, chosen in modes.items():
        rows = {
            "the paper's, long": weights_of(mode, PAPER_LONG),
            "the paper's, short": weights_of(mode, PAPER_SHORT),
            "found": [weight / 100 for weight in chosen.weights],
        }
        for (name, weights), figure in zip(rows.items(), chosen.figures.values(), strict=True):
            total = sum(weights)
            cells = [f"{weight / total:.2f}" for weight in weights] + [""] * (3 - len(weights))
            label = f"{MODE_NAMES.get(mode, mode)}: {name}"
            lines.append(f"{label:<43}{cells[0]:>5} {cells[1]:>6} {cells[2]:>9} {100 * figure:>7.1f}")
    gains = {
        MODE_NAMES.get(mode, mode): {lang: 100 * gain.value for lang, gain in chosen.gains.items()}
        for mode, chosen in modes.items()
    }
    lines += ["", "gain over the paper's (long) on questions that the weights were not chosen on"]
    lines += [*render_table(gains, signed=True), ""]
    lines += [_conclude(mode, chosen) for mode, chosen in modes.items()]
    if len(langs) < FEW_QUESTIONS:
        lines.append(f"Only {len(langs)} questions: this says little; curate more dev questions.")
    return "\n".join(lines)


def _conclude(mode: FusedMode, chosen: ModeWeights) -> str:
    """Return what the gain of a mode's weights means."""
    gain = chosen.gains["all"]
    flattering = chosen.figures["found"] - chosen.figures["long"]
    if gain.low is None or gain.high is None:
        interval, verdict = "no interval: too few documents", "the paper's weights stay"
    else:
        interval = f"95 % interval {100 * gain.low:+.1f} to {100 * gain.high:+.1f}"
        verdict = "the paper's weights are as good, and stay"
        if gain.low > 0:
            verdict = "surely better than the paper's"
        elif gain.high < 0:
            verdict = "chosen weights do worse than the paper's, which stay"
    return (
        f"{MODE_NAMES.get(mode, mode)}: {100 * gain.value:+.1f} ({interval}): {verdict}."
        f" On the questions that they were chosen on: {100 * flattering:+.1f}."
    )
