"""Low-rank adapters (LoRA) in the encoder, by peft: trained in place of its weights, merged into them for saving.

add_adapters(model, rank=8, alpha=None, seed=42)   # the encoder keeps its class; heads stay fully trained
merge_adapters(model)                              # the same scores, and no adapter left: loads without peft
"""

import importlib.util

import torch
from torch import nn

from data.errors import InputError
from training.model import M3

ADAPTER = "lora_"  # part of the name of every weight of an adapter
_LAYER = "base_layer"  # where peft keeps the layer that it adapts


def check_peft() -> None:
    """Raise `InputError` where peft is not installed."""
    if importlib.util.find_spec("peft") is None:
        raise InputError("--lora-rank needs peft, which is not installed: pip install peft")


def add_adapters(model: M3, rank: int, alpha: float | None, seed: int) -> None:
    """Put adapters of `rank` on all linear layers of attention and feed-forward; the encoder's own weights are frozen.

    An adapter counts `alpha` / `rank` times, by default twice; fresh ones change nothing. Raises `InputError` for an
    encoder without layers to adapt.
    """
    check_peft()
    from peft import LoraConfig, inject_adapter_in_model

    width = model.encoder.config.hidden_size
    if rank > width:
        raise InputError(f"--lora-rank {rank} is above the width of the encoder, {width}; give less, such as 16")
    targets = adapted_layers(model)
    if not targets:
        raise InputError(f"--lora-rank: a {model.encoder.config.model_type} encoder has no linear layers to adapt")
    settings = LoraConfig(r=rank, lora_alpha=alpha or 2 * rank, target_modules=targets, lora_dropout=0.0)  # type: ignore[arg-type]
    model.encoder.requires_grad_(False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(settings, model.encoder)


def adapted_layers(model: M3) -> list[str]:
    """Return the names of the encoder's linear layers between embeddings and pooler: query, key, value, dense."""
    return [
        name
        for name, module in model.encoder.named_modules()
        if isinstance(module, nn.Linear) and not name.startswith(("embeddings.", "pooler."))
    ]


def has_adapters(model: M3) -> bool:
    """Return whether `model` has adapters that are not merged."""
    return any(ADAPTER in name for name, _ in model.named_parameters())


def merge_adapters(model: M3) -> None:
    """Add each adapter to the weight that it adapts and take it away."""
    adapted = [(name, module) for name, module in model.encoder.named_modules() if hasattr(module, _LAYER)]
    for name, module in adapted:
        module.merge()  # type: ignore[operator]
        parent, _, place = name.rpartition(".")
        setattr(model.encoder.get_submodule(parent), place, getattr(module, _LAYER))
    if hasattr(model.encoder, "peft_config"):
        del model.encoder.peft_config
