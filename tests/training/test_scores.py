"""The lean scores against values derived by hand and against plain loops."""

import pytest
import torch

from training.model import Representations
from training.scores import score_columns


def represent(ids, weights, vectors, mask):
    dense = torch.nn.functional.normalize(torch.tensor([[1.0, 2.0]] * len(ids)), dim=-1)
    return Representations(dense, torch.tensor(weights), torch.tensor(vectors), torch.tensor(ids), torch.tensor(mask))


def test_scores_by_hand():
    query = represent([[5, 6, 5]], [[0.5, 2.0, 1.0]], [[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]], [[False, True, True]])
    passage = represent([[6, 9, 5]], [[3.0, 9.0, 0.25]], [[[0.0, 0.0], [0.6, 0.8], [-1.0, 0.0]]], [[False, True, True]])
    # sparse: token 5 counts with its larger weight, 1 * 0.25, and token 6 with 2 * 3; token 9 is in the passage alone
    # multi-vector: the first query token finds 0.6, the second 0.8
    expected = torch.tensor([1.0, 6.25, 0.7]).view(3, 1, 1)
    torch.testing.assert_close(score_columns(query, passage), expected)
    torch.testing.assert_close(score_columns(query, passage, ("multi_vec",)), expected[2:])


def test_padding_never_wins_the_maximum():
    query = represent([[0, 5]], [[0.0, 1.0]], [[[0.0, 0.0], [1.0, 0.0]]], [[False, True]])
    passage = represent([[0, 7, 1]], [[0.0, 1.0, 0.0]], [[[0.0, 0.0], [-1.0, 0.0], [0.0, 0.0]]], [[False, True, False]])
    assert score_columns(query, passage)[2].item() == -1.0


def random_representations(batch: int, length: int, seed: int) -> Representations:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(4, 12, (batch, length), generator=generator)
    mask = torch.arange(length) < torch.randint(2, length + 1, (batch, 1), generator=generator)
    vectors = torch.randn(batch, length, 6, generator=generator, dtype=torch.float64)
    vectors = torch.nn.functional.normalize(vectors, dim=-1).float()
    mask[:, 0] = False
    weights = torch.rand(batch, length, generator=generator) + 0.1
    dense = torch.nn.functional.normalize(torch.randn(batch, 6, generator=generator), dim=-1)
    return Representations(dense, weights, vectors * mask.unsqueeze(-1), ids, mask)


def plain_scores(queries: Representations, passages: Representations) -> torch.Tensor:
    """The definitions of the paper as loops, differentiable."""
    rows = []
    for q in range(len(queries.mask)):
        row = []
        for p in range(len(passages.mask)):
            sparse = torch.zeros(())
            for token in set(queries.input_ids[q].tolist()) & set(passages.input_ids[p].tolist()):
                best = [t.lexical[i][t.input_ids[i] == token].max() for t, i in ((queries, q), (passages, p))]
                sparse = sparse + best[0] * best[1]
            similar = queries.multi_vector[q][queries.mask[q]] @ passages.multi_vector[p][passages.mask[p]].T
            row.append(torch.stack([queries.dense[q] @ passages.dense[p], sparse, similar.max(dim=1).values.mean()]))
        rows.append(torch.stack(row))
    return torch.stack(rows).permute(2, 0, 1)


@pytest.mark.parametrize("block", [1 << 24, 3])
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
