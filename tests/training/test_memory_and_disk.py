"""What a full device and a full disk look like, and that nothing else is taken for one."""

import dataclasses
import errno
import multiprocessing
import resource
import signal

import pytest
import torch
from safetensors.torch import save_file

from data.errors import RunError
from training import trainer
from training.fit import fit
from training.running import checkpoints
from training.running.checkpoints import last_checkpoint
from training.running.memory_and_disk import enough_disk, enough_memory
from training.step import TrainingStep


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you..."
        ),
        MemoryError(),
    ],
)
def test_out_of_memory_names_what_to_turn(toy_config, error):
    advice = r"--sub-batch-tokens below 100, then --gradient-checkpointing, then a --max-length below 48$"
    with pytest.raises(RunError, match=advice), enough_memory(toy_config):
        raise error
    done = dataclasses.replace(toy_config, gradient_checkpointing=True, sub_batch_tokens=48)
    with pytest.raises(RunError, match=r"; give a --max-length below 48$"), enough_memory(done):
        raise error


def test_other_errors_pass(toy_config, tmp_path):
    with pytest.raises(RuntimeError, match="shapes"), enough_memory(toy_config), enough_disk(tmp_path, 1, ""):
        raise RuntimeError("shapes do not fit")
    with pytest.raises(PermissionError), enough_disk(tmp_path, 1, ""):
        raise PermissionError(errno.EACCES, "denied")


def test_too_large_a_step_is_told(toy_config, monkeypatch):
    def allocate(self, *_, **__):
        return torch.empty(1 << 60)

    monkeypatch.setattr(TrainingStep, "forward", allocate)
    with pytest.raises(RunError, match="out of memory at --sub-batch-tokens 100"):
        fit(toy_config)


def write_beyond_the_limit(kind, folder, answers):
    """Write a tensor larger than this process may write to one file."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    tensor = torch.zeros(100_000)
    try:
        with enough_disk(folder, 400_000, "step 2 is kept"):
            if kind == "torch":
                torch.save({"a": tensor}, folder / "a.pt")
            elif kind == "safetensors":
                save_file({"a": tensor}, folder / "a.safetensors")
            else:
                (folder / "a.json").write_text("x" * 400_000)
    except RunError as error:
        answers.put(str(error))
    else:
        answers.put("written")


@pytest.mark.parametrize("kind", ["torch", "safetensors", "text"])
def test_every_way_to_write_tells_of_a_full_disk(tmp_path, kind):
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    process = fork.Process(target=write_beyond_the_limit, args=(kind, tmp_path, answers))
    process.start()
    answer = answers.get(timeout=60)
    process.join()
    assert answer.startswith(f"the disk is full: {tmp_path} could not be written, it takes about 0.0004 GB; step 2 is")


def test_a_full_disk_keeps_the_last_complete_checkpoint(toy_config, monkeypatch):
    save = trainer.M3Trainer._save_rng_state

    def full_at_four(self, folder):
        if self.state.global_step == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(self, folder)

    with monkeypatch.context() as patch:
        patch.setattr(trainer.M3Trainer, "_save_rng_state", full_at_four)
        with pytest.raises(RunError, match=r"checkpoint-4 could not be written.* last complete.*checkpoint-2, is kept"):
            fit(toy_config)
    folder = toy_config.out / "checkpoints"
    last = last_checkpoint(folder)
    assert last is not None and last.name == "checkpoint-2"
    assert not (folder / "checkpoint-4").exists()
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save_model", lambda *_: full_at_four_now())
        with pytest.raises(RunError, match="the disk is full"):
            fit(toy_config)
    assert fit(toy_config)["steps"] == 6


def full_at_four_now():
    raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0")
