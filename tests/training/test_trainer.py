"""What the options change in a training, and what a stop or a broken step does to it."""

import dataclasses
import math

import pytest
import torch
from training_toy import fit_that_dies, toy_model, toy_tokenizer
from transformers import TrainerControl, TrainerState, TrainingArguments

from data.errors import InputError, Interrupted, RunError
from training import trainer
from training.fit import fit
from training.model import checkpoint_layers
from training.model_files import encode_batch, load_model
from training.packing import pack
from training.running.callbacks import OVERFLOWS_IN_A_ROW, FitCallback
from training.running.meter import StepMeter


def weights(folder):
    return load_model(str(folder))[0].state_dict()


def changed(config):
    before, after = weights(config.model), weights(config.out)
    return {
        name.removeprefix("encoder.").split(".")[0] for name, value in before.items() if (value != after[name]).any()
    }


@pytest.mark.parametrize(
    ("options", "parts", "heads"),
    [
        ({"heads": ("dense",)}, {"dense"}, set()),
        ({"stage": "pretrain"}, {"dense"}, set()),
        ({"heads": ("sparse", "dense")}, {"dense", "sparse", "inter", "distillation"}, {"sparse_linear"}),
        ({"heads": ("multivec",)}, {"multi_vec"}, {"colbert_linear"}),
    ],
)
def test_only_the_chosen_heads_learn(toy_config, options, parts, heads):
    config = dataclasses.replace(toy_config, max_steps=2, eval_steps=0, **options)
    entry = fit(config)["history"][-1]
    assert parts == entry.keys() & {"dense", "sparse", "multi_vec", "inter", "distillation"}
    assert changed(config) == {"embeddings", "encoder", *heads}


def test_layer_checkpoints_change_no_gradient(tmp_path):
    tokenizer = toy_tokenizer(tmp_path)
    texts = pack(encode_batch(tokenizer, ["kaba lode mifu", "sehin tanpa"], 64))
    gradients = []
    for enable in (lambda model: None, checkpoint_layers):
        model = toy_model(tokenizer, dropout=0.3).train()
        enable(model)
        torch.manual_seed(5)
        found = model(texts)
        (found.dense[0] @ found.dense[1] + found.lexical.sum()).backward()
        gradients.append({n: p.grad for n, p in model.named_parameters() if p.grad is not None})
    assert model.encoder.encoder.layer[0].gradient_checkpointing
    torch.testing.assert_close(*gradients)


def test_the_schedule_is_the_one_asked_for(toy_config):
    rates = {
        kind: [
            entry["learning_rate"]
            for entry in fit(
                dataclasses.replace(
                    toy_config, lr_scheduler_type=kind, warmup_ratio=0.3, eval_steps=0, out=toy_config.out / kind
                )
            )["history"]
        ]
        for kind in ("linear", "constant_with_warmup", "cosine")
    }
    rate = toy_config.learning_rate  # of 6 steps, 2 warm up
    assert rates["linear"] == pytest.approx([0, rate / 2, rate, rate * 3 / 4, rate / 2, rate / 4])
    assert rates["constant_with_warmup"] == pytest.approx([0, rate / 2, rate, rate, rate, rate])
    cosine = [rate * (1 + math.cos(math.pi * share)) / 2 for share in (0, 0.25, 0.5, 0.75)]
    assert rates["cosine"] == pytest.approx([0, rate / 2, *cosine])


def test_entries_may_be_rarer_than_checkpoints(toy_config, monkeypatch, tmp_path):
    """What is summed up between two entries is in no checkpoint: an entry is written with each."""
    config = dataclasses.replace(toy_config, logging_steps=5, save_steps=3, eval_steps=0)
    whole = fit(config)
    assert [entry["step"] for entry in whole["history"]] == [3, 5, 6]
    killed = dataclasses.replace(config, out=tmp_path / "killed")
    fit_that_dies(killed, 5, monkeypatch)
    resumed = fit(killed)
    assert resumed["history"] == whole["history"]
    assert resumed["speed"]["tokens"] == whole["speed"]["tokens"]
    assert resumed["scores"] == whole["scores"]


def test_ctrl_c_saves_and_goes_on_to_the_same_weights(toy_config, monkeypatch, tmp_path):
    whole = fit(toy_config)
    stopped = dataclasses.replace(toy_config, out=tmp_path / "stopped")
    training_step = trainer.M3Trainer.training_step

    def interrupt_step_three(self, *arguments, **keywords):
        if self.state.global_step == 2:
            next(each for each in self.callback_handler.callbacks if isinstance(each, FitCallback)).ask_to_stop(2, None)
        return training_step(self, *arguments, **keywords)

    with monkeypatch.context() as patch, pytest.raises(Interrupted, match="after step 3 of 6"):
        patch.setattr(trainer.M3Trainer, "training_step", interrupt_step_three)
        fit(stopped)
    resumed = fit(stopped)
    assert (resumed["history"], resumed["dev"]) == (whole["history"], whole["dev"])
    one = weights(toy_config.out)
    assert all(torch.equal(value, one[name]) for name, value in weights(stopped.out).items())


def test_gradients_that_overflow_stop_a_training_at_once_or_after_the_scaler_tried(tmp_path):
    model = torch.nn.Linear(1, 1)
    callback, state = FitCallback(StepMeter(), 0), TrainerState()

    def step(arguments, gradient):
        model.weight.grad = torch.tensor([[gradient]])
        callback.on_pre_optimizer_step(arguments, state, TrainerControl(), model=model)

    plain = TrainingArguments(output_dir=str(tmp_path))
    step(plain, 1.0)
    with pytest.raises(RunError, match="gradients of step 1 are not finite"):
        step(plain, math.nan)
    scaled = TrainingArguments(output_dir=str(tmp_path))
    scaled.fp16 = True  # as on a GPU
    step(scaled, 1.0)
    for _ in range(OVERFLOWS_IN_A_ROW):
        step(scaled, math.inf)
    with pytest.raises(RunError, match="lower --learning-rate"):
        step(scaled, math.inf)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("save_steps", 0, "--save-steps is 0; give 1 or more"),
        ("save_total_limit", 0, "--save-total-limit is 0"),
        ("logging_steps", 0, "--logging-steps is 0"),
        ("eval_steps", -1, "--eval-steps is -1; it must not be below 0"),
        ("eval_documents", 0, "--eval-documents is 0"),
        ("freeze_ratio", 1.5, "--freeze-ratio is 1.5; it is a share"),
        ("heads", (), "--heads names none"),
        ("weight_decay", math.nan, "--weight-decay is nan"),
        ("lora_alpha", 0.0, "--lora-alpha is 0.0; it must be above 0"),
        ("lora_alpha", 8.0, "--lora-alpha says something about --lora-rank"),
        ("freeze_ratio", 0.5, "--freeze-ratio says something about --freeze"),
        ("hub_model_id", "name", "--hub-model-id says something about --push-to-hub"),
        ("lora_rank", 4000, "--lora-rank 4000 is above the width"),
        ("seed", -1, "--seed is -1"),
    ],
)
def test_settings_that_cannot_be(toy_config, setting, value, message):
    with pytest.raises(InputError, match=message):
        fit(dataclasses.replace(toy_config, **{setting: value}))


@pytest.mark.skipif(torch.cuda.is_available(), reason="half precision works on a GPU")
def test_fp16_without_a_gpu_is_refused(toy_config):
    with pytest.raises(InputError, match="--fp16 needs a GPU; give --bf16"):
        fit(dataclasses.replace(toy_config, fp16=True))
    with pytest.raises(InputError, match="give one"):
        fit(dataclasses.replace(toy_config, fp16=True, bf16=True))


def test_pretraining_has_no_other_head(toy_config):
    with pytest.raises(InputError, match="dense head alone"):
        fit(dataclasses.replace(toy_config, stage="pretrain", heads=("sparse",)))


def test_weights_that_the_last_step_ruined_are_told(toy_config):
    with pytest.raises(RunError, match=r"no finite vectors; lower --learning-rate"):
        fit(dataclasses.replace(toy_config, max_steps=1, warmup_ratio=0.0, learning_rate=1e38, eval_steps=0))
    assert not (toy_config.out / "fit.json").exists()
