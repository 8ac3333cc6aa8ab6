import hashlib

import pytest

import prompts


def test_the_bundled_instruction_is_the_papers_word_for_word():
    prompt = prompts.load("mldr")
    assert prompt.text.startswith("You are a curious AI assistant, please generate one specific and valuable question")
    assert prompt.text.endswith("generate only one question, without including additional content:")
    assert "\n" not in prompt.text
    assert prompt.digest == hashlib.sha256(prompt.text.encode()).hexdigest()[:16] == "e9782e37b8aaa58f"


def test_render_shows_instruction_title_and_passage():
    prompt = prompts.Prompt("toy", "Ask:", "0")
    assert prompt.render("A passage.", "Title") == "Ask:\n\nTitle\n\nA passage."
    assert prompt.render("A passage.") == "Ask:\n\nA passage."


def test_an_unknown_name_is_refused_with_the_known_ones():
    assert "mldr" in prompts.names()
    with pytest.raises(ValueError, match=r"'../secret'; known: .*mldr"):
        prompts.load("../secret")
