"""The report of `m3-train evaluate` as text: its tables and notes, and the comparison of two reports."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.errors import InputError
from training.evaluate_config import METRICS, MODES, CompareConfig

MODE_NAMES = {"bm25": "BM25", "multi_vector": "multi-vec", "dense_sparse": "dense+sparse"}
SCREEN_COLUMNS = 120
SMALL_CORPUS = 100  # in a corpus no larger than this, Recall@100 of a full ranking is 1 whatever the model does

Metrics = dict[str, dict[str, dict[str, float]]]  # mode -> language -> metric -> 0..1


def render_report(report: Mapping[str, Any]) -> str:
    """Return the table of a report (nDCG@10, languages as columns, modes as rows) and the notes that belong to it."""
    metrics: Metrics = report["metrics"]
    rows = {_mode_name(mode): _percent(metrics[mode], "ndcg@10") for mode in MODES if mode in metrics}
    collections: dict[str, Any] = report["collections"]
    lines = [
        f"data set: {report['dataset']}, split {report['split']}",
        f"model: {report['model'] or 'none, BM25 alone'}",
    ]
    lines += ["", "nDCG@10 in percent", *render_table(rows)]
    lines += ["", "mean over languages, in percent"]
    means = {_mode_name(mode): {name: 100 * metrics[mode]["all"][name] for name in METRICS} for mode in metrics}
    lines += render_table(means)
    lines += ["", *_notes(collections, report["truncation"], report["config"]["max_length"])]
    return "\n".join(lines)


def _notes(collections: Mapping[str, Any], truncation: Mapping[str, Any], max_length: int) -> list[str]:
    """Return the lines that say what was measured, what was left out, and what was cut."""
    documents, queries = (sum(row[name] for row in collections.values()) for name in ("documents", "queries"))
    lines = [f"{queries} questions, {documents} documents, {len(collections)} languages"]
    for lang, row in collections.items():
        for reason, aside in row["set_aside"].items():
            lines.append(f"{lang}: {aside['count']} questions set aside, {reason}; first {aside['example']}")
    small = [lang for lang, row in collections.items() if row["documents"] <= SMALL_CORPUS]
    if small:
        lines.append(f"Recall@100 says little where there are no more than {SMALL_CORPUS} documents: {' '.join(small)}")
    if truncation:
        cut, total, lost = (
            sum(row[name] for row in truncation.values()) for name in ("documents_cut", "documents", "tokens_cut")
        )
        share = lost / max(sum(row["tokens"] for row in truncation.values()), 1)
        lines.append(
            f"{cut} of {total} documents are longer than {max_length} tokens; {share:.1%} of all tokens not read"
        )
    return lines


def render_table(rows: Mapping[str, Mapping[str, float]], signed: bool = False) -> list[str]:
    """Return an aligned table (row name -> column name -> value); more columns than a screen takes go on below."""
    columns = list(next(iter(rows.values())))
    first = max(len(name) for name in rows)
    width = max(6, *(len(name) + 1 for name in columns))
    per_part = max(1, (SCREEN_COLUMNS - first) // width)
    lines: list[str] = []
    for start in range(0, len(columns), per_part):
        part = columns[start : start + per_part]
        lines.append(" " * first + "".join(f"{name:>{width}}" for name in part))
        for name, values in rows.items():
            cells = "".join(f"{values[column]:>{'+' if signed else ''}{width}.1f}" for column in part)
            lines.append(f"{name:<{first}}{cells}")
    return lines


def read_report(file: Path) -> dict[str, Any]:
    """Return what `evaluate` wrote to `file`. Raises `InputError` when it is absent or something else."""
    if not file.is_file():
        raise InputError(f"there is no file {file}; make it with: m3-train evaluate --dataset DIR --out {file}")
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
        for key in ("metrics", "collections", "dataset", "truncation"):
            report[key]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} was not written by m3-train evaluate ({error!r})") from error
    return report


def check_comparable(before: Mapping[str, Any], after: Mapping[str, Any], config: CompareConfig) -> None:
    """Raise `InputError` unless both reports are about the same documents, questions and judgements."""
    left, right = before["collections"], after["collections"]
    if set(left) != set(right):
        raise InputError(
            f"{config.before} measures {' '.join(left)}, {config.after} measures {' '.join(right)}; "
            "evaluate both with the same --languages"
        )
    changed = [lang for lang in left if left[lang]["digest"] != right[lang]["digest"]]
    if changed:
        raise InputError(
            f"{config.before} ({before['dataset']}) and {config.after} ({after['dataset']}) measure other documents "
            f"or questions in {' '.join(changed)}; evaluate both models on the same data set"
        )


def render_comparison(before: Mapping[str, Any], after: Mapping[str, Any], titles: tuple[str, str]) -> str:
    """Return both reports' nDCG@10 by mode and the difference, as the mean and by language, with BM25 beside."""
    left, right = before["metrics"], after["metrics"]
    modes = [mode for mode in MODES if mode in left and mode in right]
    bm25 = 100 * right["bm25"]["all"]["ndcg@10"]
    means: dict[str, dict[str, float]] = {}
    differences: dict[str, dict[str, float]] = {}
    for mode in modes:
        old, new = _percent(left[mode], "ndcg@10"), _percent(right[mode], "ndcg@10")
        differences[_mode_name(mode)] = {lang: new[lang] - old[lang] for lang in new}
        means[_mode_name(mode)] = {
            titles[0]: old["all"],
            titles[1]: new["all"],
            "difference": new["all"] - old["all"],
            "BM25": bm25,
        }
    lines = ["nDCG@10 in percent, mean over languages", *render_table(means)]
    lines += ["", f"{titles[1]} minus {titles[0]}, by language", *render_table(differences, signed=True)]
    lines += ["", f"{titles[1]}, by language"]
    lines += render_table({_mode_name(mode): _percent(right[mode], "ndcg@10") for mode in modes})
    return "\n".join(lines)


def _percent(by_language: Mapping[str, Mapping[str, float]], metric: str) -> dict[str, float]:
    return {lang: 100 * row[metric] for lang, row in by_language.items()}


def _mode_name(mode: str) -> str:
    return MODE_NAMES.get(mode, mode)
