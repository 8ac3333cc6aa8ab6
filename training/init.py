"""`m3-train init`: make an M3 to fine-tune, from any multilingual encoder or, small and random, from a corpus.

`init(InitConfig(out=..., source_model="FacebookAI/xlm-roberta-base"))` extends the learned positions by repeating them
and adds heads. `init(InitConfig(out=..., corpus=(file,)))` trains a Unigram tokenizer laid out as XLM-R's and starts a
small encoder near a bag of words. Both write the layout of BAAI/bge-m3 to `config.out`.
"""

import json
from typing import TYPE_CHECKING

import torch
from torch import nn

from data.errors import InputError
from data.files import atomic_folder
from training.config import InitConfig
from training.model import M3, position_offset, position_table
from training.model_files import load_model, save_model, unweighted_token_ids
from training.tokenizer import train_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, XLMRobertaModel

# layers, width, attention heads, feed-forward width
SIZES = {"tiny": (1, 128, 2, 256), "small": (6, 384, 6, 1536)}
POSITION_SCALE = 0.1  # of the token embeddings: at the start a token is above all itself, wherever it stands
# Wider than usual, which a post-norm encoder does not notice: Adam's first steps then change a token by percents only.
EMBEDDING_STD = 0.1
RARITY_SCALE = 3.0  # of the embeddings: what the tokenizer knows of a token's frequency stands out from the random rest


def init(config: InitConfig) -> None:
    """Make the model that `config` asks for and write it to `config.out`, completely or not at all.

    Raises `InputError` for a missing model, a corpus without text, or a folder that is in use.
    """
    if (config.source_model is None) == (not config.corpus):
        raise InputError("give either --from MODEL or --corpus FILES: the new model needs exactly one origin")
    if config.max_length < 2:
        raise InputError(f"--max-length {config.max_length} leaves no room for text; give at least 16")
    if config.out.exists() and not config.out.is_dir():
        raise InputError(f"--out {config.out} is a file; give a folder")
    if config.out.exists() and any(config.out.iterdir()) and not config.overwrite:
        raise InputError(f"{config.out} is not empty; give another --out, or --overwrite to replace what is there")
    if config.source_model is not None:
        model, tokenizer = load_model(config.source_model, seed=config.seed)
        extend_positions(model.encoder, config.max_length)
    else:
        tokenizer = train_tokenizer(config.corpus, config.vocabulary_size, config.max_length)
        model = random_model(tokenizer, config.size, config.max_length, config.seed)
    tokenizer.model_max_length = model.max_length
    with atomic_folder(config.out) as folder:
        save_model(model, tokenizer, folder)


def extend_positions(encoder: "PreTrainedModel", max_length: int) -> None:
    """Give `encoder` a position for each of `max_length` tokens by repeating the learned ones; never takes any away.

    XLM-R's first rows, up to its padding id, are no positions: they stay as they are and are not repeated.
    """
    table = position_table(encoder)
    if table is None:
        if encoder.config.max_position_embeddings < max_length:
            raise InputError(
                f"a {encoder.config.model_type} model has no learned positions to repeat and reads"
                f" {encoder.config.max_position_embeddings} tokens; give a smaller --max-length than {max_length}"
            )
        return
    offset = position_offset(encoder)
    learned = table.weight.detach()[offset:]  # [P, d]
    if len(learned) >= max_length:
        return
    repeats = -(-max_length // len(learned))
    rows = torch.cat(
        [table.weight.detach()[:offset], learned.repeat(repeats, 1)[:max_length]]
    )  # [offset + max_length, d]
    longer = nn.Embedding.from_pretrained(rows.clone(), freeze=False, padding_idx=table.padding_idx)
    embeddings = encoder.get_submodule("embeddings")
    embeddings.position_embeddings = longer
    encoder.config.max_position_embeddings = len(rows)
    # Buffers that the encoder made for its old number of positions; they are derived, so no file holds them.
    for name, value in (("position_ids", torch.arange(len(rows))), ("token_type_ids", torch.zeros(len(rows)).long())):
        if hasattr(embeddings, name):
            setattr(embeddings, name, value.unsqueeze(0))


def random_model(tokenizer: "PreTrainedTokenizerBase", size: str, max_length: int, seed: int) -> M3:
    """Return a small XLM-R with heads whose random start already compares texts as bags of words."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    layers, width, heads, feed_forward = SIZES[size]
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=feed_forward,
        max_position_embeddings=max_length + tokenizer.pad_token_id + 1,
        type_vocab_size=1,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = XLMRobertaModel(config)
        start_as_bag_of_words(encoder, tokenizer)
        return M3(encoder, unweighted_token_ids(tokenizer)).eval()


def start_as_bag_of_words(encoder: "XLMRobertaModel", tokenizer: "PreTrainedTokenizerBase") -> None:
    """Set the random start of a post-norm encoder so that a short training gets far.

    CLS begins as (almost) nothing, and values pass attention unchanged: its state is then the normalised mean of the
    token embeddings, so texts that share words are near each other from the first step on, and what is left to
    learn is which words count. Every other token keeps its identity, as its own embedding outweighs the mean. The
    first coordinate of an embedding says how rare the token is: a few hundred steps cannot learn that for each
    token, but they can learn what to make of one coordinate, for all heads and for words never asked about.
    """
    embeddings = encoder.embeddings
    with torch.no_grad():
        embeddings.word_embeddings.weight *= EMBEDDING_STD / encoder.config.initializer_range
        embeddings.position_embeddings.weight *= POSITION_SCALE
        embeddings.token_type_embeddings.weight.zero_()
        embeddings.word_embeddings.weight[:, 0] = EMBEDDING_STD * RARITY_SCALE * token_rarity(tokenizer)
        embeddings.word_embeddings.weight[tokenizer.cls_token_id] *= POSITION_SCALE
        for layer in encoder.encoder.layer:
            attention = layer.attention
            nn.init.orthogonal_(attention.self.value.weight)
            attention.output.dense.weight.copy_(attention.self.value.weight.T)  # value, then output: the identity


def token_rarity(tokenizer: "PreTrainedTokenizerBase") -> torch.Tensor:
    """Return [V]: how rare a Unigram tokenizer takes each piece to be, standardised; 0 for special tokens."""
    vocabulary = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["vocab"]
    surprise = -torch.tensor([score for _, score in vocabulary])  # [V]
    learned = surprise > 0  # [V]
    standardised = (surprise - surprise[learned].mean()) / surprise[learned].std()
    return standardised.masked_fill(~learned, 0.0)  # [V]
