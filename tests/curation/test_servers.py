import asyncio
import time

import pytest

from curation.llm.limits import Amount, Budget, Rate
from curation.llm.servers import Gate, Server

NOTHING = Amount()


def make_gate(ceiling, budget=None, servers=1, **settings):
    return Gate([Server(None, number, ceiling) for number in range(servers)], budget or Budget(), ceiling, **settings)


def test_the_gate_never_lets_more_through_than_the_limit_and_wakes_in_order():
    async def play():
        gate, most, order = make_gate(3), 0, []

        async def pass_through(number):
            nonlocal most
            server = await gate.enter(Amount(2, 1.0))
            order.append(number)
            most = max(most, gate.in_flight)
            await asyncio.sleep(0.001)
            gate.leave(server, Amount(2, 1.0), Amount(1, 0.5))

        await asyncio.gather(*(pass_through(number) for number in range(20)))
        return most, order, gate.budget.spent, gate.in_flight

    assert asyncio.run(play()) == (3, list(range(20)), 10.0, 0)


def test_closing_the_gate_frees_who_waits():
    async def play():
        gate = make_gate(1)
        assert await gate.enter(NOTHING)
        waiting = [asyncio.create_task(gate.enter(NOTHING)) for _ in range(5)]
        await asyncio.sleep(0)
        gate.close()
        return await asyncio.wait_for(asyncio.gather(*waiting), 1), gate.over_budget

    assert asyncio.run(play()) == ([None] * 5, False)


def test_who_waits_for_money_gets_it_when_others_cost_less():
    async def play():
        gate = make_gate(8, Budget(max_cost=1.0))
        most = Amount(0, 0.6)
        first = await gate.enter(most)
        second = asyncio.create_task(gate.enter(most))
        await asyncio.sleep(0.01)
        assert not second.done()
        gate.leave(first, most, Amount(0, 0.1))
        gate.leave(await second, most, Amount(0, 0.5))
        return await gate.enter(most), gate.over_budget, gate.budget.spent

    entered, over, spent = asyncio.run(play())
    assert (entered, over) == (None, True) and spent == pytest.approx(0.6)


def test_servers_share_evenly():
    async def play():
        gate = make_gate(6, servers=3)
        return [(await gate.enter(NOTHING)).number for _ in range(6)]

    assert sorted(asyncio.run(play())) == [0, 0, 1, 1, 2, 2]


def test_a_server_that_fails_is_set_aside_and_tried_with_one_request(monkeypatch):
    monkeypatch.setattr("curation.llm.servers._ASIDE_SECONDS", 0.02)

    async def play():
        gate = make_gate(4, servers=2)
        broken = gate.servers[0]
        for _ in range(5):
            broken.fail(time.monotonic())
        while_aside = [await gate.enter(NOTHING) for _ in range(2)]
        await asyncio.sleep(0.03)
        tried = [await gate.enter(NOTHING) for _ in range(2)]
        broken.succeed()
        for server in (*while_aside, *tried):
            gate.leave(server, NOTHING, NOTHING)
        again = [await gate.enter(NOTHING) for _ in range(4)]
        return [[server is broken for server in part] for part in (while_aside, tried, again)]

    while_aside, tried, again = asyncio.run(play())
    assert while_aside == [False, False] and tried == [True, False] and sum(again) == 2


def test_where_all_servers_fail_all_are_tried():
    async def play():
        gate = make_gate(4, servers=2)
        for server in gate.servers:
            for _ in range(5):
                server.fail(time.monotonic())
        return [(await asyncio.wait_for(gate.enter(NOTHING), 1)).number for _ in range(4)]

    assert sorted(asyncio.run(play())) == [0, 0, 1, 1]


def test_a_storm_of_rejections_holds_the_server_as_long_as_it_asked():
    async def play():
        gate = make_gate(40)
        servers = [await gate.enter(NOTHING) for _ in range(40)]
        for server in servers:
            gate.leave(server, NOTHING, NOTHING, rejected=True, wait=0.2)
        begun = time.monotonic()
        assert await asyncio.wait_for(gate.enter(NOTHING), 2)
        return time.monotonic() - begun, gate.servers[0].pace.limit

    seconds, limit = asyncio.run(play())
    assert 0.15 < seconds < 1 and limit == pytest.approx(28)


def test_requests_and_tokens_in_a_minute_are_bounded():
    async def play(requests, tokens):
        gate = make_gate(100, rates=(Rate(requests), Rate(tokens)))
        begun = time.monotonic()
        for _ in range(6):
            gate.leave(await gate.enter(Amount(10)), Amount(10), Amount(10))
        return time.monotonic() - begun

    assert 0.25 <= asyncio.run(play(60 / 0.05, None)) < 1  # 5 waits of 0.05 s
    assert 0.25 <= asyncio.run(play(None, 600 / 0.05)) < 1  # 10 tokens each
    assert asyncio.run(play(None, None)) < 0.2
