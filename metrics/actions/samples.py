"""Cases from published parts, and the difference of two periods on their common mix, by limits that hold at any look.

Every kind of number that has a mean becomes cells: so many cases, their value, and the variance of one case. For plain
shares this is what `metrics.comparison.judge` does; a test holds that both give the same limits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from metrics.actions.model import Move
from metrics.catalogue import Kpi
from metrics.comparison.judge import CASES_OPT, FARTHEST, LEAST_IN_A_CELL
from metrics.parts import SUMS, Row
from metrics.stats.anytime import LEAST_PER_ARM, sequence_half_width, smoothed_spread
from metrics.stats.interval import Interval

_COUNTS = ("n", "covered", "eligible")
_NO_SPREAD = 1e-18


@dataclass(frozen=True)
class Cell:
    """Cases of one kind of work. `cases` counts effective ones, `weight` is what a common mix goes by."""

    cases: float
    value: float
    spread: float
    weight: float


def can_judge(kpi: Kpi) -> bool:
    """Whether a number is a mean of cases, which is what a verdict needs."""
    return kpi.kind in _CELLS and kpi.parts_table == "kpi_daily"


def cell_of(kpi: Kpi, row: Row) -> Cell | None:
    """The cases in summed parts; None where nothing was counted."""
    if not row.get("denominator") or row.get("numerator") is None:
        return None
    return _CELLS[kpi.kind](row)


def _share(row: Row) -> Cell:
    """A share. Calls of one task count as far as they tell something of their own (the design effect)."""
    k, n = float(row["numerator"]), float(row["denominator"])
    rate = k / n
    cases = n
    if row.get("denominator_sq") and row.get("cross_sum") is not None and 0 < rate < 1:
        squares = row["numerator_sq"] - 2 * rate * row["cross_sum"] + rate * rate * row["denominator_sq"]
        cases = n / max(1.0, squares / (n * rate * (1 - rate)))
    return Cell(cases, rate, smoothed_spread(rate * cases, cases), n)


def _weighted(row: Row) -> Cell:
    """A share of answers that were drawn with unlike chances."""
    total, squares = float(row["denominator"]), float(row["denominator_sq"] or 0.0)
    cases = total * total / squares if squares else float(row["n"] or 0)
    rate = float(row["numerator"]) / total
    return Cell(cases, rate, smoothed_spread(rate * cases, cases), cases)


def _mean(row: Row) -> Cell:
    n, total = float(row["denominator"]), float(row["numerator"])
    middle = total / n
    spread = max(0.0, float(row["numerator_sq"] or 0.0) - n * middle * middle) / max(1.0, n - 1)
    return Cell(n, middle, spread, n)


def _ratio(row: Row) -> Cell:
    """Money per good result: the cases are tasks, the common mix goes by good results."""
    x, y, n = float(row["numerator"]), float(row["denominator"]), float(row["n"])
    value = x / y
    squares = float(row["numerator_sq"]) - 2 * value * float(row["cross_sum"]) + value**2 * float(row["denominator_sq"])
    return Cell(n, value, max(0.0, squares) / (y * y) * n, y)


_CELLS: dict[str, Callable[[Row], Cell]] = {
    "ratio": _share,
    "weighted_ratio": _weighted,
    "accuracy": _weighted,
    "mean": _mean,
    "cost_ratio": _ratio,
}


def summed(rows: Iterable[Row]) -> Row:
    """Parts added up."""
    found = list(rows)
    total: Row = {}
    for name in (*SUMS, *_COUNTS):
        known = [row[name] for row in found if row.get(name) is not None]
        total[name] = math.fsum(known) if known else None
    return total


def move_of(kpi: Kpi, before: Sequence[Row], after: Sequence[Row], materiality: float) -> Move | None:
    """after − before, on the common mix of kinds of work where both sides have two or more; None without cases."""
    whole = cell_of(kpi, summed(before)), cell_of(kpi, summed(after))
    if whole[0] is None or whole[1] is None:
        return None
    pairs = _paired(kpi, before, after)
    mixed = len(pairs) >= 2
    found = pairs if mixed else [(whole[0], whole[1])]
    total = math.fsum(one.weight + two.weight for one, two in found)
    shares = [(one.weight + two.weight) / total for one, two in found]
    first, then = (_averaged(shares, [pair[side] for pair in found]) for side in (0, 1))
    counted = [math.fsum(pair[side].cases for pair in found) for side in (0, 1)]
    at_best = math.fsum(share * (a.spread + b.spread) for share, (a, b) in zip(shares, found, strict=True)) / CASES_OPT
    half = _half(first[1] + then[1], at_best)
    amount = then[0] - first[0]
    return Move(
        amount,
        Interval(amount - half, amount + half),
        "mix" if mixed else "raw",
        whole[0].value,
        whole[1].value,
        round(counted[0]),
        round(counted[1]),
        _needed(amount, materiality, first[1], then[1] * counted[1], counted[1], at_best),
    )


def enough(move: Move) -> bool:
    """Whether the limits may be trusted: 50 cases a side."""
    return min(move.cases_before, move.cases_after) >= LEAST_PER_ARM


def _paired(kpi: Kpi, before: Sequence[Row], after: Sequence[Row]) -> list[tuple[Cell, Cell]]:
    """The kinds of work of both sides; those with fewer than 30 cases on a side are put together."""
    rows = {name: ([], []) for name in dict.fromkeys(row.get("task_type") for row in (*before, *after))}  # type: dict[str | None, tuple[list[Row], list[Row]]]
    for side, found in enumerate((before, after)):
        for row in found:
            rows[row.get("task_type")][side].append(row)
    large: list[tuple[Cell, Cell]] = []
    small: tuple[list[Row], list[Row]] = ([], [])
    for one, two in rows.values():
        a, b = cell_of(kpi, summed(one)), cell_of(kpi, summed(two))
        if a is None or b is None:
            continue
        if min(a.cases, b.cases) >= LEAST_IN_A_CELL:
            large.append((a, b))
        else:
            small[0].extend(one)
            small[1].extend(two)
    a, b = cell_of(kpi, summed(small[0])), cell_of(kpi, summed(small[1]))
    return large if a is None or b is None else [*large, (a, b)]


def _averaged(shares: Sequence[float], cells: Sequence[Cell]) -> tuple[float, float]:
    """The mean of cells by these shares, and its variance."""
    value = math.fsum(share * cell.value for share, cell in zip(shares, cells, strict=True))
    variance = math.fsum(share * share * cell.spread / cell.cases for share, cell in zip(shares, cells, strict=True))
    return value, variance


def _half(variance: float, at_best: float) -> float:
    return sequence_half_width(max(variance, _NO_SPREAD), max(at_best, _NO_SPREAD))


def _needed(
    amount: float, materiality: float, before: float, spread: float, counted: float, at_best: float
) -> int | None:
    """How many cases after the change a verdict takes if things stay as they are; None where no number is enough.

    The days before are over: where they alone leave too much open, nothing that comes after can settle it.
    """
    wanted = max(abs(amount), materiality - abs(amount))
    if _half(before + spread / FARTHEST, at_best) > wanted:
        return None
    low, high = int(min(counted, LEAST_PER_ARM)) - 1, FARTHEST
    while high - low > 1:
        middle = (low + high) // 2
        reached = middle >= LEAST_PER_ARM and _half(before + spread / middle, at_best) <= wanted
        low, high = (low, middle) if reached else (middle, high)
    return high
