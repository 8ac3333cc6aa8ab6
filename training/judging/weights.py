"""What fusion weights that were found on some questions are worth, beside the paper's: figures, gains, conclusion.

chosen = judge_weights(WeightSearch(trials, langs, "long"), folds, groups, seed=42)         # ModeWeights
render_fusion({"all": chosen}, ...)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from training.judging.bootstrap import Difference, compare_columns, resample_means
from training.judging.tables import mode_name, render_table
from training.searching.saved_fusion import PAPER
from training.searching.weights import FusedMode, Hundredths, WeightSearch, mean_over, weights_of

FEW_FOR_WEIGHTS = 50  # fewer questions say little about weights


@dataclass(frozen=True)
class ModeWeights:
    """The weights that were found for a mode, and what they are worth."""

    weights: Hundredths
    figures: dict[str, float]  # under the weights "long" and "short" (the paper's) and "found"
    fold_weights: list[Hundredths]  # chosen without each part of the questions
    over: Literal["long", "short"]  # which of the paper's weights are meant for what was measured
    gains: dict[str, Difference]  # over these, by language and "all", on questions they were not chosen on

    @property
    def sure(self) -> bool:
        """Whether they are surely better than the paper's; nothing is sure of a few documents."""
        gain = self.gains["all"]
        return gain.sure and gain.value > 0


def judge_weights(search: WeightSearch, folds: np.ndarray, groups: np.ndarray, seed: int) -> ModeWeights:
    """Return the best weights, and their gain over the paper's (`search.over`) for questions they were not chosen on.

    `folds` [Q]: the parts of the questions. `groups` [Q]: questions about one document, which are drawn together.
    """
    trials = search.trials
    exact = [weights_of(trials.mode, fusion) for fusion in PAPER.values()]
    under = dict(zip(PAPER, trials.ndcg(np.array(exact)), strict=True))  # each [Q]
    best = search.choose()
    crossed, fold_weights = search.cross_fit(folds)
    resampled = resample_means(np.stack([under[search.over], crossed], axis=1), search.langs, groups, seed)
    under["found"] = search.ndcg([best])[0]
    figures = {name: float(mean_over(values, search.langs)) for name, values in under.items()}
    return ModeWeights(best, figures, fold_weights, search.over, compare_columns(resampled, 0, 1))


def describe_weights(chosen: ModeWeights) -> dict[str, Any]:
    """Return what the file of weights says of a mode beside the weights."""
    return {
        "ndcg@10": chosen.figures,
        "gain": {
            lang: {"value": gain.value, "low": gain.low, "high": gain.high} for lang, gain in chosen.gains.items()
        },
        "weights_without_each_part": [[weight / 100 for weight in each] for each in chosen.fold_weights],
    }


def render_fusion(
    modes: Mapping[FusedMode, ModeWeights], questions: int, documents: int, dataset: str, model: str
) -> str:
    """Return what was found as text: figures under each weights, gains by language, and what follows."""
    lines = [
        f"data set: {dataset}: {questions} questions about {documents} documents (near-copies and translations count as"
        " one)",
        f"model: {model}",
        "",
        "nDCG@10 in percent, mean over languages" + " " * 4 + "dense sparse multi-vec nDCG@10",
    ]
    for mode, chosen in modes.items():
        rows: dict[str, Sequence[float]] = {
            f"the paper's, {name}": weights_of(mode, fusion) for name, fusion in PAPER.items()
        }
        rows["found"] = [weight / 100 for weight in chosen.weights]
        for (name, weights), figure in zip(rows.items(), chosen.figures.values(), strict=True):
            total = sum(weights)
            cells = [f"{weight / total:.2f}" for weight in weights] + [""] * (3 - len(weights))
            label = f"{mode_name(mode)}: {name}"
            lines.append(f"{label:<43}{cells[0]:>5} {cells[1]:>6} {cells[2]:>9} {100 * figure:>7.1f}")
    gains = {
        mode_name(mode): {lang: 100 * gain.value for lang, gain in chosen.gains.items()}
        for mode, chosen in modes.items()
    }
    over = " and ".join(dict.fromkeys(chosen.over for chosen in modes.values()))
    lines += ["", f"gain over the paper's ({over}) on questions that the weights were not chosen on"]
    lines += [*render_table(gains, signed=True), ""]
    lines += [_conclude(mode, chosen) for mode, chosen in modes.items()]
    if questions < FEW_FOR_WEIGHTS:
        lines.append(f"Only {questions} questions: this says little; curate more dev questions.")
    return "\n".join(lines)


def _conclude(mode: FusedMode, chosen: ModeWeights) -> str:
    """Return what the gain of a mode's weights means."""
    gain = chosen.gains["all"]
    flattering = chosen.figures["found"] - chosen.figures[chosen.over]
    if gain.low is None or gain.high is None:
        interval, verdict = "no interval: too few documents", "the paper's weights stay"
    else:
        interval = f"95 % interval {100 * gain.low:+.1f} to {100 * gain.high:+.1f}"
        verdict = "the paper's weights are as good, and stay"
        if chosen.sure:
            verdict = "surely better than the paper's"
        elif gain.few and gain.low > 0:
            verdict = "better, but too few documents, in all or in a language, to be sure: the paper's weights stay"
        elif gain.sure:
            verdict = "chosen weights do worse than the paper's, which stay"
    return (
        f"{mode_name(mode)}: {100 * gain.value:+.1f} ({interval}): {verdict}."
        f" On the questions that they were chosen on: {100 * flattering:+.1f}."
    )
