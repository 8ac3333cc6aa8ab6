"""Lines of text files, plain or with .gz, each with the place (file:line) that an error names."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.text import clean_text


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
        except RecursionError as error:
            raise InputError(f"{place}: this line nests too deeply to be read; mend or remove it") from error
        if not isinstance(row, dict):
            raise InputError(f"{place}: this line is not a JSON object")
        yield place, row


def id_of(row: dict[str, Any], names: Sequence[str], place: str) -> str:
    """Return the first of the columns `names` that is filled, as text; raises `InputError` when none is."""
    found = next((row[name] for name in names if row.get(name) is not None), None)
    if found is None:
        raise InputError(f"{place}: this line has no {' and no '.join(names)}; it has: {' '.join(row) or 'nothing'}")
    return str(found)


def text_of(row: dict[str, Any], name: str, place: str) -> str:
    """Return the text in the column `name`, without lone surrogates; raises `InputError` when there is none."""
    text = row.get(name)
    if not isinstance(text, str):
        raise InputError(f"{place}: this line has no {name}; it has: {' '.join(row) or 'nothing'}")
    return clean_text(text)
