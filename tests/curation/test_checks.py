import time

import pytest

from curation.checks import (
    CHECKS,
    Asked,
    check_ended,
    check_grounding,
    check_language,
    check_places,
    check_self_contained,
    check_shape,
    lexical_overlap,
    quick_reason,
)
from curation.config import FilterConfig

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


CLAIMS = {
    "en": "Kalumi has had a reservoir since 1923.",
    "de": "Kalumi hat seit 1923 einen Stausee.",
    "fr": "Kalumi possède un barrage depuis 1923.",
    "ru": "У города Калуми с 1923 года есть водохранилище.",
    "ar": "يوجد في كالومي سد منذ عام 1923.",
    "hi": "कालुमी में 1923 से एक बाँध है।",
    "ja": "カルミには1923年からダムがある。",
    "ko": "칼루미에는 1923년부터 댐이 있다.",
    "th": "กาลูมีมีเขื่อนมาตั้งแต่ปี 1923",
    "zh": "卡卢米从1923年起就有一座水库。",
}


def asked(query, lang="en", style="question", finish="stop", **more):
    return Asked(query, lang, style, finish, PASSAGES[lang], **more)


def reasons(query, lang="en", **more):
    return [reason for check in CHECKS if (reason := check(asked(query, lang, **more), CONFIG))]


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


@pytest.mark.parametrize(
    ("finish", "query", "reason"),
    [
        ("length", GOOD["en"], "cut_off"),
        ("length", "", "cut_off"),
        ("refused", "", "refused"),
        ("failed", "", "failed"),
        ("stop", "", "empty"),
        ("stop", GOOD["en"], None),
        ("", GOOD["en"], None),
    ],
)
def test_an_answer_that_did_not_come_to_its_end_is_found_by_its_finish_reason(finish, query, reason):
    assert quick_reason(asked(query, finish=finish), CONFIG) == reason


@pytest.mark.parametrize(
    "query",
    [
        '{"summary": "Kalumi", "question": 7}',
        '```json\n{"summary": "The reservoir of Kalumi',
        "[{'question': 'Was the reservoir of Kalumi built in 1923?'",
        "summary: the reservoir of Kalumi\nquestion: Who?\nsummary: the city\nquestion: Why?",
        "**First:** the reservoir\n**Second:** the water",
    ],
)
def test_what_was_not_taken_apart_is_unreadable(query):
    assert quick_reason(asked(query), CONFIG) == "unreadable"


def test_questions_with_labels_or_brackets_are_not_unreadable():
    assert check_ended(asked("Question 1: Who built it?\nQuestion 2: Who paid for it?"), CONFIG) is None
    assert check_ended(asked("[Kalumi]: When was the reservoir built?"), CONFIG) is None


def test_korean_titles_in_angle_brackets_are_no_markup():
    assert check_shape(asked("칼루미 댐이 나오는 영화 <기생충>은 언제 나왔나?", "ko"), CONFIG) is None
    assert check_shape(asked("칼루미 <b>댐</b>은 언제 지어졌나?", "ko"), CONFIG) == "markup"


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


def test_keywords_without_an_llm_are_only_judged_by_shape():
    extractive = {"style": "keywords", "generator": "extractive"}
    assert reasons("reservoir Kalumi built 1923", **extractive) == []
    assert reasons("Talsperre Flussbett", **extractive) == []
    assert reasons("", **extractive) == ["empty"]
    assert reasons("dam 1923", **extractive) == ["too_short"]


@pytest.mark.parametrize(
    ("query", "lang", "reason"),
    [
        ("reservoir Kalumi 1923", "en", None),
        ("reservoir of Kalumi was built in 1923", "en", None),  # a phrase of the passage may be a query
        ("Kalumi dam", "en", None),
        ("칼루미 댐 1923", "ko", None),
        ("칼루미 댐 OpenAI", "ko", None),
        ("Kalumi reservoir 1923", "ko", "other_language"),
        ("칼루미 댐", "en", "other_language"),
        ("penicillin Fleming", "en", "not_grounded"),
        ("reservoir\nKalumi", "en", "extra_content"),
        ("1923", "en", "empty"),
    ],
)
def test_keywords_of_an_llm_need_the_script_and_the_passage(query, lang, reason):
    assert quick_reason(asked(query, lang, style="keywords"), CONFIG) == reason


@pytest.mark.parametrize("lang", CLAIMS)
def test_a_claim_is_a_statement_in_the_language_asked_for(lang):
    assert reasons(CLAIMS[lang], lang, style="claim") == []
    assert check_shape(asked(GOOD[lang], lang, style="claim"), CONFIG) == "no_claim"
    other = "en" if lang != "en" else "de"
    assert quick_reason(asked(CLAIMS[other], lang, style="claim"), CONFIG) == "other_language"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("Claim: Kalumi has had a reservoir since 1923.", None),
        ("The Kalumi reservoir.", "no_claim"),
        ("The reservoir of Kalumi was built in 1923.", "copied_sentence"),
        ("This text says that Kalumi has had a reservoir since 1923.", "points_at_text"),
        ("Fleming found penicillin by accident.", "not_grounded"),
        ("I'm sorry, but I cannot write that claim.", "refusal"),
    ],
)
def test_claims(query, reason):
    assert quick_reason(asked(query, style="claim"), CONFIG) == reason


def test_across_languages_only_the_query_is_judged():
    assert reasons(GOOD["ko"], "en", query_lang="ko") == []
    assert reasons(GOOD["en"], "ko", query_lang="en") == []
    assert reasons(GOOD["en"], "en", query_lang="ko") == ["other_language"]
    assert quick_reason(asked(POINTING["ko"], "en", query_lang="ko"), CONFIG) == "points_at_text"
    assert quick_reason(asked("The reservoir of Kalumi.", "ko", query_lang="en"), CONFIG) == "no_question"


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("reservoir of Kalumi", "water supply", None),
        ("water supply", "The Reservoir, of KALUMI!", None),
        ("reservoir of Kalumi was", "Kalumi was built", "places_not_found"),  # they overlap
        ("water supply", "water supply", "places_not_found"),
        ("water supply", "power supply", "places_not_found"),
        ("the", "water supply", "places_not_found"),  # too little to be a place
        ("", "water supply", "places_not_found"),
    ],
)
def test_quoted_places_must_stand_apart_in_the_passage(first, second, reason):
    details = {"first": first, "second": second}
    assert check_places(asked(GOOD["en"], details=details), CONFIG) == reason
    assert quick_reason(asked(GOOD["en"], details=details), CONFIG) == reason


def test_a_quotation_that_stands_twice_can_be_both_places():
    twice = Asked(
        "?", "en", "question", "stop", "It rains. Then it rains.", details={"first": "rains", "second": "rains"}
    )
    assert check_places(twice, CONFIG) is None
    assert check_places(asked("?", details={"summary": "no such words"}), CONFIG) is None


@pytest.mark.parametrize(
    "query",
    ["<a " * 50_000, "- " * 50_000, "Question" + " " * 100_000 + "x", "[" * 50_000, "a: b\n" * 50_000, "?" * 99_999],
)
@pytest.mark.parametrize("style", ["question", "claim", "keywords"])
def test_a_huge_query_is_dropped_in_no_time(query, style):
    started = time.perf_counter()
    assert quick_reason(asked(query, style=style), CONFIG) is not None
    assert time.perf_counter() - started < 1


def test_the_quick_check_takes_labels_off_first():
    assert quick_reason(asked(f"Sure!\n\nQuestion: {GOOD['en']}"), CONFIG) is None


def test_a_long_passage_is_checked_in_milliseconds():
    passage = " ".join(f"In {year} the reservoir of Kalumi held {year * 7} cubic metres." for year in range(1000, 2000))
    questions = [f"How much water did the reservoir of Kalumi hold in {year}?" for year in range(1000, 1050)]
    started = time.perf_counter()
    for query in questions:
        assert quick_reason(Asked(query, "en", "question", "stop", passage), CONFIG) is None
    assert (time.perf_counter() - started) / len(questions) < 0.1


def test_lexical_overlap_by_hand():
    assert lexical_overlap("abcd", "xabcx") == 0.5  # abc, bcd
    assert lexical_overlap("東京都", "東京") == 0.5  # pairs
    assert lexical_overlap("", "abc") == 0.0


def test_the_limits_are_the_configurations():
    assert check_grounding(asked("Who invented penicillin?"), FilterConfig(min_overlap=0.0)) is None
    query = "Was the reservoir of Kalumi built in 1923 or in 1924?"
    assert check_grounding(asked(query), FilterConfig()) is None
    assert check_grounding(asked(query), FilterConfig(max_copied_share=0.5)) == "copied_sentence"
