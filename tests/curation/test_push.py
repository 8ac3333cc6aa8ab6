import json
import subprocess
import sys
from typing import NamedTuple

import pytest
from dataset_toy import edit, make_document, make_pair, make_rows, write_rows
from hub_server import READER, WRITER, Hub
from huggingface_hub import constants

from curation.__main__ import main
from curation.verify import verify_dataset


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def hub():
    made = Hub()
    yield made
    made.close()


@pytest.fixture
def dataset(tmp_path):
    return write_rows(tmp_path / "run" / "dataset", *make_rows())


@pytest.fixture
def push(hub, dataset, monkeypatch, tmp_path, capsys):
    """Return a function that runs m3-curate push against the stand-in and returns status and output."""
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)  # read from the environment when it is imported
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # the stand-in speaks LFS
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)

    def run(*options, token=WRITER):
        if token:
            monkeypatch.setenv("HF_TOKEN", token)
        else:
            monkeypatch.delenv("HF_TOKEN", raising=False)
        status = main(["push", "--out", str(dataset.path.parent), *options])
        told = capsys.readouterr()
        assert WRITER not in told.out + told.err
        return Done(status, told.out, told.err)

    return run


def downloaded(files, folder):
    """Write the files of a repository to a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_what_is_pushed_is_the_data_set_and_proves_itself(hub, dataset, push, tmp_path):
    done = push("--repo", "somebody/documents", "--message", "First words")
    assert (done.returncode, done.stdout) == (0, f"uploaded: {hub.url}/datasets/somebody/documents\n"), done.stderr
    files = hub.repos["somebody/documents"]["branches"]["main"]
    local = {file.relative_to(dataset.path).as_posix() for file in dataset.path.rglob("*") if file.is_file()}
    assert set(files) == {*local, ".gitattributes"}
    assert all(files[name] == (dataset.path / name).read_bytes() for name in local - {"README.md"})
    card = files["README.md"].decode()
    assert 'load_dataset("somebody/documents", "en", split="train")' in card
    assert "PATH" not in card
    assert 'load_dataset("PATH", "en"' in (dataset.path / "README.md").read_text()  # the folder stays as it is
    assert (hub.repos["somebody/documents"]["private"], hub.messages) == (False, ["First words"])
    copy = downloaded(files, tmp_path / "copy")
    assert verify_dataset(copy).violations == []


def test_the_cards_header_loads_what_was_pushed(hub, dataset, push, tmp_path):
    assert push("--repo", "somebody/documents").returncode == 0
    copy = downloaded(hub.repos["somebody/documents"]["branches"]["main"], tmp_path / "copy")
    code = "import sys; from datasets import load_dataset as l; p = sys.argv[1]\n"
    code += "print(l(p, 'ko')['test']['query_id'][:], len(l(p, 'corpus-ko', split='corpus')), len(l(p, 'en')['train']))"
    environment = {"HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1", "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code, str(copy)], capture_output=True, text=True, env=environment)
    assert done.stdout.splitlines()[-1:] == ["['q-ko2'] 3 4"], done.stderr


def test_a_second_push_replaces_the_first(hub, dataset, push, tmp_path):
    assert push("--repo", "somebody/documents").returncode == 0
    document = make_document("en", 7, "train")
    write_rows(dataset.path, [make_pair(document, [], "new")], [document])
    assert push("--repo", "somebody/documents").returncode == 0
    files = hub.repos["somebody/documents"]["branches"]["main"]
    assert sorted(files) == [
        ".gitattributes",
        "README.md",
        "corpus-en/corpus.parquet",
        "en/train.parquet",
        "manifest.json",
    ]
    assert verify_dataset(downloaded(files, tmp_path / "copy")).violations == []


def test_a_branch_is_made_and_main_left_alone(hub, dataset, push):
    assert push("--repo", "somebody/documents", "--revision", "trial", "--private").returncode == 0
    repo = hub.repos["somebody/documents"]
    assert repo["private"]
    assert set(repo["branches"]["main"]) == {".gitattributes"}
    assert "manifest.json" in repo["branches"]["trial"]


def test_a_damaged_data_set_is_not_uploaded(hub, dataset, push):
    edit(dataset.path / "en" / "train.parquet", lambda rows: rows[0].update(query=""))
    done = push("--repo", "somebody/documents")
    assert done.returncode == 1
    assert "en/train.parquet q-en0: the query is empty" in done.stderr
    assert "nothing was uploaded" in done.stderr
    assert not hub.requests


def test_tokens_that_will_not_do_are_explained_and_never_shown(hub, dataset, push):
    options = ("--repo", "somebody/documents")
    done = push(*options, token=None)
    assert (done.returncode, "hf auth login" in done.stderr, bool(hub.requests)) == (2, True, False)
    done = push(*options, token="hf_nobody_0123456789")
    assert (done.returncode, "does not know the token" in done.stderr) == (2, True), done.stderr
    assert "hf_nobody" not in done.stderr
    done = push(*options, token=READER)
    assert (done.returncode, "may not write to somebody/documents" in done.stderr) == (2, True), done.stderr
    assert hub.repos == {}


def test_a_repository_with_something_else_is_left_alone(hub, dataset, push):
    for files in ({"model.safetensors": b"years of work"}, {"data/train.parquet": b"PAR1"}):
        there = hub.add("somebody/work", files)
        done = push("--repo", "somebody/work")
        assert done.returncode == 2
        assert f"somebody/work holds something else than a data set of m3-curate: {next(iter(files))}" in done.stderr
        assert there == {".gitattributes": b"", **files}


def test_private_is_not_put_where_everybody_reads(hub, dataset, push):
    there = hub.add("somebody/open", {})
    done = push("--repo", "somebody/open", "--private")
    assert (done.returncode, "is public" in done.stderr) == (2, True)
    assert set(there) == {".gitattributes"}


def test_failures_of_the_hub_and_of_the_way_to_it_are_one_line(hub, push, monkeypatch):
    hub.fail = "/commit/"
    done = push("--repo", "somebody/documents")
    assert (done.returncode, "failed: the hub refused somebody/documents" in done.stderr) == (1, True), done.stderr
    assert set(hub.repos["somebody/documents"]["branches"]["main"]) == {".gitattributes"}
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    done = push("--repo", "somebody/documents")
    assert (done.returncode, "the hub cannot be reached" in done.stderr) == (1, True), done.stderr


def test_the_sources_that_become_known_are_told(hub, dataset, push):
    manifest = json.loads((dataset.path / "manifest.json").read_text())
    manifest["config"] = {"sample": {"source": ["/home/me/secret", "owner/name"]}}
    (dataset.path / "manifest.json").write_text(json.dumps(manifest))
    assert "names the sources of the documents: /home/me/secret, owner/name" in push("--repo", "somebody/it").stderr


def test_a_name_without_an_owner_is_refused(hub, dataset, push):
    done = push("--repo", "documents")
    assert (done.returncode, "is not owner/name" in done.stderr) == (2, True)
