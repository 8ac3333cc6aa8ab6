"""The configuration of the commands around a run: the single place of each default. Light to import."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import tyro

from curation.config import EFFORT, AskConfig


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """Write the data set of a run in another tool's layout."""

    out: Path
    """Folder of the run, or of its data set."""
    format: Literal["mldr", "flagembedding", "sentence-transformers", "beir", "colbert"]
    """mldr: MLDR's rows with the texts inside; flagembedding: query, pos, neg of the training pairs;
    sentence-transformers: anchor, positive, negatives, and dev and test for its evaluator; beir: corpus, queries,
    qrels; colbert: numbered collection and queries, triples, also for PyLate.
    """
    to: Path | None = None
    """Where to write; DIR/export/FORMAT by default, or DATASET-export/FORMAT beside a data set that is named itself."""
    languages: tuple[str, ...] = ()
    """Only these languages; all by default."""
    negatives: int | None = None
    """Hard negatives in each training row of sentence-transformers and colbert, whose rows must have equally many; by
    default as many as nine in ten of the pairs with any have.
    """


@dataclass(frozen=True, kw_only=True)
class VerifyConfig:
    """Prove on a finished data set, from its files alone, what it promises; exit status 1 where that fails."""

    path: tyro.conf.Positional[Path]
    """Folder of the data set, or of the run that made it."""
    json: Path | None = None
    """Write the result to this file as well."""
    examples: int = 3
    """Violations shown of each check."""
    skip_near_documents: bool = False
    """Do not search the documents for near-duplicates anew, which takes longer than all other checks."""


@dataclass(frozen=True, kw_only=True)
class PushConfig:
    """Upload the data set to the Hugging Face hub, after verifying it."""

    out: Path
    """Folder of the run, or of its data set."""
    repo: str
    """The data set's name there: owner/name; it is made where there is none."""
    private: bool = False
    """Make a new repository private."""
    revision: str | None = None
    """Branch to upload to, made where there is none; main by default."""
    message: str = "Upload data set"
    """Commit message."""


@dataclass(frozen=True, kw_only=True)
class InspectConfig:
    """Print the figures of a run and write its report.html anew."""

    out: Path
    """Folder of the run."""
    evaluations: tuple[Path, ...] = ()
    """Files that m3-train evaluate wrote, in the order in which the report shows them."""
    training: Path | None = None
    """Folder that m3-train fit wrote: its loss curve goes into the report."""


@dataclass(frozen=True, kw_only=True)
class ExpandConfig(AskConfig):
    """Ask an LLM for extra texts: hypothetical answers (HyDE) or other wordings of queries, summaries of documents."""

    out: Path
    """File to write, .jsonl: id (of the query or document), text (the extra text), and where it comes from."""
    queries: Path | None = None
    """Queries to expand: JSON lines with _id, qid, query_id or id, text or query, and maybe lang (also .gz .bz2 .xz
    .zst), such as BEIR's queries.jsonl.
    """
    corpus: Path | None = None
    """Documents to expand, instead of --queries: JSON lines with _id, docid or id, text, and maybe title and lang (also
    .gz .bz2 .xz .zst), such as BEIR's corpus.jsonl; or the folder of a curated run.
    """
    prompt: str = "hyde"
    """Instruction: hyde or paraphrase for queries, summary for documents, or the path of your own."""
    samples: int = 1
    """Extra texts for each query or document, each asked for by itself; with a --temperature above 0 they differ."""
    language: str | None = None
    """ISO code of the language of texts that have no lang field; detected by default, which errs on short queries."""
    max_document_tokens: int = 6000
    """Documents are shown from their beginning, up to about this many tokens, to the end of a sentence or line."""
    max_answer_tokens: int = 512
    """Upper bound of an extra text's tokens; one that reaches it is set aside."""
    ledger: Path | None = field(default=None, metadata=EFFORT)
    """File that keeps every paid answer; ledger.sqlite beside --out by default. Commands may share one."""


@dataclass(frozen=True, kw_only=True)
class LedgerConfig:
    """Show what a ledger holds: answers, tokens and cost by model and instruction; export it."""

    out: Path | None = None
    """Folder of a run whose ledger is meant."""
    ledger: Path | None = None
    """The ledger's file, instead of --out."""
    price_in: float | None = None
    """Price of a million prompt tokens, in any currency."""
    price_out: float | None = None
    """Price of a million answer tokens."""
    export: Path | None = None
    """Write every row, with the raw answer, as JSON lines to this file."""
    forget_batches: str | None = None
    """Base URL of an endpoint whose unfinished batches are not waited for any more; what they ask is asked again."""
