"""Why a number is what it is: the explanation's SQL gives the number's own parts."""

from __future__ import annotations

import pytest

from metrics.catalogue import catalogue
from metrics.explain import explain, runnable_sql
from metrics.model import Access, Query
from metrics.run import run
from tests.metrics.support import DAY, END, START, Ledger

ALL = Access.everything()
WEEK = Query(START, END)
# Kinds whose number is more than one sum over another; their own tests hold them.
MADE_OF_CELLS = ("accuracy", "agreement", "precision_recall", "calibration", "mix")
PLAIN = [kpi.id for kpi in catalogue().values() if kpi.parts_table == "kpi_daily" and kpi.kind not in MADE_OF_CELLS]


def ledger() -> Ledger:
    """Two agents' work with something unknown in every column."""
    waiting = {"status": "in_flight", "mature": False, "ended_at": None, "status_source": None}
    found = Ledger(built_at="2026-03-10 01:00:00", published_at="2026-03-10 01:01:00")
    found.add("tasks", {"truth_score": 1.0, "truth_weight": 2.0, "business_key": "a", "human_labels": 1}, times=3)
    found.add("tasks", {"status": "failed", "business_key": "a"}, {"escalated": True}, {"environment": "test"}, waiting)
    found.add("tasks", {"agent_id": "o'neill", "duration_ms": 77.0, "cost_usd": None, "priced_calls": 0})
    used = {"uncached_input_tokens": 5, "cache_read_tokens": 3, "output_tokens": 2, "cost_usd": 0.1, "ttft_ms": 9.0}
    found.add("model_calls", used | {"guardrail_assessed": True, "guardrail_action": "blocked"}, {"is_error": True})
    return found.add("tool_calls", {}, {"status": "error", "tool_name": "pay"}).build()


@pytest.mark.parametrize("kpi", PLAIN)
@pytest.mark.parametrize("agents", [None, ("o'neill",)])
def test_the_sql_gives_the_numerator_and_denominator_of_the_number(kpi: str, agents: tuple[str, ...] | None) -> None:
    published, query = ledger(), Query(START, END, agents=agents)
    by_hand = {row["slice"]: row for row in published.rows(runnable_sql(kpi, query, ALL).rstrip(";"))}
    values = {value.slice: value for value in run(published, kpi, query, ALL)}
    whole = catalogue()[kpi].slice_denominator == "total"
    assert by_hand.keys() <= values.keys()
    for name, value in values.items():
        row = by_hand.get(name, {"numerator": None})
        assert value.numerator == row["numerator"]
        assert value.denominator == (by_hand.get("" if whole else name) or {"denominator": None})["denominator"]


def test_the_sql_of_a_latency_gives_its_quantiles() -> None:
    published = ledger()
    rows = published.rows(runnable_sql("task_latency", WEEK, ALL).rstrip(";"))
    assert [row["value_ms"] for row in rows] == [v.value for v in run(published, "task_latency", WEEK, ALL)]
    assert {row["n"] for row in rows} == {6}


def test_the_sql_of_pass_k_gives_its_chances() -> None:
    published = ledger()
    rows = published.rows(runnable_sql("pass_k", WEEK, ALL).rstrip(";"))
    values = run(published, "pass_k", WEEK, ALL)
    assert [(row["k"], row["denominator"]) for row in rows] == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert [row["numerator"] for row in rows] == pytest.approx([value.numerator for value in values])


def test_an_explanation_names_what_was_left_out_and_how_fresh_it_is() -> None:
    told = explain(ledger(), "cost_per_task", WEEK, ALL)
    assert told.excluded == {
        "tasks in test, synthetic, replay or load": 1,
        "tasks not finished yet": 1,
        "model calls without a price": 2,
    }
    assert told.freshness == {
        "built_at": "2026-03-10 01:00:00",
        "data_through_at": "2026-12-31 00:00:00",
        "published_at": "2026-03-10 01:01:00",
        "timezone": "UTC",
    }
    told_of_spend = explain(ledger(), "spend", WEEK, ALL)
    assert set(told_of_spend.excluded) == {"tasks in test, synthetic, replay or load", "model calls without a price"}
    assert "tasks not finished yet" not in explain(ledger(), "cost_per_success", WEEK, ALL).excluded
    assert told.method == "delta method on the log scale, 95 %"
    assert told.sources == told.kpi.sources


def test_an_explanation_shows_the_formula_with_todays_numbers() -> None:
    published = Ledger().add("tasks", {}, times=30).add("tasks", {"status": "failed"}, times=10).build()
    told = explain(published, "success_rate", Query(START, END, by="day", group=("agent",)), ALL)
    assert told.formula == "successful tasks / tasks with a verdict = 30 / 40 = 75.0\u202f%"
    assert [value.n for value in told.values] == [40]
    assert told.excluded == {}
    weighted = Ledger().add(
        "tasks", {"truth_score": 1.0, "truth_weight": 12.5}, {"truth_score": 0.0, "truth_weight": 20.0}
    )
    assert explain(weighted.build(), "accuracy", WEEK, ALL).formula.endswith("= 12.5 / 32.5 = 38.5\u202f%")
    assert explain(published, "task_volume", WEEK, ALL).formula == "count of tasks = 40"
    assert explain(published, "task_latency", WEEK, ALL).formula.endswith("of 40 durations")


@pytest.mark.parametrize("kpi", list(catalogue()))
def test_nothing_at_all_can_be_explained_too(kpi: str) -> None:
    told = explain(Ledger(), kpi, WEEK, Access.only("nobody"))
    assert {value.value for value in told.values} == {None}
    assert f"DATE '{DAY}'" in told.sql
    assert "['nobody']" in told.sql
