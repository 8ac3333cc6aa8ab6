"""MKQA as the paper measures it: questions in 26 languages, answered by the English passages of BEIR's NQ.

    MKQA_test-data.zip    LANG.jsonl (id, question, answers), wherever it lies in the archive; or the files unpacked
    corpus.jsonl[.gz]     _id, title, text; or corpus/*.parquet with these columns

The hub has the former in Shitao/bge-m3-data, the latter in BeIR/nq; a local copy holds both in one folder. Documents
are judged by the answers that they hold (`training.collections.answers`), and all languages search the same.
"""

import lzma
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from data.errors import InputError
from data.text import clean_text, document_text
from training.collections.answers import matching_form
from training.collections.beir import add_documents
from training.collections.collect import choose_languages
from training.collections.collection import JudgedCollection, SetAside
from training.collections.corpus import Corpus, Documents
from training.collections.hub import fetch
from training.collections.lines import clean_id, find_file, id_of, lines_of, objects_of, read_lines, text_of
from training.collections.parquet import read_columns

REPO, CORPUS_REPO = "Shitao/bge-m3-data", "BeIR/nq"
ARCHIVE = "MKQA_test-data.zip"
# English is there too, but not in the paper's mean, so it has to be asked for.
PAPER_LANGUAGES = tuple("ar da de es fi fr he hu it ja km ko ms nl no pl pt ru sv th tr vi zh_cn zh_hk zh_tw".split())
LANGUAGES = (*PAPER_LANGUAGES, "en")
_COLUMNS = ("_id", "title", "text")


def read_mkqa(path: Path | None, split: str, languages: Sequence[str], work: Path | None) -> list[JudgedCollection]:
    """Return the collections of a local copy, or of the hub's files where `path` is None."""
    if split != "test":
        raise InputError(f"MKQA has no split {split}, only test")
    choose_languages(languages, LANGUAGES, "MKQA", split)
    if path is None:
        asked = fetch(REPO, [ARCHIVE])
        texts = fetch(CORPUS_REPO, ["corpus.jsonl.gz"], ["corpus/*.parquet"])
    else:
        asked = texts = path
    there = [lang for lang in LANGUAGES if _has_rows(asked, lang)]
    if not there:
        raise InputError(f"{asked} is no copy of MKQA: it has neither {ARCHIVE} nor LANG.jsonl (nor with .gz)")
    chosen = choose_languages(languages or [lang for lang in there if lang != "en"], there, asked, split)
    questions = {lang: list(_read_rows(asked, lang)) for lang in chosen}  # before the corpus, which takes minutes
    documents = _read_corpus(texts, work)
    return [_collect(lang, documents, rows) for lang, rows in questions.items()]


def _has_rows(folder: Path, lang: str) -> bool:
    """Return whether a folder has the questions of a language, packed or not."""
    archive = folder / ARCHIVE
    return _member(archive, lang) is not None if archive.is_file() else bool(find_file(folder, f"{lang}.jsonl"))


def _member(archive: Path, lang: str) -> str | None:
    """Return where the questions of a language stand in the archive, None when they do not."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return next((name for name in opened.namelist() if PurePosixPath(name).name == f"{lang}.jsonl"), None)
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"{archive} cannot be unpacked ({error}); fetch it again") from error


def _read_rows(folder: Path, lang: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the place and the value of each line of a language's questions."""
    archive = folder / ARCHIVE
    if not archive.is_file():
        file = find_file(folder, f"{lang}.jsonl")
        assert file is not None
        yield from objects_of(read_lines(file))
        return
    member = _member(archive, lang)
    assert member is not None
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(member) as stream:
            yield from objects_of(lines_of(stream, f"{archive}/{member}"))
    except (zipfile.BadZipFile, lzma.LZMAError, NotImplementedError, RuntimeError, OSError) as error:
        # Torn, or packed in another way.
        raise InputError(f"{archive}/{member} cannot be unpacked ({error}); fetch it again") from error


def _read_corpus(folder: Path, work: Path | None) -> Documents:
    """Return the documents that every language searches."""
    corpus = Corpus(work, "NQ")
    if file := find_file(folder, "corpus.jsonl"):
        add_documents(corpus, file)
        return corpus.select()
    files = sorted(folder.glob("corpus/*.parquet"))
    if not files:
        raise InputError(
            f"{folder} has neither corpus.jsonl (nor with .gz) nor corpus/*.parquet, the corpus of BeIR/nq"
        )
    for file in files:
        for first, columns in read_columns(file, _COLUMNS):
            rows = zip(*(column.to_pylist() for column in columns), strict=True)
            for number, (docid, title, text) in enumerate(rows, start=first):
                if docid is None or text is None:
                    raise InputError(f"{file}: row {number} has no _id or no text")
                place = f"{file}: row {number}"
                corpus.add(place, clean_id(docid, place), document_text(title, text))
    return corpus.select()


def _collect(lang: str, documents: Documents, rows: Sequence[tuple[str, dict[str, Any]]]) -> JudgedCollection:
    """Return the collection of one language; questions without an answer that could be found are set aside."""
    questions: dict[str, str] = {}
    answers: dict[str, list[str]] = {}
    unanswered: list[str] = []
    for place, row in rows:
        query_id, question, given = id_of(row, ("id",), place), text_of(row, "question", place), row.get("answers")
        if query_id in questions:
            raise InputError(f"{place}: the id {query_id!r} stands twice in this file")
        if not isinstance(given, list) or not all(isinstance(answer, str) for answer in given):
            raise InputError(f"{place}: this line has no answers, a list of texts")
        questions[query_id] = question
        answers[query_id] = [clean_text(answer) for answer in given if matching_form(answer)]
        if not answers[query_id]:
            unanswered.append(clean_text(f"{query_id} ({place})"))
    kept = sorted(name for name, row in answers.items() if row)
    return JudgedCollection(
        lang=lang,
        docids=documents.docids,
        texts=documents.texts,
        query_ids=kept,
        queries=[questions[name] for name in kept],
        qrels={},
        set_aside={"no answer": SetAside(len(unanswered), unanswered[0])} if unanswered else {},
        answers={name: answers[name] for name in kept},
    )
