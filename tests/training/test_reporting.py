"""Where a run logs to, and what stands there."""

import dataclasses
import importlib.util

import pytest

from data.errors import InputError
from training.fit import fit
from training.running import reporting
from training.running.reporting import chosen_reporters

needs_tensorboard = pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="tensorboard is not installed"
)


def test_names(monkeypatch):
    monkeypatch.setattr(reporting, "get_available_reporting_integrations", lambda: ["tensorboard"])
    assert chosen_reporters(None) == ("tensorboard",)
    assert chosen_reporters(("none",)) == ()
    assert chosen_reporters(("tensorboard", "tensorboard")) == ("tensorboard",)
    with pytest.raises(InputError, match=r"--report-to tensorbord is not known; known: none .*tensorboard.*wandb"):
        chosen_reporters(("tensorbord",))
    with pytest.raises(InputError, match="pip install wandb"):
        chosen_reporters(("tensorboard", "wandb"))
    monkeypatch.setattr(reporting, "get_available_reporting_integrations", list)
    assert chosen_reporters(None) == ()


@needs_tensorboard
def test_tensorboard_has_scalars_and_histograms(toy_config):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    result = fit(dataclasses.replace(toy_config, report_to=None))
    events = EventAccumulator(str(toy_config.out / "runs"))
    events.Reload()
    tags = events.Tags()
    steps = {"loss", "dense", "sparse", "multi_vec", "learning_rate", "grad_norm", "tokens_per_second", "padding_share"}
    assert {f"train/{name}" for name in steps} <= set(tags["scalars"])
    assert [event.step for event in events.Scalars("train/loss")] == [1, 2, 3, 4, 5, 6]
    figures = [row["all"]["mean"] for row in result["dev"]["ndcg@10"]]
    assert [event.value for event in events.Scalars("eval/ndcg@10/all/mean")] == pytest.approx(figures)
    assert set(tags["histograms"]) == {
        f"scores/{head}/{group}" for head in ("dense", "sparse", "multi_vec") for group in ("positives", "others")
    }


def test_none_writes_nothing(toy_config):
    fit(dataclasses.replace(toy_config, report_to=("none",), max_steps=1))
    assert not (toy_config.out / "runs").exists()
