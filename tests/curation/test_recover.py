import pytest
from checks_toy import GOOD

from curation.checks.recover import recover_question

# Before the question, and behind it; what an LLM might say in each language.
AROUND = {
    "en": [
        ("Sure! Here is a question about the passage:\n\n**", "**"),
        ("My question is: ", ""),
        ("", "\n\nI hope it helps!"),
    ],
    "de": [
        ("Natürlich! Hier ist eine Frage zum Text:\n\n", ""),
        ("Frage: ", ""),
        ("", "\nDiese Frage zielt auf das Jahr."),
    ],
    "es": [("¡Claro! Aquí tienes una pregunta:\n\n", ""), ("Pregunta: ", ""), ("", "\n\nEspero que sirva.")],
    "fr": [
        ("Bien sûr ! Voici une question :\n\n« ", " »"),
        ("Question : ", ""),
        ("", "\n\nJ'espère que cela vous aide."),
    ],
    "it": [("Certo! Ecco una domanda:\n\n", ""), ("Domanda: ", ""), ("", "\n\nSpero che sia utile.")],
    "pt": [("Claro! Aqui está uma pergunta:\n\n", ""), ("Pergunta: ", ""), ("", "\n\nEspero que ajude.")],
    "ru": [("Конечно! Вот вопрос по тексту:\n\n", ""), ("Вопрос: ", ""), ("", "\n\nНадеюсь, это поможет.")],
    "ar": [("بالتأكيد! إليك سؤالا عن النص:\n\n", ""), ("السؤال: ", "")],
    "hi": [("ज़रूर! यहाँ एक प्रश्न है:\n\n", ""), ("प्रश्न: ", "")],
    "ja": [("以下は質問です：\n\n「", "」"), ("質問：", ""), ("もちろんです！質問は次の通りです：", "")],
    "ko": [("물론입니다! 다음은 질문입니다:\n\n", ""), ("질문: ", "")],
    "th": [("แน่นอน! นี่คือคำถาม:\n\n", ""), ("คำถาม: ", "")],
    "zh": [("以下是根据文本生成的问题：\n\n“", "”"), ("问题：", ""), ("当然可以！我的问题是：", "")],
}


@pytest.mark.parametrize("lang", AROUND)
def test_what_stands_around_a_question_is_taken_off(lang):
    for before, behind in AROUND[lang]:
        assert recover_question(before + GOOD[lang] + behind) == GOOD[lang]


@pytest.mark.parametrize(
    "answer",
    [
        "Who built it?\nIt was Kalumi.",
        "Question: Who built it?\nAnswer: Kalumi",
        "1. Who built it?\n2. Name the builder.",
        "- Who built it\n- Who paid?",
        "Who built it? Kalumi.",
        "Who said: I built it?",
        "Avengers: who built the tower?",
        '{"question": "Who built it',
    ],
)
def test_what_is_not_beyond_doubt_is_left_as_it_is(answer):
    assert recover_question(answer) == answer


def test_a_number_at_the_beginning_is_no_list_mark():
    assert recover_question("1.5 km lie between what?") == "1.5 km lie between what?"


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
        ("**Question:** Who?", "Who?"),
        ("**Frage 2:** Wer?", "Wer?"),
        ("Who built it?\nWho paid?", "Who built it?\nWho paid?"),
        ("It was built.\nThen it fell.", "It was built.\nThen it fell."),
        ("Keywords: dam Kalumi", "dam Kalumi"),
        ("Here is a claim:\nThe dam was built in 1923.", "The dam was built in 1923."),
        ("", ""),
    ],
)
def test_the_question_is_recovered_from_an_answer(answer, query):
    assert recover_question(answer) == query
    assert recover_question(query) == query


@pytest.mark.parametrize(
    "question",
    [
        "The Eastern Question: which powers took part in the Congress of Berlin?",
        "Die Orientalische Frage: Welche Mächte waren am Berliner Kongress beteiligt?",
        "La cuestión de Oriente: ¿qué potencias participaron en el Congreso de Berlín?",
        "Восточный вопрос: какие державы участвовали в Берлинском конгрессе?",
        "東方問題：ベルリン会議に参加した列強はどこか？",
    ],
)
def test_a_question_of_history_is_no_label(question):
    assert recover_question(question) == question


@pytest.mark.parametrize(
    ("lang", "offer"),
    [
        ("en", "Would you like me to generate another one?"),
        ("es", "¿Quieres que genere otra?"),
        ("ru", "Хотите, я составлю ещё один?"),
        ("zh", "您还需要其他问题吗？"),
    ],
)
def test_an_offer_behind_the_question_is_taken_off(lang, offer):
    assert recover_question(f"{GOOD[lang]}\n\n{offer}") == GOOD[lang]
