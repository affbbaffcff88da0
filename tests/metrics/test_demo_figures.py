"""Every figure of the demo account against a second computation from single rows, and money against itself."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from metrics import behind, drill, stats
from metrics.catalogue import catalogue
from metrics.model import Access, By, Query, Value
from metrics.run import default_period, run
from sql.published import Published
from tests.metrics.demo_sql import BY_HAND, FIGURES, JOBS, LATENCY, QUANTILES, QUESTION
from tests.metrics.support import assert_adds_up

ALL = Access.everything()
REAL = "(environment IS NULL OR environment NOT IN ('test', 'synthetic', 'replay', 'load'))"
QUESTIONS = ("all agents", "one agent", "one version", "two weeks by day")
Key = tuple[date, str]


def asked(demo: Published, question: str) -> tuple[Query, str]:
    """A question, with the SQL text that precedes its second computation."""
    start, end = default_period(demo)
    (busiest,) = demo.rows(
        "SELECT agent_id, agent_version FROM tasks GROUP BY ALL ORDER BY count(*) DESC, 1, 2 LIMIT 1"
    )
    agent, version = busiest["agent_id"], busiest["agent_version"]
    by: By = "day" if "by day" in question else "total"
    if by == "day":
        start = end - timedelta(days=14)
    if question == "one version":
        start = end - timedelta(days=84)
    agents = (agent,) if question.startswith("one") else None
    versions = (version,) if question == "one version" else None
    scope = f"{REAL} AND day >= DATE '{start}' AND day < DATE '{end}'"
    scope += f" AND agent_id = '{agent}'" if agents else ""
    scope += f" AND agent_version = '{version}'" if versions else ""
    period = "day" if by == "day" else f"DATE '{start}'"
    return Query(start, end, agents=agents, versions=versions, by=by), QUESTION.format(scope=scope, period=period)


def given(demo: Published, kpi: str, query: Query) -> dict[Key, Value]:
    """The values of the room by period and slice, without the true zeros of days that nothing happened on."""
    return {(value.start, value.slice): value for value in run(demo, kpi, query, ALL) if value.n or value.value is None}


def second(demo: Published, text: str) -> dict[Key, tuple[Any, ...]]:
    """The second computation by period and slice."""
    rows = [tuple(row.values()) for row in demo.rows(text)]
    return {(row[0], row[1]): row[2:] for row in rows}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("kpi", FIGURES)
def test_sums_and_counts_equal_a_second_computation(demo: Published, kpi: str, question: str) -> None:
    query, before = asked(demo, question)
    expected = second(demo, before + FIGURES[kpi])
    found = given(demo, kpi, query)
    assert found.keys() == expected.keys()
    for key, (numerator, denominator) in expected.items():
        value = found[key]
        assert_same(value.numerator, numerator)
        assert_same(value.denominator, denominator)
        divisor = 1 if catalogue()[kpi].kind in ("count", "sum") else denominator
        assert_same(value.value, numerator / divisor if divisor and numerator is not None else None)


def assert_same(found: float | None, expected: int | float | Decimal | None) -> None:
    """Counts and tokens to the digit; money and weights, being sums of fractions, to 12 digits."""
    if expected is None:
        assert found is None
    elif isinstance(expected, int):
        assert found == expected
    else:
        assert found == pytest.approx(float(expected), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("kpi", LATENCY)
def test_quantiles_are_within_one_percent_of_the_exact_ones(demo: Published, kpi: str, question: str) -> None:
    query, before = asked(demo, question)
    rows, extra, column = LATENCY[kpi]
    expected = second(demo, before + QUANTILES.format(rows=rows, extra=extra, column=column))
    found = {key: value for key, value in given(demo, kpi, query).items() if value.n}
    assert found.keys() == expected.keys()
    for key, (exact, n) in expected.items():
        assert found[key].n == n
        assert found[key].value == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("question", QUESTIONS)
def test_consistency_equals_a_second_computation(demo: Published, question: str) -> None:
    query, before = asked(demo, question)
    jobs = demo.rows(before + JOBS)
    for (start, part), value in given(demo, "pass_k", query).items():
        k = int(part.removeprefix("k="))
        own = [(job["good"], job["tries"]) for job in jobs if job["p"] == start and job["tries"] >= k]
        chances = [math.comb(good, k) / math.comb(tries, k) for good, tries in own]
        assert value.n == len(chances)
        assert value.value == (pytest.approx(math.fsum(chances) / len(chances)) if chances else None)


def test_every_kpi_of_the_catalogue_is_computed_twice() -> None:
    assert set(FIGURES) | set(LATENCY) | BY_HAND | {"pass_k"} == set(catalogue())


@pytest.mark.parametrize(
    ("kpi", "rows", "event"),
    [("tool_reliability", "u", "status = 'ok'"), ("error_rate", "c", "is_error"), ("throttle_rate", "c", "throttled")],
)
def test_the_interval_of_calls_rests_on_the_spread_between_tasks(
    demo: Published, kpi: str, rows: str, event: str
) -> None:
    query, before = asked(demo, "all agents")
    # What one agent does within one task is one cluster.
    own = "trace_id || span_id" if rows == "u" else "call_id"
    calls = demo.rows(
        f"{before}SELECT ({event})::INTEGER AS y, agent_id || coalesce(task_id, {own}) AS task FROM {rows} ORDER BY ALL"
    )
    found = stats.clustered_se_mean([row["y"] for row in calls], [row["task"] for row in calls])
    naive = found.mean * (1 - found.mean) / len(calls)
    effective = len(calls) / max(1.0, found.se_cluster**2 / naive)
    value = given(demo, kpi, query)[query.start, ""]
    assert (value.low, value.high) == pytest.approx(stats.wilson(found.mean * effective, effective))


@pytest.mark.parametrize(
    ("kpi", "show", "part"),
    [(kpi, show, part) for kpi, lists in behind.JOBS.items() for show, part in lists.items()],
)
@pytest.mark.parametrize("question", ["all agents", "one agent", "one version"])
def test_the_rows_behind_a_number_are_as_many_as_it_says(
    demo: Published, kpi: str, show: str, part: str, question: str
) -> None:
    query, _ = asked(demo, question)
    choices = {"versions": query.versions and list(query.versions), "environments": None, "search": None, "tool": None}
    days = {"from": query.start, "to": query.end}
    (row,) = drill.rows(demo, "tasks_count", ALL, query.agents, show=show, **choices, **days)
    whole = given(demo, kpi, query)[query.start, "p50" if catalogue()[kpi].kind == "quantile" else ""]
    assert row["tasks"] == (getattr(whole, part) or 0)


@pytest.mark.parametrize("kpi", behind.ROWS)
@pytest.mark.parametrize("question", ["all agents", "one agent", "one version", "one kind of one team"])
def test_the_rows_behind_a_number_add_up_to_it(demo: Published, kpi: str, question: str) -> None:
    query, _ = asked(demo, question)
    if "team" in question:
        query = Query(query.start, query.end, teams=("Customer care",), task_types=("refund", "support_ticket"))
    values = {value.slice: value for value in run(demo, kpi, query, ALL)}
    value = values.get(behind.ADDS_UP_TO.get(kpi, ""), next(iter(values.values())))
    assert_adds_up(behind.sums(demo, catalogue()[kpi], query, ALL), value)


def test_a_viewer_sees_the_rows_of_the_own_agents_alone(demo: Published) -> None:
    query, _ = asked(demo, "all agents")
    for kpi in behind.ROWS:
        rows = behind.rows_behind(demo, catalogue()[kpi], query, Access.only("refund_desk-F6g7H8i9J0"))
        assert {row["agent_id"] for row in rows} <= {"refund_desk-F6g7H8i9J0"}


def test_tasks_cost_what_their_calls_cost(demo: Published) -> None:
    (tasks,) = demo.rows("SELECT sum(cost_usd) AS usd, count(cost_usd) AS priced FROM tasks")
    (calls,) = demo.rows(
        "SELECT sum(cost_usd) AS usd, count(DISTINCT task_id) FILTER (cost_usd IS NOT NULL) AS priced"
        " FROM model_calls WHERE task_id IS NOT NULL"
    )
    assert tasks["priced"] > 5000
    assert tasks == calls


def test_spend_is_all_priced_calls_whoever_made_them(demo: Published) -> None:
    (reach,) = demo.rows("SELECT min(day) AS first, max(day) AS last FROM model_calls")
    whole = Query(reach["first"], reach["last"] + timedelta(days=1), all_environments=True)
    (calls,) = demo.rows(
        "SELECT sum(cost_usd)::DOUBLE AS usd, count(cost_usd) AS priced, count(*) AS n FROM model_calls"
    )
    spent = given(demo, "spend", whole)
    total = spent.pop((whole.start, ""))
    assert total.value == pytest.approx(calls["usd"], rel=1e-12)
    assert total.n == calls["n"]
    assert total.coverage == calls["priced"] / calls["n"]
    assert math.fsum(value.value or 0 for value in spent.values()) == pytest.approx(total.value)
    grouped = run(demo, "spend", Query(whole.start, whole.end, all_environments=True, group=("agent",)), ALL)
    by_agent = {value.agent_id: value.value for value in grouped if not value.slice}
    assert by_agent["unattributed"]
    assert math.fsum(usd or 0 for usd in by_agent.values()) == pytest.approx(total.value)
