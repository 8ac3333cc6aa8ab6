import pytest
from language_questions import ALSO_TAKEN_BY, QUESTIONS

from curation.language import LANGUAGES, detect_language, fits_script, is_language, normalise_code, script_share
from curation.language.detectors import FAST_LANGUAGES, SLOW_LANGUAGES
from data.atlas import LANGUAGES as ATLAS
from data.atlas import make_document

PAIRS = [(lang, question) for lang, questions in QUESTIONS.items() for question in questions]
# An English question about two names or words of each language, most of whose letters are of the other script.
FRAMED = {
    "ru": "How are Александровская and Константиновна related?",
    "uk": "Where did Володимир Великопольський meet Святослав?",
    "bg": "Who is Александър Константинович Стоянов?",
    "el": "How are Παπαδόπουλος and Κωνσταντινίδης related?",
    "hi": "How are अलेक्ज़ांडर पुरोहित and महालक्ष्मी कुलकर्णी related?",
    "th": "How are อเล็กซานดรอฟสกายา and คอนสแตนตินอฟนา related?",
    "ar": "What is the meaning of الديمقراطية الاجتماعية المسيحية?",
    "ko": "Who is 이순신 장군님?",
    "ja": "What did さくらももこ write about ちびまる子?",
    "zh": "How are 王小明 and 李大華 related?",
    "he": "What does the word להתראות mean?",
}


@pytest.mark.parametrize(("lang", "question"), PAIRS)
def test_a_question_is_of_its_language_and_of_no_other(lang, question):
    assert is_language(question, lang) == (True, lang)
    taken_by = {other for other in QUESTIONS if other != lang and is_language(question, other)[0]}
    assert taken_by <= ALSO_TAKEN_BY.get(lang, set())


@pytest.mark.parametrize("lang", ATLAS)
def test_a_document_is_recognised(lang):
    assert detect_language(make_document(lang, 1, 0, 800).text) == lang


@pytest.mark.parametrize(
    ("lang", "question"),
    [
        ("ko", "OpenAI가 만든 ChatGPT는 언제 처음 공개되었습니까?"),
        ("ko", "The Lord of the Reeds는 누가 썼습니까?"),
        ("ko", "Let it rain을 부른 가수는?"),
        ("th", "ChatGPT ของ OpenAI คืออะไร"),
        ("zh", "如何用 git rebase 合并 commit?"),
        ("ja", "Power Supplier and Producerを略した通称は?"),
        ("hi", "Redmi Note और Galaxy में क्या अंतर है?"),
        ("ru", "Как связаны Alexander Hamilton и Elizabeth Schuyler?"),
        ("ar", "ما هو Machine Learning؟"),
        ("el", "Τι είναι το Google Chrome;"),
    ],
)
def test_latin_names_inside_another_script_do_no_harm(lang, question):
    assert is_language(question, lang) == (True, lang)
    assert not is_language(question, "en")[0]


def test_names_alone_are_no_question():
    assert not is_language("ChatGPT GPT-4 OpenAI 는", "ko")[0]


@pytest.mark.parametrize("lang", FRAMED)
def test_a_question_is_judged_by_its_own_words_and_not_by_long_ones_that_it_quotes(lang):
    assert is_language(FRAMED[lang], lang)[0] is False
    assert is_language(FRAMED[lang], "en") == (True, "en")


@pytest.mark.parametrize(
    ("lang", "question", "not_in"),
    [
        ("ru", "Что такое Donaudampfschifffahrtsgesellschaft?", ("de", "en", "nl")),
        ("ru", "Что означает слово «Freundschaftsbeziehungen»?", ("de",)),
        ("de", "Was bedeutet das Wort „здравствуйте“?", ("ru",)),
        ("fr", "Qui était Johann Wolfgang Schneidermeister ?", ("de",)),
        ("it", "Chi ha scritto il romanzo The Long Way of the Brave?", ("en",)),
        ("de", "Wann erschien der Film The House on the Hill?", ("en",)),
        ("pt", "Quando a Northern Valley Railroad chegou ao oeste?", ("en", "es", "it")),
        ("es", "¿Dónde nació Friedrich Wilhelm Steinmetz?", ("de", "pt")),
        ("hi", '"The House on the Hill" किसने लिखा?', ("en",)),
    ],
)
def test_names_of_another_language_do_not_decide(lang, question, not_in):
    assert is_language(question, lang) == (True, lang)
    for other in not_in:
        assert not is_language(question, other)[0], other


def test_chinese_in_both_scripts_is_one_language():
    for question in QUESTIONS["zh"]:
        assert is_language(question, "zh")[0]
        assert not is_language(question, "ja")[0]
        assert not is_language(question, "ko")[0]


def test_chinese_with_a_single_kana_is_not_japanese():
    text = "这家名为鲜の果的商店在城市的什么地方开设了第一家分店,当时有多少名员工?"
    assert not is_language(text, "ja")[0]
    assert is_language(text, "zh")[0]
    assert detect_language(text * 5) == "zh"


def test_japanese_with_a_single_kana_is_not_chinese():
    for text in ("市立博物館の正式名称は?", "台南市は南北約何km?"):
        assert is_language(text, "ja") == (True, "ja")
        assert is_language(text, "zh") == (False, "ja")


def test_cantonese_is_not_standard_chinese_but_may_be_written_like_it():
    assert is_language("呢間餐廳喺邊度,佢哋幾點開門?", "zh") == (False, "yue")
    assert is_language("呢間餐廳喺邊度,佢哋幾點開門?", "yue")[0]
    assert is_language("這間餐廳在哪裡?", "yue")[0]
    assert is_language("這間餐廳在哪裡?", "wuu")[0]


def test_serbian_and_bosnian_are_in_either_script_and_croatian_in_one():
    for text in ("Зашто је стари мост срушен?", "Zašto je stari most srušen?"):
        assert is_language(text, "sr")[0]
        assert is_language(text, "bs")[0]
        assert is_language(text, "hr")[0] == text.startswith("Z")
    assert not is_language("Зашто је стари мост срушен?", "ru")[0]
    assert not is_language("Почему старый мост был разрушен?", "sr")[0]


def test_norwegian_takes_both_written_forms_and_nynorsk_only_its_own():
    assert is_language("Kvifor vart ikkje brua riven?", "no")[0]
    assert is_language("Hvor ligger museet, og hvorfor åpnet det ikke?", "no")[0]
    assert not is_language("Hvor ligger museet, og hvorfor åpnet det ikke?", "nn")[0]
    assert not is_language("Hvornår blev museet åbnet, og af hvem?", "no")[0]


def test_indonesian_and_malay_take_each_other_where_nothing_tells_them_apart():
    assert is_language("Siapa nama raja itu?", "id")[0]
    assert is_language("Siapa nama raja itu?", "ms")[0]
    malay = "Bilakah dan di manakah perjanjian itu ditandatangani, dan mengapakah ia penting kerana perdagangan?"
    assert is_language(malay, "ms")[0]
    assert not is_language(malay, "id")[0]


def test_a_language_that_no_detector_knows_is_judged_by_its_script():
    assert not {"ha", "ti", "zu", "dz"} & (FAST_LANGUAGES | SLOW_LANGUAGES)
    assert is_language("Ina gidan kayan tarihi yake kuma yaushe aka buɗe shi?", "ha") == (True, "ha")
    assert is_language("ቤተ መዘክር ኣበይ ይርከብ?", "ti") == (True, "ti")
    assert is_language("Ikuphi imnyuziyemu futhi yavulwa nini?", "zu") == (True, "zu")
    assert not is_language("Ikuphi imnyuziyemu futhi yavulwa nini?", "ti")[0]
    assert is_language("Where is the museum and when did it open?", "ha") == (False, "en")  # beyond doubt
    assert not is_language("博物馆在哪里?", "zu")[0]


def test_what_langdetect_does_not_know_is_left_to_the_other():
    assert not {"gl", "eu", "kk", "be"} & SLOW_LANGUAGES
    assert is_language("Non dago museoa eta noiz ireki zen?", "eu")[0]
    assert is_language("Мұражай қайда орналасқан және қашан ашылды?", "kk")[0]
    assert not is_language("Where is the museum and when did it open?", "eu")[0]


def test_a_sentence_in_no_known_language_is_none_of_the_known_ones():
    for lang in ("en", "de", "pt", "fi"):
        assert not is_language("Ikuphi imnyuziyemu futhi yavulwa nini ekuseni?", lang)[0], lang


ODD = [
    "a", "Ж", "?", "12 km", "—", "\ud800 und", "\x00 x",
    "🙂🙂 ok", "ⅷ", "ʼʻ", "ꙮ", "𐍈𐌰", "\u0301", "A" * 3000, "的" * 3000,
    "АBВC", "«»", "'' a", '"', "ي" * 500, "x\n\n\ny", "ﷺ", "ㄅㄆㄇ", "ᚠᚢ", "𒀀",
]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_no_text_and_no_code_makes_it_fail(text):
    for lang in [*sorted(LANGUAGES), "xx", ""]:
        accepted, taken_for = is_language(text, lang)
        assert taken_for == lang or not accepted
        assert not fits_script(text, lang) or 0 < script_share(text, lang) <= 1
    assert detect_language(text)


@pytest.mark.parametrize("text", ["", " \n", "12345 !?", "—"])
def test_nothing_to_read_is_no_language(text):
    assert detect_language(text) == "und"
    assert is_language(text, "en") == (False, "und")


@pytest.mark.parametrize(
    ("code", "lang"),
    [
        ("ko", "ko"), ("KO", "ko"), (" zh-Hans ", "zh"), ("pt_BR", "pt"), ("eng", "en"), ("jpn", "ja"), ("zh-tw", "zh"),
        ("zh-yue", "zh"), ("yue", "yue"), ("cmn_Hant", "zh"), ("nb", "no"), ("nb-NO", "no"), ("nno", "nn"),
        ("iw", "he"),
        ("in", "id"), ("fil", "tl"), ("tgl", "tl"), ("zsm", "ms"), ("srp_Cyrl", "sr"), ("hrv", "hr"), ("bos", "bs"),
        ("mo", "ro"), ("hbs", "sh"), ("ger", "de"), ("ces", "cs"), ("ceb", "ceb"), ("hau", "ha"), ("tir", "ti"),
        ("mar", "mr"),
        ("english", None), ("xx", None), ("xxx", None), ("", None), (None, None), ("e", None),
    ],
)  # fmt: skip
def test_codes(code, lang):
    assert normalise_code(code) == lang


def test_keywords_fit_a_script_with_names_of_another():
    assert fits_script("OpenAI 인공지능", "ko")  # 4 letters of 10
    assert not fits_script("OpenAI GPT 는", "ko")  # 1 of 10
    assert not fits_script("1923", "ko")
    assert fits_script("Kalumi dam", "sw")
    assert fits_script("Kalumi brana", "sr")
    assert fits_script("Калуми брана", "sr")


def test_script_share_by_hand():
    assert script_share("abcд", "ru") == 0.25
    assert script_share("abcд", "sr") == 1.0
    assert script_share("漢字かな", "ja") == 1.0
    assert script_share("漢字", "ja") == 0.0
    assert script_share("漢字", "zh") == 1.0
    assert script_share("12", "zh") == 1.0
    assert set(ATLAS) <= LANGUAGES
