"""`m3-train evaluate`: how well a model finds judged documents, beside BM25; `m3-train compare`: two results together.

    report = evaluate(EvaluateConfig(dataset=Path("run"), model="my-model", out=Path("after.json")))

The report is what stands in the JSON file: `metrics` holds MODE -> LANG -> ndcg@10, recall@100, mrr@10 (0..1; LANG
"all" is the mean over the languages), then what was measured: collections, questions set aside, truncation, seconds and
the configuration.
"""

import dataclasses
import math
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from data.bm25 import Bm25Index
from data.errors import InputError
from data.files import write_json
from training.collections.benchmarks import read_benchmark
from training.collections.collection import JudgedCollection
from training.collections.read import read_judged
from training.evaluate_config import METRICS, CompareConfig, EvaluateConfig
from training.judging.metrics import METRIC_DEPTH, measure_rankings
from training.judging.report import Metrics, check_comparable, read_report, render_comparison, render_report
from training.searching.fusion import PAPER_LONG, Rankings, fusion_of

if TYPE_CHECKING:
    from training.searching.in_memory import Lengths
    from training.searching.model_search import ModelSearch


def evaluate(config: EvaluateConfig) -> dict[str, Any]:
    """Measure BM25 and, where one is named, the model; print the table, write `config.out`, return what is written.

    Raises `InputError` for a data set or model that cannot be read, `RunError` when the model's scores are not numbers.
    """
    _check(config)
    collections = _read(config)
    search = _open_search(config, collections)
    fusion = fusion_of(config.weights) if config.weights else PAPER_LONG
    metrics: Metrics = {}
    truncation: dict[str, dict[str, float]] = {}
    seconds: dict[str, dict[str, float]] = {}
    for collection in tqdm(collections, desc="languages", unit="lang"):
        started = time.perf_counter()
        rankings = {"bm25": _rank_bm25(collection)}
        seconds[collection.lang] = {"bm25": time.perf_counter() - started}
        if search is not None:
            started = time.perf_counter()
            found = search.find(collection)
            rankings |= search.rank(found, fusion)
            truncation[collection.lang] = describe_truncation(found.lengths, config.max_length, config.max_query_length)
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
    if search is not None and config.index is None:
        shutil.rmtree(search.index, ignore_errors=True)
    return report


def files_folder(out: Path) -> Path:
    """Return the folder for what an evaluation writes beside its JSON file `out`."""
    return out.with_suffix("") if out.suffix == ".json" else out.with_name(f"{out.name}.files")


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
    if not config.keep_vectors_gb >= 0 or config.keep_vectors_gb == math.inf:
        raise InputError(f"--keep-vectors-gb is {config.keep_vectors_gb}; give gigabytes of disk space, 0 for none")
    if config.weights and not (all(0 <= weight < math.inf for weight in config.weights) and any(config.weights)):
        raise InputError(f"--weights {config.weights}: weights are 0 or more, and one is above 0")
    if config.out.is_dir():
        raise InputError(f"--out {config.out} is a folder; name a file, such as {config.out / 'metrics.json'}")
    try:  # now, not after hours of work
        config.out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {config.out}: its folder cannot be made ({error})") from error


def _rank_bm25(collection: JudgedCollection) -> Rankings:
    """Return each question's ranking by BM25; documents without any of its words are not found."""
    index = Bm25Index(collection.texts)
    rankings = Rankings([], [])
    for question in tqdm(collection.queries, desc=f"{collection.lang} BM25", unit="query", leave=False):
        hits = index.search(question, METRIC_DEPTH)
        rankings.documents.append(np.array([number for number, _ in hits], dtype=np.int32))
        rankings.scores.append(np.array([score for _, score in hits]))
    return rankings


def _open_search(config: EvaluateConfig, collections: Sequence[JudgedCollection]) -> "ModelSearch | None":
    """Return the model, ready to search; None where there is none to measure."""
    if config.model is None:
        return None
    from training.searching.corpus import SearchOptions
    from training.searching.encoder import ScoreLimits
    from training.searching.model_search import ModelSearch

    limits = ScoreLimits(
        max_length=config.max_length,
        max_query_length=config.max_query_length,
        sub_batch_tokens=config.sub_batch_tokens,
        bf16=config.bf16,
        mcls=config.mcls,
    )
    options = SearchOptions(
        multi_vector=config.multi_vector, combine=config.combine, vector_bytes=int(config.keep_vectors_gb * 1e9)
    )
    index = config.index or files_folder(config.out) / "index"
    more = config.query_texts, config.document_texts
    return ModelSearch(config.model, limits, options, index, collections, *more)


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
