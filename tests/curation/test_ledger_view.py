import json

import pytest
from generate_toy import ask, make_passages
from question_server import Reply, serve_questions

from curation.__main__ import main
from curation.batch.records import BatchRecords, Sent
from curation.generate import generate_questions
from curation.llm.ledger import Ledger

pytestmark = pytest.mark.usefixtures("short_waits")


@pytest.fixture
def paid(ledger):
    """A ledger with answers of two instructions; one is cut off, one refused."""

    def plan(body, seen):
        text = body["messages"][0]["content"]
        if "lighthouse-1," in text:
            return Reply("Who", finish_reason="length")
        return Reply(status=400, error={"message": "policy"}) if "lighthouse-2," in text else Reply("Who built it?")

    with serve_questions(plan=plan) as server:
        generate_questions(make_passages(5), ask(server), ledger)
        generate_questions(make_passages(1), ask(server, prompts=("keywords",)), ledger)
        return ledger, server.base_url


def test_it_shows_answers_tokens_and_cost_by_model_and_instruction(paid, capsys):
    ledger, url = paid
    assert main(["ledger", "--ledger", str(ledger), "--price-in", "1000000", "--price-out", "0"]) == 0
    head, keywords, mldr = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["model", "instruction"]
    assert keywords.split()[:8] == ["toy", "at", url, "keywords", "1", "0", "0", "0"]
    words = mldr.split()
    assert words[:8] == ["toy", "at", url, "mldr", "3", "1", "1", "0"]
    assert float(words[10]) == float(words[8]) and words[9] == str(3 * 3 + 1)  # a token costs 1; answers are free
    assert main(["ledger", "--out", str(ledger.parent)]) == 0  # the run's own ledger stands there
    assert capsys.readouterr().out.splitlines()[1].endswith("-")


def test_it_exports_every_row(paid, tmp_path, capsys):
    ledger, url = paid
    file = tmp_path / "deep" / "answers.jsonl"
    assert main(["ledger", "--ledger", str(ledger), "--export", str(file)]) == 0
    assert f"written: {file} (6 rows)" in capsys.readouterr().out
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [row["state"] for row in rows].count("refused") == 1
    assert json.loads(rows[0]["response"])["object"] == "chat.completion" and rows[0]["endpoint"] == url
    assert "uthorization" not in file.read_text(encoding="utf-8")


def test_it_forgets_batches_that_are_gone_for_good(ledger, capsys):
    with Ledger(ledger) as open_ledger:
        records = BatchRecords(open_ledger)
        record = records.begin("http://e/v1", "toy")
        records.add(record, [Sent(f"key-{number}", "mldr", "d", 0, 1, 1, number, 0) for number in range(3)])
        record.file_id, record.batch_id = "file-1", "batch-1"
        records.note_ids(record)
    assert main(["ledger", "--ledger", str(ledger), "--forget-batches", "http://e/v1/"]) == 0
    assert "given up: 3 requests in batches at http://e/v1/" in capsys.readouterr().out
    with Ledger(ledger) as open_ledger:
        assert BatchRecords(open_ledger).left_over("http://e/v1") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name one ledger"),
        (["--ledger", "a", "--out", "b"], "name one ledger"),
        (["--ledger", "absent.sqlite"], "there is no ledger at absent.sqlite"),
    ],
)
def test_wrong_use_is_told(arguments, message, capsys):
    assert main(["ledger", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_the_instructions_are_listed(capsys):
    assert main(["prompts"]) == 0
    listed = capsys.readouterr().out
    assert "mldr " in listed and "cross_lingual" in listed and "a keyword query" in listed
    assert main(["prompts", "mldr"]) == 2
