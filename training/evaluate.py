"""`m3-train evaluate`: how well a model finds judged documents, beside BM25; `m3-train compare`: two results together.

    report = evaluate(EvaluateConfig(dataset=Path("run"), model="my-model", out=Path("after.json")))

The report is what stands in the JSON file: `metrics` holds MODE -> LANG -> ndcg@10, recall@100, mrr@10 (0..1; LANG
"all" is the mean over the languages), then what was measured: collections, questions set aside, truncation, seconds and
the configuration.
"""

import dataclasses
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from data.bm25 import Bm25Index
from data.errors import InputError, RunError
from data.files import write_json
from training.evaluate_config import METRICS, CompareConfig, EvaluateConfig
from training.evaluate_report import Metrics, check_comparable, read_report, render_comparison, render_report
from training.judged import JudgedCollection, read_judged
from training.metrics import METRIC_DEPTH, measure_rankings

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedTokenizerBase

    from training.model import M3
    from training.search import Lengths


def evaluate(config: EvaluateConfig) -> dict[str, Any]:
    """Measure BM25 and, where one is named, the model; print the table, write `config.out`, return what is written.

    Raises `InputError` for a data set or model that cannot be read, `RunError` when the model's scores are not numbers.
    """
    _check(config)
    collections = read_judged(config.dataset, config.split, config.languages)
    model, tokenizer = _load_model(config) if config.model else (None, None)
    metrics: Metrics = {}
    truncation: dict[str, dict[str, float]] = {}
    seconds: dict[str, dict[str, float]] = {}
    for collection in tqdm(collections, desc="languages", unit="lang"):
        started = time.perf_counter()
        _add(metrics, "bm25", collection, _bm25_rankings(collection))
        seconds[collection.lang] = {"bm25": time.perf_counter() - started}
        if model is not None and tokenizer is not None:
            started = time.perf_counter()
            lengths = _measure_model(metrics, collection, model, tokenizer, config)
            truncation[collection.lang] = describe_truncation(lengths, config.max_length, config.max_query_length)
            seconds[collection.lang]["model"] = time.perf_counter() - started
    for by_language in metrics.values():
        by_language["all"] = {name: _mean([row[name] for row in by_language.values()]) for name in METRICS}
    report = {
        "metrics": metrics,
        "model": config.model,
        "dataset": str(config.dataset),
        "split": config.split,
        "collections": {collection.lang: _describe(collection) for collection in collections},
        "truncation": truncation,
        "seconds": seconds,
        "config": {name: _plain(value) for name, value in dataclasses.asdict(config).items()},
    }
    write_json(config.out, report)
    print(render_report(report))
    print(f"written: {config.out}")
    return report


def compare(config: CompareConfig) -> None:
    """Print two results of `evaluate` side by side. Raises `InputError` when they did not measure the same thing."""
    before, after = read_report(config.before), read_report(config.after)
    check_comparable(before, after, config)
    print(render_comparison(before, after, config.titles))


def _check(config: EvaluateConfig) -> None:
    for name in ("max_length", "max_query_length", "sub_batch_tokens"):
        if getattr(config, name) < 3:
            raise InputError(f"--{name.replace('_', '-')} is {getattr(config, name)}; it must be 3 or more tokens")
    if config.mcls is not None and config.mcls < 1:
        raise InputError(f"--mcls is {config.mcls}; give the tokens between two CLS, such as 256")
    if config.weights and not (all(0 <= weight < math.inf for weight in config.weights) and any(config.weights)):
        raise InputError(f"--weights {config.weights}: weights are 0 or more, and one is above 0")
    if config.out.is_dir():
        raise InputError(f"--out {config.out} is a folder; name a file, such as {config.out / 'metrics.json'}")
    try:  # now, not after hours of work
        config.out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {config.out}: its folder cannot be made ({error})") from error


def _load_model(config: EvaluateConfig) -> "tuple[M3, PreTrainedTokenizerBase]":
    import torch

    from training.model_files import load_reader

    assert config.model is not None
    model, tokenizer = load_reader(config.model, config.max_length, config.max_query_length)
    return model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer


def _bm25_rankings(collection: JudgedCollection) -> list[list[int]]:
    """Return each question's document numbers by BM25, best first; documents without any of its words are not found."""
    index = Bm25Index(collection.texts)
    questions = tqdm(collection.queries, desc=f"{collection.lang} BM25", unit="query", leave=False)
    return [[number for number, _ in index.search(question, METRIC_DEPTH)] for question in questions]


def _measure_model(
    metrics: Metrics,
    collection: JudgedCollection,
    model: "M3",
    tokenizer: "PreTrainedTokenizerBase",
    config: EvaluateConfig,
) -> "Lengths":
    """Add the model's five modes for one language to `metrics`; return how long its texts are."""
    import torch

    from training.search import ScoreLimits, rank_modes, score_documents

    limits = ScoreLimits(
        max_length=config.max_length,
        max_query_length=config.max_query_length,
        sub_batch_tokens=config.sub_batch_tokens,
        bf16=config.bf16,
        mcls=config.mcls,
    )
    try:
        scores, lengths = score_documents(
            model, tokenizer, collection.queries, collection.texts, limits, title=collection.lang
        )
    except torch.OutOfMemoryError as error:
        tokens = config.sub_batch_tokens
        advice = "--sub-batch-tokens" if tokens > config.max_length else "--max-length"
        raise RunError(
            f"the device has too little memory for {tokens} tokens at once; give a smaller {advice}"
        ) from error
    for mode, rankings in rank_modes(scores, config.weights).items():
        _add(metrics, mode, collection, rankings)
    return lengths


def _add(
    metrics: Metrics, mode: str, collection: JudgedCollection, rankings: "Sequence[Sequence[int] | np.ndarray]"
) -> None:
    """Measure one mode's rankings (document numbers of each question) and put the figures in `metrics`."""
    metrics.setdefault(mode, {})[collection.lang] = measure_rankings(rankings, collection)


def describe_truncation(lengths: "Lengths", max_length: int, max_query_length: int) -> dict[str, float]:
    """Return what cutting at the two limits costs: how many texts are cut, and what share of the documents' tokens."""
    documents = lengths.documents
    cut = int((documents - max_length).clip(min=0).sum())
    return {
        "documents": len(documents),
        "documents_cut": int((documents > max_length).sum()),
        "longest_document": int(documents.max(initial=0)),
        "tokens": int(documents.sum()),
        "tokens_cut": cut,
        "share_cut": cut / max(int(documents.sum()), 1),
        "queries_cut": int((lengths.queries > max_query_length).sum()),
    }


def _describe(collection: JudgedCollection) -> dict[str, Any]:
    return {
        "documents": len(collection.docids),
        "queries": len(collection.queries),
        "relevant": sum(sum(grade > 0 for grade in row.values()) for row in collection.qrels.values()),
        "set_aside": {reason: dataclasses.asdict(aside) for reason, aside in collection.set_aside.items()},
        "digest": collection.digest,
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _plain(value: Any) -> Any:
    """Return a setting as JSON holds it, so that the report returned equals the report read back."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value
