"""The configuration of every stage: the single place of each default. Light to import, so that --help answers at once.

A field marked `effort` changes how a stage works (how fast, how much it may spend), never what it makes; it does not
count when a finished stage is compared with the asked configuration.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

EFFORT = {"effort": True}


@dataclass(frozen=True, kw_only=True)
class SampleConfig:
    """Which documents are taken."""

    source: tuple[str, ...]
    """Files or folders (.txt .md .jsonl .parquet, text also compressed as .gz .bz2 .xz .zst), or ids of Hugging Face
    data sets: owner/name, owner/name:config, owner/name:config:split.
    """
    languages: tuple[str, ...] = ()
    """Only documents in these languages (ISO codes such as ko en); all by default."""
    per_language: int | None = None
    """At most this many documents of each language, spread over the length buckets; all by default."""
    tokenizer: str = "estimate"
    """Folder or hub id of the tokenizer that counts lengths, such as BAAI/bge-m3; "estimate" counts characters by
    script, without a download.
    """
    min_tokens: int = 100
    """Shorter documents are set aside."""
    buckets: tuple[int, ...] = (500, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8192)
    """Upper bounds of the length buckets in tokens; longer documents form one more."""
    text_column: str | None = None
    """Column that holds the text; guessed and reported by default. Likewise the four below."""
    title_column: str | None = None
    id_column: str | None = None
    language_column: str | None = None
    group_column: str | None = None
    """Column whose equal values mark translations of one document; they never cross a split."""
    max_source_rows: int | None = None
    """Read at most this many rows of each source: a bound for streamed hub data sets."""
    workers: int = field(default=2, metadata=EFFORT)
    """Processes that read and measure files."""


@dataclass(frozen=True, kw_only=True)
class SplitConfig:
    """Which documents are near-duplicates, and which split each document belongs to."""

    jaccard: float = 0.8
    """Documents whose character n-grams are at least this similar are near-duplicates: one of them is kept."""
    containment: float = 0.9
    """A document of whose n-grams at least this share stands in another one is contained in it, and dropped."""
    decontaminate: tuple[Path, ...] = ()
    """Benchmarks (JSON lines, or folders in BEIR's layout): what resembles their documents or queries is dropped."""
    dev_share: float = 0.1
    """Share of each language's documents in dev."""
    test_share: float = 0.1
    """Share of each language's documents in test."""


@dataclass(frozen=True, kw_only=True)
class PassageConfig:
    """Which passages of a document the generator sees."""

    passages_per_document: int = 1
    """Passages drawn from each document, spread evenly over its length."""
    passage_min_tokens: int = 60
    """A passage is a run of whole paragraphs at least this long, where the document allows."""
    passage_max_tokens: int = 400
    """And at most this long; a longer paragraph is cut at sentence ends."""


@dataclass(frozen=True, kw_only=True)
class AskConfig:
    """Which LLM is asked, how fast, and what that may cost."""

    model: str | None = None
    """Model that the endpoint is asked for."""
    base_url: tuple[str, ...] = ()
    """The endpoint, such as http://localhost:8000/v1; OPENAI_BASE_URL or OpenAI itself by default. Several that offer
    the same model share the work; one that is down is set aside and tried again.
    """
    key_file: Path | None = field(default=None, metadata=EFFORT)
    """File whose only line is the API key; the environment variable OPENAI_API_KEY by default."""
    temperature: float | None = None
    """Sampling temperature; the endpoint's own by default."""
    max_answer_tokens: int = 256
    """Upper bound of an answer's tokens; models that think before they answer need more."""
    parameters: tuple[str, ...] = ()
    """More of the request, as NAME=VALUE with VALUE in JSON or plain text: top_p=0.9 reasoning_effort=low."""
    answer_format: Literal["auto", "json", "text"] = "auto"
    """How answers of several parts are asked for: json sends a JSON schema, text describes the lines; auto tries once
    whether the endpoint offers schemas.
    """
    concurrency: int = field(default=16, metadata=EFFORT)
    """Requests in flight at most."""
    requests_per_minute: float | None = field(default=None, metadata=EFFORT)
    """Send no more requests than this in a minute."""
    tokens_per_minute: float | None = field(default=None, metadata=EFFORT)
    """Use no more tokens than this in a minute, prompts and answers together."""
    timeout_seconds: float = field(default=120.0, metadata=EFFORT)
    """How long one request may take."""
    batch: bool = field(default=False, metadata=EFFORT)
    """Ask through the endpoint's Batch API: slower, and at OpenAI half the price (give the prices of batches)."""
    batch_requests: int = field(default=50_000, metadata=EFFORT)
    """Requests in one batch at most."""
    price_in: float | None = field(default=None, metadata=EFFORT)
    """Price of a million prompt tokens, in any currency; needed by --max-cost and for the estimate."""
    price_out: float | None = field(default=None, metadata=EFFORT)
    """Price of a million answer tokens."""
    max_cost: float | None = field(default=None, metadata=EFFORT)
    """Spend no more than this by this command, in the currency of the prices; what is in flight counts."""
    max_tokens_total: int | None = field(default=None, metadata=EFFORT)
    """Use no more than this many tokens by this command, prompts and answers together; what is in flight counts."""
    max_requests: int | None = field(default=None, metadata=EFFORT)
    """Send no more than this many requests by this command."""
    retry_failed: bool = field(default=False, metadata=EFFORT)
    """Ask again, with the same bounds, what the endpoint refused, failed to answer or cut off; by default that counts
    as answered.
    """
    ledger: Path | None = field(default=None, metadata=EFFORT)
    """File that keeps every paid answer; DIR/ledger.sqlite by default. Runs may share one."""


@dataclass(frozen=True, kw_only=True)
class GenerateConfig(AskConfig):
    """Who writes the questions, and how they are asked for."""

    generator: Literal["extractive", "openai"] = "extractive"
    """openai asks an OpenAI-compatible endpoint; extractive asks no LLM: it makes a keyword query of the passage's most
    informative sentence.
    """
    prompts: tuple[str, ...] = ("mldr",)
    """Instructions: bundled names (m3-curate prompts lists them) or paths of Markdown files, with their shares where
    there are several: mldr=0.7 keywords=0.2 mine.md=0.1.
    """
    query_language: tuple[str, ...] = ()
    """Languages of the questions that a cross-lingual instruction asks for, such as en; each passage gets one of them
    by chance.
    """
    questions_per_passage: int = 1
    """Questions asked about each passage: in one request where the instruction takes a count, else in that many."""


@dataclass(frozen=True, kw_only=True)
class FilterConfig:
    """Which questions are kept."""

    uniqueness_depth: int = 10
    """BM25 must find the source document among this many best for the question; the smaller the stricter, 0 only
    records the rank.
    """
    max_lexical_overlap: float = 1.0
    """Drop questions of whose n-grams a greater share stands in the passage: BM25 finds them without being taught."""
    max_easy_share: float = 1.0
    """Of each language and split at most this share may be easy: BM25 puts the source first, and the lexical overlap is
    at least --easy-overlap; the most literal ones go first.
    """
    easy_overlap: float = 0.8
    """Lexical overlap from which on a question counts as literal."""
    max_copied_share: float = 0.9
    """A question that repeats more than this share of one sentence, and is hardly longer, is a copy."""
    min_overlap: float = 0.1
    """Share of the question's tokens that must stand in the passage."""


@dataclass(frozen=True, kw_only=True)
class DedupConfig:
    """Which questions count as asked already."""

    question_similarity: float = 0.8
    """Questions whose character n-grams are at least this similar are near-duplicates: of those about one document, or
    in different splits, one is kept; others stay and are marked.
    """


@dataclass(frozen=True, kw_only=True)
class JudgeConfig:
    """Whether an LLM judges the questions that are left, and which ones stay."""

    judge_model: str | None = None
    """Model that grades each question from 1 to 5 (grounded, specific, answerable, self-contained); by default none is
    asked. Endpoint, key, pace, caps and ledger are the generator's unless a field below says otherwise.
    """
    judge_base_url: tuple[str, ...] = ()
    """Endpoint of the judge; --base-url by default."""
    judge_prompt: str = "judge"
    """Instruction of the judge: the bundled one, or the path of your own with the same parts."""
    judge_parameters: tuple[str, ...] = ()
    """More of the judge's requests, as NAME=VALUE."""
    judge_max_answer_tokens: int = 512
    """Upper bound of a verdict's tokens; models that think before they answer need more."""
    judge_price_in: float | None = field(default=None, metadata=EFFORT)
    """Price of a million prompt tokens of the judge; --price-in by default."""
    judge_price_out: float | None = field(default=None, metadata=EFFORT)
    """Price of a million answer tokens of the judge; --price-out by default."""
    judge_threshold: int = 4
    """A question stays if none of its grades is lower."""
    judge_audit_share: float = 0.05
    """Share of the judge's rejects, and of what it let pass, that is laid out in DIR/audit.jsonl for a person to
    check.
    """


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """From documents to a curated data set: all stages, each skipped where it is done already."""

    out: Path
    """Folder of the run; the data set stands in its subfolder dataset."""
    sample: SampleConfig
    split: SplitConfig = SplitConfig()
    passages: PassageConfig = PassageConfig()
    generate: GenerateConfig = GenerateConfig()
    filter: FilterConfig = FilterConfig()
    dedup: DedupConfig = DedupConfig()
    judge: JudgeConfig = JudgeConfig()
    seed: int = 0
    """Seed of every choice by chance."""
    overwrite: bool = False
    """Replace stages that were made with another configuration; paid answers are kept."""
