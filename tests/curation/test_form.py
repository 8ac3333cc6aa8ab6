import pytest
from checks_toy import CONFIG, GOOD, asked

from curation.checks import CHECKS, first_reason, form, quick_reason

SORRY = {
    "en": "I'm sorry, but I cannot write a question about that.",
    "de": "Es tut mir leid, dazu kann ich keine Frage stellen.",
    "es": "Lo siento, no puedo formular una pregunta.",
    "fr": "Je suis désolé, je ne peux pas poser de question.",
    "it": "Mi dispiace, non posso fare una domanda.",
    "pt": "Desculpe, não posso fazer uma pergunta.",
    "ru": "Извините, я не могу задать вопрос об этом.",
    "ar": "أعتذر، لا يمكنني كتابة سؤال عن ذلك.",
    "hi": "मुझे खेद है, मैं प्रश्न नहीं लिख सकता।",
    "ja": "申し訳ありませんが、質問を作成できません。",
    "ko": "죄송합니다. 질문을 만들 수 없습니다.",
    "th": "ขออภัย ฉันไม่สามารถตั้งคำถามได้",
    "zh": "抱歉,我无法提出问题。",
}
TASK = {
    "en": "Please write one question about the following text.",
    "de": "Stelle eine Frage zum folgenden Text.",
    "es": "Genera una pregunta sobre el siguiente texto.",
    "fr": "Formule une question sur le texte suivant.",
    "it": "Scrivi una domanda sul testo seguente.",
    "pt": "Escreva uma pergunta sobre o texto a seguir.",
    "ru": "Напишите один вопрос по следующему тексту.",
    "ar": "اكتب سؤالا واحدا عن النص التالي.",
    "hi": "नीचे दिए गए पाठ पर एक प्रश्न लिखें।",
    "ja": "次の文章について質問を一つ作成してください。",
    "ko": "다음 글에 대한 질문을 하나 작성하세요.",
    "th": "จงเขียนคำถามหนึ่งข้อจากข้อความต่อไปนี้",
    "zh": "请根据以下文本写一个问题。",
}
ANSWER = {
    "en": "Answer: 1923",
    "de": "Antwort: 1923",
    "es": "Respuesta: 1923",
    "fr": "Réponse : 1923",
    "it": "Risposta: 1923",
    "pt": "Resposta: 1923",
    "ru": "Ответ: 1923",
    "ar": "الجواب: 1923",
    "hi": "उत्तर: 1923",
    "ja": "答え：1923",
    "ko": "답: 1923",
    "th": "คำตอบ: 1923",
    "zh": "答案：1923",
}
JOINED = {
    "en": "When was the reservoir of Kalumi built and what did it change?",
    "de": "Wann wurde der Stausee von Kalumi gebaut und was veränderte er?",
    "es": "¿Cuándo fue construida la presa de Kalumi y qué cambió?",
    "fr": "Quand le barrage de Kalumi a-t-il été construit et qu'est-ce qu'il changea ?",
    "it": "Quando fu costruita la diga di Kalumi e cosa cambiò?",
    "pt": "Quando foi construída a barragem de Kalumi e o que mudou?",
    "ru": "Когда было построено водохранилище Калуми и что оно изменило?",
    "ar": "متى تم بناء سد كالومي وماذا غير في المدينة؟",
    "hi": "कालुमी का बाँध कब बना और उसने क्या बदला?",
    "ja": "カルミのダムはいつ建設され、また何を変えましたか?",
    "ko": "칼루미 댐은 언제 지어졌고 무엇을 바꾸었습니까?",
    "th": "เขื่อนกาลูมีสร้างขึ้นเมื่อใดและอะไรเปลี่ยนแปลงไปบ้าง",
    "zh": "卡卢米水库是什么时候建成的，又改变了什么?",
}


@pytest.mark.parametrize("lang", SORRY)
def test_an_apology_is_found(lang):
    assert form.check_refusal(asked(SORRY[lang], lang), CONFIG) == "refusal"


def test_a_refusal_that_asks_back_is_one_and_a_song_is_not():
    assert form.check_refusal(asked("Sorry, I can't do that. Could you give me another text?"), CONFIG) == "refusal"
    assert form.check_refusal(asked('"Sorry" was recorded in Kalumi by whom?'), CONFIG) is None


@pytest.mark.parametrize("lang", TASK)
def test_an_instruction_is_found_in_every_language(lang):
    assert form.check_instruction_echo(asked(TASK[lang], lang), CONFIG) == "instruction_echoed"


def test_the_words_of_a_bundled_instruction_are_an_echo():
    echo = "The generated question should revolve around the core content of this text"
    assert form.check_instruction_echo(asked(echo + "?"), CONFIG) == "instruction_echoed"
    assert form.check_instruction_echo(asked("Which question did the core content of Kalumi raise?"), CONFIG) is None


@pytest.mark.parametrize("lang", ANSWER)
def test_an_answer_behind_the_question_is_found(lang):
    for between in (" ", "\n", "\n\n**", " ("):
        answer = GOOD[lang] + between + ANSWER[lang]
        assert quick_reason(asked(answer, lang), CONFIG) == "answer_included", answer


@pytest.mark.parametrize(
    "query",
    [
        "When was the reservoir of Kalumi built? In 1923.",
        "When was the reservoir of Kalumi built? 1923",
        "What is Kalumi?\nIt is a town.",
        "Q: What is Kalumi known for?\nA: A reservoir.",
    ],
)
def test_an_answer_without_a_label_is_found(query):
    assert quick_reason(asked(query), CONFIG) == "answer_included"


@pytest.mark.parametrize("lang", JOINED)
def test_two_questions_joined_by_and_are_found(lang):
    assert form.check_one_question(asked(JOINED[lang], lang), CONFIG) == "several_questions"


@pytest.mark.parametrize(
    "query",
    [
        "What is Kalumi?\nWhere is Kalumi?",
        "1. What is Kalumi?\n2. Where is the reservoir",
        "- What is Kalumi?\n- Where is Kalumi?",
        "When was the reservoir built? Why was it built?",
        "Name the town of the reservoir. When was it built?",
    ],
)
def test_several_questions_are_found(query):
    assert form.check_one_question(asked(query), CONFIG) == "several_questions"


def test_several_questions_without_marks_are_found():
    both = "เขื่อนกาลูมีสร้างขึ้นในปีใด เขื่อนกาลูมีเปลี่ยนแปลงอะไร"
    assert form.check_one_question(asked(both, "th"), CONFIG) == "several_questions"
    both = "カルミのダムはいつ建設されましたか。ダムは何を変えましたか。"
    assert form.check_one_question(asked(both, "ja"), CONFIG) == "several_questions"


@pytest.mark.parametrize(
    "query",
    [
        "When and where was the reservoir of Kalumi built?",
        'Who asked "Where is the water?" in Kalumi?',
        "Which reservoir and which city changed in 1923?",
    ],
)
def test_one_question_is_one(query):
    assert form.check_one_question(asked(query), CONFIG) is None


def test_a_preamble_that_cannot_be_taken_off_is_found():
    for query in (
        "Reservoirs\nThe story\nWhen was the reservoir of Kalumi built, in 1923 or",
        "As somebody who likes fishing: when was the reservoir of Kalumi built?",
        "Boating is pleasant on Sundays. When was the reservoir of Kalumi built?",
    ):
        assert form.check_preamble(asked(query + "?" * (not query.endswith("?"))), CONFIG) == "preamble"


def test_a_sentence_of_the_passage_before_the_question_is_no_preamble():
    query = "The reservoir of Kalumi was built in 1923. What did the reservoir of Kalumi change?"
    assert form.check_preamble(asked(query), CONFIG) is None


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "empty"),
        ("?!", "empty"),
        ("1923?", "empty"),
        ("Why so?", "too_short"),
        ("What about " + "the old town " * 40 + "?", "too_long"),
        ("What is **Kalumi** known for?", "markup"),
        ("What does <b>Kalumi</b> mean?", "markup"),
        ("See https://example.org for what Kalumi is?", "markup"),
        ("- Kalumi\n- a reservoir", "several_questions"),
        ("It is a town\nof water", "extra_content"),
        ("The reservoir of Kalumi and its city.", "no_question"),
        ("When it was built, the city had no water.", "no_question"),
        ("When was the reserv", "cut_off"),
        ("When was the", "cut_off"),
        ("When was the reservoir of Kalumi,", "cut_off"),
        ("When was the reservoir", None),
        ("Name the city of the reservoir.", None),
    ],
)
def test_form(query, reason):
    checks = [check for check in CHECKS if check.__module__ == form.__name__]
    found = [named for check in checks if (named := check(asked(query), CONFIG))]
    assert (found[0] if found else None) == reason


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
    assert form.check_readable(asked("Question 1: Who built it?\nQuestion 2: Who paid for it?"), CONFIG) is None
    assert form.check_readable(asked("[Kalumi]: When was the reservoir built?"), CONFIG) is None


def test_korean_titles_in_angle_brackets_are_no_markup():
    assert form.check_markup(asked("칼루미 댐이 나오는 영화 <기생충>은 언제 나왔나?", "ko"), CONFIG) is None
    assert form.check_markup(asked("칼루미 <b>댐</b>은 언제 지어졌나?", "ko"), CONFIG) == "markup"


@pytest.mark.parametrize("lang", ["zh", "ja", "ko", "th"])
def test_questions_of_dense_scripts_are_shorter_at_both_ends(lang):
    query = {"zh": "谁建了水库?", "ja": "誰が建てた?", "ko": "누가 지었나?", "th": "ใครสร้าง?"}[lang]
    assert form.check_too_short(asked(query, lang), CONFIG) is None
    assert form.check_too_long(asked(query * 50, lang), CONFIG) == "too_long"


@pytest.mark.parametrize("lang", ["ja", "ko", "th", "zh"])
def test_no_question_mark_is_needed_where_the_language_does_without(lang):
    assert first_reason(asked(GOOD[lang].rstrip("?"), lang), CONFIG) is None


def test_another_language_needs_its_question_mark():
    assert form.check_question(asked("Kalumi barajı ne zaman yapıldı?", query_lang="tr"), CONFIG) is None
    assert form.check_question(asked("Kalumi barajı ne zaman yapıldı.", query_lang="tr"), CONFIG) == "no_question"


@pytest.mark.parametrize(
    ("lang", "claim"),
    [
        ("en", "Kalumi cannot create water without its reservoir."),
        ("de", "Leider konnte die Stadt Kalumi vor 1923 kein Wasser speichern."),
        ("th", "เมืองกาลูมีไม่สามารถสร้างเขื่อนได้ก่อนปี 1923"),
        ("ko", "칼루미는 1923년 전에는 댐을 만들 수 없었다."),
        ("zh", "卡卢米水库建成以前无法为城市供水。"),
    ],
)
def test_what_cannot_be_done_is_no_refusal(lang, claim):
    assert form.check_refusal(asked(claim, lang, style="claim"), CONFIG) is None


@pytest.mark.parametrize(
    ("lang", "request_for_text"),
    [
        ("de", "Könnten Sie mir bitte den vollständigen Text schicken?"),
        ("ru", "Не могли бы вы прислать полный текст?"),
        ("ko", "전체 텍스트를 보내 주시겠어요?"),
        ("zh", "能否请您发送完整的文本？"),
    ],
)
def test_a_request_for_the_text_is_a_refusal(lang, request_for_text):
    assert form.check_refusal(asked(request_for_text, lang), CONFIG) == "refusal"


@pytest.mark.parametrize("lang", ["en", "ru", "ja", "th"])
def test_the_same_words_over_and_over_are_unreadable(lang):
    assert form.check_readable(asked(" ".join([GOOD[lang]] * 4), lang), CONFIG) == "unreadable"
    assert form.check_readable(asked(GOOD[lang], lang), CONFIG) is None


@pytest.mark.parametrize(
    "around", ["<|assistant|>{}", "{}<|im_end|>", "[INST] {} [/INST]", 'question = "{}"', "| {} | 1923 |", "{} &nbsp;"]
)
def test_marks_of_templates_code_and_tables_are_markup(around):
    assert form.check_markup(asked(around.format(GOOD["en"])), CONFIG) == "markup"


@pytest.mark.parametrize(
    ("lang", "query"),
    [
        ("en", "Who founded Kalumi and why?"),
        ("de", "Wer gründete Kalumi und warum?"),
        ("es", "¿Quién fundó Kalumi y por qué?"),
        ("ru", "Кто основал Калуми и почему?"),
        ("en", f"{GOOD['en']} / Who paid for the reservoir of Kalumi?"),
    ],
)
def test_and_why_and_a_slash_ask_a_second_time(lang, query):
    assert form.check_one_question(asked(query, lang), CONFIG) == "several_questions"


def test_when_and_how_ask_once():
    assert form.check_one_question(asked("When and how was the reservoir of Kalumi built?"), CONFIG) is None


def test_a_question_that_speaks_of_a_problem_is_no_instruction():
    query = "古代の人々が水をどう得たかという根本的な問題を扱う『水について』は誰が書いたか。"
    assert form.check_instruction_echo(asked(query, "ja"), CONFIG) is None


@pytest.mark.parametrize(
    ("lang", "query"),
    [
        ("en", "Who built the reservoir of Kalumi and in addition in which year was it filled?"),
        ("en", "Who built the reservoir of Kalumi When was the dam opened"),
        ("de", "Wer baute den Stausee von Kalumi und außerdem in welchem Jahr wurde er gefüllt?"),
        ("fr", "Qui a construit le barrage de Kalumi et aussi en quelle année fut-il rempli ?"),
        ("es", "¿Quién construyó la presa de Kalumi y además ¿en qué año se llenó?"),
        ("it", "Chi ha costruito la diga di Kalumi e inoltre in quale anno fu riempita?"),
        ("pt", "Quem construiu a barragem de Kalumi e também em que ano foi enchida?"),
        ("ru", "Кто построил плотину Калуми, а также в каком году её заполнили?"),
        ("ar", "من بنى سد كالومي وأيضا متى تم ملؤه بالماء؟"),
        ("hi", "कालुमी का बाँध किसने बनाया था और साथ ही उसमें पानी कब भरा गया?"),
        ("ja", "カルミのダムを建設したのは誰ですか、また完成したのはいつですか"),
        ("ko", "칼루미 댐은 누가 지었나요 그리고 완공된 해는 언제인가요?"),
        ("ko", "칼루미 댐은 누가 지었나요 물은 언제 채워졌나요"),
        ("th", "ใครสร้างเขื่อนกาลูมีที่ใด และเขื่อนนั้นเปิดใช้งานเป็นครั้งแรกเมื่อใด"),
        ("th", "เขื่อนกาลูมีใครเป็นผู้สร้าง 2. เขื่อนกาลูมีเปิดใช้งานเมื่อใด"),
        ("zh", "卡卢米水库是谁建造的，另外水库里的水从哪里来？"),
        ("zh", "卡卢米的水库是谁建造的 水库里的水从哪条河来"),
    ],
)
def test_questions_joined_by_more_than_and_are_several(lang, query):
    assert form.check_one_question(asked(query, lang), CONFIG) == "several_questions"


@pytest.mark.parametrize(
    ("lang", "query"),
    [
        ("en", "What are the WHO criteria for a clean reservoir?"),
        ("en", "What grew in Kalumi 2.5 million years ago?"),
        ("es", "¿Quién presentó en Kalumi el programa de ¿Quién sabe nadar?"),
        ("th", "ใครเป็นผู้ตัดสินใจว่าที่ดินหรือทรัพย์สินจะถูกใช้อย่างไร"),
    ],
)
def test_titles_numbers_and_names_ask_no_second_time(lang, query):
    assert form.check_one_question(asked(query, lang), CONFIG) is None
