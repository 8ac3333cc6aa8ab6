import asyncio

import pyarrow as pa
import pytest
from generate_toy import ask, make_passages
from question_server import Reply, serve_questions

import prompts
from curation.config import GenerateConfig
from curation.estimate import estimate_cost
from curation.generate import NO_MODEL, check_generator, generate_questions
from data.errors import InputError
from data.records import QUESTION

pytestmark = pytest.mark.usefixtures("short_waits")


def test_one_row_per_passage_in_order_and_nothing_asked_twice(ledger):
    passages = make_passages(30)
    with serve_questions(
        plan=lambda body, seen: Reply(f"\n What of {body['messages'][0]['content'][-40:]}? ")
    ) as server:
        table = generate_questions(passages, ask(server), ledger)
        again = generate_questions(passages, ask(server), ledger)
        assert server.asked == 30 and server.most_at_once <= 4
        assert table.equals(again) and table.schema == QUESTION
        more = generate_questions(make_passages(31), ask(server), ledger)
        assert server.asked == 31 and more.slice(0, 30).equals(table)
    assert table["passage_id"].to_pylist() == passages["passage_id"].to_pylist()
    row = table.slice(7, 1).to_pylist()[0]
    prompt = prompts.load("mldr")
    assert (
        row["answer"].startswith("\n What of")
        and row["query"] == row["answer"].strip()
        and "lighthouse-7," in row["query"]
    )
    expected = {
        "style": "question",
        "generator": "openai",
        "model": "toy-2026",
        "prompt": "mldr",
        "prompt_digest": prompt.digest,
    }
    assert expected.items() <= row.items()
    assert (row["start"], row["end"], row["token_start"], row["finish_reason"], row["reason"]) == (
        10,
        70,
        3,
        "stop",
        None,
    )
    body = server.bodies[0]
    assert set(body) == {"model", "messages", "max_tokens"} and body["max_tokens"] == 256
    assert body["messages"][0]["content"].startswith(prompt.text + "\n\nAn island\n\nThe island has")
    assert len(set(table["query_id"].to_pylist())) == 30


def test_other_settings_are_other_requests(ledger):
    with serve_questions() as server:
        generate_questions(make_passages(2), ask(server), ledger)
        generate_questions(make_passages(2), ask(server, temperature=0.5), ledger)
        generate_questions(make_passages(2), ask(server, concurrency=2, price_in=1.0), ledger)
        assert server.asked == 4 and server.bodies[-1]["temperature"] == 0.5


def test_equal_passages_are_asked_once(ledger):
    passages = pa.concat_tables([make_passages(3), make_passages(3)])
    with serve_questions() as server:
        assert len(generate_questions(passages, ask(server), ledger)) == 6
        assert server.asked == 3


def test_truncated_empty_and_refused_answers_are_rows(ledger):
    def plan(body, seen):
        text = body["messages"][0]["content"]
        if "lighthouse-0," in text:
            return Reply("What is", finish_reason="length")
        if "lighthouse-1," in text:
            return Reply("", usage=False)
        return Reply(status=400, error={"message": "content policy"}) if "lighthouse-2," in text else Reply()

    with serve_questions(plan=plan) as server:
        rows = generate_questions(make_passages(5), ask(server), ledger).to_pylist()
        assert [row["finish_reason"] for row in rows] == ["length", "stop", "refused", "stop", "stop"]
        assert [row["query"] for row in rows[:3]] == ["What is", "", ""]
        assert rows[1]["prompt_tokens"] is None
        generate_questions(make_passages(5), ask(server), ledger)
        assert server.asked == 5


def test_settings_are_refused_before_anything_is_read(ledger):
    for wrong, message in (
        ({"model": None}, "add --model"),
        ({"concurrency": 0}, "--concurrency must be positive"),
        ({"temperature": float("nan")}, "--temperature must be a number"),
        ({"base_url": ("nowhere",)}, "no base URL"),
    ):
        with pytest.raises(InputError, match=message):
            check_generator(GenerateConfig(**{"generator": "openai", "model": "toy"} | wrong))


def test_bad_settings_are_told_before_anything_is_sent(ledger):
    bad = [
        ({"model": None}, "--model"),
        ({"max_cost": 1.0}, "--price-in"),
        ({"concurrency": 0}, "--concurrency must be positive"),
        ({"prompts": ("none",)}, "no prompt named 'none'"),
        ({"base_url": ("nowhere",)}, "no base URL"),
        ({"base_url": ("https://api.openai.com/v1",)}, "OPENAI_API_KEY"),
        ({"max_requests": -1}, "must not be negative"),
    ]
    with serve_questions() as server:
        for change, message in bad:
            with pytest.raises(InputError, match=message):
                generate_questions(make_passages(1), ask(server, **change), ledger)
        assert server.asked == 0


def test_what_is_paid_needs_no_endpoint_and_no_key(ledger):
    with serve_questions() as server:
        config = ask(server)
        table = generate_questions(make_passages(3), config, ledger)
    assert generate_questions(make_passages(3), config, ledger).equals(table)


def test_it_works_inside_a_running_event_loop(ledger):
    async def cell():
        with serve_questions() as server:
            return generate_questions(make_passages(3), ask(server), ledger)

    assert len(asyncio.run(cell())) == 3


def test_the_estimate_counts_what_is_left(ledger):
    passages = make_passages(40, langs=("ko", "en"))
    with serve_questions() as server:
        config = ask(server, price_in=1.0, price_out=10.0)
        first = estimate_cost(passages, config, ledger)
        assert not ledger.exists() and server.asked == 0
        assert (first.passages, first.already_paid, first.completion_tokens) == (40, 0, 40 * 40)
        assert 40 * 20 < first.prompt_tokens < 40 * 150
        assert first.cost == pytest.approx((first.prompt_tokens + 10 * 1600) / 1e6)
        assert first.cost_at_most == pytest.approx((first.prompt_tokens + 10 * 40 * 256) / 1e6)
        table = generate_questions(passages.slice(0, 20), config, ledger)
        second = estimate_cost(passages, config, ledger)
        assert (second.already_paid, second.languages["ko"].already_paid) == (20, 10)
        mean = sum(table["prompt_tokens"].to_pylist()) / 20  # measured now, no longer guessed
        assert second.prompt_tokens == 20 * round(mean)
        unpriced = estimate_cost(passages, ask(server), ledger)
        assert unpriced.cost is None and "--price-in" in unpriced.lines()[1]


def test_the_extractive_generator_says_that_no_llm_was_asked(ledger):
    passages = make_passages(3)
    table = generate_questions(passages, GenerateConfig(), ledger)
    assert table.schema == QUESTION and not ledger.exists()
    assert set(table["model"].to_pylist()) == {NO_MODEL} and set(table["style"].to_pylist()) == {"keywords"}
    assert table["prompt"].null_count == 3 and set(table["generator"].to_pylist()) == {"extractive"}
    assert generate_questions(passages.slice(0, 0), GenerateConfig(), ledger).schema == QUESTION
    assert estimate_cost(passages, GenerateConfig(), ledger).prompt_tokens == 0
