"""`m3-train compare A.json B.json`: did it help, where, how surely, and what to use in production.

The questions of both evaluations (`A/questions.parquet`) are set side by side; where one is missing, the means alone.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.errors import InputError, printable
from training.evaluate_config import METRICS, CompareConfig
from training.judging.comparison import compare_questions, render_comparison, render_means
from training.judging.files import QUESTIONS, files_folder
from training.judging.questions import mean_metrics, read_questions

_TITLE = 20  # characters of a heading that are shown


def compare(config: CompareConfig) -> None:
    """Print two results of `evaluate` side by side. Raises `InputError` when they did not measure the same thing."""
    before, after = read_report(config.before), read_report(config.after)
    check_comparable(before, after, config)
    metric = after.get("main_metric", "ndcg@10")
    titles = _short_titles(config.titles)
    found = [_read_sidecar(file, report) for file, report in ((config.before, before), (config.after, after))]
    tables = [table for table in found if isinstance(table, pa.Table)]
    missing = [text for text in found if isinstance(text, str)]
    if missing:
        print(printable(render_means(before, after, metric, titles)))
        print(printable("\n".join(["", "The means alone, without intervals and slices:", *missing])))
        return
    compared = compare_questions(tables[0], tables[1], metric, reads_to(after))
    print(printable(render_comparison(before, after, compared, titles)))


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


def reads_to(report: Mapping[str, Any]) -> int | None:
    """Return the tokens of a document that a report's model reads at most; None where it reads all."""
    config = report.get("config", {})
    return None if config.get("window") == "all" else config.get("max_length")


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


def _short_titles(titles: tuple[str, str]) -> tuple[str, str]:
    """Return the headings, cut in the middle where they are long, and numbered where they are the same."""
    half = _TITLE // 2
    left, right = (
        title if len(title) <= _TITLE else f"{title[: half - 1]}…{title[-half:]}" for title in map(printable, titles)
    )
    return (left, right) if left != right else (f"{left} (1)", f"{right} (2)")


def _read_sidecar(file: Path, report: Mapping[str, Any]) -> pa.Table | str:
    """Return the questions that belong to a report, or why there are none."""
    questions = files_folder(file) / QUESTIONS
    if not questions.is_file():
        return f"{questions} is missing; it is written with {file.name}, and moves with it."
    try:
        table = read_questions(questions)
    except InputError as error:
        return str(error)
    means = mean_metrics(table)
    same = all(
        math.isclose(row[name], means.get(mode, {}).get(lang, {}).get(name, math.nan), abs_tol=1e-9)
        for mode, by_language in report["metrics"].items()
        for lang, row in by_language.items()
        for name in METRICS
    )
    return table if same else f"{questions} belongs to another evaluation than {file}: its means are not the same."
