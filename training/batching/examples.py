"""A curated data set as training examples: tokenised questions, and rows of the tokenised documents.

`load_training_data(dataset, tokenizer, ...)` returns the examples, the documents, and what is read of them.
"""

import hashlib
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from data.dataset import CuratedDataset
from data.errors import InputError
from data.files import digest
from training.batching.documents import Documents, Evidence, Span, is_tokenised, open_documents, tokenise_documents
from training.config import Window
from training.model_files import encode_batch

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TOKENISED_FORMAT = 2  # raised when what stands in the tokenised documents changes
_FOOTER_BYTES = 1 << 16
_SPECIAL_TOKENS = 2  # CLS and EOS


@dataclass(frozen=True)
class Example:
    """A training question; documents are rows of the tokenised documents."""

    query_id: str
    lang: str
    input_ids: tuple[int, ...]
    positives: tuple[int, ...]
    negatives: tuple[int, ...]  # hardest first
    evidence: Span | None = None  # tokens of the first positive that it was written about; CLS is token 0
    positive_scores: tuple[float, ...] = ()  # a teacher's, one for each positive; empty: none were given
    negative_scores: tuple[float, ...] = ()  # and one for each negative


@dataclass(frozen=True)
class TrainingData:
    """What a training reads."""

    examples: list[Example]
    documents: Documents

    def counts(self) -> dict[str, int]:
        """Return what the report says of the questions and documents."""
        tokens = self.documents.tokens
        return {
            "questions": len(self.examples),
            "languages": len({example.lang for example in self.examples}),
            "questions_without_hard_negatives": sum(not example.negatives for example in self.examples),
            "questions_without_teacher_scores": sum(not example.positive_scores for example in self.examples),
            "documents": len(tokens),
            "documents_of_one_token": sum(count == _SPECIAL_TOKENS + 1 for count in tokens),
            "documents_without_text": sum(count <= _SPECIAL_TOKENS for count in tokens),
        }


def load_training_data(
    dataset: CuratedDataset,
    tokenizer: "PreTrainedTokenizerBase",
    *,
    max_length: int,
    max_query_length: int,
    window: Window,
    taught: bool,
    cache: Path,
) -> TrainingData:
    """Read the training questions of all languages; tokenise their documents into `cache`, unless it holds them.

    With `window` "head" a document is cut to `max_length` tokens. `taught` says that a teacher's scores are needed.
    Raises `InputError` when there is no training question, when a question's document is not in the data set, or when
    no question has the scores that are needed.
    """
    pairs = pa.concat_tables([dataset.pairs(lang, "train") for lang in dataset.languages])
    if not len(pairs):
        raise InputError(f"{dataset.path} has no training questions; curate more documents, or a smaller test share")
    questions = pairs.to_pylist()
    limit = max_length if window == "head" else None
    key = digest(dataset_digest(dataset), tokenizer_digest(tokenizer), limit, TOKENISED_FORMAT)
    if not is_tokenised(cache, key):
        tokenise_documents(dataset, tokenizer, _wanted_documents(questions), limit, cache, key)
    documents = open_documents(cache, None if window == "all" else max_length)
    langs, docids = (documents.table[name].to_pylist() for name in ("lang", "docid"))
    row_of = {name: row for row, name in enumerate(zip(langs, docids, strict=True))}
    evidence = {
        (lang, found["query_id"]): (found["start"], found["end"])
        for lang, passages in zip(langs, documents.table["evidence"].to_pylist(), strict=True)
        for found in passages
    }
    tokens = encode_batch(tokenizer, pairs["query"].to_pylist(), max_query_length)
    examples = [
        _example(row, ids, row_of, evidence.get((row["lang"], row["query_id"])))
        for row, ids in zip(questions, tokens, strict=True)
    ]
    if taught and not any(example.positive_scores for example in examples):
        raise InputError(
            f"{dataset.path} has no teacher's scores, which --teacher-weight needs; run m3-train teach --dataset"
            f" {dataset.path} first"
        )
    return TrainingData(examples, documents)


def dataset_digest(dataset: CuratedDataset) -> str:
    """Return a digest of the manifest and of the size and footer (schema, statistics) of every table of `dataset`."""
    files = sorted(dataset.path.rglob("*.parquet"))
    return digest([dataset.manifest, *([str(file.relative_to(dataset.path)), *table_marks(file)] for file in files)])


def table_marks(file: Path) -> list[Any]:
    """Return the size of a Parquet file and a digest of its footer (schema, statistics)."""
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - _FOOTER_BYTES))
        footer = hashlib.blake2b(stream.read(), digest_size=8).hexdigest()
    return [file.stat().st_size, footer]


def tokenizer_digest(tokenizer: "PreTrainedTokenizerBase") -> str:
    """Return a digest of everything that decides a text's tokens.

    Raises `InputError` for a tokenizer of the slow kind, which cannot say which characters a token covers.
    """
    if not tokenizer.is_fast:
        raise InputError(f"{tokenizer.name_or_path} has no tokenizer.json; save its tokenizer as a fast one first")
    tokenizer.backend_tokenizer.no_truncation()  # what the last call asked for, and the next one may not
    tokenizer.backend_tokenizer.no_padding()
    return digest(tokenizer.backend_tokenizer.to_str())


def _documents_of(question: dict[str, Any]) -> list[str]:
    return [*question["positive_ids"], *(question["negative_ids"] or [])]


def _wanted_documents(questions: list[dict[str, Any]]) -> dict[tuple[str, str], list[Evidence]]:
    """Return the documents of all questions, with the passages to find in each: those of the first positives."""
    wanted: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
    for question in questions:
        names = [(question["lang"], docid) for docid in _documents_of(question)]
        for name in names:
            wanted[name]  # no passage yet
        start, end = question["evidence_start"], question["evidence_end"]
        if question["positive_ids"] and start is not None and end is not None:
            wanted[names[0]].append(Evidence(question["query_id"], max(start, 0), end))
    return dict(wanted)


def _example(
    question: dict[str, Any], input_ids: list[int], row_of: dict[tuple[str, str], int], evidence: Span | None
) -> Example:
    lang, query_id = question["lang"], question["query_id"]
    if not question["positive_ids"]:
        raise InputError(f"question {query_id} ({lang}) has no positive document; correct or remove its row")
    for docid in _documents_of(question):
        if (lang, docid) not in row_of:
            raise InputError(
                f"question {query_id} names document {docid}, which is not in corpus-{lang}; export the data set again"
            )
    positive_ids, negative_ids = question["positive_ids"], question["negative_ids"] or []
    right, wrong = question["pos_scores"] or [], question["neg_scores"] or []
    taught = len(right) == len(positive_ids) and len(wrong) == len(negative_ids)
    if right and wrong and not taught:
        raise InputError(
            f"question {query_id} has {len(right)} and {len(wrong)} teacher's scores for {len(positive_ids)} positive"
            f" and {len(negative_ids)} negative documents; run m3-train teach --overwrite"
        )
    positives = _first_scores([row_of[lang, docid] for docid in positive_ids], right if taught else None)
    negatives = _first_scores([row_of[lang, docid] for docid in negative_ids], wrong if taught else None)
    negatives = {row: score for row, score in negatives.items() if row not in positives}
    return Example(
        query_id,
        lang,
        tuple(input_ids),
        tuple(positives),
        tuple(negatives),
        evidence,
        tuple(positives.values()) if taught else (),
        tuple(negatives.values()) if taught else (),
    )


def _first_scores(rows: list[int], scores: list[float | None] | None) -> dict[int, float]:
    """Return each document once, in order, with the score at its first place; nan where there is none."""
    kept: dict[int, float] = {}
    for place, row in enumerate(rows):
        score = scores[place] if scores else None
        kept.setdefault(row, math.nan if score is None else score)
    return kept
