"""The lean scores against values derived by hand and against plain loops."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from training.model import Representations
from training.packing import pack
from training.scores import score_columns


def represent(ids, weights, vectors):
    """One text, whose first token is CLS."""
    texts = pack([ids])
    dense = torch.nn.functional.normalize(torch.tensor([[1.0, 2.0]]), dim=-1)
    parts = (texts.input_ids, texts.owner, ~texts.cls, texts.lengths)
    return Representations(dense, torch.tensor(weights), torch.tensor(vectors), *parts)


def test_scores_by_hand():
    query = represent([5, 6, 5], [0.5, 2.0, 1.0], [[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    passage = represent([6, 9, 5], [3.0, 9.0, 0.25], [[9.0, 9.0], [0.6, 0.8], [-1.0, 0.0]])
    # sparse: token 5 counts with its larger weight, 1 * 0.25, and token 6 with 2 * 3; token 9 is in the passage alone
    # multi-vector: the first query token finds 0.6, the second 0.8
    expected = torch.tensor([1.0, 6.25, 0.7]).view(3, 1, 1)
    torch.testing.assert_close(score_columns(query, passage), expected)
    torch.testing.assert_close(score_columns(query, passage, ("multi_vec",)), expected[2:])


def test_nothing_wins_the_maximum_but_the_tokens_of_the_text():
    query = represent([0, 5], [0.0, 1.0], [[0.0, 0.0], [1.0, 0.0]])
    passage = represent([0, 7], [0.0, 1.0], [[0.0, 0.0], [-1.0, 0.0]])
    assert score_columns(query, passage)[2].item() == -1.0
    empty = represent([0], [0.0], [[1.0, 0.0]])
    assert score_columns(query, empty)[2].item() == score_columns(empty, passage)[2].item() == 0.0


def random_representations(batch: int, longest: int, seed: int, width: int = 6) -> Representations:
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(2, longest + 1, (batch,), generator=generator).tolist()
    texts = pack([torch.randint(4, 12, (length,), generator=generator).numpy() for length in lengths])
    vectors = torch.randn(len(texts.input_ids), width, generator=generator, dtype=torch.float64)
    vectors = torch.nn.functional.normalize(vectors, dim=-1).float()
    weights = torch.rand(len(texts.input_ids), generator=generator) + 0.1
    dense = torch.nn.functional.normalize(torch.randn(batch, width, generator=generator), dim=-1)
    return Representations(dense, weights, vectors, texts.input_ids, texts.owner, ~texts.cls, texts.lengths)


def plain_scores(queries: Representations, passages: Representations) -> torch.Tensor:
    """The definitions of the paper as loops, differentiable."""
    rows = []
    sides = [
        [
            dict(zip(("ids", "weights", "vectors"), parts, strict=True))
            for parts in zip(
                *(part.split(texts.lengths) for part in (texts.input_ids, texts.lexical, texts.multi_vector)),
                strict=True,
            )
        ]
        for texts in (queries, passages)
    ]
    for q, query in enumerate(sides[0]):
        row = []
        for p, passage in enumerate(sides[1]):
            sparse = torch.zeros(())
            for token in set(query["ids"].tolist()) & set(passage["ids"].tolist()):
                best = [side["weights"][side["ids"] == token].max() for side in (query, passage)]
                sparse = sparse + best[0] * best[1]
            similar = query["vectors"][1:] @ passage["vectors"][1:].T
            row.append(torch.stack([queries.dense[q] @ passages.dense[p], sparse, similar.max(dim=1).values.mean()]))
        rows.append(torch.stack(row))
    return torch.stack(rows).permute(2, 0, 1)


@pytest.mark.parametrize("block", [1 << 21, 3])
def test_scores_and_gradients_equal_plain_loops(monkeypatch, block):
    monkeypatch.setattr("training.scores.SIMILARITY_BLOCK", block)
    texts = [random_representations(3, 7, 1), random_representations(4, 9, 2)]
    leaves = [leaf.requires_grad_() for text in texts for leaf in text[:3]]
    weights = torch.randn(3, 3, 4, generator=torch.Generator().manual_seed(3))
    outcomes = []
    for function in (score_columns, plain_scores):
        scores = function(*texts)
        outcomes.append((scores, torch.autograd.grad((scores * weights).sum(), leaves)))
    torch.testing.assert_close(outcomes[0], outcomes[1], atol=1e-6, rtol=1e-5)


class LargestTensor(TorchDispatchMode):
    """Notes the most elements of any tensor that an operation returns."""

    largest = 0

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        found = function(*arguments, **(keywords or {}))
        for part in torch.utils._pytree.tree_leaves(found):
            if isinstance(part, torch.Tensor):
                self.largest = max(self.largest, part.numel())
        return found


def test_no_tensor_is_as_wide_as_the_vocabulary_or_holds_all_pairs_of_tokens(monkeypatch):
    monkeypatch.setattr("training.scores.SIMILARITY_BLOCK", 1 << 12)
    queries, passages = random_representations(8, 24, 1, width=16), random_representations(16, 400, 2, width=16)
    vocabulary = 250_002
    passages = passages._replace(input_ids=passages.input_ids * 20_000)  # ids up to the end of a large vocabulary
    for leaf in (*queries[:3], *passages[:3]):
        leaf.requires_grad_()
    with LargestTensor() as seen:
        score_columns(queries, passages).sum().backward()
    tokens = len(passages.input_ids)
    assert 16 * tokens == passages.multi_vector.numel() <= seen.largest <= 2 * 16 * tokens  # the vectors themselves
    assert seen.largest < vocabulary < len(queries.input_ids) * tokens
