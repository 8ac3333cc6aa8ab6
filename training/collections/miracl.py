"""MIRACL, passages of Wikipedia in 18 languages (https://huggingface.co/datasets/miracl/miracl and miracl-corpus).

    miracl-v1.0-LANG/topics/topics.miracl-v1.0-LANG-SPLIT.tsv   question id, question
    miracl-v1.0-LANG/qrels/qrels.miracl-v1.0-LANG-SPLIT.tsv     question id, Q0, document id, relevance
    miracl-corpus-v1.0-LANG/docs-N.jsonl[.gz]                   docid, title, text; N from 0

A local copy holds all three in one folder. The questions stand behind terms that a user of the hub has to accept.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from data.errors import InputError
from training.collections.beir import add_documents
from training.collections.collect import Judgement, choose_languages, collect
from training.collections.collection import JudgedCollection
from training.collections.corpus import Corpus
from training.collections.hub import fetch
from training.collections.lines import clean_id, grade_of, read_lines, require_file

REPO, CORPUS_REPO = "miracl/miracl", "miracl/miracl-corpus"
LANGUAGES = tuple("ar bn de en es fa fi fr hi id ja ko ru sw te th yo zh".split())
_DOCUMENTS = re.compile(r"docs-(\d+)\.jsonl(\.gz)?")


def read_miracl(path: Path | None, split: str, languages: Sequence[str], work: Path | None) -> list[JudgedCollection]:
    """Return the collections of a local copy, or of the hub's MIRACL where `path` is None."""
    if path is None:
        chosen = choose_languages(languages, LANGUAGES, REPO, split)
        asked = fetch(REPO, [_table(lang, kind, split) for lang in chosen for kind in ("topics", "qrels")])
        texts = fetch(CORPUS_REPO, [f"miracl-corpus-v1.0-{lang}/docs-*.jsonl.gz" for lang in chosen])
    else:
        asked = texts = path
        folders = sorted(folder.name.removeprefix("miracl-v1.0-") for folder in path.glob("miracl-v1.0-*"))
        there = [lang for lang in folders if (path / _table(lang, "topics", split)).is_file()]
        if not there:
            raise InputError(f"{path} is no copy of MIRACL's {split}: it has no {_table('LANG', 'topics', split)}")
        chosen = choose_languages(languages, there, path, split)
    return [_read(asked, texts, lang, split, work) for lang in chosen]


def _table(lang: str, kind: str, split: str) -> str:
    return f"miracl-v1.0-{lang}/{kind}/{kind}.miracl-v1.0-{lang}-{split}.tsv"


def _read(asked: Path, texts: Path, lang: str, split: str, work: Path | None) -> JudgedCollection:
    """Return the collection of one language."""
    topics, qrels = (require_file(asked, _table(lang, kind, split)) for kind in ("topics", "qrels"))
    questions: dict[str, str] = {}
    for place, (query_id, question) in _read_cells(topics, 2, "question id and question"):
        name = clean_id(query_id, place)
        if name in questions:
            raise InputError(f"{place}: the id {name!r} stands twice in this file")
        questions[name] = question
    judgements: list[Judgement] = []
    for place, (query_id, _, docid, relevance) in _read_cells(qrels, 4, "question id, Q0, document id and relevance"):
        judgements.append((place, clean_id(query_id, place), clean_id(docid, place), grade_of(relevance, place)))
    corpus = Corpus(work, lang)
    for file in _find_documents(texts / f"miracl-corpus-v1.0-{lang}"):
        add_documents(corpus, file)
    return collect(lang, corpus.select(), questions, judgements)


def _read_cells(file: Path, count: int, expected: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the place and the cells of each line."""
    for place, line in read_lines(file):
        cells = line.split("\t", count - 1)
        if len(cells) != count:
            raise InputError(f"{place}: expected {expected}, separated by tabs, found {line!r:.100}")
        yield place, cells


def _find_documents(folder: Path) -> list[Path]:
    """Return the files of a corpus in their order; raises `InputError` when one is missing among them, or all are."""
    files = {int(match[1]): file for file in folder.glob("docs-*") if (match := _DOCUMENTS.fullmatch(file.name))}
    missing = next((number for number in range(max(files, default=0) + 1) if number not in files), None)
    if missing is not None:
        raise InputError(f"{folder} has no docs-{missing}.jsonl.gz; fetch it again")
    return [files[number] for number in sorted(files)]
