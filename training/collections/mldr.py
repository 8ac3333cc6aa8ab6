"""MLDR, long documents in 13 languages (https://huggingface.co/datasets/Shitao/MLDR), or a data set in its layout.

    mldr-v1.0-LANG/SPLIT.jsonl[.gz]    query_id, query, positive_passages and negative_passages ({docid, text} each)
    mldr-v1.0-LANG/corpus.jsonl[.gz]   docid, text

`m3-curate export --format mldr` writes the same rows to LANG/SPLIT.jsonl and corpus/LANG.jsonl.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.errors import InputError
from training.collections.beir import add_documents
from training.collections.collect import Judgement, choose_languages, collect
from training.collections.collection import JudgedCollection
from training.collections.corpus import Corpus
from training.collections.hub import fetch
from training.collections.lines import find_file, id_of, objects_of, read_lines, require_file, text_of

REPO = "Shitao/MLDR"
LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "pt", "ru", "th", "zh")
_FOLDER = "mldr-v1.0-"


def read_mldr(path: Path | None, split: str, languages: Sequence[str], work: Path | None) -> list[JudgedCollection]:
    """Return the collections of a folder in either layout, or of the hub's MLDR where `path` is None."""
    if path is None:
        chosen = choose_languages(languages, LANGUAGES, REPO, split)
        path = fetch(REPO, [f"{_FOLDER}{lang}/{name}.jsonl.gz" for lang in chosen for name in (split, "corpus")])
        languages = chosen
    rows = dict(_find_rows(path, split))
    if not rows:
        raise InputError(
            f"{path} is no copy of MLDR: it has neither {_FOLDER}LANG/{split}.jsonl nor LANG/{split}.jsonl"
            " (nor with .gz)"
        )
    return [_read(path, lang, rows[lang], work) for lang in choose_languages(languages, rows, path, split)]


def _find_rows(path: Path, split: str) -> Iterator[tuple[str, Path]]:
    """Yield each language that has questions, and their file."""
    for folder in sorted(path.iterdir()):
        if file := find_file(folder, f"{split}.jsonl"):
            yield folder.name.removeprefix(_FOLDER), file


def _read(path: Path, lang: str, rows: Path, work: Path | None) -> JudgedCollection:
    """Return the collection of one language."""
    ours = rows.parent.name == lang
    corpus = Corpus(work, lang)
    add_documents(corpus, require_file(path, f"corpus/{lang}.jsonl" if ours else f"{_FOLDER}{lang}/corpus.jsonl"))
    questions: dict[str, str] = {}
    judgements: list[Judgement] = []
    for place, row in objects_of(read_lines(rows)):
        query_id = id_of(row, ("query_id",), place)
        if query_id in questions:
            raise InputError(f"{place}: the id {query_id!r} stands twice in this file")
        questions[query_id] = text_of(row, "query", place)
        passages = row.get("positive_passages")
        if not isinstance(passages, list) or not all(isinstance(passage, dict) for passage in passages):
            raise InputError(f"{place}: this line has no positive_passages, a list of {{docid, text}}")
        judgements += [(place, query_id, id_of(passage, ("docid",), place), 1) for passage in passages]
    return collect(lang, corpus.select(), questions, judgements)
