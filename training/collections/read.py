"""Judged collections: documents, questions, and which document answers which question, one collection per language.

Read from a curated data set (the questions of one split, the documents of all splits), from a folder in BEIR's layout

    corpus.jsonl[.gz]    _id or docid, text, and maybe title and lang
    queries.jsonl[.gz]   _id or qid, text, and maybe lang
    qrels/SPLIT.tsv[.gz], for test also qrels.tsv   question id, document id, relevance; with or without a header

or from a folder of such folders. The language is the row's `lang`, else the folder's name where that is a language
code, else "unknown". Questions that cannot be judged are set aside and counted, never dropped silently.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from data.dataset import dataset_folder, load_curated
from data.errors import InputError
from data.text import document_text
from training.collections.beir import Rows, find_file, read_qrels, read_texts, require_file
from training.collections.collection import JudgedCollection, SetAside

_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")


def read_judged(path: Path, split: str = "test", languages: Sequence[str] = ()) -> list[JudgedCollection]:
    """Return the collections at `path`, sorted by language; only those of `languages` where any are given.

    Raises `InputError` when files are missing or broken, when an asked language is absent, or when no question is left.
    """
    if not path.is_dir():
        raise InputError(
            f"there is no folder {path}; give a curated data set, "
            "or a folder with corpus.jsonl, queries.jsonl and qrels.tsv"
        )
    collections = _read_any(path, split)
    missing = sorted(set(languages) - {collection.lang for collection in collections})
    if missing:
        known = " ".join(collection.lang for collection in collections)
        raise InputError(f"{path} has no questions in {' '.join(missing)} (split {split}); it has: {known}")
    chosen = [collection for collection in collections if not languages or collection.lang in languages]
    for collection in chosen:
        if not collection.queries:
            reasons = "; ".join(
                f"{name}: {aside.count}, first {aside.example}" for name, aside in collection.set_aside.items()
            )
            raise InputError(f"{path}: no question in {collection.lang!r} can be judged ({reasons or 'there is none'})")
    if not chosen:
        raise InputError(f"{path} has no questions in split {split}; another split: --split train, --split dev")
    return sorted(chosen, key=lambda collection: collection.lang)


def _read_any(path: Path, split: str) -> list[JudgedCollection]:
    """Tell the three layouts apart and read what is there."""
    curated = dataset_folder(path)
    if (curated / "manifest.json").exists() or any(curated.glob("corpus-*")):
        return list(_read_curated(path, split))
    if find_file(path, "corpus.jsonl"):
        return _read_folder(path, split)
    folders = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and find_file(folder, "corpus.jsonl")]
    if not folders:
        raise InputError(
            f"{path} is no data set: it has neither manifest.json (a curated data set), "
            "nor corpus.jsonl or corpus.jsonl.gz (BEIR's layout), nor folders with one"
        )
    collections = [(folder, collection) for folder in folders for collection in _read_folder(folder, split)]
    place: dict[str, Path] = {}
    for folder, collection in collections:
        if place.setdefault(collection.lang, folder) != folder:
            raise InputError(
                f"{place[collection.lang]} and {folder} are both of language {collection.lang!r}; "
                "evaluate them one at a time"
            )
    return [collection for _, collection in collections]


def _read_curated(path: Path, split: str) -> Iterator[JudgedCollection]:
    """Yield the collection of each language that has questions in `split`; the documents of all splits are searched."""
    dataset = load_curated(path)
    for lang in dataset.languages:
        pairs = dataset.pairs(lang, split)
        if not len(pairs):
            continue
        corpus = dataset.corpus(lang, ["docid", "title", "text"])
        documents: Rows = {
            docid: (None, document_text(title, text))
            for docid, title, text in zip(
                *(corpus[name].to_pylist() for name in ("docid", "title", "text")), strict=True
            )
        }
        ids = pairs["query_id"].to_pylist()
        questions: Rows = {name: (None, text) for name, text in zip(ids, pairs["query"].to_pylist(), strict=True)}
        judgements = [
            (str(dataset.path / lang / split), name, docid, 1)
            for name, positives in zip(ids, pairs["positive_ids"].to_pylist(), strict=True)
            for docid in positives or ()
        ]
        yield _collect(lang, documents, questions, judgements, questions)


def _read_folder(folder: Path, split: str) -> list[JudgedCollection]:
    """Return the collections of a folder in BEIR's layout, one per language of its questions."""
    corpus_file, queries_file = require_file(folder, "corpus.jsonl"), require_file(folder, "queries.jsonl")
    # A single qrels.tsv is the test of its folder: it must not pass for another split.
    qrels_file = require_file(folder, f"qrels/{split}.tsv", *(["qrels.tsv"] if split == "test" else []))
    documents = read_texts(corpus_file, ("_id", "docid"))
    if not documents:
        raise InputError(f"{corpus_file} has no documents")
    questions = read_texts(queries_file, ("_id", "qid"))
    if not questions:
        raise InputError(f"{queries_file} has no questions")
    judgements = list(read_qrels(qrels_file))
    if not judgements:
        raise InputError(f"{qrels_file} has no judgements")

    name = folder.resolve().name
    fallback = name if _LANGUAGE_CODE.fullmatch(name) else "unknown"
    document_langs = {lang for lang, _ in documents.values() if lang}
    positive = {query_id: docid for _, query_id, docid, relevance in reversed(judgements) if relevance > 0}

    def language(query_id: str, given: str | None) -> str:
        """Return a question's language: its own, else that of its first relevant document, else the folder's."""
        return given or documents.get(positive.get(query_id, ""), (None, ""))[0] or fallback

    by_language: dict[str, Rows] = {}
    for query_id, (given, text) in questions.items():
        by_language.setdefault(language(query_id, given), {})[query_id] = (given, text)
    collections: list[JudgedCollection] = []
    for lang in sorted(by_language):
        # A corpus that names no language at all is searched in full by the questions of every language.
        searched = {
            docid: row for docid, row in documents.items() if not document_langs or (row[0] or fallback) == lang
        }
        # A judgement of no known question belongs to no language; it is counted once, with the first one.
        of_lang = [
            row for row in judgements if row[1] in by_language[lang] or (row[1] not in questions and not collections)
        ]
        collections.append(_collect(lang, searched, by_language[lang], of_lang, questions))
    return collections


def _collect(
    lang: str,
    documents: Rows,
    questions: Rows,
    judgements: Sequence[tuple[str, str, str, int]],
    known_questions: Collection[str],
) -> JudgedCollection:
    """Join documents, questions and judgements of one language; set aside what cannot be judged."""
    qrels: dict[str, dict[str, int]] = {}
    unknown: dict[str, dict[str, str]] = {}  # reason -> question id -> where
    for place, query_id, docid, relevance in judgements:
        if query_id not in known_questions:
            unknown.setdefault("unknown question", {}).setdefault(query_id, f"{query_id} ({place})")
        elif relevance > 0 and docid not in documents:
            unknown.setdefault("unknown document", {}).setdefault(query_id, f"{query_id} -> {docid} ({place})")
        elif docid in documents:
            qrels.setdefault(query_id, {})[docid] = max(relevance, 0)
    broken = unknown.get("unknown document", {})
    kept = sorted(name for name, row in qrels.items() if name not in broken and any(row.values()))
    unjudged = sorted(set(questions) - set(kept) - set(broken))
    if unjudged:
        unknown["no relevant document"] = {name: name for name in unjudged}
    docids = sorted(documents)
    return JudgedCollection(
        lang=lang,
        docids=docids,
        texts=[documents[docid][1] for docid in docids],
        query_ids=kept,
        queries=[questions[name][1] for name in kept],
        qrels={name: qrels[name] for name in kept},
        set_aside={reason: SetAside(len(rows), next(iter(rows.values()))) for reason, rows in unknown.items()},
    )
