"""What a stream was like before it is watched, and the least that is expected of a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics import stats
from metrics.effects.model import Direction
from metrics.insights.amounts import least_rate
from metrics.insights.model import Gate
from metrics.insights.streams import BASE_DAYS, Days, Part, Stream

MATERIALITY = 0.02
SHRINK = 50.0
LEAST_CASES = 30
LEAST_DAYS_WATCHED = 1
CHANGED_INSIDE = 0.05
_EDGE = 1e-9


@dataclass(frozen=True)
class Baseline:
    """Days `first` to `end` (exclusive) of a stream; watching begins at `end`."""

    first: int
    end: int

    def counts(self, part: Part) -> tuple[float, float]:
        """s of n of a part on these days."""
        return float(part.s[self.first : self.end].sum()), float(part.n[self.first : self.end].sum())

    def cases(self, stream: Stream, part: Part) -> float:
        """How many cases these are: clusters; of a sum not the slots but the units in them."""
        return self.counts(part)[0 if stream.measure == "amount" else 1] / stream.cluster


def baseline_of(stream: Stream) -> Baseline | Gate:
    """The first 28 days without a change inside; a gate where there is too little to compare with."""
    if stream.measure == "amount" and stream.whole.s.min(initial=0.0) < 0:
        return Gate("sums of 0 or more", False, "a day below 0", "none")
    first = 0
    while True:
        end = first + BASE_DAYS
        if end + LEAST_DAYS_WATCHED > stream.days:
            return Gate("history", False, f"{stream.days - first} days", f"{BASE_DAYS + LEAST_DAYS_WATCHED} days")
        inside = max((_changed_inside(stream, part, first, end) for part in _watched(stream)), default=0)
        if not inside:
            break
        first += inside
    found = Baseline(first, end)
    cases = found.cases(stream, stream.whole)
    if cases < LEAST_CASES:
        return Gate("cases before", False, f"{int(cases)} in {BASE_DAYS} days", f"{LEAST_CASES}")
    return found


def _watched(stream: Stream) -> Sequence[Part]:
    return stream.parts if stream.measure == "share" else (stream.whole,)


def _changed_inside(stream: Stream, part: Part, first: int, end: int) -> int:
    """How many days to leave out so that the baseline begins with the change; 0 where nothing changed."""
    s, n = part.s[first:end] / stream.cluster, part.n[first:end] / stream.cluster
    if not 0 < s.sum() < n.sum():
        return 0
    chances = stats.changepoint_posterior(list(zip(s.tolist(), n.tolist(), strict=True)))
    if chances[0] >= CHANGED_INSIDE:
        return 0
    after = 1 + int(np.argmax(chances[1:]))
    before_rate, after_rate = (side[0] / side[1] if side[1] else None for side in _sides(s, n, after))
    if before_rate is None or after_rate is None or abs(before_rate - after_rate) <= MATERIALITY:
        return 0
    return after


def _sides(s: Days, n: Days, after: int) -> tuple[tuple[float, float], tuple[float, float]]:
    return (s[:after].sum(), n[:after].sum()), (s[after:].sum(), n[after:].sum())


def parts_watched(stream: Stream, base: Baseline) -> tuple[Part, ...]:
    """The parts with enough cases before, beside the whole; shares of work are watched by their parts alone."""
    enough = tuple(part for part in stream.parts if base.cases(stream, part) >= LEAST_CASES)
    return enough if stream.measure == "share" else (stream.whole, *enough)


def least_expected(stream: Stream, base: Baseline, part: Part, direction: Direction) -> Days:
    """p0 of each day for a drop of the cases (for a rise: of 1 − the cases), from days before it alone.

    The lower Wilson bound of the baseline less 2 points; moved by the day's mix of kinds of work, and by the weekday.
    The slots of a sum are those of its weekday already.
    """
    s, n = base.counts(part)
    if stream.measure == "amount":
        return np.full(stream.days, np.clip(least_rate(s, n, stream.cluster, direction), _EDGE, 1 - _EDGE))
    s = s if direction == "down" else n - s
    bound = stats.wilson(s / stream.cluster, n / stream.cluster)
    low = bound.lo if bound is not None else 0.0
    expected = np.full(stream.days, low - MATERIALITY)
    if stream.measure != "share":
        expected += _by_weekday(stream, base, part, direction)
        if part.segment.is_whole:
            expected += _by_mix(stream, base, direction)
    found: Days = np.clip(expected, _EDGE, 1 - _EDGE)
    return found


def _by_weekday(stream: Stream, base: Baseline, part: Part, direction: Direction) -> Days:
    """How far each weekday usually lies from the mean, drawn towards it as if 50 cases more had shown the mean."""
    weekday = (stream.first_day.weekday() + np.arange(stream.days)) % 7
    days = slice(base.first, base.end)
    right, cases = (np.bincount(weekday[days], each[days] / stream.cluster, 7) for each in (part.s, part.n))
    mean = right.sum() / cases.sum()
    offsets: Days = (right + SHRINK * mean) / (cases + SHRINK) - mean
    return offsets[weekday] if direction == "down" else -offsets[weekday]


def _by_mix(stream: Stream, base: Baseline, direction: Direction) -> Days:
    """How far the day's kinds of work move what is expected, at their own rates of before."""
    kinds = [part for part in stream.parts if part.segment.dimension == "task_type"]
    s, n = base.counts(stream.whole)
    mean = s / n
    total = np.maximum(stream.whole.n, 1e-12)
    moved = np.zeros(stream.days)
    for part in kinds:
        k, cases = base.counts(part)
        rate = (k + SHRINK * mean * stream.cluster) / (cases + SHRINK * stream.cluster)
        moved += part.n / total * (rate - mean)
    moved -= float((moved * stream.whole.n)[base.first : base.end].sum()) / n
    return moved if direction == "down" else -moved
