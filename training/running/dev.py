"""Evaluation during training: nDCG@10 on the dev questions, searched among a bounded sample of the dev documents.

    collections = load_dev(dataset, documents=1000, seed=42)
    figures = evaluate_dev(model, tokenizer, collections, limits, heads)   # mode -> language or "mean" -> nDCG@10

The same scores, fusions and metric as `m3-train evaluate`, over fewer documents: figures are for comparing steps of one
run, not runs with others.
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from data.dataset import CuratedDataset
from data.errors import InputError
from data.text import document_text
from training.collections.collection import JudgedCollection
from training.config import FitConfig
from training.judging.metrics import measure_rankings
from training.model import HEADS, M3, Head
from training.searching.candidates import candidates_of
from training.searching.fusion import PAPER_LONG, Fusion, fusion_of, rank_modes
from training.searching.in_memory import ScoreLimits, score_documents

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Figures = dict[str, dict[str, float]]  # mode -> language, and "mean" of them -> nDCG@10
_SINGLE: dict[Head, str] = {"dense": "dense", "sparse": "sparse", "multi_vec": "multi_vector"}


@dataclasses.dataclass(frozen=True)
class DevEvaluation:
    """What is asked on dev questions, of which heads, and how much the model reads."""

    collections: list[JudgedCollection]
    limits: ScoreLimits
    heads: tuple[Head, ...]

    @property
    def mode(self) -> str:
        """The way to search whose mean decides which weights are best."""
        return deciding_mode(self.heads)

    def run(self, model: M3, tokenizer: "PreTrainedTokenizerBase") -> Figures:
        """Return the figures of `model`; no random state changes."""
        device = next(model.parameters()).device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            return evaluate_dev(model, tokenizer, self.collections, self.limits, self.heads)


def dev_evaluation(
    dataset: CuratedDataset, config: FitConfig, model: M3, heads: tuple[Head, ...]
) -> DevEvaluation | None:
    """Return the evaluation that `config` asks for, None when it asks for none or there are no dev questions."""
    collections = load_dev(dataset, config.eval_documents, config.seed) if config.eval_steps else []
    limits = ScoreLimits(
        max_length=config.max_length,
        max_query_length=min(config.max_query_length, model.max_length),
        sub_batch_tokens=config.sub_batch_tokens,
        bf16=config.bf16,
    )
    return DevEvaluation(collections, limits, heads) if collections else None


def load_dev(dataset: CuratedDataset, documents: int, seed: int) -> list[JudgedCollection]:
    """Return the dev questions of each language that has any, with at most `documents` documents to search in.

    First the documents that answer a question; when these alone are more, a sample of the questions that fits. Then
    hard negatives, then a sample of the other dev documents. Raises `InputError` for a positive that is not there.
    """
    found: list[JudgedCollection] = []
    for lang in dataset.languages:
        questions = list(dataset.pair_rows(lang, "dev", ["query_id", "query", "positive_ids", "negative_ids"]))
        if questions:
            found.append(_collection(dataset, lang, questions, documents, np.random.default_rng((seed, len(found)))))
    return found


def _collection(
    dataset: CuratedDataset, lang: str, questions: list[dict[str, Any]], limit: int, random: np.random.Generator
) -> JudgedCollection:
    split_of = {row["docid"]: row["split"] for row in dataset.document_rows(lang, ["docid", "split"])}
    kept: list[dict[str, Any]] = []
    chosen: dict[str, None] = {}
    for place in random.permutation(len(questions)):
        row = questions[place]
        if missing := [docid for docid in row["positive_ids"] if docid not in split_of]:
            raise InputError(
                f"question {row['query_id']} names document {missing[0]}, which is not in corpus-{lang}; export the"
                " data set again"
            )
        if row["positive_ids"] and (not kept or len(chosen.keys() | set(row["positive_ids"])) <= limit):
            kept.append(row)
            chosen.update(dict.fromkeys(row["positive_ids"]))
    negatives = sorted({docid for row in kept for docid in row["negative_ids"] or [] if docid in split_of})
    others = sorted(docid for docid, split in split_of.items() if split == "dev" and docid not in chosen)
    for candidates in (negatives, others):
        order = [candidates[place] for place in random.permutation(len(candidates))]
        free = [docid for docid in order if docid not in chosen]
        chosen.update(dict.fromkeys(free[: max(0, limit - len(chosen))]))
    kept.sort(key=lambda row: row["query_id"])
    texts = {
        row["docid"]: document_text(row["title"], row["text"])
        for row in dataset.document_rows(lang, ["docid", "title", "text"])
        if row["docid"] in chosen
    }
    return JudgedCollection(
        lang=lang,
        docids=sorted(texts),
        texts=[texts[docid] for docid in sorted(texts)],
        query_ids=[row["query_id"] for row in kept],
        queries=[row["query"] for row in kept],
        qrels={row["query_id"]: dict.fromkeys(row["positive_ids"], 1) for row in kept},
    )


def evaluate_dev(
    model: M3,
    tokenizer: "PreTrainedTokenizerBase",
    collections: Sequence[JudgedCollection],
    limits: ScoreLimits,
    heads: Sequence[Head] = HEADS,
) -> Figures:
    """Return nDCG@10 of each mode, for each language and their mean; a fusion leaves out heads that do not learn."""
    figures: Figures = {}
    for collection in collections:
        scores, _ = score_documents(
            model, tokenizer, collection.queries, collection.texts, limits, title=f"dev {collection.lang}"
        )
        for mode, rankings in rank_modes(candidates_of(scores), fusion_for(heads)).items():
            figure = measure_rankings(rankings.documents, collection)["ndcg@10"]
            figures.setdefault(mode, {})[collection.lang] = round(figure, 6)
    for by_language in figures.values():
        by_language["mean"] = round(sum(by_language.values()) / len(by_language), 6)
    return figures


def deciding_mode(heads: Sequence[Head]) -> str:
    """Return the mode that searches with the trained heads: a single one, dense with sparse, or else all."""
    if len(heads) == 1:
        return _SINGLE[heads[0]]
    return "dense_sparse" if set(heads) == {"dense", "sparse"} else "all"


def fusion_for(heads: Sequence[Head]) -> Fusion:
    """Return the paper's fusion, without an untrained head where `deciding_mode` would read it."""
    if deciding_mode(heads) != "all" or len(heads) == len(HEADS):
        return PAPER_LONG
    dense, sparse, vectors = (weight * (head in heads) for head, weight in zip(HEADS, PAPER_LONG.all, strict=True))
    return fusion_of((dense, sparse, vectors))


def best_entry(history: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the entry of a history that has the best figure on dev, the latest of equals: few dev questions are soon
    all answered, and what follows has learnt more. What was before training (step 0) is no candidate. None when no step
    was evaluated.
    """
    entries = [entry for entry in history if "figure" in entry and entry["step"] > 0]
    return max(entries, key=lambda entry: (entry["figure"], entry["step"]), default=None)


def describe_dev(history: Sequence[dict[str, Any]], evaluation: DevEvaluation) -> dict[str, Any]:
    """Return what fit.json says of the evaluations: the best step, the figures of every evaluation, what was asked."""
    entries = [entry for entry in history if "figure" in entry]
    best = best_entry(entries)
    return {
        "deciding": f"nDCG@10 of {evaluation.mode}, mean over the languages",
        "before_training": next((entry["figure"] for entry in entries if entry["step"] == 0), None),
        "best": {"step": best["step"], "figure": best["figure"]} if best else None,
        "questions": {each.lang: len(each.queries) for each in evaluation.collections},
        "documents": {each.lang: len(each.docids) for each in evaluation.collections},
        "ndcg@10": [{"step": entry["step"], **entry["dev"]} for entry in entries],
    }


def tensorboard_figures(figures: Figures) -> dict[str, float]:
    """Return the figures under one name each, as loggers take them."""
    return {f"eval_ndcg@10/{mode}/{lang}": value for mode, row in figures.items() for lang, value in row.items()}
