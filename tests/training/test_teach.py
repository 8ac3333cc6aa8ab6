"""Teacher scores against direct computation, on long documents too; resuming; what goes wrong."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from mining_toy import rows_of, save_toy_model, save_toy_reranker, write_documents, write_word_dataset
from training_toy import WORDS
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from data.dataset import load_curated
from data.errors import InputError, RunError
from training.mine import mine
from training.mine_config import MineConfig, TeachConfig
from training.mining.questions import Text
from training.mining.reranker import Reranker
from training.model_files import encode_batch, load_model
from training.packing import pack
from training.scores import score_columns
from training.searching.pair_log import PairLog
from training.teach import teach


@pytest.fixture
def mined(tmp_path):
    write_word_dataset(tmp_path / "run" / "dataset")
    mine(MineConfig(dataset=tmp_path / "run", negatives=2, copy_share=1.1, max_ratio={"bm25": 1e9}))
    return tmp_path / "run"


def texts_of(path):
    return {row["docid"]: row["text"] for row in load_curated(path).corpus("en").to_pylist()}


def direct(reranker, query, text):
    """A cross-encoder's output for one pair, without anything of ours."""
    tokenizer = AutoTokenizer.from_pretrained(reranker)
    model = AutoModelForSequenceClassification.from_pretrained(reranker).eval()
    with torch.inference_mode():
        return model(**tokenizer(query, text, return_tensors="pt")).logits.item()


def test_a_reranker_scores_positives_and_negatives(mined, tmp_path, capsys):
    reranker = save_toy_reranker(tmp_path / "reranker")
    report = teach(TeachConfig(dataset=mined, reranker=reranker))
    texts = texts_of(mined)
    for row in rows_of(mined).values():
        assert row["pos_scores"] == pytest.approx(
            [direct(reranker, row["query"], texts[d]) for d in row["positive_ids"]], abs=1e-4
        )
        assert row["neg_scores"] == pytest.approx(
            [direct(reranker, row["query"], texts[d]) for d in row["negative_ids"]], abs=1e-4
        )
    assert report["counts"]["positives"] == 12
    manifest = load_curated(mined).manifest
    assert manifest["taught"] == json.loads(json.dumps(report))
    assert manifest["mined"]["miners"] == ["bm25"]
    assert "scores of a teacher" in (mined / "dataset" / "README.md").read_text()
    assert "12 positives and" in capsys.readouterr().out
    mine(MineConfig(dataset=mined, negatives=1, copy_share=1.1, overwrite=True))
    assert load_curated(mined).manifest["taught"] is None
    assert all(row["pos_scores"] == row["neg_scores"] == [] for row in rows_of(mined).values())


@pytest.mark.parametrize("head", ["all", "dense", "sparse", "multi_vec"])
def test_an_m3_scores_with_one_head_or_the_weighted_sum(mined, tmp_path, head):
    name = save_toy_model(tmp_path / "model")
    teach(TeachConfig(dataset=mined, model=name, head=head))
    model, tokenizer = load_model(name)
    texts = texts_of(mined)
    weights = {"all": (1.0, 0.3, 1.0), "dense": (1, 0, 0), "sparse": (0, 1, 0), "multi_vec": (0, 0, 1)}[head]
    for row in rows_of(mined).values():
        passages = [texts[docid] for docid in (*row["positive_ids"], *row["negative_ids"])]
        with torch.inference_mode():
            query, encoded = (model(pack(encode_batch(tokenizer, part, 64))) for part in ([row["query"]], passages))
            scores = (score_columns(query, encoded)[:, 0] * torch.tensor(weights).unsqueeze(1)).sum(dim=0)
        assert [*row["pos_scores"], *row["neg_scores"]] == pytest.approx(scores.tolist(), abs=2e-3)


def long_document(tmp_path):
    """One document of several windows whose evidence no plain window holds whole."""
    text = " ".join(WORDS)
    start = text.index(WORDS[17])
    evidence = (start, text.index(WORDS[22]) - 1)
    pair = {"query_id": "q", "query": WORDS[19], "positive_ids": ["a"], "evidence_start": evidence[0]}
    write_documents(tmp_path / "d", [{"docid": "a", "text": text}], [{**pair, "evidence_end": evidence[1]}])
    return text, evidence


def test_the_best_window_counts_and_the_evidence_has_one_of_its_own(tmp_path, monkeypatch):
    text, (start, end) = long_document(tmp_path)
    name = save_toy_reranker(tmp_path / "reranker", max_length=24)
    shown = []
    plain = Reranker._read
    monkeypatch.setattr(Reranker, "_read", lambda self, pairs: shown.extend(pairs) or plain(self, pairs))
    report = teach(TeachConfig(dataset=tmp_path / "d", reranker=name, overlap=0.0))
    parts = [part for _, part in shown]
    assert len(parts) > 3
    assert " ".join(parts[:2]).split() == text.split()[: len(" ".join(parts[:2]).split())]
    assert text[start:end] in parts[-1]
    assert not any(text[start:end] in part for part in parts[:-1])
    (row,) = rows_of(tmp_path / "d").values()
    assert row["pos_scores"] == pytest.approx([max(direct(name, WORDS[19], part) for part in parts)], abs=1e-4)
    assert row["neg_scores"] == []
    assert report["counts"]["questions_without_negatives"] == 1


def test_an_m3_reads_a_window_around_the_evidence_too(tmp_path):
    long_document(tmp_path)
    name = save_toy_model(tmp_path / "model", max_length=24)
    whole = TeachConfig(dataset=tmp_path / "d", model=name, head="sparse", overlap=0.0)
    teach(whole)
    (with_evidence,) = rows_of(tmp_path / "d")["q"]["pos_scores"]
    assert with_evidence > 0  # the question's word stands in it


def test_windows_fit_the_model_whatever_the_question(tmp_path):
    name = save_toy_reranker(tmp_path / "reranker", max_length=24)
    reader = Reranker(name, None, 512, 0.1, 1000)
    assert reader.max_length == 24
    long_question = " ".join(WORDS)
    scores = reader.ask([long_question, WORDS[0]]).score([0, 1], Text(0, " ".join(WORDS[:30]), 0), [])
    assert np.isfinite(scores).all()
    assert len(reader.queries[0]) < len(long_question)
    assert reader.queries[1] == WORDS[0]
    assert np.isfinite(reader.score([0], Text(1, "", 0), [])).all()


def test_a_stopped_run_scores_only_what_is_missing(mined, tmp_path, monkeypatch):
    reranker = save_toy_reranker(tmp_path / "reranker")
    config = TeachConfig(dataset=mined, reranker=reranker)
    whole = teach(dataclasses.replace(config, out=tmp_path / "whole"))
    read: list[int] = []
    plain = Reranker.score

    def stop_at_document_7(self, rows, text, spans):
        if text.number == 7:
            raise KeyboardInterrupt
        return plain(self, rows, text, spans)

    with monkeypatch.context() as patch:
        patch.setattr(Reranker, "score", stop_at_document_7)
        with pytest.raises(KeyboardInterrupt):
            teach(config)
    assert all(not row["pos_scores"] for row in rows_of(mined).values())
    monkeypatch.setattr(Reranker, "score", lambda *args: read.append(args[2].number) or plain(*args))
    assert teach(config)["digest"] == whole["digest"]
    assert min(read) == 7


def test_a_torn_record_is_not_read(tmp_path):
    log = PairLog(tmp_path / "log")
    log.add([3, 1], 5, np.array([0.5, -2.0], dtype=np.float32))
    with (tmp_path / "log").open("ab") as file:
        file.write(b"\x07\x00\x00\x00\x01")
    log = PairLog(tmp_path / "log")
    rows, documents = np.array([1, 3, 3]), np.array([5, 5, 6])
    assert log.missing(rows, documents).tolist() == [[3, 6]]
    assert log.scores(rows[:2], documents[:2]).tolist() == [-2.0, 0.5]
    log.add([3], 6, np.array([1.5], dtype=np.float32))
    log.reload()
    assert log.scores(rows, documents).tolist() == [-2.0, 0.5, 1.5]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "give either --reranker or --model"),
        ({"reranker": "RERANKER", "model": "x"}, "give either --reranker or --model"),
        ({"reranker": "RERANKER", "head": "dense"}, "--head dense belongs to --model"),
        ({"reranker": "./no-such-model"}, "cannot load a reranker from ./no-such-model"),
        ({"reranker": "TWO"}, "has 2 outputs; a reranker has one"),
        ({"reranker": "ENCODER"}, "has no weights for classifier.*, so it is no reranker"),
        ({"reranker": "RERANKER", "max_length": 8192}, "has positions for 64 tokens, fewer than 8192"),
        ({"reranker": "RERANKER", "max_length": 10}, "leave no room for a question"),
    ],
)
def test_wrong_settings_are_input_errors(mined, tmp_path, changes, message):
    if changes.get("reranker") == "RERANKER":
        changes = {**changes, "reranker": save_toy_reranker(tmp_path / "reranker")}
    elif changes.get("reranker") == "TWO":
        changes = {"reranker": save_toy_reranker(tmp_path / "two", labels=2)}
    elif changes.get("reranker") == "ENCODER":
        name = save_toy_reranker(tmp_path / "reranker")
        encoder = AutoModel.from_pretrained(name)
        encoder.save_pretrained(tmp_path / "encoder")
        AutoTokenizer.from_pretrained(name).save_pretrained(tmp_path / "encoder")
        config = json.loads((tmp_path / "encoder" / "config.json").read_text())
        (tmp_path / "encoder" / "config.json").write_text(
            json.dumps({**config, "id2label": {"0": "x"}, "label2id": {"x": 0}})
        )
        changes = {"reranker": str(tmp_path / "encoder")}
    with pytest.raises(InputError, match=message):
        teach(TeachConfig(dataset=mined, **changes))
    assert all(not row["pos_scores"] for row in rows_of(mined).values())


def test_scores_that_are_there_are_replaced_only_when_asked(mined, tmp_path):
    config = TeachConfig(dataset=mined, model=save_toy_model(tmp_path / "model"))
    teach(config)
    with pytest.raises(InputError, match="have pos_scores already; give --overwrite"):
        teach(config)
    teach(dataclasses.replace(config, overwrite=True, head="sparse"))


def test_a_score_that_is_no_number_names_question_and_document(mined, tmp_path):
    name = save_toy_reranker(tmp_path / "reranker")
    model = AutoModelForSequenceClassification.from_pretrained(name)
    model.classifier.out_proj.bias.data[:] = torch.nan
    model.save_pretrained(name)
    with pytest.raises(RunError, match="the score of question q0 with document d0 is not a number"):
        teach(TeachConfig(dataset=mined, reranker=name))
