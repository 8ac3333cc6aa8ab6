import asyncio
import email.utils
import time

import openai
import pytest

from curation.endpoint import Endpoint, find_endpoint, judge, read_key, retry_after, scrub
from curation.limits import Budget, Gate, Pace
from data.errors import InputError


def test_the_pace_halves_under_a_storm_and_comes_back_step_by_step():
    pace = Pace(64)
    for _ in range(64):
        pace.record(rejected=True)
    assert pace.limit == pytest.approx(44.8)  # 64 * 0.7, once for one burst
    for _ in range(45):
        pace.record(rejected=False)
    assert pace.limit == pytest.approx(48.8)  # + 64 / 16
    for _ in range(10_000):
        pace.record(rejected=True)
    assert pace.limit == 1
    for _ in range(10_000):
        pace.record(rejected=False)
    assert pace.limit == 64


def test_scattered_rejections_do_not_slow_down():
    pace = Pace(64)
    for number in range(6400):
        pace.record(rejected=number % 5 == 0)
    assert pace.limit == 64


def test_the_budget_counts_requests_in_flight():
    budget = Budget(max_requests=2)
    assert [budget.reserve(0.0) for _ in range(3)] == ["granted", "granted", "over"]


def test_the_budget_reserves_the_worst_case_and_settles_with_what_it_cost():
    budget = Budget(max_cost=10.0, price_in=1e6, price_out=2e6)
    assert budget.cost(prompt_tokens=2, completion_tokens=1) == 4.0
    assert [budget.reserve(4.0), budget.reserve(4.0)] == ["granted", "granted"]
    assert budget.reserve(4.0) == "wait"  # 8 reserved of 10: fits as soon as one costs less
    budget.settle(4.0, 1.0)
    assert budget.reserve(4.0) == "granted"
    budget.settle(4.0, 4.0)
    budget.settle(4.0, 4.0)
    assert budget.spent == 9.0
    assert budget.reserve(4.0) == "over"


def test_the_gate_never_lets_more_through_than_the_limit_and_wakes_in_order():
    async def play():
        gate, most, order = Gate(Pace(3), Budget()), 0, []

        async def pass_through(number):
            nonlocal most
            assert await gate.enter(1.0)
            order.append(number)
            most = max(most, gate.in_flight)
            await asyncio.sleep(0.001)
            gate.leave(1.0, 0.5)

        await asyncio.gather(*(pass_through(number) for number in range(20)))
        return most, order, gate.budget.spent, gate.in_flight

    assert asyncio.run(play()) == (3, list(range(20)), 10.0, 0)


def test_closing_the_gate_frees_who_waits():
    async def play():
        gate = Gate(Pace(1), Budget())
        assert await gate.enter(0.0)
        waiting = [asyncio.create_task(gate.enter(0.0)) for _ in range(5)]
        await asyncio.sleep(0)
        gate.close()
        return await asyncio.wait_for(asyncio.gather(*waiting), 1), gate.over_budget

    assert asyncio.run(play()) == ([False] * 5, False)


def test_who_waits_for_money_gets_it_when_others_cost_less():
    async def play():
        gate = Gate(Pace(8), Budget(max_cost=1.0))
        assert await gate.enter(0.6)
        second = asyncio.create_task(gate.enter(0.6))
        await asyncio.sleep(0.01)
        assert not second.done()
        gate.leave(0.6, 0.1)
        assert await second
        gate.leave(0.6, 0.5)
        return await gate.enter(0.6), gate.over_budget, gate.budget.spent

    entered, over, spent = asyncio.run(play())
    assert (entered, over) == (False, True) and spent == pytest.approx(0.6)


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
    with pytest.raises(InputError) as told:
        find_endpoint("https://user:secret@host/v1")
    assert "secret" not in str(told.value)


def test_the_key_is_needed_by_openai_alone(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert read_key(Endpoint("http://localhost/v1")) == "none"
    with pytest.raises(InputError, match="OPENAI_API_KEY"):
        read_key(Endpoint("https://api.openai.com/v1"))
    monkeypatch.setenv("OPENAI_API_KEY", "abc\n")
    assert read_key(Endpoint("https://api.openai.com/v1")) == "abc"
    monkeypatch.setenv("OPENAI_API_KEY", "schlüssel")
    with pytest.raises(InputError) as told:
        read_key(Endpoint("http://localhost/v1"))
    assert "schlüssel" not in str(told.value)


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
    class Response:
        status_code, headers, request = status, {}, None

    error = openai.APIStatusError("said", response=Response(), body={"message": "told", "code": code})
    trouble = judge(error, Endpoint("http://e/v1"), "toy", "key")
    assert trouble.kind == kind and f"status {status}: told" in trouble.message and not trouble.may_cost
