"""Two values of one KPI against each other: how far it moved and whether that is better."""

from __future__ import annotations

import math

from metrics import units
from metrics.catalogue import Kpi, kpi_named
from metrics.model import Change, Scale, Value, Verdict
from metrics.stats import Interval, difference_interval, relative_interval
from metrics.stats.interval import Z_95

SAME_POINTS = 0.02
SAME_RELATIVE = 0.05
SAME_PRICED = 0.01
_SAME_AS: dict[Scale, str] = {"points": "2 points", "relative": "5 %"}
_TRUSTED = ("ok",)


def compare(kpi: str | Kpi, now: Value | None, before: Value | None) -> Change:
    """How far the KPI moved from `before` to `now`: in points for ratios, relative for all else.

    Better or worse needs the interval of the move to leave out zero; no change needs it to lie within 2 points
    or 5 %; else it cannot be told. Sides that are not `ok` never get a verdict, nor money
    of which unlike shares are priced. Either side may be None.
    """
    found = kpi_named(kpi)
    scale: Scale = "points" if found.unit == "ratio" else "relative"
    if now is None or before is None or now.value is None or before.value is None:
        return Change(found.id, scale, None, None, None, None, None, "cannot_tell", _reason(now, before))
    difference = now.value - before.value
    relative = now.value / before.value - 1 if before.value else None
    amount = difference if scale == "points" else relative
    limits = _limits(found, scale, now, before)
    low, high = limits or (None, None)
    if now.state not in _TRUSTED or before.state not in _TRUSTED or _priced_unlike(now, before):
        reason = _reason(now, before)
        return Change(found.id, scale, amount, low, high, difference, relative, "cannot_tell", reason)
    verdict, reason = _verdict(found, scale, limits, difference, exact=_exact(found, now) and _exact(found, before))
    return Change(found.id, scale, amount, low, high, difference, relative, verdict, reason)


def _limits(kpi: Kpi, scale: Scale, now: Value, before: Value) -> Interval | None:
    """The interval of the move on its scale; None where a side has no bound."""
    first, second = _interval(kpi, now), _interval(kpi, before)
    if now.value is None or before.value is None or first is None or second is None:
        return None
    if scale == "relative":
        return relative_interval(now.value, first, before.value, second)
    return difference_interval(now.value, first, before.value, second)


def _interval(kpi: Kpi, value: Value) -> Interval | None:
    """A value's own interval; a census has no width, and a count is taken as Poisson."""
    if value.value is None:
        return None
    if kpi.kind == "count":
        return _poisson(value.value)
    if kpi.interval == "none":
        return Interval(value.value, value.value)
    return None if value.low is None or value.high is None else Interval(value.low, value.high)


def _poisson(count: float) -> Interval:
    """The score interval of a Poisson count."""
    middle, half = count + Z_95**2 / 2, Z_95 * math.sqrt(count + Z_95**2 / 4)
    return Interval(middle - half, middle + half)


def _exact(kpi: Kpi, value: Value) -> bool:
    """Whether a value has no width: a census, or jobs that were all alike (calls of a model whose price is 0)."""
    return kpi.kind != "count" and (kpi.interval == "none" or value.low == value.high == value.value)


def _verdict(kpi: Kpi, scale: Scale, limits: Interval | None, difference: float, *, exact: bool) -> tuple[Verdict, str]:
    if difference == 0 and exact:
        return "no_change", "Both periods give the same number."
    if limits is None:
        return "cannot_tell", "One side has no bound on how far it may be off."
    if limits.lo > 0 or limits.hi < 0:
        return _direction(kpi, up=limits.lo > 0), "The interval of the move leaves out zero."
    same = SAME_POINTS if scale == "points" else SAME_RELATIVE
    if -same <= limits.lo and limits.hi <= same:
        return "no_change", f"The interval of the move lies within {_SAME_AS[scale]}, which counts as the same."
    return "cannot_tell", "The interval of the move holds zero: it may be chance."


def _direction(kpi: Kpi, *, up: bool) -> Verdict:
    if kpi.better == "none":
        return "changed"
    return "better" if up == (kpi.better == "higher") else "worse"


def _reason(now: Value | None, before: Value | None) -> str:
    """Which side cannot be trusted, and why."""
    for name, side in (("This period", now), ("The period before", before)):
        if side is None:
            return f"{name} has no value."
        if side.state not in _TRUSTED:
            return f"{name}: {side.missing or side.state}"
    if now and before and _priced_unlike(now, before):
        shares = " and ".join(units.text(side.coverage, "ratio") for side in (now, before))
        return f"Unlike shares of the calls have a price ({shares}): the move may be only that."
    return "There is nothing to compare."


def _priced_unlike(now: Value, before: Value) -> bool:
    """Whether money moved perhaps only because more or fewer calls have a price."""
    if now.unit != "usd" or now.coverage is None or before.coverage is None:
        return False
    return abs(now.coverage - before.coverage) > SAME_PRICED
