"""A sum a day beside the same weekdays: before, now, a month of it, and what took it there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest

from metrics.catalogue import FOLDER
from metrics.insights.amounts import SLOTS, in_slots
from metrics.insights.context import Context
from metrics.insights.finding import _verdict
from metrics.insights.model import Because, Segment
from metrics.insights.streams import Part, Stream
from metrics.insights.sums import kinds_moved, readings, spend_bridge, worth_of_sum
from metrics.insights.watch import watch
from tests.metrics.insight_streams import MONDAY
from tests.metrics.support import Ledger

WEEK = [40.0, 40.0, 40.0, 40.0, 40.0, 0.0, 0.0]
BEFORE = MONDAY, MONDAY + timedelta(days=28)
WORKDAYS = MONDAY + timedelta(days=28), MONDAY + timedelta(days=33)


def amounts(kpi: str, units: Sequence[float]) -> Stream:
    days = np.asarray(units, float)
    bare = Stream("refunds", kpi, "amount", "lower", MONDAY, Part(Segment(), days, np.ones(len(days))), least=1.0)
    return in_slots(bare, slice(0, 28), robust=False)


def context(*streams: Stream, ledger: Ledger | None = None) -> Context:
    found = ledger or Ledger()
    for kpi in ("task_volume", "spend", "cost_per_task"):
        found.insert("kpi_catalogue", [{"kpi": kpi, "definition": (FOLDER / f"{kpi}.sql").read_text(), "own": False}])
    return Context(found, MONDAY + timedelta(days=33), streams, {}, (), {})  # type: ignore[arg-type]


def doubled(kpi: str = "task_volume") -> Stream:
    """Four weeks of workdays, then five workdays with twice as much."""
    return amounts(kpi, [*WEEK * 4, *[80.0] * 5])


def test_workdays_are_held_against_workdays() -> None:
    before, after = readings(context(), doubled(), BEFORE, WORKDAYS)
    assert before.value == pytest.approx(40, rel=0.03)  # not 5 of 7 of it
    assert after.value == pytest.approx(80)
    assert (after.n, after.unit, after.per) == (5, "count", "day")
    assert after.low is not None
    assert after.high is not None
    assert after.low < 80 < after.high


def test_days_that_are_not_known_are_no_days() -> None:
    stream = doubled()
    n = stream.whole.n.copy()
    n[30] = 0.0
    dark = Stream(**{**stream.__dict__, "whole": Part(Segment(), np.where(n > 0, stream.whole.s, 0.0), n)})
    _, after = readings(context(), dark, BEFORE, WORKDAYS)
    assert (after.value, after.n) == (pytest.approx(80), 4)
    none = readings(context(), dark, BEFORE, (MONDAY + timedelta(days=30), MONDAY + timedelta(days=31)))
    assert [each.value for each in none] == [None, None]


def test_a_month_of_spend_has_weekends_too() -> None:
    stream = doubled("spend")
    before, after = readings(context(), stream, BEFORE, WORKDAYS)
    worth = worth_of_sum(stream, before, after, 10.0)
    assert worth.value == pytest.approx(40 * 30 * 25 / 33, rel=0.05)  # 25 of the 33 days are workdays
    assert worth.low is not None
    assert worth.high is not None
    assert 0 < worth.low < worth.value < worth.high
    assert worth_of_sum(doubled(), *readings(context(), doubled(), BEFORE, WORKDAYS), 10.0).value is None


def test_more_spend_is_more_tasks_or_dearer_ones() -> None:
    ledger = Ledger()
    for first, usd in ((BEFORE[0], 0.10), (WORKDAYS[0], 0.20)):
        task = {"day": first, "cost_usd": usd, "cost_state": "priced"}
        ledger.add("tasks", *({**task, "cost_usd": usd * size} for size in (0.98, 1.0, 1.02)), times=40)
    spend, tasks = amounts("spend", [*WEEK * 4, *[160.0] * 5]), doubled()
    known = context(spend, tasks, ledger=ledger.build("cost_per_task"))
    bridge = spend_bridge(known, spend, BEFORE, WORKDAYS, readings(known, spend, BEFORE, WORKDAYS))
    assert bridge is not None
    assert {each.name: each.multiplier for each in bridge.factors} == {
        "Tasks a day": pytest.approx(2, rel=0.03), "Cost of one task": pytest.approx(2, rel=0.01)}  # fmt: skip
    assert all(each.moved for each in bridge.factors)
    assert bridge.residual == pytest.approx(0, abs=1e-9)
    assert spend_bridge(known, tasks, BEFORE, WORKDAYS, readings(known, tasks, BEFORE, WORKDAYS)) is None


def shares(after: tuple[float, float], day: date = WORKDAYS[0]) -> Stream:
    """Work of two kinds, half and half before the day."""
    days = 33
    n = np.asarray([*WEEK * 4, *[80.0] * 5])
    places = np.arange(days) >= (day - MONDAY).days
    parts = tuple(
        Part(Segment("task_type", name), np.where(places, share, 0.5) * n, n)
        for name, share in zip(("refund", "return"), after, strict=True)
    )
    return Stream("refunds", "drift", "share", "none", MONDAY, Part(Segment("task_type"), n, n), parts)


def test_the_kind_of_task_that_makes_the_change_is_named_with_its_numbers() -> None:
    volume = doubled()
    known = context(volume, shares((0.75, 0.25)))
    found = kinds_moved(known, volume, BEFORE, WORKDAYS, readings(known, volume, BEFORE, WORKDAYS))
    assert [each.name for each in found] == ["refund", "return"]
    assert (found[0].before, found[0].after) == (pytest.approx(20, rel=0.03), pytest.approx(60))
    assert found[1].after == pytest.approx(20)


def test_a_usual_day_is_one_of_thirty_two_slots_whatever_its_weekday() -> None:
    stream = doubled()
    rates = stream.whole.s[:28] / stream.whole.n[:28]
    assert rates[:5] == pytest.approx(1 / SLOTS, rel=0.03)
    assert stream.whole.n[5] < stream.whole.n[0] / 20


def test_twice_the_work_that_costs_twice_as_much_is_no_dearer_work() -> None:
    ledger = Ledger()
    for first in (BEFORE[0], WORKDAYS[0]):
        task = {"day": first, "cost_state": "priced"}
        ledger.add("tasks", *({**task, "cost_usd": 0.1 * size} for size in (0.98, 1.0, 1.02)), times=40)
    spend, tasks = amounts("spend", [*WEEK * 4, *[80.0] * 5]), doubled()
    known = context(spend, tasks, ledger=ledger.build("cost_per_task"))
    bridge = spend_bridge(known, spend, BEFORE, WORKDAYS, readings(known, spend, BEFORE, WORKDAYS))
    assert bridge is not None
    assert [each.name for each in bridge.factors if each.moved] == ["Tasks a day"]
    (episode,) = (each for each in watch([amounts("spend", [*WEEK * 4, *[80.0] * 14])]).episodes if each.alarmed)
    assert _verdict(spend, episode, Because("", bridge=bridge)) == "changed"
    assert _verdict(spend, episode, Because("")) == "worse"
