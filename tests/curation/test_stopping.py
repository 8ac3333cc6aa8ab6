import signal
import sys
import time

import pytest
from generate_toy import ask, make_passages, start_client, wait_for
from question_server import Reply, serve_questions

from curation.generate import generate_questions
from data.errors import RunError

pytestmark = pytest.mark.usefixtures("short_waits")


@pytest.mark.parametrize("cap", [1, 5, 17])
def test_the_cap_on_requests_is_exact_with_retries(ledger, cap):
    plan = lambda body, seen: Reply(status=500) if seen == 1 else Reply()  # noqa: E731
    with serve_questions(plan=plan) as server:
        told = rf"--max-requests; used: {cap} requests, .*\): \d+ of 30 .* nothing is asked twice"
        with pytest.raises(RunError, match=told):
            generate_questions(make_passages(30), ask(server, max_requests=cap), ledger)
        assert server.asked == cap
        assert len(generate_questions(make_passages(30), ask(server), ledger)) == 30
        assert server.answered == 30


def test_a_cap_too_small_for_any_request_is_told_with_what_one_may_take(ledger):
    with serve_questions() as server:
        for cap, told in (
            ({"max_requests": 0}, r"--max-requests allows not even one request\. 0 of 3"),
            ({"max_tokens_total": 300}, r"--max-tokens-total .* which may take \d+ tokens at most\. .* Give more"),
        ):
            with pytest.raises(RunError, match=told):
                generate_questions(make_passages(3), ask(server, **cap), ledger)
        assert server.asked == 0


def test_the_cap_on_cost_is_never_passed(ledger):
    prices = {"price_in": 1e6, "price_out": 1e6}  # one token costs 1
    with serve_questions() as server:
        table = generate_questions(make_passages(1), ask(server, **prices), ledger)
        real = table["prompt_tokens"][0].as_py() + table["completion_tokens"][0].as_py()
        cap = 20 * real
        with pytest.raises(RunError, match=r"--max-cost; used: "):
            generate_questions(make_passages(100), ask(server, max_cost=cap, **prices), ledger)
        spent = (server.asked - 1) * real
        most = len(server.bodies[0]["messages"][0]["content"]) + 64 + 256
        assert cap - most <= spent <= cap


def test_the_cap_on_tokens_is_never_passed(ledger):
    with serve_questions() as server:
        table = generate_questions(make_passages(1), ask(server), ledger)
        real = table["prompt_tokens"][0].as_py() + table["completion_tokens"][0].as_py()
        with pytest.raises(RunError, match=r"--max-tokens-total; used: \d+ requests"):
            generate_questions(make_passages(100), ask(server, max_tokens_total=20 * real), ledger)
        most = len(server.bodies[0]["messages"][0]["content"]) + 64 + 256
        assert 20 * real - most <= (server.asked - 1) * real <= 20 * real


def test_a_server_that_counts_no_tokens_is_taken_at_the_worst(ledger):
    with serve_questions(plan=lambda body, seen: Reply(usage=False)) as server:
        with pytest.raises(RunError, match="--max-cost"):
            generate_questions(make_passages(20), ask(server, max_cost=1.0, price_in=0.0, price_out=1e6 / 1024), ledger)
        assert server.asked == 4  # 256 answer tokens each


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
        assert f"{server.answered} of 80 requests are answered and kept" in said and "Traceback" not in said
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
        assert client.returncode == 130 and "0 of 80 requests" in said and "Traceback" not in said
        assert "8 that were in flight may have been billed" in said
