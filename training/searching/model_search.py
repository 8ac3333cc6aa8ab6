"""A model that searches one test collection after the other, with further texts of questions and documents if asked.

search = ModelSearch("BAAI/bge-m3", limits, SearchOptions(), index, collections)
found = search.find(collection)                         # training.searching.corpus.Found
rankings = search.rank(found, PAPER_LONG)               # mode -> Rankings
"""

from collections.abc import Sequence
from pathlib import Path

from data.errors import InputError
from training.collections.collection import JudgedCollection
from training.evaluate_config import EvaluateConfig, FuseConfig
from training.model_files import load_reader
from training.searching.corpus import Found, SearchOptions, search_corpus
from training.searching.encoder import ScoreLimits, TextEncoder
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
    )


class ModelSearch:
    """An M3 with what it reads beside the collections; shards of encoded documents lie in the folder `index`."""

    def __init__(
        self,
        model: str,
        limits: ScoreLimits,
        options: SearchOptions,
        index: Path,
        collections: Sequence[JudgedCollection],
        query_texts: Path | None = None,
        document_texts: Path | None = None,
    ) -> None:
        """Load the model; raises `InputError` where it, or a file of further texts for `collections`, is of no use."""
        self.query_texts = _more_texts(query_texts, [each.query_ids for each in collections], "question")
        self.document_texts = _more_texts(document_texts, [each.docids for each in collections], "document")
        self.options, self.index = options, index
        self.encoder = TextEncoder(*load_reader(model, limits.max_length, limits.max_query_length), limits)

    def find(self, collection: JudgedCollection) -> Found:
        """Search the collection's documents for its questions."""
        more = self.query_texts.of(collection.lang, collection.query_ids) if self.query_texts else {}
        queries = [
            [query, *more.get(name, ())] for name, query in zip(collection.query_ids, collection.queries, strict=True)
        ]
        of_documents = self.document_texts.of(collection.lang, collection.docids) if self.document_texts else {}
        number_of = {docid: number for number, docid in enumerate(collection.docids)} if of_documents else {}
        numbered = {number_of[docid]: texts for docid, texts in of_documents.items()}
        return search_corpus(
            self.encoder, queries, collection.texts, self.index, self.options, numbered, collection.lang
        )

    def rank(self, found: Found, fusion: Fusion) -> dict[str, Rankings]:
        """Return the rankings of the five modes; all three together re-rank the dense best, as in the paper."""
        depths = self.options.merge_depth, self.options.rerank_depth
        rankings = rank_modes(found.candidates, fusion, *depths)
        if self.options.multi_vector == "all":
            everywhere = rank_modes(found.candidates, fusion, self.options.merge_depth, None)
            rankings["multi_vector"] = everywhere["multi_vector"]
        return rankings


def _more_texts(file: Path | None, ids: Sequence[Sequence[str]], kind: str) -> MoreTexts | None:
    if file is None:
        return None
    more = read_more_texts(file)
    if not any(name in more.texts for own in ids for name in own):
        raise InputError(
            f"{file} has texts of {len(more.texts)} ids, but of no {kind} here; expand the {kind}s of this data set"
        )
    return more
