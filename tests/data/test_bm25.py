import math

import pytest

import data.bm25
from data.bm25 import ABOUT_FILE, Bm25Index
from data.errors import RunError


def test_scores_are_those_of_the_formula():
    index = Bm25Index(["a b", "a c c c", "d d d d d d"])
    hits = index.search("c", 10)
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    tf = 3 * 2.2 / (3 + 1.2 * (1 - 0.75 + 0.75 * 4 / 4))  # mean length 4
    assert [number for number, _ in hits] == [1]
    assert abs(hits[0][1] - idf * tf) < 1e-4


def test_rare_words_count_more_and_longer_documents_less():
    index = Bm25Index(["mill river", "mill harbour", "mill mill lake", "river " + "word " * 50])
    assert index.search("harbour mill", 10)[0][0] == 1
    assert [number for number, _ in index.search("river", 10)] == [0, 3]


def test_equal_scores_keep_the_order_of_the_documents():
    assert [number for number, _ in Bm25Index(["x y"] * 5).search("y", 3)] == [0, 1, 2]


def test_limit_and_nothing_found():
    index = Bm25Index(["one two", "two three", ""])
    assert len(index.search("two", 1)) == 1
    assert len(index.search("two", 99)) == 2
    assert index.search("four", 5) == []
    assert index.search("?!", 5) == []
    assert Bm25Index([]).search("one", 5) == []


def test_every_script_is_found():
    texts = {
        "ja": "塔は古い町にある",
        "th": "หอคอยอยู่ในเมืองเก่า",
        "ko": "탑은 오래된 마을에 있다",
        "hi": "मीनार पुराने शहर में है",
    }
    index = Bm25Index(list(texts.values()))
    for number, query in enumerate(("古い町はどこ", "เมืองเก่า", "오래된 탑", "पुराने शहर")):
        assert index.search(query, 4)[0][0] == number


def test_one_endless_word_does_no_harm():
    index = Bm25Index(["word " + "x" * 200_000 + " tail", "other"])
    assert [number for number, _ in index.search("tail", 5)] == [0]


def test_query_syntax_is_only_text():
    index = Bm25Index(["alpha beta", "gamma"])
    assert [number for number, _ in index.search('+alpha -beta "gamma" tokens:alpha AND (', 5)] == [0, 1]


def test_ties_at_the_limit_are_cut_by_number_across_the_parts_of_a_large_index(monkeypatch):
    monkeypatch.setattr(data.bm25, "WRITER_BYTES", 15_000_000)  # the least that tantivy takes: several parts
    large = " ".join(map(str, range(400_000)))
    index = Bm25Index(["y", "y", large, "y", large, "y", "y", "y"], tokenize=str.split)
    assert [number for number, _ in index.search("y", 3)] == [0, 1, 3]


def test_tokens_of_any_characters_stay_whole_and_apart():
    tokens = ["a b", "a", "", "▁the", "a\u00a0b", "\\", "\\20;", "\ud800", "a\\20;b", "\n", "a\tb", "\x00", "\\;"]
    index = Bm25Index(tokens, tokenize=lambda text: [text])
    for number, token in enumerate(tokens):
        assert [found for found, _ in index.search(token, 20)] == [number]
    assert index.search("b", 20) == []


def test_tokens_of_one_document_are_counted_as_given():
    """A token of nothing and one with a space count as one each: lengths and scores are those of plain tokens."""
    odd, plain = ["", "a b", "c"], ["x", "y", "c"]
    documents = {"one": odd, "two": ["c", "c"]}, {"one": plain, "two": ["c", "c"]}
    found = [
        Bm25Index(["one", "two"], tokenize=lambda text, rows=rows: rows.get(text, [text])).search("c", 5)
        for rows in documents
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 2


def test_an_index_on_disk_answers_like_one_in_memory_and_is_made_once(tmp_path):
    texts = ["mill river", "mill harbour", "mill mill lake", "", "塔は古い町にある"]
    index = Bm25Index(texts)
    on_disk = Bm25Index(iter(texts), folder=tmp_path / "new" / "index")
    again = Bm25Index(iter([]), folder=tmp_path / "new" / "index")
    for query in ("mill", "harbour mill", "古い町", "?"):
        assert on_disk.search(query, 9) == again.search(query, 9) == index.search(query, 9)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["index"]
    assert Bm25Index([], folder=tmp_path / "none").search("lake", 5) == []


def test_what_a_killed_run_left_is_never_half_used(tmp_path):
    def stop():
        yield "mill"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Bm25Index(stop(), folder=tmp_path / "index")
    assert list(tmp_path.iterdir()) == []
    Bm25Index(["mill", "river"], folder=tmp_path / "index")
    (tmp_path / "index" / ABOUT_FILE).unlink()
    assert Bm25Index(["lake"], folder=tmp_path / "index").search("lake", 5)[0][0] == 0
    (tmp_path / "index" / ABOUT_FILE).write_text("{")
    assert len(Bm25Index(["lake", "lake"], folder=tmp_path / "index").search("lake", 5)) == 2


def test_a_broken_index_is_a_run_error(tmp_path):
    Bm25Index(["mill", "river"], folder=tmp_path / "index")
    for file in (tmp_path / "index").iterdir():
        if file.name != ABOUT_FILE:
            file.unlink()  # another file of that name: threads of the first index may still have this one mapped
            file.write_bytes(b"")
    with pytest.raises(RunError, match=r"the BM25 index in .*index cannot be read .*; remove it"):
        Bm25Index(["mill", "river"], folder=tmp_path / "index")


def test_a_disk_that_takes_no_more_is_a_run_error(tmp_path, monkeypatch):
    class FullDisk:
        def __init__(self, *_args, **_kwargs):
            pass

        def writer(self, **_kwargs):
            return self

        def add_document(self, _document):
            raise ValueError("An index writer was killed")

    monkeypatch.setattr(data.bm25.tantivy, "Index", FullDisk)
    with pytest.raises(RunError, match=r"cannot be written \(An index writer was killed\); is the disk full"):
        Bm25Index(["mill"], folder=tmp_path / "index")
    assert list(tmp_path.iterdir()) == []
