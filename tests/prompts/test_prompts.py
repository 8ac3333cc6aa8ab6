import hashlib

import pytest

import prompts

FOR_PASSAGES = (
    "claim",
    "cross_lingual",
    "keywords",
    "mldr",
    "question",
    "several",
    "summary_question",
    "two_places",
)


def read(text, file="own.md"):
    return prompts.read_prompt("own", text.encode(), file)


def test_the_papers_instruction_stands_word_for_word():
    prompt = prompts.load("mldr")
    assert prompt.text.startswith("You are a curious AI assistant, please generate one specific and valuable question")
    assert prompt.text.endswith("generate only one question, without including additional content:")
    assert "\n" not in prompt.text and prompt.about
    assert prompt.digest == hashlib.sha256(prompt.text.encode()).hexdigest()[:16] == "e9782e37b8aaa58f"
    assert prompt.render("A passage.", "Title") == prompt.text + "\n\nTitle\n\nA passage."


def test_render_shows_instruction_title_and_passage():
    prompt = prompts.Prompt("toy", "Ask:", "0")
    assert prompt.render("A passage.", "Title") == "Ask:\n\nTitle\n\nA passage."
    assert prompt.render("A passage.") == "Ask:\n\nA passage."


def test_the_bundled_instructions_are_what_the_commands_expect():
    bundled = {prompt.name: prompt for prompt in prompts.bundled()}
    assert list(bundled) == prompts.names()
    assert all(prompt.about for prompt in bundled.values())
    assert {name for name, prompt in bundled.items() if prompt.takes == "passage"} == set(FOR_PASSAGES)
    assert {name for name in FOR_PASSAGES if not bundled[name].names_language} == {"mldr"}
    assert [name for name, prompt in bundled.items() if prompt.asks_several] == ["several"]
    assert [name for name, prompt in bundled.items() if prompt.language == "other"] == ["cross_lingual"]
    assert {name: prompt.parts for name, prompt in bundled.items() if prompt.parts} == {
        "summary_question": ("summary", "question"),
        "two_places": ("first", "second", "question"),
        "judge": ("reason", "grounded", "specific", "answerable", "self_contained"),
    }
    others = {(p.name, p.takes, p.style) for p in bundled.values() if p.takes != "passage"}
    assert others == {("hyde", "query", "text"), ("paraphrase", "query", "question"), ("summary", "document", "text"),
                      ("judge", "question", "grades")}  # fmt: skip
    assert (bundled["keywords"].style, bundled["claim"].style) == ("keywords", "claim")


@pytest.mark.parametrize("name", prompts.names())
def test_every_bundled_instruction_shows_the_text_once_and_leaves_no_placeholder(name):
    message = prompts.load(name).render("A text.", "A title", language="Korean", count=3, question="Who?")
    assert message.count("A title\n\nA text.") == 1
    assert not any(mark in message for mark in ("{", "}", "---", "about:"))
    assert ("Korean" in message) == prompts.load(name).names_language


def test_placeholders_of_the_instruction_are_replaced_and_those_of_the_passage_are_not():
    prompt = read('Ask {count} in {language} about:\n{passage}\nThat was it. {"json": 1}')
    message = prompt.render("{passage} {count} {0} {language}", "{count}", "Thai", 2, labelled=False)
    assert message == 'Ask 2 in Thai about:\n{count}\n\n{passage} {count} {0} {language}\nThat was it. {"json": 1}'


def test_a_language_that_is_named_must_be_given():
    with pytest.raises(ValueError, match="question names a language"):
        prompts.load("question").render("A text.")


def test_an_instruction_that_grades_shows_passage_and_question():
    header = "---\ntakes: question\nstyle: grades\nparts: reason, grade\n---\n"
    prompt = read(header + "Passage: {passage}\nQuestion: {question}")
    message = prompt.render("{question}", question="{passage}?", labelled=False)
    assert message == "Passage: {question}\nQuestion: {passage}?"
    with pytest.raises(ValueError, match="shows a question"):
        prompt.render("A text.")
    for broken in (header + "{passage}", "---\nstyle: grades\n---\nGrade it.", "Ask about {question}."):
        with pytest.raises(ValueError, match="question"):
            read(broken)


def test_the_form_of_the_answer_is_described_in_plain_text_unless_a_schema_does_it():
    one = read("---\nparts: summary, question\n---\nAsk.")
    form = "Answer with these lines and nothing else:\nsummary: ...\nquestion: ..."
    assert one.render("T.") == f"Ask.\n\n{form}\n\nT."
    assert one.render("T.", labelled=False) == "Ask.\n\nT."
    several = read("Ask {count}: {passage}")
    assert several.render("T.", count=2) == (
        "Ask 2: T.\n\nAnswer with a numbered list of 2 questions, one a line, and nothing else:\n1. ..."
    )
    both = read("---\nparts: summary, question\nstyle: claim\n---\nAsk {count}.")
    assert "these lines, once for each of the 2 claims, and nothing else:\nsummary: ..." in both.render("T.", count=2)


def test_a_file_of_ones_own_is_loaded_by_its_path(tmp_path, monkeypatch):
    file = tmp_path / "mine.md"
    file.write_bytes(b"\xef\xbb\xbf---\r\nabout: Mine: a test\r\nstyle: claim\r\n\r\n---\r\n\r\nClaim\r\nit.\r\n")
    prompt = prompts.load(str(file))
    assert (prompt.name, prompt.about, prompt.style, prompt.takes) == ("mine", "Mine: a test", "claim", "passage")
    assert prompt.text == "Claim\nit." and prompt.digest == hashlib.sha256(b"Claim\nit.").hexdigest()[:16]
    monkeypatch.chdir(tmp_path)
    assert prompts.load("mine.md") == prompt
    file.write_text("Ask.\n---\nnothing\u2028more", encoding="utf-8")  # a rule in the text is no header
    plain = prompts.load("mine.md")
    assert (plain.text, plain.style, plain.parts) == ("Ask.\n---\nnothing\u2028more", "question", ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\ncolour: red\n---\nAsk.", "own.md, line 2: unknown header key 'colour'; known: about, style"),
        ("---\nabout: x\nstyle: poem\n---\nAsk.", "own.md, line 3: style is 'poem', and must be one of question"),
        ("---\ntakes:\n---\nAsk.", "own.md, line 2: takes is ''"),
        ("---\nabout: x\nabout: y\n---\nAsk.", "own.md, line 3: about stands twice"),
        ("---\nparts: a, a\n---\nAsk.", "own.md, line 2: parts are different names"),
        ("---\nparts: a, Frage 1\n---\nAsk.", "own.md, line 2: parts are different names"),
        ("---\nparts:\n---\nAsk.", "own.md, line 2: parts are different names"),
        ("---\nAsk.", "own.md, line 2: a header line is KEY: VALUE"),
        ("---\nabout: x\n", "own.md, line 1: the header has no end"),
        ("---\nabout: x\n---\n \n", "own.md, line 4: there is no instruction"),
        ("", "own.md, line 1: there is no instruction"),
        ("Ask\nabout {text}.", r"own.md, line 2: \{text\} is no placeholder; known: \{language\}, \{count\}"),
        ("Ask in {{language}}.", r"own.md, line 1: \{\{language\}\} is no placeholder"),
        ("Ask in { language }.", "own.md, line 1: .* is no placeholder"),
        ("{passage}\n{passage}", r"own.md, line 2: \{passage\} stands a second time"),
        ("---\nstyle: text\n---\nAsk.", "own.md: what is asked about a passage"),
        ("---\nlanguage: other\n---\nAsk.", "own.md: with language: other"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(text, message):
    with pytest.raises(ValueError, match=message):
        read(text)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"'../secret': No such file.*mldr"):
        prompts.load("../secret")
    with pytest.raises(ValueError, match="Is a directory"):
        prompts.load(f"{tmp_path}/")
    (tmp_path / "latin.md").write_bytes("Ask.\nÜber".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin\.md, line 2: not UTF-8"):
        prompts.load(str(tmp_path / "latin.md"))
    with pytest.raises(ValueError, match="cannot read"):
        prompts.load("a\0.md")


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'secret'; known: .*mldr"):
        prompts.load("secret")
