"""Adapters: what learns, what stays, what is merged, and what the saved model needs."""

import dataclasses
import importlib.util
import math

import pytest
import torch
from training_toy import fit_that_dies, toy_model, toy_tokenizer

from data.errors import InputError
from training.fit import fit
from training.model_files import encode_batch, load_model
from training.packing import pack
from training.running.lora import adapted_layers, add_adapters, has_adapters, merge_adapters

needs_peft = pytest.mark.skipif(importlib.util.find_spec("peft") is None, reason="peft is not installed")


@pytest.fixture
def model(tmp_path):
    return toy_model(toy_tokenizer(tmp_path)).eval()


def answers(model, tmp_path):
    tokenizer = toy_tokenizer(tmp_path)
    texts = pack(encode_batch(tokenizer, ["kaba lode mifu", "sehin tanpa"], 64))
    with torch.no_grad():
        return model(texts)


@needs_peft
def test_merged_scores_are_those_of_the_adapters(model, tmp_path):
    before = answers(model, tmp_path)
    kind, names = type(model.encoder), set(model.state_dict())
    add_adapters(model, rank=4, alpha=None, seed=1)
    torch.testing.assert_close(answers(model, tmp_path), before)  # fresh adapters change nothing
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.05)
    adapted = answers(model, tmp_path)
    assert not torch.allclose(adapted.dense, before.dense, atol=1e-3)
    merge_adapters(model)
    assert type(model.encoder) is kind
    assert set(model.state_dict()) == names
    torch.testing.assert_close(answers(model, tmp_path), adapted, atol=1e-5, rtol=0)


@needs_peft
def test_adapters_and_heads_learn_and_nothing_else(model):
    add_adapters(model, rank=4, alpha=None, seed=1)
    learning = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    heads = {name for name in learning if not name.startswith("encoder.")}
    assert heads == {f"{head}.{part}" for head in ("sparse_linear", "colbert_linear") for part in ("weight", "bias")}
    assert len(learning - heads) == 2 * len([name for name in learning if "lora_A" in name])
    kinds = {name.split(".lora_")[0].rpartition(".")[2] for name in learning - heads}
    assert kinds == {"query", "key", "value", "dense"}


def test_layers_of_attention_and_feed_forward(model):
    layers = model.encoder.config.num_hidden_layers
    assert len(adapted_layers(model)) == 6 * layers  # query, key, value, attention output, two of the feed-forward


def test_without_peft_it_says_what_to_install(toy_config, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install peft"):
        fit(dataclasses.replace(toy_config, lora_rank=4))


@needs_peft
@pytest.mark.parametrize(
    "options", [{}, {"gradient_checkpointing": True, "freeze": "encoder", "freeze_ratio": 0.5, "eval_steps": 9}]
)
def test_fit_resumes_and_saves_a_plain_model(toy_config, monkeypatch, tmp_path, options):
    config = dataclasses.replace(toy_config, lora_rank=4, **options)
    whole = fit(config)
    assert "peft" in whole["versions"]
    killed = dataclasses.replace(config, out=tmp_path / "killed")
    fit_that_dies(killed, 4, monkeypatch)
    checkpoint = {path.name for path in (killed.out / "checkpoints" / "checkpoint-2").iterdir()}
    assert "trained.safetensors" in checkpoint
    assert "model.safetensors" not in checkpoint
    resumed = fit(killed)
    assert (resumed["history"], resumed["dev"]) == (whole["history"], whole["dev"])
    start = load_model(config.model)[0].state_dict()
    one, other = (load_model(str(folder))[0] for folder in (config.out, killed.out))
    assert not has_adapters(one)
    changed = []
    for name, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name
        if not torch.equal(value, start[name]):
            changed.append(name)
    assert not [name for name in changed if "embeddings" in name or "pooler" in name or "LayerNorm" in name]
    assert any("query" in name for name in changed)
    assert "colbert_linear.weight" in changed
    assert all(math.isfinite(entry["loss"]) for entry in whole["history"])
