"""Frozen weights keep every bit while they are frozen, weight decay or not, and learn when they thaw."""

import dataclasses

import pytest
import torch
from training_toy import fit_that_dies

from data.errors import InputError
from training.fit import fit
from training.model_files import load_model
from training.step import TrainingStep

HEADS = ("sparse_linear", "colbert_linear")


@pytest.fixture
def watched(monkeypatch):
    """The weights at the beginning of each step."""
    forward, seen = TrainingStep.forward, []

    def watch(self, *arguments, **keywords):
        seen.append({name: value.detach().clone() for name, value in self.model.state_dict().items()})
        return forward(self, *arguments, **keywords)

    monkeypatch.setattr(TrainingStep, "forward", watch)
    return seen


def changed(before, after) -> set[str]:
    return {name.split(".")[0] for name, value in before.items() if not torch.equal(value, after[name])}


@pytest.mark.parametrize(("part", "frozen"), [("encoder", {"encoder"}), ("heads", set(HEADS))])
def test_a_share_of_the_steps(toy_config, watched, part, frozen):
    config = dataclasses.replace(
        toy_config, freeze=part, freeze_ratio=0.5, weight_decay=0.1, warmup_ratio=0.0, eval_steps=0
    )
    steps = fit(config)["steps"]
    assert steps == len(watched) == 6
    assert not changed(watched[0], watched[3]) & frozen
    assert changed(watched[0], watched[3]) == {"encoder", *HEADS} - frozen
    assert changed(watched[3], watched[4]) == {"encoder", *HEADS}


def test_the_whole_run(toy_config):
    config = dataclasses.replace(toy_config, freeze="encoder", weight_decay=0.1)
    fit(config)
    before, after = (load_model(str(folder))[0].state_dict() for folder in (config.model, config.out))
    assert changed(before, after) == set(HEADS)


def test_the_pooler_never_learns(toy_config, watched):
    fit(dataclasses.replace(toy_config, freeze="encoder", freeze_ratio=0.2, eval_steps=0))
    for name in ("encoder.pooler.dense.weight", "encoder.pooler.dense.bias"):
        assert torch.equal(watched[0][name], watched[-1][name])


def test_a_killed_run_resumes_in_the_frozen_phase(toy_config, monkeypatch, tmp_path):
    config = dataclasses.replace(toy_config, freeze="encoder", freeze_ratio=0.6)
    whole = fit(config)
    killed = dataclasses.replace(config, out=tmp_path / "killed")
    fit_that_dies(killed, 4, monkeypatch)
    assert fit(killed)["history"] == whole["history"]
    one, other = (load_model(str(folder))[0].state_dict() for folder in (config.out, killed.out))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_nothing_left_to_train_is_refused(toy_config):
    for options in ({"heads": ("dense",)}, {"stage": "pretrain"}):
        with pytest.raises(InputError, match="nothing to train"):
            fit(dataclasses.replace(toy_config, freeze="encoder", **options))
