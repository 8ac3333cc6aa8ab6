"""Lines of text files, plain or with .gz, each with the place (file:line) that an error names."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.text import clean_text
from training.collections.collection import require_language

_HIGHEST_GRADE = 1_000_000  # trec_eval sets memory aside for every grade up to the highest


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


def read_lines(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the place and the text of each line that is not blank; raises `InputError` when the file is damaged."""
    with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
        yield from lines_of(stream, str(file))


def lines_of(stream: Iterable[bytes], name: str) -> Iterator[tuple[str, str]]:
    """Yield the place and the text of each line of an open file that is not blank, as `read_lines` does."""
    number = 0
    try:
        for number, raw in enumerate(stream, start=1):
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            if line.strip():
                yield f"{name}:{number}", line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}:{number}: this line is not UTF-8 text ({error.reason})") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{name}: cannot be unpacked after line {number} ({error}); fetch it again") from error


def objects_of(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the place and the value of each line; raises `InputError` for one that is not a JSON object."""
    for place, line in lines:
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(
                f"{place}: this line is not JSON ({error.msg}, column {error.colno}); mend or remove it"
            ) from error
        except ValueError as error:  # a number of thousands of digits
            raise InputError(f"{place}: this line cannot be read as JSON ({error}); mend or remove it") from error
        except RecursionError as error:
            raise InputError(f"{place}: this line nests too deeply to be read; mend or remove it") from error
        if not isinstance(row, dict):
            raise InputError(f"{place}: this line is not a JSON object")
        yield place, row


def id_of(row: dict[str, Any], names: Sequence[str], place: str) -> str:
    """Return the first of the columns `names` that is filled, as `clean_id`; raises `InputError` when none is."""
    found = next((row[name] for name in names if row.get(name) is not None), None)
    if found is None:
        raise InputError(f"{place}: this line has no {' and no '.join(names)}; it has: {' '.join(row) or 'nothing'}")
    if not isinstance(found, str | int | float):
        raise InputError(f"{place}: the id {found!r:.100} is no text and no number")
    return clean_id(found, place)


def clean_id(name: str | float, place: str) -> str:
    """Return an id as text that the metrics' code can read; raises `InputError` for one that it would cut short."""
    text = clean_text(str(name))
    if "\0" in text:
        raise InputError(f"{place}: the id {text!r:.100} has a NUL character in it; give the id without")
    return text


def grade_of(cell: str, place: str) -> int:
    """Return the relevance in a table's cell; raises `InputError` when it is no whole number, or too large a one."""
    try:
        grade = int(cell)
    except ValueError:
        raise InputError(f"{place}: the relevance {cell!r:.100} is no whole number") from None
    if abs(grade) > _HIGHEST_GRADE:
        raise InputError(f"{place}: the relevance {cell!r:.100} is beyond {_HIGHEST_GRADE:,}; give small grades")
    return grade


def language_of(row: dict[str, Any], place: str) -> str | None:
    """Return the column `lang`, None where it is empty; raises `InputError` when it cannot name a language."""
    lang = row.get("lang")
    return require_language(str(lang), place) if lang else None


def title_of(row: dict[str, Any]) -> str | None:
    """Return the column `title` without lone surrogates, None where it is empty."""
    title = row.get("title")
    return clean_text(str(title)) if title else None


def text_of(row: dict[str, Any], name: str, place: str) -> str:
    """Return the text in the column `name`, without lone surrogates; raises `InputError` when there is none."""
    text = row.get(name)
    if name not in row:
        raise InputError(f"{place}: this line has no {name}; it has: {' '.join(row) or 'nothing'}")
    if not isinstance(text, str):
        raise InputError(f"{place}: the {name} of this line is no text")
    return clean_text(text)
