import json
import sqlite3
import subprocess
import sys
import threading

import pytest

from curation.llm.completion import Completion, read_completion
from curation.llm.ledger import ANSWER, FAILED, MALFORMED, REFUSED, Entry, Ledger
from data.errors import InputError, RunError

RAW = json.dumps(
    {
        "model": "toy-1",
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
        "choices": [{"finish_reason": "stop", "message": {"content": " Who? "}}],
    }
)


def entry(key, response=RAW, state=ANSWER):
    return Entry(
        key=key,
        endpoint="http://e/v1",
        model_asked="toy",
        prompt="p",
        prompt_digest="d",
        state=state,
        response=response,
        seconds=0.5,
    )


def test_an_answer_is_kept_raw_and_found_again(tmp_path):
    with Ledger(tmp_path / "deep" / "ledger.sqlite") as ledger:
        ledger.write([entry("a"), entry("b", "status 400: too long", REFUSED)])
    with Ledger(tmp_path / "deep" / "ledger.sqlite") as ledger:
        assert ledger.answered(["a", "b", "c"]) == {"a", "b"}
        found = ledger.find(["a", "b", "c"])
        assert {key: (kept.state, kept.response) for key, kept in found.items()} == {
            "a": (ANSWER, RAW),
            "b": (REFUSED, "status 400: too long"),
        }
        assert ledger.mean_tokens("toy", "d") == (1, 7.0, 3.0)
    row = sqlite3.connect(tmp_path / "deep" / "ledger.sqlite").execute(
        "select finish_reason, model, prompt_tokens, completion_tokens, seconds, sample from answers where key = 'a'"
    )
    assert row.fetchone() == ("stop", "toy-1", 7, 3, 0.5, 0)


def test_an_answer_is_never_replaced_and_a_malformed_one_is_asked_again(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.write([entry("a"), entry("b", "<html>", MALFORMED)])
        assert ledger.answered(["a", "b"]) == {"a"}
        ledger.write([entry("a", RAW.replace("Who?", "What?")), entry("b")])
        assert {kept.response for kept in ledger.find(["a", "b"]).values()} == {RAW}
        assert len(list(ledger.rows())) == 4  # all of them were paid for


CUT = RAW.replace("stop", "length")


def test_what_failed_or_was_cut_off_counts_as_answered_until_asked_for_again(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.write([entry("a"), entry("b", CUT), entry("c", "status 500", FAILED), entry("d", "status 400", REFUSED)])
        assert ledger.answered("abcde") == set("abcd")
        assert ledger.answered("abcde", complete_only=True) == {"a"}
        ledger.write([entry("b"), entry("c", "status 503", FAILED)])
        found = ledger.find("abcd")
        assert found["b"].complete and found["b"].response == RAW and found["c"].response == "status 503"
        ledger.write([entry("b", CUT)])  # another process was slower
        assert ledger.find("b")["b"].complete
        (held,) = ledger.holdings()
        assert (held.complete, held.cut_off, held.refused, held.failed) == (2, 2, 1, 2)
        assert (held.prompt_tokens, held.completion_tokens) == (4 * 7, 4 * 3)


def test_a_ledger_of_the_first_version_is_taken_over(tmp_path):
    path = tmp_path / "ledger.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(
        "create table answers (key text primary key, sample integer not null, endpoint text not null, model_asked text"
        " not null, prompt text not null, prompt_digest text not null, state text not null, response text not null,"
        " finish_reason text, model text, prompt_tokens integer, completion_tokens integer, seconds real not null,"
        " time real not null) without rowid"
    )
    connection.execute(
        "insert into answers values ('a', 0, 'e', 'm', 'p', 'd', 'answer', ?, 'stop', 'm-1', 7, 3, 0.5, 9.0)", (RAW,)
    )
    connection.execute("pragma user_version = 1")
    connection.commit()
    connection.close()
    for _ in range(2):
        with Ledger(path) as ledger:
            assert ledger.find(["a"])["a"].response == RAW and ledger.mean_tokens("m", "d") == (1, 7.0, 3.0)


def test_whether_an_endpoint_keeps_to_schemas_is_remembered(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.offers_schemas("e", "m") is None
        ledger.note_schemas("e", "m", False)
        ledger.note_schemas("e", "other", True)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert (ledger.offers_schemas("e", "m"), ledger.offers_schemas("e", "other")) == (False, True)


def test_more_keys_than_one_statement_takes(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.write([entry(f"k{number}") for number in range(1203)])
        assert len(ledger.answered(f"k{number}" for number in range(2000))) == 1203


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "<html>",
        "null",
        "[1]",
        '{"choices": []}',
        '{"choices": "x"}',
        '{"choices": [3]}',
        '{"error": {}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_completion_is_none_and_raises_nothing(raw):
    assert read_completion(raw) is None


def test_a_completion_with_gaps_is_read():
    assert read_completion('{"choices": [{}]}') == Completion("", None, None, None, None)
    assert read_completion('{"choices": [{"message": {"content": null}}], "usage": 3}') == Completion(
        "", None, None, None, None
    )
    parts = {"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}}]}
    assert read_completion(json.dumps(parts)).content == "ab"


def test_halves_of_characters_do_not_stop_the_writing(tmp_path):
    raw = json.dumps({"model": "\ud800", "choices": [{"finish_reason": "\udfff", "message": {"content": "a\ud83d"}}]})
    assert read_completion(raw).content == "a\ufffd"
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.write([entry("a", raw)])
        assert ledger.find(["a"])["a"].response == raw


def test_another_programs_file_is_not_touched(tmp_path):
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("create table songs (name text)")
    connection.close()
    with pytest.raises(InputError, match="cannot be used as a ledger"):
        Ledger(other)
    text = tmp_path / "notes.txt"
    text.write_text("not a database, and long enough to be told from an empty one " * 20)
    with pytest.raises(InputError, match="cannot be used as a ledger"):
        Ledger(text)
    with pytest.raises(InputError, match="--ledger"):
        Ledger(tmp_path)


def test_a_failed_write_says_so(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.close()
    with pytest.raises(RunError, match="cannot write to the ledger"):
        ledger.write([entry("a")])


WRITER = """
import sys
from pathlib import Path
from curation.llm.ledger import ANSWER, Entry, Ledger
with Ledger(Path(sys.argv[1])) as ledger:
    for number in range(100):
        ledger.write([Entry(key=f"{sys.argv[2]}-{number}", endpoint="e", model_asked="m", prompt="p", prompt_digest="d",
                            state=ANSWER, response="{}", seconds=0.0)])
"""


def test_processes_and_threads_share_one_file(tmp_path):
    path = tmp_path / "ledger.sqlite"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in "ab"]
    with Ledger(path) as ledger:
        threads = [
            threading.Thread(target=lambda n=n: ledger.write([entry(f"t-{n}-{k}") for k in range(50)]))
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
        names = [f"{name}-{number}" for name in "ab" for number in range(100)] + [
            f"t-{n}-{k}" for n in range(4) for k in range(50)
        ]
        assert len(ledger.answered(names)) == 400
