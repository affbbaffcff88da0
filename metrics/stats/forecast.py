"""What a month will have cost, from its days so far and the usual weekdays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from statistics import median
from typing import NamedTuple

LEAST_DAYS = 14


class Forecast(NamedTuple):
    """The sum so far, the sum expected by the end, and the range that holds it in 95 of 100 cases."""

    so_far: float
    value: float
    lo: float
    hi: float


def month_end_forecast(
    daily: Mapping[date, float], last: date, draws: int = 4000, seed: int = 20260101
) -> Forecast | None:
    """The month of `last`, the last complete day: its days so far, and for each day left the median of its weekday.

    `daily` holds every complete day, those without spending as 0. The range comes from drawing the days' distances from
    their weekday's median anew. None below fourteen days or where a weekday was never seen.
    """
    import numpy as np

    by_weekday = {each: [usd for day, usd in daily.items() if day.weekday() == each] for each in range(7)}
    if len(daily) < LEAST_DAYS or not all(by_weekday.values()):
        return None
    usual = {each: median(own) for each, own in by_weekday.items()}
    distances = [usd - usual[day.weekday()] for day, usd in daily.items()]
    so_far = math.fsum(usd for day, usd in daily.items() if (day.year, day.month) == (last.year, last.month))
    left = _days_left(last)
    expected = so_far + math.fsum(usual[day.weekday()] for day in left)
    drawn = np.random.default_rng(seed).choice(distances, size=(draws, len(left))).sum(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Forecast(so_far, expected, max(so_far, expected + min(0.0, float(low))), expected + max(0.0, float(high)))


def _days_left(last: date) -> list[date]:
    """The days of the month after `last`."""
    found, day = [], last + timedelta(days=1)
    while day.month == last.month:
        found.append(day)
        day += timedelta(days=1)
    return found
