"""A test collection of one language: its documents, its questions, and which document answers which question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from data.files import digest


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

    @property
    def main_metric(self) -> str:
        """The metric to look at first: grades are not known where documents are judged by the answers they hold."""
        return "recall@100" if self.answers else "ndcg@10"

    @property
    def digest(self) -> str:
        """Identify what is measured: results with equal digests can be compared."""
        return digest(self.docids, self.query_ids, self.qrels, *([self.answers] if self.answers else []))
