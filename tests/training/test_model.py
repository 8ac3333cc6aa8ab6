"""Loading, saving and starting models; positions extended; representations of special tokens."""

import json
import logging
import shutil

import pytest
import torch
from training_toy import toy_model, toy_tokenizer, write_toy_corpus
from transformers import BertConfig, BertModel

from data.errors import InputError
from training.config import InitConfig
from training.init import extend_positions, init
from training.model import position_offset
from training.model_files import encode_batch, load_model, save_model
from training.packing import pack

TEXTS = ["kaba lode mifu", "東京 sehin tanpa voba zide"]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return toy_tokenizer(tmp_path_factory.mktemp("tokenizer"))


def represent(model, tokenizer, texts=TEXTS):
    with torch.no_grad():
        return model(pack(encode_batch(tokenizer, texts, 64)))


def test_special_tokens_count_for_nothing(tokenizer):
    model = toy_model(tokenizer)
    found = represent(model, tokenizer, ["kaba", TEXTS[1]])
    special = torch.isin(found.input_ids, torch.tensor([0, 1, 2, 3]))
    assert (found.lexical[special] == 0).all()
    assert (found.lexical[~special] > 0).all()
    assert (~found.mask).nonzero().flatten().tolist() == [0, found.lengths[0]]  # CLS is no token vector
    alone = represent(model, tokenizer, ["kaba"])
    torch.testing.assert_close(found.dense[:1], alone.dense, atol=1e-6, rtol=1e-5)


def test_encode_batch_keeps_the_end_token_when_it_cuts(tokenizer):
    whole, cut = encode_batch(tokenizer, [TEXTS[1]], 64)[0], encode_batch(tokenizer, [TEXTS[1]], 5)[0]
    assert cut == [*whole[:4], whole[-1]]
    assert (whole[0], whole[-1]) == (0, 2)


def test_tokenizer_is_laid_out_as_xlm_r(tokenizer):
    named = ["<s>", "<pad>", "</s>", "<unk>"]
    assert tokenizer.convert_tokens_to_ids(named) == [0, 1, 2, 3]
    assert tokenizer.mask_token_id == len(tokenizer) - 1
    assert tokenizer.unk_token_id not in tokenizer(TEXTS[1])["input_ids"]


def test_round_trip_and_the_layout_without_safetensors(tmp_path, tokenizer):
    model = toy_model(tokenizer).eval()
    save_model(model, tokenizer, tmp_path)
    loaded, again = load_model(str(tmp_path))
    assert loaded.state_dict().keys() == model.state_dict().keys()
    assert all(torch.equal(loaded.state_dict()[key], value) for key, value in model.state_dict().items())
    assert again("ＡＢＣ " + TEXTS[1])["input_ids"] == tokenizer("ＡＢＣ " + TEXTS[1])["input_ids"]
    assert json.loads((tmp_path / "1_Pooling/config.json").read_text())["pooling_mode_cls_token"]
    assert json.loads((tmp_path / "sentence_bert_config.json").read_text())["max_seq_length"] == 64
    torch.save(model.encoder.state_dict(), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    old, _ = load_model(str(tmp_path))
    torch.testing.assert_close(represent(old, tokenizer), represent(model, tokenizer), atol=0, rtol=0)


def test_an_encoder_without_heads_gets_seeded_ones(tmp_path, tokenizer, caplog):
    model = toy_model(tokenizer)
    model.encoder.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with caplog.at_level(logging.WARNING):
        first, second = load_model(str(tmp_path), seed=4)[0], load_model(str(tmp_path), seed=4)[0]
    assert "sparse_linear.pt" in caplog.text
    assert torch.equal(first.colbert_linear.weight, second.colbert_linear.weight)
    assert not torch.equal(first.colbert_linear.weight, load_model(str(tmp_path), seed=5)[0].colbert_linear.weight)


def test_heads_of_another_width_are_refused(tmp_path, tokenizer):
    save_model(toy_model(tokenizer), tokenizer, tmp_path)
    torch.save(torch.nn.Linear(7, 1).state_dict(), tmp_path / "sparse_linear.pt")
    with pytest.raises(InputError, match="sparse_linear"):
        load_model(str(tmp_path))


def test_a_missing_model_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"config\.json"):
        load_model(str(tmp_path))


def test_extended_positions_change_nothing_on_short_texts(tokenizer):
    model = toy_model(tokenizer).eval()
    before = represent(model, tokenizer)
    extend_positions(model.encoder, 150)
    torch.testing.assert_close(represent(model, tokenizer), before, atol=0, rtol=0)
    rows = model.encoder.embeddings.position_embeddings.weight
    assert len(rows) == 152  # two rows of XLM-R are no positions
    assert model.max_length == 150
    assert torch.equal(rows[2:66], rows[66:130])
    assert model(pack([[7] * 150])).dense.isfinite().all()


def test_positions_of_bert_have_no_offset():
    config = BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    encoder = BertModel(config)
    assert position_offset(encoder) == 0
    extend_positions(encoder, 1000)
    rows = encoder.embeddings.position_embeddings.weight
    assert len(rows) == 1000
    assert torch.equal(rows[:488], rows[512:])
    assert encoder(input_ids=torch.full((1, 1000), 7)).last_hidden_state.isfinite().all()


def test_init_from_a_corpus_and_from_a_model(tmp_path):
    corpus = write_toy_corpus(tmp_path / "corpus.jsonl")
    settings = {"corpus": (corpus,), "vocabulary_size": 200, "max_length": 64}
    for name in ("one", "two"):
        init(InitConfig(out=tmp_path / name, **settings))
    first, second = load_model(str(tmp_path / "one"))[0], load_model(str(tmp_path / "two"))[0]
    assert all(torch.equal(value, second.state_dict()[key]) for key, value in first.state_dict().items())
    init(InitConfig(out=tmp_path / "long", source_model=str(tmp_path / "one"), max_length=100))
    assert load_model(str(tmp_path / "long"))[0].max_length == 100
    with pytest.raises(InputError, match="not empty"):
        init(InitConfig(out=tmp_path / "one", **settings))


def test_init_names_the_broken_line(tmp_path):
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"text": "kaba"}\n{"text": \n')
    with pytest.raises(InputError, match=r"corpus\.jsonl:2"):
        init(InitConfig(out=tmp_path / "model", corpus=(corpus,)))
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(InputError, match=r"empty\.txt"):
        init(InitConfig(out=tmp_path / "model", corpus=(tmp_path / "empty.txt",)))
    assert not (tmp_path / "model").exists()


def test_damaged_model_files_are_input_errors(tmp_path, tokenizer):
    save_model(toy_model(tokenizer), tokenizer, tmp_path / "whole")
    for file, message in (
        ("model.safetensors", "cannot load a model"),
        ("sparse_linear.pt", "is not the file of a head"),
        ("config.json", "cannot load a model"),
    ):
        damaged = shutil.copytree(tmp_path / "whole", tmp_path / file)
        (damaged / file).write_bytes((damaged / file).read_bytes()[:5])
        with pytest.raises(InputError, match=message):
            load_model(str(damaged))
    (tmp_path / "whole" / "tokenizer.json").unlink()
    (tmp_path / "whole" / "tokenizer_config.json").unlink()
    with pytest.raises(InputError, match="tokenizer"):
        load_model(str(tmp_path / "whole"))


def test_a_tokenizer_of_another_model_is_told(tmp_path, tokenizer):
    model = toy_model(tokenizer)
    model.encoder.resize_token_embeddings(50)
    save_model(model, tokenizer, tmp_path)
    with pytest.raises(InputError, match=f"{len(tokenizer)} tokens, its encoder vectors for 50"):
        load_model(str(tmp_path))
