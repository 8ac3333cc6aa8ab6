"""Scores of the search in memory against one text at a time."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from data.errors import RunError
from training.model_files import encode_batch, load_model
from training.packing import insert_cls, pack
from training.searching import in_memory
from training.searching.in_memory import ScoreLimits, score_documents

MODEL = Path(__file__).parent.parent / "fixtures" / "parity" / "model"
QUERIES = ["Who rings the bell?", "혼자", "the ferry to Ossel, the harbour and the rope of the schoolmaster"]
TEXTS = [
    "The bell rings.",
    "A ferry without passengers leaves the harbour at low tide. " * 12,  # longer than the model reads
    "茶屋は三回鳴らすと閉まります。",
    "",
    "In the first week of the year the rope hangs behind glass.",
    "The bell rings.",
]
LIMITS = ScoreLimits(max_length=64, max_query_length=16, sub_batch_tokens=80)


@pytest.fixture(scope="module")
def loaded():
    return load_model(str(MODEL))


def plain_scores(loaded, query: str, text: str) -> tuple[float, float, float]:
    """The three scores of one pair, with Python loops over tokens."""
    model, tokenizer = loaded
    sides = []
    for part, limit in ((query, LIMITS.max_query_length), (text, LIMITS.max_length)):
        with torch.no_grad():
            one = model(pack(encode_batch(tokenizer, [part], limit)))
        weights: dict[int, float] = {}
        for token, weight in zip(one.input_ids.tolist(), one.lexical.tolist(), strict=True):
            weights[token] = max(weight, weights.get(token, 0.0))
        sides.append((one.dense[0].numpy(), weights, one.multi_vector[1:].numpy()))  # CLS is no token vector
    (dense, weights, vectors), (other_dense, other_weights, other_vectors) = sides
    sparse = sum(weight * other_weights.get(token, 0.0) for token, weight in weights.items())
    late = sum(max(float(q @ p) for p in other_vectors) for q in vectors) / len(vectors)
    return float(dense @ other_dense), sparse, late


@pytest.mark.parametrize(("query_block", "window"), [(4096, 500_000), (20, 15)])
def test_scores_equal_plain_loops_whatever_the_batches(loaded, monkeypatch, query_block, window):
    monkeypatch.setattr(in_memory, "QUERY_BLOCK_TOKENS", query_block)
    monkeypatch.setattr(in_memory, "WINDOW_TOKENS", window)
    scores, _ = score_documents(*loaded, QUERIES, TEXTS, LIMITS)
    assert scores.shape == (3, len(QUERIES), len(TEXTS))
    for row, query in enumerate(QUERIES):
        for column, text in enumerate(TEXTS):
            expected = plain_scores(loaded, query, text)
            np.testing.assert_allclose(scores[:, row, column], expected, atol=1e-5, err_msg=f"{query} / {text}")


def test_batches_hold_the_budget_see_every_text_once_and_report_uncut_lengths(loaded):
    _, tokenizer = loaded
    lengths = np.zeros(len(TEXTS), dtype=np.int64)
    batches = list(in_memory._batches(tokenizer, TEXTS, LIMITS.max_length, LIMITS.sub_batch_tokens, lengths, False))
    assert sorted(number for numbers, _ in batches for number in numbers) == list(range(len(TEXTS)))
    for _, ids in batches:
        assert len(ids) == 1 or sum(map(len, ids)) <= LIMITS.sub_batch_tokens
    assert lengths.tolist() == [len(ids) for ids in encode_batch(tokenizer, TEXTS, 10_000)]
    assert lengths[1] > LIMITS.max_length
    found = {number: row for numbers, ids in batches for number, row in zip(numbers.tolist(), ids, strict=True)}
    assert [found[number] for number in range(len(TEXTS))] == encode_batch(tokenizer, TEXTS, LIMITS.max_length)


def test_the_model_is_left_as_it_was(loaded):
    model, tokenizer = loaded
    model.train()
    try:
        first, _ = score_documents(model, tokenizer, QUERIES, TEXTS, LIMITS)
        second, _ = score_documents(model, tokenizer, QUERIES, TEXTS, LIMITS)
        assert model.training
    finally:
        model.eval()
    np.testing.assert_array_equal(first, second)  # no dropout took part


def test_scores_that_are_not_numbers_are_an_error():
    model, tokenizer = load_model(str(MODEL))
    with torch.no_grad():
        model.colbert_linear.bias[0] = float("nan")
    with pytest.raises(RunError, match="not numbers"):
        score_documents(model, tokenizer, QUERIES, TEXTS, LIMITS)


def test_mcls_reads_a_document_with_more_cls_tokens(loaded):
    model, tokenizer = loaded
    scores, lengths = score_documents(model, tokenizer, QUERIES, TEXTS, dataclasses.replace(LIMITS, mcls=8))
    plain, uncut = score_documents(model, tokenizer, QUERIES, TEXTS, LIMITS)
    assert lengths.documents.tolist() == uncut.documents.tolist()
    ids = insert_cls(encode_batch(tokenizer, [TEXTS[1]], 10_000)[0], 8, LIMITS.max_length)
    with torch.no_grad():
        query, text = model(pack(encode_batch(tokenizer, [QUERIES[0]], 16))), model(pack([ids], 8))
    np.testing.assert_allclose(scores[0, 0, 1], (query.dense @ text.dense.T).item(), atol=1e-5)
    assert abs(scores[0, 0, 1] - plain[0, 0, 1]) > 1e-4
    short = [len(row) <= 9 for row in encode_batch(tokenizer, TEXTS, 10_000)]
    np.testing.assert_allclose(scores[:, :, short], plain[:, :, short], atol=1e-5)
