import json

import pyarrow as pa
import pytest

import curation.checks.asked
from curation.config import FilterConfig
from curation.filter import filter_questions
from data.atlas import LANGUAGES, make_documents
from data.records import DOCUMENT, PASSAGE, QUESTION, REJECT, conform

CONFIG = FilterConfig()


def corpus(lang="en", count=6):
    """Return (documents, passages, questions) of the atlas: the questions are gold questions."""
    documents, passages, questions = [], [], []
    for document in make_documents(lang, range(count), 0, (400, 500)):
        gold = document.questions[0]
        documents.append({"docid": document.docid, "title": document.title, "text": document.text, "lang": lang})
        text = document.text[gold.start : gold.end] + " " + document.title
        passages.append({"passage_id": f"p-{document.docid}", "text": text, "docid": document.docid, "lang": lang})
        questions.append(
            {
                "query_id": f"q-{document.docid}",
                "answer": gold.query,
                "query": gold.query,
                "lang": lang,
                "style": "question",
            }
            | {"passage_id": f"p-{document.docid}", "docid": document.docid, "split": "train", "finish_reason": "stop"}
        )
    made = zip((documents, passages, questions), (DOCUMENT, PASSAGE, QUESTION), strict=True)
    return (
        documents,
        passages,
        questions,
        lambda: [conform(pa.Table.from_pylist(rows, schema=schema), schema) for rows, schema in made],
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_gold_questions_are_kept_with_what_was_measured(lang):
    *_, tables = corpus(lang)
    documents, passages, questions = tables()
    kept, rejects = filter_questions(questions, passages, documents, CONFIG)
    assert kept["reason"].to_pylist() == [None] * 6, list(
        zip(kept["query"].to_pylist(), kept["reason"].to_pylist(), strict=True)
    )
    assert rejects.schema == REJECT and not len(rejects)
    for row in kept.to_pylist():
        assert row["detected_lang"] == lang
        assert 0.3 < row["lexical_overlap"] <= 1
        assert 1 <= row["bm25_rank"] <= 10


def test_a_question_that_other_documents_answer_better_is_not_unique():
    *_, questions, tables = corpus()
    questions[0]["query"] = questions[1]["query"]  # about document 1, said to be about document 0
    documents, passages, table = tables()
    kept, rejects = filter_questions(table, passages, documents, FilterConfig(uniqueness_depth=1, min_overlap=0))
    assert kept["reason"].to_pylist() == ["not_unique"] + [None] * 5
    assert kept["bm25_rank"].to_pylist()[0] != 1 and kept["bm25_rank"].to_pylist()[1:] == [1] * 5
    assert rejects.to_pylist() == [{"place": "q-atlas-en-0", "reason": "not_unique", "detail": questions[1]["query"]}]
    kept, _ = filter_questions(table, passages, documents, FilterConfig(uniqueness_depth=0, min_overlap=0))
    assert kept["reason"].null_count == 6  # only recorded: the other documents that may answer it as well
    assert kept["bm25_rank"][0].as_py() != 1 and kept["also_relevant"][0].as_py()[0] == questions[1]["docid"]
    assert kept["bm25_rank"].to_pylist()[1:] == [1] * 5 and kept["also_relevant"].to_pylist()[1:] == [[]] * 5


def test_questions_that_repeat_their_passage_can_be_dropped():
    documents, passages, table = corpus()[-1]()
    free, _ = filter_questions(table, passages, documents, CONFIG)
    overlaps = free["lexical_overlap"].to_pylist()
    bound = sorted(overlaps)[2]
    kept, _ = filter_questions(table, passages, documents, FilterConfig(max_lexical_overlap=bound))
    assert kept["reason"].to_pylist() == ["too_literal" if overlap > bound else None for overlap in overlaps]
    assert "too_literal" in kept["reason"].to_pylist()


def test_what_is_dropped_keeps_all_its_columns():
    *_, questions, tables = corpus()
    questions[2]["query"] = "I'm sorry, I cannot do that."
    questions[3]["query"] = ""
    documents, passages, table = tables()
    kept, rejects = filter_questions(table, passages, documents, CONFIG)
    assert kept.schema == QUESTION and len(kept) == 6
    assert kept["reason"].to_pylist()[2:4] == ["refusal", "empty"]
    assert kept["passage_id"].to_pylist() == table["passage_id"].to_pylist()
    assert [row["place"] for row in rejects.to_pylist()] == ["q-atlas-en-2", "q-atlas-en-3"]


def test_rows_are_read_with_their_query_language_details_and_generator():
    *_, questions, tables = corpus()
    good = [question["query"] for question in questions]
    questions[0] |= {"query": f"1. {good[0]}", "answer": "a long answer with several questions"}
    questions[1] |= {"query": None, "answer": f"Question: {good[1]}"}  # a row of before
    questions[2] |= {"query": "칼루미 댐은 언제 지어졌습니까?", "query_lang": "ko"}
    questions[3] |= {"details": json.dumps({"first": "no such words", "second": "nor these words"})}
    questions[4] |= {"query": "Fleming penicillin", "style": "keywords", "generator": "openai"}
    questions[5] |= {"query": "", "answer": "", "finish_reason": "refused"}
    documents, passages, table = tables()
    kept, _ = filter_questions(table, passages, documents, CONFIG)
    assert kept["reason"].to_pylist() == [None, None, None, "places_not_found", "not_grounded", "refused"]
    assert kept["query"].to_pylist()[:2] == good[:2]
    assert kept["answer"].to_pylist()[0] == "a long answer with several questions"
    assert kept["detected_lang"].to_pylist() == ["en", "en", "ko", "en", None, "und"]
    assert [rank is not None for rank in kept["bm25_rank"].to_pylist()] == [True, True, False, False, False, False]
    assert kept["lexical_overlap"].null_count == 0 and kept["lexical_overlap"][2].as_py() == 0


def test_each_question_is_looked_at_by_the_detector_once(monkeypatch):
    looked = []
    monkeypatch.setattr(curation.checks.asked, "is_language", lambda text, lang: (looked.append(text), (True, lang))[1])
    documents, passages, questions = corpus()[-1]()
    filter_questions(questions, passages, documents, CONFIG)
    assert sorted(looked) == sorted(questions["query"].to_pylist())
