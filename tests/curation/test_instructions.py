import json
from collections import Counter

import pytest
from generate_toy import ask, make_passages
from question_server import Reply, serve_questions

from curation.config import GenerateConfig
from curation.estimate import estimate_cost
from curation.generate import generate_questions
from curation.instructions import choose_instructions, language_name
from data.errors import InputError

pytestmark = pytest.mark.usefixtures("short_waits")


def choose(*prompts, **settings):
    return choose_instructions(GenerateConfig(generator="openai", prompts=prompts, **settings))


def content(body):
    return body["messages"][0]["content"]


def in_parts(body, seen):
    """Answer as an endpoint that keeps to JSON schemas."""
    if "response_format" not in body:
        return Reply("not asked for JSON")
    properties = body["response_format"]["json_schema"]["schema"]["properties"]
    answer = {"summary": "An island has a lighthouse.", "question": "What stands on the island?"}
    return Reply(json.dumps({"questions": ["Who?", "What?"]} if "questions" in properties else answer))


def test_a_mix_is_dealt_by_its_shares_and_stays_the_same_when_passages_are_added(ledger):
    with serve_questions() as server:
        config = ask(server, prompts=("mldr=6", "keywords=0.3e1", "claim=1"), concurrency=16)
        table = generate_questions(make_passages(400), config, ledger)
        counts = Counter(table["prompt"].to_pylist())
        assert abs(counts["mldr"] - 240) < 40 and abs(counts["keywords"] - 120) < 35 and abs(counts["claim"] - 40) < 25
        assert set(zip(table["prompt"].to_pylist(), table["style"].to_pylist(), strict=True)) == {
            ("mldr", "question"),
            ("keywords", "keywords"),
            ("claim", "claim"),
        }
        more = generate_questions(make_passages(420), config, ledger)
        assert server.asked == 420 and more.slice(0, 400).equals(table)
        other = generate_questions(make_passages(420), config, ledger, seed=1)
        assert server.asked > 450 and other["prompt"].to_pylist() != more["prompt"].to_pylist()


def test_the_documents_language_is_named(ledger):
    with serve_questions() as server:
        table = generate_questions(make_passages(2, ("ko", "de")), ask(server, prompts=("question",)), ledger)
    assert table["query_lang"].to_pylist() == ["ko", "de"]
    assert sorted(("Korean" in content(body), "German" in content(body)) for body in server.bodies) == [
        (False, True),
        (True, False),
    ]


def test_a_question_in_another_language(ledger):
    config = {"prompts": ("cross_lingual=0.9", "question=0.1"), "query_language": ("en", "ko")}
    with serve_questions() as server:
        table = generate_questions(make_passages(60, ("ko", "de")), ask(server, **config), ledger)
    rows = [row for row in table.to_pylist() if row["prompt"] == "cross_lingual"]
    assert {row["query_lang"] for row in rows if row["lang"] == "ko"} == {"en"}  # never its own
    assert {row["query_lang"] for row in rows if row["lang"] == "de"} == {"en", "ko"}
    others = [row for row in table.to_pylist() if row["prompt"] == "question"]
    assert others and all(row["query_lang"] == row["lang"] for row in others)


def test_a_file_of_ones_own(ledger, tmp_path):
    mine = tmp_path / "mine.md"
    mine.write_text("Ask, in {language}, about:", encoding="utf-8")
    with serve_questions() as server:
        table = generate_questions(make_passages(1), ask(server, prompts=(str(mine),)), ledger)
    assert table["prompt"].to_pylist() == ["mine"]
    assert content(server.bodies[0]).startswith("Ask, in English, about:\n\nAn island\n\nThe island")


def test_answers_in_parts_use_a_schema_where_the_endpoint_keeps_to_it(ledger):
    with serve_questions(plan=in_parts) as server:
        config = ask(server, prompts=("summary_question",))
        rows = generate_questions(make_passages(12), config, ledger).to_pylist()
        assert server.asked == 12 and all("response_format" in body for body in server.bodies)
        assert rows[0]["query"] == "What stands on the island?"
        assert json.loads(rows[0]["details"]) == {"summary": "An island has a lighthouse."}
        assert json.loads(rows[0]["parameters"]) == {"max_tokens": 256, "response_format": "json_schema"}
        assert "summary: ..." not in content(server.bodies[0])
        assert estimate_cost(make_passages(13), config, ledger).already_paid == 12


@pytest.mark.parametrize(
    "without", [Reply(status=400, error={"message": "response_format is not supported"}), Reply("What?")]
)
def test_answers_in_parts_are_described_in_words_where_it_does_not(ledger, without):
    def plan(body, seen):
        return without if "response_format" in body else Reply("summary: An island.\nquestion: What is built there?")

    with serve_questions(plan=plan) as server:
        config = ask(server, prompts=("summary_question",))
        rows = generate_questions(make_passages(12), config, ledger).to_pylist()
        assert server.asked == 13 and sum("response_format" in body for body in server.bodies) == 1
        assert {row["query"] for row in rows} == {"What is built there?"}
        generate_questions(make_passages(14), config, ledger)  # tried once and for all
        assert server.asked == 15 and "response_format" not in server.bodies[-1]


def test_the_format_can_be_ordered(ledger):
    with serve_questions(plan=in_parts) as server:
        generate_questions(make_passages(2), ask(server, prompts=("summary_question",), answer_format="text"), ledger)
        assert not any("response_format" in body for body in server.bodies)
        generate_questions(make_passages(2), ask(server, prompts=("summary_question",), answer_format="json"), ledger)
        assert sum("response_format" in body for body in server.bodies) == 2


def test_several_questions_in_one_answer(ledger):
    with serve_questions(plan=in_parts) as server:
        table = generate_questions(make_passages(5), ask(server, prompts=("several",), questions_per_passage=2), ledger)
        assert server.asked == 5 and len(table) == 10
        assert table["query"].to_pylist() == ["Who?", "What?"] * 5
        assert len(set(table["query_id"].to_pylist())) == 10 and len(set(table["request_digest"].to_pylist())) == 5


def test_several_answers_about_one_passage(ledger):
    with serve_questions(plan=lambda body, seen: Reply(f"What is number {seen}?")) as server:
        table = generate_questions(make_passages(3), ask(server, questions_per_passage=2, concurrency=1), ledger)
        assert server.asked == 6 and len(set(table["query_id"].to_pylist())) == 6
        assert sorted(table["query"].to_pylist()) == ["What is number 1?"] * 3 + ["What is number 2?"] * 3
        generate_questions(make_passages(3), ask(server, questions_per_passage=3), ledger)
        assert server.asked == 9


def test_every_row_says_how_it_was_made(ledger):
    with serve_questions() as server:
        config = ask(server, temperature=0.5, parameters=("top_p=0.9", "reasoning_effort=low"))
        (row,) = generate_questions(make_passages(1), config, ledger).to_pylist()
    assert server.bodies[0]["top_p"] == 0.9 and server.bodies[0]["reasoning_effort"] == "low"
    assert json.loads(row["parameters"]) == {
        "max_tokens": 256,
        "reasoning_effort": "low",
        "temperature": 0.5,
        "top_p": 0.9,
    }
    assert (row["model_asked"], row["model"], row["query_lang"]) == ("toy", "toy-2026", "en")
    assert row["answered_at"].year >= 2026 and row["answered_at"].utcoffset().total_seconds() == 0


def test_wrong_mixes_are_told():
    for prompts, settings, message in (
        (("mldr", "claim=0.5"), {}, "need a share each"),
        (("mldr=0",), {}, "positive share"),
        (("mldr=much",), {}, "positive share"),
        (("none=1",), {}, "no prompt named 'none'"),
        (("hyde",), {}, "is about a query"),
        (("cross_lingual",), {}, "add --query-language"),
        (("question",), {"query_language": ("en",)}, "add --prompts cross_lingual"),
        (("cross_lingual",), {"query_language": ("klingon",)}, "unknown language klingon"),
        (("several",), {}, "needs --questions-per-passage"),
        (("absent/file.md=0.5",), {}, "cannot read the instruction"),
    ):
        with pytest.raises(InputError, match=message):
            choose(*prompts, **settings)


def test_shares_are_of_their_sum():
    assert [each.up_to for each in choose("mldr=3", "claim=1")] == [0.75, 1.0]
    assert [each.prompt.name for each in choose("prompts/mldr.md")] == ["mldr"]


def test_languages_have_names():
    assert [language_name(code) for code in ("ko", "pt", "zh")] == ["Korean", "Portuguese", "Chinese"]
    assert "xx" in language_name("xx")
