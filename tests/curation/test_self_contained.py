import pytest
from checks_toy import CONFIG, GOOD, asked

from curation.checks import first_reason
from curation.checks.self_contained import check_points_at_text, check_pronoun

POINTING = {
    "en": "What does this text say about the reservoir of Kalumi?",
    "de": "Was sagt dieser Text über den Stausee von Kalumi?",
    "es": "Según el texto, ¿cuándo fue construida la presa de Kalumi?",
    "fr": "Que dit ce texte sur le barrage de Kalumi ?",
    "it": "Secondo il testo, quando fu costruita la diga di Kalumi?",
    "pt": "De acordo com o texto, quando foi construída a barragem de Kalumi?",
    "ru": "Что говорится в этом тексте о водохранилище Калуми?",
    "ar": "ماذا يقول هذا النص عن سد كالومي؟",
    "hi": "इस पाठ में कालुमी के बाँध के बारे में क्या कहा गया है?",
    "ja": "この文章によると、カルミのダムはいつ建設されましたか?",
    "ko": "이 글에 따르면 칼루미 댐은 언제 지어졌습니까?",
    "th": "บทความนี้กล่าวว่าเขื่อนกาลูมีสร้างขึ้นในปีใด",
    "zh": "根据这篇文章,卡卢米水库是哪一年建成的?",
}
PRONOUN = {
    "en": ["When was it built?", "Who did they ask?", "In which year did this happen?", "Why that?"],
    "de": ["Wann wurde er gebaut?", "Wen haben sie gefragt?", "In welchem Jahr geschah dies?"],
    "es": ["¿Cuándo fue él?", "¿Por qué ocurrió esto?", "¿Qué hizo después?"],
    "fr": ["Quand a-t-il été construit ?", "Pourquoi cela est-il arrivé ?", "Qu'a-t-elle dit ?"],
    "it": ["Quando è successo questo?", "Che cosa fece lui dopo?", "Perché è importante?"],
    "pt": ["Quando ela foi construída?", "Por que isso aconteceu?", "O que ele disse?"],
    "ru": ["Когда оно было построено?", "Почему это произошло?", "Что он сказал?"],
    "ar": ["متى حدث ذلك؟", "لماذا فعل هذا؟", "ماذا قال بعد ذلك؟"],
    "hi": ["यह कब बना?", "उसने क्या कहा?", "ऐसा क्यों हुआ?"],
    "ja": ["それはいつ建設されましたか?", "彼は何と言いましたか?"],
    "ko": ["그것은 언제 지어졌습니까?", "그는 무엇을 말했나요?"],
    "th": ["มันสร้างขึ้นเมื่อใด", "เขาพูดว่าอะไร"],
    "zh": ["它是什么时候建成的?", "他说了什么?"],
}
NAMED = [
    ("en", "How much water did Kalumi get after its reservoir was built?"),
    ("en", "Is it true that Kalumi has a reservoir?"),
    ("en", "How long did it take to build the reservoir of Kalumi?"),
    ("en", "After Kalumi built the reservoir, what did it change?"),
    ("en", "What did the text of the treaty of Kalumi demand?"),
    ("de", "Wie viele Stauseen gibt es in Kalumi?"),
    ("fr", "Quand le barrage s'est-il écroulé ?"),
    ("fr", "Combien de barrages y a-t-il à Kalumi ?"),
    ("ar", "ما هو ارتفاع سد كالومي؟"),
    ("hi", "वह शहर कौन सा है जिसमें कालुमी का बाँध है?"),
    ("ja", "その他のダムはカルミのどこにありますか?"),
    ("th", "เขากาลูมีสูงเท่าใด"),  # "khao" is a mountain too
    ("zh", "其他水库在卡卢米的哪里?"),
    ("tr", "O ne zaman?"),  # nothing is known of the language
]


@pytest.mark.parametrize("lang", POINTING)
def test_a_question_about_the_text_is_found(lang):
    assert check_points_at_text(asked(POINTING[lang], lang), CONFIG) == "points_at_text"
    assert check_points_at_text(asked(GOOD[lang], lang), CONFIG) is None


@pytest.mark.parametrize(("lang", "query"), [(lang, query) for lang in PRONOUN for query in PRONOUN[lang]])
def test_a_pronoun_in_the_place_of_the_subject_is_found(lang, query):
    assert check_pronoun(asked(query, lang), CONFIG) == "pronoun"


@pytest.mark.parametrize("lang", GOOD)
def test_a_good_question_names_its_subject(lang):
    assert check_pronoun(asked(GOOD[lang], lang), CONFIG) is None


@pytest.mark.parametrize(("lang", "query"), NAMED)
def test_a_pronoun_with_something_to_stand_for_does_no_harm(lang, query):
    seen = asked(query, query_lang=lang)
    assert (check_points_at_text(seen, CONFIG), check_pronoun(seen, CONFIG)) == (None, None)


@pytest.mark.parametrize(
    ("lang", "query"),
    [
        ("en", "What is the main idea of the passage?"),
        ("en", "What were the consequences?"),
        ("de", "Worum geht es in dem Abschnitt?"),
        ("es", "¿Cuál es la idea principal?"),
        ("ja", "筆者の主張は何ですか?"),
        ("zh", "主要内容是什么?"),
    ],
)
def test_a_question_that_names_nothing_is_dropped(lang, query):
    assert first_reason(asked(query, lang), CONFIG) in ("points_at_text", "pronoun")


def test_keywords_point_at_nothing():
    assert check_points_at_text(asked("this text reservoir", style="keywords"), CONFIG) is None
    assert check_pronoun(asked("it", style="keywords"), CONFIG) is None


@pytest.mark.parametrize(
    ("lang", "query"),
    [
        ("en", "What does the author argue?"),
        ("de", "Was argumentiert der Autor?"),
        ("es", "¿Cómo describe el autor la situación?"),
        ("it", "Che cosa argomenta l'autore?"),
        ("ru", "Что здесь описывается?"),
        ("fr", "Selon les informations fournies, quand la digue de Kalumi fut-elle construite ?"),
        ("ja", "与えられた情報に基づくと、カルミのダムはいつ建設されましたか？"),
        ("zh", "根据提供的信息，卡卢米水库建于哪一年？"),
    ],
)
def test_an_author_without_a_name_and_what_is_given_point_at_the_text(lang, query):
    assert check_points_at_text(asked(query, query_lang=lang), CONFIG) == "points_at_text"


@pytest.mark.parametrize(
    ("lang", "query"),
    [
        ("en", "Why was the author Salman Rushdie attacked?"),
        ("en", "What did the author of Hamlet write first?"),
        ("de", "Welcher Autor erhielt 1972 den Nobelpreis für Literatur?"),
        ("es", "¿Qué autor recibió el Premio Nobel en 1982?"),
        ("ja", "『源氏物語』の著者は誰ですか？"),
        ("hi", '"वह तोड़ती पत्थर" कविता किसने लिखी?'),
    ],
)
def test_an_author_or_a_title_that_is_named_stands_on_its_own(lang, query):
    seen = asked(query, query_lang=lang)
    assert (check_points_at_text(seen, CONFIG), check_pronoun(seen, CONFIG)) == (None, None)


@pytest.mark.parametrize(
    ("lang", "query"),
    [
        ("en", "What arguments were put forward?"),
        ("en", "What is being analysed?"),
        ("de", "Welche Einzelheiten werden geschildert?"),
        ("de", "Wen trafen sie dort?"),
        ("fr", "Quelles hypothèses sont formulées ?"),
        ("es", "¿Qué hipótesis se plantean?"),
        ("es", "¿Dónde desembarcaron?"),
        ("it", "Quali ipotesi vengono formulate?"),
        ("it", "Quando partirono?"),
        ("pt", "Que hipóteses são formuladas?"),
        ("ru", "Какие доводы излагаются?"),
        ("ar", "ما الحجج المعروضة؟"),
        ("hi", "कौन से तर्क प्रस्तुत किए गए हैं?"),
        ("ja", "どのような根拠が示されていますか"),
        ("ko", "어떤 근거가 제시되어 있습니까?"),
        ("th", "มีเหตุผลใดบ้าง"),
        ("zh", "列举了哪些理由?"),
    ],
)
def test_a_question_whose_blanks_only_the_text_can_fill_is_dropped(lang, query):
    assert check_pronoun(asked(query, lang), CONFIG) == "pronoun"


@pytest.mark.parametrize(
    ("lang", "query"),
    [
        ("en", "How do children learn to read?"),
        ("en", "What is a snippet?"),
        ("en", "What reasons are given for the Kalumi dam?"),
        ("en", "How is a solid dissolved?"),
        ("de", "Warum ziehen Menschen um?"),
        ("en", "Which foods are fermented?"),
        ("de", "Welche Lebensmittel werden fermentiert?"),
        ("es", "¿Qué alimentos se fermentan?"),
        ("fr", "Comment les enfants apprennent-ils ?"),
        ("es", "¿Qué minerales se encuentran en Kalumi?"),
        ("es", "¿Quién fundó Kalumi?"),
        ("it", "Quali minerali vengono estratti a Kalumi?"),
        ("ru", "Что такое строка?"),
        ("ja", "責任とは何ですか"),
        ("zh", "什么是数据?"),
    ],
)
def test_a_general_question_of_common_words_is_kept(lang, query):
    assert check_pronoun(asked(query, lang), CONFIG) is None
