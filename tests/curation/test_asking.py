import json
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from generate_toy import HERE, ask, make_passages
from question_server import Reply, serve_questions

from curation.config import GenerateConfig
from curation.generate import generate_questions
from data.errors import InputError, RunError

pytestmark = pytest.mark.usefixtures("short_waits")


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


def test_what_fails_again_and_again_is_kept_as_failed_until_it_is_to_be_tried_again(ledger):
    broken = True

    def plan(body, seen):
        text = body["messages"][0]["content"]
        if broken and "lighthouse-3," in text:
            return Reply(status=500)
        return Reply("Who", finish_reason="length") if broken and "lighthouse-5," in text else Reply(seconds=0.05)

    with serve_questions(plan=plan) as server:
        rows = generate_questions(make_passages(40), ask(server), ledger).to_pylist()
        assert [rows[n]["finish_reason"] for n in (2, 3, 5)] == ["stop", "failed", "length"]
        broken, before = False, server.asked
        generate_questions(make_passages(40), ask(server), ledger)
        assert server.asked == before
        again = generate_questions(make_passages(40), ask(server, retry_failed=True), ledger).to_pylist()
        assert server.asked == before + 2
        assert {row["finish_reason"] for row in again} == {"stop"} and again[7] == rows[7]
        assert again[5]["completion_tokens"] == 1 + rows[7]["completion_tokens"]  # both tries were paid for
        generate_questions(make_passages(40), ask(server, retry_failed=True), ledger)
        assert server.asked == before + 2


def test_a_server_that_goes_down_ends_the_run_without_a_mark_on_what_was_not_answered(ledger):
    with serve_questions(plan=lambda body, seen: Reply() if server.answered < 10 else Reply(drop=True)) as server:
        with pytest.raises(RunError, match=r"does not answer any more.* 1\d of 40 requests are answered"):
            generate_questions(make_passages(40), ask(server), ledger)
        server.plan = lambda body, seen: Reply()
        table = generate_questions(make_passages(40), ask(server), ledger)
    assert set(table["finish_reason"].to_pylist()) == {"stop"}


def test_a_model_that_never_comes_to_its_end_is_stopped_early(ledger):
    with serve_questions(plan=lambda body, seen: Reply("Let me think", finish_reason="length")) as server:
        with pytest.raises(InputError, match=r"first 20 answers were all cut off at --max-answer-tokens 256: raise it"):
            generate_questions(make_passages(200), ask(server), ledger)
        assert server.asked < 30


def test_servers_share_the_work_and_a_lost_one_is_made_up_for(ledger):
    with serve_questions(latency_seconds=0.01) as first, serve_questions(latency_seconds=0.01) as second:
        both = ask(first, base_url=(first.base_url, second.base_url), concurrency=8)
        generate_questions(make_passages(60), both, ledger)
        assert first.answered + second.answered == 60 and min(first.answered, second.answered) > 20
        second.plan = lambda body, seen: Reply(drop=True)
        before, lost = first.answered, second.asked
        table = generate_questions(make_passages(200), both, ledger)
        assert set(table["finish_reason"].to_pylist()) == {"stop"}
        assert first.answered == before + 140 and second.asked - lost < 30
        generate_questions(make_passages(200), ask(first, base_url=(second.base_url, first.base_url)), ledger)
        assert first.answered == before + 140  # whoever answered, in whatever order they are named


def test_a_mix_of_openai_and_other_servers_is_refused(ledger):
    with serve_questions() as server, pytest.raises(InputError, match="beside other servers"):
        mixed = ask(server, base_url=(server.base_url, "https://api.openai.com/v1"))
        generate_questions(make_passages(1), mixed, ledger)


def test_the_live_line_counts_what_the_checks_will_drop(ledger, capsys):
    with serve_questions(plan=lambda body, seen: Reply("x" if seen else "")) as server:
        generate_questions(make_passages(7), ask(server), ledger)
    assert "7 rejected" in capsys.readouterr().err


def test_requests_in_a_minute_are_bounded(ledger):
    with serve_questions() as server:
        begun = time.monotonic()
        generate_questions(make_passages(6), ask(server, requests_per_minute=60 / 0.1), ledger)
        assert time.monotonic() - begun >= 0.5


def test_a_wrong_key_stops_at_once_and_is_shown_nowhere(ledger, monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_API_KEY", "very-secret-key")
    with serve_questions(key="another") as server:
        with pytest.raises(InputError, match=r"does not accept the key that it was given \(status 401") as told:
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
        with pytest.raises(InputError, match="needs a key, and neither OPENAI_API_KEY"):
            generate_questions(make_passages(2), ask(server), ledger)


def test_an_unknown_model_is_told_with_the_models_there_are(ledger):
    with serve_questions(models=("small", "large")) as server:
        with pytest.raises(
            InputError, match=r"knows no model 'toy'.*It offers: large, small\. Choose one with --model"
        ):
            generate_questions(make_passages(20), ask(server), ledger)
        with pytest.raises(InputError, match="mostly ends in /v1"):
            generate_questions(make_passages(20), ask(server, base_url=(server.base_url + "/extra",)), ledger)


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


def test_an_unreachable_endpoint_is_told(ledger):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        with pytest.raises(RunError, match=rf"cannot reach {url}.*--base-url.* 0 of 3 requests"):
            config = GenerateConfig(generator="openai", model="toy", base_url=(url,))
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
        stats = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/stats"))
        assert stats == {"requests": 0}
        assert counts == {"asked": 0, "answered": 0, "bodies": 0, "most_of_one": 0}
    finally:
        server.kill()
        server.wait()
