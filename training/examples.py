"""A curated data set as training examples: documents are tokenised once, into a memory-mapped Arrow file.

`load_training_data(dataset, tokenizer, ...)` returns the examples, the documents, and what truncation costs.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from tqdm import tqdm

from data.dataset import CuratedDataset, open_parquet
from data.errors import InputError
from data.files import atomic_path, digest
from data.text import document_text
from training.batching import Example
from training.model import encode_batch

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

DOCUMENTS_AT_A_TIME = 32
_FOOTER_BYTES = 1 << 16

TOKENISED = pa.schema(
    [
        ("lang", pa.string()),
        ("docid", pa.string()),
        ("kin", pa.list_(pa.string())),  # cluster and translation group
        ("input_ids", pa.list_(pa.int32())),  # cut to the longest input
        ("tokens", pa.int32()),  # before cutting
        ("kept_characters", pa.int64()),  # of the text: where the cut lies; null: nothing was cut
    ]
)


@dataclass(frozen=True)
class Documents:
    """The documents that training needs, by row; token ids stay on disk until they are asked for."""

    table: pa.Table  # TOKENISED, memory-mapped
    lengths: list[int]  # tokens that the model reads
    kin: list[frozenset[str]]

    def input_ids(self, row: int) -> np.ndarray:
        """Return the token ids of a document, cut to the longest input."""
        return self.table["input_ids"][row].values.to_numpy()


@dataclass(frozen=True)
class TrainingData:
    """What a training reads, and what truncation takes from it."""

    examples: list[Example]
    documents: Documents
    truncation: dict[str, Any]


def load_training_data(
    dataset: CuratedDataset,
    tokenizer: "PreTrainedTokenizerBase",
    *,
    max_length: int,
    max_query_length: int,
    cache: Path,
) -> TrainingData:
    """Read the training questions of all languages; tokenise their documents into `cache`, unless it holds them.

    Raises `InputError` when there is no training question, or when a question's document is not in the data set.
    """
    pairs = pa.concat_tables([dataset.pairs(lang, "train") for lang in dataset.languages])
    if not len(pairs):
        raise InputError(f"{dataset.path} has no training questions; curate more documents, or a smaller test share")
    questions = pairs.to_pylist()
    needed = {(row["lang"], docid) for row in questions for docid in _documents_of(row)}
    key = digest(dataset_digest(dataset), tokenizer_digest(tokenizer), max_length)
    if not _is_cached(cache, key):
        _tokenise(dataset, tokenizer, needed, max_length, cache, key)
    with pa.memory_map(str(cache)) as source:
        table = pa.ipc.open_file(source).read_all()
    names = zip(table["lang"].to_pylist(), table["docid"].to_pylist(), strict=True)
    row_of = {name: row for row, name in enumerate(names)}
    lengths = np.minimum(table["tokens"].to_numpy(), max_length).tolist()
    documents = Documents(table, lengths, [frozenset(kin) for kin in table["kin"].to_pylist()])
    tokens = encode_batch(tokenizer, pairs["query"].to_pylist(), max_query_length)
    examples = [_example(row, ids, row_of) for row, ids in zip(questions, tokens, strict=True)]
    return TrainingData(examples, documents, _measure_truncation(questions, table, row_of, max_length))


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
    return digest(tokenizer.backend_tokenizer.to_str())


def _documents_of(question: dict[str, Any]) -> list[str]:
    return [*question["positive_ids"], *(question["negative_ids"] or [])]


def _is_cached(cache: Path, key: str) -> bool:
    if not cache.exists():
        return False
    with pa.memory_map(str(cache)) as source:
        metadata = pa.ipc.open_file(source).schema.metadata or {}
    return metadata.get(b"key") == key.encode()


def _tokenise(
    dataset: CuratedDataset,
    tokenizer: "PreTrainedTokenizerBase",
    needed: set[tuple[str, str]],
    max_length: int,
    cache: Path,
    key: str,
) -> None:
    """Write the needed documents of all languages as `TOKENISED` rows."""
    schema = TOKENISED.with_metadata({"key": key})
    progress = tqdm(total=len(needed), desc="tokenise documents", unit=" documents", disable=None)
    with atomic_path(cache) as temporary, progress, pa.ipc.new_file(str(temporary), schema) as writer:
        for rows in _needed_rows(dataset, needed):
            writer.write_batch(_tokenise_rows(rows, tokenizer, max_length, schema))
            progress.update(len(rows))


def _needed_rows(dataset: CuratedDataset, needed: set[tuple[str, str]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the needed documents, a few at a time; a corpus may be far larger than memory."""
    columns = ["docid", "title", "text", "lang", "group", "cluster"]
    for lang in sorted({lang for lang, _ in needed}):
        with open_parquet(dataset.corpus_file(lang)) as file:
            for batch in file.iter_batches(batch_size=DOCUMENTS_AT_A_TIME, columns=columns):
                rows = [row for row in batch.to_pylist() if (lang, row["docid"]) in needed]
                if rows:
                    yield rows


def _tokenise_rows(
    rows: list[dict[str, Any]], tokenizer: "PreTrainedTokenizerBase", max_length: int, schema: pa.Schema
) -> pa.RecordBatch:
    texts = [document_text(row["title"], row["text"]) for row in rows]
    encoded = tokenizer(texts, return_attention_mask=False, verbose=False)
    written = []
    for row, text, encoding in zip(rows, texts, encoded.encodings, strict=True):
        ids, kept = encoding.ids, None
        if len(ids) > max_length:  # the end token takes the last place, as truncation by the tokenizer would have it
            ids = [*ids[: max_length - 1], ids[-1]]
            cut = encoding.token_to_chars(max_length - 2)  # None: room for special tokens only
            kept = max(0, (cut[1] if cut else 0) - (len(text) - len(row["text"])))  # the title stands before the text
        kin = [f"{name}:{row[name]}" for name in ("cluster", "group") if row[name]]
        written.append(
            {
                "lang": row["lang"],
                "docid": row["docid"],
                "kin": kin,
                "input_ids": ids,
                "tokens": len(encoding.ids),
                "kept_characters": kept,
            }
        )
    return pa.RecordBatch.from_pylist(written, schema=schema)


def _example(question: dict[str, Any], input_ids: list[int], row_of: dict[tuple[str, str], int]) -> Example:
    lang, query_id = question["lang"], question["query_id"]
    if not question["positive_ids"]:
        raise InputError(f"question {query_id} ({lang}) has no positive document; correct or remove its row")
    for docid in _documents_of(question):
        if (lang, docid) not in row_of:
            raise InputError(
                f"question {query_id} names document {docid}, which is not in corpus-{lang}; export the data set again"
            )
    positives = tuple(row_of[lang, docid] for docid in question["positive_ids"])
    negatives = {row_of[lang, docid] for docid in question["negative_ids"] or []} - set(positives)
    return Example(query_id, lang, tuple(input_ids), positives, tuple(sorted(negatives)))


def _measure_truncation(
    questions: list[dict[str, Any]], table: pa.Table, row_of: dict[tuple[str, str], int], max_length: int
) -> dict[str, Any]:
    """Return what cutting to `max_length` costs: documents, tokens, and questions whose evidence is cut off."""
    tokens = table["tokens"].to_numpy().astype(np.int64)
    kept = table["kept_characters"].to_pylist()
    evidence: Counter[str] = Counter()
    for question in questions:
        start, end = question["evidence_start"], question["evidence_end"]
        cut = kept[row_of[question["lang"], question["positive_ids"][0]]]
        if start is None or end is None:
            evidence["unknown"] += 1
        elif cut is None or end <= cut:
            evidence["kept"] += 1
        else:
            evidence["beyond" if start >= cut else "partly"] += 1
    longer = tokens > max_length
    total, lost = int(tokens.sum()), int((tokens[longer] - max_length).sum())
    return {
        "max_length": max_length,
        "documents": len(tokens),
        "documents_cut": int(longer.sum()),
        "tokens": total,
        "share_of_tokens_cut": round(lost / max(total, 1), 6),
        "questions": len(questions),
        "questions_with_evidence_partly_cut": evidence["partly"],
        "questions_with_evidence_wholly_cut": evidence["beyond"],
        "questions_without_evidence_offsets": evidence["unknown"],
    }
