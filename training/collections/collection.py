"""A test collection of one language: its documents, its questions, and which document answers which question."""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from data.errors import InputError
from data.files import digest
from training.collections.texts import digest_texts

_LANGUAGE = re.compile(r"[\w-]{1,40}")
_MEAN = "all"  # what reports call the mean over the languages


@dataclass(frozen=True)
class SetAside:
    """Questions left out for one reason."""

    count: int
    example: str  # the first one, with the place where it stands


@dataclass(frozen=True)
class Evidence:
    """Where in its document the passage stands that a question was written about, and how much they share."""

    position: float  # middle of the passage as a share of the document's characters: 0 the beginning, 1 the end
    overlap: float | None  # share of the question's character n-grams that stand in the passage; None: not recorded


@dataclass(frozen=True)
class JudgedCollection:
    """One language's documents, its questions and their judgements; documents and questions are sorted by id.

    A question is judged by `qrels`, or, where the collection has `answers`, by what the found documents hold
    (`training.collections.answers`): then `qrels` is empty.
    """

    lang: str
    docids: list[str]
    texts: Sequence[str]  # what models and BM25 read (data.text.document_text); large corpora read them from disk
    query_ids: list[str]
    queries: list[str]
    qrels: dict[str, dict[str, int]]  # question id -> document id -> relevance (above 0: relevant)
    set_aside: dict[str, SetAside] = field(default_factory=dict)  # reason -> questions left out
    evidence: Mapping[str, Evidence] = field(default_factory=dict)  # question id -> recorded evidence, where known
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)  # question id -> what a relevant document says

    def __post_init__(self) -> None:
        require_language(self.lang, "this collection")

    @property
    def main_metric(self) -> str:
        """The metric to look at first: grades are not known where documents are judged by the answers they hold."""
        return "recall@100" if self.answers else "ndcg@10"

    @functools.cached_property
    def digest(self) -> str:
        """Identify what is measured: results with equal digests can be compared."""
        documents = digest_texts(self.docids), self.texts_digest
        return digest(documents, self.query_ids, self.queries, self.qrels, self.answers)

    @property
    def texts_digest(self) -> str:
        """Identify the documents' texts; collections that search the same stored ones read them for it once."""
        return digest_texts(self.texts)


def is_language(name: str) -> bool:
    """Return whether `name` can name a language in reports, pictures and file names."""
    return name != _MEAN and _LANGUAGE.fullmatch(name) is not None


def require_language(name: str, place: object) -> str:
    """Return `name`; raises `InputError`, which says where it stands, when it cannot name a language."""
    if not is_language(name):
        raise InputError(
            f"{place}: {name!r:.100} cannot name a language; give a code such as en or zh-Hant: up to 40 letters,"
            f" digits, - and _, and not {_MEAN!r}, which is the mean over the languages"
        )
    return name
