"""The verdict on one row of evidence: compared as it is (census), or by its interval (sample).

A case that nothing tells about counts against passing and against failing alike: losing evidence never makes a
criterion pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from metrics import stats, units
from metrics.readiness.criteria import Part
from metrics.readiness.model import Judged, State
from metrics.stats.interval import Interval

Row = Mapping[str, Any]
LEAST_OF_A_CLASS = 10
YOUDEN = 0.3
RISK = 0.05
FARTHEST = 10_000_000
_EVEN = 1e-9


def judge(part: Part, row: Row, days_seen: int, days: int) -> Judged:
    """The verdict on a row, with its numbers in words. A row without `yes` (or `value`) is not recorded."""
    name = str(row.get("slice") or "")
    if row.get("value" if part.method == "value" else "yes") is None:
        return Judged(part.id, name, "unknown", part.missing, row=dict(row))
    state, text, needed = _METHODS[part.method](part, row)
    if state == "insufficient" and needed is not None:
        text += progress(_seen(row), needed, days_seen, days)
    return Judged(part.id, name, state, f"{name}: {text}" if name else text, needed, dict(row))


def not_recorded(part: Part) -> Judged:
    """A part of which the agent has no row at all."""
    return Judged(part.id, "", "unknown", part.missing)


def progress(have: float, need: int, days_seen: int, days: int) -> str:
    """How far along: '34 of 50, about 6 days at this pace', or that the window never holds so many."""
    done = f" {units.grouped(math.floor(have))} of {units.grouped(need)}"
    if have <= 0 or days_seen <= 0:
        return f"{done}."
    pace = have / days_seen
    if pace * days < need:
        held = units.grouped(math.floor(pace * days))
        return f"{done}; at this pace {days} days hold about {held}: more are needed a day."
    left = max(1, math.ceil((need - have) / pace))
    return f"{done}, about {left} {'day' if left == 1 else 'days'} at this pace."


def fewest_to_pass(part: Part, share: float) -> int | None:
    """How many cases a part needs to pass at this share of good ones; None where no number is enough."""
    least = part.minimum_n
    if part.method == "half_width":
        return max(least, int(stats.labels_for_half_width(share, part.limit)["n"]))
    if part.method != "interval":
        return least
    good = _good_limit(part)
    if share <= good and good < 1:
        return None
    low, high = 0, FARTHEST
    while high - low > 1:
        middle = (low + high) // 2
        limits = stats.wilson(share * middle, middle)
        low, high = (low, middle) if limits and limits.lo >= good else (middle, high)
    return max(least, high)


def _good_limit(part: Part) -> float:
    return part.limit if part.at_least else 1 - part.limit


def _seen(row: Row) -> float:
    seen = row.get("seen")
    return float(row.get("n") or 0) if seen is None else float(seen)


def _shares(part: Part, row: Row) -> tuple[float, float, float]:
    """How many cases are known to be good, how many known to be bad, of how many; good is what the limit wants."""
    n, yes = float(row["n"] or 0), float(row["yes"])
    no = n - yes if row.get("no") is None else float(row["no"])
    return (yes, no, n) if part.at_least else (no, yes, n)


def _counted(part: Part, row: Row) -> str:
    n, yes = float(row["n"] or 0), float(row["yes"])
    share = f" ({units.text(yes / n, 'ratio')})" if n else ""
    said = f"{_number(yes)} of {_number(n)} {part.words}{share}"
    untold = n - sum(_shares(part, row)[:2])
    return said + (f"; of {_number(untold)} nothing is told" if untold >= 0.5 else "")


def _number(value: float) -> str:
    return units.grouped(value) if abs(value - round(value)) < _EVEN else units.grouped(value, 1)


def _wants(part: Part) -> str:
    sign = "at least" if part.at_least else "at most"
    return f"{sign} {units.text(part.limit, 'ratio')}"


Verdict = tuple[State, str, int | None]


def _exists(part: Part, row: Row) -> Verdict:
    there = float(row["yes"]) >= 1
    return ("pass" if there else "fail"), f"{'Written down' if there else 'Not written down'}: {part.words}.", None


def _census(part: Part, row: Row) -> Verdict:
    good, bad, n = _shares(part, row)
    text = f"{_counted(part, row)}; {_wants(part)}."
    if _seen(row) < part.minimum_n:
        return "insufficient", text, part.minimum_n
    limit = _good_limit(part)
    if n == 0 or good / n >= limit - _EVEN:
        return "pass", text, None
    return ("fail" if (n - bad) / n < limit - _EVEN else "insufficient"), text, None


def _interval(part: Part, row: Row) -> Verdict:
    good, bad, n = _shares(part, row)
    surely, perhaps = stats.wilson(good, n), stats.wilson(n - bad, n)
    if surely is None or perhaps is None:
        return "insufficient", f"{_counted(part, row)}; {_wants(part)}.", fewest_to_pass(part, 1.0)
    shown = Interval(surely.lo, perhaps.hi) if part.at_least else Interval(1 - perhaps.hi, 1 - surely.lo)
    text = f"{_counted(part, row)}, 95\u202f% interval {_span(shown)}; {_wants(part)}."
    limit = _good_limit(part)
    if surely.lo >= limit - _EVEN:
        return "pass", text, None
    if perhaps.hi < limit - _EVEN:
        return "fail", text, None
    needed = fewest_to_pass(part, good / n)
    if needed is None:
        return "insufficient", f"{text} At this rate no number of cases is enough.", None
    return "insufficient", text, needed


def _ratio(part: Part, row: Row) -> Verdict:
    """The rate of some against the rate of all; its interval from both (MOVER on the log scale)."""
    n, every = float(row["n"]), float(row["all_n"])
    rare, usual = stats.wilson(row["yes"], n), stats.wilson(row["all_yes"], every)
    text = f"{_counted(part, row)} ({_number(row['all_yes'])} of {_number(every)})"
    if rare is None or usual is None or row["yes"] <= 0:
        return ("insufficient" if n < part.minimum_n + 29 else "fail"), f"{text}; {_ratio_wants(part)}.", None
    share, whole = float(row["yes"]) / n, float(row["all_yes"]) / every
    limits = stats.relative_interval(share, rare, whole, usual)
    if limits is None:
        return "insufficient", f"{text}; {_ratio_wants(part)}.", None
    low, high = 1 + limits.lo, 1 + limits.hi
    between = _plain(Interval(low, high))
    text = f"{text}: {units.grouped(share / whole, 2)} times, 95\u202f% interval {between}; {_ratio_wants(part)}."
    if low >= part.limit:
        return "pass", text, None
    return ("fail" if high < part.limit else "insufficient"), text, None


def _ratio_wants(part: Part) -> str:
    return f"at least {part.limit:g} times"


def _value(part: Part, row: Row) -> Verdict:
    value, n, limit = float(row["value"]), float(row.get("n") or 0), float(row.get("target") or part.limit)
    shown = units.text(value, "ratio") if part.limit < 1 else units.grouped(value, 1)
    wanted = units.text(limit, "ratio") if part.limit < 1 else f"{limit:g}"
    text = f"{shown} {part.words}; {'at least' if part.at_least else 'at most'} {wanted}."
    if n < part.minimum_n:
        return "insufficient", text, part.minimum_n
    good = value >= limit if part.at_least else value <= limit
    return ("pass" if good else "fail"), text, None


def _count(part: Part, row: Row) -> Verdict:
    n, needed = float(row["n"]), math.ceil(row.get("target") or part.limit)
    text = f"{_number(n)} {part.words}; at least {needed}."
    return ("pass", text, None) if n >= needed else ("insufficient", text, needed)


def _half_width(part: Part, row: Row) -> Verdict:
    n, checked = float(row["n"]), _seen(row)
    share = float(row["yes"]) / n
    limits = stats.wilson(float(row["yes"]), n)
    half = 0.5 if limits is None else (limits.hi - limits.lo) / 2
    counted = f"{_number(checked)} of {_number(float(row['all_n']))} {part.words}"
    text = f"{counted}: ±{100 * half:.1f} points; at most ±{100 * part.limit:.0f}."
    if checked >= part.minimum_n and half <= part.limit:
        return "pass", text, None
    needed = fewest_to_pass(part, share)
    # Weights make n smaller than the number checked: what is needed grows alike.
    return "insufficient", text, math.ceil((needed or 0) * max(1.0, checked / n))


def _agreement(part: Part, row: Row) -> Verdict:
    n, both = float(row["n"]), float(row["yes"])
    right, passed = float(row["people_yes"]), float(row["judges_yes"])
    cells = [[n - right - passed + both, passed - both], [right - both, both]]
    found = stats.cohens_kappa(cells)
    gap = _youden(both, right, cells[0][0], n - right)
    kappa = (
        "no kappa" if found.ci95 is None or found.kappa is None else f"kappa {found.kappa:.2f} ({_plain(found.ci95)})"
    )
    better = "" if gap is None else f", sensitivity + specificity − 1 ({_plain(gap)})"
    text = f"{_number(n)} {part.words}: {kappa}{better}; from {part.limit:g} and {YOUDEN:g} on."
    if n < part.minimum_n:
        return "insufficient", text, part.minimum_n
    if min(right, n - right) < LEAST_OF_A_CLASS or found.ci95 is None or gap is None:
        return "insufficient", f"{text} Fewer than {LEAST_OF_A_CLASS} of one kind, right or wrong.", None
    if found.ci95.lo >= part.limit and gap.lo > YOUDEN:
        return "pass", text, None
    return ("fail" if found.ci95.hi < part.limit or gap.hi <= YOUDEN else "insufficient"), text, None


def _youden(both: float, right: float, rejected: float, wrong: float) -> Interval | None:
    """The interval of sensitivity + specificity − 1, from both of theirs."""
    seen, spotted = stats.wilson(both, right), stats.wilson(rejected, wrong)
    if seen is None or spotted is None:
        return None
    missed = Interval(1 - spotted.hi, 1 - spotted.lo)
    return stats.difference_interval(both / right, seen, 1 - rejected / wrong, missed)


def _certified(part: Part, row: Row) -> Verdict:
    """A threshold named beforehand is proven where so few errors would be rare if the promise were broken.

    The exact one-sided bound: the same as one step of Learn-then-Test (`threshold_fixed_sequence`).
    """
    right, n, target = int(row["yes"]), int(row["n"]), float(row["target"])
    text = f"{_counted(part, row)}; the promise is {units.text(target, 'ratio')}."
    limits = stats.clopper_pearson(right, n, 1 - 2 * RISK)
    if limits is not None and limits.lo >= target:
        return "pass", text, None
    if limits is not None and limits.hi < target:
        return "fail", text, None
    return "insufficient", text, _fewest_to_certify(n - right, target)


def _fewest_to_certify(wrong: int, target: float) -> int:
    """How many checked answers prove the promise if no further one is wrong."""
    low, high = wrong, FARTHEST
    while high - low > 1:
        middle = (low + high) // 2
        limits = stats.clopper_pearson(middle - wrong, middle, 1 - 2 * RISK)
        low, high = (low, middle) if limits and limits.lo >= target else (middle, high)
    return high


def _span(limits: Interval) -> str:
    return f"{units.percent_digits(max(0.0, limits.lo))}{units.DASH}{units.percent_digits(min(1.0, limits.hi))}"


def _plain(limits: Interval) -> str:
    return f"{limits.lo:.2f}{units.DASH}{limits.hi:.2f}"


_METHODS: dict[str, Callable[[Part, Row], Verdict]] = {
    "exists": _exists, "census": _census, "interval": _interval, "ratio": _ratio, "value": _value, "count": _count,
    "half_width": _half_width, "agreement": _agreement, "certified": _certified,
}  # fmt: skip
