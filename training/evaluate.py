"""`m3-train evaluate`: how well a model finds judged documents, beside BM25, where, how surely, and what to use.

    report = evaluate(EvaluateConfig(dataset=Path("run"), model="my-model", out=Path("after.json")))

The report is what stands in the JSON file: the figures (`training.judging.summary`), of which `metrics` holds MODE ->
LANG -> ndcg@10, recall@100, mrr@10 (0..1; LANG "all" is the mean over the languages), then what was measured:
collections, questions set aside, truncation, seconds and the configuration. `training.judging.files` says what is
written beside it.
"""

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from tqdm import tqdm

from data.errors import InputError, printable
from data.files import atomic_folder, is_json_with, write_json
from training.collections.benchmarks import read_collections
from training.collections.collection import JudgedCollection
from training.collections.families import joined_families
from training.evaluate_config import EvaluateConfig, check_reading
from training.judging.files import INDEX, PICTURE, QRELS, QUESTIONS, RUNS, files_folder, require_own_folder
from training.judging.metrics import METRIC_DEPTH, judgements_by_mode
from training.judging.picture import draw_figures
from training.judging.questions import judge_questions, write_questions
from training.judging.report import render_report
from training.judging.summary import main_metric, summarise
from training.judging.trec import write_qrels, write_runs
from training.packing import room_of
from training.searching.fusion import Fusion, Rankings
from training.searching.index_folder import remove_index
from training.searching.lexical import rank_bm25
from training.searching.saved_fusion import are_weights, choose_fusion, describe_fusion, fusion_record

if TYPE_CHECKING:
    from training.searching.in_memory import Lengths
    from training.searching.model_search import ModelSearch


def evaluate(config: EvaluateConfig) -> dict[str, Any]:
    """Measure BM25 and, where one is named, the model; print the tables, write `config.out` and the folder beside it
    (`training.judging.files`), return what is in the JSON file.

    Raises `InputError` for a data set or model that cannot be read, `RunError` when the model's scores are not numbers.
    """
    _check(config)
    index = config.index or files_folder(config.out) / INDEX
    search = _open_search(config, index)
    _choose_fusion(config, search, ())  # a file that cannot be used is told before anything is read
    collections = read_collections(
        config.dataset, config.benchmark, config.asked_split, config.languages, config.out.parent
    )  # their texts are kept where the report will stand, in a file without a name
    if search is not None:
        search.check(collections)
    fusion, origin = _choose_fusion(config, search, collections)
    families = joined_families(None if config.benchmark else config.dataset, collections)
    folder = files_folder(config.out)
    with atomic_folder(folder / RUNS) as runs, atomic_folder(folder / QRELS) as qrels:
        judged = {
            collection.lang: _judge(collection, families[collection.lang], config, index, search, fusion, (runs, qrels))
            for collection in tqdm(collections, desc="languages", unit="lang")
        }
    questions = pa.concat_tables([one.questions for one in judged.values()])
    report = {
        **summarise(questions, main_metric(collections), config.reads_to),
        "model": config.model,
        "dataset": str(config.dataset or config.benchmark),
        "split": config.asked_split,
        "collections": {collection.lang: _describe(collection) for collection in collections},
        "truncation": {lang: one.truncation for lang, one in judged.items() if one.truncation},
        "fusion": fusion_record(fusion, origin) if search else None,
        "fresh_heads": list(search.encoder.model.fresh_heads) if search else [],
        "further_texts": search.further if search else {},
        "seconds": {lang: one.seconds for lang, one in judged.items()},
        "config": {name: _plain(value) for name, value in dataclasses.asdict(config).items()},
    }
    write_questions(questions, folder / QUESTIONS)
    write_json(config.out, report)
    print(printable(render_report(report)))
    if search:
        print(describe_fusion(fusion_record(fusion, origin)))
    failure = _draw(report, folder / PICTURE)
    beside = [QUESTIONS, *([] if failure else [PICTURE]), f"{RUNS}/ and {QRELS}/"]
    print(f"written: {config.out}, and {folder}/ with {', '.join(beside)}")
    if failure:
        print(printable(failure))
    if config.index is None:
        remove_index(index)
    return report


def _choose_fusion(
    config: EvaluateConfig, search: "ModelSearch | None", collections: Sequence[JudgedCollection]
) -> tuple[Fusion, str]:
    """Return the weights of merged scores, and in words where they come from."""
    mark = search.encoder.model_digest if search else ""
    measured = [collection.digest for collection in collections]
    return choose_fusion(config.weights, config.fusion, config.model, mark, config.paper_fusion, measured)


def _draw(report: dict[str, Any], file: Path) -> str:
    """Draw the figures, and return nothing, or why there is no picture: that must not cost hours of work."""
    try:
        draw_figures(report, file)
    except Exception as error:  # whatever it is, the report stands
        file.unlink(missing_ok=True)  # an earlier evaluation's would be taken for this one's
        return f"{file} was not drawn ({type(error).__name__}: {error}); everything else is there"
    return ""


@dataclasses.dataclass(frozen=True)
class _Judged:
    """What was measured of one collection."""

    questions: pa.Table  # training.judging.questions
    truncation: dict[str, float] | None  # None without a model
    seconds: dict[str, float]


def _judge(
    collection: JudgedCollection,
    families: list[str],
    config: EvaluateConfig,
    index: Path,
    search: "ModelSearch | None",
    fusion: Fusion,
    folders: tuple[Path, Path],
) -> _Judged:
    """Search a collection in every mode, write its runs and qrels to the two folders, and judge each question."""
    rankings, seconds = _rank_bm25(collection, index, search)
    lengths = truncation = None
    if search is not None:
        started = time.perf_counter()
        found = search.find(collection)
        rankings |= search.rank(found, fusion)
        lengths = found.lengths.documents
        truncation = describe_truncation(
            found.lengths, config.reads_to and room_of(config.reads_to, config.mcls), config.max_query_length
        )
        seconds["model"] = time.perf_counter() - started
    judgements = judgements_by_mode(collection, rankings)
    runs, qrels = folders
    write_runs(collection, rankings, runs)
    write_qrels(collection, judgements, qrels)
    return _Judged(judge_questions(collection, families, rankings, judgements, lengths), truncation, seconds)


def _check(config: EvaluateConfig) -> None:
    if config.dataset is None and config.benchmark is None:
        raise InputError("nothing to measure: give --dataset FOLDER, or --benchmark mldr, miracl, mkqa or narrativeqa")
    check_reading(config)
    if config.weights and not are_weights(config.weights):
        raise InputError(f"--weights {config.weights}: weights are 0 or more, and one is above 0")
    if config.out.is_dir():
        raise InputError(f"--out {config.out} is a folder; name a file, such as {config.out / 'metrics.json'}")
    if config.out.exists() and not is_json_with(config.out, "metrics"):
        raise InputError(f"--out {config.out} is a file that no evaluation wrote; name another")
    if config.index and config.index.exists() and not config.index.is_dir():
        raise InputError(f"--index {config.index} is a file; name a folder")
    if config.window == "all" and config.document_texts and config.combine == "mean":
        raise InputError("of windows the best counts: give --combine max with --window all and --document-texts")
    require_own_folder(config.out)
    try:  # now, not after hours of work
        files_folder(config.out).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {config.out}: its folder cannot be made ({error})") from error


def _rank_bm25(
    collection: JudgedCollection, index: Path, search: "ModelSearch | None"
) -> tuple[dict[str, Rankings], dict[str, float]]:
    """Return the rankings by words and, with a model, by the subwords of its tokenizer, and the seconds of each."""
    tokenizers = {"bm25": None} | ({"bm25_subwords": search.encoder.tokenizer} if search else {})
    rankings: dict[str, Rankings] = {}
    seconds: dict[str, float] = {}
    for mode, tokenizer in tokenizers.items():
        started = time.perf_counter()
        rankings[mode] = rank_bm25(collection, METRIC_DEPTH, index, tokenizer)
        seconds[mode] = time.perf_counter() - started
    return rankings, seconds


def _open_search(config: EvaluateConfig, index: Path) -> "ModelSearch | None":
    """Return the model, ready to search; None where there is none to measure."""
    if config.model is None:
        return None
    from training.searching.corpus import SearchOptions
    from training.searching.model_search import ModelSearch, limits_of

    options = SearchOptions(
        multi_vector=config.multi_vector, combine=config.combine, vector_bytes=int(config.keep_vectors_gb * 1e9)
    )
    more = config.query_texts, config.document_texts
    return ModelSearch(config.model, limits_of(config), options, index, *more)


def describe_truncation(lengths: "Lengths", max_length: int | None, max_query_length: int) -> dict[str, float]:
    """Return what cutting at the two limits costs: how many texts are cut, and what share of the documents' tokens.

    `max_length` is None where documents are read whole.
    """
    documents = lengths.documents
    limit = documents.max(initial=0) if max_length is None else max_length
    cut = int((documents - limit).clip(min=0).sum())
    return {
        "documents": len(documents),
        "documents_cut": int((documents > limit).sum()),
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


def _plain(value: Any) -> Any:
    """Return a setting as JSON holds it, so that the report returned equals the report read back."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value
