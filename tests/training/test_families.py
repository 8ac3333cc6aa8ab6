"""Which questions count as being about one document: in the report's resampling as in the search for weights."""

from pathlib import Path

import pyarrow as pa
import pytest

from data.dataset import write_curated
from data.records import DOCUMENT, PAIR, conform
from training.collections.collection import JudgedCollection
from training.collections.families import join_families, joined_families
from training.evaluate import evaluate
from training.evaluate_config import EvaluateConfig
from training.judging.questions import read_questions

TEXTS = {  # docid -> language, text, cluster, group
    "en-a": ("en", "The mill of Ossel stands at the river.", "near", None),
    "en-b": ("en", "The mill of Ossel stands at the river!", "near", None),
    "en-c": ("en", "A lantern hangs in the harbour.", "c", "page"),
    "ko-c": ("ko", "항구에 등불이 걸려 있다.", "d", "page"),
    "ko-e": ("ko", "염소가 다리를 건넌다.", "e", None),
}


@pytest.fixture
def dataset(tmp_path) -> Path:
    """Five documents with a question each: two near-copies, a page with its translation, and one alone."""
    documents = [
        {
            "docid": docid,
            "title": "",
            "text": text,
            "lang": lang,
            "split": "test",
            "cluster": cluster,
            "group": group,
            "tokens": 8,
        }
        for docid, (lang, text, cluster, group) in TEXTS.items()
    ]
    pairs = [
        {"query_id": f"q-{docid}", "query": text, "positive_ids": [docid], "negative_ids": [], "lang": lang}
        | {"evidence_start": 0, "evidence_end": len(text), "evidence_token_start": 0, "evidence_tokens": 8}
        for docid, (lang, text, _, _) in TEXTS.items()
    ]
    tables = (conform(pa.Table.from_pylist(pairs), PAIR), conform(pa.Table.from_pylist(documents), DOCUMENT))
    write_curated(tmp_path / "set", *tables, {"made_by": "toy"})
    return tmp_path / "set"


def test_near_copies_and_translations_are_one_document_of_an_evaluation(dataset, tmp_path):
    report = evaluate(EvaluateConfig(dataset=dataset, out=tmp_path / "out.json"))
    table = read_questions(tmp_path / "out" / "questions.parquet")
    document = dict(zip(table["query_id"].to_pylist(), table["document"].to_pylist(), strict=True))
    assert document["q-en-a"] == document["q-en-b"]
    assert document["q-en-c"] == document["q-ko-c"]
    assert len(set(document.values())) == 3
    assert report["documents"] == 3
    by_language = report["slices"]["language"]
    assert {lang: row["bm25"]["documents"] for lang, row in by_language.items()} == {"en": 2, "ko": 2}


def test_families_are_named_alike_over_languages_and_over_others():
    """A question is about its best document, of equals the first: q3 about x like q1; a text is the same document in
    another collection.
    """
    texts = ["a bell", "a mill", "a goat"]
    qrels = {"q1": {"x": 1, "z": 0}, "q2": {"x": 1, "y": 2}, "q3": {"x": 1, "y": 1}, "q4": {"z": 1}}
    judged = JudgedCollection("en", ["x", "y", "z"], texts, list(qrels), ["?"] * 4, qrels)
    answered = JudgedCollection("ko", ["x"], ["a bell"], ["q1", "q9"], ["?"] * 2, {}, answers={"q1": ["bell"]})
    again = JudgedCollection("th", ["x"], ["a bell"], ["q9"], ["?"], {}, answers={"q9": ["bell"]})
    german = JudgedCollection("de", ["w"], ["a goat"], ["q"], ["?"], {"q": {"w": 1}})
    names = joined_families(None, [judged, answered, again, german])
    assert names["en"][0] == names["en"][2]
    assert len(set(names["en"])) == 3
    assert names["de"] == [names["en"][3]]
    assert names["ko"] == ["question q1", "question q9"]
    assert names["th"] == ["question q9"]


def test_what_shares_anything_is_joined_also_over_others():
    families = [frozenset(names) for names in ("ab", "c", "bd", "e", "df", "g", "h", "i")]
    assert join_families(families).tolist() == [0, 1, 0, 2, 0, 3, 4, 5]
