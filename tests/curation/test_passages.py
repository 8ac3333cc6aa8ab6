import time
from itertools import pairwise

import pyarrow as pa
import pytest

from curation.config import PassageConfig
from curation.passages import choose_spans, draw_passages, split_paragraphs
from data.atlas import LANGUAGES, make_document
from data.records import DOCUMENT, PASSAGE, conform
from data.text import document_text, estimate_tokens


def count_words(text):
    return len(text.split())


def passages_of(rows, config, seed=0, count=estimate_tokens):
    documents = conform(pa.Table.from_pylist(rows), DOCUMENT)
    table = draw_passages(documents, config, seed, count)
    assert table.schema == PASSAGE
    return table.to_pylist()


def test_paragraphs_are_parted_by_blank_lines_or_by_line_ends():
    def pieces(text):
        return [text[start:end] for start, end in split_paragraphs(text, 100, count_words)]

    assert pieces("\n\n a b\nc \n \t\n\n d\n") == ["a b\nc", "d"]
    assert pieces("a b\nc\n") == ["a b", "c"]
    assert pieces(" \n\n ") == []


def test_a_long_paragraph_is_cut_at_sentence_ends():
    text = "One two three. Four five six! Seven eight? Nine ten eleven twelve."
    pieces = [text[start:end] for start, end in split_paragraphs(text, 6, count_words)]
    assert pieces == ["One two three. Four five six!", "Seven eight? Nine ten eleven twelve."]


@pytest.mark.parametrize("end", ["。", "！", "？"])
def test_sentences_end_without_a_space_in_japanese_and_chinese(end):
    sentence = "町は古い" + end
    text = sentence * 6
    pieces = [text[start:stop] for start, stop in split_paragraphs(text, 10, len)]
    assert pieces == [sentence * 2] * 3


def test_a_sentence_without_an_end_is_cut_at_spaces_or_anywhere():
    text = "word " * 50
    pieces = [text[start:end] for start, end in split_paragraphs(text, 20, len)]
    assert all(piece.split() and set(piece.split()) == {"word"} for piece in pieces)
    assert "".join(piece.replace(" ", "") for piece in pieces) == "word" * 50
    assert all(len(piece) <= 20 for piece in pieces)
    endless = "x" * 95
    spans = split_paragraphs(endless, 20, len)
    assert (spans[0][0], spans[-1][1]) == (0, 95)
    assert all(left[1] == right[0] for left, right in pairwise(spans))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("count", [1, 4])
def test_passages_are_spans_of_the_text_within_the_bounds(lang, count):
    config = PassageConfig(passages_per_document=count, passage_min_tokens=60, passage_max_tokens=200)
    documents = [make_document(lang, number, 0, 3000) for number in range(3)]
    rows = [{"docid": d.docid, "title": d.title, "text": d.text, "lang": lang, "split": "train"} for d in documents]
    texts = {row["docid"]: row for row in rows}
    passages = passages_of(rows, config)
    assert len(passages) == 3 * count
    for passage in passages:
        document = texts[passage["docid"]]
        assert passage["text"] == document["text"][passage["start"] : passage["end"]]
        assert passage["text"] == passage["text"].strip()
        assert 60 <= passage["tokens"] <= 200
        before = document_text(document["title"], document["text"])
        before = before[: before.index(document["text"]) + passage["start"]]
        assert passage["token_start"] == estimate_tokens(before)
    spans = sorted((passage["docid"], passage["start"], passage["end"]) for passage in passages)
    for left, right in pairwise(spans):
        assert left[0] != right[0] or left[2] <= right[1]
    assert len({passage["passage_id"] for passage in passages}) == len(passages)


def test_positions_are_uniform_whatever_the_paragraphs():
    """Short paragraphs in the first half, long ones in the second: half of the passages lie in each."""
    text = "\n\n".join(["word " * 10] * 100 + ["word " * 100] * 10)
    config = PassageConfig(passage_min_tokens=5, passage_max_tokens=150)
    places = [choose_spans(text, f"d{number}", config, 0, count_words)[0] for number in range(600)]
    middles = [(start + end) / 2 / len(text) for start, end in places]
    assert abs(sum(middles) / 600 - 0.5) < 0.04  # three standard errors of a uniform mean are 0.035
    quarters = [sum(low <= middle < low + 0.25 for middle in middles) for low in (0, 0.25, 0.5, 0.75)]
    assert all(110 < quarter < 190 for quarter in quarters), quarters


def test_several_passages_lie_in_as_many_parts_of_the_document():
    text = "\n\n".join(f"paragraph {number} with words" for number in range(100))
    config = PassageConfig(passages_per_document=4, passage_min_tokens=3, passage_max_tokens=10)
    for number in range(30):
        spans = choose_spans(text, f"d{number}", config, 0, count_words)
        assert len(spans) == 4
        for part, (start, end) in enumerate(spans):
            assert end > part * len(text) / 4 and start < (part + 1) * len(text) / 4


def test_the_seed_and_the_id_decide():
    text = make_document("en", 0, 0, 4000).text
    config = PassageConfig()
    first = choose_spans(text, "a", config, 1, estimate_tokens)
    assert choose_spans(text, "a", config, 1, estimate_tokens) == first
    others = {tuple(choose_spans(text, docid, config, seed, estimate_tokens)) for docid in "abc" for seed in range(4)}
    assert len(others) > 6


def test_short_documents_give_what_they_have():
    config = PassageConfig(passages_per_document=5, passage_min_tokens=60)
    assert choose_spans("Only one line.", "d", config, 0, count_words) == [(0, 14)]
    assert choose_spans("", "d", config, 0, count_words) == []
    assert choose_spans("12 34\n\n***\n\n--", "d", config, 0, count_words) == []  # nothing to ask about


@pytest.mark.parametrize("unit", ["word ", "字", "x", "A sentence. ", "กข "])
def test_a_line_of_two_megabytes_is_cut_quickly(unit):
    text = unit * (2_000_000 // len(unit.encode()))
    started = time.monotonic()
    spans = choose_spans(text, "d", PassageConfig(passages_per_document=3), 0, estimate_tokens)
    assert time.monotonic() - started < 10
    assert len(spans) == 3
    assert all(estimate_tokens(text[start:end]) <= 400 for start, end in spans)
