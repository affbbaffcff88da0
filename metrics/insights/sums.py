"""What a sum a day (tasks, money) was before and is now, beside the same weekdays, and what took it there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from metrics import stats
from metrics.catalogue import kpi_named
from metrics.insights.context import EVERYTHING, Context
from metrics.insights.model import Bridge, Factor, KindMoved, Reading, Worth
from metrics.insights.streams import Part, Stream
from metrics.insights.worth import MONTH_DAYS, difference
from metrics.model import Query
from metrics.run import run

Days = tuple[date, date]
SMALLEST_MOVE = 0.05
TASKS_A_DAY, COST_OF_ONE = "Tasks a day", "Cost of one task"


def readings(context: Context, stream: Stream, before: Days, after: Days) -> tuple[Reading, Reading]:
    """The sum a day: what the weekdays of `after` usually have by the rate of `before`, and what they had."""
    unit = kpi_named(stream.kpi, context.published).unit
    (units0, slots0, _), (units1, slots1, days) = (_counts(stream, period) for period in (before, after))
    if not slots0 or not days:
        return _nothing(before, unit), _nothing(after, unit)
    usual = slots1 / slots0 / days
    return (
        _reading(before, units0 * usual, stream.cluster * usual, unit, days),
        _reading(after, units1 / days, stream.cluster / days, unit, days),
    )


def _nothing(period: Days, unit: str) -> Reading:
    return Reading(*period, None, None, None, 0, unit, "day")


def _counts(stream: Stream, period: Days) -> tuple[float, float, int]:
    """Units, slots and known days of a period."""
    days = slice(max(0, stream.index(period[0])), max(0, stream.index(period[1])))
    whole = stream.whole
    return float(whole.s[days].sum()), float(whole.n[days].sum()), int((whole.n[days] > 0).sum())


def _reading(period: Days, value: float, cluster: float, unit: str, days: int) -> Reading:
    """A mean with its interval: its variance is the cluster times it, and one cluster's at least."""
    half = stats.Z_95 * math.sqrt(cluster * max(value, cluster))
    return Reading(*period, value, max(0.0, value - half), value + half, days, unit, "day")


def worth_of_sum(stream: Stream, before: Reading, after: Reading, tasks: float) -> Worth:
    """Money that is spent, a month of all weekdays; other sums move no money by themselves."""
    moved = difference(before, after)
    if after.unit != "usd" or moved is None or before.value is None or after.value is None:
        return Worth(None, None, None, tasks, "This moves no money by itself.")
    _, slots, days = _counts(stream, (after.start, after.end))
    scale = float(stream.whole.n[stream.whole.n > 0].mean()) / (slots / days) * MONTH_DAYS
    value, low, high = (each * scale for each in (after.value - before.value, moved.lo, moved.hi))
    return Worth(value, low, high, tasks, "by what its days cost beside the usual ones")


def spend_bridge(
    context: Context, stream: Stream, before: Days, after: Days, sides: Sequence[Reading]
) -> Bridge | None:
    """Money a day as tasks a day times cost of one: which of the two moved."""
    tasks = context.by_name.get((stream.agent_id, "task_volume")) if stream.kpi == "spend" else None
    costs = [] if tasks is None else [_cost(context, stream.agent_id, period) for period in (before, after)]
    counts = () if tasks is None else readings(context, tasks, before, after)
    if not counts or not all(each.value for each in (*costs, *sides, *counts)):
        return None
    made = [_factor(TASKS_A_DAY, "count", *counts), _factor(COST_OF_ONE, "usd", *costs)]
    total = math.fsum(math.log(each.multiplier) for each in made)
    moved = (sides[1].value or 0.0) - (sides[0].value or 0.0)
    shared = tuple(replace(each, usd=moved * math.log(each.multiplier) / total if total else 0.0) for each in made)
    return Bridge(sides[0], sides[1], shared, moved - math.fsum(each.usd for each in shared))


def _cost(context: Context, agent_id: str, period: Days) -> Reading:
    found = next(
        value for value in run(context.published, "cost_per_task", Query(*period, agents=(agent_id,)), EVERYTHING)
        if value.slice == ""
    )  # fmt: skip
    return Reading(*period, found.value, found.low, found.high, found.n, found.unit)


def _factor(name: str, unit: str, before: Reading, after: Reading) -> Factor:
    """A factor with the interval of the two sides, each of which is above nothing."""
    was, now = before.value or 1.0, after.value or 1.0
    logs = [_spread(each) for each in (before, after)]
    half = math.hypot(*logs)
    times = now / was
    low, high = times * math.exp(-half), times * math.exp(half)
    moved = (low > 1 or high < 1) and abs(times - 1) >= SMALLEST_MOVE
    return Factor(name, times, low, high, 0.0, was, now, unit, moved)


def _spread(each: Reading) -> float:
    """The half-width of a number's interval on the logarithmic scale."""
    if not each.value or each.high is None:
        return math.inf
    return math.log(max(each.high, each.value) / each.value)


def kinds_moved(
    context: Context, stream: Stream, before: Days, after: Days, sides: Sequence[Reading]
) -> tuple[KindMoved, ...]:
    """Tasks a day of each kind, what moved most first, by the shares of the kinds in both periods."""
    kinds = context.by_name.get((stream.agent_id, "drift:task_type"))
    if stream.kpi != "task_volume" or kinds is None or len(kinds.parts) < 2:
        return ()
    found = []
    for part in kinds.parts:
        shares = [
            _share(kinds, part, period) * (side.value or 0.0)
            for period, side in zip((before, after), sides, strict=True)
        ]
        found.append(KindMoved(part.segment.value, *shares))
    return tuple(sorted(found, key=lambda each: -abs(each.after - each.before)))


def _share(kinds: Stream, part: Part, period: Days) -> float:
    days = slice(max(0, kinds.index(period[0])), max(0, kinds.index(period[1])))
    total = float(kinds.whole.n[days].sum())
    return float(part.s[days].sum()) / total if total else 0.0
