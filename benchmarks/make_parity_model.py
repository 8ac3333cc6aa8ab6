"""Make the tiny M3 of tests/fixtures/parity: random weights large enough that every layer and head matters.

    .venv/bin/python benchmarks/make_parity_model.py --out tests/fixtures/parity/model

The tokenizer is trained on tests/fixtures/parity/texts.jsonl; the files are those that `m3-train` saves. Afterwards,
record what other programs make of it: benchmarks/record_parity.py.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from transformers import XLMRobertaConfig, XLMRobertaModel

from data.files import atomic_folder
from training.model import M3
from training.model_files import save_model, unweighted_token_ids
from training.tokenizer import train_tokenizer

TEXTS = Path("tests/fixtures/parity/texts.jsonl")
MAX_LENGTH = 96  # shorter than the longest text, so that truncation is compared as well
WIDTH = 32


@dataclass(frozen=True, kw_only=True)
class MakeConfig:
    """Where the model goes, and the chance it is made of."""

    out: Path
    """Folder of the model."""
    seed: int = 7
    """Seed of its weights."""


def make_model(config: MakeConfig) -> None:
    """Write the model to `config.out`."""
    tokenizer = train_tokenizer([TEXTS], vocabulary_size=1500, max_length=MAX_LENGTH)
    torch.manual_seed(config.seed)
    encoder = XLMRobertaModel(
        XLMRobertaConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=2 * WIDTH,
            max_position_embeddings=MAX_LENGTH + tokenizer.pad_token_id + 1,
            type_vocab_size=1,
            layer_norm_eps=1e-5,
            initializer_range=0.3,
        )
    )
    model = M3(encoder, unweighted_token_ids(tokenizer)).eval()
    torch.nn.init.normal_(model.sparse_linear.weight, std=0.3)  # about half of the weights end below 0, and at 0
    with atomic_folder(config.out) as folder:
        save_model(model, tokenizer, folder)


if __name__ == "__main__":
    make_model(tyro.cli(MakeConfig, description=__doc__))
