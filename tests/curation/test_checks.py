import pytest
from checks_toy import CONFIG, GOOD, asked

from curation.checks import CHECKS, check_language, quick_reason
from curation.checks.asked import Asked

CLAIMS = {
    "en": "Kalumi has had a reservoir since 1923.",
    "de": "Kalumi hat seit 1923 einen Stausee.",
    "es": "Kalumi tiene una presa desde 1923.",
    "fr": "Kalumi possède un barrage depuis 1923.",
    "it": "Kalumi possiede una diga dal 1923.",
    "pt": "Kalumi tem uma barragem desde 1923.",
    "ru": "У города Калуми с 1923 года есть водохранилище.",
    "ar": "يوجد في كالومي سد منذ عام 1923.",
    "hi": "कालुमी में 1923 से एक बाँध है।",
    "ja": "カルミには1923年からダムがある。",
    "ko": "칼루미에는 1923년부터 댐이 있다.",
    "th": "กาลูมีมีเขื่อนมาตั้งแต่ปี 1923",
    "zh": "卡卢米从1923年起就有一座水库。",
}


def reasons(query, lang="en", **more):
    return [reason for check in CHECKS if (reason := check(asked(query, lang, **more), CONFIG))]


@pytest.mark.parametrize("lang", GOOD)
def test_a_good_question_passes_every_check(lang):
    assert reasons(GOOD[lang], lang) == []


@pytest.mark.parametrize("lang", GOOD)
def test_a_question_in_another_language_is_found(lang):
    other = "en" if lang != "en" else "de"
    assert check_language(asked(GOOD[other], lang), CONFIG) == "other_language"


def test_keywords_without_an_llm_are_only_judged_by_form():
    extractive = {"style": "keywords", "generator": "extractive"}
    assert reasons("reservoir Kalumi built 1923", **extractive) == []
    assert reasons("Talsperre Flussbett", **extractive) == []
    assert quick_reason(asked("", **extractive), CONFIG) == "empty"
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
    assert "no_claim" in reasons(GOOD[lang], lang, style="claim")
    other = "en" if lang != "en" else "de"
    assert quick_reason(asked(CLAIMS[other], lang, style="claim"), CONFIG) == "other_language"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("Claim: Kalumi has had a reservoir since 1923.", None),
        ("The Kalumi reservoir.", "no_claim"),
        ("The reservoir of Kalumi was built in 1923.", "copied_sentence"),
        ("This text says that Kalumi has had a reservoir since 1923.", "points_at_text"),
        ("It was built there in 1923.", "pronoun"),
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
    pointing = "이 글에 따르면 칼루미 댐은 언제 지어졌습니까?"
    assert quick_reason(asked(pointing, "en", query_lang="ko"), CONFIG) == "points_at_text"
    assert quick_reason(asked("The reservoir of Kalumi.", "ko", query_lang="en"), CONFIG) == "no_question"


@pytest.mark.parametrize(
    "query",
    [
        "<a " * 50_000,
        "- " * 50_000,
        "Question" + " " * 100_000 + "x",
        "[" * 50_000,
        "a: b\n" * 50_000,
        "?" * 99_999,
        "(" * 300,
        "sure! " * 60,
        "what and " * 40,
        "か。" * 100,
        "ใด " * 60,
        "a b " * 90 + ":",
    ],
)
@pytest.mark.parametrize("style", ["question", "claim"])
def test_a_huge_or_odd_query_is_dropped(query, style):
    assert quick_reason(asked(query, style=style), CONFIG) is not None
    quick_reason(asked(query, style="keywords"), CONFIG)  # comes to an end, whatever it says


def test_the_quick_check_takes_labels_off_first():
    assert quick_reason(asked(f"Sure!\n\nQuestion: {GOOD['en']}"), CONFIG) is None


def test_questions_about_a_long_passage_are_not_taken_for_its_sentences():
    passage = " ".join(f"In {year} the reservoir of Kalumi held {year * 7} cubic metres." for year in range(1000, 2000))
    for year in range(1000, 1050):
        query = f"How much water did the reservoir of Kalumi hold in {year}?"
        assert quick_reason(Asked(query, "en", "question", "stop", passage), CONFIG) is None
