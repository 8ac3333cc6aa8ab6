"""Sums over steps, by hand."""

from types import SimpleNamespace

import pytest
import torch

from training.meter import StepMeter, count_tokens, describe_speed, training_history
from training.packing import pack
from training.step import StepInputs


def inputs(*lengths):
    """A step of queries of two and four tokens, and one sub-batch."""
    scores = {"targets": torch.tensor([0]), "excluded": torch.zeros(1, 3, dtype=torch.bool)}
    unused = {"all_queries": None, "query_counts": (2,), "window_counts": (3,), "column": None, "teacher": None}
    parts = {"queries": pack([[0] * 2, [0] * 4]), "sub_batches": (pack([[0] * length for length in lengths]),)}
    return StepInputs(**parts, **scores, **unused, distill=True, query_ids=("a", "b"))


def step(loss):
    losses = {"loss": torch.tensor(9.0), "dense": torch.tensor(loss)}
    return SimpleNamespace(losses=losses, scores=torch.tensor([[[4.0, 1.0, 2.0]]]), heads=("dense",))


def test_tokens_and_padding():
    assert count_tokens(inputs(5, 1), padded=False) == (12, 12)
    assert count_tokens(inputs(5, 1), padded=True) == (12, 8 + 10)


def test_an_entry_is_of_the_steps_since_the_last():
    meter = StepMeter(padded=True)
    for loss in (1.0, 2.0):
        meter.add_step(step(loss), inputs(5, 1))
        meter.end_step()
    entry = meter.take()
    assert entry["dense"] == 1.5
    assert "loss" not in entry
    assert (entry["dense_positives"], entry["dense_others"]) == (4.0, 1.5)
    assert entry["tokens"] == 24
    assert entry["padding_share"] == pytest.approx(12 / 36)
    assert entry["tokens_per_second"] == pytest.approx(24 / entry["seconds"])
    for losses in ({"dense": 7.0}, {"dense": 9.0, "teacher": 3.0}):  # a batch whose teacher gave no score, and another
        each = SimpleNamespace(losses={name: torch.tensor(value) for name, value in losses.items()}, scores=None)
        meter.add_step(each, inputs(5, 1))
        meter.end_step()
    entry = meter.take()
    assert (entry["dense"], entry["teacher"]) == (8.0, 3.0)


def test_speed_of_a_run():
    shares = {"tokens": 30, "padding_share": 0.25}  # 40 places
    entries = [
        {"loss": 1.0, "step": 1, "epoch": 0.5, "seconds": 2.0, "tokens_per_second": 15.0, **shares},
        {"step": 1, "figure": 0.5, "dev": {}},
        {"loss": 1.0, "step": 2, "epoch": 1.0, "seconds": 1.0, "tokens_per_second": 50.0, "tokens": 50}
        | {"padding_share": 0.5},
    ]
    speed = describe_speed(entries, torch.device("cpu"))
    assert (speed["tokens"], speed["seconds"], speed["tokens_per_second"]) == (80, 3.0, 26.7)
    assert speed["padding_share"] == round(1 - 80 / 140, 6)
    assert training_history(entries)[0] == {"loss": 1.0, "step": 1, **shares}
    assert len(training_history(entries)) == 2
