"""The largest sub-batch that fits: against a made-up memory, and on a model that must be left as it was."""

import pytest
import torch
from training_toy import toy_config, toy_model, toy_tokenizer

from data.errors import RunError
from training.running import find_batch
from training.running.find_batch import find_sub_batch_tokens, trial_inputs
from training.step import TrainingStep


def linear_memory(tried: list[int]):
    def peak(tokens: int) -> float:
        tried.append(tokens)
        return 1000.0 + 10 * tokens

    return peak


@pytest.mark.parametrize(
    ("memory", "most", "expected", "trials"),
    [
        (1000 + 10 * 100, 10_000, 100, [100]),  # the second size is too large, and nothing lies between
        (1000 + 10 * 700, 10_000, 700, [100, 200, 400, 600, 700]),
        (1e9, 300, 300, [100, 200, 300]),  # no more than a batch has
        (1e9, 30, 100, [100]),  # a text of the longest kind is always tried
        (1500, 10_000, 0, [100]),
    ],
)
def test_sizes_double_until_memory_ends(memory, most, expected, trials):
    tried: list[int] = []
    assert find_batch._search(linear_memory(tried), memory, 100, most) == expected
    assert [tokens for tokens in tried if 1000 + 10 * tokens <= memory] == trials[: len(tried)] if expected else True
    assert tried[: len(trials)] == trials


def test_a_size_that_will_not_fit_is_not_tried():
    tried: list[int] = []
    find_batch._search(linear_memory(tried), 1000 + 10 * 500, 100, 10_000)
    assert max(tried) <= 500


@pytest.fixture(scope="module")
def step(tmp_path_factory):
    return TrainingStep(toy_model(toy_tokenizer(tmp_path_factory.mktemp("tokenizer"))), toy_config())


def test_the_model_and_chance_are_left_as_they_were(step):
    weights = {name: value.clone() for name, value in step.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    assert find_sub_batch_tokens(step, longest=64, most=256) == 256
    assert torch.equal(torch.rand(2), expected)
    assert all(weight.grad is None for weight in step.parameters())
    assert all(torch.equal(value, weights[name]) for name, value in step.state_dict().items())


def test_a_device_without_room_for_one_text_is_told(step, monkeypatch):
    monkeypatch.setattr(find_batch, "_memory", lambda step: 1.0)
    with pytest.raises(RunError, match="one text of 64 tokens"):
        find_sub_batch_tokens(step, longest=64, most=256)


def test_a_trial_fills_two_sub_batches():
    inputs = trial_inputs(500, 64, 200)
    assert [part.lengths for part in inputs.sub_batches] == [(64, 64, 64)] * 2
    assert len(inputs.targets) == 6 == inputs.excluded.shape[1]
