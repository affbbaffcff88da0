"""Two periods against each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import stats
from metrics.catalogue import kpi_named
from metrics.model import State, Value
from metrics.run import compare
from tests.metrics.support import END, START


def value(kpi: str, point: float | None, low: float | None = None, high: float | None = None, **more: Any) -> Value:
    """A value of a KPI, trusted unless it says otherwise."""
    found = kpi_named(kpi)
    state: State = more.pop("state", "ok")
    return Value(
        kpi, None, None, "", START, END, point, low, high, 100, 1.0, state, None, None, found.unit, "1", **more
    )


def rate(kpi: str, k: int, n: int, **more: Any) -> Value:
    """A rate with its Wilson interval."""
    limits = stats.wilson(k, n)
    assert limits is not None
    return value(kpi, k / n, limits.lo, limits.hi, **more)


def test_what_costs_exactly_nothing_in_both_periods_has_not_changed() -> None:
    free = value("cost_per_success", 0.0, 0.0, 0.0)
    moved = compare("cost_per_success", free, free)
    assert (moved.verdict, moved.amount, moved.difference) == ("no_change", None, 0.0)
    assert compare("cost_per_success", value("cost_per_success", 0.0, 0.0, 0.1), free).verdict == "cannot_tell"
    assert compare("cost_per_success", value("cost_per_success", 0.2, 0.1, 0.3), free).verdict == "cannot_tell"


def test_a_rate_moves_in_points_with_newcombes_interval() -> None:
    moved = compare("success_rate", rate("success_rate", 56, 70), rate("success_rate", 48, 80))
    assert (moved.scale, moved.verdict) == ("points", "better")
    assert moved.amount == pytest.approx(0.2)
    assert (moved.low, moved.high) == pytest.approx((0.05243147240236498, 0.333872654036906))
    assert moved.relative == pytest.approx(1 / 3)


def test_the_same_move_is_worse_where_lower_is_better_and_only_changed_without_a_direction() -> None:
    sides = {kpi: (rate(kpi, 560, 700), rate(kpi, 480, 800)) for kpi in ("error_rate", "escalation_rate")}
    assert compare("error_rate", *sides["error_rate"]).verdict == "worse"
    assert compare("escalation_rate", *sides["escalation_rate"]).verdict == "changed"


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        ((18020, 20000), (18000, 20000), "no_change"),
        ((44, 50), (45, 50), "cannot_tell"),
        ((4250, 5000), (4600, 5000), "worse"),
    ],
)
def test_a_verdict_follows_the_interval_of_the_move(now: Any, before: Any, verdict: str) -> None:
    assert compare("success_rate", rate("success_rate", *now), rate("success_rate", *before)).verdict == verdict


def test_money_and_time_move_relatively() -> None:
    moved = compare("cost_per_task", value("cost_per_task", 0.3, 0.28, 0.32), value("cost_per_task", 0.2, 0.19, 0.21))
    assert (moved.scale, moved.verdict) == ("relative", "worse")
    assert moved.amount == pytest.approx(0.5)
    assert moved.difference == pytest.approx(0.1)
    assert moved.low is not None
    assert moved.low > 0.3
    faster = compare("task_latency", value("task_latency", 50, 45, 55), value("task_latency", 100, 90, 110))
    assert faster.verdict == "better"


def test_counts_are_compared_as_poisson_counts() -> None:
    assert compare("task_volume", value("task_volume", 400), value("task_volume", 300)).verdict == "changed"
    assert compare("task_volume", value("task_volume", 21), value("task_volume", 20)).verdict == "cannot_tell"
    assert compare("task_volume", value("task_volume", 100_010), value("task_volume", 100_000)).verdict == "no_change"


def test_a_census_needs_no_interval() -> None:
    assert compare("spend", value("spend", 12.0), value("spend", 10.0)).verdict == "worse"
    assert compare("spend", value("spend", 10.0), value("spend", 10.0)).verdict == "no_change"


@pytest.mark.parametrize("state", ["low_n", "unknown", "immature", "not_applicable"])
def test_a_side_that_cannot_be_trusted_gives_no_verdict_but_keeps_the_amount(state: State) -> None:
    weak = rate("success_rate", 10, 100, state=state, missing="because")
    moved = compare("success_rate", weak, rate("success_rate", 90, 100))
    assert (moved.verdict, moved.reason) == ("cannot_tell", "This period: because")
    assert moved.amount == pytest.approx(-0.8)
    assert compare("success_rate", rate("success_rate", 90, 100), weak).reason == "The period before: because"


@pytest.mark.parametrize(("shares", "verdict"), [((0.96, 1.0), "cannot_tell"), ((0.995, 1.0), "better")])
def test_money_of_which_unlike_shares_are_priced_gives_no_verdict(shares: tuple[float, float], verdict: str) -> None:
    now, before = value("cost_per_task", 0.2, 0.19, 0.21), value("cost_per_task", 0.3, 0.28, 0.32)
    moved = compare("cost_per_task", now._replace(coverage=shares[0]), before._replace(coverage=shares[1]))
    assert moved.verdict == verdict
    assert ("(96.0\u202f% and 100\u202f%)" in moved.reason) == (verdict == "cannot_tell")


def test_a_side_without_a_value_or_without_a_bound_gives_no_verdict() -> None:
    good = rate("success_rate", 90, 100)
    assert (compare("success_rate", good, None).amount, compare("success_rate", good, None).verdict) == (
        None,
        "cannot_tell",
    )
    assert compare("success_rate", value("success_rate", None), good).amount is None
    open_ended = value("task_latency", 100.0, 90.0, None)
    assert compare("task_latency", open_ended, value("task_latency", 10.0, 9.0, 11.0)).verdict == "cannot_tell"


def test_a_move_away_from_zero_has_no_relative_size() -> None:
    moved = compare("spend", value("spend", 5.0), value("spend", 0.0))
    assert (moved.amount, moved.difference, moved.verdict) == (None, 5.0, "cannot_tell")


sides = st.integers(min_value=1, max_value=2000).flatmap(
    lambda n: st.tuples(st.integers(min_value=0, max_value=n), st.just(n))
)


@given(sides, sides)
def test_turning_the_periods_around_turns_the_verdict_around(one: tuple[int, int], other: tuple[int, int]) -> None:
    there = compare("success_rate", rate("success_rate", *one), rate("success_rate", *other))
    back = compare("success_rate", rate("success_rate", *other), rate("success_rate", *one))
    turned = {"better": "worse", "worse": "better"}
    assert back.verdict == turned.get(there.verdict, there.verdict)
