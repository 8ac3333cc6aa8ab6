"""A toy data set with dev questions, a toy model, and a configuration that trains it in a second or two."""

import pytest
import torch
from training_toy import toy_model, toy_tokenizer, write_toy_dataset

from training.config import FitConfig
from training.model_files import save_model

torch.set_num_threads(1)  # toy tensors are too small to share, and runs of one test must not wait for each other


@pytest.fixture
def toy_config(tmp_path):
    write_toy_dataset(tmp_path / "dataset", dev=1)
    tokenizer = toy_tokenizer(tmp_path)
    model = toy_model(tokenizer)
    model.encoder.config.hidden_dropout_prob = 0.1  # so that resuming must restore the random state
    save_model(model, tokenizer, tmp_path / "model")
    return FitConfig(
        dataset=tmp_path / "dataset",
        model=str(tmp_path / "model"),
        out=tmp_path / "out",
        max_length=48,
        learning_rate=1e-3,
        num_train_epochs=3,
        batch_size=4,
        negatives=1,
        sub_batch_tokens=100,
        save_steps=2,
        eval_steps=2,
        report_to=("none",),
    )
