"""`--fsdp` (FSDP2) and `--deepspeed` (ZeRO): what a training holds is shared out over its ranks, by the Trainer.

    shards = Shards(step.model)            # before the Trainer shards it
    TrainingArguments(..., **shard_arguments(step.model, "full_shard"))
    whole = shards.gather(step)            # all ranks; the model as one, on rank 0

Layers are sharded one by one, and the rest (embeddings, heads) as the root. Rank 0 keeps an unsharded copy on the CPU,
which checkpoints, the search on dev and the finished model are made from: sharded weights have no model to save.
ZeRO's stages 1 and 2 leave the weights whole on each rank, so nothing is gathered there.
"""

import copy
import importlib.util
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

from data.errors import InputError
from training.config import FitConfig
from training.model import M3
from training.ranks import is_first_rank, rank_and_size

# With 2.11 and 2.12, gloo aborts in the first step ("collective mismatch"); why is not known, nor how NCCL does there.
SHARDS_HERE = tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 13)
KINDS = {"full_shard": True, "shard_grad_op": False}  # whether a layer's weights go again after its forward


def check_sharding(config: FitConfig) -> None:
    """Raise `InputError` for an --fsdp or --deepspeed that cannot be, or not together with what else is asked for."""
    if config.fsdp and config.fsdp not in KINDS:
        raise InputError(f"--fsdp {config.fsdp} is not known; give {' or '.join(KINDS)}")
    if config.fsdp and not SHARDS_HERE:
        raise InputError(
            f"--fsdp needs torch 2.13 or later, this is {torch.__version__}; update it, or leave --fsdp out"
        )
    if config.deepspeed:
        check_deepspeed(config.deepspeed)
    thaws = config.freeze is not None and config.freeze_ratio < 1
    others = {
        "--find-batch": (config.find_batch, "it measures a model that is not sharded; give --sub-batch-tokens"),
        "--fp16": (config.fp16, "give --bf16"),
        "--lora-rank": (config.lora_rank > 0, "adapters are small, there is little to share out"),
        "--freeze-ratio": (thaws, "nothing can thaw on the way; freeze for all steps"),
    }
    for flag in [name for name in ("fsdp", "deepspeed") if getattr(config, name)]:
        for name, (asked, reason) in others.items():
            if asked:
                raise InputError(f"--{flag} does not go with {name}: {reason}, or leave --{flag} out")
    if config.fsdp and config.deepspeed:
        raise InputError("--fsdp and --deepspeed are two ways to do the same; give one")


def check_deepspeed(file: Path) -> None:
    """Raise `InputError` where DeepSpeed is not installed, or for a configuration that it cannot follow here."""
    if importlib.util.find_spec("deepspeed") is None:
        raise InputError("--deepspeed needs DeepSpeed, which is not installed: pip install deepspeed")
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
        stage = settings.get("zero_optimization", {}).get("stage", 0)
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"--deepspeed {file} is no configuration of DeepSpeed in JSON ({error})") from error
    if stage not in (0, 1, 2):
        raise InputError(
            f"--deepspeed {file} asks for ZeRO stage {stage}, which shards the weights; give stage 1 or 2 there, or"
            " --fsdp full_shard in its place"
        )


def check_ranks(config: FitConfig) -> None:
    """Raise `InputError` where there is nobody to share with, or where accelerate does not shard weights."""
    flag = f"--fsdp {config.fsdp}" if config.fsdp else f"--deepspeed {config.deepspeed}"
    if (config.fsdp or config.deepspeed) and rank_and_size()[1] == 1:
        raise InputError(f"{flag} needs several processes; start with torchrun --nproc-per-node 2 -m training fit ...")

    if config.fsdp and not torch.cuda.is_available():
        raise InputError(f"--fsdp {config.fsdp} needs GPUs: accelerate shards nothing on a CPU; leave --fsdp out")


def shard_arguments(model: M3, kind: str) -> dict[str, Any]:
    """Return what TrainingArguments need to shard `model` layer by layer; nothing where `kind` is empty."""
    if not kind:
        return {}
    settings = {
        "version": 2,
        "reshard_after_forward": KINDS[kind],
        "transformer_layer_cls_to_wrap": [layer_class(model).__name__],
        "state_dict_type": "FULL_STATE_DICT",
    }
    return {"fsdp": True, "fsdp_config": settings}


def layer_class(model: M3) -> type[nn.Module]:
    """Return the class of the encoder's layers: what its longest list of modules holds."""
    lists = [module for module in model.encoder.modules() if isinstance(module, nn.ModuleList) and len(module)]
    if not lists:
        raise InputError(f"--fsdp: a {model.encoder.config.model_type} encoder has no list of layers to shard")
    return type(max(lists, key=len)[0])


class Shards:
    """The unsharded copy of a model that is about to be sharded; rank 0 alone has one."""

    def __init__(self, model: M3) -> None:
        """Copy `model`, which must be whole still."""
        self.whole = copy.deepcopy(model) if is_first_rank() else None

    def gather(self, step: nn.Module) -> M3 | None:
        """Return the model with the weights that `step` has now, on rank 0; all must call it together."""
        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        weights = get_model_state_dict(step, options=options)  # empty but on rank 0
        if self.whole is not None:
            own = {name.removeprefix("model."): value for name, value in weights.items()}
            self.whole.load_state_dict(own)
        return self.whole
