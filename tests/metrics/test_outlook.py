"""What follows from a number: exact sentences from rows made by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from metrics import stats
from metrics.explain import explain
from metrics.model import Access, Query
from metrics.units import THIN
from tests.metrics.support import DAY, END, START, Ledger

ALL = Access.everything()


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
    assert said(ledger, "spend") == (
        "$140 this month to 2026-03-21; by its end $210 ($196–$210), if the days left are usual ones."
    )


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
