"""Differences in plain words: comparisons and verdicts say the same of the same."""

from __future__ import annotations

import math

from metrics import units
from metrics.effects.model import Move, Word
from metrics.stats.interval import Interval

QUANTILES = {"p50": "Median", "p95": "p95"}


def named(label: str, part: str) -> str:
    """A number with the part of it: "p95 of time to done", "tool reliability of supplier_portal"."""
    if part in QUANTILES:
        return f"{QUANTILES[part]} of {label[:1].lower()}{label[1:]}"
    return f"{label} of {part}" if part else label


def amount(value: float, unit: str) -> str:
    """A difference with its sign: "+2.1 pt", "−$0.004"; of the unit "relative" "−5.7 %"."""
    sign = "+" if value > 0 else units.MINUS if value < 0 else "±"
    if unit == "relative":
        return f"{sign}{units.percent_digits(abs(value))}{units.THIN}%"
    if unit == "ratio":
        return f"{sign}{units.grouped(abs(100 * value), 1)}{units.THIN}pt"
    return f"{sign}{units.text(abs(value), unit)}"


def size(value: float, unit: str) -> str:
    """A size without a sign: "2 points", "$0.01"."""
    if unit in ("ratio", "relative"):
        return f"{100 * value:.3g} {'points' if unit == 'ratio' else '%'}"
    return units.text(value, unit)


def limits(found: Interval, unit: str) -> str:
    """ "−1.0 pt to +2.4 pt"; where the cases bound nothing yet, "at least …" or "no bound yet"."""
    low, high = found
    if unit == "ratio":
        low, high = max(-1.0, low), min(1.0, high)
    if unit == "relative":
        low = max(-1.0, low)
    if not math.isfinite(low) and not math.isfinite(high):
        return "no bound yet"
    if not math.isfinite(high):
        return f"at least {amount(low, unit)}"
    if not math.isfinite(low):
        return f"at most {amount(high, unit)}"
    return f"{amount(low, unit)} to {amount(high, unit)}"


def finite(value: float) -> float | None:
    """A limit as JSON and tables have it: NULL where the cases bound nothing yet."""
    return value if math.isfinite(value) else None


def moved(move: Move, unit: str) -> str:
    """ "+3.2 pt (+1.0 pt to +5.4 pt)"."""
    return f"{amount(move.amount, unit)} ({limits(move.limits, unit)})"


def meaning(word: Word, least: str) -> str:
    """What a verdict means. `least`: the least that matters, in words."""
    return {
        "improved": f"Even the cautious end of the interval is more than {least} better, the least that matters.",
        "improved_size_unclear": f"It is surely better; whether by {least} or more is not clear yet.",
        "no_material_change": f"The whole interval lies within {least}: what difference there may be does not matter.",
        "worse": f"Even the cautious end of the interval is more than {least} worse.",
        "worse_size_unclear": f"It is surely worse; whether by {least} or more is not clear yet.",
        "undetermined": "The interval holds both better and worse.",
    }[word]
