"""A data set as training examples: all tokens of a document, its evidence in tokens, a teacher's scores, odd input."""

import dataclasses

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mining_toy import write_documents
from training_toy import toy_tokenizer, write_toy_dataset

from data.dataset import load_curated
from data.errors import InputError
from training.batching import documents as documents_module
from training.batching.documents import token_span
from training.batching.examples import load_training_data
from training.batching.plan import plan_training
from training.batching.truncation import describe_truncation, measure_truncation
from training.config import FitConfig


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return toy_tokenizer(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture
def load(tokenizer, tmp_path):
    settings = {"max_length": 48, "max_query_length": 32, "window": "evidence", "taught": False}

    def load(**changes):
        cache = tmp_path / "documents.arrow"
        return load_training_data(load_curated(tmp_path / "dataset"), tokenizer, **{**settings, **changes}, cache=cache)

    return load


def write(tmp_path, documents, pairs):
    write_documents(tmp_path / "dataset", documents, pairs)


def words_of(data, tokenizer, example):
    """The text of an example's evidence, as its tokens spell it."""
    start, end = example.evidence
    ids = data.documents.table["input_ids"][example.positives[0]].as_py()
    return tokenizer.decode(ids[start:end])


def test_all_tokens_are_kept_unless_only_the_head_is_read(load, tokenizer, tmp_path):
    write_toy_dataset(tmp_path / "dataset")
    data = load()
    stored = [len(ids) for ids in data.documents.table["input_ids"].to_pylist()]
    assert data.documents.tokens == stored
    assert max(stored) > 200
    assert data.documents.lengths == [min(count, 48) for count in stored]
    assert load(window="all").documents.lengths == stored
    head = load(window="head").documents
    assert head.tokens == stored
    cut = head.table["input_ids"].to_pylist()
    whole = data.documents.table["input_ids"].to_pylist()
    assert cut == [ids if len(ids) <= 48 else [*ids[:47], ids[-1]] for ids in whole]
    assert all(ids[-1] == tokenizer.eos_token_id for ids in cut)


def test_few_characters_at_a_time_make_the_same_file(load, tmp_path, monkeypatch):
    write_toy_dataset(tmp_path / "dataset")
    whole = load().documents.table.to_pylist()
    (tmp_path / "documents.arrow").unlink()
    monkeypatch.setattr(documents_module, "CHARACTERS_AT_A_TIME", 1)
    assert load().documents.table.to_pylist() == whole


def test_evidence_is_found_in_tokens(load, tokenizer, tmp_path):
    text = "Kaba lode mifu. Rugol sehin tanpa. Voba zide."
    place = text.index("Rugol"), text.index(" Voba")
    spans = {
        "exact": place,
        "spaces": (place[0] - 1, place[1] + 1),  # what stands around it has no token of its own, or a border of one
        "to the end": (place[0], len(text)),
        "beyond": (place[0], 1000),
        "nowhere": (1000, 1010),
        "empty": (5, 5),
        "unknown": (None, None),
    }
    write(
        tmp_path,
        [{"docid": "d", "title": "Some title", "text": text}],
        [
            {"query_id": name, "query": "kaba", "positive_ids": ["d"], "evidence_start": start, "evidence_end": end}
            for name, (start, end) in spans.items()
        ],
    )
    data = load()
    found = {example.query_id: example for example in data.examples}
    assert words_of(data, tokenizer, found["exact"]) == "Rugol sehin tanpa."
    assert words_of(data, tokenizer, found["spaces"]) == "Rugol sehin tanpa."
    assert words_of(data, tokenizer, found["to the end"]) == "Rugol sehin tanpa. Voba zide."
    assert found["beyond"].evidence == found["to the end"].evidence
    assert found["to the end"].evidence[1] == data.documents.tokens[0] - 1  # EOS comes after
    assert all(found[name].evidence is None for name in ("nowhere", "empty", "unknown"))


def test_a_token_span_skips_characters_without_a_token(tokenizer):
    text = "kaba    lode"
    encoding = tokenizer(text).encodings[0]
    covered = [place for place in range(len(text)) if encoding.char_to_token(place) is not None]
    assert token_span(encoding, 0, len(text)) == (1, len(encoding.ids) - 1)
    assert token_span(encoding, 0, 4) == (1, encoding.char_to_token(3) + 1)
    gap = [place for place in range(4, 8) if place not in covered]
    assert gap  # several spaces become one
    assert token_span(encoding, gap[0], len(text)) == token_span(encoding, gap[0] + 1, len(text))
    assert token_span(encoding, gap[0], gap[0] + 1) is None


def test_a_character_of_two_tokens_is_covered_whole(tokenizer):
    text = "kaba 山 lode"  # a word that begins with a character unknown to the vocabulary: its mark, and <unk>
    encoding = tokenizer(text).encodings[0]
    tokens = [place for place in range(1, len(encoding.ids) - 1) if encoding.token_to_chars(place) == (5, 6)]
    assert len(tokens) == 2
    assert token_span(encoding, 0, 6) == (1, tokens[1] + 1)
    assert token_span(encoding, 5, 6) == (tokens[0], tokens[1] + 1)


def test_scores_stay_beside_their_documents(load, tmp_path):
    write(
        tmp_path,
        [{"docid": f"d{n}", "text": f"kaba lode {n}"} for n in range(5)],
        [
            {
                "query_id": "q",
                "query": "kaba",
                "positive_ids": ["d3", "d0"],
                "negative_ids": ["d4", "d3", "d1", "d4", "d2"],  # one is right, one stands twice
                "pos_scores": [9.0, 8.0],
                "neg_scores": [5.0, 4.0, 3.0, 2.0, None],
            },
            {"query_id": "untaught", "query": "lode", "positive_ids": ["d1"], "negative_ids": ["d2"]},
            {"query_id": "alone", "query": "lode", "positive_ids": ["d2"], "pos_scores": [7.0], "neg_scores": []},
        ],
    )
    data = load(taught=True)
    docids = data.documents.table["docid"].to_pylist()
    taught, untaught, alone = data.examples
    assert [docids[row] for row in taught.positives] == ["d3", "d0"]
    assert [docids[row] for row in taught.negatives] == ["d4", "d1", "d2"]
    assert taught.positive_scores == (9.0, 8.0)
    assert taught.negative_scores[:2] == (5.0, 3.0)
    assert taught.negative_scores[2] != taught.negative_scores[2]  # nan: none was given
    assert untaught.positive_scores == untaught.negative_scores == ()
    assert (alone.positive_scores, alone.negative_scores) == ((7.0,), ())
    assert data.counts()["questions_without_teacher_scores"] == 1


def test_a_teacher_must_have_been_asked(load, tmp_path):
    write_toy_dataset(tmp_path / "dataset")
    assert load(taught=False).counts()["questions_without_teacher_scores"] == 12
    with pytest.raises(InputError, match="run m3-train teach"):
        load(taught=True)


def test_scores_of_other_documents_are_refused(load, tmp_path):
    write(
        tmp_path,
        [{"docid": f"d{n}", "text": f"kaba lode {n}"} for n in range(3)],
        [{"query_id": "q", "query": "kaba", "positive_ids": ["d0"], "negative_ids": ["d1", "d2"]}],
    )
    file = tmp_path / "dataset" / "en" / "train.parquet"
    table = pq.read_table(file)
    for name, scores in (("pos_scores", [1.0]), ("neg_scores", [0.5])):
        table = table.set_column(
            table.column_names.index(name), table.field(name), pa.array([scores], table.field(name).type)
        )
    pq.write_table(table, file)
    with pytest.raises(InputError, match="q has 1 and 1 teacher's scores for 1 positive and 2 negative"):
        load()


def test_documents_of_a_token_or_of_no_text_are_read_and_counted(load, tmp_path):
    texts = ["", None, "ka", "kaba lode mifu"]
    write(
        tmp_path,
        [{"docid": f"d{n}", "text": text} for n, text in enumerate(texts)],
        [{"query_id": f"q{n}", "query": "", "positive_ids": [f"d{n}"]} for n in range(4)],
    )
    data = load()
    assert data.documents.tokens[:2] == [2, 2]
    counts = data.counts()
    assert counts["documents_without_text"] == 2
    assert counts["documents_of_one_token"] == sum(count == 3 for count in data.documents.tokens)
    plan = plan_training(data, FitConfig(dataset=tmp_path, model="m", out=tmp_path))
    assert [len(batch.examples) for batch in plan] == [4]


def test_truncation_is_counted_for_each_way_of_reading(load, tmp_path):
    write_toy_dataset(tmp_path / "dataset")
    data = load(window="all")
    tokens, examples = data.documents.tokens, data.examples
    head = measure_truncation(examples, tokens, "head", 48)
    longer = [count for count in tokens if count > 48]
    assert head["documents_longer"] == head["windows"] == len(longer)
    assert head["tokens_not_read"] == sum(longer) - 48 * len(longer)
    assert head["share_of_tokens_not_read"] == pytest.approx(head["tokens_not_read"] / sum(tokens), abs=1e-6)
    # The evidence stands at the end of each text: it is lost wherever a document is cut well before it.
    assert head["questions_with_evidence_outside"] >= 2
    assert "Cut at 48 tokens" in describe_truncation(head)
    around = measure_truncation(examples, tokens, "evidence", 48)
    assert around["questions_with_evidence_inside"] == around["questions"] == 12
    assert around["windows"] == len(longer)  # each document has one question
    every = measure_truncation(examples, tokens, "all", 48)
    assert every["tokens_not_read"] == 0
    assert every["windows"] == sum(-(-(count - 2) // 46) for count in longer)
    whole = measure_truncation(examples, tokens, "head", 4000)
    assert whole["documents_longer"] == whole["questions_with_evidence_outside"] == 0


def test_evidence_is_inside_partly_or_outside(load, tmp_path):
    write_toy_dataset(tmp_path / "dataset")
    (example, *_) = load().examples
    spans = [(1, 9), (5, 14), (11, 14), (3, 21), None]  # of 30 inner tokens, 10 are read at a time: 0-9, 10-19, 20-29
    examples = [dataclasses.replace(example, positives=(0,), evidence=span) for span in spans]
    figures = ("inside", "partly_inside", "outside")
    expected = {"head": (1, 2, 1), "evidence": (3, 1, 0), "all": (2, 2, 0)}
    for window, counts in expected.items():
        found = measure_truncation(examples, [32], window, 12)
        assert tuple(found[f"questions_with_evidence_{name}"] for name in figures) == counts, window
        assert found["questions_without_evidence"] == 1
        assert "for 1." in describe_truncation(found)
