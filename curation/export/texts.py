"""The texts of one language's documents by id, kept on disk: writing rows with whole documents takes little memory."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from data.dataset import CuratedDataset
from data.errors import InputError
from data.text import document_text

_SCHEMA = pa.schema([("text", pa.large_string())])
_AT_ONCE = 32


class Texts:
    """What a model reads of each document (`data.text.document_text`), by document id."""

    def __init__(self, table: pa.Table, row_of: dict[str, int], lang: str) -> None:
        self._texts = table["text"]
        self._row_of = row_of
        self._lang = lang

    def __getitem__(self, docid: str) -> str:
        """Return one text; raises `InputError` for a document that the corpus does not hold."""
        if docid not in self._row_of:
            raise InputError(
                f"a pair names document {docid!r}, which corpus-{self._lang} does not hold; see m3-curate verify"
            )
        return str(self._texts[self._row_of[docid]].as_py())


@contextlib.contextmanager
def open_texts(dataset: CuratedDataset, lang: str, folder: Path) -> Iterator[Texts]:
    """Give the texts of one language, kept meanwhile in a file in `folder` that is mapped into memory, not read."""
    file = folder / f".{lang}.arrow"
    row_of: dict[str, int] = {}
    rows: list[str] = []
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
        for row in dataset.document_rows(lang, ("docid", "title", "text")):
            row_of[row["docid"]] = len(row_of)
            rows.append(document_text(row["title"], row["text"]))
            if len(rows) == _AT_ONCE:
                writer.write_batch(pa.record_batch([pa.array(rows, pa.large_string())], schema=_SCHEMA))
                rows = []
        writer.write_batch(pa.record_batch([pa.array(rows, pa.large_string())], schema=_SCHEMA))
    try:
        with pa.memory_map(str(file)) as mapped:
            yield Texts(pa.ipc.open_file(mapped).read_all(), row_of, lang)
    finally:
        file.unlink()
