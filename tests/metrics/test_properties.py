"""What must hold for any work: parts add up over any grouping, and the order of rows changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.catalogue import catalogue
from metrics.model import GROUPS, PERIODS, Access, By, Query, Value
from metrics.run import run
from tests.metrics.support import DAY, END, START, Ledger

ALL = Access.everything()
ADDITIVE = [kpi.id for kpi in catalogue().values() if kpi.kind in ("count", "ratio", "mean", "cost_ratio")]
task = st.fixed_dictionaries(
    {
        "agent_id": st.sampled_from(["a", "b"]),
        "agent_version": st.sampled_from(["1", "2", None]),
        "day": st.integers(0, 6).map(lambda offset: DAY + timedelta(days=offset)),
        "status": st.sampled_from(["success", "failed", None]),
        "business_key": st.sampled_from(["x", "y"]),
        "cost_usd": st.integers(1, 1000).map(lambda cents: cents / 100),
        "duration_ms": st.one_of(st.none(), st.integers(1, 10_000).map(float)),
        "escalated": st.sampled_from([True, False, None]),
        "truth_score": st.sampled_from([0.0, 1.0, None]),
        "truth_weight": st.sampled_from([1.0, 3.0, 7.1]),
    }
)
works = st.lists(task, min_size=1, max_size=25)
# Agent c is in no inventory: nobody knows who owns it.
OWNERS = {"a": {"team": "Finance", "product": "Billing"}, "b": {"team": "Finance", "product": None}}
placed = st.tuples(task, st.sampled_from(["a", "b", "c"]), st.sampled_from(["refund", None])).map(
    lambda drawn: drawn[0] | {"agent_id": drawn[1], "task_type": drawn[2]}
)


def ledger_of(tasks: list[dict[str, Any]]) -> Ledger:
    """A ledger of these tasks, each with one model call and one tool call of the same agent and day."""
    ledger = Ledger().add("tasks", *tasks)
    same = ("agent_id", "agent_version", "day", "task_type")
    shared = [{name: row[name] for name in same if name in row} for row in tasks]
    return ledger.add("model_calls", *shared).add("tool_calls", *shared).build()


@given(works)
@settings(max_examples=8)
def test_groups_and_days_add_up_to_the_total(tasks: list[dict[str, Any]]) -> None:
    ledger = ledger_of(tasks)
    for kpi in ADDITIVE:
        (total,) = [value for value in run(ledger, kpi, Query(START, END), ALL) if not value.slice]
        cut = run(ledger, kpi, Query(START, END, by="day", group=("agent", "version")), ALL)
        pieces = [value for value in cut if not value.slice]
        assert sum(piece.n for piece in pieces) == total.n
        assert sum(piece.numerator or 0 for piece in pieces) == pytest.approx(total.numerator or 0)
        assert sum(piece.denominator or 0 for piece in pieces) == pytest.approx(total.denominator or 0)


@given(works)
@settings(max_examples=8)
def test_a_roll_up_equals_the_direct_computation(tasks: list[dict[str, Any]]) -> None:
    ledger = ledger_of(tasks)
    by_agent = run(ledger, "success_rate", Query(START, END, group=("agent",)), ALL)
    for value in by_agent:
        statuses = [row["status"] for row in tasks if row["agent_id"] == value.agent_id and row["status"]]
        assert (value.numerator, value.denominator) == (statuses.count("success"), len(statuses))


@given(
    st.lists(placed, min_size=1, max_size=12),
    st.sets(st.sampled_from(sorted(GROUPS)), max_size=3),
    st.sampled_from(PERIODS),
)
@settings(max_examples=8)
def test_on_any_grouping_every_kpi_is_what_it_would_be_over_the_work_of_that_group_alone(
    tasks: list[dict[str, Any]], names: set[str], by: By
) -> None:
    group = tuple(sorted(names))
    whole = owned(ledger_of(tasks))
    found = {kpi: run(whole, kpi, Query(START, END, group=group, by=by), ALL) for kpi in _comparable(by)}
    for place in {_place(row, group, by) for row in tasks}:
        alone = owned(ledger_of([row for row in tasks if _place(row, group, by) == place]))
        for kpi, values in found.items():
            here = [_numbers(value) for value in values if _named(value, group) == place]
            direct = [_numbers(value) for value in run(alone, kpi, Query(START, END, by=by), ALL)]
            assert here == direct or (not here and all(n == 0 for _, n, *_ in direct)), kpi


def _comparable(by: By) -> list[str]:
    """Every KPI; by time only those that do not read other days than their own."""
    return [kpi.id for kpi in catalogue().values() if by == "total" or (kpi.kind != "mix" and not kpi.reach_days)]


def owned(ledger: Ledger) -> Ledger:
    """The ledger with who owns its agents."""
    ledger.insert("agents", [{"agent_id": agent} | owner for agent, owner in OWNERS.items()])
    return ledger


def _place(row: dict[str, Any], group: tuple[str, ...], by: By) -> tuple[Any, ...]:
    starts = {"week": row["day"] - timedelta(days=row["day"].weekday()), "month": row["day"].replace(day=1)}
    start = max(START, {"day": row["day"], "total": START, **starts}[by])
    known = row | {"environment": "prod"} | OWNERS.get(row["agent_id"], {"team": None, "product": None})
    return (start, *(known[GROUPS[name]] for name in group))


def _named(value: Value, group: tuple[str, ...]) -> tuple[Any, ...]:
    return (value.start, *(getattr(value, GROUPS[name]) for name in group))


def _numbers(value: Value) -> tuple[Any, ...]:
    return (value.slice, value.n, value.value, value.low, value.high, value.coverage, value.state)


@given(works, st.integers(0, 1000))
@settings(max_examples=8)
def test_the_order_of_the_parts_changes_no_digit(tasks: list[dict[str, Any]], seed: int) -> None:
    ledger = ledger_of(tasks)
    query = Query(START, END, by="week", group=("agent",))
    before = {kpi: run(ledger, kpi, query, ALL) for kpi in catalogue()}
    ledger.shuffle(seed)
    assert {kpi: run(ledger, kpi, query, ALL) for kpi in catalogue()} == before
