import email.utils
import time

import pytest

from curation.llm.endpoint import Endpoint, find_endpoint, judge_status, read_error, read_key, retry_after, scrub
from data.errors import InputError


def test_endpoints(monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert find_endpoint("http://localhost:8000/v1/").base_url == "http://localhost:8000/v1"
    assert find_endpoint(None).is_openai and not find_endpoint("https://api.notopenai.com/v1").is_openai
    monkeypatch.setenv("OPENAI_BASE_URL", "http://there/v1")
    assert find_endpoint(None) == Endpoint("http://there/v1")
    for bad in ("localhost:8000", "ftp://a/v1", "http://", "http://a:bc/v1"):
        with pytest.raises(InputError, match="no base URL"):
            find_endpoint(bad)
    with pytest.raises(InputError, match="before /chat/completions"):
        find_endpoint("http://localhost:8000/v1/chat/completions/")
    with pytest.raises(InputError) as told:
        find_endpoint("https://user:secret@host/v1")
    assert "secret" not in str(told.value)


def test_the_key_is_needed_by_openai_alone(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert read_key([Endpoint("http://localhost/v1")]) == "none"
    with pytest.raises(InputError, match="OPENAI_API_KEY"):
        read_key([Endpoint("https://api.openai.com/v1")])
    monkeypatch.setenv("OPENAI_API_KEY", "abc\n")
    assert read_key([Endpoint("https://api.openai.com/v1")]) == "abc"
    monkeypatch.setenv("OPENAI_API_KEY", "schlüssel")
    with pytest.raises(InputError) as told:
        read_key([Endpoint("http://localhost/v1")])
    assert "schlüssel" not in str(told.value)


def test_a_key_may_come_from_a_file(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    file = tmp_path / "key"
    file.write_text("from-the-file\n")
    assert read_key([Endpoint("http://localhost/v1")], file) == "from-the-file"
    file.write_text("\n")
    with pytest.raises(InputError, match="is empty"):
        read_key([Endpoint("http://localhost/v1")], file)
    with pytest.raises(InputError, match=r"cannot read the key from .*none: No such file"):
        read_key([Endpoint("http://localhost/v1")], tmp_path / "none")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="it is not text"):
        read_key([Endpoint("http://localhost/v1")], file)


def test_scrub_takes_keys_out():
    assert scrub("wrong key my-secret,\n also sk-abc***def and Bearer xyz", "my-secret") == (
        "wrong key [key], also [key] and [key]"
    )
    assert len(scrub("x" * 5000, "key")) < 400


def test_retry_after_in_seconds_milliseconds_and_as_a_date():
    assert retry_after({"retry-after": "2.5"}) == 2.5
    assert retry_after({"retry-after-ms": "300", "retry-after": "1"}) == pytest.approx(0.3)
    assert retry_after({"retry-after": "soon"}) is None and retry_after({}) is None
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    assert 25 < retry_after({"retry-after": date}) <= 30


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, None, "refused"),
        (401, None, "stop_input"),
        (402, None, "stop_run"),
        (403, None, "stop_input"),
        (404, None, "stop_input"),
        (408, None, "again"),
        (422, None, "refused"),
        (429, None, "later"),
        (429, "insufficient_quota", "stop_run"),
        (500, None, "again"),
        (503, None, "again"),
    ],
)
def test_what_a_status_means(status, code, kind):
    trouble = judge_status(status, "told", code, {}, Endpoint("http://e/v1"), "toy", "key")
    assert trouble.kind == kind and f"status {status}: told" in trouble.message and not trouble.may_cost


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ('{"error": {"message": "too fast", "code": "rate_limit"}}', ("too fast", "rate_limit")),
        ('{"error": "not loaded"}', ("not loaded", None)),
        ('{"detail": "Extra inputs"}', ("Extra inputs", None)),
        ('{"message": "no", "code": 3}', ("no", None)),
        ("<p>no such field</p>", ("<p>no such field</p>", None)),
        ("[]", ("[]", None)),
        ("[" * 100_000, ("[" * 100_000, None)),
    ],
)
def test_what_a_server_says_in_its_own_way_is_told(reply, told):
    assert read_error(reply) == told
