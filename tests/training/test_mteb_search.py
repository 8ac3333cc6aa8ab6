"""What mteb is given: the rankings of evaluate's modes, for whole corpora and for given candidates."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset

from data.errors import InputError
from training import mteb_search
from training.mteb_search import CorpusTexts, M3Search, query_texts
from training.searching.candidates import candidates_of
from training.searching.encoder import ScoreLimits
from training.searching.fusion import PAPER_LONG, rank_modes
from training.searching.in_memory import score_documents

MODEL = str(Path(__file__).parent.parent / "fixtures" / "parity" / "model")
MODES = ("dense", "sparse", "multi_vector", "dense_sparse", "all")
READING = {"max_length": 24, "max_query_length": 12}
CORPUS = {  # out of order: documents are numbered by id
    "d2": ("Ferry", "The ferry leaves at low tide, and the bell rings."),
    "d0": ("", "The bell of the harbour rings at noon."),
    "d4": (None, "The bell of the harbour rings at noon."),  # as d0: equal scores
    "d1": ("Goat", "A goat stands on the bridge by the mill. " * 4),
    "d3": ("Apples", "Apples ripen late."),
}
QUERIES = {"q1": "who rings the bell of the harbour", "q0": "goat on the bridge", "q2": "ferry"}
BEIR_QRELS = {"q0": {"d1": 1}, "q1": {"d0": 1, "d2": 2}, "q2": {"d2": 1, "d3": 0}}
CALL = {"task_metadata": None, "hf_split": "test", "hf_subset": "default", "encode_kwargs": {}, "num_proc": None}


def corpus() -> Dataset:
    return Dataset.from_list([{"id": name, "title": title, "text": text} for name, (title, text) in CORPUS.items()])


def queries() -> Dataset:
    return Dataset.from_list([{"id": name, "text": text} for name, text in QUERIES.items()])


@pytest.fixture(scope="module")
def searchers():
    return {mode: M3Search(MODEL, mode, **READING) for mode in MODES}


def found_by(searcher: M3Search, top_k: int = 1000, top_ranked=None):
    searcher.index(corpus(), **CALL)
    return searcher.search(queries(), top_k=top_k, top_ranked=top_ranked, **CALL)


def scored(searcher: M3Search, mcls: int | None = None) -> np.ndarray:
    """[3, questions, documents] of documents sorted by id, by the search that needs no shards."""
    texts = [f"{title}\n{text}" if title else text for _, (title, text) in sorted(CORPUS.items())]
    limits = ScoreLimits(**READING, sub_batch_tokens=1000, mcls=mcls)
    texts[3] = CORPUS["d3"][1]  # its title begins it
    return score_documents(searcher.encoder.model, searcher.encoder.tokenizer, list(QUERIES.values()), texts, limits)[0]


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_gives_mteb_the_rankings_of_evaluate(searchers, mode):
    found = found_by(searchers[mode])
    expected = rank_modes(candidates_of(scored(searchers[mode])), PAPER_LONG)[mode]
    assert list(found) == list(QUERIES)
    for row, own in enumerate(found.values()):
        assert [int(name[1]) for name in own] == expected.documents[row].tolist()
        np.testing.assert_allclose(list(own.values()), expected.scores[row], atol=1e-3)
        assert sorted(own.values(), reverse=True) == list(own.values()) and len({*own.values()}) == len(own)
    assert list(found["q1"]).index("d0") + 1 == list(found["q1"]).index("d4")


def test_top_k_cuts_and_mcls_counts(searchers):
    assert {name: list(own) for name, own in found_by(searchers["all"], top_k=2).items()} == {
        name: list(own)[:2] for name, own in found_by(searchers["all"]).items()
    }
    with_cls = M3Search(MODEL, "dense", **READING, mcls=8)
    dense = scored(with_cls, mcls=8)[0]
    for row, own in enumerate(found_by(with_cls).values()):
        np.testing.assert_allclose(list(own.values()), np.sort(dense[row])[::-1], atol=1e-5)
    assert np.abs(dense - scored(with_cls)[0]).max() > 1e-3


def test_windows_reach_what_the_beginning_does_not(searchers):
    long_document = Dataset.from_list([{"id": "d0", "text": "a mill " * 40 + "the goat on the bridge"}])
    scores = {}
    for window in ("head", "all"):
        searcher = M3Search(MODEL, "sparse", **READING, window=window)
        searcher.index(long_document, **CALL)
        scores[window] = searcher.search(queries(), top_k=10, top_ranked=None, **CALL)["q0"].get("d0", 0.0)
    assert scores["all"] > scores["head"]


@pytest.mark.parametrize("mode", MODES)
def test_given_candidates_are_ranked_all_and_alone(searchers, mode, monkeypatch):
    monkeypatch.setattr(mteb_search, "MERGE_DEPTH", 1)
    monkeypatch.setattr(mteb_search, "RERANK_DEPTH", 1)
    given = {"q0": ["d3", "d1"], "q1": ["d4", "d3", "d0"], "q2": []}
    found = found_by(searchers[mode], top_ranked=given)
    scores = scored(searchers[mode])
    mixed = {"dense": (1, 0, 0), "sparse": (0, 1, 0), "multi_vector": (0, 0, 1)}
    mixed |= {"dense_sparse": (0.2, 0.8, 0), "all": (0.15, 0.5, 0.35)}
    for row, name in enumerate(QUERIES):
        value = np.array(mixed[mode]) @ scores[:, row]
        assert list(found[name]) == sorted(given[name], key=lambda docid: (-value[int(docid[1])], docid))


def test_multi_vector_over_all_documents(monkeypatch):
    monkeypatch.setattr(mteb_search, "RERANK_DEPTH", 1)
    assert all(len(own) == 1 for own in found_by(M3Search(MODEL, "multi_vector", **READING)).values())
    everywhere = found_by(M3Search(MODEL, "multi_vector", **READING, multi_vector="all"))
    assert all(len(own) == len(CORPUS) for own in everywhere.values())


def test_a_kept_folder_serves_the_next_mode(tmp_path, monkeypatch):
    first = found_by(M3Search(MODEL, "dense", **READING, index=tmp_path))
    assert list(tmp_path.rglob("*.vectors.npy"))
    monkeypatch.setattr("training.searching.shards._write_shard", None)  # nothing is encoded again
    assert found_by(M3Search(MODEL, "dense", **READING, index=tmp_path)) == first
    found_by(M3Search(MODEL, "all", **READING, index=tmp_path))


def test_mistakes_are_told(searchers):
    with pytest.raises(InputError, match="there is no mode 'colbert'; the modes are dense sparse"):
        M3Search(MODEL, "colbert")
    with pytest.raises(InputError, match="call index"):
        M3Search(MODEL, **READING).search(queries(), top_k=1)
    with pytest.raises(InputError, match="have no text, only id image"):
        searchers["all"].index(Dataset.from_dict({"id": ["a"], "image": ["b"]}))
    with pytest.raises(InputError, match="1 documents that its corpus lacks, first 'd9'"):
        CorpusTexts(corpus(), {"d0", "d9"})


def test_without_mteb_what_needs_it_says_how_to_install_it(searchers, monkeypatch):
    monkeypatch.setitem(sys.modules, "mteb", None)
    monkeypatch.delitem(sys.modules, "mteb.models.model_meta", raising=False)
    with pytest.raises(InputError, match="is not installed; pip install"):
        searchers["all"].mteb_model_meta  # noqa: B018
    instructed = Dataset.from_dict({"id": ["a"], "text": ["b"], "instruction": ["c"]})
    with pytest.raises(InputError, match="is not installed; pip install"):
        query_texts(instructed, None)


@pytest.fixture
def benchmark(monkeypatch):
    """benchmarks/mteb_run.py, where mteb is installed."""
    pytest.importorskip("mteb")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    return importlib.import_module("mteb_run")


def test_mteb_measures_what_evaluate_measures(benchmark, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "en"
    folder.mkdir()
    documents = [{"_id": name, "title": title or "", "text": text} for name, (title, text) in CORPUS.items()]
    Dataset.from_list(documents).to_json(folder / "corpus.jsonl")
    Dataset.from_list([{"_id": k, "text": v} for k, v in QUERIES.items()]).to_json(folder / "queries.jsonl")
    judged = [f"{name}\t{docid}\t{grade}\n" for name, row in BEIR_QRELS.items() for docid, grade in row.items()]
    (folder / "qrels.tsv").write_text("".join(judged))
    arguments = ["--model", MODEL, "--local", str(folder), "--out", str(tmp_path / "out")]
    arguments += ["--max-length", "24", "--max-query-length", "12"]
    monkeypatch.setattr(sys, "argv", ["mteb_run.py", *arguments])
    benchmark.main()
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("LocalRetrieval")]
    assert [row.split()[2] for row in rows] == list(MODES)
    assert all(float(row.split()[4]) > 0 for row in rows)


def test_mteb_takes_it_for_a_searcher_and_reads_instructions_its_own_way(searchers):
    mteb = pytest.importorskip("mteb")
    from mteb.mocks.mock_tasks.reranking import MockRerankingTask
    from mteb.mocks.mock_tasks.retrieval import MockRetrievalTask
    from mteb.models import SearchProtocol

    assert all(isinstance(searcher, SearchProtocol) for searcher in searchers.values())
    names = {searcher.mteb_model_meta.model_name_with_experiment for searcher in searchers.values()}
    assert len(names) == len(MODES)
    instructed = Dataset.from_dict({"id": ["a"], "text": ["the bell"], "instruction": ["Find a tower."]})
    metadata = MockRetrievalTask.metadata
    assert query_texts(instructed, metadata) == ["the bell Find a tower."]
    talk = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Yes?"}]
    assert query_texts(Dataset.from_dict({"id": ["a"], "text": [talk]}), metadata) == ["user: Hello; assistant: Yes?"]
    for task in (MockRetrievalTask(), MockRerankingTask()):
        result = mteb.evaluate(searchers["all"], task, cache=None)
        assert 0 < result.task_results[0].main_score <= 1
