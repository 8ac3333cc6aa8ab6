"""Judged collections: documents, questions, and which document answers which question, one collection per language.

Read from a curated data set (`training.collections.curated`), from a folder in BEIR's layout
(`training.collections.beir`), or from a folder of such folders. Questions that cannot be judged are set aside and
counted, never dropped silently. Benchmarks in layouts of their own: `training.collections.benchmarks`.
"""

from collections.abc import Sequence
from pathlib import Path

from data.dataset import dataset_folder
from data.errors import InputError
from training.collections.beir import read_folder
from training.collections.collect import choose_languages, require_questions
from training.collections.collection import JudgedCollection
from training.collections.curated import read_curated
from training.collections.lines import find_file


def read_judged(
    path: Path, split: str = "test", languages: Sequence[str] = (), work: Path | None = None
) -> list[JudgedCollection]:
    """Return the collections at `path`, sorted by language; only those of `languages` where any are given.

    The texts are kept in a nameless file in the folder `work` (by default where the system keeps temporary files) for
    as long as the collections live. Raises `InputError` when files are missing or broken, when an asked language is
    absent, or when no question is left, `RunError` when the texts find no room.
    """
    if not path.is_dir():
        raise InputError(
            f"there is no folder {path}; give a curated data set, "
            "or a folder with corpus.jsonl, queries.jsonl and qrels.tsv"
        )
    curated = dataset_folder(path)
    if (curated / "manifest.json").exists() or any(curated.glob("corpus-*")):
        collections = read_curated(path, split, languages, work)
    else:
        collections = _read_folders(path, split, work)
    chosen = choose_languages(languages, [each.lang for each in collections], path, split)
    found = require_questions((each for each in collections if each.lang in chosen), str(path))
    if not found:
        raise InputError(f"{path} has no questions in split {split}; another split: --split train, --split dev")
    return found


def _read_folders(path: Path, split: str, work: Path | None) -> list[JudgedCollection]:
    """Read a folder in BEIR's layout, or the folders in it that are."""
    if find_file(path, "corpus.jsonl"):
        return read_folder(path, split, work)
    folders = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and find_file(folder, "corpus.jsonl")]
    if not folders:
        raise InputError(
            f"{path} is no data set: it has neither manifest.json (a curated data set), "
            "nor corpus.jsonl or corpus.jsonl.gz (BEIR's layout), nor folders with one"
        )
    collections = [(folder, collection) for folder in folders for collection in read_folder(folder, split, work)]
    place: dict[str, Path] = {}
    for folder, collection in collections:
        if place.setdefault(collection.lang, folder) != folder:
            raise InputError(
                f"{place[collection.lang]} and {folder} are both of language {collection.lang!r}; "
                "evaluate them one at a time"
            )
    return [collection for _, collection in collections]
