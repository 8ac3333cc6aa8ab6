"""Sums over steps, by hand."""

from types import SimpleNamespace

import pytest
import torch

from training.meter import StepMeter, count_tokens, describe_speed, training_history
from training.score_sample import ScoredBatch


def inputs(*lengths, to):
    mask = (torch.arange(to) < torch.tensor(lengths).unsqueeze(1)).long()  # [B, L]
    return {"queries": (mask, mask), "sub_batches": [(mask[:1], mask[:1])]}


def test_tokens_and_padding():
    assert count_tokens(inputs(3, 5, to=5)) == (11, 15)


def test_an_entry_is_of_the_steps_since_the_last():
    scored = ScoredBatch(("dense",), torch.tensor([[[4.0, 1.0, 2.0]]]), torch.tensor([0]), torch.zeros(1, 3) > 0)
    meter = StepMeter()
    for loss in (1.0, 2.0):
        meter.add_inputs(inputs(3, 5, to=5))
        meter.add_step(SimpleNamespace(losses={"dense": torch.tensor(loss)}))
    entry = meter.take(SimpleNamespace(scored=scored))
    assert entry["dense"] == 1.5
    assert (entry["dense_positives"], entry["dense_others"]) == (4.0, 1.5)
    assert entry["tokens"] == 22
    assert entry["padding_share"] == pytest.approx(8 / 30)
    assert entry["tokens_per_second"] == pytest.approx(22 / entry["seconds"])
    meter.add_inputs(inputs(5, to=5))
    meter.add_step(SimpleNamespace(losses={"dense": torch.tensor(7.0)}))
    assert meter.take(SimpleNamespace(scored=None))["dense"] == 7.0


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
