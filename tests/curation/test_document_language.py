import itertools

import pytest

from curation.language import DocumentLanguage, detect_language, read_document
from data.atlas import LANGUAGES as ATLAS
from data.atlas import make_document

SCRIPTS = {
    "ar": "Arab", "de": "Latn", "en": "Latn", "es": "Latn", "fr": "Latn", "hi": "Deva", "it": "Latn", "ja": "Jpan",
    "ko": "Hang", "pt": "Latn", "ru": "Cyrl", "th": "Thai", "zh": "Hans",
}  # fmt: skip
CODE = "```python\n" + "for item in the_items:\n    print(item)  # and this is the end of it\n" * 12 + "```\n"
KOREAN = (
    "이 도구는 PyTorch와 TensorFlow를 함께 쓰는 팀을 위해 만들어졌습니다. 먼저 Docker를 설치하고 서버를 켭니다.\n\n"
)
HTML = "<!-- This file is a part of the manual, and it must not be changed by hand or by any of the tools. -->\n"
CROATIAN = "Stari most na rijeci srušen je u velikoj poplavi, a novi je izgrađen tek nakon dvadeset godina.\n\n"
SERBIAN = "Стари мост на реци срушен је у великој поплави, а нови је изграђен тек после двадесет година.\n\n"
BOKMAL = "Den gamle broen over elven ble ødelagt i en stor flom, og den nye ble ikke bygget før tjue år senere.\n\n"
NYNORSK = "Den gamle brua over elva vart øydelagd i ein stor flaum, og den nye vart ikkje bygd før tjue år seinare.\n\n"


def text_of(lang, number=0, tokens=600):
    return make_document(lang, 1, number, tokens).text


@pytest.mark.parametrize("lang", ATLAS)
def test_a_document_in_one_language(lang):
    assert read_document(text_of(lang)) == DocumentLanguage(lang=lang, other_lang=None, script=SCRIPTS[lang])


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(ATLAS, 2)))
def test_halves_of_two_documents_are_marked(first, second):
    left, right = text_of(first), text_of(second)
    found = read_document(left + "\n\n" + right)
    assert {found.lang, found.other_lang} == {first, second}
    cut = read_document(left[: len(left) // 2] + "\n" + right[len(right) // 2 :])
    assert {cut.lang, cut.other_lang} == {first, second}


@pytest.mark.parametrize("lang", [lang for lang in ATLAS if lang != "en"])
def test_an_english_sentence_or_code_does_not_make_a_document_mixed(lang):
    quotation = 'He said: "This is one of the best ways in which it can be done, and there is no other."'
    text = text_of(lang, tokens=1500)
    middle = text.index("\n", len(text) // 2)
    found = read_document(f"{HTML}{text[:middle]}\n{CODE}\n{quotation}\n{CODE}{text[middle:]}\n{CODE}")
    assert (found.lang, found.other_lang) == (lang, None)


def test_product_names_in_korean_prose_are_not_english():
    found = read_document((KOREAN + CODE) * 6)
    assert found == DocumentLanguage(lang="ko", other_lang=None, script="Hang")


def test_a_page_that_was_left_half_untranslated_is_marked():
    found = read_document(KOREAN * 6 + CODE + text_of("en", tokens=300))
    assert {found.lang, found.other_lang} == {"ko", "en"}


def test_a_block_of_code_that_was_cut_does_not_hide_the_prose_around_it():
    inside = CODE[len(CODE) // 2 :]  # begins within a block, so that each fence is taken for the other kind
    found = read_document(inside + text_of("de") + CODE + text_of("fr") + "```\nx = 1;")
    assert {found.lang, found.other_lang} == {"de", "fr"}


def test_the_language_that_the_source_names_stays_and_the_other_is_marked():
    found = read_document(text_of("en"), given="ko")
    assert (found.lang, found.other_lang) == ("ko", "en")
    assert read_document(text_of("ko"), given="ko").other_lang is None


def test_close_relations_are_one_language_in_a_document():
    assert read_document(BOKMAL * 3 + NYNORSK * 3).other_lang is None
    assert detect_language(NYNORSK * 3) == "nn"
    assert detect_language(BOKMAL * 3) == "no"
    assert read_document(CROATIAN * 3 + SERBIAN * 3).other_lang is None


@pytest.mark.parametrize(
    ("text", "given", "script"),
    [
        (CROATIAN, "sr", "Latn"),
        (SERBIAN, "sr", "Cyrl"),
        ("圖書館在車站對面,星期一不開門。" * 10, None, "Hant"),
        ("图书馆在车站对面,星期一不开门。" * 10, None, "Hans"),
        ("山水", None, "Hani"),
    ],
)
def test_the_script_of_languages_that_have_several(text, given, script):
    assert read_document(text, given).script == script


def test_what_has_no_prose_is_named_by_what_little_there_is():
    assert read_document("") == DocumentLanguage(lang="und", other_lang=None, script=None)
    assert read_document("", given="ko") == DocumentLanguage(lang="ko", other_lang=None, script=None)
    assert read_document("```\n한국어로 쓴 글\n```").lang == "ko"
