"""Benchmarks by name from a stand-in of the hub: only what is asked for is fetched; what goes wrong is explained."""

import importlib.util
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmark_toy import HUB_MLDR, NQ, write_miracl, write_mkqa, write_mldr, write_narrativeqa
from huggingface_hub import constants

from data.errors import InputError, RunError
from training.collections.benchmarks import read_benchmark

_spec = importlib.util.spec_from_file_location(
    "hub_server", Path(__file__).parent.parent / "curation" / "hub_server.py"
)
assert _spec is not None and _spec.loader is not None
hub_server = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(hub_server)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    made = hub_server.Hub()
    monkeypatch.setattr(constants, "ENDPOINT", made.url)  # read from HF_ENDPOINT when it is imported
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", made.url + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield made
    made.close()


def serve(hub, repo: str, folder: Path) -> dict[str, bytes]:
    files = {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}
    return hub.add(repo, {"MLDR.py": b"raise SystemExit('never run')", **files})


def test_mldr_by_name_comes_from_the_hub_and_only_what_is_asked_for(hub, tmp_path):
    for lang in ("ko", "th"):
        write_mldr(tmp_path / "copy", *HUB_MLDR, lang)
    files = serve(hub, "Shitao/MLDR", tmp_path / "copy")
    (korean,) = read_benchmark("mldr", None, "test", ["ko"])
    assert (korean.lang, korean.docids, korean.qrels["q1"]) == ("ko", ["ko1", "ko2"], {"ko1": 1})
    fetched = {file.relative_to(tmp_path / "cache").parts[-1] for file in (tmp_path / "cache").rglob("*.jsonl.gz")}
    assert fetched == {"corpus.jsonl.gz", "test.jsonl.gz"}
    assert not list((tmp_path / "cache").rglob("mldr-v1.0-th"))
    downloads = "GET " + "0" * 40
    assert hub.requests[downloads] == 2
    assert read_benchmark("mldr", None, "test", ["ko"])[0].digest == korean.digest
    assert hub.requests[downloads] == 2  # the second time it lies in the cache
    with pytest.raises(InputError, match=r"Shitao/MLDR has no questions in xx \(split test\); it has: ar de en"):
        read_benchmark("mldr", None, "test", ["xx"])
    with pytest.raises(InputError, match=r"Shitao/MLDR on the hub has no mldr-v1\.0-ar/test\.jsonl\.gz; give a copy"):
        read_benchmark("mldr", None, "test", ["ar"])
    del files["mldr-v1.0-ko/corpus.jsonl.gz"]
    with pytest.raises(InputError, match=r"on the hub has no mldr-v1\.0-ko/corpus\.jsonl\.gz"):
        read_benchmark("mldr", None, "test", ["ko"])


def test_miracl_from_the_hub_wants_its_terms_accepted(hub, tmp_path, monkeypatch):
    write_miracl(tmp_path / "copy", "yo")
    for repo in ("miracl/miracl", "miracl/miracl-corpus"):
        serve(hub, repo, tmp_path / "copy")
    hub.gated.add("miracl/miracl")
    with pytest.raises(InputError, match=r"does not give miracl/miracl to you .*accept its terms.*hf auth login"):
        read_benchmark("miracl", None, "dev", ["yo"])
    monkeypatch.setenv("HF_TOKEN", hub_server.READER)
    (yoruba,) = read_benchmark("miracl", None, "dev", ["yo"])
    assert (yoruba.docids, yoruba.query_ids) == (["7#0", "7#1", "8#0"], ["q1", "q2"])


def test_mkqa_and_narrativeqa_by_name(hub, tmp_path):
    (tmp_path / "copy").mkdir()
    write_mkqa(tmp_path / "copy")
    serve(hub, "Shitao/bge-m3-data", tmp_path / "copy")
    pq.write_table(pa.Table.from_pylist(list(NQ)), tmp_path / "nq.parquet")
    nq = hub.add("BeIR/nq", {"corpus/corpus-00000-of-00001.parquet": (tmp_path / "nq.parquet").read_bytes()})
    assert read_benchmark("mkqa", None, "test", ["ko"])[0].docids == ["doc0", "doc1"]
    nq["corpus.jsonl.gz"] = (tmp_path / "copy" / "corpus.jsonl.gz").read_bytes()
    assert read_benchmark("mkqa", None, "test", ["ko"])[0].docids == ["doc0", "doc1"]
    write_narrativeqa(tmp_path / "books" / "test-00000-of-00001.parquet", ("b0", "book", "who?"))
    (tmp_path / "books").rename(tmp_path / "data")
    books = (tmp_path / "data" / "test-00000-of-00001.parquet").read_bytes()
    hub.add("deepmind/narrativeqa", {"data/test-00000-of-00001.parquet": books, "data/train-0.parquet": b"not fetched"})
    assert read_benchmark("narrativeqa", None, "test")[0].queries == ["who?"]


def test_a_hub_that_is_down_or_has_lost_the_data_set_is_explained(hub, monkeypatch):
    with pytest.raises(InputError, match=r"the hub has no data set Shitao/MLDR any more .*give a copy with --dataset"):
        read_benchmark("mldr", None, "test", ["ko"])
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(RunError, match=r"Shitao/MLDR cannot be fetched from the hub .*give a copy of its files"):
        read_benchmark("mldr", None, "test", ["ko"])
