"""The report of a run: figures of every stage as JSON, and one HTML page that shows where the questions came from.

report.json and report.html stand in the run's folder. Everything that came from documents or models is escaped by the
template.
"""

import base64
import json
import random
from collections import Counter
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
from jinja2 import Environment, StrictUndefined

from curation.command_config import InspectConfig
from curation.config import FilterConfig
from curation.difficulty import Difficulty, difficulty_lines, measure_difficulty
from curation.engine import StageOutput, read_stage
from curation.recorded import read_recorded
from curation.spending import Spending, spending_by, spending_lines
from data.dataset import CuratedDataset, load_curated
from data.errors import InputError
from data.files import write_json, write_text
from data.records import SPLITS

STAGES = ("sample", "split", "passages", "generate", "filter", "dedup", "judge")
PAIRS_SHOWN = 3  # of each language
REJECTS_SHOWN = 3  # of each reason
CONTEXT_CHARACTERS = 300
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "ckb", "arz"})


@dataclass(frozen=True)
class ShownPair:
    """A pair as the page shows it: the passage, with a little of the document on both sides."""

    query: str
    lang: str
    split: str
    title: str
    docid: str
    source: str
    before: str
    passage: str
    after: str
    position: float  # of the passage in the document, 0 to 1
    model: str
    prompt: str
    overlap: float
    rank: int | None

    @property
    def direction(self) -> str:
        """The direction in which the text runs."""
        return "rtl" if self.lang in RIGHT_TO_LEFT else "ltr"


def write_report(config: InspectConfig) -> list[str]:
    """Write report.json and report.html into the run's folder, and return lines that sum them up.

    Raises `InputError` when the folder holds no finished stage, or when an evaluation or training folder cannot be
    read.
    """
    outputs = {name: output for name in STAGES if (output := read_stage(config.out / "stages" / name))}
    if not outputs:
        raise InputError(
            f"{config.out} holds no finished stage; start with m3-curate run --source DOCUMENTS --out {config.out}"
        )
    dataset = load_curated(config.out) if (config.out / "dataset" / "manifest.json").exists() else None
    recorded = read_recorded(config.out)
    prices = (recorded.generate.price_in, recorded.generate.price_out) if recorded else (None, None)
    figures = collect_figures(outputs, dataset, prices)
    evaluations = [_read_evaluation(file) for file in config.evaluations]
    page = _render(
        figures={"dataset": None, "generation": None, "kept_by_language": {}, "difficulty": {}, **figures},
        pairs=_choose_pairs(dataset) if dataset else [],
        rejects=_choose_rejects(outputs),
        evaluations=evaluations,
        training=_read_training(config.training),
        splits=SPLITS,
    )
    write_json(config.out / "report.json", {**figures, "evaluations": evaluations})
    write_text(config.out / "report.html", page)
    return [*_summary(figures), f"report: {config.out / 'report.html'}"]


def collect_figures(
    outputs: dict[str, StageOutput], dataset: CuratedDataset | None, prices: tuple[float | None, float | None]
) -> dict[str, Any]:
    """Return the counts of every stage and reason, of the finished data set, of truncation and of what was paid."""
    shown = ("rows", "rows_by_language", "set_aside", "reasons", "seconds")
    figures: dict[str, Any] = {
        "stages": {name: {key: output.manifest[key] for key in shown} for name, output in outputs.items()}
    }
    judged = next((outputs[name] for name in ("judge", "dedup", "filter") if name in outputs), None)
    kept = judged.table.filter(pa.compute.is_null(judged.table["reason"]))["query_id"].to_pylist() if judged else []
    if "generate" in outputs:
        asked = outputs["generate"].table
        figures["generation"] = {"models": dict(Counter(asked["model"].to_pylist())), "spending": None}
        if asked["request_digest"].null_count < len(asked):  # an LLM was asked
            figures["generation"]["spending"] = {
                column: {name: asdict(part) for name, part in spending_by(column, asked, kept, prices).items()}
                for column in ("lang", "prompt")
            }
    if judged:
        rows = zip(judged.table["lang"].to_pylist(), judged.table["reason"].to_pylist(), strict=True)
        figures["kept_by_language"] = {
            lang: {"asked": sum(counts.values()), "kept": counts[True]}
            for lang, counts in sorted(_count_kept(rows).items())
        }
        easy = outputs["filter"].manifest["config"].get("easy_overlap", FilterConfig().easy_overlap)
        difficulty = measure_difficulty(outputs["filter"].table, kept, easy)
        figures["difficulty"] = {lang: asdict(part) for lang, part in difficulty.items()}
    if dataset:
        figures["dataset"] = dataset.manifest["counts"]
        figures["truncation"] = dataset.manifest["truncation"]
    return figures


def _count_kept(rows: Any) -> dict[str, Counter[bool]]:
    counts: dict[str, Counter[bool]] = {}
    for lang, reason in rows:
        counts.setdefault(lang, Counter())[reason is None] += 1
    return counts


def _summary(figures: dict[str, Any]) -> list[str]:
    counts = figures.get("dataset", {})
    lines = []
    if counts:
        totals = {key: sum(count[key] for count in counts.values()) for key in ("corpus", *SPLITS)}
        lines.append(
            f"{totals['corpus']} documents in {len(counts)} language{'s' * (len(counts) != 1)}; questions: "
            + ", ".join(f"{totals[s]} {s}" for s in SPLITS)
        )
        without = [lang for lang, count in counts.items() if not any(count[split] for split in SPLITS)]
        if without:
            lines.append(f"no question was kept in {', '.join(without)}: the report shows why")
        cut = figures["truncation"]
        lines.append(
            f"{cut['documents_longer']} documents are longer than {cut['model_tokens']} tokens; the evidence of "
            f"{cut['questions_with_evidence_beyond'] + cut['questions_with_evidence_cut']} questions "
            "lies wholly or partly beyond"
        )
    lines += difficulty_lines({name: Difficulty(**part) for name, part in figures.get("difficulty", {}).items()})
    spending = (figures.get("generation") or {}).get("spending")
    if spending:
        lines += spending_lines({name: Spending(**part) for name, part in spending["lang"].items()})
    return lines


def _choose_pairs(dataset: CuratedDataset) -> list[ShownPair]:
    shown = []
    for lang in dataset.languages:
        pairs = [(split, pair) for split in SPLITS for pair in dataset.pairs(lang, split).to_pylist()]
        chosen = random.Random(f"report {lang}").sample(pairs, min(PAIRS_SHOWN, len(pairs)))
        wanted = {pair["positive_ids"][0] for _, pair in chosen}
        corpus = dataset.corpus(lang)
        rows = [number for number, docid in enumerate(corpus["docid"].to_pylist()) if docid in wanted]
        documents = {row["docid"]: row for row in corpus.take(pa.array(rows, pa.int64())).to_pylist()}
        shown += [_show(pair, documents[pair["positive_ids"][0]], split) for split, pair in chosen]
    return shown


def _show(pair: dict[str, Any], document: dict[str, Any], split: str) -> ShownPair:
    text, start, end = document["text"], pair["evidence_start"], pair["evidence_end"]
    return ShownPair(
        query=pair["query"],
        lang=pair["lang"],
        split=split,
        title=document["title"] or "",
        docid=document["docid"],
        source=Path(document["source"]).name,
        before=("… " if start > CONTEXT_CHARACTERS else "") + text[max(0, start - CONTEXT_CHARACTERS) : start],
        passage=text[start:end],
        after=text[end : end + CONTEXT_CHARACTERS] + (" …" if end + CONTEXT_CHARACTERS < len(text) else ""),
        position=start / max(1, len(text)),
        model=pair["model"] or "",
        prompt=pair["prompt"] or "none",
        overlap=pair["lexical_overlap"] or 0.0,
        rank=pair["bm25_rank"],
    )


def _choose_rejects(outputs: dict[str, StageOutput]) -> list[tuple[str, str, int, list[dict[str, str]]]]:
    """Return (stage, reason, count, a few examples), as the stages come."""
    chosen = []
    for name, output in outputs.items():
        for reason, count in output.manifest["reasons"].items():
            of_reason = [number for number, other in enumerate(output.rejects["reason"].to_pylist()) if other == reason]
            chosen.append(
                (name, reason, count, output.rejects.take(pa.array(of_reason[:REJECTS_SHOWN], pa.int64())).to_pylist())
            )
    return chosen


def _read_evaluation(file: Path) -> dict[str, Any]:
    try:
        evaluation: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return {"name": file.stem, "metrics": evaluation["metrics"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} is not a file that m3-train evaluate wrote: {error}") from error


def _read_training(folder: Path | None) -> str | None:
    """Return the loss curves of a training run as a data URL, or None."""
    if folder is None:
        return None
    file = folder / "curves.png"
    if not file.is_file():
        raise InputError(f"{folder} holds no curves.png; --training takes the folder that m3-train fit wrote")
    return "data:image/png;base64," + base64.b64encode(file.read_bytes()).decode()


def _render(**values: Any) -> str:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = resources.files(__package__).joinpath("report.html").read_text(encoding="utf-8")
    return environment.from_string(template).render(values)
