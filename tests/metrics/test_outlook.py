"""What follows from a number: exact sentences from rows made by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from metrics import stats
from metrics.explain import explain
from metrics.model import Access, Query
from metrics.payback import payback
from metrics.run import run
from metrics.units import THIN
from tests.metrics.support import DAY, END, START, Ledger

ALL = Access.everything()
NO_BUDGET = "Budget: unknown; it takes one agent with monthly_budget_usd in its contract (ledger.toml)."


def said(ledger: Ledger, kpi: str, *agents: str) -> str:
    """The sentence, with plain spaces."""
    query = Query(START, END, agents=agents or None)
    told = explain(ledger.build(kpi, "task_volume"), kpi, query, ALL).outlook
    assert told is not None
    return told.replace(THIN, " ")


def test_a_month_of_equal_weekdays_ends_where_they_lead() -> None:
    days = {date(2026, 3, 1) + timedelta(days=n): 2.0 if n % 7 in (0, 6) else 10.0 for n in range(21)}
    found = stats.month_end_forecast(days, date(2026, 3, 21))
    assert found is not None
    assert found.so_far == pytest.approx(15 * 10 + 6 * 2)
    assert (found.value, found.lo, found.hi) == pytest.approx(3 * (162 + 7 * 10 + 3 * 2,))


@pytest.mark.parametrize("days", [0, 1, 13])
def test_too_few_days_lead_nowhere(days: int) -> None:
    daily = {date(2026, 3, 1) + timedelta(days=n): 1.0 for n in range(days)}
    assert stats.month_end_forecast(daily, date(2026, 3, 13)) is None


def test_the_range_of_a_forecast_holds_most_months() -> None:
    import numpy as np

    rng, held = np.random.default_rng(9), 0
    for _ in range(300):
        spent = rng.gamma(20, 0.5, 86)
        first = date(2026, 1, 5)
        days = {first + timedelta(days=n): float(spent[n]) for n in range(70)}
        found = stats.month_end_forecast(days, first + timedelta(days=69))
        assert found is not None
        month = [first + timedelta(days=n) for n in range(86) if (first + timedelta(days=n)).month == 3]
        total = sum(spent[(day - first).days] for day in month)
        held += found.lo <= total <= found.hi
    assert held / 300 > 0.85


def test_spend_says_how_the_month_will_end_and_counts_quiet_days_as_nothing() -> None:
    ledger = Ledger(data_through_at="2026-03-22 00:00:00")
    for offset in range(20):
        ledger.add("model_calls", {"day": DAY + timedelta(days=offset - 1), "cost_usd": 7.0})
    told = "$140 this month to 2026-03-21; by its end $210 ($196–$210), if the days left are usual ones."
    assert said(ledger, "spend") == f"{told} {NO_BUDGET}"


def test_days_of_which_no_call_has_a_price_make_the_forecast_a_lower_bound() -> None:
    ledger = Ledger(data_through_at="2026-03-22 00:00:00")
    for offset in range(20):
        cost = {"cost_usd": None, "price_state": "unpriced"} if offset in (3, 4) else {"cost_usd": 7.0}
        ledger.add("model_calls", {"day": DAY + timedelta(days=offset - 1), **cost})
    ledger.insert("agents", [{"agent_id": "refunds", "monthly_budget_usd": 280.0}])
    told = said(ledger, "spend", "refunds")
    assert told.startswith("At least $126 this month to 2026-03-21; by its end at least $")
    assert "Of the budget of $280: at least 45.0 % used, by its end at least " in told


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        (280.0, "50.0 % used, by its end 75.0 % (70–75)."),
        (200.0, "70.0 % used, by its end 105.0 % (98–105); it may be exceeded."),
        (140.0, "100 % used, by its end 150.0 % (140–150); the budget will be exceeded."),
    ],
)
def test_spend_is_held_against_the_budget_of_the_month(budget: float, told: str) -> None:
    ledger = Ledger(data_through_at="2026-03-22 00:00:00")
    for offset in range(20):
        ledger.add("model_calls", {"day": DAY + timedelta(days=offset - 1), "cost_usd": 7.0})
    ledger.insert("agents", [{"agent_id": "refunds", "monthly_budget_usd": budget}])
    assert said(ledger, "spend", "refunds").endswith(f"Of the budget of ${budget:.0f}: {told}")
    ledger.con.execute("DELETE FROM kpi_daily")
    assert said(ledger, "spend").endswith(NO_BUDGET), "of all agents together none is declared"


VALUE = {"baseline_minutes": 12.0, "baseline_low_minutes": 12.0, "baseline_high_minutes": 12.0, "cost_usd": 1.6}
FULL = {"agent_id": "refunds", "agent_name": "Refunds", "hourly_rate_usd": 48.0}


def valued(**contract: float | None) -> Ledger:
    """A week of which every one of 70 tasks is worth $8: $560, which is $2 400 in 30 days."""
    ledger = Ledger().add("tasks", VALUE, times=70)
    ledger.insert("agents", [FULL | contract])
    return ledger


def test_payback_is_the_cost_of_building_over_what_is_left_a_month() -> None:
    ledger = valued(setup_cost_usd=10_000.0, monthly_cost_usd=400.0).build("net_value", "task_volume")
    query = Query(START, END, agents=("refunds",))
    (whole,) = run(ledger, "net_value", query, ALL)
    found = payback(ledger, query, ALL, whole)
    assert (found.state, found.months) == ("ok", pytest.approx(10_000 / (560 / 7 * 30 - 400)))
    assert found.low == pytest.approx(10_000 / ((whole.high or 0) / 7 * 30 - 400))
    assert found.high == pytest.approx(10_000 / ((whole.low or 0) / 7 * 30 - 400))
    assert found.low <= found.months <= found.high
    told = said(valued(setup_cost_usd=10_000.0, monthly_cost_usd=400.0), "net_value", "refunds")
    assert told.startswith("Payback in 5.0 months (")
    assert "$10 000 to build it, $2 000 a month left of $2 400 net value after $400 fixed costs" in told


@pytest.mark.parametrize(
    ("contract", "state", "told"),
    [
        ({}, "unknown", "name setup_cost_usd and monthly_cost_usd in the contract of Refunds (ledger.toml)"),
        ({"setup_cost_usd": 1.0}, "unknown", "unknown; name monthly_cost_usd in"),
        ({"monthly_cost_usd": 0.0}, "unknown", "unknown; name setup_cost_usd in"),
        ({"setup_cost_usd": 0.0, "monthly_cost_usd": 0.0}, "ok", "nothing to earn back"),
        ({"setup_cost_usd": 9.0, "monthly_cost_usd": 2_400.0}, "never", "No payback at this pace"),
        ({"setup_cost_usd": 9.0, "monthly_cost_usd": 2_350.0}, "ok", "never): $9.00 to build it, $50.00 a month left"),
    ],
)
def test_without_a_declared_cost_payback_is_unknown_and_names_the_setting(
    contract: dict[str, float], state: str, told: str
) -> None:
    ledger = valued(**contract).build("net_value", "task_volume")
    query = Query(START, END)
    found = payback(ledger, query, ALL, run(ledger, "net_value", query, ALL)[0])
    assert (found.state, found.months is None) == (state, state != "ok")
    assert told in found.text.replace(THIN, " ")


def test_payback_of_an_unknown_value_is_unknown() -> None:
    ledger = Ledger()
    ledger.insert("agents", [FULL | {"setup_cost_usd": 5.0, "monthly_cost_usd": 1.0}])
    assert said(ledger, "net_value", "refunds") == "Payback: unknown, as net value is."


def test_several_agents_pay_back_together_only_where_all_declare_what_they_cost() -> None:
    ledger = valued(setup_cost_usd=5_000.0, monthly_cost_usd=400.0)
    ledger.add("tasks", VALUE | {"agent_id": "claims"}, times=70)
    ledger.insert("agents", [FULL | {"agent_id": "claims", "agent_name": "Claims"}])
    assert "the contract of Claims (ledger.toml)" in said(ledger, "net_value")
    ledger.con.execute("UPDATE agents SET setup_cost_usd = 5000, monthly_cost_usd = 400")
    ledger.con.execute("DELETE FROM kpi_daily")
    assert said(ledger, "net_value").startswith("Payback in 2.5 months (")


def test_spend_of_a_few_days_says_how_many_it_takes() -> None:
    ledger = Ledger(data_through_at="2026-03-04 00:00:00").add("model_calls", {"cost_usd": 7.0})
    assert said(ledger, "spend") == "Month's end: unknown; it takes 14 complete days of spending, there are 2."


def test_a_promise_has_a_budget_of_errors() -> None:
    ledger = Ledger().add("tasks", {"duration_ms": 1000.0}, times=97).add("tasks", {"status": "failed"}, times=3)
    ledger.insert("agents", [{"agent_id": "refunds", "deadline_minutes": 1.0}])
    assert said(ledger, "sla_attainment", "refunds").startswith(
        "Error budget: unknown; it takes one agent with a target"
    )
    ledger.con.execute("DELETE FROM kpi_daily")
    target = {"agent_id": "refunds", "kpi": "sla_attainment", "target": 0.9, "limit_kind": "min"}
    ledger.insert("targets", [
        target | {"target": 0.5, "valid_from": "2026-01-01", "valid_to": "2026-03-01"},
        target | {"valid_from": "2026-03-01"},
    ])  # fmt: skip
    assert said(ledger, "sla_attainment", "refunds") == "Error budget of a target of 90.0 %: 30.0 % used, 70.0 % left."


def test_a_threshold_is_named_only_where_it_is_proven() -> None:
    known = {"truth_weight": 1.0, "truth_score": 1.0}
    few = Ledger().add("tasks", known | {"confidence": 0.9}, times=58)
    assert said(few, "calibration").startswith("No threshold of confidence can be proven to give 95.0 % right answers")
    enough = Ledger().add("tasks", known | {"confidence": 0.9}, times=60)
    enough.add("tasks", known | {"confidence": 0.5, "truth_score": 0.0}, times=20)
    assert said(enough, "calibration") == (
        "From a confidence of 0.9 on, 95.0 % right answers are proven; 25.0 % of the 80 checked ones lie below and "
        "would go to people."
    )
