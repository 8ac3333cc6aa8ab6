"""Documents as token ids: tokenised once, into a memory-mapped Arrow file, with the tokens of each question's evidence.

    tokenise_documents(dataset, tokenizer, wanted, limit, file, key)
    documents = open_documents(file, longest_read)
    ids = documents.window_ids(DocumentWindow(row=3, start=0, end=8190))

A row holds all tokens of a document, unless only its beginning is read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from tqdm import tqdm

from data.dataset import CuratedDataset, open_parquet
from data.files import atomic_path
from data.text import document_text

if TYPE_CHECKING:
    from tokenizers import Encoding
    from transformers import PreTrainedTokenizerBase

# What is tokenised at once: a token takes some hundred bytes until its id is written.
DOCUMENTS_AT_A_TIME = 32
CHARACTERS_AT_A_TIME = 1 << 20

Span = tuple[int, int]  # half open

TOKENISED = pa.schema(
    [
        ("lang", pa.string()),
        ("docid", pa.string()),
        ("kin", pa.list_(pa.string())),  # cluster and translation group
        ("input_ids", pa.list_(pa.int32())),  # CLS and EOS included; all, or cut to the longest input
        ("tokens", pa.int32()),  # before cutting
        (
            "evidence",  # where the passages stand that questions were written about; CLS is token 0
            pa.list_(pa.struct([("query_id", pa.string()), ("start", pa.int32()), ("end", pa.int32())])),
        ),
    ]
)


@dataclass(frozen=True)
class Evidence:
    """The passage of a question, in characters of the document's own text."""

    query_id: str
    start: int
    end: int


@dataclass(frozen=True, order=True)
class DocumentWindow:
    """One run of a document's tokens that is encoded as one text: CLS, tokens `start` to `end`, EOS.

    The positions count the document's inner tokens, CLS and EOS left out.
    """

    row: int
    start: int
    end: int

    @property
    def length(self) -> int:
        """Tokens of the text that is encoded."""
        return self.end - self.start + 2


@dataclass(frozen=True)
class Documents:
    """The documents that training needs, by row; token ids stay on disk until they are asked for."""

    table: pa.Table  # TOKENISED, memory-mapped
    tokens: list[int]  # of the whole document
    lengths: list[int]  # of them, how many the model reads
    kin: list[frozenset[str]]

    def window_ids(self, window: DocumentWindow) -> np.ndarray:
        """Return the token ids of a window [length], CLS and EOS around it."""
        ids = self.table["input_ids"][window.row].values.to_numpy()
        return np.concatenate([ids[:1], ids[1 + window.start : 1 + window.end], ids[-1:]])


def open_documents(file: Path, longest_read: int | None) -> Documents:
    """Open what `tokenise_documents` wrote; of each document at most `longest_read` tokens are read, None: all."""
    with pa.memory_map(str(file)) as source:
        table = pa.ipc.open_file(source).read_all()
    tokens = table["tokens"].to_pylist()
    lengths = tokens if longest_read is None else [min(count, longest_read) for count in tokens]
    return Documents(table, tokens, lengths, [frozenset(kin) for kin in table["kin"].to_pylist()])


def is_tokenised(file: Path, key: str) -> bool:
    """Return whether `file` is what `tokenise_documents` wrote under this key."""
    if not file.exists():
        return False
    with pa.memory_map(str(file)) as source:
        metadata = pa.ipc.open_file(source).schema.metadata or {}
    return metadata.get(b"key") == key.encode()


def tokenise_documents(
    dataset: CuratedDataset,
    tokenizer: "PreTrainedTokenizerBase",
    wanted: Mapping[tuple[str, str], Sequence[Evidence]],
    limit: int | None,
    file: Path,
    key: str,
) -> None:
    """Write documents as `TOKENISED` rows, cut to `limit` tokens.

    `wanted` names them (language, docid), with the passages to find in each. `key` identifies what was asked.
    """
    schema = TOKENISED.with_metadata({"key": key})
    progress = tqdm(total=len(wanted), desc="tokenise documents", unit=" documents", disable=None)
    with atomic_path(file) as temporary, progress, pa.ipc.new_file(str(temporary), schema) as writer:
        for rows in _wanted_rows(dataset, wanted):
            writer.write_batch(_tokenise_rows(rows, tokenizer, wanted, limit, schema))
            progress.update(len(rows))


def _wanted_rows(dataset: CuratedDataset, wanted: Mapping[tuple[str, str], Any]) -> Iterator[list[dict[str, Any]]]:
    """Yield the wanted documents, a few at a time; a corpus may be far larger than memory."""
    columns = ["docid", "title", "text", "lang", "group", "cluster"]
    for lang in sorted({lang for lang, _ in wanted}):
        with open_parquet(dataset.corpus_file(lang)) as opened:
            for batch in opened.iter_batches(batch_size=DOCUMENTS_AT_A_TIME, columns=columns):
                rows: list[dict[str, Any]] = []
                characters = 0
                for row in batch.to_pylist():
                    if (lang, row["docid"]) not in wanted:
                        continue
                    if rows and characters + len(row["text"] or "") > CHARACTERS_AT_A_TIME:
                        yield rows
                        rows, characters = [], 0
                    rows.append(row)
                    characters += len(row["text"] or "")
                if rows:
                    yield rows


def _tokenise_rows(
    rows: list[dict[str, Any]],
    tokenizer: "PreTrainedTokenizerBase",
    wanted: Mapping[tuple[str, str], Sequence[Evidence]],
    limit: int | None,
    schema: pa.Schema,
) -> pa.RecordBatch:
    texts = [document_text(row["title"], row["text"] or "") for row in rows]
    encoded = tokenizer(texts, return_attention_mask=False, return_token_type_ids=False, verbose=False)
    ids, evidence = [], []
    for row, text, encoding in zip(rows, texts, encoded.encodings, strict=True):
        whole = np.array(encoding.ids, dtype=np.int32)
        if limit is not None and len(whole) > limit:  # EOS takes the last place, as truncation by the tokenizer has it
            whole = np.concatenate([whole[: limit - 1], whole[-1:]])
        ids.append(whole)
        own = len(text) - len(row["text"] or "")  # the title stands before the text
        found = []
        for passage in wanted[row["lang"], row["docid"]]:
            span = token_span(encoding, passage.start + own, min(passage.end + own, len(text)))
            if span is not None:
                found.append({"query_id": passage.query_id, "start": span[0], "end": span[1]})
        evidence.append(found)
    kin = [[f"{name}:{row[name]}" for name in ("cluster", "group") if row[name]] for row in rows]
    offsets = np.cumsum([0, *map(len, ids)], dtype=np.int32)
    columns = [
        pa.array([row["lang"] for row in rows], pa.string()),
        pa.array([row["docid"] for row in rows], pa.string()),
        pa.array(kin, schema.field("kin").type),
        pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.concatenate(ids))),
        pa.array([len(encoding.ids) for encoding in encoded.encodings], pa.int32()),
        pa.array(evidence, schema.field("evidence").type),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def token_span(encoding: "Encoding", start: int, end: int) -> Span | None:
    """Return the tokens that cover the characters `start` to `end` of the encoded text, CLS being token 0.

    Spaces and what the tokenizer drops have no token: the span then begins later or ends earlier. None where no
    character has one.
    """
    first = _first_token(encoding, range(start, end))
    found = _first_token(encoding, range(end - 1, start - 1, -1))
    if first is None or found is None:
        return None
    place, last = found
    while (covered := encoding.token_to_chars(last + 1)) is not None and covered[0] <= place < covered[1]:
        last += 1  # a character may have several tokens: the mark of a new word and its own
    return first[1], last + 1


def _first_token(encoding: "Encoding", characters: range) -> tuple[int, int] | None:
    """Return the first of `characters` that has a token, and its first token."""
    return next(((place, token) for place in characters if (token := encoding.char_to_token(place)) is not None), None)
