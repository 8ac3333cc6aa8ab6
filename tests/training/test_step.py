"""Checkpointed score columns: their gradients are those of plain autograd, dropout included."""

import dataclasses

import pytest
import torch
from training_toy import toy_config, toy_inputs, toy_model, toy_tokenizer

from data.errors import RunError
from training.model_files import encode_batch
from training.packing import pack
from training.scores import HEADS, score_columns
from training.step import TrainingStep, score_batch

QUERIES = ["kaba lode", "mifu rugol sehin"]
PASSAGES = [["kaba lode mifu rugol", "sehin tanpa voba"], ["zide kafu"]]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return toy_tokenizer(tmp_path_factory.mktemp("tokenizer"))


@pytest.mark.parametrize("attention", ["auto", "padded"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_gradients_equal_plain_autograd(tokenizer, dropout, attention):
    model = toy_model(tokenizer, dropout).train()
    model.set_attention(attention)
    inputs = toy_inputs(tokenizer, QUERIES, PASSAGES)
    outcomes = []
    for cached in (True, False):
        model.zero_grad()
        torch.manual_seed(11)
        if cached:
            scores = score_batch(model, inputs, HEADS)
        else:
            encoded = model(*inputs.queries)
            scores = torch.cat([score_columns(encoded, model(part)) for part in inputs.sub_batches], dim=-1)
        (scores.square() * torch.arange(1, scores.numel() + 1).view_as(scores)).sum().backward()
        outcomes.append((scores, [p.grad for p in model.parameters() if p.grad is not None]))
    torch.testing.assert_close(outcomes[0], outcomes[1], atol=1e-6, rtol=1e-5)


def test_the_split_into_sub_batches_changes_nothing(tokenizer):
    gradients = []
    for whole in (False, True):
        step = TrainingStep(toy_model(tokenizer).double(), toy_config())
        inputs = toy_inputs(tokenizer, QUERIES, [[text for part in PASSAGES for text in part]] if whole else PASSAGES)
        if not whole:
            one_by_one = tuple(pack([ids]) for ids in encode_batch(tokenizer, QUERIES, 64))
            inputs = dataclasses.replace(inputs, queries=one_by_one)
        step(inputs)["loss"].backward()
        gradients.append([p.grad for p in step.parameters() if p.grad is not None])
    torch.testing.assert_close(*gradients, atol=1e-12, rtol=1e-10)


def test_the_best_window_of_a_document_counts(tokenizer):
    step = TrainingStep(toy_model(tokenizer), toy_config())
    inputs = toy_inputs(tokenizer, QUERIES, PASSAGES)
    apart = score_batch(step.model, inputs, HEADS)
    joined = dataclasses.replace(inputs, column=torch.tensor([0, 1, 0]), excluded=torch.zeros(2, 2, dtype=torch.bool))
    found = score_batch(step.model, joined, HEADS)
    torch.testing.assert_close(found, torch.stack([apart[..., [0, 2]].amax(dim=-1), apart[..., 1]], dim=-1))


@pytest.mark.parametrize(("change", "heads"), [({"stage": "pretrain"}, []), ({"heads": ("dense", "multivec")}, [1])])
def test_only_heads_that_take_part_are_trained(tokenizer, change, heads):
    step = TrainingStep(toy_model(tokenizer), toy_config(**change))
    step(toy_inputs(tokenizer, QUERIES, PASSAGES))["loss"].backward()
    found = [linear.weight.grad is not None for linear in (step.model.sparse_linear, step.model.colbert_linear)]
    assert found == [place in heads for place in (0, 1)]


def test_a_loss_that_is_not_finite_names_the_questions(tokenizer):
    step = TrainingStep(toy_model(tokenizer), toy_config())
    with torch.no_grad():
        step.model.colbert_linear.weight.fill_(float("nan"))
    with pytest.raises(RunError, match="q-0, q-1"):
        step(toy_inputs(tokenizer, QUERIES, PASSAGES))


def test_tokens_and_the_places_that_padding_takes(tokenizer):
    inputs = toy_inputs(tokenizer, QUERIES, PASSAGES)
    lengths = [part.lengths for part in (*inputs.queries, *inputs.sub_batches)]
    tokens = sum(sum(part) for part in lengths)
    assert inputs.count_tokens(padded=False) == (tokens, tokens)
    assert inputs.count_tokens(padded=True) == (tokens, sum(max(part) * len(part) for part in lengths))
    assert len(set(lengths[1])) > 1
