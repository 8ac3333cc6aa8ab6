import json
import time

import pytest

import prompts
from curation.answers import Answered, read_queries, response_format
from curation.checks.recover import recover_question

SIMPLE = prompts.load("mldr")
PARTS = prompts.load("summary_question")
PLACES = prompts.load("two_places")
SEVERAL = prompts.load("several")
BOTH = prompts.read_prompt("both", b"---\nparts: key_point, question\n---\nAsk {count}.", "both.md")
READ = Answered("Who built it?", {"summary": "A dam was built."})


@pytest.mark.parametrize(
    "answer", ["", " Who? \n", '{"question": "Who?"}', "1. Who?\n2. Why?", "summary: a\nquestion: b"]
)
def test_where_the_whole_answer_is_the_query_there_is_exactly_one(answer):
    assert read_queries(answer, SIMPLE, 3) == [Answered(answer.strip(), {})]


@pytest.mark.parametrize(
    "answer",
    [
        '{"summary": "A dam was built.", "question": "Who built it?"}',
        '```json\n{"summary": "A dam was built.",\n "question": " Who built it? "}\n```',
        'Sure {here}:\n{"Question": "Who built it?", "Summary": "A dam was built.", "mood": 1}\nHope it helps!',
        '[{"summary": "A dam was built.", "question": "Who built it?"}, {"summary": "x", "question": "y"}]',
        '{"answer": {"summary": "A dam was built.", "question": "Who built it?"}}',
        "summary: A dam was built.\nquestion: Who built it?",
        "Here you are:\n\n**Summary:** A dam was built.\n\n**Question**: Who built it?",
        "SUMMARY：A dam was built.\nQuestion：Who built it?",
        "1. Summary: A dam was built.\n2. Question: Who built it?",
        "- *summary*: A dam was built.\n- *question*: Who built it?",
        "### Summary:\nA dam was built.\n### Question:\nWho built it?\n---",
        "question: Who built it?\nsummary: A dam was built.",
    ],
)
def test_an_answer_in_parts_is_read_however_it_is_written(answer):
    assert read_queries(answer, PARTS, 1) == [READ]
    assert read_queries(answer, PARTS, 5) == [READ]  # the instruction asks for one


@pytest.mark.parametrize(
    "answer",
    [
        '["Who built it?", "Who paid for it?"]',
        '{"questions": ["Who built it?", "Who paid for it?"]}',
        '```json\n["Who built it?",\n"Who paid for it?"]\n```',
        '{"questions": [{"question": "Who built it?"}, {"question": "Who paid for it?"}]}',
        '{"question": "Who built it?"}\n{"question": "Who paid for it?"}',
        "1. Who built it?\n2. Who paid for it?",
        "Here are two questions:\n\n1) Who built it?\n   Answer: Kalumi.\n\n2) Who paid for it?",
        "**1.** Who built it?\n**2.** Who paid for it?",
        "Question 1: Who built it?\nQuestion 2: Who paid for it?",
        "１．Who built it?\n２、Who paid for it?",
        '1.\n"Who built it?"\n2.\n"Who paid for it?"',
        "- Who built it?\n- Who paid for it?",
        "Who built it?\n\nWho paid for it?\n",
    ],
)
def test_several_questions_are_read_however_they_are_written(answer):
    both = [Answered("Who built it?", {}), Answered("Who paid for it?", {})]
    assert read_queries(answer, SEVERAL, 2) == both
    assert read_queries(answer, SEVERAL, 3) == both
    assert read_queries(answer, SEVERAL, 1) == both[:1]


@pytest.mark.parametrize(
    "answer",
    [
        '{"questions": [{"key_point": "a", "question": "A?"}, {"key_point": "b", "question": "B?"}]}',
        "key_point: a\nquestion: A?\n\nkey_point: b\nquestion: B?",
        "**1.**\nKey point: a\nQuestion: A?\n**2.**\nKey point: b\nQuestion: B?",
        "1. Key point 1: a\n   Question 1: A?\n2. Key point 2: b\n   Question 2: B?",
    ],
)
def test_several_questions_in_parts_are_read(answer):
    both = [Answered("A?", {"key_point": "a"}), Answered("B?", {"key_point": "b"})]
    assert read_queries(answer, BOTH, 2) == read_queries(answer, BOTH, 9) == both
    assert read_queries(answer, BOTH, 1) == both[:1]


def test_a_part_may_run_over_lines_and_what_follows_the_query_stays_visible():
    answer = "summary: A dam\nwas built.\nquestion: Who built it?\nI hope this helps."
    found = read_queries(answer, PARTS, 1)
    assert found == [Answered("Who built it?\nI hope this helps.", {"summary": "A dam\nwas built."})]
    assert recover_question(found[0].query) == "Who built it?"


def test_what_is_whole_of_a_cut_list_is_read():
    answer = '{"questions": [{"key_point": "a", "question": "A?"}, {"key_point": "b", "quest'
    assert read_queries(answer, BOTH, 2) == [Answered("A?", {"key_point": "a"})]


def test_prose_with_brackets_is_no_json():
    assert read_queries('1. What does ["foo"] mean?\n2. Why 3.5 kg?', SEVERAL, 2) == [
        Answered('What does ["foo"] mean?', {}),
        Answered("Why 3.5 kg?", {}),
    ]


HOSTILE = [
    "",
    "Who built it?\nIt was Kalumi.",
    "I'm sorry, I cannot do that.",
    '{"question": "Who built it?"}',
    '{"summary": "", "question": "Who?"}',
    '{"summary": ["a"], "question": "Who?"}',
    '{"summary": "a", "question": 7}',
    '{"summary": null, "question": null}',
    "summary: only",
    "summary:\nquestion:",
    "[" * 50_000,
    '{"a":' * 50_000,
    "[1, 2, {}, [[[[[[]]]]]]]",
    '{"n": ' + "9" * 10_000 + "}",
    "NaN",
    "{" * 1000 + "}" * 1000,
    "\0\x1b[31m",
]


@pytest.mark.parametrize("answer", HOSTILE)
def test_what_cannot_be_read_gives_nothing_and_never_raises(answer):
    assert read_queries(answer, PARTS, 1) == []
    assert read_queries(answer, PLACES, 1) == []
    assert isinstance(read_queries(answer, SEVERAL, 3), list)


@pytest.mark.parametrize(
    "part",
    ["1. ", "- ", "summary: ", "question\n", '{"summary": "a" ', "* * ", "[\n", "_ 1", " ", "\n", "question: a\n"],
)
@pytest.mark.parametrize("start", ["", "*", "x", "question", "summary: a\nquestion: b\n"])
def test_a_huge_answer_is_read_in_no_time(start, part):
    started = time.perf_counter()
    for prompt in (PARTS, SEVERAL, BOTH):
        read_queries(start + part * 60_000 + "x", prompt, 3)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("prompt", [SIMPLE, PARTS])
def test_halves_of_characters_can_be_written_to_a_file(prompt):
    (found,) = read_queries('{"summary": "a\\ud83d\\ude00", "question": "Who \\ud800?"}\ud800', prompt, 1)
    assert "\ufffd" in found.query and "".join([found.query, *found.details.values()]).encode()
    assert found.details.get("summary", "a😀") == "a😀"


def test_the_schema_is_strict_and_names_every_part():
    assert response_format(SIMPLE, 1) is None
    form = response_format(PLACES, 1)
    assert form["type"] == "json_schema" and form["json_schema"]["strict"] is True
    assert form["json_schema"]["schema"] == {
        "type": "object",
        "properties": {"first": {"type": "string"}, "second": {"type": "string"}, "question": {"type": "string"}},
        "required": ["first", "second", "question"],
        "additionalProperties": False,
    }
    assert list(form["json_schema"]["schema"]["properties"]) == [
        "first",
        "second",
        "question",
    ]  # in which it is written
    several = response_format(SEVERAL, 3)["json_schema"]["schema"]
    assert several["required"] == ["questions"] and several["additionalProperties"] is False
    assert several["properties"]["questions"]["items"] == {"type": "string"}
    both = response_format(BOTH, 2)["json_schema"]["schema"]["properties"]["questions"]["items"]
    assert both["required"] == ["key_point", "question"] and both["additionalProperties"] is False


@pytest.mark.parametrize("prompt", [PARTS, PLACES, SEVERAL, BOTH])
def test_an_answer_that_follows_the_schema_is_read(prompt):
    def follow(schema):
        if schema["type"] == "object":
            return {name: follow(held) for name, held in schema["properties"].items()}
        return [follow(schema["items"])] * 2 if schema["type"] == "array" else "Some text?"

    answer = json.dumps(follow(response_format(prompt, 2)["json_schema"]["schema"]))
    found = read_queries(answer, prompt, 2)
    assert found == [Answered("Some text?", dict.fromkeys(prompt.parts[:-1], "Some text?"))] * (1 + prompt.asks_several)


def test_what_a_model_thinks_aloud_is_no_answer():
    simple = prompts.load("mldr")
    aloud = "<think>\nWhat to ask?\n</think>\n\nWho built it?"
    assert read_queries(aloud, simple, 1) == [Answered("Who built it?", {})]
    cut = "<think> and so on"
    assert read_queries(cut, simple, 1) == [Answered(cut, {})]
