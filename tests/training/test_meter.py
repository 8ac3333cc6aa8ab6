"""Sums over steps, by hand."""

from types import SimpleNamespace

import pytest
import torch

from training.running.meter import StepMeter, describe_speed, training_history
from training.running.score_sample import ScoredBatch


class ToyInputs:
    def __init__(self, tokens: int, places: int) -> None:
        self.tokens, self.places = tokens, places

    def count_tokens(self, padded: bool) -> tuple[int, int]:
        return self.tokens, self.places if padded else self.tokens


def test_an_entry_is_of_the_steps_since_the_last():
    scored = ScoredBatch(("dense",), torch.tensor([[[4.0, 1.0, 2.0]]]), torch.tensor([0]), torch.zeros(1, 3) > 0)
    meter = StepMeter()
    for loss in (1.0, 2.0):
        meter.add_inputs(ToyInputs(11, 15), padded=True)
        meter.add_step(SimpleNamespace(losses={"dense": torch.tensor(loss)}))
    entry = meter.take(SimpleNamespace(scored=scored))
    assert entry["dense"] == 1.5
    assert (entry["dense_positives"], entry["dense_others"]) == (4.0, 1.5)
    assert entry["tokens"] == 22
    assert entry["padding_share"] == pytest.approx(8 / 30)
    assert entry["tokens_per_second"] == pytest.approx(22 / entry["seconds"])
    meter.add_inputs(ToyInputs(5, 9), padded=False)
    for losses in ({"dense": 7.0}, {"dense": 9.0, "teacher": 3.0}):  # a batch whose teacher gave no score, and another
        meter.add_step(SimpleNamespace(losses={name: torch.tensor(value) for name, value in losses.items()}))
    entry = meter.take(SimpleNamespace(scored=None))
    assert (entry["dense"], entry["teacher"], entry["padding_share"]) == (8.0, 3.0, 0.0)


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
