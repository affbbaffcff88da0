"""The one place that turns numbers into text: page, command line and documents read alike.

Numbers use a narrow no-break space (U+202F) between thousands and before a unit, a true minus and an en dash for
ranges. What is not known reads "—", never 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from metrics.model import Change, Value

THIN = "\u202f"
MINUS = "\u2212"
DASH = "\u2013"
NOTHING = "\u2014"
_SIZES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_SYMMETRIC_WITHIN = 0.2


@dataclass(frozen=True)
class Figure:
    """A number set for big type: pairs of figure and small unit, as ("2", "min"), ("48", "s")."""

    parts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The same on one line."""
        return THIN.join(f"{number}{THIN}{unit}" if unit else number for number, unit in self.parts)

    @property
    def value(self) -> str:
        """The first figure without its unit."""
        return self.parts[0][0]

    @property
    def unit(self) -> str:
        """The unit of the first figure, '' where the sign stands in front (money) or there is none."""
        return self.parts[0][1]


def figure(value: float | None, unit: str) -> Figure:
    """The number in the words of its unit (ratio, count, usd, ms, tokens or index), split for big type."""
    if value is None or not math.isfinite(value):
        return Figure(((NOTHING, ""),))
    if unit == "ratio":
        return Figure(((percent_digits(value), "%"),))
    if unit == "usd":
        return Figure(((money(value), ""),))
    if unit == "ms":
        return Figure(_duration(value))
    if unit == "tokens":
        return Figure((_tokens(value),))
    if unit == "index":
        return Figure(((grouped(value, 2), ""),))
    return Figure(((grouped(value), ""),))


def text(value: float | None, unit: str) -> str:
    """The number with its unit on one line: "86.6 %", "$0.184", "2 min 48 s", "3 120", "12.3 M"."""
    return figure(value, unit).text


def of_value(value: Value) -> str:
    """A value as it may be said: with "≥" where it is only a lower bound."""
    shown = text(value.value, value.unit)
    return f"≥{THIN}{shown}" if value.at_least else shown


def grouped(value: float, decimals: int = 0) -> str:
    """A plain number with thousands set apart: 3120 gives "3 120"."""
    body = f"{abs(value):,.{decimals}f}".replace(",", THIN)
    return f"{MINUS}{body}" if value < 0 and body.strip("0.") else body


def significant(value: float, digits: int = 3) -> str:
    """A number with so many significant digits and no exponent: 0.18423 gives "0.184"."""
    if value == 0:
        return "0"
    rounded = _round_to(value, digits)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return grouped(rounded, decimals)


def percent_digits(value: float) -> str:
    """A share as percent without the sign; what is not all or nothing never reads 100 or 0."""
    percent = 100 * value
    if percent in (0, 100):
        return grouped(percent)
    if 0 < percent < 0.01:
        return "<0.01"
    if 99.9 < percent < 100:
        return ">99.9"
    return grouped(percent, 2 if abs(percent) < 1 else 1)


def money(value: float) -> str:
    """US dollars: three significant digits below $1, cents below $100, whole dollars above."""
    sign, size = (MINUS, -value) if value < 0 else ("", value)
    if size == 0:
        return "$0"
    if size >= 99.995:
        return f"{sign}${grouped(size)}"
    return f"{sign}${grouped(size, 2) if size >= 0.9995 else significant(size)}"


def interval(value: float | None, low: float | None, high: float | None, unit: str) -> str:
    """The uncertainty beside a number: "±0.4" where it is symmetric, else "87–91".

    '' where there is none, or where it says the number once more.
    """
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f"≥{THIN}{text(low, unit)}" if low is not None else f"≤{THIN}{text(high, unit)}"
    half = (high - low) / 2
    if unit == "ratio" and value is not None and abs(value - (low + high) / 2) <= _SYMMETRIC_WITHIN * half:
        return f"±{grouped(100 * half, 1) if half >= 0.0005 else significant(100 * half, 1)}"
    if unit == "ratio":
        return f"{_whole_percent(low, half)}{DASH}{_whole_percent(high, half)}"
    between = _span(figure(low, unit), figure(high, unit))
    return "" if value is not None and between == text(value, unit) else between


def _span(low: Figure, high: Figure) -> str:
    """Two figures as a range, their common unit or dollar sign said once."""
    if low.text == high.text:
        return low.text
    if low.value.startswith("$") and high.value.startswith("$"):
        return f"{low.text}{DASH}{high.text[1:]}"
    if len(low.parts) == len(high.parts) == 1 and low.unit == high.unit:
        return f"{low.value}{DASH}{high.text}"
    return f"{low.text}{DASH}{high.text}"


def change(moved: Change) -> str:
    """How far a number moved: "▲ 11 %", "▼ 1.1 pt", "■ 0 %"; "—" where it cannot be said."""
    if moved.amount is None:
        return NOTHING
    size = abs(100 * moved.amount)
    digits = "0" if size == 0 else significant(size, 2 if size >= 1 else 1)
    glyph = "■" if digits == "0" else "▲" if moved.amount > 0 else "▼"
    return f"{glyph} {digits}{THIN}{'pt' if moved.scale == 'points' else '%'}"


def plain(value: float | None, unit: str) -> str:
    """The full value for tables and hover: no rounding that a reader could notice, with its unit."""
    if value is None:
        return NOTHING
    if unit == "ratio":
        return f"{grouped(100 * value, 3)}{THIN}%"
    if unit == "usd":
        return f"{MINUS if value < 0 else ''}${grouped(abs(value), 6)}"
    if unit == "ms":
        return f"{grouped(value)}{THIN}ms"
    if unit == "index":
        return grouped(value, 4)
    return grouped(value)


def _whole_percent(value: float, half: float) -> str:
    return grouped(100 * value, 0 if half >= 0.01 else 1)


def _round_to(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


def _duration(ms: float) -> tuple[tuple[str, str], ...]:
    if ms < 0:
        ((number, unit), *rest) = _duration(-ms)
        return ((f"{MINUS}{number}", unit), *rest)
    if _round_to(ms, 3) < 1000:
        return ((significant(ms), "ms"),)
    if _round_to(ms, 3) < 60_000:
        return ((significant(ms / 1000), "s"),)
    seconds = round(ms / 1000)
    if seconds < 3600:
        return _pair(seconds // 60, "min", seconds % 60, "s")
    minutes = round(ms / 60_000)
    if minutes < 1440:
        return _pair(minutes // 60, "h", minutes % 60, "min")
    hours = round(ms / 3_600_000)
    return _pair(hours // 24, "d", hours % 24, "h")


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> tuple[tuple[str, str], ...]:
    first = (grouped(large), large_unit)
    return (first, (str(small), small_unit)) if small else (first,)


def _tokens(value: float) -> tuple[str, str]:
    for size, letter in _SIZES:
        if abs(value) >= size and abs(value) >= 10_000:
            return significant(value / size), letter
    return grouped(value), ""
