"""Packed texts are read as padded ones are, gradients too; what packing cannot serve is refused or padded."""

import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    MPNetConfig,
    MPNetModel,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from data.errors import InputError
from training.attention import PACKED
from training.model import M3
from training.packing import pack

SHAPE = {
    "vocab_size": 60,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 80,
}
ENCODERS = {
    "xlm-roberta": (XLMRobertaModel, XLMRobertaConfig),
    "roberta": (RobertaModel, RobertaConfig),
    "bert": (BertModel, BertConfig),
}
LENGTHS = (40, 7, 7, 7, 23, 1, 2, 2)


def toy(name: str, **changes) -> M3:
    model, config = ENCODERS[name]
    torch.manual_seed(5)
    return M3(model(config(**SHAPE | changes)), [0, 1, 2, 3])


def toy_texts():
    generator = torch.Generator().manual_seed(1)
    return pack([torch.randint(4, 60, (length,), generator=generator).numpy() for length in LENGTHS])


def outcome(model: M3, texts):
    model.zero_grad()
    found = model(texts)
    chance = torch.Generator().manual_seed(2)
    total = sum(
        (part * torch.randn(part.shape, generator=chance, dtype=part.dtype)).sum()
        for part in (found.dense, found.lexical, found.multi_vector)
    )
    total.backward()
    return found, {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("name", ENCODERS)
def test_packed_equals_padded_in_double_precision(name):
    model = toy(name).double().eval()
    found = []
    for attention in ("auto", "padded"):
        model.set_attention(attention)
        assert model.packs == (attention == "auto")
        found.append(outcome(model, toy_texts()))
    torch.testing.assert_close(found[0], found[1], atol=1e-10, rtol=1e-10)
    assert found[0][0].dense.dtype == torch.float64


def test_no_text_sees_another():
    model = toy("xlm-roberta").eval()
    texts = toy_texts()
    together = model(texts)
    alone = [model(pack([part.numpy()])) for part in texts.input_ids.split(LENGTHS)]
    torch.testing.assert_close(together.dense, torch.cat([one.dense for one in alone]), atol=1e-6, rtol=1e-5)
    vectors = torch.cat([one.multi_vector for one in alone])
    torch.testing.assert_close(together.multi_vector, vectors, atol=1e-6, rtol=1e-5)


def test_attention_dropout_is_applied_to_packed_texts_too():
    model = toy("xlm-roberta", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.5)
    texts = toy_texts()
    torch.testing.assert_close(model.eval()(texts), model(texts))
    model.train()
    assert not torch.allclose(model(texts).dense, model(texts).dense)


def test_mcls_averages_the_cls_states():
    model = toy("xlm-roberta").eval()
    texts = pack([[0, 5, 6, 0, 7, 2]], cls_every=2)
    hidden = model._encode_packed(texts, None)  # [T, d]
    mean = torch.nn.functional.normalize((hidden[0] + hidden[3]) / 2, dim=-1)
    found = model(texts)
    torch.testing.assert_close(found.dense[0], mean)
    assert found.mask.tolist() == [False, True, True, False, True, True]


def test_lengths_that_are_missing_are_refused():
    model = toy("xlm-roberta")
    with pytest.raises(ValueError, match="lengths"):
        model.encoder(input_ids=torch.tensor([[0, 5, 2]]))


def test_an_encoder_with_attention_of_its_own_is_padded():
    torch.manual_seed(5)
    model = M3(MPNetModel(MPNetConfig(**SHAPE)), [0, 1, 2, 3]).eval()
    assert not model.packs
    texts = toy_texts()
    alone = [model(pack([part.numpy()])).dense for part in texts.input_ids.split(LENGTHS)]
    torch.testing.assert_close(model(texts).dense, torch.cat(alone), atol=1e-6, rtol=1e-5)


def test_flash_attention_that_is_not_there_is_told():
    with pytest.raises(InputError, match="--attention"):
        toy("xlm-roberta").set_attention("flash_attention_2")


def test_the_saved_configuration_does_not_name_our_attention(tmp_path):
    model = toy("xlm-roberta")
    assert model.encoder.config._attn_implementation == PACKED
    model.encoder.save_pretrained(tmp_path)
    assert PACKED not in (tmp_path / "config.json").read_text()
