import pytest
import regex
from checks_toy import CONFIG, GOOD, PASSAGES, asked

from curation.checks.asked import Asked
from curation.checks.grams import content_overlap, lexical_overlap
from curation.checks.grounding import check_copy, check_grounded, check_places
from curation.config import FilterConfig


@pytest.mark.parametrize("lang", PASSAGES)
def test_a_copied_sentence_is_found_with_and_without_a_question_mark(lang):
    sentence = regex.split(r"(?<=[.।。])", PASSAGES[lang])[0]
    assert check_copy(asked(sentence, lang), CONFIG) == "copied_sentence"
    assert check_copy(asked(sentence.rstrip(".।。") + "?", lang), CONFIG) == "copied_sentence"
    assert check_copy(asked(GOOD[lang], lang), CONFIG) is None


def test_a_piece_of_a_sentence_is_a_copy():
    assert check_copy(asked("the reservoir of Kalumi was built?"), CONFIG) == "copied_sentence"
    assert check_copy(asked("It changed the water supply"), CONFIG) == "copied_sentence"
    assert check_copy(asked("Was the reservoir of Kalumi built in 1923?"), CONFIG) is None


def test_a_question_in_the_words_of_its_sentence_is_no_copy():
    sentence = "The bridge over the wide river Arno near the old town of Belka carries twelve trains a day."
    query = "The bridge over the wide river Arno near the old town of Belka carries how many trains a day?"
    copied = query.replace("how many", "twelve")
    assert check_copy(Asked(query, "en", "question", "stop", sentence), CONFIG) is None
    assert check_copy(Asked(copied, "en", "question", "stop", sentence), CONFIG) == "copied_sentence"


def test_a_question_about_something_else_is_not_grounded():
    assert check_grounded(asked("Did Fleming find penicillin?"), CONFIG) == "not_grounded"
    assert check_grounded(asked("ペニシリンを発見した人物は誰か?", "ja"), CONFIG) == "not_grounded"


def test_what_the_passage_says_in_other_words_is_asked_of_the_document():
    query = "Which engineer planned the barrier that holds Kaluma's drinking supplies back?"
    about = "Grimm the engineer planned a barrier against the floods; behind it drinking supplies are kept."
    unlike = "Foxes live in the woods of the north. They hunt mice at night."
    passage = "Nothing but grass grew there once."
    assert check_grounded(Asked(query, "en", "question", "stop", passage, document=about), CONFIG) is None
    assert check_grounded(Asked(query, "en", "question", "stop", passage, document=unlike), CONFIG) == "not_grounded"


def test_across_languages_and_of_extractive_keywords_nothing_is_asked():
    assert check_copy(asked(PASSAGES["en"], query_lang="de"), CONFIG) is None
    assert check_grounded(asked("Wer fand Penicillin?", query_lang="de"), CONFIG) is None
    assert check_grounded(asked("penicillin", style="keywords", generator="extractive"), CONFIG) is None


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
    assert check_places(asked(GOOD["en"], details={"first": first, "second": second}), CONFIG) == reason


def test_a_quotation_that_stands_twice_can_be_both_places():
    twice = Asked(
        "?", "en", "question", "stop", "It rains. Then it rains.", details={"first": "rains", "second": "rains"}
    )
    assert check_places(twice, CONFIG) is None
    assert check_places(asked("?", details={"summary": "no such words"}), CONFIG) is None


def test_overlaps_by_hand():
    assert lexical_overlap("abcd", "xabcx") == 0.5  # abc, bcd
    assert lexical_overlap("東京都", "東京") == 0.5  # pairs
    assert lexical_overlap("", "abc") == 0.0
    assert content_overlap("Who built the reservoirs and bridges?", "reservoir", "en") == (
        1 / 3,
        3,
    )  # built, reser, bridg
    assert content_overlap("Who was it?", "reservoir", "en") == (1.0, 0)
    assert content_overlap("東京都はどこですか", "東京", "ja") == (0.5, 2)


def test_the_limits_are_the_configurations():
    assert check_grounded(asked("Who invented penicillin?"), FilterConfig(min_overlap=0.0)) is None
    query = "Was the reservoir of Kalumi built in 1923 or in 1924?"
    assert check_copy(asked(query), CONFIG) is None
    assert check_copy(asked(query), FilterConfig(max_copied_share=0.1)) == "copied_sentence"
