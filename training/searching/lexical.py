"""Rankings by BM25: by words, and by the subwords of a model's tokenizer, as the paper has both.

    rank_bm25(collection, 100, folder)                      # words; bigrams in scripts without spaces (data.text)
    rank_bm25(collection, 100, folder, tokenizer)           # the subwords that the model reads

Documents and questions are read whole, whatever length a model reads; k1 and b are tantivy's. (The paper's authors cut
texts where the model does and have Lucene's defaults of pyserini, k1 = 0.9 and b = 0.4.)
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from data.bm25 import Bm25Index
from data.files import digest
from data.text import TOKENS_VERSION, search_tokens
from training.collections.collection import JudgedCollection
from training.searching.fusion import Rankings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def rank_bm25(
    collection: JudgedCollection, depth: int, folder: Path, tokenizer: "PreTrainedTokenizerBase | None" = None
) -> Rankings:
    """Return the best `depth` documents of each question; those that share no token with it are not found.

    `folder` takes the index, which a stopped run finds again; it may hold those of other texts and tokenizers.
    """
    kind = "BM25 subwords" if tokenizer else "BM25"
    texts = tqdm(collection.texts, desc=f"{collection.lang} {kind} index", unit=" documents", leave=False)
    tokenize = subwords_of(tokenizer) if tokenizer else search_tokens
    index = Bm25Index(texts, tokenize, folder / _key(collection, tokenizer))
    rankings = Rankings([], [])
    for question in tqdm(collection.queries, desc=f"{collection.lang} {kind}", unit=" questions", leave=False):
        hits = index.search(question, depth)
        rankings.documents.append(np.array([number for number, _ in hits], dtype=np.int32))
        rankings.scores.append(np.array([score for _, score in hits]))
    return rankings


def subwords_of(tokenizer: "PreTrainedTokenizerBase") -> Callable[[str], list[str]]:
    """Return a function that gives the ids of a text's subwords, as text; special tokens are left out."""
    special = set(tokenizer.all_special_ids)

    def tokenize(text: str) -> list[str]:
        encoded = tokenizer(text, add_special_tokens=False, return_attention_mask=False, verbose=False)
        return [str(token) for token in encoded["input_ids"] if token not in special]

    return tokenize


def _key(collection: JudgedCollection, tokenizer: "PreTrainedTokenizerBase | None") -> str:
    """Identify the texts and tokens of an index."""
    if tokenizer is None:
        tokens = f"words {TOKENS_VERSION}"
    else:
        from training.batching.examples import tokenizer_digest

        tokens = digest(tokenizer_digest(tokenizer), sorted(tokenizer.all_special_ids))
    return f"bm25-{digest(tokens, collection.texts_digest)}"
