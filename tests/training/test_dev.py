"""Which dev questions and documents are searched, which figure decides, and which step is best."""

import pyarrow as pa
import pytest
import torch
from training_toy import toy_model, toy_tokenizer, write_toy_dataset

from data.dataset import load_curated, write_curated
from data.errors import InputError
from data.records import DOCUMENT, PAIR, conform
from training.collections.read import read_judged
from training.evaluate import evaluate
from training.evaluate_config import EvaluateConfig
from training.model import HEADS
from training.model_files import save_model
from training.running.dev import DevEvaluation, best_entry, deciding_mode, fusion_for, load_dev
from training.searching.fusion import PAPER_LONG
from training.searching.in_memory import ScoreLimits


def write_dev(path, questions=4, documents=20, negative="t1"):
    """A dev question on each of the first dev documents d0, d1...; one train document, the hard negative of all."""
    rows = [{"docid": f"d{n:02}", "split": "dev"} for n in range(documents)] + [{"docid": "t1", "split": "train"}]
    texts = {"title": "", "lang": "en", "tokens": 2, "group": None}
    corpus = [row | texts | {"text": f"text {row['docid']}", "cluster": row["docid"]} for row in rows]
    pairs = [
        {
            "query_id": f"q{n}",
            "query": f"text d{n:02}",
            "positive_ids": [f"d{n:02}"],
            "negative_ids": [negative],
            "lang": "en",
            "evidence_token_start": 0,
            "evidence_tokens": 2,
        }
        for n in range(questions)
    ]
    tables = (conform(pa.Table.from_pylist(pairs), PAIR), conform(pa.Table.from_pylist(corpus), DOCUMENT))
    return write_curated(path, *tables, {"made_by": "toy"})


def test_documents_are_positives_then_negatives_then_a_sample(tmp_path):
    dataset = write_dev(tmp_path)
    (found,) = load_dev(dataset, documents=10, seed=1)
    assert found.query_ids == ["q0", "q1", "q2", "q3"]
    assert {"d00", "d01", "d02", "d03", "t1"} <= set(found.docids)
    assert len(found.docids) == 10
    assert found.texts[found.docids.index("d02")] == "text d02"
    assert found.qrels["q3"] == {"d03": 1}
    assert load_dev(dataset, documents=10, seed=1)[0].docids == found.docids
    assert load_dev(dataset, documents=10, seed=2)[0].docids != found.docids
    (whole,) = load_dev(dataset, documents=1000, seed=1)
    assert whole.docids == [*(f"d{n:02}" for n in range(20)), "t1"]


def test_questions_whose_documents_do_not_fit_are_left_out(tmp_path):
    (found,) = load_dev(write_dev(tmp_path), documents=3, seed=1)
    assert len(found.docids) == len(found.query_ids) == 3
    assert {docid for row in found.qrels.values() for docid in row} == set(found.docids)


def test_a_missing_document_names_the_question(tmp_path):
    import pyarrow.parquet as pq

    file = write_dev(tmp_path).corpus_file("en")
    table = pq.read_table(file)
    pq.write_table(table.filter(pa.compute.not_equal(table["docid"], "d02")), file)
    with pytest.raises(InputError, match="q2 names document d02"):
        load_dev(load_curated(tmp_path), documents=10, seed=1)


def test_figures_are_those_of_evaluate(tmp_path):
    """Where every document fits, training sees what the command measures."""
    write_toy_dataset(tmp_path / "dataset", dev=2)
    tokenizer = toy_tokenizer(tmp_path)
    model = toy_model(tokenizer)
    save_model(model, tokenizer, tmp_path / "model")
    limits = {"max_length": 48, "max_query_length": 32, "sub_batch_tokens": 200}
    collections = read_judged(tmp_path / "dataset", "dev")
    torch.manual_seed(3)
    state = torch.get_rng_state()
    figures = DevEvaluation(collections, ScoreLimits(**limits), HEADS).run(model, tokenizer)
    assert torch.equal(torch.get_rng_state(), state)
    config = EvaluateConfig(
        dataset=tmp_path / "dataset",
        split="dev",
        model=str(tmp_path / "model"),
        out=tmp_path / "report.json",
        **limits,
    )
    measured = evaluate(config)["metrics"]
    assert set(figures) == set(measured) - {"bm25", "bm25_subwords"}
    for mode, row in figures.items():
        assert row["ko"] == pytest.approx(measured[mode]["ko"]["ndcg@10"], abs=1e-6)
        assert row["mean"] == pytest.approx(measured[mode]["all"]["ndcg@10"], abs=1e-6)


def test_the_mode_that_decides():
    assert deciding_mode(HEADS) == "all"
    assert fusion_for(HEADS) == PAPER_LONG
    assert deciding_mode(("dense", "sparse")) == "dense_sparse"
    assert fusion_for(("dense", "sparse")) == PAPER_LONG
    assert deciding_mode(("multi_vec",)) == "multi_vector"
    assert deciding_mode(("dense", "multi_vec")) == "all"
    assert fusion_for(("dense", "multi_vec")).all == (0.15, 0.0, 0.35)


def test_the_best_is_the_last_of_the_highest_after_training_began():
    entries = [{"step": step, "figure": figure} for step, figure in ((0, 0.9), (5, 0.4), (10, 0.6), (15, 0.6))]
    assert best_entry([{"step": 3, "loss": 1.0}, *entries]) == {"step": 15, "figure": 0.6}
    assert best_entry(entries[:1]) is None
