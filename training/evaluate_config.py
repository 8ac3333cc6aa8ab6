"""The configuration of `m3-train evaluate`, `fuse` and `compare`. Light to import, so that --help answers at once."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from data.errors import InputError

MODES = ("bm25", "bm25_subwords", "dense", "sparse", "multi_vector", "dense_sparse", "all")
METRICS = ("ndcg@10", "recall@100", "mrr@10")
Benchmark = Literal["mldr", "miracl", "mkqa", "narrativeqa"]
Split = Literal["train", "dev", "test"]
PAPER_SPLITS: dict[Benchmark, Split] = {"mldr": "test", "miracl": "dev", "mkqa": "test", "narrativeqa": "test"}


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """How well a model finds the judged documents, language by language, beside BM25."""

    dataset: Path | None = None
    """A curated data set (DIR or DIR/dataset), a folder with corpus.jsonl, queries.jsonl and qrels.tsv (BEIR's names,
    also .gz), or a folder of such folders; with --benchmark, a copy of its files under their own names."""
    benchmark: Benchmark | None = None
    """A public benchmark, fetched from the hub where no --dataset is given."""
    out: Path
    """JSON file that takes the figures; a folder of its name without .json takes the rest."""
    model: str | None = None
    """Folder or hub id of the model; without it only BM25 is measured."""
    split: Split | None = None
    """Whose questions are asked; every split's documents are searched. In BEIR's layout: qrels/SPLIT.tsv. By default
    test, of a benchmark what the paper measures (dev of miracl)."""
    languages: tuple[str, ...] = ()
    """Only these languages; all by default."""
    max_length: int = 8192
    """Tokens of a document that the model reads; what is cut is reported."""
    max_query_length: int = 512
    """Tokens of a question that the model reads."""
    fusion: str = "saved"
    """Weights of dense, sparse and multi-vector scores where modes merge them: long (the paper's for MLDR: 0.2 0.8 for
    dense+sparse, 0.15 0.5 0.35 for all three), short (the paper's for MIRACL and MKQA: 1 0.3 1), saved (what m3-train
    fuse wrote beside the model, as far as it is surely better than the paper's for what is measured, else those), or a
    file that it wrote."""
    weights: tuple[float, float, float] | None = None
    """Weights of your own, for both fusions."""
    window: Literal["head", "all"] = "head"
    """What the model reads of a document longer than max-length: its beginning, or all of it in windows of that many
    tokens, of which the best counts."""
    mcls: int | None = None
    """Give documents another CLS after every this many tokens (256 in the paper), whose mean is the dense vector: helps
    a model that was not trained on long texts."""
    multi_vector: Literal["rerank", "all"] = "rerank"
    """Whether the multi-vector mode re-ranks the dense best 200 of each question, as in the paper, or ranks all
    documents; the latter reads those a second time whose token vectors were not kept, and takes 4 bytes of disk for
    each question and document. All three merged re-rank the dense best 200 either way."""
    query_texts: Path | None = None
    """Further texts of the questions, as m3-curate expand writes them (HyDE, paraphrases)."""
    document_texts: Path | None = None
    """Further texts of the documents, as m3-curate expand writes them (summaries)."""
    combine: Literal["mean", "max"] = "mean"
    """Which score counts where a question or a document has several texts."""
    index: Path | None = None
    """Folder that keeps the encoded documents, for this evaluation and later ones; by default they go when the
    evaluation is done, and outlive it only when it is stopped."""
    keep_vectors_gb: float = 4.0
    """Disk space for token vectors, in gigabytes; documents beyond it are read a second time where their multi-vector
    score is asked for."""
    sub_batch_tokens: int = 16384
    """Tokens that are encoded at once; a longer document goes alone."""
    bf16: bool = False
    """Encode in bfloat16: faster on a GPU, scores move in the third digit."""

    @property
    def asked_split(self) -> Split:
        """The split whose questions are asked."""
        return self.split or (PAPER_SPLITS[self.benchmark] if self.benchmark else "test")

    @property
    def reads_to(self) -> int | None:
        """Tokens of a document that the model reads at most; None without a model, or where it reads all of it."""
        return self.max_length if self.model and self.window == "head" else None

    @property
    def paper_fusion(self) -> Literal["long", "short"]:
        """Which of the paper's weights are meant for what is measured."""
        return "short" if self.benchmark in ("miracl", "mkqa") else "long"


@dataclass(frozen=True, kw_only=True)
class FuseConfig:
    """Which weights merge a model's dense, sparse and multi-vector scores best: searched on dev questions, compared
    with the paper's on questions that they were not chosen on, and written beside the model for m3-train evaluate."""

    dataset: Path | None = None
    """A curated data set (DIR or DIR/dataset), a folder with corpus.jsonl, queries.jsonl and qrels/dev.tsv (BEIR's
    names, also .gz), or a folder of such folders; with --benchmark, a copy of its files under their own names."""
    benchmark: Literal["mldr", "miracl"] | None = None
    """A public benchmark, fetched from the hub where no --dataset is given. What the paper measures on miracl are its
    dev questions: take --split train there."""
    model: str
    """Folder or hub id of the model."""
    out: Path | None = None
    """JSON file that takes the weights; by default MODEL/fusion.json, where m3-train evaluate looks for it."""
    split: Literal["train", "dev"] = "dev"
    """Whose questions are asked; every split's documents are searched."""
    languages: tuple[str, ...] = ()
    """Only these languages; all by default."""
    folds: int = 5
    """Parts of the questions; each is judged by weights that were chosen on the others."""
    seed: int = 42
    """Of the parts and of the intervals."""
    max_length: int = 8192
    """Tokens of a document that the model reads."""
    max_query_length: int = 512
    """Tokens of a question that the model reads."""
    window: Literal["head", "all"] = "head"
    """What the model reads of a longer document: its beginning, or all of it in windows, of which the best counts."""
    mcls: int | None = None
    """Give documents another CLS after every this many tokens (256 in the paper)."""
    index: Path | None = None
    """Folder that keeps the encoded documents, as in m3-train evaluate; by default they go in the end."""
    keep_vectors_gb: float = 4.0
    """Disk space for token vectors, in gigabytes; documents beyond it are read a second time."""
    sub_batch_tokens: int = 16384
    """Tokens that are encoded at once; a longer document goes alone."""
    bf16: bool = False
    """Encode in bfloat16."""


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Set two results of `m3-train evaluate` side by side."""

    before: Positional[Path]
    """JSON file that m3-train evaluate wrote, usually of the model before fine-tuning."""
    after: Positional[Path]
    """JSON file of the same data set with another model."""
    titles: tuple[str, str] = ("before", "after")
    """Headings of the two columns."""


def check_reading(config: EvaluateConfig | FuseConfig) -> None:
    """Raise `InputError` unless a model can read with these settings."""
    for name in ("max_length", "max_query_length", "sub_batch_tokens"):
        if getattr(config, name) < 3:
            raise InputError(f"--{name.replace('_', '-')} is {getattr(config, name)}; it must be 3 or more tokens")
    if config.mcls is not None and config.mcls < 1:
        raise InputError(f"--mcls is {config.mcls}; give the tokens between two CLS, such as 256")
    if config.window == "all" and config.mcls is not None:
        raise InputError("--window all reads long documents in windows, --mcls whole: give one of them")
    if not config.keep_vectors_gb >= 0 or config.keep_vectors_gb == math.inf:
        raise InputError(f"--keep-vectors-gb is {config.keep_vectors_gb}; give gigabytes of disk space, 0 for none")
