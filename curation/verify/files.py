"""The files of a data set: all there, whole, with the columns of their records, and nothing beside them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.dataset import FORMAT, dataset_folder, open_parquet, reading
from data.errors import InputError
from data.records import DOCUMENT, PAIR, SPLITS

Found = Iterator[tuple[str, str]]  # place and detail of what contradicts a check
_FIXED = ("README.md", "manifest.json")
_OF_OTHER_TOOLS = (".git", ".gitattributes", ".gitignore", ".cache")  # what git and the hub put into a folder


@dataclass(frozen=True)
class Folder:
    """A folder that should hold a data set."""

    path: Path
    manifest: dict[str, Any]
    manifest_error: str | None
    expected: dict[str, int]  # file -> rows, as the manifest counts them

    @property
    def languages(self) -> list[str]:
        """The languages that the manifest counts documents of, sorted."""
        return sorted(self.manifest.get("counts", {}))

    def readable(self) -> Iterator[tuple[str, Path]]:
        """Yield name and path of the expected tables that are there."""
        for name in self.expected:
            if (self.path / name).is_file():
                yield name, self.path / name


def open_folder(path: Path) -> Folder:
    """Return the folder at `path` with what its manifest says; raises `InputError` when there is no folder."""
    folder = dataset_folder(path)
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; give the folder of a data set, or of the run that made it")
    manifest, error = _read_manifest(folder / "manifest.json")
    expected: dict[str, int] = {}
    for lang, count in manifest.get("counts", {}).items():
        expected[f"corpus-{lang}/corpus.parquet"] = count["corpus"]
        expected.update({f"{lang}/{split}.parquet": count[split] for split in SPLITS if count[split]})
    return Folder(folder, manifest, error, expected)


def _read_manifest(file: Path) -> tuple[dict[str, Any], str | None]:
    """Return the manifest, or nothing and what is wrong with it."""
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(manifest, dict) or "format" not in manifest or "counts" not in manifest:
            return {}, "it is not the manifest of a data set: it has no format or no counts"
        counts, complete = manifest["counts"], {"corpus", *SPLITS}
        if manifest["format"] != FORMAT:
            return {}, f"its format is {manifest['format']!r}, not {FORMAT}"
        if not counts or not all(set(count) == complete for count in counts.values()):
            return {}, f"its counts do not say {', '.join(sorted(complete))} of every language"
        if not all(isinstance(number, int) for count in counts.values() for number in count.values()):
            return {}, "its counts are not all whole numbers"
        objects = ("truncation", "config", "set_aside", "texts", "rows", "mined")
        if not all(isinstance(manifest.get(name) or {}, dict) for name in objects):
            return {}, f"one of {', '.join(objects)} is not an object in it"
    except FileNotFoundError:
        return {}, "missing: the data set is not complete"
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        return {}, f"cannot be read ({type(error).__name__}: {error})"
    return manifest, None


def check_manifest(folder: Folder) -> Found:
    """Yield what is wrong with manifest.json."""
    if folder.manifest_error:
        yield "manifest.json", folder.manifest_error


def check_missing(folder: Folder) -> Found:
    """Yield the files that should be there and are not."""
    rows = {"README.md": "the card", **{name: f"{count} rows" for name, count in folder.expected.items()}}
    for name, what in rows.items():
        if not (folder.path / name).is_file():
            yield name, f"missing: {what}"


def check_damage(folder: Folder) -> Found:
    """Yield the tables that cannot be read to their end; pages carry checksums."""
    for name, file in folder.readable():
        try:
            with open_parquet(file) as opened, reading(file):
                for batch in opened.iter_batches(1000):
                    batch.validate(full=True)  # texts are UTF-8
        except InputError as error:
            yield name, f"cannot be read to its end ({error.__cause__})"


def check_columns(folder: Folder) -> Found:
    """Yield the tables whose columns are not those of their record."""
    for name, file in folder.readable():
        record = DOCUMENT if name.startswith("corpus-") else PAIR
        try:
            with open_parquet(file) as opened:
                found = opened.schema_arrow
        except InputError:
            continue  # damaged: told already
        unknown, lacking = set(found.names) - set(record.names), set(record.names) - set(found.names)
        if unknown or lacking:
            told = [(unknown, "unknown"), (lacking, "missing")]
            yield name, "; ".join(f"{what} columns: {', '.join(sorted(names))}" for names, what in told if names)
            continue
        for field in record:
            if _plain(found.field(field.name).type) != _plain(field.type):
                yield name, f"column {field.name} is {found.field(field.name).type}, not {field.type}"


def check_foreign(folder: Folder) -> Found:
    """Yield the files that the manifest knows nothing of; `load_dataset` would read some of them."""
    if folder.manifest_error:
        return
    for file in sorted(folder.path.rglob("*")):
        inside = file.relative_to(folder.path)
        if file.is_file() and inside.parts[0] not in _OF_OTHER_TOOLS:
            name = inside.as_posix()
            if name not in folder.expected and name not in _FIXED:
                yield name, "the manifest knows nothing of this file"


def _plain(type_: pa.DataType) -> str:
    """Return a type without what writers are free to choose: the width of offsets, the name of a list's items."""
    return str(type_.value_type) + "[]" if pa.types.is_list(type_) else str(type_).removeprefix("large_")
