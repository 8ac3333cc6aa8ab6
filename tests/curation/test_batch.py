import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from batch_endpoints import FULL, Fate
from generate_toy import HERE, ask, make_passages
from question_server import Reply, serve_questions

import curation.batch.api
import curation.batch.collect
import curation.batch.submit
from curation.batch.records import BatchRecords
from curation.generate import generate_questions
from curation.llm.ledger import Ledger
from data.errors import InputError, RunError

pytestmark = pytest.mark.usefixtures("short_waits")
NOT_COMPARED = ("answered_at",)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(curation.batch.collect, "_FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(curation.batch.collect, "_LONGEST_WAIT_SECONDS", 0.02)
    monkeypatch.setattr(curation.batch.api, "_FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(curation.batch.api, "_SETTLING_SECONDS", 0.0)


CLIENT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import curation.batch.api, curation.batch.collect
from generate_toy import make_passages
from curation.config import GenerateConfig
from curation.generate import generate_questions
from data.errors import run_command
curation.batch.collect._FIRST_WAIT_SECONDS = curation.batch.collect._LONGEST_WAIT_SECONDS = 0.02
curation.batch.api._SETTLING_SECONDS = 0.0
config = GenerateConfig(generator="openai", model="toy", base_url=(sys.argv[2],), batch=True, batch_requests=1000)
sys.exit(run_command(lambda: print(len(generate_questions(make_passages(600), config, Path(sys.argv[3]))))))
"""


def start_batch_client(server, ledger):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CLIENT, str(HERE), server.base_url, str(ledger)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def rows_of(path, columns="key, sample, endpoint, model_asked, prompt, prompt_digest, state, response"):
    connection = sqlite3.connect(path)
    try:
        return sorted(connection.execute(f"select {columns} from answers"))
    finally:
        connection.close()


def nothing_left(path):
    """No batch is to be collected, no request is left without its batch, and no file stands beside the ledger."""
    connection = sqlite3.connect(path)
    try:
        counts = connection.execute(
            "select (select count(*) from batches where file_id is not null and not collected),"
            " (select count(*) from batch_requests r where not exists"
            " (select 1 from batches where id = r.batch and (collected or file_id is null)))"
        ).fetchone()
    finally:
        connection.close()
    return counts == (0, 0) and {file.name.split("-")[0] for file in path.parent.iterdir()} == {path.name}


def refuse_some(body, seen):
    """Lighthouse 3 is refused; the answers of others hold what must survive JSON lines."""
    number = body["messages"][0]["content"].split("lighthouse-")[1].split(",")[0]
    if number == "3":
        return Reply(status=400, error={"message": "the passage is too long", "code": "context_length_exceeded"})
    return Reply(text=f"What is\u2028 the name of lighthouse-{number}? 등대")


def test_batches_give_the_same_rows_and_the_same_ledger_as_online(tmp_path):
    passages = make_passages(30)
    with serve_questions(plan=refuse_some) as server:
        online = generate_questions(passages, ask(server), tmp_path / "online" / "l.sqlite")
        batched = generate_questions(
            passages, ask(server, batch=True, batch_requests=8), tmp_path / "batch" / "l.sqlite"
        )
        assert len(server.batch_api.batches) == 4 and server.asked == 60
        again = generate_questions(passages, ask(server), tmp_path / "batch" / "l.sqlite")
        assert server.asked == 60
    assert online.drop_columns(NOT_COMPARED).equals(batched.drop_columns(NOT_COMPARED)) and again.equals(batched)
    assert batched["finish_reason"].to_pylist().count("refused") == 1
    mine, theirs = (rows_of(tmp_path / name / "l.sqlite") for name in ("batch", "online"))
    # The raw texts are equal as JSON; one server may escape letters where another does not.
    read = lambda row: (*row[:-1], json.loads(row[-1]) if row[-1].startswith("{") else row[-1])  # noqa: E731
    assert [read(row) for row in mine] == [read(row) for row in theirs]
    assert nothing_left(tmp_path / "batch" / "l.sqlite")


@pytest.mark.parametrize(
    ("place", "batch"), [("create", True), ("created", True), ("created", False), ("poll", False), ("read", True)]
)
def test_a_killed_command_loses_nothing(ledger, place, batch):
    with serve_questions() as server:
        server.batch_api.stall_at = place
        client = start_batch_client(server, ledger)
        assert server.batch_api.stalled.wait(30)
        while place == "read" and not rows_of(ledger):
            assert client.poll() is None
            time.sleep(0.02)
        client.kill()
        client.communicate()
        server.batch_api.resume.set()
        assert len(rows_of(ledger)) == (500 if place == "read" else 0)
        table = generate_questions(make_passages(600), ask(server, batch=batch, concurrency=16), ledger)
        assert len(table) == 600 and table["finish_reason"].to_pylist() == ["stop"] * 600
        assert server.asked == server.answered == len(server.answers) == 600
        assert len(server.batch_api.batches) == 1  # one that was abandoned would be paid for
    assert len(rows_of(ledger)) == 600  # nothing is written twice either
    assert nothing_left(ledger)


def test_results_are_kept_whatever_the_command_asks_now(ledger):
    with serve_questions() as server:
        server.batch_api.stall_at = "poll"
        client = start_batch_client(server, ledger)
        assert server.batch_api.stalled.wait(30)
        client.kill()
        client.communicate()
        server.batch_api.resume.set()
        generate_questions(make_passages(2), ask(server, prompts=("keywords",), parameters=("top_p=0.5",)), ledger)
        held = rows_of(ledger, "prompt, state")
        assert held.count(("mldr", "answer")) == 600 and held.count(("keywords", "answer")) == 2


def wait_until_in_progress(server, client):
    while not any(batch["status"] == "in_progress" for batch in list(server.batch_api.batches.values())):
        assert client.poll() is None
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_ctrl_c_leaves_the_batches_to_the_next_command(ledger):
    with serve_questions() as server:
        server.batch_api.plan = lambda number: Fate(polls=10_000)
        client = start_batch_client(server, ledger)
        wait_until_in_progress(server, client)
        client.send_signal(signal.SIGINT)
        _, said = client.communicate(timeout=20)
        assert client.returncode == 130 and "run the same command again" in said and "Traceback" not in said
        for fate in server.batch_api.fates.values():
            fate.polls = 1
        server.batch_api.plan = lambda number: Fate()
        assert len(generate_questions(make_passages(600), ask(server), ledger)) == 600
        assert server.asked == server.answered == 600


def test_a_lost_reply_to_the_creation_begins_no_second_batch(ledger):
    with serve_questions() as server:
        server.batch_api.plan = lambda number: Fate(lost=number == 1)
        generate_questions(make_passages(5), ask(server, batch=True), ledger)
        assert len(server.batch_api.batches) == 1 and server.asked == 5


def test_an_endpoint_without_a_list_is_asked_again_after_a_lost_reply(ledger):
    with serve_questions() as server:
        server.batch_api.plan = lambda number: Fate(lost=number == 1)
        server.batch_api.listed = False
        table = generate_questions(make_passages(5), ask(server, batch=True), ledger)
        assert len(server.batch_api.batches) == 2 and len(table) == 5  # the documented loss


def test_a_batch_is_found_on_a_later_page_of_the_list(ledger):
    with serve_questions() as server, Ledger(ledger) as opened:
        config = ask(server, batch=True)
        for _ in range(5):  # of others
            server.batch_api.files["file-x"] = b"{}"
            server.batch_api.create(
                {"endpoint": "/v1/chat/completions", "completion_window": "24h", "input_file_id": "file-x"}
            )
        server.batch_api.stall_at = "created"
        server.batch_api.resume.set()
        records = BatchRecords(opened)
        generate_questions(make_passages(3), config, ledger)
        assert len(server.batch_api.batches) == 6 and server.asked == 3 and not records.left_over(server.base_url)


def test_results_are_read_again_when_the_connection_breaks(ledger):
    with serve_questions() as server:
        server.batch_api.break_reads = 2
        table = generate_questions(make_passages(1500), ask(server, batch=True), ledger)
        assert len(table) == len(rows_of(ledger)) == server.asked == 1500


def test_what_fails_in_a_batch_is_asked_again_in_another(ledger):
    def plan(body, seen):
        number = int(body["messages"][0]["content"].split("lighthouse-")[1].split(",")[0])
        if seen == 1 and number < 4:
            return [Reply(status=429), Reply(status=500), Reply(drop=True), Reply(raw="<html>")][number]
        return Reply()

    with serve_questions(plan=plan) as server:
        table = generate_questions(make_passages(10), ask(server, batch=True, max_requests=14), ledger)
        assert table["finish_reason"].to_pylist() == ["stop"] * 10
        assert [len(server.batch_api.requests(name)) for name in server.batch_api.batches] == [10, 4]
        assert server.asked == 14 and server.answered == 11  # the malformed one counts as answered
        assert sorted(state for (state,) in rows_of(ledger, "state")) == ["answer"] * 10 + ["malformed"]
    assert nothing_left(ledger)


def test_what_fails_again_and_again_is_kept_as_failed(ledger):
    with serve_questions(plan=lambda b, seen: Reply(status=500 if "lighthouse-3," in str(b) else 200)) as server:
        table = generate_questions(make_passages(5), ask(server, batch=True), ledger)
        assert table["finish_reason"].to_pylist() == ["stop"] * 3 + ["failed", "stop"]
        assert server.asked == 5 + 7


def test_an_endpoint_that_answers_nothing_in_its_batches_ends_the_command(ledger):
    with serve_questions(plan=lambda body, seen: Reply(status=500)) as server:
        with pytest.raises(RunError, match=r"answers none of the requests.*status 500.*0 of 5 requests"):
            generate_questions(make_passages(5), ask(server, batch=True), ledger)
        assert server.asked == 15 and rows_of(ledger) == []


def test_a_batch_that_refuses_everything_names_the_reason_and_is_not_kept(ledger):
    with serve_questions(plan=lambda body, seen: Reply(status=400, error={"message": "no such parameter"})) as server:
        with pytest.raises(InputError, match=r"refuses what it is asked, model toy: status 400: no such parameter"):
            generate_questions(make_passages(5), ask(server, batch=True), ledger)
        assert server.asked == 5 and rows_of(ledger) == []
    assert nothing_left(ledger)


def test_an_expired_batch_keeps_its_answers_and_the_rest_is_asked_again(ledger):
    with serve_questions() as server:
        server.batch_api.plan = lambda number: Fate(status="expired", reached=6) if number == 1 else Fate()
        table = generate_questions(make_passages(10), ask(server, batch=True), ledger)
        assert len(table) == 10 and server.asked == server.answered == 10
        assert [len(server.batch_api.requests(name)) for name in server.batch_api.batches] == [10, 4]


def test_what_a_full_endpoint_never_comes_to_stays_unanswered(ledger):
    with serve_questions() as server:
        server.batch_api.plan = lambda number: Fate(status="expired", reached=6 if number == 1 else 0)
        with pytest.raises(RunError, match=r"4 requests are unanswered .* not executed in time.*6 of 10"):
            generate_questions(make_passages(10), ask(server, batch=True), ledger)
        assert len(server.batch_api.batches) == 8 and len(rows_of(ledger)) == 6


def test_a_full_queue_is_waited_for(ledger):
    with serve_questions() as server:
        api = server.batch_api

        def plan(number):  # one batch at a time, as an enqueued-token limit does
            busy = any(batch["status"] not in ("completed", "failed") for batch in api.batches.values())
            return Fate(status="failed", polls=0, errors=FULL) if busy else Fate(polls=3)

        api.plan = plan
        table = generate_questions(make_passages(12), ask(server, batch=True, batch_requests=4), ledger)
        assert len(table) == 12 and server.asked == 12
        uploaded = [name for name in api.files if name.startswith("file-")]
        assert len(uploaded) == 3 < len(api.batches)  # a file goes up once, however often its batch is begun
    assert nothing_left(ledger)


def test_a_batch_that_alone_is_too_large_ends_the_command(ledger):
    with serve_questions() as server:
        server.batch_api.plan = lambda number: Fate(status="failed", polls=0, errors=FULL)
        with pytest.raises(RunError, match=r"Enqueued token limit reached.*--batch-requests"):
            generate_questions(make_passages(5), ask(server, batch=True), ledger)
        assert server.asked == 0
    assert nothing_left(ledger)


def test_a_cancelled_batch_keeps_its_answers_and_begins_no_other(ledger):
    with serve_questions() as server:
        server.batch_api.plan = lambda number: Fate(status="cancelled", reached=2)
        with pytest.raises(RunError, match=r"was cancelled .*2 of 5 requests"):
            generate_questions(make_passages(5), ask(server, batch=True), ledger)
        assert len(server.batch_api.batches) == 1 and len(rows_of(ledger)) == 2


def test_files_are_split_by_size(ledger, monkeypatch):
    with serve_questions() as server:
        generate_questions(make_passages(1), ask(server, batch=True), ledger)
        size = len(server.batch_api.files["file-1"])
        monkeypatch.setattr(curation.batch.submit, "_MOST_BYTES", 3 * size)
        generate_questions(make_passages(10), ask(server, batch=True), ledger)
        sizes = [len(server.batch_api.requests(name)) for name in server.batch_api.batches]
        assert sizes == [1, 3, 3, 3]


@pytest.mark.parametrize("cap", [1, 5, 17])
def test_the_cap_on_requests_counts_what_is_in_batches(ledger, cap):
    with serve_questions(plan=lambda body, seen: Reply(status=500 if seen == 1 else 200)) as server:
        with pytest.raises(RunError, match=rf"--max-requests; used: {cap} requests"):
            config = ask(server, batch=True, batch_requests=4, max_requests=cap)
            generate_questions(make_passages(30), config, ledger)
        assert server.asked == cap
        generate_questions(make_passages(1), ask(server), ledger)  # proven, so that failures do not end it
        assert len(generate_questions(make_passages(30), ask(server, batch=True), ledger)) == 30
        assert server.answered == 30


def test_the_cap_on_tokens_is_never_passed_and_used_up(ledger):
    with serve_questions() as server:
        table = generate_questions(make_passages(1), ask(server, batch=True), ledger)
        real = table["prompt_tokens"][0].as_py() + table["completion_tokens"][0].as_py()
        most = len(server.bodies[0]["messages"][0]["content"]) + 64 + 256
        cap = 20 * real
        with pytest.raises(RunError, match=r"--max-tokens-total; used: \d+ requests"):
            generate_questions(make_passages(100), ask(server, batch=True, max_tokens_total=cap), ledger)
        assert cap - most <= (server.asked - 1) * real <= cap


def test_an_endpoint_without_batches_says_so(ledger):
    with serve_questions() as server:
        server.batch_api.offered = False
        with pytest.raises(InputError, match=r"has no Batch API \(status 404.*leave out --batch"):
            generate_questions(make_passages(5), ask(server, batch=True), ledger)


def test_nobody_at_the_address(ledger, monkeypatch):
    monkeypatch.setattr(curation.batch.api, "_PATIENCE_UNREACHED_SECONDS", 0.1)
    with pytest.raises(RunError, match=r"cannot reach http://127.0.0.1:9/v1"):
        generate_questions(
            make_passages(2), ask(SimpleNamespace(base_url=""), base_url=("http://127.0.0.1:9/v1",), batch=True), ledger
        )


def test_a_wrong_key_is_named_and_never_shown(ledger, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "abcdefghijklmnop")
    with serve_questions(key="another") as server, pytest.raises(InputError, match="does not accept the key") as told:
        generate_questions(make_passages(2), ask(server, batch=True), ledger)
    assert "abcdefghijklmnop" not in str(told.value)
    assert b"abcdefghijklmnop" not in ledger.read_bytes()


def test_a_batch_that_the_endpoint_forgot_is_named_and_can_be_given_up(ledger):
    with serve_questions() as server:
        api = server.batch_api
        look = api.poll
        api.poll = lambda name: (api.batches.clear(), look(name))[1]
        with pytest.raises(InputError, match=r"does not know the batch batch_1.*--forget-batches"):
            generate_questions(make_passages(4), ask(server, batch=True), ledger)
        with Ledger(ledger) as opened:
            assert BatchRecords(opened).forget(server.base_url) == 4
        assert len(generate_questions(make_passages(4), ask(server), ledger)) == 4


def test_lines_that_no_batch_should_hold_do_no_harm(ledger):
    lines = (
        "",
        "{",
        "[]",
        '{"custom_id": 3}',
        '{"custom_id": "0000000000000000", "response": {"status_code": 200, "body": {}}}',
    )
    with serve_questions() as server:
        server.batch_api.plan = lambda number: Fate(more_lines=(*lines, "[" * 100_000))
        assert len(generate_questions(make_passages(4), ask(server, batch=True), ledger)) == 4
        assert len(rows_of(ledger)) == 4


def test_what_concerns_every_request_ends_the_command_and_keeps_the_answers(ledger):
    def plan(body, seen):
        if "lighthouse-2," in str(body):
            return Reply(status=429, error={"message": "no credit", "code": "insufficient_quota"})
        return Reply()

    with serve_questions(plan=plan) as server:
        with pytest.raises(RunError, match=r"no credit left.*3 of 4 requests"):
            generate_questions(make_passages(4), ask(server, batch=True), ledger)
        assert len(rows_of(ledger)) == 3 and server.asked == 4
    assert nothing_left(ledger)


def test_two_commands_share_the_batches_of_one_ledger(ledger):
    with serve_questions() as server:
        server.batch_api.plan = lambda number: Fate(polls=60)
        client = start_batch_client(server, ledger)
        wait_until_in_progress(server, client)
        assert len(generate_questions(make_passages(600), ask(server), ledger)) == 600
        said, _ = client.communicate(timeout=30)
        assert client.returncode == 0 and said == "600\n"
        assert server.asked == 600 and len(rows_of(ledger, "distinct key")) == 600
