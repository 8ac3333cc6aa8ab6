"""Documents from files, folders and Hugging Face data sets, one row at a time; what cannot be read is set aside with
file and line.
"""

import bz2
import gzip
import hashlib
import json
import lzma
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
import regex
import zstandard

from curation.config import SampleConfig
from curation.zstandard_file import open_zstandard
from data.errors import InputError
from data.text import clean_text

_TEXT_ENDINGS = (".txt", ".md", ".markdown")
_JSON_ENDINGS = (".jsonl", ".ndjson")
_PARQUET_ENDINGS = (".parquet",)
_OPENERS: dict[str, Callable[[Path, str], Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".zst": open_zstandard,
}
_ARCHIVE_ERRORS = (EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError)
_HUB_ID = regex.compile(r"^[\w.-]+/[\w.-]+(:[\w.-]+){0,2}$")
_GUESSES = {
    "text": ("text", "content", "body", "document", "article", "page_content", "markdown", "raw_content"),
    "title": ("title", "name", "heading"),
    "id": ("id", "docid", "_id", "doc_id", "document_id"),
    "language": ("lang", "language", "locale"),
    "group": ("group", "translation_group"),
    "licence": ("licence", "license"),
}
PEEKED_ROWS = 100


@dataclass(frozen=True)
class Source:
    """One file or hub data set; `columns` says which column of it holds what (empty for plain text files)."""

    name: str
    kind: str  # text, jsonl, parquet or hub
    path: Path | None
    columns: dict[str, str]

    def fingerprint(self) -> str:
        """Return a digest of the content (of the id, for a hub data set)."""
        if self.path is None:
            return self.name
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()[:16]


@dataclass(frozen=True)
class Row:
    """A document as it was read; `place` is file:line or data set:row."""

    place: str
    text: str
    title: str | None = None
    id: str | None = None
    language: str | None = None
    group: str | None = None
    licence: str | None = None


@dataclass(frozen=True)
class Unreadable:
    """A row or file that could not be read."""

    place: str
    reason: str
    detail: str


def find_sources(config: SampleConfig, say: Callable[[str], None] = lambda line: None) -> list[Source]:
    """Return every file and hub data set that the configuration names, in a fixed order, with their columns.

    `say` hears which column was taken for what, and which files were passed over. Raises `InputError` for a path that
    does not exist, a folder without readable files, or a source without a text column, before any work is done.
    """
    sources: dict[str, Source] = {}
    for name in config.source:
        for source in _expand(name, say):
            columns = _choose_columns(source, config)
            sources[source.name] = Source(source.name, source.kind, source.path, columns)
    told: dict[str, list[str]] = {}
    for source in sources.values():
        if source.columns:
            told.setdefault(", ".join(f"{role} = {column!r}" for role, column in source.columns.items()), []).append(
                source.name
            )
    for columns_told, names in told.items():
        say(f"columns of {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "") + f": {columns_told}")
    return [sources[name] for name in sorted(sources)]


def read_rows(source: Source, limit: int | None = None) -> Iterator[Row | Unreadable]:
    """Yield what a source holds: a `Row` for each document, an `Unreadable` for each that cannot be used."""
    for place, value in islice(read_raw(source), limit):
        if isinstance(value, Unreadable):
            yield value
        elif source.kind == "text":
            yield Row(
                place,
                text=clean_text(value["text"]),
                title=_heading(value["text"]) or Path(source.name).name.split(".")[0],
            )
        else:
            yield _make_row(place, value, source.columns)


def _make_row(place: str, value: dict[str, Any], columns: dict[str, str]) -> Row | Unreadable:
    text = value.get(columns["text"])
    if not isinstance(text, str) or not text.strip():
        return Unreadable(
            place,
            "no_text",
            f"column {columns['text']!r} holds {'no text' if text is None or text == '' else type(text).__name__}",
        )
    others = {role: value.get(column) for role, column in columns.items() if role != "text"}
    given = {
        role: clean_text(str(other))
        for role, other in others.items()
        if other is not None and not isinstance(other, (dict, list))
    }
    return Row(place, text=clean_text(text), **{role: other or None for role, other in given.items()})


def _shown(path: Path) -> str:
    """Return the path as UTF-8 can hold it; bytes of the name that are not UTF-8 are written as \\xNN."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _heading(text: str) -> str | None:
    match = regex.match(r"\s*#\s+(.+)", text)
    return match.group(1).strip() if match else None


def _expand(name: str, say: Callable[[str], None]) -> list[Source]:
    path = Path(name).expanduser()
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        known = [file for file in files if _kind(file)]
        if not known:
            raise InputError(f"{name} holds no document: {len(files)} files, none of them {_endings()}")
        passed = sorted({file.suffix or file.name for file in files if not _kind(file)})
        if passed:
            say(f"{name}: {len(files) - len(known)} files of other kinds passed over ({', '.join(passed[:8])})")
        return [Source(_shown(file), str(_kind(file)), file, {}) for file in known]
    if path.is_file():
        kind = _kind(path)
        if not kind:
            raise InputError(f"{name} is of a kind that is not read; known are {_endings()}")
        return [Source(_shown(Path(name)), kind, path, {})]
    looks_local = path.is_absolute() or name.startswith((".", "~")) or _kind(path)
    if looks_local or not _HUB_ID.match(name):
        raise InputError(
            f"there is no file or folder {name}; give a path that exists, or a Hugging Face id such as owner/name"
        )
    return [Source(name, "hub", None, {})]


def _endings() -> str:
    plain = " ".join((*_TEXT_ENDINGS, *_JSON_ENDINGS, *_PARQUET_ENDINGS))
    return f"{plain} (text and jsonl also with {' '.join(_OPENERS)})"


def _kind(path: Path) -> str | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    plain = suffixes[-2:-1] if suffixes and suffixes[-1] in _OPENERS else suffixes[-1:]
    for kind, endings in (("text", _TEXT_ENDINGS), ("jsonl", _JSON_ENDINGS), ("parquet", _PARQUET_ENDINGS)):
        if plain and plain[0] in endings and not (kind == "parquet" and plain != suffixes[-1:]):
            return kind
    return None


def _choose_columns(source: Source, config: SampleConfig) -> dict[str, str]:
    """Return role -> column; asked names must exist, the others are guessed from the usual names."""
    if source.kind == "text":
        return {}
    rows = [value for _, value in islice(read_raw(source), PEEKED_ROWS) if isinstance(value, dict)]
    present = list(dict.fromkeys(column for row in rows for column in row))
    asked = {role: getattr(config, f"{role}_column") for role in ("text", "title", "id", "language", "group")}
    columns = {}
    for role, guesses in _GUESSES.items():
        if asked.get(role):
            if rows and asked[role] not in present:
                raise InputError(
                    f"{source.name} has no column {asked[role]!r} (--{role}-column); "
                    f"its columns are {', '.join(present)}"
                )
            columns[role] = asked[role]
        elif found := next((guess for guess in guesses if guess in present), None):
            columns[role] = found
    if rows and "text" not in columns:
        raise InputError(
            f"{source.name} has no text column; its columns are {', '.join(present)}: "
            "name the one to use with --text-column"
        )
    return {"text": "text", **columns}


def read_raw(source: Source) -> Iterator[tuple[str, Any]]:
    """Yield (place, dict of columns or Unreadable)."""
    readers: dict[str, Callable[[Source], Iterable[tuple[str, Any]]]] = {
        "text": _read_text, "jsonl": _read_jsonl, "parquet": _read_parquet, "hub": _read_hub,
    }  # fmt: skip
    yield from readers[source.kind](source)


def _open(path: Path) -> IO[bytes]:
    opener = _OPENERS.get(path.suffix.lower())
    file: IO[bytes] = opener(path, "rb") if opener else path.open("rb")
    return file


def _read_text(source: Source) -> Iterator[tuple[str, Any]]:
    assert source.path is not None
    try:
        with _open(source.path) as file:
            text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield source.name, Unreadable(source.name, "not_utf8", f"byte {error.start} is not UTF-8 text")
    except _ARCHIVE_ERRORS as error:
        yield source.name, Unreadable(source.name, "broken_file", str(error))
    else:
        if "\0" in text:
            yield source.name, Unreadable(source.name, "binary", "the file holds NUL characters")
        elif not text.strip():
            yield source.name, Unreadable(source.name, "no_text", "the file is empty")
        else:
            yield source.name, {"text": text}


def _read_jsonl(source: Source) -> Iterator[tuple[str, Any]]:
    assert source.path is not None
    number = 0
    try:
        with _open(source.path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    place = f"{source.name}:{number}"
                    yield place, _parse_line(place, line.removeprefix(b"\xef\xbb\xbf"))
    except _ARCHIVE_ERRORS as error:
        place = f"{source.name}:{number + 1}"
        yield place, Unreadable(place, "broken_file", f"the file cannot be read on from here: {error}")


def _parse_line(place: str, line: bytes) -> Any:
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return Unreadable(place, "not_utf8", f"byte {error.start} of the line is not UTF-8")
    except (ValueError, RecursionError) as error:
        return Unreadable(place, "broken_json", str(error))
    return (
        value
        if isinstance(value, dict)
        else Unreadable(place, "not_an_object", f"the line holds a JSON {type(value).__name__}")
    )


def _read_parquet(source: Source) -> Iterator[tuple[str, Any]]:
    assert source.path is not None
    number = 0
    try:
        with pq.ParquetFile(source.path) as file:
            for batch in file.iter_batches(batch_size=64, columns=list(source.columns.values()) or None):
                for value in batch.to_pylist():
                    number += 1
                    yield f"{source.name}:{number}", value
    except (pa.ArrowException, OSError) as error:
        yield source.name, Unreadable(f"{source.name}:{number + 1}", "broken_file", f"not readable as Parquet: {error}")


def _read_hub(source: Source) -> Iterator[tuple[str, Any]]:
    """Stream a Hugging Face data set; `owner/name:config:split`, split train by default."""
    import datasets

    name, config, split = [*source.name.split(":"), "", ""][:3]
    try:
        rows = datasets.load_dataset(name, config or None, split=split or "train", streaming=True)
        for number, value in enumerate(rows, start=1):
            yield f"{source.name}:{number}", value
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetNotFoundError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"there is no local path {name}, and the Hugging Face data set of that name cannot be read: {first}\n"
            "Check the spelling, the network, and the access rights (HF_TOKEN); "
            "name a configuration as owner/name:config"
        ) from error
