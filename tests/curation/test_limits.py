import pytest

from curation.llm.limits import Amount, Budget, Pace, Rate


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
    assert [budget.reserve(Amount()) for _ in range(3)] == ["granted", "granted", "over"]
    assert budget.over == "--max-requests"


def test_the_budget_reserves_the_worst_case_and_settles_with_what_it_cost():
    budget = Budget(max_cost=10.0, price_in=1e6, price_out=2e6)
    assert budget.amount(prompt_tokens=2, completion_tokens=1) == Amount(tokens=3, cost=4.0)
    most, less = Amount(3, 4.0), Amount(1, 1.0)
    assert [budget.reserve(most), budget.reserve(most)] == ["granted", "granted"]
    assert budget.reserve(most) == "wait"  # 8 reserved of 10: fits as soon as one costs less
    budget.settle(most, less)
    assert budget.reserve(most) == "granted"
    budget.settle(most, most)
    budget.settle(most, most)
    assert (budget.spent, budget.used_tokens, budget.reserved, budget.reserved_tokens) == (9.0, 7, 0.0, 0)
    assert budget.reserve(most) == "over" and budget.over == "--max-cost"


def test_the_budget_bounds_tokens_without_prices():
    budget = Budget(max_tokens=100)
    assert [budget.reserve(Amount(60)), budget.reserve(Amount(60))] == ["granted", "wait"]
    budget.settle(Amount(60), Amount(30))
    assert budget.reserve(Amount(60)) == "granted"
    budget.settle(Amount(60), Amount(50))
    assert budget.reserve(Amount(60)) == "over" and budget.over == "--max-tokens-total"


def test_a_rate_spreads_its_units_over_the_minute():
    rate = Rate(120)  # one every half second
    waits = []
    now = 0.0
    for _ in range(4):
        waits.append(rate.wait_seconds(now))
        now += waits[-1]
        rate.use(1, now)
    assert waits == [0.0, 0.5, 0.5, 0.5]
    assert rate.wait_seconds(100.0) == 0.0
    rate.use(10, 100.0)
    assert rate.wait_seconds(100.0) == 5.0
    rate.give_back(4)
    assert rate.wait_seconds(100.0) == 3.0
    assert Rate(None).wait_seconds(5.0) == 0.0
