"""The three scores of every query against every passage, in memory that grows with neither vocabulary nor token pairs.

    score_columns(queries, passages, heads) -> [len(heads), queries, passages]

Definitions: arXiv 2402.03216, section 3.2. Lexical weights meet in the vocabulary of the batch's queries only, so
nothing is as wide as the tokenizer's vocabulary. MaxSim keeps, for its backward, only which passage token won each
query token.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from training.model import HEADS, Head, Representations, at_least_float32

# Elements of one block of the token-by-token similarities (float32: 8 MiB); query tokens are taken in blocks.
SIMILARITY_BLOCK = 1 << 21


def score_columns(queries: Representations, passages: Representations, heads: Sequence[Head] = HEADS) -> Tensor:
    """Return the scores [len(heads), Bq, Bp] in float32 (float64 where the model is), rows in the order of `heads`."""
    functions = {"dense": dense_scores, "sparse": sparse_scores, "multi_vec": multi_vector_scores}
    with torch.autocast(queries.input_ids.device.type, enabled=False):  # temperatures are small: scores need float32
        return torch.stack([functions[head](queries, passages) for head in heads])  # [heads, Bq, Bp]


def dense_scores(queries: Representations, passages: Representations) -> Tensor:
    """Return the inner products [Bq, Bp] of the normalised CLS vectors."""
    return at_least_float32(queries.dense) @ at_least_float32(passages.dense).T  # [Bq, Bp]


def sparse_scores(queries: Representations, passages: Representations) -> Tensor:
    """Return, for each pair, the sum of w_query * w_passage over the tokens in both, largest weights count."""
    vocabulary = torch.unique(queries.input_ids)  # [U] sorted
    return _token_weights(queries, vocabulary) @ _token_weights(passages, vocabulary).T  # [Bq, Bp]


def _token_weights(texts: Representations, vocabulary: Tensor) -> Tensor:
    """Return [B, U]: the largest weight in each text of each token of `vocabulary` [U], 0 where the text lacks it."""
    texts_count, width = len(texts.lengths), len(vocabulary) + 1
    place = torch.searchsorted(vocabulary, texts.input_ids).clamp(max=len(vocabulary) - 1)  # [T]
    elsewhere = vocabulary[place] != texts.input_ids  # [T]
    place = place.masked_fill(elsewhere, len(vocabulary))  # one more column takes the tokens that no query has
    weights = at_least_float32(texts.lexical)  # [T]
    table = weights.new_zeros(texts_count * width)  # [B (U + 1)]
    table = table.scatter_reduce(0, texts.owner * width + place, weights, "amax")
    return table.view(texts_count, width)[:, :-1]  # [B, U]


def multi_vector_scores(queries: Representations, passages: Representations) -> Tensor:
    """Return, for each pair, the mean over query tokens of the largest inner product with a passage token.

    Only tokens under the masks take part; a text without any such token scores 0.
    """
    tokens, _ = _counted_vectors(queries)  # [Nq, d]
    owner = queries.owner[queries.mask]  # [Nq] the query of each token
    vectors, counts = _counted_vectors(passages)
    columns = []
    for passage in vectors.split(counts):
        best = max_similarity(tokens, passage) if len(passage) else tokens.new_zeros(len(tokens))  # [Nq]
        columns.append(best.new_zeros(len(queries.lengths)).index_add(0, owner, best))  # [Bq] sum over its tokens
    asked = torch.bincount(owner, minlength=len(queries.lengths)).clamp(min=1)  # [Bq]
    return torch.stack(columns, dim=1) / asked.unsqueeze(1)  # [Bq, Bp]


def _counted_vectors(texts: Representations) -> tuple[Tensor, list[int]]:
    """Return the vectors of the tokens under the mask [N, d], and how many each text has."""
    places = texts.mask.nonzero().squeeze(1)  # [N]
    counts = torch.bincount(texts.owner[places], minlength=len(texts.lengths))  # [B]
    # A lookup, as its gradient is faster than that of indexing on a CPU.
    return F.embedding(places, at_least_float32(texts.multi_vector)), counts.tolist()


def max_similarity(tokens: Tensor, vectors: Tensor) -> Tensor:
    """Return [N]: the largest inner product of each of `tokens` [N, d] with a row of `vectors` [M, d]; M is not 0."""
    return _MaxSimilarity.apply(tokens, vectors)


class _MaxSimilarity(torch.autograd.Function):
    """For each of N query tokens the largest inner product with the M tokens of one passage; keeps the argmax alone."""

    @staticmethod
    def forward(context: Any, tokens: Tensor, vectors: Tensor) -> Tensor:
        """Take `tokens` [N, d] and, of the passage, `vectors` [M, d]; return [N]."""
        block = max(1, SIMILARITY_BLOCK // len(vectors))
        found = []
        for part in tokens.split(block):
            found.append((part @ vectors.T).max(dim=1))  # [block, M] lives for one turn
        winner = torch.cat([indices for _, indices in found])  # [N]
        context.save_for_backward(tokens, vectors, winner)
        return torch.cat([values for values, _ in found])  # [N]

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Pass the gradient [N] of each maximum to the two vectors that made it."""
        tokens, vectors, winner = context.saved_tensors
        weights = gradient.unsqueeze(1)  # [N, 1]
        # The gradient of a table lookup adds rows by index, on a CPU several times faster than index_add.
        add_rows = torch.ops.aten.embedding_dense_backward
        to_vectors = add_rows(weights * tokens, winner, len(vectors), -1, False)  # [M, d]
        return weights * vectors[winner], to_vectors  # [N, d], [M, d]
