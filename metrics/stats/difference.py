"""Two periods against each other: the interval of a difference or of a relative change.

Both are recovered from the two intervals alone (MOVER: Zou and Donner 2008), so every kind of KPI compares the
same way; with Wilson intervals it is Newcombe's method 10 (1998).
"""

from __future__ import annotations

import math

from metrics.stats.interval import Interval
from metrics.stats.proportion import wilson


def difference_interval(now: float, now_ci: Interval, before: float, before_ci: Interval) -> Interval:
    """The interval of now − before from both values and their intervals."""
    moved = now - before
    down = math.hypot(now - now_ci.lo, before_ci.hi - before)
    up = math.hypot(now_ci.hi - now, before - before_ci.lo)
    return Interval(moved - down, moved + up)


def relative_interval(now: float, now_ci: Interval, before: float, before_ci: Interval) -> Interval | None:
    """The interval of now/before − 1, on the log scale. None unless all values and bounds are positive."""
    if min(now, now_ci.lo, before, before_ci.lo) <= 0:
        return None
    logs = difference_interval(math.log(now), _logs(now_ci), math.log(before), _logs(before_ci))
    return Interval(math.expm1(logs.lo), math.expm1(logs.hi))


def newcombe_diff(k1: float, n1: float, k2: float, n2: float) -> Interval | None:
    """The interval of k1/n1 − k2/n2 (Newcombe 1998, method 10). None where a side has no trial."""
    first, second = wilson(k1, n1), wilson(k2, n2)
    if first is None or second is None:
        return None
    return difference_interval(k1 / n1, first, k2 / n2, second)


def relative_change_pct(new: float, old: float) -> float:
    """By how many percent `new` is above `old`. Raises ValueError where `old` is 0."""
    if old == 0:
        raise ValueError("There is no relative change from 0.")
    return 100 * (new / old - 1)


def _logs(interval: Interval) -> Interval:
    return Interval(math.log(interval.lo), math.log(interval.hi))
