"""`m3-train mine`: hard negatives for the questions of a curated data set, and control of those that are not.

    report = mine(MineConfig(dataset=Path("run"), model="my-model"))

For each language and split: the miners rank the documents of that split over their whole length (rankings.py), what is
right or may be right is excluded (false_negatives.py, choose.py), a bound on the scores is read from their histogram
(margins.py), the miners take turns (choose.py), and a judge, where one is named, has the last word. The negatives stand
in the pairs (records.PAIR) afterwards, the bounds and counts in the manifest.

    DATASET-mining/mine.json, mine.png    settings, bounds with their histograms, counts
    DATASET-mining/...                    encoded documents, shingles and scores: a later run goes on from them
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data.errors import InputError
from data.files import write_json
from training.mine_config import MINERS, MineConfig, Miner
from training.mining.candidates import Mined, search
from training.mining.choose import Negative, choose_negatives, would_be_ratios
from training.mining.judge import Judge
from training.mining.margins import Bound, draw_histograms, find_bound, render_histogram, warn_of
from training.mining.report import changed_tables, describe, manifest_entry, summarise, tell_exclusions
from training.mining.target import check_reading, open_groups, open_target, window_limits, write_back
from training.mining.window_encoder import load_encoder
from training.searching.encoder import model_digest

RESULT, PICTURE = "mine.json", "mine.png"


def mine(config: MineConfig) -> dict[str, Any]:
    """Mine as `config` asks, write the negatives, print what was done, return what mine.json holds.

    Raises `InputError` for settings, a data set or a model that cannot be used, and when every candidate is excluded;
    `RunError` when a model's answers are not numbers or the device is too small.
    """
    miners = _check(config)
    target = open_target(config)
    groups = open_groups(target, config, "negative_ids")
    encoder = None
    if set(miners) - {"bm25"}:
        assert config.model is not None
        encoder = load_encoder(config.model, window_limits(config, config.max_length))
    judge = Judge(config, target.work) if config.judge else None
    mark = model_digest(encoder.model) if encoder else ""
    mined = [search(config, target.work, group, miners, encoder, mark) for group in groups]
    bounds = {miner: _find_bound(config, miner, mined) for miner in miners}
    for miner, bound in bounds.items():
        print("\n".join([*render_histogram(miner, bound), *warn_of(miner, bound)]))
    counts: dict[str, Counter[str]] = {}
    chosen = [_choose(config, one, bounds, judge, counts.setdefault(one.group.name, Counter())) for one in mined]
    total: Counter[str] = sum(counts.values(), Counter())
    if not total["negatives"]:
        raise InputError(
            f"every candidate of {total['questions']} questions was excluded ({tell_exclusions(total)}); search deeper"
            " (--depth), with other --miners, or give bounds with --max-ratio"
        )
    report = describe(config, mined, bounds, counts, chosen)
    note: dict[str, Any] = {"mined": manifest_entry(report)}
    if "taught" in target.dataset.manifest:
        note["taught"] = None  # the scores of other negatives go with them
    write_back(target, changed_tables(mined, chosen), note)
    draw_histograms(bounds, target.work / PICTURE)
    write_json(target.work / RESULT, report)
    print(summarise(total, config))
    print(
        f"{target.work} holds {RESULT}, {PICTURE}, and what a later run goes on from; remove it when you mine no more"
    )
    return report


def _check(config: MineConfig) -> tuple[Miner, ...]:
    """Return the miners in the order of their turns; raises `InputError` for settings that make no sense."""
    check_reading(config)
    if not config.splits:
        raise InputError("--splits names none; give one or more of train, dev, test")
    miners = tuple(dict.fromkeys(config.miners)) or (MINERS if config.model else ("bm25",))
    searching = [miner for miner in miners if miner != "bm25"]
    if searching and config.model is None:
        raise InputError(f"--miners {' '.join(searching)} search with a model; give --model, or --miners bm25 alone")
    for name, least in (("negatives", 1), ("depth", 1), ("skip_top", 0)):
        if getattr(config, name) < least:
            raise InputError(f"--{name.replace('_', '-')} is {getattr(config, name)}; give {least} or more")
    if config.skip_top >= config.depth:
        raise InputError(f"--skip-top {config.skip_top} leaves nothing of --depth {config.depth}")
    for name in ("max_ratio", "margin"):
        for miner, value in getattr(config, name).items():
            if miner not in miners:
                raise InputError(f"--{name.replace('_', '-')} names {miner}, which is not among the miners")
            if math.isnan(value):
                raise InputError(f"--{name.replace('_', '-')} of {miner} is not a number")
            if name == "max_ratio" and value <= 0:
                raise InputError(f"--max-ratio of {miner} is {value}; it must be above 0")
    for name in ("evidence_share", "copy_share", "judge_ratio"):
        share = getattr(config, name)
        if share is not None and not share > 0:
            raise InputError(f"--{name.replace('_', '-')} is {share}; it must be above 0")
    return miners


def _find_bound(config: MineConfig, miner: Miner, mined: Sequence[Mined]) -> Bound:
    ratios = [
        would_be_ratios(one.found[miner], one.exclusions.reasons, negatives=config.negatives, skip_top=config.skip_top)
        for one in mined
    ]
    return find_bound(np.concatenate(ratios), config.max_ratio.get(miner), config.margin.get(miner))


def _choose(
    config: MineConfig, one: Mined, bounds: Mapping[Miner, Bound], judge: Judge | None, counts: Counter[str]
) -> list[list[Negative]]:
    """Return the negatives of each question of a group; what was done is counted in `counts`."""
    chosen = [
        choose_negatives(
            one.found,
            row,
            excluded,
            bounds,
            count=config.negatives * (1 if judge is None else judge.SPARE),
            skip_top=config.skip_top,
            counts=counts,
        )
        for row, excluded in enumerate(one.exclusions.reasons)
    ]
    if judge is not None:
        chosen = judge.keep(one.group, chosen, counts)
    chosen = [negatives[: config.negatives] for negatives in chosen]
    counts["questions"] += len(chosen)
    counts["questions_with_fewer_negatives"] += sum(len(negatives) < config.negatives for negatives in chosen)
    counts["questions_without_negatives"] += sum(not negatives for negatives in chosen)
    for negative in (negative for negatives in chosen for negative in negatives):
        counts["negatives"] += 1
        counts[f"negatives_by_{negative.miner}"] += 1
    return chosen
