"""NarrativeQA: questions about whole books and film scripts (https://huggingface.co/datasets/deepmind/narrativeqa).

    data/SPLIT-*.parquet    one row a question: document {id, text, ...}, question {text, ...}; dev is "validation"

The rows of one book each repeat it; it is kept once, and is what all its questions have to find. Questions are numbered
by row, from 0. A folder in BEIR's layout is read as one.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from data.errors import InputError
from training.collections.beir import read_folder
from training.collections.collect import Judgement, choose_languages, collect
from training.collections.collection import JudgedCollection
from training.collections.corpus import Corpus
from training.collections.hub import fetch
from training.collections.lines import clean_id, find_file
from training.collections.parquet import read_columns

REPO = "deepmind/narrativeqa"
_COLUMNS = ("document.id", "document.text", "question.text")
_PART = re.compile(r".*-(\d+)-of-(\d+)\.parquet")


def read_narrativeqa(
    path: Path | None, split: str, languages: Sequence[str], work: Path | None
) -> list[JudgedCollection]:
    """Return the collection of a local copy, or of the hub's files where `path` is None."""
    if path is not None and find_file(path, "corpus.jsonl"):
        found = read_folder(path, split, work)
        chosen = choose_languages(languages, [each.lang for each in found], path, split)
        return [each for each in found if each.lang in chosen]
    choose_languages(languages, ["en"], path or REPO, split)
    prefix = "validation" if split == "dev" else split
    folder = path or fetch(REPO, [f"data/{prefix}-*.parquet"])
    corpus = Corpus(work, "NarrativeQA")
    questions: dict[str, str] = {}
    judgements: list[Judgement] = []
    for place, docid, question in _read_rows(_find_parts(folder, prefix), corpus):
        query_id = str(len(questions))
        questions[query_id] = question
        judgements.append((place, query_id, docid, 1))
    return [collect("en", corpus.select(), questions, judgements)]


def _find_parts(folder: Path, prefix: str) -> list[Path]:
    """Return the files of a split in their order; raises `InputError` when there is none, or not each of them."""
    files = sorted(folder.glob(f"data/{prefix}-*.parquet"))
    if not files:
        raise InputError(
            f"{folder} is no copy of NarrativeQA: it has neither data/{prefix}-*.parquet nor corpus.jsonl, as BEIR has"
        )
    parts = {int(match[1]): int(match[2]) for file in files if (match := _PART.fullmatch(file.name))}
    missing = next((part for part in range(max(parts.values(), default=0)) if part not in parts), None)
    if missing is not None:
        raise InputError(f"{folder}/data has not every file of {prefix}: part {missing} is missing; fetch it again")
    return files


def _read_rows(files: Sequence[Path], corpus: Corpus) -> Iterator[tuple[str, str, str]]:
    """Yield the place, the document's id and the question of each row; put each document into `corpus` once."""
    for file in files:
        for first, (docids, texts, questions) in read_columns(file, _COLUMNS):
            for row in range(len(docids)):
                place = f"{file}: row {first + row}"
                docid, question = docids[row].as_py(), questions[row].as_py()
                if docid is None or question is None:
                    raise InputError(f"{place} has no document.id or no question.text")
                docid = clean_id(docid, place)
                if docid not in corpus:
                    text = texts[row].as_py()  # now alone: the other rows of the document repeat it
                    if text is None:
                        raise InputError(f"{place} has no document.text")
                    corpus.add(place, docid, text)
                yield place, docid, question
