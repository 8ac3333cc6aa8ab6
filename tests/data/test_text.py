import pytest

from data.text import document_text, estimate_tokens, letters, normalise, search_tokens


def test_normalise_folds_width_case_and_compatibility_forms():
    assert normalise("ＡＢＣ １２ Straße ﬁ") == "abc 12 strasse fi"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Who founded Kalu, in 1203?", ["who", "founded", "kalu", "in", "1203"]),
        ("東京都に行く", ["東京", "京都", "都に", "に行", "行く"]),
        ("犬", ["犬"]),
        ("犬は Dog です", ["犬は", "dog", "です"]),
        ("ラーメン", ["ラー", "ーメ", "メン"]),
        ("กขค", ["กข", "ขค"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("किताबें पढ़ो", ["किताबें", normalise("पढ़ो")]),
        ("كِتَاب جديد", ["كِتَاب", "جديد"]),
        ("…!? \n", []),
    ],
)
def test_search_tokens_are_words_or_pairs_of_characters(text, tokens):
    assert search_tokens(text) == tokens


def test_letters_leaves_letters_digits_and_marks():
    assert letters("Äpfel, 3 Stück!\nहिन्दी।") == "äpfel3stückहिन्दी"


def test_document_text_has_the_title_once():
    assert document_text("Kalu", "A town.") == "Kalu\nA town."
    assert document_text("Kalu", "# Kalu\nA town.") == "# Kalu\nA town."
    assert document_text(None, "A town.") == document_text("  ", "A town.") == "A town."


def test_estimate_counts_by_script():
    assert estimate_tokens("") == 0
    assert estimate_tokens("a" * 420) == 100
    assert estimate_tokens("字" * 170) == 100
    assert estimate_tokens("한" * 190) == 100
    assert estimate_tokens("a" * 420 + "字" * 170) == 200
    assert estimate_tokens("a") == 1
    assert estimate_tokens("\ud800") == 1  # a lone surrogate does no harm
