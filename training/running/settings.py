"""What `m3-train fit` refuses before it loads anything."""

import dataclasses
import math
from typing import Any

import torch

from data.errors import InputError
from training.attention import FLASH
from training.batching.buckets import choose_buckets
from training.config import FitConfig
from training.running.hub import check_token
from training.running.lora import check_peft
from training.running.reporting import chosen_reporters
from training.running.shards import check_sharding
from training.step import trained_heads

_AT_LEAST_ONE = (
    *("num_train_epochs", "max_steps", "batch_size", "sub_batch_tokens", "eval_documents"),
    *("save_steps", "save_total_limit", "logging_steps"),
)
_NOT_NEGATIVE = (
    *("negatives", "learning_rate", "weight_decay", "max_grad_norm", "teacher_weight"),
    *("eval_steps", "lora_rank"),
)
_ABOVE_ZERO = ("temperature", "teacher_temperature", "lora_alpha")
_SHARES = ("distill_start_ratio", "warmup_ratio", "attention_dropout", "freeze_ratio")
_DEFAULTS: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(FitConfig)}


def check_settings(config: FitConfig) -> None:
    """Raise `InputError` for settings that no training can have, or not on this machine."""
    _check_numbers(config)
    choose_buckets(config, negatives=0, longest=1)  # refuses what cannot be read
    _check_heads(config)
    _check_companions(config)
    if config.bf16 and config.fp16:
        raise InputError("--bf16 and --fp16 are two ways to do the same; give one")
    if config.fp16 and not torch.cuda.is_available():
        raise InputError("--fp16 needs a GPU; give --bf16, or neither")
    if config.attention == FLASH and not config.bf16:
        raise InputError(f"--attention {FLASH} reads half precision alone; add --bf16, or leave --attention out")
    check_sharding(config)
    if config.lora_rank:
        check_peft()
    chosen_reporters(config.report_to)
    if config.push_to_hub:
        check_token()


def _check_numbers(config: FitConfig) -> None:
    # Each is written so that nan, which compares as false, is refused too.
    for names, fits, wanted in (
        (_AT_LEAST_ONE, lambda value: 1 <= value < math.inf, "give 1 or more"),
        (("max_length", "max_query_length"), lambda value: 4 <= value < math.inf, "give at least 4 tokens"),
        (_NOT_NEGATIVE, lambda value: 0 <= value < math.inf, "it must not be below 0"),
        (_ABOVE_ZERO, lambda value: 0 < value < math.inf, "it must be above 0"),
        (_SHARES, lambda value: 0 <= value <= 1, "it is a share, from 0 to 1"),
    ):
        for name in names:
            value = getattr(config, name)
            if value is not None and not fits(value):
                raise InputError(f"--{name.replace('_', '-')} is {value}; {wanted}")
    if not 0 <= config.seed < 2**32:
        raise InputError(f"--seed is {config.seed}; give one from 0 to {2**32 - 1}")


def _check_heads(config: FitConfig) -> None:
    if not config.heads:
        raise InputError("--heads names none; give one or more of dense sparse multivec")
    if config.stage == "pretrain" and set(config.heads) not in ({"dense"}, set(_DEFAULTS["heads"])):
        raise InputError("--stage pretrain trains the dense head alone; leave --heads out, or give --stage finetune")
    only_dense = trained_heads(config) == ("dense",)
    if config.freeze == "encoder" and config.freeze_ratio > 0 and only_dense:
        raise InputError(
            "--freeze encoder leaves nothing to train: the dense vector is the encoder's own; train sparse or multivec"
            " with it, or leave --freeze out"
        )


def _check_companions(config: FitConfig) -> None:
    """Refuse options that say how something is done which nobody asked for."""
    for name, needed, asked in (
        ("freeze_ratio", "--freeze", config.freeze is not None),
        ("lora_alpha", "--lora-rank", config.lora_rank > 0),
        ("teacher_temperature", "--teacher-weight", config.teacher_weight > 0),
        ("hub_model_id", "--push-to-hub", config.push_to_hub),
    ):
        if getattr(config, name) != _DEFAULTS[name] and not asked:
            raise InputError(f"--{name.replace('_', '-')} says something about {needed}, which is not given; add it")
