"""transformers' arguments for a planned training."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments

from data.errors import InputError
from training.config import FitConfig
from training.running.reporting import TENSORBOARD


def training_arguments(
    config: FitConfig, steps: int, checkpoints: Path, reporters: Sequence[str], evaluate_first: bool, **more: Any
) -> TrainingArguments:
    """Return transformers' arguments for a plan of `steps`; raises `InputError` for what transformers refuses."""
    try:
        arguments = TrainingArguments(
            output_dir=str(checkpoints),
            num_train_epochs=1,  # the plan holds all passes
            per_device_train_batch_size=1,
            learning_rate=config.learning_rate,
            lr_scheduler_type=config.lr_scheduler_type,
            warmup_steps=math.ceil(steps * config.warmup_ratio),
            weight_decay=config.weight_decay,
            max_grad_norm=config.max_grad_norm,
            bf16=config.bf16,
            fp16=config.fp16,
            seed=config.seed,
            save_steps=config.save_steps,
            save_total_limit=None,  # ours goes by what is complete: CheckpointCallback
            logging_steps=config.logging_steps,
            logging_nan_inf_filter=False,
            eval_on_start=evaluate_first,
            use_cpu=not torch.cuda.is_available(),
            # Only weights that thaw on the way are sometimes without a gradient; looking for such takes time.
            ddp_find_unused_parameters=config.freeze is not None and config.freeze_ratio < 1,
            report_to=[name for name in reporters if name != TENSORBOARD] or "none",
            disable_tqdm=True,
            remove_unused_columns=False,
            log_level="error",
            **more,
        )
    except (ValueError, ImportError) as error:
        raise InputError(f"these settings cannot be used here: {str(error).splitlines()[0]}") from error
    arguments._n_gpu = min(arguments.n_gpu, 1)  # a process has one GPU: DataParallel would cut its batches into pieces
    return arguments
