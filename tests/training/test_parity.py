"""Our scores against those of FlagEmbedding and sentence-transformers, recorded by benchmarks/record_parity.py."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from training.model import M3, Representations
from training.model_files import encode_batch, load_model, save_model
from training.packing import pack
from training.scores import score_columns

FIXTURE = Path(__file__).parent.parent / "fixtures" / "parity"
MODEL = FIXTURE / "model"
ABOUT = json.loads((FIXTURE / "recorded.json").read_text())
ROWS = [json.loads(line) for line in (FIXTURE / "texts.jsonl").read_text(encoding="utf-8").splitlines()]
TEXTS = [row["query"] for row in ROWS] + [row["text"] for row in ROWS]
LANGUAGES = ["ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "pt", "ru", "th", "zh"]
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def recorded():
    with np.load(FIXTURE / "recorded.npz", allow_pickle=False) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module", params=["model.safetensors", "pytorch_model.bin"])
def loaded(request, tmp_path_factory):
    """The checkpoint as m3-train saves it, and the same with the encoder file that BAAI/bge-m3 has on the hub."""
    folder = tmp_path_factory.mktemp("parity") / "model"
    shutil.copytree(MODEL, folder)
    if request.param == "pytorch_model.bin":
        torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
    return load_model(str(folder))


@torch.no_grad()
def represent(model: M3, tokenizer, texts: list[str]) -> Representations:
    ids = encode_batch(tokenizer, texts, ABOUT["max_length"])
    return model(pack(ids))


def test_texts_cover_every_language_truncation_and_special_tokens(loaded):
    _, tokenizer = loaded
    assert sorted({row["lang"] for row in ROWS}) == LANGUAGES
    lengths = [len(ids) for ids in encode_batch(tokenizer, TEXTS, 10_000)]
    assert max(lengths) > ABOUT["max_length"]
    everything = {token for ids in encode_batch(tokenizer, TEXTS, 10_000) for token in ids}
    assert {tokenizer.unk_token_id, tokenizer.mask_token_id} <= everything


@pytest.mark.parametrize("program", ["dense", "sentence_transformer"])
def test_dense_vectors(loaded, recorded, program):
    ours = represent(*loaded, TEXTS).dense.numpy()
    np.testing.assert_allclose(ours, recorded[program], atol=TOLERANCE)


def test_lexical_weights(loaded):
    ours = represent(*loaded, TEXTS)
    texts = (part.split(ours.lengths) for part in (ours.input_ids, ours.lexical))
    for ids, weights, theirs in zip(*texts, ABOUT["lexical"], strict=True):
        largest: dict[str, float] = {}
        for token, weight in zip(ids.tolist(), weights.tolist(), strict=True):
            if weight > 0:
                largest[str(token)] = max(weight, largest.get(str(token), 0.0))
        assert largest == pytest.approx(theirs, abs=TOLERANCE)


def test_token_vectors(loaded, recorded):
    ours = represent(*loaded, TEXTS)
    theirs = np.split(recorded["token_vectors"], recorded["token_ends"][:-1])
    texts = (part.split(ours.lengths) for part in (ours.multi_vector, ours.mask))
    for vectors, mask, expected in zip(*texts, theirs, strict=True):
        np.testing.assert_allclose(vectors[mask].numpy(), expected, atol=TOLERANCE)


def test_pair_scores(loaded, recorded):
    """All pairs in one batch of ours equal FlagEmbedding's, one pair at a time; fusions there weigh 1, 1, 1."""
    queries, texts = represent(*loaded, TEXTS[: len(ROWS)]), represent(*loaded, TEXTS[len(ROWS) :])
    dense, sparse, vectors = (columns.diagonal().numpy() for columns in score_columns(queries, texts))
    expected = dict(zip(ABOUT["pair_scores"], recorded["pair_scores"], strict=True))
    np.testing.assert_allclose(dense, expected["dense"], atol=TOLERANCE)
    np.testing.assert_allclose(sparse, expected["sparse"], atol=TOLERANCE)
    np.testing.assert_allclose(vectors, expected["colbert"], atol=TOLERANCE)
    np.testing.assert_allclose((dense + sparse) / 2, expected["sparse+dense"], atol=TOLERANCE)
    np.testing.assert_allclose((dense + sparse + vectors) / 3, expected["colbert+sparse+dense"], atol=TOLERANCE)


def test_the_recorded_values_are_no_trivial_ones(recorded):
    scores = dict(zip(ABOUT["pair_scores"], recorded["pair_scores"], strict=True))
    assert all(scores[name].std() > 0.01 for name in ("dense", "sparse", "colbert"))
    assert all(ABOUT["lexical"])


def test_the_saved_files_are_those_that_both_programs_read(loaded, tmp_path):
    save_model(*loaded, tmp_path / "again")
    for folder in (MODEL, tmp_path / "again"):
        modules = json.loads((folder / "modules.json").read_text())
        assert [module["type"].split(".")[-1] for module in modules] == ["Transformer", "Pooling", "Normalize"]
        pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
        assert pooling["pooling_mode_cls_token"] is True
        assert pooling["pooling_mode_mean_tokens"] is False
        assert pooling["word_embedding_dimension"] == 32
        assert json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"] == ABOUT["max_length"]
        shapes = {"sparse_linear.pt": (1, 32), "colbert_linear.pt": (32, 32)}
        for file, shape in shapes.items():
            head = torch.load(folder / file, weights_only=True)
            assert set(head) == {"weight", "bias"} and head["weight"].shape == shape
        for file in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
            assert (folder / file).is_file()
