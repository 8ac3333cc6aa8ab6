"""Two ranks under torchrun: the same weights as one, exact resuming, and how a training ends that cannot go on."""

import dataclasses
import importlib.util
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
from training.batching.planned import even_out
from training.fit import fit
from training.model_files import SPARSE_FILE, load_model, save_model
from training.ranks import join_ranks
from training.running.shards import SHARDS_HERE, check_deepspeed

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
    # Shards come last: accelerate remembers them.
    "shards": {"fsdp": "full_shard", "batch_size": 3, "sub_batch_tokens": 50, "eval_steps": 2},
    "shards of layers": {"fsdp": "shard_grad_op", "freeze": "heads", "gradient_checkpointing": True},
}

if not SHARDS_HERE:
    OPTIONS = {name: options for name, options in OPTIONS.items() if "fsdp" not in options}


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
    base = dataclasses.replace(toy_config, model=str(tmp_path / "still"), max_steps=3, eval_steps=0)
    configs = {
        name: dataclasses.replace(base, out=tmp_path / "two" / name, **options) for name, options in OPTIONS.items()
    }
    ruined = dataclasses.replace(base, out=tmp_path / "ruined", learning_rate=1e300, warmup_ratio=0.0)
    ran, outcomes = train(tmp_path, "double", ruined, *configs.values())
    assert ran.returncode == 0, ran.stderr[-3000:]
    done = ["done sharded" if "fsdp" in options else "done" for options in OPTIONS.values()]
    assert [one[1:] for one in outcomes] == [done] * 2
    assert all("lower --learning-rate" in one[0] for one in outcomes)
    assert ran.stdout.count("3 steps") == len(OPTIONS) + 1  # each is announced once
    train_in_double(monkeypatch.setattr)
    before = torch.load(tmp_path / "still" / SPARSE_FILE)["weight"]
    for name, config in configs.items():
        single = dataclasses.replace(config, out=tmp_path / "one" / name, fsdp="")
        one, two = fit(single), result(config.out)
        for file in ("model.safetensors", SPARSE_FILE, "colbert_linear.pt"):
            read = load_file if file.endswith("s") else torch.load
            # Gradients agree to 1e-12; AdamW divides by their size, so tiny ones lose a few digits.
            torch.testing.assert_close(read(config.out / file), read(single.out / file), rtol=0, atol=1e-8, msg=name)
        moved = (torch.load(config.out / SPARSE_FILE)["weight"] - before).abs().max()
        assert (moved > 1e-4) == (name not in ("dense", "pretrain", "shards of layers")), name
        tokens = [sum(entry.pop("tokens") for entry in each["history"]) for each in (one, two)]
        # A rank that would have nothing to encode, or too little for its share of collectives, repeats something.
        assert (tokens[1] > tokens[0]) == (name in ("one question", "shards")), name
        for entries in zip(one["history"], two["history"], strict=True):
            assert entries[0] == pytest.approx(entries[1], abs=2e-6), name
        assert one["dev"] == two["dev"]


def test_ranks_go_on_to_the_same_bits_after_ctrl_c_and_after_kill_9(toy_config, tmp_path):
    whole, stopped, killed = (
        dataclasses.replace(toy_config, out=tmp_path / name) for name in ("whole", "stopped", "killed")
    )
    shards, paused = (
        dataclasses.replace(toy_config, out=tmp_path / name, fsdp="full_shard") for name in ("shards", "paused")
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
    sharded = [shards, paused, paused] if SHARDS_HERE else []
    ran, outcomes = train(tmp_path, "nothing", whole, stopped, killed, *sharded)
    for one in outcomes:
        assert one[:3] == ["done"] * 3, ran.stderr[-3000:]
        if SHARDS_HERE:
            assert one[4].startswith("Interrupted: after step 3 of 6"), ran.stderr[-3000:]
            assert [one[3], *one[5:]] == ["done sharded"] * 2, ran.stderr[-3000:]
    for resumed, undisturbed in ((stopped, whole), (killed, whole), *([(paused, shards)] if SHARDS_HERE else [])):
        found, wanted = result(resumed.out), result(undisturbed.out)
        weights = load_model(str(undisturbed.out))[0].state_dict()
        again = load_model(str(resumed.out))[0].state_dict()
        assert all(torch.equal(value, weights[name]) for name, value in again.items()), resumed.out
        for part in ("history", "dev", "scores"):
            assert found[part] == wanted[part], (resumed.out, part)


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


def test_ranks_get_equally_many_sub_batches():
    shares, parts = even_out([[3, 1], [0, 2, 4, 5]], [[slice(0, 2)], [slice(0, 1), slice(1, 2), slice(2, 4)]])
    assert shares == [[3, 1, 1], [0, 2, 4, 5]]  # two texts make two sub-batches, the third one is a repeat
    assert parts == [[slice(0, 1), slice(1, 2), slice(2, 3)], [slice(0, 1), slice(1, 2), slice(2, 4)]]
    shares, parts = even_out([[0, 1, 2], [3, 4]], [[slice(0, 3)], [slice(0, 1), slice(1, 2)]])
    assert (shares, parts[0]) == ([[0, 1, 2], [3, 4]], [slice(0, 2), slice(2, 3)])


@pytest.mark.skipif(not SHARDS_HERE, reason="needs torch 2.13")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fsdp": "all"}, "--fsdp all is not known; give full_shard or shard_grad_op"),
        ({"find_batch": True}, "--fsdp does not go with --find-batch"),
        ({"lora_rank": 2}, "--fsdp does not go with --lora-rank"),
        ({"freeze": "heads", "freeze_ratio": 0.5}, "--fsdp does not go with --freeze-ratio"),
        ({"deepspeed": Path("zero.json")}, "--deepspeed needs DeepSpeed, which is not installed"),
        ({}, "--fsdp full_shard needs several processes"),
    ],
)
def test_shards_that_cannot_be_are_refused(toy_config, options, message, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *at: None if name == "deepspeed" else find(name, *at))
    with pytest.raises(InputError, match=message):
        fit(dataclasses.replace(toy_config, **({"fsdp": "full_shard"} | options)))


def test_a_deepspeed_configuration_is_read_before_anything_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)
    file = tmp_path / "zero.json"
    with pytest.raises(InputError, match=r"zero\.json is no configuration"):
        check_deepspeed(file)
    file.write_text("[]")
    with pytest.raises(InputError, match=r"zero\.json is no configuration"):
        check_deepspeed(file)
    file.write_text('{"zero_optimization": {"stage": 3}}')
    with pytest.raises(InputError, match="ZeRO stage 3, which shards the weights; give stage 1 or 2"):
        check_deepspeed(file)
    file.write_text('{"zero_optimization": {"stage": 2}}')
    check_deepspeed(file)
