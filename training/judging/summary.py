"""From the table of questions to the part of the report that says how good each mode is, where, and how surely."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from training.collections.collection import JudgedCollection
from training.judging.conclusions import (
    Option,
    against_bm25,
    choice_as_json,
    choose,
    describe_slice,
    differences_as_json,
    figures_of,
    mean_intervals,
    resample_languages,
    resample_slice,
)
from training.judging.questions import mean_metrics, modes_of
from training.judging.slices import slice_questions


def summarise(table: pa.Table, metric: str, max_length: int | None) -> dict[str, Any]:
    """Return the figures of a table of questions, as JSON holds them; intervals and choices are by `metric`.

    `max_length`: tokens that the model reads, None without a model. In what is returned

        metrics         mode -> language, or "all": the mean over the languages -> metric -> 0..1
        main_metric     `metric`
        documents       that the questions are about; near-copies and translations count as one
        mean_documents  as many documents of one language would say as much as the mean over the languages
        intervals       mode -> 95 % interval of its mean over the languages by `metric`, null: it cannot be given
        slices          language, length, evidence, overlap -> bucket -> mode -> questions, documents, figure, interval,
                        minus_bm25; a bucket's figure is the mean over its questions, of all languages together
        slices_about    what their buckets are, in words
        against_bm25    mode -> language or "all" -> value (mode minus BM25), low, high, p, documents
        best            the best mode, its lead over the next, and the mode to use (`training.judging.conclusions`)
    """
    modes = modes_of(table)
    figures = figures_of(table, modes, metric)
    by_language = resample_languages(table, figures)
    slices: dict[str, Any] = {}
    about: dict[str, str] = {}
    for slicing in slice_questions(table, max_length):
        resampled = by_language if slicing.name == "language" else resample_slice(table, figures, slicing)
        slices[slicing.name] = describe_slice(resampled, slicing, modes, metric)
        about[slicing.name] = slicing.about
    return {
        "metrics": mean_metrics(table),
        "main_metric": metric,
        "documents": by_language.all_documents,
        "mean_documents": by_language.mean_documents,
        "intervals": mean_intervals(by_language, modes),
        "slices": slices,
        "slices_about": about,
        "against_bm25": differences_as_json(against_bm25(by_language, modes)),
        "best": choice_as_json(choose(by_language, [Option(mode) for mode in modes])),
    }


def main_metric(collections: Sequence[JudgedCollection]) -> str:
    """Return the metric by which the benchmark is judged: the collections', nDCG@10 where they name none."""
    named = {collection.main_metric for collection in collections}
    return named.pop() if len(named) == 1 else "ndcg@10"
