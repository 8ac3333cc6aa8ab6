"""A model that searches one test collection after the other, with further texts of questions and documents if asked.

search = ModelSearch("BAAI/bge-m3", limits, SearchOptions(), index)
found = search.find(collection)                         # training.searching.corpus.Found
rankings = search.rank(found, PAPER_LONG)               # mode -> Rankings
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.errors import InputError
from training.collections.collection import JudgedCollection
from training.evaluate_config import EvaluateConfig, FuseConfig
from training.model_files import load_reader
from training.searching.corpus import Found, SearchOptions, search_corpus
from training.searching.encoder import ScoreLimits, TextEncoder, enough_memory
from training.searching.fusion import Fusion, Rankings, rank_modes
from training.searching.more_texts import MoreTexts, read_more_texts


def limits_of(config: EvaluateConfig | FuseConfig) -> ScoreLimits:
    """Return how much a model reads by `config`."""
    return ScoreLimits(
        max_length=config.max_length,
        max_query_length=config.max_query_length,
        sub_batch_tokens=config.sub_batch_tokens,
        bf16=config.bf16,
        mcls=config.mcls,
        window=config.window,
    )


class ModelSearch:
    """An M3 with what it reads beside the collections; shards of encoded documents lie in the folder `index`."""

    def __init__(
        self,
        model: str,
        limits: ScoreLimits,
        options: SearchOptions,
        index: Path,
        query_texts: Path | None = None,
        document_texts: Path | None = None,
    ) -> None:
        """Load the model and the further texts; raises `InputError` where they cannot be used."""
        self.query_texts = read_more_texts(query_texts) if query_texts else None
        self.document_texts = read_more_texts(document_texts) if document_texts else None
        self.options, self.index = options, index
        self.further: dict[str, dict[str, Any]] = {}  # what `find` joined: "questions", "documents" -> file, with, of
        self.encoder = TextEncoder(*load_reader(model, limits.max_length, limits.max_query_length), limits)

    def check(self, collections: Sequence[JudgedCollection]) -> None:
        """Raise `InputError` where the further texts are not those of these questions and documents."""
        _require_known(self.query_texts, [each.query_ids for each in collections], "question")
        _require_known(self.document_texts, [each.docids for each in collections], "document")

    def find(self, collection: JudgedCollection) -> Found:
        """Search the collection's documents for its questions."""
        more = self._more("questions", self.query_texts, collection.lang, collection.query_ids)
        queries = [
            [query, *more.get(name, ())] for name, query in zip(collection.query_ids, collection.queries, strict=True)
        ]
        of_documents = self._more("documents", self.document_texts, collection.lang, collection.docids)
        number_of = {docid: number for number, docid in enumerate(collection.docids)} if of_documents else {}
        numbered = {number_of[docid]: texts for docid, texts in of_documents.items()}
        with enough_memory(self.encoder.limits.sub_batch_tokens, self.encoder.limits.max_length):
            return search_corpus(
                self.encoder, queries, collection.texts, self.index, self.options, numbered, collection.lang
            )

    def _more(self, kind: str, texts: MoreTexts | None, lang: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the further texts of those of `ids` that have any, and count them."""
        if texts is None:
            return {}
        found = texts.of(lang, ids)
        told = self.further.setdefault(kind, {"file": str(texts.path), "with": 0, "of": 0})
        told["with"] += len(found)
        told["of"] += len(ids)
        return found

    def rank(self, found: Found, fusion: Fusion) -> dict[str, Rankings]:
        """Return the rankings of the five modes; all three together re-rank the dense best, as in the paper."""
        depths = self.options.merge_depth, self.options.rerank_depth
        rankings = rank_modes(found.candidates, fusion, *depths)
        if self.options.multi_vector == "all":
            everywhere = rank_modes(found.candidates, fusion, self.options.merge_depth, None)
            rankings["multi_vector"] = everywhere["multi_vector"]
        return rankings


def _require_known(more: MoreTexts | None, ids: Sequence[Sequence[str]], kind: str) -> None:
    if more and not any(name in more.texts for own in ids for name in own):
        raise InputError(
            f"{more.path} has texts of {len(more.texts)} ids, but of no {kind} here; expand those of this data set"
        )
