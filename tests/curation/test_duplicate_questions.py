import random

import pyarrow as pa
import pytest

from curation.benchmark_texts import BenchmarkText
from curation.duplicate_questions import WIDTHS, mark_duplicates, similar_pairs
from data.shingles import jaccard, shingles

EQUAL, NEAR, ASKED = "duplicate_question", "near_duplicate_question", "benchmark_question"
LONG = "Which of the two rivers that meet below the old mill of Varnholt was dammed by the brothers Eskelin"


def mark(rows, benchmark=()):
    """Mark questions given as (query, split, docid), with ids q0, q1, ..."""
    columns = dict(zip(("query", "split", "docid"), map(list, zip(*rows, strict=True)), strict=True))
    ids = [f"q{number}" for number in range(len(rows))]
    table = pa.table({**columns, "query_id": ids, "reason": pa.nulls(len(rows), pa.string())})
    return mark_duplicates(table, 0.8, [BenchmarkText(f"b.jsonl:{n}", text) for n, text in enumerate(benchmark, 1)])


def test_of_two_equal_questions_the_training_question_is_given_up():
    questions = pa.table(
        {
            "query_id": ["a", "b", "c", "d", "e", "f"],
            "docid": ["1", "2", "3", "4", "5", "6"],
            "query": ["Who built it?", "who  BUILT it", "Who left that?", "Who built it?", "Who fell?", "who fell"],
            "split": ["train", "test", "train", "dev", "train", "train"],
            "reason": pa.array([None, None, None, None, "refusal", None], pa.string()),
        }
    )
    marks = mark_duplicates(questions, 0.8)
    assert marks.reasons == [EQUAL, None, None, EQUAL, "refusal", None]
    assert marks.details == {0: "Who built it? (of b)", 3: "Who built it? (of b)"}


def test_near_duplicates_are_dropped_in_a_document_and_across_splits_and_marked_elsewhere():
    marks = mark(
        [
            (f"{LONG}?", "train", "d1"),
            (f"{LONG} later?", "train", "d1"),
            (f"{LONG} then?", "train", "d2"),
            ("Who sells the blue lamps of Kesh?", "train", "d3"),
        ]
    )
    assert marks.reasons == [None, NEAR, None, None]
    assert marks.near_duplicate_of == [None, None, "q0", None]
    marks = mark([(f"{LONG}?", "train", "d1"), (f"{LONG} later?", "dev", "d2"), (f"{LONG} then?", "test", "d3")])
    assert marks.reasons == [NEAR, NEAR, None]
    assert marks.details[0] == f"{LONG}? (near q2)"


def test_what_resembles_only_a_dropped_question_stays():
    """The second falls to the benchmark, so the first is not given up for it."""
    marks = mark([(f"{LONG}?", "train", "d1"), (f"{LONG} so long ago?", "test", "d2")], [f"{LONG} so long ago, alas?"])
    assert jaccard(*(shingles(t, WIDTHS) for t in (f"{LONG}?", f"{LONG} so long ago, alas?"))) < 0.87
    assert marks.reasons[1] == ASKED
    assert marks.reasons[0] in (None, ASKED)


def test_other_numbers_make_another_question():
    marks = mark([(f"{LONG} in 1943?", "train", "d1"), (f"{LONG} in 1944?", "train", "d1")])
    assert marks.reasons == [None, None] and marks.near_duplicate_of == [None, None]
    same = [f"{LONG} for 1,943 coins?", f"{LONG} for the 1943 coins?", f"{LONG} for all ١٩٤٣ coins?"]
    assert mark([(text, "train", "d1") for text in same]).reasons == [None, NEAR, NEAR]


def test_equal_questions_about_two_documents_in_two_languages_are_one():
    assert mark([("1984?", "train", "d1"), ("1984", "train", "d2")]).reasons == [None, EQUAL]


@pytest.mark.parametrize(
    ("question", "variant"),
    [
        (
            "ヴァルン湖の古い水車を最初に修理した兄弟の名前は何ですか",
            "ヴァルン湖の古い水車を最初に修理した兄弟の名前は何か",
        ),
        (
            "바른호 아래 낡은 물레방아를 처음으로 고친 형제의 이름은 무엇입니까?",
            "바른호 아래 낡은 물레방아를 처음 고친 형제의 이름은 무엇입니까?",
        ),
        (
            "แม่น้ำสายใดที่ไหลมาบรรจบกันใต้โรงสีเก่าของเมืองวาร์นโฮลต์",
            "แม่น้ำสายใดไหลมาบรรจบกันใต้โรงสีเก่าของเมืองวาร์นโฮลต์",
        ),
        (
            "किस नदी पर वार्नहोल्ट की पुरानी चक्की के नीचे बाँध बनाया गया था?",
            "किस नदी पर वार्नहोल्ट की पुरानी चक्की के नीचे बाँध बनाया गया?",
        ),
        (
            "أي نهر يلتقي تحت الطاحونة القديمة في مدينة فارنهولت؟",
            "أي نهر يلتقي تحت الطاحونة القديمة بمدينة فارنهولت؟",
        ),
        (
            "瓦恩霍特旧磨坊下面汇合的两条河流中哪一条最先筑坝",
            "瓦恩霍特旧磨坊下面汇合的两条河流中哪条最先筑坝",
        ),
    ],
)
def test_variants_are_near_in_every_script(question, variant):
    assert mark([(question, "train", "d1"), (variant, "train", "d1")]).reasons == [None, NEAR]
    assert mark([(question, "train", "d1"), (variant, "test", "d2")]).reasons == [NEAR, None]


def test_the_same_or_nearly_the_same_as_a_benchmark_asks():
    marks = mark(
        [("Who sells the blue lamps?", "train", "d1"), (f"{LONG} then?", "test", "d2"), ("Who else?", "train", "d3")],
        ["who sells the BLUE lamps", f"{LONG}?", f"{LONG}?"],
    )
    assert marks.reasons == [ASKED, ASKED, None]
    assert marks.details == {
        0: "Who sells the blue lamps? (of b.jsonl:1)",
        1: f"{LONG} then? (near b.jsonl:2)",
    }


def test_pairs_are_those_of_comparing_all():
    chance = random.Random(3)
    words = ["".join(chance.choices("abcdefghiklmnoprstu", k=chance.randint(3, 9))) for _ in range(400)]
    texts = []
    for _ in range(60):
        question = chance.choices(words, k=9)
        texts += [" ".join(question), " ".join([*question[:8], chance.choice(words)]), " ".join(question[1:])]
    grams = [shingles(text, WIDTHS) for text in texts]
    close = {(i, j) for j in range(len(texts)) for i in range(j) if jaccard(grams[i], grams[j]) >= 0.8}
    assert 40 < len(close) < 160
    assert set(similar_pairs(texts, 0.8)) == close
    assert set(similar_pairs(texts, 0.8, own=90)) == {pair for pair in close if pair[0] < 90}


def test_questions_of_one_pattern_are_not_all_compared_and_not_all_dropped():
    chance = random.Random(4)
    names = ["".join(chance.choices("abcdefghiklmnoprstu", k=14)) for _ in range(3000)]
    marks = mark([(f"What is the capital of {name}?", "train", f"d{n}") for n, name in enumerate(names)])
    assert marks.reasons == [None] * 3000 and marks.near_duplicate_of == [None] * 3000


def test_no_question_and_questions_without_letters():
    assert list(similar_pairs([], 0.8)) == []
    assert mark([("?", "train", "d1")]).reasons == [None]
    assert mark([("", "train", "d1"), ("Who?", "train", "d1")]).reasons == [None, None]
