"""Checkpointed score columns: their gradients are those of plain autograd, dropout included."""

import pytest
import torch
from training_toy import toy_model, toy_tokenizer

from data.errors import RunError
from training.model import encode_batch, pad_batch
from training.scores import HEADS, score_columns
from training.step import TrainingStep, score_batch

QUERIES = ["kaba lode", "mifu rugol sehin"]
PASSAGES = ["kaba lode mifu rugol", "sehin tanpa voba", "zide kafu"]
TARGETS, EXCLUDED = torch.tensor([0, 1]), torch.zeros(2, 3, dtype=torch.bool)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return toy_tokenizer(tmp_path_factory.mktemp("tokenizer"))


def batches(tokenizer, texts):
    return pad_batch(encode_batch(tokenizer, texts, 64), tokenizer.pad_token_id)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_gradients_equal_plain_autograd(tokenizer, dropout):
    model = toy_model(tokenizer, dropout).train()
    queries = batches(tokenizer, QUERIES)
    parts = [batches(tokenizer, PASSAGES[:2]), batches(tokenizer, PASSAGES[2:])]
    outcomes = []
    for cached in (True, False):
        model.zero_grad()
        torch.manual_seed(11)
        if cached:
            scores = score_batch(model, queries, parts, HEADS)
        else:
            encoded = model(*queries)
            scores = torch.cat([score_columns(encoded, model(*part)) for part in parts], dim=-1)
        (scores.square() * torch.arange(1, scores.numel() + 1).view_as(scores)).sum().backward()
        outcomes.append((scores, [p.grad for p in model.parameters() if p.grad is not None]))
    torch.testing.assert_close(outcomes[0], outcomes[1], atol=1e-6, rtol=1e-5)


def test_pretraining_uses_the_dense_vector_alone(tokenizer):
    step = TrainingStep(toy_model(tokenizer), "pretrain", 0.02)
    loss = step(batches(tokenizer, QUERIES), [batches(tokenizer, PASSAGES)], TARGETS, EXCLUDED, True, ["a", "b"])[
        "loss"
    ]
    loss.backward()
    assert step.model.sparse_linear.weight.grad is None
    assert step.model.colbert_linear.weight.grad is None


def test_a_loss_that_is_not_finite_names_the_questions(tokenizer):
    step = TrainingStep(toy_model(tokenizer), "finetune", 0.02)
    with torch.no_grad():
        step.model.colbert_linear.weight.fill_(float("nan"))
    with pytest.raises(RunError, match="q-1, q-2"):
        step(batches(tokenizer, QUERIES), [batches(tokenizer, PASSAGES)], TARGETS, EXCLUDED, True, ["q-1", "q-2"])
