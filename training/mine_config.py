"""The configuration of `m3-train mine` and `m3-train teach`: the single place of each default. Light to import."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Miner = Literal["bm25", "dense", "sparse", "multi_vec"]
MINERS: tuple[Miner, ...] = ("bm25", "dense", "sparse", "multi_vec")
TeacherHead = Literal["all", "dense", "sparse", "multi_vec"]
Split = Literal["train", "dev", "test"]


@dataclass(frozen=True, kw_only=True)
class ReadingConfig:
    """Which questions are meant, and how long documents are read beside them: what mine and teach have in common."""

    dataset: Path
    """Folder of the curated data set: DIR or DIR/dataset."""
    languages: tuple[str, ...] = ()
    """Only these languages; all by default."""
    max_query_length: int = 512
    """Tokens of a question that are read."""
    overlap: float = 0.1
    """Share of a window that the next one repeats."""
    sub_batch_tokens: int = 16_384
    """Tokens that are encoded at once; a longer window goes alone."""
    bf16: bool = False
    """Encode in bfloat16: faster on a GPU."""


@dataclass(frozen=True, kw_only=True)
class MineConfig(ReadingConfig):
    """Find hard negatives: documents that look right for a question and are not. What stops it, the same command
    resumes.
    """

    model: str | None = None
    """Folder or Hugging Face id of the M3 that searches; without it only BM25 does."""
    out: Path | None = None
    """Write to a copy of the data set, OUT/dataset; by default the data set itself gets the negatives."""
    miners: tuple[Miner, ...] = ()
    """What searches, in this order of turns; by default all four with a model, bm25 without."""
    negatives: int = 7
    """Negatives of a question, at most."""
    splits: tuple[Split, ...] = ("train",)
    """The questions of these splits; each is searched among the documents of its own split."""
    skip_top: int = 0
    """Leave out the best this many documents of every ranking."""
    depth: int = 100
    """Go down to this rank; multi_vec re-ranks what dense and sparse find down to it."""
    max_ratio: dict[Miner, float] = field(default_factory=dict)
    """Largest score of a negative as a share of the positive's, by miner: `dense 0.95 bm25 0.8`; inf: no bound. Where
    neither this nor --margin is given for a miner, it is read from the histogram of its scores."""
    margin: dict[Miner, float] = field(default_factory=dict)
    """How far below the positive's score a negative's must lie at least, by miner: `dense 0.05`."""
    evidence_share: float = 0.5
    """A document with this share of the passage that the question was written about is no negative; 1.1: never."""
    copy_share: float | None = None
    """Nor is one that shares this much with the positive (near-copy, or part of it); by default read from the corpus,
    between 0.15 and 0.4; 1.1: never."""
    allow_also_relevant: bool = False
    """Also take documents that curation noted as perhaps relevant, because BM25 ranked them above the positive."""
    judge: str | None = None
    """Folder or Hugging Face id of a cross-encoder that reads the chosen documents and has the last word."""
    judge_ratio: float = 0.95
    """Largest probability that the judge may give a negative, as a share of what it gives the positive."""
    judge_max_length: int | None = None
    """Tokens that the judge reads at once, question included; longer documents in windows. By default 1024 or all it
    can."""
    max_length: int = 8192
    """Tokens that the model reads at once; a longer document is read in windows, and the best one counts."""
    cache: Path | None = None
    """Folder of encoded documents and of scores, to go on from; by default beside the data set that is written."""
    overwrite: bool = False
    """Replace the negatives (and teacher scores) that the data set holds, or what is in --out."""


@dataclass(frozen=True, kw_only=True)
class TeachConfig(ReadingConfig):
    """Let a teacher score the positives and negatives of every question. What stops it, the same command resumes."""

    reranker: str | None = None
    """Folder or Hugging Face id of a cross-encoder with one output, such as BAAI/bge-reranker-v2-m3."""
    model: str | None = None
    """Folder or Hugging Face id of an M3 that teaches instead."""
    head: TeacherHead = "all"
    """Which score of --model: one head's, or the sum that the loss weights (1, 0.3, 1)."""
    out: Path | None = None
    """Write to a copy of the data set, OUT/dataset; by default the data set itself gets the scores."""
    splits: tuple[Split, ...] = ("train",)
    """The questions of these splits."""
    max_length: int | None = None
    """Tokens that the teacher reads at once; longer documents in windows, and the best one counts. By default 8192 for
    --model, 1024 for --reranker (question included), or all it can."""
    cache: Path | None = None
    """Folder of the scores so far, to go on from; by default beside the data set that is written."""
    overwrite: bool = False
    """Replace the teacher scores that the data set holds, or what is in --out."""
