"""How published parts become cases, and cases a side of a comparison: shares, amounts, ratios and quantiles."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from metrics.catalogue import Kpi
from metrics.change import SAME_PRICED
from metrics.effects.arms import AmountArm, Arm, Cell, QuantileArm, ShareArm
from metrics.model import QueryError
from metrics.parts import SUMS, Row
from metrics.stats.anytime import smoothed_spread

SAME_MEASURED = 0.02
_COUNTS = ("n", "covered", "eligible")
# The quantiles of one case a task; calls of a task hang together, and buckets do not tell which belong to one.
QUANTILES = {"task_latency": {"p50": 0.5, "p95": 0.95}}


class Measure(Protocol):
    """What pairing kinds of work and putting them together needs of a kind of number; its cells are its own."""

    def cell(self, rows: Sequence[Row], /) -> Any:
        """The cases in these parts together; None where nothing was counted."""

    def cases(self, cell: Any, /) -> float:
        """How many cases."""

    def weight(self, cell: Any, /) -> float:
        """What a common mix goes by."""

    def arm(self, cells: Sequence[Any], shares: Sequence[float], /) -> Arm:
        """The cells as one side, at these shares of the mix."""


@dataclass(frozen=True)
class Means:
    """Shares, means and ratios: everything with a value and a variance a case."""

    kind: str
    unit: str

    def cell(self, rows: Sequence[Row]) -> Cell | None:
        """The cases in summed parts."""
        row = summed(rows)
        if not row.get("denominator") or row.get("numerator") is None:
            return None
        return _CELLS[self.kind](row)

    def cases(self, cell: Cell) -> float:
        """Effective ones."""
        return cell.cases

    def weight(self, cell: Cell) -> float:
        """As the kind says."""
        return cell.weight

    def arm(self, cells: Sequence[Cell], shares: Sequence[float]) -> Arm:
        """Wilson's for shares, logarithms for the rest."""
        return (ShareArm if self.unit == "ratio" else AmountArm)(cells, shares)


@dataclass(frozen=True)
class Quantiles:
    """A quantile of durations from log buckets."""

    q: float

    def cell(self, rows: Sequence[Row]) -> Mapping[int, int] | None:
        """The durations by bucket; what was not measured has none."""
        counts: dict[int, int] = {}
        for row in rows:
            for bucket, n in zip(row["buckets"].tolist(), row["ns"].tolist(), strict=True):
                counts[bucket] = counts.get(bucket, 0) + n
        return counts or None

    def cases(self, cell: Mapping[int, int]) -> float:
        """All of them."""
        return float(sum(cell.values()))

    def weight(self, cell: Mapping[int, int]) -> float:
        """All of them."""
        return self.cases(cell)

    def arm(self, cells: Sequence[Mapping[int, int]], shares: Sequence[float]) -> Arm:
        """Limits by ranks."""
        return QuantileArm(cells, shares, self.q)


def measure_of(kpi: Kpi, part: str = "") -> Measure:
    """How a number is compared at every look. Raises QueryError, with the reason, for one that cannot be."""
    if kpi.kind in _CELLS and kpi.parts_table == "kpi_daily":
        return Means(kpi.kind, kpi.unit)
    known = QUANTILES.get(kpi.id)
    if known is not None and part in known:
        return Quantiles(known[part])
    if known is not None:
        raise QueryError(f"{kpi.label} is compared as one of {', '.join(known)}: name it.")
    if kpi.kind == "quantile":
        raise QueryError(
            f"{kpi.label} counts calls: those of one task are slow together, and its buckets do not say which belong "
            "together, so no limits hold. Take the time of whole tasks (task_latency) instead."
        )
    raise QueryError(
        f"{kpi.label} is no share, mean or quantile of single cases: nothing says how far chance alone moves it."
    )


def summed(rows: Iterable[Row]) -> Row:
    """Parts of several kinds of work together; NULL where none of them has the part."""
    found: Row = {}
    for row in rows:
        for name in (*SUMS, *_COUNTS):
            if row.get(name) is not None:
                found[name] = found.get(name, 0) + row[name]
    return {name: found.get(name) for name in (*SUMS, *_COUNTS)}


def measured_share(measure: Measure, rows: Sequence[Row]) -> float | None:
    """The share of the evidence that is there: calls with a price, tasks with a measured duration; None = not told."""
    if isinstance(measure, Quantiles):
        every = math.fsum(row["eligible"] or 0 for row in rows)
        return float(sum(row["ns"].sum() for row in rows)) / every if every else None
    total = summed(rows)
    return total["covered"] / total["eligible"] if total["covered"] is not None and total["eligible"] else None


def told_unlike(kpi: Kpi, measure: Measure, before: Sequence[Row], after: Sequence[Row]) -> str:
    """Why a move may be only that more or fewer calls have a price, or tasks a duration; '' where it is not."""
    timed = isinstance(measure, Quantiles)
    if kpi.unit != "usd" and not timed:
        return ""
    shares = [share for share in (measured_share(measure, rows) for rows in (before, after)) if share is not None]
    if len(shares) == 2 and abs(shares[0] - shares[1]) <= (SAME_MEASURED if timed else SAME_PRICED):
        return ""
    what = "tasks have a measured duration" if timed else "calls have a price"
    return f"Unlike shares of the {what} on the two sides: the move may be only that."


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
