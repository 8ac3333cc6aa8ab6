"""Two systems on the same questions: the difference of each mode, by language and by slice, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from training.judging.bootstrap import Difference, compare_columns
from training.judging.conclusions import Choice, Option, choose, figures_of, resample_languages, resample_slice
from training.judging.questions import modes_of
from training.judging.report import STAR, describe_doubts, describe_given_up, warn_of_many
from training.judging.slices import FEW_QUESTIONS, slice_questions
from training.judging.tables import (
    METRIC_NAMES,
    format_difference,
    format_p,
    format_points,
    mark,
    mode_name,
    percent,
    render_cells,
    render_table,
)

Titles = tuple[str, str]


@dataclass(frozen=True)
class Comparison:
    """After minus before, of the modes that both have."""

    metric: str
    differences: dict[str, dict[str, Difference]]  # mode -> language, or "all"
    changed: list[str]  # the modes that answered any question otherwise: BM25 usually found the same twice
    slices: dict[str, dict[str, dict[str, Difference]]]  # slice -> mode -> bucket
    slices_about: dict[str, str]
    questions: dict[str, dict[str, int]]  # slice -> bucket
    documents: dict[str, int]  # language -> documents that its questions are about
    all_documents: int  # that all questions are about
    mean_documents: int  # as many as the mean over the languages is as good as
    choice: Choice  # among the modes of both systems


def compare_questions(before: pa.Table, after: pa.Table, metric: str, max_length: int | None) -> Comparison:
    """Return what the questions of two evaluations of the same data set say; the slices are those of `after`."""
    order = [("lang", "ascending"), ("query_id", "ascending")]
    before, after = before.sort_by(order), after.sort_by(order)
    modes = [mode for mode in modes_of(after) if mode in modes_of(before)]
    columns = [*figures_of(before, modes, metric), *figures_of(after, modes, metric)]  # two columns a mode
    pairs = {mode: (place, place + len(modes)) for place, mode in enumerate(modes)}
    by_language = resample_languages(after, columns)
    found: dict[str, dict[str, dict[str, Difference]]] = {}
    slicings = [slicing for slicing in slice_questions(after, max_length) if slicing.name != "language"]
    for slicing in slicings:
        resampled = resample_slice(after, columns, slicing)
        found[slicing.name] = {mode: compare_columns(resampled, *pair) for mode, pair in pairs.items()}
    return Comparison(
        metric=metric,
        differences={mode: compare_columns(by_language, *pair) for mode, pair in pairs.items()},
        changed=[mode for mode, (old, new) in pairs.items() if (columns[old] != columns[new]).any()],
        slices=found,
        slices_about={slicing.name: slicing.about for slicing in slicings},
        questions={slicing.name: slicing.questions() for slicing in slicings},
        documents=dict(zip(by_language.names, by_language.documents.tolist(), strict=True)),
        all_documents=by_language.all_documents,
        mean_documents=by_language.mean_documents,
        choice=_choose(before, after, metric),
    )


def _choose(before: pa.Table, after: pa.Table, metric: str) -> Choice:
    """Return the best of all modes of both systems. BM25 needs neither, and is one option; on the subwords of a model
    it needs that model's tokenizer.
    """
    options, columns = [], []
    for system, table in ((1, after), (0, before)):
        for mode, figures in zip(modes_of(table), figures_of(table, modes_of(table), metric), strict=True):
            option = Option(mode, None if mode == "bm25" else system)
            if option not in options:
                options.append(option)
                columns.append(figures)
    return choose(resample_languages(after, columns), options)


def render_means(before: Mapping[str, Any], after: Mapping[str, Any], metric: str, titles: Titles) -> str:
    """Return both reports' figures by mode and the difference, as the mean and by language, with BM25 beside."""
    left, right = before["metrics"], after["metrics"]
    differences: dict[str, dict[str, float]] = {}
    means: dict[str, dict[str, str]] = {}
    for mode in _shared_modes(left, right):
        old, new = percent(left[mode], metric), percent(right[mode], metric)
        differences[mode_name(mode)] = {lang: new[lang] - old[lang] for lang in new}
        gain = format_points(new["all"] - old["all"])
        means[mode_name(mode)] = _means_row(left, right, mode, metric, titles, {"difference": gain})
    lines = [f"{METRIC_NAMES[metric]} in percent, mean over languages", *render_cells(means)]
    lines += ["", f"{titles[1]} minus {titles[0]}, by language", *render_table(differences, signed=True)]
    best = max(right, key=lambda mode: right[mode]["all"][metric])
    highest = f"Highest mean: {mode_name(best)} ({titles[1]}) with {format_points(100 * right[best]['all'][metric])}."
    return "\n".join([*lines, *_by_language(right, metric, titles), "", highest])


def render_comparison(before: Mapping[str, Any], after: Mapping[str, Any], compared: Comparison, titles: Titles) -> str:
    """Return the same with intervals, then by slice, then what follows in sentences."""
    left, right, metric = before["metrics"], after["metrics"], compared.metric
    means = {}
    for mode, row in compared.differences.items():
        gain = {"difference": format_difference(row["all"]), "p": format_p(row["all"])}
        means[mode_name(mode)] = _means_row(left, right, mode, metric, titles, gain)
    lines = [f"{METRIC_NAMES[metric]} in percent, mean over languages, differences with 95 % intervals"]
    lines += render_cells(means)
    if compared.changed:
        lines += ["", f"{titles[1]} minus {titles[0]}, by language; * {STAR}"]
        lines += _render_differences(compared, compared.differences, list(right[compared.changed[0]]))
    lines += _by_language(right, metric, titles)
    for name, by_mode in compared.slices.items() if compared.changed else ():
        lines += ["", f"{titles[1]} minus {titles[0]} by {name}: {compared.slices_about[name]}"]
        lines += _render_differences(compared, by_mode, list(compared.questions[name]), compared.questions[name])
    doubts = _doubts(compared)
    return "\n".join([*lines, *([""] if doubts else []), *doubts, "", *_conclude(left, right, compared, titles)])


def _doubts(compared: Comparison) -> list[str]:
    """Return the lines that say what on this screen is to be trusted little."""
    judged = [one for mode in compared.changed for one in compared.differences[mode].values()]
    for name, by_mode in compared.slices.items():
        judged += [by_mode[mode][bucket] for mode in compared.changed for bucket in compared.questions[name]]
    return [
        *describe_doubts(compared.documents, compared.all_documents, compared.mean_documents),
        *warn_of_many(judged),
    ]


def _render_differences(
    compared: Comparison,
    differences: Mapping[str, Mapping[str, Difference]],
    columns: list[str],
    counts: Mapping[str, int] | None = None,
) -> list[str]:
    """Return the table of the modes that changed, under the number of questions where `counts` gives it."""
    cells = {}
    if counts is not None:
        cells["questions"] = {name: f"{n}{' few' if n < FEW_QUESTIONS else ''}" for name, n in counts.items()}
    for mode in compared.changed:
        cells[mode_name(mode)] = {column: mark(differences[mode][column]) for column in columns}
    return render_cells(cells)


def _shared_modes(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    return [mode for mode in right if mode in left]


def _means_row(
    left: Mapping[str, Any], right: Mapping[str, Any], mode: str, metric: str, titles: Titles, gain: dict[str, str]
) -> dict[str, str]:
    """Return a mode's row of the first table: before, after, `gain`, BM25."""
    row = {
        title: format_points(100 * one["all"][metric])
        for title, one in zip(titles, (left[mode], right[mode]), strict=True)
    }
    bm25 = {"BM25": format_points(100 * right["bm25"]["all"][metric])} if "bm25" in right else {}
    return {**row, **gain, **bm25}


def _by_language(right: Mapping[str, Any], metric: str, titles: Titles) -> list[str]:
    rows = {mode_name(mode): percent(by_language, metric) for mode, by_language in right.items()}
    return ["", f"{titles[1]}, by language", *render_table(rows)]


def _conclude(left: Mapping[str, Any], right: Mapping[str, Any], compared: Comparison, titles: Titles) -> list[str]:
    """Return in sentences which modes changed, and what to use."""
    changes = [f"{mode_name(mode)} {describe_change(compared.differences[mode]['all'])}" for mode in compared.changed]
    lines = ["; ".join(changes) + "."] if changes else ["Nothing changed."]
    choice = compared.choice

    def name(option: Option) -> str:
        return mode_name(option.mode) + ("" if option.system is None else f" ({titles[option.system]})")

    used = (left if choice.use.system == 0 else right)[choice.use.mode]["all"][compared.metric]
    over = f", {format_difference(choice.over_bm25)} to BM25" if choice.over_bm25 else ""
    why = describe_given_up(name(choice.best), choice.given_up)
    if choice.given_up is None and choice.next is not None and choice.lead is not None:
        why = f"; {name(choice.next)} is {format_difference(choice.lead, signed=False)} behind"
    return [*lines, f"In production use {name(choice.use)} with {format_points(100 * used)}{over}{why}."]


def describe_change(difference: Difference) -> str:
    """Return a difference in words: `improved by 9.7 [8.1, 11.2]`."""
    if difference.low is None or difference.few:
        return f"changed by {format_difference(difference)}, of too few documents to be sure"
    if not difference.sure:
        return f"did not surely change ({format_difference(difference)})"
    if difference.value > 0:
        return f"improved by {format_difference(difference, signed=False)}"
    turned = replace(difference, value=-difference.value, low=-(difference.high or 0), high=-difference.low)
    return f"got worse by {format_difference(turned, signed=False)}"
