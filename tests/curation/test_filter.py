import pyarrow as pa
import pytest

from curation.config import FilterConfig
from curation.filter import (
    Asked,
    check_grounding,
    check_language,
    check_self_contained,
    check_shape,
    filter_questions,
    lexical_overlap,
    recover_question,
)
from data.atlas import LANGUAGES, make_documents
from data.records import DOCUMENT, PASSAGE, QUESTION, REJECT, conform

PASSAGES = {
    "en": "The reservoir of Kalumi was built in 1923. It changed the water supply of the whole city.",
    "de": "Der Stausee von Kalumi wurde 1923 gebaut. Er veränderte die Wasserversorgung der ganzen Stadt.",
    "fr": "Le barrage de Kalumi fut construit en 1923. Il changea l'approvisionnement en eau de la ville.",
    "ru": "Водохранилище Калуми было построено в 1923 году. Оно изменило снабжение города водой.",
    "ar": "بني سد كالومي عام 1923. وقد غير إمدادات المياه في المدينة كلها.",
    "hi": "कालुमी का बाँध 1923 में बना। उसने पूरे शहर की जल आपूर्ति बदल दी।",
    "ja": "カルミのダムは1923年に建設された。それは都市全体の水道を変えた。",
    "ko": "칼루미 댐은 1923년에 지어졌다. 그것은 도시 전체의 물 공급을 바꾸었다.",
    "th": "เขื่อนกาลูมีสร้างขึ้นในปี 1923 และเปลี่ยนแปลงระบบน้ำประปาของทั้งเมือง",
    "zh": "卡卢米水库建于1923年。它改变了整座城市的供水。",
}
GOOD = {
    "en": "When was the reservoir of Kalumi built?",
    "de": "Wann wurde der Stausee von Kalumi gebaut?",
    "fr": "Quand le barrage de Kalumi a-t-il été construit ?",
    "ru": "Когда было построено водохранилище Калуми?",
    "ar": "متى تم بناء سد كالومي؟",
    "hi": "कालुमी का बाँध कब बनाया गया था?",
    "ja": "カルミのダムはいつ建設されましたか?",
    "ko": "칼루미 댐은 언제 지어졌습니까?",
    "th": "เขื่อนกาลูมีสร้างขึ้นในปีใด",
    "zh": "卡卢米水库是哪一年建成的?",
}
POINTING = {
    "en": "What does this text say about the reservoir of Kalumi?",
    "de": "Was sagt dieser Text über den Stausee von Kalumi?",
    "fr": "Que dit ce texte sur le barrage de Kalumi ?",
    "ru": "Что говорится в этом тексте о водохранилище Калуми?",
    "ar": "ماذا يقول هذا النص عن سد كالومي؟",
    "hi": "इस पाठ में कालुमी के बाँध के बारे में क्या कहा गया है?",
    "ja": "この文章によると、カルミのダムはいつ建設されましたか?",
    "ko": "이 글에 따르면 칼루미 댐은 언제 지어졌습니까?",
    "th": "บทความนี้กล่าวว่าเขื่อนกาลูมีสร้างขึ้นในปีใด",
    "zh": "根据这篇文章,卡卢米水库是哪一年建成的?",
}
SORRY = {
    "en": "I'm sorry, but I cannot write a question about that.",
    "de": "Es tut mir leid, dazu kann ich keine Frage stellen.",
    "fr": "Je suis désolé, je ne peux pas poser de question.",
    "ru": "Извините, я не могу задать вопрос об этом.",
    "ar": "أعتذر، لا يمكنني كتابة سؤال عن ذلك.",
    "hi": "मुझे खेद है, मैं प्रश्न नहीं लिख सकता।",
    "ja": "申し訳ありませんが、質問を作成できません。",
    "ko": "죄송합니다. 질문을 만들 수 없습니다.",
    "th": "ขออภัย ฉันไม่สามารถตั้งคำถามได้",
    "zh": "抱歉,我无法提出问题。",
}
CONFIG = FilterConfig()


def asked(query, lang="en", style="question", finish="stop"):
    return Asked(query, lang, style, finish, PASSAGES[lang])


def reasons(query, lang="en", **more):
    checks = (check_shape, check_language, check_self_contained, check_grounding)
    return [reason for check in checks if (reason := check(asked(query, lang, **more), CONFIG))]


@pytest.mark.parametrize("lang", GOOD)
def test_a_good_question_passes_every_check(lang):
    assert reasons(GOOD[lang], lang) == []


@pytest.mark.parametrize("lang", POINTING)
def test_a_question_about_the_text_is_found(lang):
    assert check_self_contained(asked(POINTING[lang], lang), CONFIG) == "points_at_text"


@pytest.mark.parametrize("lang", SORRY)
def test_an_apology_is_found(lang):
    assert check_shape(asked(SORRY[lang], lang), CONFIG) == "refusal"


@pytest.mark.parametrize("lang", GOOD)
def test_a_question_in_another_language_is_found(lang):
    other = "en" if lang != "en" else "de"
    assert check_language(asked(GOOD[other], lang), CONFIG) == "other_language"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "empty"),
        ("?!", "empty"),
        ("1923?", "empty"),
        ("Why so?", "too_short"),
        ("What about " + "the old town " * 40 + "?", "too_long"),
        ("What is Kalumi?\nWhere is Kalumi?", "several_questions"),
        ("What is Kalumi?\nIt is a town.", "extra_content"),
        ("What is **Kalumi** known for?", "markup"),
        ("What does <b>Kalumi</b> mean?", "markup"),
        ("See https://example.org for what Kalumi is?", "markup"),
        ("The reservoir of Kalumi and its city.", "no_question"),
    ],
)
def test_shape(query, reason):
    assert check_shape(asked(query), CONFIG) == reason


def test_a_cut_answer_is_found_by_its_finish_reason():
    assert check_shape(asked(GOOD["en"], finish="length"), CONFIG) == "cut_off"


@pytest.mark.parametrize("lang", ["zh", "ja", "ko", "th"])
def test_short_questions_of_dense_scripts_are_not_too_short(lang):
    query = {"zh": "谁建了水库?", "ja": "誰が建てた?", "ko": "누가 지었나?", "th": "ใครสร้าง?"}[lang]
    assert check_shape(asked(query, lang), CONFIG) is None


@pytest.mark.parametrize("lang", PASSAGES)
def test_a_copied_sentence_is_found(lang):
    import regex

    sentence = regex.split(r"(?<=[.।。])", PASSAGES[lang])[0]
    assert check_grounding(asked(sentence, lang), CONFIG) == "copied_sentence"
    assert check_grounding(asked(sentence.rstrip(".।。") + "?", lang), CONFIG) == "copied_sentence"


def test_a_question_about_something_else_is_not_grounded():
    assert check_grounding(asked("Did Fleming find penicillin?"), CONFIG) == "not_grounded"
    assert check_grounding(asked("ペニシリンを発見した人物は誰か?", "ja"), CONFIG) == "not_grounded"


def test_keyword_queries_are_only_judged_by_shape():
    query = "reservoir Kalumi built 1923"
    assert reasons(query, style="keywords") == []
    assert reasons("", style="keywords") == ["empty"]


def test_lexical_overlap_by_hand():
    assert lexical_overlap("abcd", "xabcx") == 0.5  # abc, bcd
    assert lexical_overlap("東京都", "東京") == 0.5  # pairs
    assert lexical_overlap("", "abc") == 0.0


@pytest.mark.parametrize(
    ("answer", "query"),
    [
        ("  Who built it? \n", "Who built it?"),
        ("Question: Who built it?", "Who built it?"),
        ("Sure! Here is a question:\n\n1. Who built it?", "Who built it?"),
        ('"Who built it?"', "Who built it?"),
        ("- “Who built it?”", "Who built it?"),
        ("質問:誰が建てたのですか?", "誰が建てたのですか?"),
        ("问题：谁建的？", "谁建的？"),
        ("**Question:** Who?", "**Question:** Who?"),
        ("Who built it?\nWho paid?", "Who built it?\nWho paid?"),
        ("It was built.\nThen it fell.", "It was built.\nThen it fell."),
        ("", ""),
    ],
)
def test_the_question_is_recovered_from_an_answer(answer, query):
    assert recover_question(answer) == query


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
        lambda: [conform(pa.Table.from_pylist(rows), schema) for rows, schema in made],
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
    questions[0]["answer"] = questions[1]["answer"]  # about document 1, said to be about document 0
    documents, passages, table = tables()
    kept, rejects = filter_questions(table, passages, documents, FilterConfig(uniqueness_depth=1, min_overlap=0))
    assert kept["reason"].to_pylist() == ["not_unique"] + [None] * 5
    assert kept["bm25_rank"].to_pylist() == [0, 1, 1, 1, 1, 1]
    assert rejects.to_pylist() == [{"place": "q-atlas-en-0", "reason": "not_unique", "detail": questions[1]["answer"]}]
    kept, _ = filter_questions(table, passages, documents, FilterConfig(uniqueness_depth=0, min_overlap=0))
    assert kept["reason"].null_count == 6 and kept["bm25_rank"].null_count == 6


def test_what_is_dropped_keeps_all_its_columns():
    *_, questions, tables = corpus()
    questions[2]["answer"] = "I'm sorry, I cannot do that."
    questions[3]["answer"] = None
    documents, passages, table = tables()
    kept, rejects = filter_questions(table, passages, documents, CONFIG)
    assert kept.schema == QUESTION and len(kept) == 6
    assert kept["reason"].to_pylist()[2:4] == ["refusal", "empty"]
    assert kept["passage_id"].to_pylist() == table["passage_id"].to_pylist()
    assert [row["place"] for row in rejects.to_pylist()] == ["q-atlas-en-2", "q-atlas-en-3"]


def test_the_limits_are_the_configurations():
    assert check_grounding(asked("Who invented penicillin?"), FilterConfig(min_overlap=0.0)) is None
    query = "Was the reservoir of Kalumi built in 1923 or in 1924?"
    assert check_grounding(asked(query), FilterConfig()) is None
    assert check_grounding(asked(query), FilterConfig(max_copied_share=0.5)) == "copied_sentence"
