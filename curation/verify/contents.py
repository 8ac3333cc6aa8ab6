"""The rows of a data set as the checks see them: questions, documents, and what was found in the documents' texts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from curation.engine import progress
from curation.sample import content_id
from curation.verify.files import Folder
from data.dataset import CuratedDataset
from data.files import digest
from data.records import SPLITS
from data.text import document_text, estimate_tokens, letters


@dataclass(frozen=True)
class Violation:
    """Something that contradicts a check: where it stands, and what is wrong."""

    check: str
    place: str
    detail: str


@dataclass(frozen=True, slots=True)
class Question:
    """A row of `records.PAIR`, as far as checks need it; lists are never None."""

    folder: str  # language of the folder that holds it
    split: str  # of the file that holds it
    query_id: str
    query: str | None
    lang: str | None
    positive_ids: list[str]
    negative_ids: list[str]
    negative_miners: list[str]
    negative_ranks: list[int]
    negative_scores: list[float]
    pos_scores: list[float]
    neg_scores: list[float]
    also_relevant: list[str]
    near_duplicate_of: str | None
    evidence_start: int | None
    evidence_end: int | None
    evidence_token_start: int | None
    evidence_tokens: int | None
    evidence_digest: str | None
    generator: str | None
    model: str | None
    prompt: str | None

    @property
    def place(self) -> str:
        """Where the row stands."""
        return f"{self.folder}/{self.split}.parquet {self.query_id}"


@dataclass(frozen=True, slots=True)
class Document:
    """A row of `records.DOCUMENT` without its text, and what the text says of itself."""

    folder: str
    docid: str
    lang: str | None
    split: str | None
    cluster: str | None
    group: str | None
    licence: str | None
    tokens: int | None
    content_id: str
    letters_digest: str  # equal where the texts are equal but for case, form, space and punctuation
    empty: bool
    counted_tokens: int | None  # None: the run's tokenizer is not at hand

    @property
    def place(self) -> str:
        """Where the row stands."""
        return f"corpus-{self.folder}/corpus.parquet {self.docid}"


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands at a question's evidence offsets."""

    inside: bool  # the offsets are in order, and within the text
    blank: bool
    digest: str
    tokens: int | None  # as counted here; None: the run's tokenizer is not at hand
    token_start: int | None


@dataclass(frozen=True)
class Contents:
    """Everything that the checks look at."""

    dataset: CuratedDataset
    languages: list[str]
    questions: list[Question]
    documents: list[Document]
    passages: dict[int, Passage]  # by the question's number; a question without its document has none
    by_id: dict[tuple[str, str], Document]  # by folder and docid

    def named(self, question: Question, docids: list[str]) -> list[Document]:
        """Return those of `docids` that the corpus of the question holds."""
        found = (self.by_id.get((question.folder, docid)) for docid in docids)
        return [document for document in found if document is not None]


def read_contents(folder: Folder) -> Contents:
    """Read the data set once; a document's text is in memory only while it is looked at."""
    dataset = CuratedDataset(folder.path, folder.manifest)
    questions = [question for lang in folder.languages for question in _read_questions(dataset, lang)]
    about: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, question in enumerate(questions):
        if question.positive_ids:
            about[question.folder, question.positive_ids[0]].append(number)
    estimated = folder.manifest.get("tokenizer", "estimate") == "estimate"
    documents, passages = [], {}
    total = sum(count["corpus"] for count in folder.manifest["counts"].values())
    for lang, row in progress(_texts(dataset, folder.languages), "reading", "document", total=total):
        documents.append(_see_document(lang, row, estimated))
        for number in about.get((lang, row["docid"]), ()):
            passages[number] = _see_passage(questions[number], row, estimated)
    return Contents(
        dataset, folder.languages, questions, documents, passages, {(d.folder, d.docid): d for d in documents}
    )


def _read_questions(dataset: CuratedDataset, lang: str) -> Iterator[Question]:
    columns = [field.name for field in fields(Question) if field.name not in ("folder", "split")]
    lists = {field.name for field in fields(Question) if str(field.type).startswith("list")}
    for split in SPLITS:
        for row in dataset.pair_rows(lang, split, columns):
            values: dict[str, Any] = {name: (row[name] or []) if name in lists else row[name] for name in columns}
            yield Question(lang, split, **values)


def _texts(dataset: CuratedDataset, languages: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    columns = ("docid", "title", "text", "lang", "split", "cluster", "group", "licence", "tokens")
    for lang in languages:
        for row in dataset.document_rows(lang, columns):
            yield lang, {**row, "text": row["text"] or ""}


def _see_document(lang: str, row: dict[str, Any], estimated: bool) -> Document:
    kept = {name: row[name] for name in ("docid", "lang", "split", "cluster", "group", "licence", "tokens")}
    return Document(
        folder=lang,
        **kept,
        content_id=content_id(row["title"], row["text"]),
        letters_digest=digest(letters(row["text"])),
        empty=not row["text"].strip(),
        counted_tokens=estimate_tokens(document_text(row["title"], row["text"])) if estimated else None,
    )


def _see_passage(question: Question, row: dict[str, Any], estimated: bool) -> Passage:
    text, start, end = row["text"], question.evidence_start, question.evidence_end
    if start is None or end is None or not 0 <= start <= end <= len(text):
        return Passage(inside=False, blank=True, digest="", tokens=None, token_start=None)
    whole = document_text(row["title"], text)
    before = whole[: len(whole) - len(text) + start]
    return Passage(
        inside=True,
        blank=not text[start:end].strip(),
        digest=digest(text[start:end]),
        tokens=estimate_tokens(text[start:end]) if estimated else None,
        token_start=estimate_tokens(before) if estimated else None,
    )
