"""Two ranks under torchrun: the same weights as one, exact resuming, and how a training ends that cannot go on."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from fits_of_ranks import train_in_double
from safetensors.torch import load_file
from training_toy import toy_model, toy_tokenizer

from data.errors import InputError
from training.fit import fit
from training.model import SPARSE_FILE, load_model, save_model
from training.ranks import join_ranks

HERE = Path(__file__).parent
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
OPTIONS = {
    "uneven": {"batch_size": 3, "eval_steps": 2},
    "one question": {"batch_size": 1},
    "all windows": {"window": "all", "max_length": 24, "attention": "padded"},
    "thaw": {"freeze": "encoder", "freeze_ratio": 0.5, "gradient_checkpointing": True},
    "adapters": {"lora_rank": 2},
    "dense": {"heads": ("dense",)},
    "pretrain": {"stage": "pretrain"},
}


def torchrun(*command):
    """Run in a process group of its own, so that signals to the group stay there."""
    environment = os.environ | {"PYTHONPATH": ":".join(sys.path), "OMP_NUM_THREADS": "1"}
    command = [*TORCHRUN, *map(str, command)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, start_new_session=True)


def train(folder, what, *configs):
    """Return how torchrun ended, and for each rank how each training did."""
    for rank in (0, 1):
        (folder / f"{rank}.json").write_text("[]")
    ran = torchrun(HERE / "fits_of_ranks.py", folder, what, *map(repr, configs))
    return ran, [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


def result(folder):
    return json.loads((folder / "fit.json").read_text())


def test_two_ranks_train_as_one(toy_config, tmp_path, monkeypatch):
    tokenizer = toy_tokenizer(tmp_path)
    save_model(toy_model(tokenizer), tokenizer, tmp_path / "still")  # dropout would differ from rank to rank
    base = dataclasses.replace(toy_config, model=str(tmp_path / "still"), max_steps=4, eval_steps=0)
    configs = {
        name: dataclasses.replace(base, out=tmp_path / "two" / name, **options) for name, options in OPTIONS.items()
    }
    ruined = dataclasses.replace(base, out=tmp_path / "ruined", learning_rate=1e300, warmup_ratio=0.0)
    ran, outcomes = train(tmp_path, "double", *configs.values(), ruined)
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert [one[:-1] for one in outcomes] == [["done"] * len(OPTIONS)] * 2
    assert all("lower --learning-rate" in one[-1] for one in outcomes)
    assert ran.stdout.count("4 steps") == len(OPTIONS) + 1  # each is announced once
    train_in_double(monkeypatch.setattr)
    before = torch.load(tmp_path / "still" / SPARSE_FILE)["weight"]
    for name, config in configs.items():
        single = dataclasses.replace(config, out=tmp_path / "one" / name)
        one, two = fit(single), result(config.out)
        for file in ("model.safetensors", SPARSE_FILE, "colbert_linear.pt"):
            read = load_file if file.endswith("s") else torch.load
            # Gradients agree to 1e-12; AdamW divides by their size, so tiny ones lose a few digits.
            torch.testing.assert_close(read(config.out / file), read(single.out / file), rtol=0, atol=1e-8, msg=name)
        moved = (torch.load(config.out / SPARSE_FILE)["weight"] - before).abs().max()
        assert (moved > 1e-4) == (name not in ("dense", "pretrain")), name
        for entries in zip(one["history"], two["history"], strict=True):
            if name == "one question":  # the rank without one encodes it too
                assert entries[1].pop("tokens") > entries[0].pop("tokens")
            assert entries[0] == pytest.approx(entries[1], abs=2e-6), name
        assert one["dev"] == two["dev"]


def test_ranks_go_on_to_the_same_bits_after_ctrl_c_and_after_kill_9(toy_config, tmp_path):
    whole, stopped, killed = (
        dataclasses.replace(toy_config, out=tmp_path / name) for name in ("whole", "stopped", "killed")
    )
    ran, outcomes = train(tmp_path, "interrupt", stopped)
    assert ran.returncode != 0
    for one in outcomes:
        assert one[0].startswith("Interrupted: after step 3 of 6")
    ran, outcomes = train(tmp_path, "kill", killed)
    assert ran.returncode != 0
    assert outcomes[1] == []
    assert outcomes[0][0].startswith("RunError: another process of this training has ended")
    assert not (killed.out / "fit.json").exists()
    ran, outcomes = train(tmp_path, "nothing", whole, stopped, killed)
    assert outcomes == [["done"] * 3] * 2, ran.stderr[-3000:]
    undisturbed, weights = result(whole.out), load_model(str(whole.out))[0].state_dict()
    for resumed in (stopped.out, killed.out):
        found = load_model(str(resumed))[0].state_dict()
        assert all(torch.equal(value, weights[name]) for name, value in found.items()), resumed
        assert [result(resumed)[part] for part in ("history", "dev", "scores")] == [
            undisturbed[part] for part in ("history", "dev", "scores")
        ]


def test_wrong_input_is_told_once(toy_config, tmp_path):
    options = ["--dataset", toy_config.dataset, "--model", tmp_path / "nowhere", "--out", tmp_path / "out"]
    ran = torchrun("-m", "training", "fit", *options)
    assert ran.returncode == 1  # torchrun's own, whatever the ranks' status
    assert ran.stderr.count("error: ") == 1
    assert "cannot load a model from" in ran.stderr
    assert "exitcode  : 2" in ran.stderr
    assert "[rank" not in ran.stderr  # no rank left a traceback


def test_world_size_without_torchrun_is_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="WORLD_SIZE is 2, but RANK LOCAL_RANK MASTER_ADDR MASTER_PORT not set"):
        join_ranks()
    monkeypatch.setenv("WORLD_SIZE", "two")
    with pytest.raises(InputError, match="WORLD_SIZE is 'two'"):
        join_ranks()
