"""mteb (https://github.com/embeddings-benchmark/mteb, version 2) runs an M3 in each of the five modes.

    import mteb
    from training.mteb_search import M3Search

    mteb.evaluate(M3Search("tuned", "all"), mteb.get_tasks(["MultiLongDocRetrieval"]))

In go the corpora and queries of mteb's retrieval and re-ranking tasks, out come rankings as those of `m3-train
evaluate`, for mteb's own metrics. mteb is no dependency: `pip install -c constraints.txt mteb` adds it.
"""

import importlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from data.errors import InputError
from data.text import document_text
from training.evaluate_config import EvaluateConfig
from training.judging.trec import falling_scores
from training.model_files import load_reader
from training.searching.candidates import MERGE_DEPTH, RERANK_DEPTH
from training.searching.corpus import MultiVector, SearchOptions, search_corpus
from training.searching.encoder import ScoreLimits, TextEncoder
from training.searching.fusion import PAPER_LONG, Fusion, Rankings, rank_modes
from training.searching.saved_fusion import choose_fusion

if TYPE_CHECKING:
    from datasets import Dataset

Mode = Literal["dense", "sparse", "multi_vector", "dense_sparse", "all"]
Results = dict[str, dict[str, float]]  # query id -> document id -> score, best first

# What mteb calls a mode, and its measure of similarity.
_KINDS = {
    "dense": ("dense", "cosine"),
    "sparse": ("sparse", "dot"),
    "multi_vector": ("late-interaction", "MaxSim"),
    "dense_sparse": ("hybrid", None),
    "all": ("hybrid", None),
}
_LATE_MODES = ("multi_vector", "all")


class M3Search:
    """An M3 and a mode of retrieval, as mteb's SearchProtocol wants them."""

    def __init__(
        self,
        model: str,
        mode: Mode = "all",
        *,
        max_length: int = EvaluateConfig.max_length,
        max_query_length: int = EvaluateConfig.max_query_length,
        window: Literal["head", "all"] = EvaluateConfig.window,
        mcls: int | None = EvaluateConfig.mcls,
        fusion: Fusion | None = None,
        multi_vector: MultiVector = EvaluateConfig.multi_vector,
        keep_vectors_gb: float = EvaluateConfig.keep_vectors_gb,
        sub_batch_tokens: int = EvaluateConfig.sub_batch_tokens,
        bf16: bool = EvaluateConfig.bf16,
        index: Path | None = None,
    ) -> None:
        """Load `model`, a folder or hub id; the settings are those of `m3-train evaluate`.

        `index` is a folder that keeps the encoded documents for further modes, tasks, or after a stop; by default they
        lie in a temporary one. Raises `InputError` for a model that cannot be read, or for a mode there is not.
        """
        if mode not in get_args(Mode):
            raise InputError(f"there is no mode {mode!r}; the modes are {' '.join(get_args(Mode))}")
        limits = ScoreLimits(
            max_length=max_length,
            max_query_length=max_query_length,
            sub_batch_tokens=sub_batch_tokens,
            bf16=bf16,
            mcls=mcls,
            window=window,
        )
        self.name, self.mode = model, mode
        self.multi_vector, self.folder = multi_vector, index
        # A kept folder serves further modes, which may ask for the token vectors that this one does not need.
        self.vector_bytes = int(keep_vectors_gb * 1e9) if mode in _LATE_MODES or index else 0
        self.encoder = TextEncoder(*load_reader(model, max_length, max_query_length), limits)
        saved, _ = choose_fusion(None, EvaluateConfig.fusion, model, self.encoder.model_digest)
        self.fusion = fusion or saved
        self._corpus: Dataset | None = None

    @property
    def mteb_model_meta(self) -> Any:
        """What mteb writes beside its figures; the weights' digest is the revision, so that no other's are reused."""
        kind, similarity = _KINDS[self.mode]
        meta = require_mteb("mteb.models.model_meta")
        model, limits = self.encoder.model, self.encoder.limits
        settings: dict[str, Any] = {
            "mode": self.mode,
            "max_length": limits.max_length,
            "max_query_length": limits.max_query_length,
        }
        changed = {
            "window": (limits.window, EvaluateConfig.window),
            "mcls": (limits.mcls, EvaluateConfig.mcls),
            "bf16": (limits.bf16, EvaluateConfig.bf16),
            "multi_vector": (self.multi_vector, EvaluateConfig.multi_vector),
            "weights": (self._weights(), self._weights(PAPER_LONG)),
        }
        settings |= {name: value for name, (value, default) in changed.items() if value != default}
        return meta.ModelMeta.create_empty(
            {
                "name": self.name if not Path(self.name).exists() else f"local/{Path(self.name).resolve().name}",
                "revision": self.encoder.model_digest,
                "n_parameters": sum(weights.numel() for weights in model.parameters()),
                "max_tokens": limits.max_length,
                "embed_dim": model.sparse_linear.in_features,
                "framework": ["PyTorch"],
                "model_type": [kind],
                "similarity_fn_name": similarity and meta.ScoringFunction(similarity),
                "use_instructions": False,
                "experiment_kwargs": settings,
            }
        )

    def _weights(self, fusion: Fusion | None = None) -> str | None:
        """Return the weights of a mode that merges scores, as text."""
        fusion = fusion or self.fusion
        weights = {"dense_sparse": fusion.dense_sparse, "all": fusion.all}.get(self.mode)
        return " ".join(map(str, weights)) if weights else None

    def index(self, corpus: "Dataset", **_: Any) -> None:
        """Take a corpus with the columns id, text and maybe title; it is encoded when it is searched."""
        if "text" not in corpus.column_names:
            raise InputError(f"this task's documents have no text, only {' '.join(corpus.column_names)}; M3 reads text")
        self._corpus = corpus

    def search(
        self,
        queries: "Dataset",
        *,
        top_k: int,
        top_ranked: Mapping[str, Sequence[str]] | None = None,
        task_metadata: Any = None,
        hf_subset: str = "",
        **_: Any,
    ) -> Results:
        """Return the best `top_k` documents of each query; with `top_ranked` only of those that it names, all of them.

        Raises `RunError` when the model's answer is not a number, or when memory is too small.
        """
        if self._corpus is None:
            raise InputError("there is no corpus yet; call index before search")
        query_ids = list(queries["id"])
        texts = CorpusTexts(
            self._corpus, None if top_ranked is None else {d for own in top_ranked.values() for d in own}
        )
        among = None
        if top_ranked is not None:
            numbers = {docid: number for number, docid in enumerate(texts.docids)}
            among = [np.array([numbers[d] for d in top_ranked.get(q, ())], dtype=np.int32) for q in query_ids]
        rankings = self._rank(query_texts(queries, task_metadata), texts, top_k, among, hf_subset)
        return {
            query_id: {
                texts.docids[number]: score
                for number, score in zip(documents[:top_k], falling_scores(scores[:top_k]).tolist(), strict=True)
            }
            for query_id, documents, scores in zip(query_ids, rankings.documents, rankings.scores, strict=True)
        }

    def _rank(
        self, queries: Sequence[str], texts: "CorpusTexts", top_k: int, among: list[np.ndarray] | None, title: str
    ) -> Rankings:
        """Return the mode's rankings; of each question's documents `among`, where there are such, all are in it."""
        late = self.mode in _LATE_MODES
        everywhere = self.mode == "multi_vector" and self.multi_vector == "all" and among is None
        merge, rerank = max(MERGE_DEPTH, top_k), RERANK_DEPTH
        if among is not None:
            merge = rerank = max(map(len, among), default=0)
        options = SearchOptions(
            multi_vector="all" if everywhere else "rerank",
            vector_bytes=self.vector_bytes,
            merge_depth=merge,
            rerank_depth=rerank if late else 0,
        )
        asked = [[query] for query in queries]
        with tempfile.TemporaryDirectory(prefix="m3-index-") as temporary:
            folder = self.folder or Path(temporary)
            found = search_corpus(self.encoder, asked, texts, folder, options, title=title, among=among)
        rankings = rank_modes(found.candidates, self.fusion, merge, None if everywhere else rerank)[self.mode]
        return rankings if among is None else _with_unfound(rankings, among)


class CorpusTexts(Sequence[str]):
    """The texts of an mteb corpus, or of those of its documents that are `wanted`, sorted by id; read one at a time."""

    def __init__(self, corpus: "Dataset", wanted: set[str] | None = None) -> None:
        """Read the ids; raises `InputError` when a wanted document is not there."""
        row_of = {docid: row for row, docid in enumerate(corpus["id"])}
        unknown = sorted((wanted or set()) - row_of.keys())
        if unknown:
            raise InputError(f"the task asks for {len(unknown)} documents that its corpus lacks, first {unknown[0]!r}")
        self.docids = sorted(row_of if wanted is None else wanted)
        self._rows = [row_of[docid] for docid in self.docids]
        self._corpus = corpus.select_columns([name for name in ("title", "text") if name in corpus.column_names])

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self._rows)

    def __getitem__(self, number: Any) -> Any:
        """Return the text of a document, its title first."""
        row = self._corpus[self._rows[number]]
        return document_text(row.get("title"), row["text"])


def query_texts(queries: "Dataset", task_metadata: Any) -> list[str]:
    """Return the texts of the queries; with instructions, and of conversations, what mteb itself makes of them."""
    texts = list(queries["text"])
    if "instruction" not in queries.column_names and all(isinstance(text, str) for text in texts):
        return texts
    create = require_mteb("mteb._create_dataloaders").create_dataloader
    kind = require_mteb("mteb.types").PromptType.query
    return [text for batch in create(queries, task_metadata=task_metadata, prompt_type=kind) for text in batch["text"]]


def require_mteb(module: str) -> Any:
    """Return a module of mteb; raises `InputError` where mteb, or one that has this module, is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mteb":
            raise
        raise InputError(f"{module} is not installed; pip install -c constraints.txt 'mteb>=2.26'") from error


def _with_unfound(rankings: Rankings, among: Sequence[np.ndarray]) -> Rankings:
    """Return rankings in which every document of `among` stands: those that share no token with the question last."""
    documents, scores = [], []
    for found, own, values in zip(rankings.documents, among, rankings.scores, strict=True):
        missing = np.setdiff1d(own, found)
        documents.append(np.concatenate([found, missing]))
        scores.append(np.concatenate([values, np.zeros(len(missing))]))
    return Rankings(documents, scores)
