"""What `m3-train mine` did, as the entry of mine.json, as the changed pairs, and in a few lines."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from data.files import digest
from training.mine_config import MINERS, MineConfig, Miner
from training.mining.candidates import Mined
from training.mining.choose import Negative
from training.mining.margins import Bound, histogram
from training.mining.target import plain_settings, with_columns


def describe(
    config: MineConfig,
    mined: Sequence[Mined],
    bounds: Mapping[Miner, Bound],
    counts: Mapping[str, Counter[str]],
    chosen: Sequence[Sequence[Sequence[Negative]]],
) -> dict[str, Any]:
    """Return the entry of mine.json: settings, bounds with their histograms, counts by language and split."""
    described = {}
    for miner, bound in bounds.items():
        bars, edges = histogram(bound.ratios) if len(bound.ratios) else (np.empty(0), np.empty(0))
        described[miner] = {
            "max_ratio": None if bound.ratio == math.inf else bound.ratio,
            "margin": None if bound.margin == -math.inf else bound.margin,
            "origin": bound.origin,
            "share_above": bound.share_above,
            "histogram": {"counts": bars.tolist(), "edges": edges.tolist()},
        }
    results = [
        [one.group.query_ids, [[one.group.docids[negative.document] for negative in row] for row in rows]]
        for one, rows in zip(mined, chosen, strict=True)
    ]
    return {
        "settings": plain_settings(config),
        "miners": list(bounds),
        "bounds": described,
        "copy_share": {one.group.name: one.exclusions.copy_share for one in mined},
        "counts": {name: dict(sorted(count.items())) for name, count in counts.items()},
        "digest": digest(results),
    }


def changed_tables(mined: Sequence[Mined], chosen: Sequence[list[list[Negative]]]) -> dict[tuple[str, str], pa.Table]:
    """Return the pairs with their negatives, by language and split."""
    tables = {}
    for one, rows in zip(mined, chosen, strict=True):
        empty: list[list[float]] = [[] for _ in rows]
        columns: dict[str, Sequence[Any]] = {
            "negative_ids": [[one.group.docids[negative.document] for negative in row] for row in rows],
            "negative_miners": [[negative.miner for negative in row] for row in rows],
            "negative_ranks": [[negative.rank for negative in row] for row in rows],
            "negative_scores": [[negative.score for negative in row] for row in rows],
            "pos_scores": empty,  # a teacher's scores belong to the negatives that it was shown
            "neg_scores": empty,
        }
        tables[one.group.lang, one.group.split] = with_columns(one.group.pairs, columns)
    return tables


def manifest_entry(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the data set's manifest keeps of a report: all but the bars of the histograms."""
    bounds = {
        miner: {name: value for name, value in bound.items() if name != "histogram"}
        for miner, bound in report["bounds"].items()
    }
    return {**report, "bounds": bounds}


def tell_exclusions(total: Counter[str]) -> str:
    """Return how many candidates were excluded for which reason, the commonest first."""
    left_out = ("free", "positive", "questions", "negatives")
    rows = [(name, number) for name, number in total.most_common() if not name.startswith(left_out) and number]
    rows += [(name, total[name]) for name in sorted(total) if name.startswith("positive_not_found")]
    return ", ".join(f"{name.replace('_', ' ')} {number:,}" for name, number in rows) or "none"


def summarise(total: Counter[str], config: MineConfig) -> str:
    """Return what came out, in three lines."""
    by_miner = ", ".join(
        f"{miner} {total[f'negatives_by_{miner}']:,}" for miner in MINERS if total[f"negatives_by_{miner}"]
    )
    return "\n".join(
        [
            f"{total['negatives']:,} negatives for {total['questions']:,} questions: {by_miner}",
            f"{total['questions_with_fewer_negatives']:,} questions have fewer than {config.negatives},"
            f" {total['questions_without_negatives']:,} of them none",
            f"excluded candidates: {tell_exclusions(total)}",
        ]
    )
