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

import numpy as np
from tqdm import tqdm

from data.bm25 import Bm25Index
from data.errors import InputError, RunError
from data.files import write_json
from training.collections.benchmarks import read_benchmark
from training.collections.collection import JudgedCollection
from training.collections.read import read_judged
from training.evaluate_config import METRICS, CompareConfig, EvaluateConfig
from training.judging.metrics import METRIC_DEPTH, measure_rankings
from training.judging.report import Metrics, check_comparable, read_report, render_comparison, render_report
from training.searching.candidates import candidates_of
from training.searching.fusion import PAPER_LONG, Rankings, fusion_of, rank_modes

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from training.model import M3
    from training.searching.in_memory import Lengths


def evaluate(config: EvaluateConfig) -> dict[str, Any]:
    """Measure BM25 and, where one is named, the model; print the table, write `config.out`, return what is written.

    Raises `InputError` for a data set or model that cannot be read, `RunError` when the model's scores are not numbers.
    """
    _check(config)
    collections = _read(config)
    model, tokenizer = _load_model(config) if config.model else (None, None)
    metrics: Metrics = {}
    truncation: dict[str, dict[str, float]] = {}
    seconds: dict[str, dict[str, float]] = {}
    for collection in tqdm(collections, desc="languages", unit="lang"):
        started = time.perf_counter()
        rankings = {"bm25": _rank_bm25(collection)}
        seconds[collection.lang] = {"bm25": time.perf_counter() - started}
        if model is not None and tokenizer is not None:
            started = time.perf_counter()
            found, lengths = _rank_model(collection, model, tokenizer, config)
            rankings |= found
            truncation[collection.lang] = describe_truncation(lengths, config.max_length, config.max_query_length)
            seconds[collection.lang]["model"] = time.perf_counter() - started
        for mode, ranked in rankings.items():
            metrics.setdefault(mode, {})[collection.lang] = measure_rankings(ranked.documents, collection)
    for by_language in metrics.values():
        by_language["all"] = {name: _mean([row[name] for row in by_language.values()]) for name in METRICS}
    report = {
        "metrics": metrics,
        "model": config.model,
        "dataset": str(config.dataset or config.benchmark),
        "split": config.asked_split,
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


def _read(config: EvaluateConfig) -> list[JudgedCollection]:
    """Return what is measured; the texts are kept where the report will stand, in a file without a name."""
    work = config.out.parent
    if config.benchmark:
        return read_benchmark(config.benchmark, config.dataset, config.asked_split, config.languages, work)
    assert config.dataset is not None
    return read_judged(config.dataset, config.asked_split, config.languages, work)


def _check(config: EvaluateConfig) -> None:
    if config.dataset is None and config.benchmark is None:
        raise InputError("nothing to measure: give --dataset FOLDER, or --benchmark mldr, miracl, mkqa or narrativeqa")
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


def _rank_bm25(collection: JudgedCollection) -> Rankings:
    """Return each question's ranking by BM25; documents without any of its words are not found."""
    index = Bm25Index(collection.texts)
    rankings = Rankings([], [])
    for question in tqdm(collection.queries, desc=f"{collection.lang} BM25", unit="query", leave=False):
        hits = index.search(question, METRIC_DEPTH)
        rankings.documents.append(np.array([number for number, _ in hits], dtype=np.int32))
        rankings.scores.append(np.array([score for _, score in hits]))
    return rankings


def _rank_model(
    collection: JudgedCollection, model: "M3", tokenizer: "PreTrainedTokenizerBase", config: EvaluateConfig
) -> "tuple[dict[str, Rankings], Lengths]":
    """Return the rankings of the model's five modes, and how long the texts are."""
    import torch

    from training.searching.in_memory import ScoreLimits, score_documents

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
    fusion = fusion_of(config.weights) if config.weights else PAPER_LONG
    return rank_modes(candidates_of(scores), fusion), lengths


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
