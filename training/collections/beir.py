"""The files of BEIR's layout: corpus.jsonl, queries.jsonl and qrels, plain or with .gz; each error names file:line."""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.text import document_text

Rows = dict[str, tuple[str | None, str]]  # id -> (language or None, text)
_HEADERS = {"query-id", "query_id", "qid"}


def find_file(folder: Path, *names: str) -> Path | None:
    """Return the first of the files `names` in `folder`, plain or with .gz."""
    files = [folder / f"{name}{ending}" for name in names for ending in ("", ".gz")]
    return next((file for file in files if file.is_file()), None)


def require_file(folder: Path, *names: str) -> Path:
    """Return the first of the files `names` in `folder`, plain or with .gz; raises `InputError` when there is none."""
    file = find_file(folder, *names)
    if file is None:
        raise InputError(f"{folder} has no {' and no '.join(names)} (nor with .gz)")
    return file


def _read_lines(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the place (file:line) and the text of each line that is not blank."""
    number = 0
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
            for number, raw in enumerate(stream, start=1):
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                if line.strip():
                    yield f"{file}:{number}", line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}:{number}: this line is not UTF-8 text ({error.reason})") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{file}: cannot be unpacked after line {number} ({error}); fetch it again") from error


def read_texts(file: Path, id_names: Sequence[str]) -> Rows:
    """Return the rows of a jsonl file by id; the text of a row with a title is `document_text`."""
    rows: Rows = {}
    for place, line in _read_lines(file):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(
                f"{place}: this line is not JSON ({error.msg}, column {error.colno}); mend or remove it"
            ) from error
        name = _name_of(row, id_names, place)
        if name in rows:
            raise InputError(f"{place}: the id {name!r} stands twice in this file")
        lang, title = row.get("lang"), row.get("title")
        rows[name] = (str(lang) if lang else None, document_text(str(title) if title else None, row["text"]))
    return rows


def _name_of(row: Any, id_names: Sequence[str], place: str) -> str:
    """Return the row's id; raises `InputError` when it has none, or no text."""
    if not isinstance(row, dict):
        raise InputError(f"{place}: this line is not a JSON object")
    name = next((row[key] for key in id_names if row.get(key) is not None), None)
    if name is None:
        raise InputError(f"{place}: this line has no {' and no '.join(id_names)}; it has: {' '.join(row) or 'nothing'}")
    if not isinstance(row.get("text"), str):
        raise InputError(f"{place}: this line has no text; it has: {' '.join(row)}")
    return str(name)


def read_qrels(file: Path) -> Iterator[tuple[str, str, str, int]]:
    """Yield place, question id, document id and relevance of each line; a header may come first."""
    for index, (place, line) in enumerate(_read_lines(file)):
        cells = line.split("\t")
        if index == 0 and cells[0].lower() in _HEADERS:
            continue
        try:
            query_id, docid, relevance = cells
            yield place, query_id, docid, int(relevance)
        except ValueError as error:
            expected = "question id, document id and a whole number, separated by tabs"
            raise InputError(f"{place}: expected {expected}, found {line!r:.100}") from error
