"""Texts on disk: what is read is what was written, nothing is left behind, and memory does not grow with them."""

import json
import pickle
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import RunError
from training.collections.read import read_judged
from training.collections.texts import TextFile, digest_texts
from training.searching.lexical import rank_bm25

TEXTS = ["harbour", "", "항구의 종", "two\nlines", "𝒳 last"]


def stored(texts: list[str], work: Path | None = None) -> TextFile:
    file = TextFile(work)
    for text in texts:
        file.append(text)
    return file


def count_open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_texts_come_back_in_any_order_by_number_and_by_slice(tmp_path):
    file = stored(TEXTS, tmp_path / "new" / "folder")
    assert len(file) == 5
    assert list(file.select(range(5))) == TEXTS
    chosen = file.select([4, 2, 2])
    assert (len(chosen), chosen[-1], chosen[0]) == (3, TEXTS[2], TEXTS[4])
    assert list(chosen[1:]) == [TEXTS[2]] * 2
    assert list(file.select([])) == []
    with pytest.raises(IndexError):
        chosen[3]


def test_a_text_can_be_appended_after_others_were_read():
    file = stored(TEXTS)
    before = file.select([0])
    file.append("later")
    assert (list(before), list(file.select([5, 0]))) == (["harbour"], ["later", "harbour"])


def test_lone_surrogates_become_what_files_can_hold():
    assert list(stored(["a\ud800b"]).select([0])) == ["a\ufffdb"]


def test_nothing_stands_in_the_folder_and_the_file_goes_with_its_last_reader(tmp_path):
    open_files = count_open_files()
    texts = stored(TEXTS, tmp_path).select([0, 1])
    part = texts[:1]
    assert list(tmp_path.iterdir()) == []
    del texts
    assert (list(part), count_open_files()) == (["harbour"], open_files + 1)
    del part
    assert count_open_files() == open_files


def test_texts_cannot_be_sent_to_another_process():
    with pytest.raises(TypeError):
        pickle.dumps(stored(TEXTS).select([0]))


def test_a_place_that_takes_no_file_and_one_that_is_full_are_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot be kept in .*file \("):
        TextFile(tmp_path / "file")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(RunError, match=f"cannot be kept in {tmp_path} .*make room there"):
            stored(["x" * 20_000] * 100, tmp_path).select([0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_memory_does_not_grow_with_the_texts(tmp_path):
    """64 MB of text in 2,000 documents; as strings in memory they would take that much and more."""
    with (tmp_path / "corpus.jsonl").open("w") as file:
        for number in range(2000):
            file.write(json.dumps({"_id": f"d{number}", "text": f"{number} " + "harbour " * 4000}) + "\n")
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "harbour?"}\n')
    (tmp_path / "qrels.tsv").write_text("q\td7\t1\n")
    code = (
        "import resource, sys; from pathlib import Path; from training.collections.read import read_judged\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); (found,) = read_judged(Path(sys.argv[1]), work=Path(sys.argv[1]))\n"
        "print(sum(map(len, found.texts)), peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    characters, kibibytes = map(int, done.stdout.split())
    assert characters == sum(len(f"{number} ") for number in range(2000)) + 2000 * 8 * 4000
    assert kibibytes < 16 * 1024


def test_collections_that_search_the_same_share_it(tmp_path):
    (tmp_path / "corpus.jsonl").write_text('{"_id": "b", "text": "x"}\n{"_id": "a", "text": "y"}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "?", "lang": "de"}\n{"_id": "r", "text": "?"}\n')
    (tmp_path / "qrels.tsv").write_text("q\ta\t1\nr\tb\t1\n")
    first, second = read_judged(tmp_path)
    assert list(first.texts) == ["y", "x"]
    assert (first.docids is second.docids, first.texts is second.texts) == (True, True)


def test_the_digest_of_texts_tells_their_bounds_and_their_order_and_is_that_of_a_plain_list():
    texts = ["ab", "c", "", "항구의 종"]
    digests = {digest_texts(other) for other in (texts, ["a", "bc", "", "항구의 종"], texts[::-1], texts[:3], [])}
    assert len(digests) == 5
    assert digest_texts(stored(texts).select(range(4))) == digest_texts(texts)
    assert digest_texts(["\ud800"]) != digest_texts(["\ud801"])  # a list may hold what files cannot


def test_a_corpus_is_read_once_for_its_digest_by_all_collections_that_search_it(tmp_path, monkeypatch):
    (tmp_path / "corpus.jsonl").write_text('{"_id": "b", "text": "x"}\n{"_id": "a", "text": "y"}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "?", "lang": "de"}\n{"_id": "r", "text": "?"}\n')
    (tmp_path / "qrels.tsv").write_text("q\ta\t1\nr\tb\t1\n")
    read: list[str] = []
    plain = TextFile.read
    monkeypatch.setattr(TextFile, "read", lambda self, *span: read.append(plain(self, *span)) or read[-1])
    collections = read_judged(tmp_path)
    digests = {collection.texts_digest for collection in collections for _ in range(2)}
    assert [collection.digest for collection in collections] and digests == {digest_texts(["y", "x"])}
    assert read == ["y", "x"]
    for collection in collections:
        rank_bm25(collection, 10, tmp_path / "index")
    assert read == ["y", "x"] * 2  # once more for the index, which both languages share


@pytest.mark.parametrize("changed", ["corpus", "queries"])
def test_other_texts_under_the_same_ids_are_another_collection(tmp_path, changed):
    def digest_of(**texts: str) -> str:
        for name in ("corpus", "queries"):
            (tmp_path / f"{name}.jsonl").write_text(json.dumps({"_id": "x", "text": texts.get(name, "bell")}))
        (tmp_path / "qrels.tsv").write_text("x\tx\t1\n")
        return read_judged(tmp_path)[0].digest

    assert digest_of() == digest_of() != digest_of(**{changed: "Glocke"})
