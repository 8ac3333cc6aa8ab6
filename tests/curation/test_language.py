import pytest

from curation.language import LANGUAGES, detect_language, fits_script, is_language, normalise_code, script_share
from data.atlas import LANGUAGES as ATLAS
from data.atlas import make_document

QUESTIONS = {
    "ar": "متى تأسست جامعة القاهرة ومن كان أول رئيس لها؟",
    "de": "Welche Rolle spielte der Stausee bei der Versorgung der Stadt?",
    "en": "How did the reservoir change the water supply of the city?",
    "es": "¿Cómo cambió el embalse el suministro de agua de la ciudad?",
    "fr": "Comment le barrage a-t-il changé l'approvisionnement de la ville ?",
    "hi": "बाँध ने शहर की जल आपूर्ति को कैसे बदल दिया?",
    "it": "In che modo la diga ha cambiato l'approvvigionamento della città?",
    "ja": "ダムは都市の水道をどのように変えたのですか?",
    "ko": "댐은 도시의 물 공급을 어떻게 바꾸었습니까?",
    "pt": "Como a barragem mudou o abastecimento de água da cidade?",
    "ru": "Как водохранилище изменило снабжение города водой?",
    "th": "เขื่อนเปลี่ยนแปลงระบบน้ำประปาของเมืองอย่างไร",
    "zh": "水库怎样改变了这座城市的供水?",
}


@pytest.mark.parametrize("lang", ATLAS)
def test_a_question_is_of_its_language_and_of_no_other_script(lang):
    assert is_language(QUESTIONS[lang], lang) == (True, lang)
    for other in ("en", "ru", "ar", "ko", "ja", "hi", "th"):
        if other != lang:
            assert not is_language(QUESTIONS[lang], other)[0], other


@pytest.mark.parametrize("lang", ATLAS)
def test_a_document_is_recognised(lang):
    assert detect_language(make_document(lang, 1, 0, 800).text) == lang


def test_latin_names_inside_another_script_do_no_harm():
    assert is_language("OpenAI가 만든 ChatGPT는 언제 처음 공개되었습니까?", "ko")[0]
    assert not is_language("ChatGPT GPT-4 OpenAI 는", "ko")[0]


def test_chinese_with_a_single_kana_is_not_japanese():
    text = "这家名为鲜の果的商店在城市的什么地方开设了第一家分店,当时有多少名员工?"
    assert not is_language(text, "ja")[0]
    assert is_language(text, "zh")[0]
    assert detect_language(text * 5) == "zh"


@pytest.mark.parametrize("text", ["", " \n", "12345 !?", "—"])
def test_nothing_to_read_is_no_language(text):
    assert detect_language(text) == "und"
    assert is_language(text, "en") == (False, "und")


@pytest.mark.parametrize(
    ("code", "lang"),
    [
        ("ko", "ko"), ("KO", "ko"), (" zh-Hans ", "zh"), ("pt_BR", "pt"), ("eng", "en"), ("jpn", "ja"),
        ("english", None), ("xx", None), ("", None), (None, None), ("e", None),
    ],
)  # fmt: skip
def test_codes(code, lang):
    assert normalise_code(code) == lang


def test_keywords_fit_a_script_with_names_of_another():
    assert fits_script("OpenAI 인공지능", "ko")  # 4 letters of 10
    assert not fits_script("OpenAI GPT 는", "ko")  # 1 of 10
    assert not fits_script("1923", "ko")
    assert fits_script("Kalumi dam", "sw")


def test_script_share_by_hand():
    assert script_share("abcд", "ru") == 0.25
    assert script_share("漢字かな", "ja") == 1.0
    assert script_share("漢字", "ja") == 0.0
    assert script_share("漢字", "zh") == 1.0
    assert script_share("12", "zh") == 1.0
    assert set(ATLAS) <= LANGUAGES
