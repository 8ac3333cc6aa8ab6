"""A folder in BEIR's layout, read as one collection per language of its questions.

    corpus.jsonl[.gz]    _id or docid, text, and maybe title and lang
    queries.jsonl[.gz]   _id or qid, text, and maybe lang
    qrels/SPLIT.tsv[.gz], for test also qrels.tsv   question id, document id, relevance; with or without a header

The language is the row's `lang`, else the folder's name where that is a language code, else "unknown".
"""

import re
from collections.abc import Iterator
from pathlib import Path

from data.errors import InputError
from data.text import document_text
from training.collections.collect import Judgement, collect
from training.collections.collection import JudgedCollection, is_language
from training.collections.corpus import Corpus
from training.collections.lines import (
    clean_id,
    grade_of,
    id_of,
    language_of,
    objects_of,
    read_lines,
    require_file,
    text_of,
    title_of,
)

_HEADERS = {"query-id", "query_id", "qid"}
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")


def read_folder(folder: Path, split: str, work: Path | None) -> list[JudgedCollection]:
    """Return the collections of `folder`; raises `InputError` when a file is missing, broken or empty."""
    corpus_file, queries_file = require_file(folder, "corpus.jsonl"), require_file(folder, "queries.jsonl")
    # A single qrels.tsv is the test of its folder: it must not pass for another split.
    qrels_file = require_file(folder, f"qrels/{split}.tsv", *(["qrels.tsv"] if split == "test" else []))
    corpus = Corpus(work, folder.name)
    add_documents(corpus, corpus_file)
    questions = _read_questions(queries_file)
    judgements = list(_read_qrels(qrels_file))
    if not judgements:
        raise InputError(f"{qrels_file} has no judgements")

    name = folder.resolve().name
    fallback = name if _LANGUAGE_CODE.fullmatch(name) and is_language(name) else "unknown"
    positive = {query_id: docid for _, query_id, docid, relevance in reversed(judgements) if relevance > 0}
    by_language: dict[str, dict[str, str]] = {}
    for query_id, (given, text) in questions.items():
        # A question's language: its own, else that of its first relevant document, else the folder's.
        lang = given or corpus.lang_of.get(positive.get(query_id, "")) or fallback
        by_language.setdefault(lang, {})[query_id] = text
    # A corpus that names no language at all is searched in full by the questions of every language.
    shared = None if any(corpus.lang_of.values()) else corpus.select()
    collections: list[JudgedCollection] = []
    for lang in sorted(by_language):
        searched = shared or corpus.select(
            {docid for docid, own in corpus.lang_of.items() if (own or fallback) == lang}
        )
        # A judgement of no known question belongs to no language; it is counted once, with the first one.
        of_lang = [
            row for row in judgements if row[1] in by_language[lang] or (row[1] not in questions and not collections)
        ]
        collections.append(collect(lang, searched, by_language[lang], of_lang, questions))
    return collections


def add_documents(corpus: Corpus, file: Path) -> None:
    """Put the documents of a file of JSON lines into `corpus`; raises `InputError` when there are none, or broken ones.

    A document with a title reads as `data.text.document_text` joins them.
    """
    before = len(corpus)
    for place, row in objects_of(read_lines(file)):
        docid, text = id_of(row, ("_id", "docid"), place), text_of(row, "text", place)
        corpus.add(place, docid, document_text(title_of(row), text), language_of(row, place))
    if len(corpus) == before:
        raise InputError(f"{file} has no documents")


def _read_questions(file: Path) -> dict[str, tuple[str | None, str]]:
    """Return the language (None: not said) and the text of each question by id."""
    questions: dict[str, tuple[str | None, str]] = {}
    for place, row in objects_of(read_lines(file)):
        name = id_of(row, ("_id", "qid"), place)
        if name in questions:
            raise InputError(f"{place}: the id {name!r} stands twice in this file")
        questions[name] = (language_of(row, place), document_text(title_of(row), text_of(row, "text", place)))
    if not questions:
        raise InputError(f"{file} has no questions")
    return questions


def _read_qrels(file: Path) -> Iterator[Judgement]:
    """Yield the judgement of each line; a header may come first."""
    for index, (place, line) in enumerate(read_lines(file)):
        cells = line.split("\t")
        if index == 0 and cells[0].lower() in _HEADERS:
            continue
        if len(cells) != 3:
            expected = "question id, document id and a whole number, separated by tabs"
            raise InputError(f"{place}: expected {expected}, found {line!r:.100}")
        yield place, clean_id(cells[0], place), clean_id(cells[1], place), grade_of(cells[2], place)
