import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pyarrow as pa
import pytest
from question_server import Reply, serve_questions

import curation.asking
import prompts
from curation.config import GenerateConfig
from curation.generate import NO_MODEL, check_generator, estimate_cost, generate_questions
from data.errors import InputError, RunError
from data.records import PASSAGE, QUESTION, conform

HERE = Path(__file__).parent


def make_passages(count, langs=("en",)):
    numbers = range(count)
    columns = {
        "passage_id": [f"p{n}" for n in numbers],
        "docid": [f"d{n}" for n in numbers],
        "lang": [langs[n % len(langs)] for n in numbers],
        "split": ["train"] * count,
        "title": ["An island"] * count,
        "text": [f"The island has a lighthouse called lighthouse-{n}, built by hand." for n in numbers],
        "start": [10] * count,
        "end": [70] * count,
        "tokens": [20] * count,
        "token_start": [3] * count,
    }
    return conform(pa.table(columns), PASSAGE)


def ask(server, **changes):
    return GenerateConfig(
        **{"generator": "openai", "model": "toy", "base_url": server.base_url, "concurrency": 4} | changes
    )


@pytest.fixture(autouse=True)
def no_key_and_short_waits(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setattr(curation.asking, "_FIRST_WAIT_SECONDS", 0.01)


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "ledger.sqlite"


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


def test_faults_are_retried_until_every_passage_is_answered(ledger):
    def plan(body, seen):
        faults = [
            Reply(status=429, headers={"Retry-After": "0.02"}),
            Reply(status=500),
            Reply(drop=True),
            Reply(raw="{}"),
        ]
        return faults[(sum(body["messages"][0]["content"].encode()) + seen) % 4] if seen <= 2 else Reply()

    with serve_questions(plan=plan) as server:
        table = generate_questions(make_passages(40), ask(server, concurrency=8), ledger)
        assert set(server.seen.values()) == {3}
    assert None not in table["finish_reason"].to_pylist()


def test_a_slow_answer_times_out_and_is_asked_again(ledger):
    with serve_questions(plan=lambda body, seen: Reply(seconds=2.0 if seen == 1 else 0.0)) as server:
        started = time.monotonic()
        generate_questions(make_passages(2), ask(server, timeout_seconds=0.3), ledger)
        assert server.asked == 4 and time.monotonic() - started < 2


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


def test_a_passage_that_is_never_answered_is_counted_and_asked_again(ledger):
    broken = True

    def plan(body, seen):
        return (
            Reply(status=500) if broken and "lighthouse-3," in body["messages"][0]["content"] else Reply(seconds=0.05)
        )

    with serve_questions(plan=plan) as server:
        with pytest.raises(RunError, match=r"1 passages are unanswered .*planned failure 500.* 39 of 40 passages"):
            generate_questions(make_passages(40), ask(server), ledger)
        broken, before = False, server.asked
        assert len(generate_questions(make_passages(40), ask(server), ledger)) == 40
        assert server.asked == before + 1


def test_a_wrong_key_stops_at_once_and_is_shown_nowhere(ledger, monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_API_KEY", "very-secret-key")
    with serve_questions(key="another") as server:
        with pytest.raises(InputError, match=r"does not accept the key in OPENAI_API_KEY \(status 401") as told:
            generate_questions(make_passages(100), ask(server), ledger)
        assert server.asked <= 8
    with serve_questions(key="very-secret-key") as server:
        generate_questions(make_passages(2), ask(server), ledger)
    echo = Reply(raw="<html>your key is very-secret-key</html>")  # as a misconfigured proxy may answer
    with (
        serve_questions(plan=lambda body, seen: echo) as server,
        pytest.raises(InputError, match="no chat completion"),
    ):
        generate_questions(make_passages(9), ask(server, temperature=0.5), ledger)
    kept = b"".join(file.read_bytes() for file in ledger.parent.iterdir())
    assert (
        "secret" not in str(told.value) + capsys.readouterr().err and b"secret" not in kept and b"uthoriz" not in kept
    )
    with serve_questions(key="another") as server:
        monkeypatch.delenv("OPENAI_API_KEY")
        with pytest.raises(InputError, match="needs a key and OPENAI_API_KEY is not set"):
            generate_questions(make_passages(2), ask(server), ledger)


def test_an_unknown_model_is_told_with_the_models_there_are(ledger):
    with serve_questions(models=("small", "large")) as server:
        with pytest.raises(
            InputError, match=r"knows no model 'toy'.*It offers: large, small\. Choose one with --model"
        ):
            generate_questions(make_passages(20), ask(server), ledger)
        with pytest.raises(InputError, match="mostly ends in /v1"):
            generate_questions(make_passages(20), ask(server, base_url=server.base_url + "/extra"), ledger)


def test_what_is_no_api_or_refuses_everything_stops_soon(ledger):
    with serve_questions(plan=lambda body, seen: Reply(raw="<html>welcome</html>")) as server:
        with pytest.raises(InputError, match="no chat completion: <html>welcome"):
            generate_questions(make_passages(50), ask(server), ledger)
        assert server.asked < 12
    refusal = Reply(status=400, error={"message": "temperature must be 1"})
    with serve_questions(plan=lambda body, seen: refusal) as server:
        with pytest.raises(InputError, match="refuses what it is asked, model toy: status 400: temperature must be 1"):
            generate_questions(make_passages(50), ask(server), ledger)
        assert server.asked < 12
        with pytest.raises(InputError, match="temperature must be 1"):
            generate_questions(make_passages(1), ask(server), ledger)


def test_settings_are_refused_before_anything_is_read(ledger):
    for wrong, message in (
        ({"model": None}, "needs --model"),
        ({"concurrency": 0}, "--concurrency must be positive"),
        ({"temperature": float("nan")}, "--temperature must be a number"),
        ({"base_url": "nowhere"}, "no base URL"),
    ):
        with pytest.raises(InputError, match=message):
            check_generator(GenerateConfig(**{"generator": "openai", "model": "toy"} | wrong))


def test_an_unreachable_endpoint_is_told(ledger):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        with pytest.raises(RunError, match=rf"cannot reach {url}.*--base-url.* 0 of 3 passages"):
            config = GenerateConfig(generator="openai", model="toy", base_url=url)
            generate_questions(make_passages(3), config, ledger)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(status=429, headers={"Retry-After": "3600"}), "asks to wait 60 minutes"),
        (Reply(status=429, error={"message": "m", "code": "insufficient_quota"}), "no credit left"),
    ],
)
def test_an_endpoint_that_is_closed_for_long_ends_the_run(ledger, reply, message):
    with serve_questions(plan=lambda body, seen: reply) as server, pytest.raises(RunError, match=message):
        generate_questions(make_passages(30), ask(server), ledger)


@pytest.mark.parametrize("cap", [0, 5, 17])
def test_the_cap_on_requests_is_exact_with_retries(ledger, cap):
    plan = lambda body, seen: Reply(status=500) if seen == 1 else Reply()  # noqa: E731
    with serve_questions(plan=plan) as server:
        with pytest.raises(RunError, match=rf"--max-requests; {cap} requests\): \d+ of 30 .* nothing is asked twice"):
            generate_questions(make_passages(30), ask(server, max_requests=cap), ledger)
        assert server.asked == cap
        assert len(generate_questions(make_passages(30), ask(server), ledger)) == 30
        assert server.answered == 30


def test_the_cap_on_cost_is_never_passed(ledger):
    prices = {"price_in": 1e6, "price_out": 1e6}  # one token costs 1
    with serve_questions() as server:
        table = generate_questions(make_passages(1), ask(server, **prices), ledger)
        real = table["prompt_tokens"][0].as_py() + table["completion_tokens"][0].as_py()
        cap = 20 * real
        with pytest.raises(RunError, match=r"--max-cost; .* spent"):
            generate_questions(make_passages(100), ask(server, max_cost=cap, **prices), ledger)
        spent = (server.asked - 1) * real
        most = len(server.bodies[0]["messages"][0]["content"]) + 64 + 256
        assert cap - most <= spent <= cap


def test_a_server_that_counts_no_tokens_is_taken_at_the_worst(ledger):
    with serve_questions(plan=lambda body, seen: Reply(usage=False)) as server:
        with pytest.raises(RunError, match="--max-cost"):
            generate_questions(make_passages(20), ask(server, max_cost=1.0, price_in=0.0, price_out=1e6 / 1024), ledger)
        assert server.asked == 4  # 256 answer tokens each


def test_bad_settings_are_told_before_anything_is_sent(ledger):
    bad = [
        ({"model": None}, "--model"),
        ({"max_cost": 1.0}, "--price-in"),
        ({"concurrency": 0}, "--concurrency must be positive"),
        ({"prompt": "none"}, "no prompt named 'none'"),
        ({"base_url": "nowhere"}, "no base URL"),
        ({"base_url": "https://api.openai.com/v1"}, "OPENAI_API_KEY"),
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


CLIENT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_generate import make_passages
from curation.config import GenerateConfig
from curation.generate import generate_questions
from data.errors import run_command
config = GenerateConfig(generator="openai", model="toy", base_url=sys.argv[2], concurrency=8)
sys.exit(run_command(lambda: print(len(generate_questions(make_passages(80), config, Path(sys.argv[3]))))))
"""


def start_client(server, ledger):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(HERE), server.base_url, str(ledger)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def wait_for(server, answers):
    deadline = time.monotonic() + 30
    while server.answered < answers and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.answered >= answers


def test_a_killed_run_loses_at_most_what_was_in_flight(ledger):
    with serve_questions(latency_seconds=0.1) as server:
        client = start_client(server, ledger)
        wait_for(server, 30)
        client.kill()
        client.communicate()
        assert len(generate_questions(make_passages(80), ask(server), ledger)) == 80
        assert 80 <= server.answered <= 80 + 8
        assert len(server.answers) == 80


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_ctrl_c_keeps_what_is_in_flight(ledger):
    with serve_questions(latency_seconds=0.2) as server:
        client = start_client(server, ledger)
        wait_for(server, 10)
        client.send_signal(signal.SIGINT)
        _, said = client.communicate(timeout=20)
        assert client.returncode == 130
        assert f"{server.answered} of 80 passages are answered and kept" in said and "Traceback" not in said
        assert len(generate_questions(make_passages(80), ask(server, concurrency=16), ledger)) == 80
        assert server.answered == server.asked == 80


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_a_second_ctrl_c_leaves_at_once(ledger):
    with serve_questions(plan=lambda body, seen: Reply(seconds=20.0)) as server:
        client = start_client(server, ledger)
        while server.now < 8:
            time.sleep(0.01)
        for _ in range(2):
            client.send_signal(signal.SIGINT)
            time.sleep(0.5)
        _, said = client.communicate(timeout=5)
        assert client.returncode == 130 and "0 of 80 passages" in said and "Traceback" not in said


def test_the_command_of_the_test_server_counts():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, str(HERE / "question_server.py"), str(port), "0"])
    try:
        for _ in range(200):
            try:
                counts = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/counts"))
                break
            except OSError:
                time.sleep(0.02)
        assert counts == {"asked": 0, "answered": 0, "bodies": 0, "most_of_one": 0}
    finally:
        server.kill()
        server.wait()
