"""Which question falls into which bucket."""

import pyarrow as pa

from training.judging.questions import FACTS
from training.judging.slices import Slicing, slice_questions


def table(**columns) -> pa.Table:
    """Questions of one language about documents of 100 tokens, but for the columns given."""
    count = len(next(iter(columns.values())))
    rows = {"lang": ["ko"] * count, "document_tokens": [100] * count, "document_overlap": [0.5] * count}
    rows |= {name: [None] * count for name in ("evidence_position", "passage_overlap")}
    rows |= {name: [f"{name}{n}" for n in range(count)] for name in ("query_id", "docid", "document")}
    return pa.table({**rows, **columns}, schema=FACTS)


def slicing(name: str, max_length: int | None = None, **columns) -> Slicing | None:
    return next((one for one in slice_questions(table(**columns), max_length) if one.name == name), None)


def named(one: Slicing) -> list[str | None]:
    """The bucket of each question."""
    return [one.buckets[number] if number >= 0 else None for number in one.bucket_of]


def test_lengths_go_by_the_papers_bounds_and_on_to_what_the_model_reads():
    tokens = [1, 500, 501, 1000, 8192, 8193, 16000, 16001]
    assert named(slicing("length", document_tokens=tokens)) == ["-500", "-500", "-1k", "-1k", "-8192", *[">8192"] * 3]
    longer = slicing("length", 16000, document_tokens=tokens)
    assert named(longer)[4:] == ["-8192", "-16k", "-16k", ">16000"]
    assert longer.buckets == ["-500", "-1k", "-8192", "-16k", ">16000"]
    assert longer.questions() == {"-500": 2, "-1k": 2, "-8192": 1, "-16k": 2, ">16000": 1}
    assert named(slicing("length", 512, document_tokens=tokens))[-1] == ">8192"


def test_evidence_goes_by_fifths_and_unrecorded_evidence_to_none():
    places = [0.0, 0.19, 0.2, 0.99, 1.0, None]
    fifths = ["0-20%", "0-20%", "20-40%", "80-100%", "80-100%", None]
    assert named(slicing("evidence", evidence_position=places)) == fifths
    assert slicing("evidence", evidence_position=[None, None]) is None


def test_overlap_goes_by_quarters_of_each_language():
    """German overlaps are higher throughout, and each language still fills every quarter."""
    langs = ["ko"] * 4 + ["de"] * 4
    overlap = [0.1, 0.4, 0.2, 0.3, 0.9, 0.6, 0.8, 0.7]
    one = slicing("overlap", lang=langs, document_overlap=overlap)
    assert named(one) == ["least", "most", "less", "more", "most", "least", "more", "less"]
    assert "relevant document" in one.about
    assert one.about.endswith("(means 0.35 0.45 0.55 0.65)")  # (0.1 + 0.6) / 2 ...


def test_equal_overlaps_stay_together():
    assert named(slicing("overlap", document_overlap=[0.2, 1.0, 1.0, 1.0])) == ["least", "more", "more", "more"]
    assert named(slicing("overlap", document_overlap=[None, 0.0, 1.0])) == [None, "less", "most"]
    assert slicing("overlap", document_overlap=[None, 1.0, 1.0]) is None  # no quarters to tell apart


def test_the_recorded_overlap_is_taken_only_where_every_question_has_one():
    recorded = slicing("overlap", passage_overlap=[0.1, 0.9], document_overlap=[0.9, 0.1])
    assert named(recorded) == ["less", "most"]
    assert "passage" in recorded.about
    partly = slicing("overlap", passage_overlap=[0.1, None], document_overlap=[0.9, 0.1])
    assert named(partly) == ["most", "less"]


def test_languages_are_buckets_in_their_order():
    one = slicing("language", lang=["th", "ko", "th"])
    assert (one.buckets, named(one)) == (["th", "ko"], ["th", "ko", "th"])
