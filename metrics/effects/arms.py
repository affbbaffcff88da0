"""One side of a comparison: its value, its variance, and how far it may be off at a radius that holds at every look.

The radius comes from an asymptotic confidence sequence (Howard et al. 2021; Waudby-Smith et al. 2021); each side turns
it into limits that fit its kind (Wilson's for shares, logarithms for amounts, ranks for quantiles), and the sides are
put together as in Newcombe's method 10 (MOVER: Zou and Donner 2008). docs/decisions/0017 has the measured coverage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from metrics.stats.anytime import LEAST_PER_ARM, smoothed_spread
from metrics.stats.buckets import ZERO_BUCKET, bucket_value, gamma_of
from metrics.stats.interval import Interval

# A heavy tail (coefficient of variation CV) needs 150 · CV² cases until limits of a mean may be trusted.
CASES_A_SQUARED_CV = 150.0
LEAST_VARIANCE = 1e-18


class Arm(Protocol):
    """What a comparison needs to know of a side. `variance` is that of the estimate, `spread` that of one case."""

    @property
    def value(self) -> float:
        """The estimate."""

    @property
    def cases(self) -> float:
        """How many cases tell it."""

    @property
    def variance(self) -> float:
        """The variance of the estimate, on a scale that all arms of one number share."""

    @property
    def spread(self) -> float:
        """The variance of one case, on that scale and on that mix of work."""

    @property
    def least(self) -> float:
        """How many cases there must be until `limits` may be trusted."""

    def limits(self, radius: float) -> Interval:
        """The limits of the value at so many standard errors."""

    def grown(self, cases: float) -> Arm:
        """The same with so many cases, if they go on as they are."""


@dataclass(frozen=True)
class Cell:
    """Cases of one kind of work. `cases` counts effective ones, `weight` is what a common mix goes by."""

    cases: float
    value: float
    spread: float
    weight: float


@dataclass(frozen=True)
class _Weighted:
    """Cells with their shares of the common mix."""

    cells: Sequence[Cell]
    shares: Sequence[float]

    @property
    def value(self) -> float:
        """The mean of the cells."""
        return math.fsum(share * cell.value for share, cell in zip(self.shares, self.cells, strict=True))

    @property
    def cases(self) -> float:
        """Of all cells."""
        return math.fsum(cell.cases for cell in self.cells)

    @property
    def variance(self) -> float:
        """That of the mean."""
        found = math.fsum(
            share * share * cell.spread / cell.cases for share, cell in zip(self.shares, self.cells, strict=True)
        )
        return max(found, LEAST_VARIANCE)

    @property
    def spread(self) -> float:
        """That of one case."""
        found = math.fsum(share * cell.spread for share, cell in zip(self.shares, self.cells, strict=True))
        return max(found, LEAST_VARIANCE)


@dataclass(frozen=True)
class ShareArm(_Weighted):
    """A share: Wilson's limits at the effective number of cases."""

    def grown(self, cases: float) -> ShareArm:
        """A share is smoothed less the more cases there are."""
        factor = cases / self.cases

        def more(cell: Cell) -> Cell:
            n = cell.cases * factor
            smoothed = smoothed_spread(cell.value * n, n) / smoothed_spread(cell.value * cell.cases, cell.cases)
            return Cell(n, cell.value, cell.spread * smoothed, cell.weight)

        return ShareArm([more(cell) for cell in self.cells], self.shares)

    @property
    def least(self) -> float:
        """Fifty."""
        return float(LEAST_PER_ARM)

    def limits(self, radius: float) -> Interval:
        """Wilson's, with the radius in place of the quantile of the normal distribution."""
        smoothed = math.fsum(
            share * (cell.value * cell.cases + 1) / (cell.cases + 2)
            for share, cell in zip(self.shares, self.cells, strict=True)
        )
        n, p, z = smoothed * (1 - smoothed) / self.variance, self.value, radius
        middle, scale = p + z * z / (2 * n), 1 + z * z / n
        half = z * math.sqrt(max(0.0, p * (1 - p)) / n + z * z / (4 * n * n))
        return Interval(min(p, (middle - half) / scale), max(p, (middle + half) / scale))


@dataclass(frozen=True)
class AmountArm(_Weighted):
    """A mean of amounts, or a ratio of two sums: limits on the logarithm, which fit skewed amounts."""

    def grown(self, cases: float) -> AmountArm:
        """With the same spread."""
        factor = cases / self.cases
        return AmountArm([replace(cell, cases=cell.cases * factor) for cell in self.cells], self.shares)

    @property
    def least(self) -> float:
        """Fifty; more where few cases hold most of the amount."""
        squared = self.spread / (self.value * self.value) if self.value > 0 else 0.0
        return max(float(LEAST_PER_ARM), CASES_A_SQUARED_CV * squared)

    def limits(self, radius: float) -> Interval:
        """Symmetric on the logarithm; plain where the value is not above zero."""
        error = radius * math.sqrt(self.variance)
        if self.value <= 0:
            return Interval(self.value - error, self.value + error)
        step = error / self.value
        return Interval(self.value * math.exp(-step), self.value * math.exp(step) if step < 100 else math.inf)


@dataclass(frozen=True)
class QuantileArm:
    """A quantile of durations in log buckets: the limits are those of its rank, read at the buckets' far edges.

    `counts` has the durations of each kind of work by bucket. Variances are on the scale of ranks.
    """

    counts: Sequence[Mapping[int, int]]
    shares: Sequence[float]
    q: float
    times: float = 1.0

    def grown(self, cases: float) -> QuantileArm:
        """With the same durations, so many times."""
        return replace(self, times=self.times * cases / self.cases)

    @property
    def _numbers(self) -> list[int]:
        return [sum(each.values()) for each in self.counts]

    @property
    def cases(self) -> float:
        """All durations."""
        return self.times * sum(self._numbers)

    @property
    def _below(self) -> list[float]:
        """The share at or below the quantile in each kind of work, never 0 or 1 where there are several."""
        if len(self.counts) == 1:
            return [self.q]
        found = self._at(self.q)
        edge = math.inf if found is None else found
        below = [sum(count for bucket, count in each.items() if bucket <= edge) for each in self.counts]
        return [(k + 1) / (n + 2) for k, n in zip(below, self._numbers, strict=True)]

    @property
    def spread(self) -> float:
        """That of "one case is below the quantile"."""
        return math.fsum(share * p * (1 - p) for share, p in zip(self.shares, self._below, strict=True))

    @property
    def variance(self) -> float:
        """That of the share below the quantile."""
        told = zip(self.shares, self._below, self._numbers, strict=True)
        return math.fsum(share * share * p * (1 - p) / n for share, p, n in told) / self.times

    @property
    def least(self) -> float:
        """Fifty beyond the quantile's rarer side."""
        return max(float(LEAST_PER_ARM), 5 / min(self.q, 1 - self.q))

    @property
    def value(self) -> float:
        """The quantile."""
        found = self._at(self.q)
        return math.inf if found is None else bucket_value(found)

    def limits(self, radius: float) -> Interval:
        """Where the ranks at the radius lie; infinite above where they lie beyond the last duration."""
        half = radius * math.sqrt(self.variance)
        low = self._at(self.q - half) if self.q > half else None
        high = self._at(self.q + half) if self.q + half < 1 else None
        lo = 0.0 if low is None or low == ZERO_BUCKET else gamma_of() ** (low - 1)
        hi = math.inf if high is None else 0.0 if high == ZERO_BUCKET else gamma_of() ** high
        return Interval(lo, hi)

    def _at(self, rank: float) -> int | None:
        """The bucket in which the weighted share of durations reaches the rank."""
        weights: dict[int, float] = {}
        for share, counts, n in zip(self.shares, self.counts, self._numbers, strict=True):
            for bucket, count in counts.items():
                weights[bucket] = weights.get(bucket, 0.0) + share * count / n
        reached = 0.0
        for bucket in sorted(weights):
            reached += weights[bucket]
            if reached >= rank - 1e-12:
                return bucket
        return None


def share_cell(k: float, n: float, weight: float | None = None) -> Cell:
    """Cases of a share."""
    return Cell(n, k / n, smoothed_spread(k, n), n if weight is None else weight)
