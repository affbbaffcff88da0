"""Sums of a day (tasks, money) as cases: so many units in as many slots as the day's weekday usually needs.

A slot holds a unit or not. There are 32 for each unit that the weekday usually has: the usual rate is 1/32 on every
day, and of all weekdays together. Units that come in bunches (a busy day, a dear task) count as fewer cases: how far
days lie from the same weekday a week later says how many make one. That is the Poisson test of counts with its
over-dispersion (K1) in the shape of the one detector. It rests on that spread, which no rate needs; so no single day
counts for more than `MOST_A_DAY`: an alarm takes four days, and neither a holiday nor one freak job raises one.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from metrics import stats
from metrics.effects.model import Direction
from metrics.insights.model import Segment
from metrics.insights.streams import Days, Part, Stream

SLOTS = 32.0
# A fifth more or less than usual is no finding yet.
LEAST_MOVE = 0.2
MOST_A_DAY = math.log(30)
# Weekdays are drawn towards the mean of all as if so many cases more had shown it.
SHRINK = 3.0
# The spread is measured on three weeks against the next: as if it were half as large again.
CAREFUL = 1.5
LEAST_PAIRS = 10
_MEDIAN_OF_CHI2 = 0.4549
_SMALLEST_CV_SQ = 0.0025


def in_slots(stream: Stream, base: slice, *, robust: bool) -> Stream:
    """A sum with the slots and the cluster that days of a base give it; without slots where too few days tell."""
    units, known = stream.whole.s, (stream.whole.n > 0).astype(float)
    cluster = spread(units, known, base, stream.least, robust=robust)
    if cluster is None or units.min(initial=0.0) < 0:
        return replace(stream, whole=Part(Segment(), np.minimum(units, 0.0), np.zeros(stream.days)))
    found = slots(units, known, base, stream.first_day.weekday(), cluster)
    return replace(stream, whole=Part(Segment(), np.minimum(units, found), found), cluster=cluster)


def spread(units: Days, known: Days, base: slice, least: float, *, robust: bool) -> float | None:
    """How many units make one case: variance over mean of days beside the same weekday a week later.

    `robust`: by the median, which a change inside does not enlarge. `least` is 1 for things that are counted. None
    where too few days have any.
    """
    kept, there = units[base], known[base] > 0
    before, after = kept[:-7], kept[7:]
    pairs = there[:-7] & there[7:] & (before + after > 0)
    if pairs.sum() < LEAST_PAIRS:
        return None
    distances = (before - after)[pairs] ** 2 / (before + after)[pairs]
    found = np.median(distances) / _MEDIAN_OF_CHI2 if robust else CAREFUL * distances.mean()
    return float(max(found, least, _SMALLEST_CV_SQ * kept[there].mean()))


def slots(units: Days, known: Days, base: slice, weekday: int, cluster: float) -> Days:
    """The slots of each day: 32 for every unit that its weekday has on the days of the base. None on an unknown day.

    `weekday` is that of the first day.
    """
    weekdays = (weekday + np.arange(len(units))) % 7
    there = known[base] > 0
    days = np.bincount(weekdays[base], there, 7)
    sums = np.bincount(weekdays[base], units[base] * there, 7)
    mean = sums.sum() / max(1.0, days.sum())
    usual = (sums + SHRINK * cluster) / (days + SHRINK * cluster / mean) if mean > 0 else np.zeros(7)
    found: Days = SLOTS * usual[weekdays] * (known > 0)
    return found


def least_rate(units: float, of: float, cluster: float, direction: Direction) -> float:
    """The least rate that is no drop (for a rise: of empty slots): the bound of the base, a fifth further away."""
    bound = stats.wilson(units / cluster, of / cluster)
    if bound is None:
        return 0.0
    return bound.lo * (1 - LEAST_MOVE) if direction == "down" else 1 - min(1.0, bound.hi * (1 + LEAST_MOVE))
