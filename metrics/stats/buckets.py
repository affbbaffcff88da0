"""Log buckets: durations counted in buckets of 1 % relative width (Masson, Rim and Lee, VLDB 2019).

A value x > 0 falls into bucket ⌈ln x / ln γ⌉ with γ = (1 + α)/(1 − α); every quantile read from the buckets is
within α of the exact one, and counts of any parts add up without loss.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.01
ZERO_BUCKET = -2147483648
_EDGE = 1e-12


@dataclass(frozen=True)
class Buckets:
    """The bucket of each value, with the value that stands for it."""

    gamma: float
    index: list[int]
    bucket_value: list[float]


def gamma_of(alpha: float = ALPHA) -> float:
    """The ratio between two neighbouring bucket edges."""
    return (1 + alpha) / (1 - alpha)


def bucket_of(x: float, alpha: float = ALPHA) -> int:
    """The bucket that holds x; values of zero and below share one."""
    return ZERO_BUCKET if x <= 0 else math.ceil(math.log(x) / math.log(gamma_of(alpha)) - _EDGE)


@lru_cache(maxsize=4096)
def bucket_value(index: int, alpha: float = ALPHA) -> float:
    """The value that stands for all values of a bucket."""
    gamma = gamma_of(alpha)
    return 0.0 if index == ZERO_BUCKET else 2 * gamma**index / (gamma + 1)


def ddsketch_index(x: Sequence[float], alpha: float = ALPHA) -> Buckets:
    """The buckets of several values."""
    index = [bucket_of(value, alpha) for value in x]
    return Buckets(gamma_of(alpha), index, [bucket_value(i, alpha) for i in index])


@dataclass(frozen=True)
class Ordered:
    """Counted values in order, for reading several ranks of the same buckets."""

    index: list[int]
    seen: list[int]

    @classmethod
    def of(cls, counted: Iterable[tuple[int, int]]) -> Ordered:
        """Buckets with how many values lie in each, in any order."""
        ordered = sorted(counted)
        return cls([index for index, _ in ordered], list(accumulate(n for _, n in ordered)))

    @property
    def n(self) -> int:
        """How many values there are."""
        return self.seen[-1] if self.seen else 0

    def at_rank(self, rank: float, alpha: float = ALPHA) -> float:
        """The value of the first bucket whose cumulative count exceeds the 0-based rank.

        Raises ValueError where there are not so many values.
        """
        place = bisect_right(self.seen, rank)
        if place == len(self.seen):
            raise ValueError(f"Rank {rank} lies beyond the {self.n} values in the buckets.")
        return bucket_value(self.index[place], alpha)


@dataclass(frozen=True)
class OrderedGroups:
    """Counted values of several groups, each in order, one group behind the other.

    `index` has the buckets, `seen` how many values lie up to the end of each, those of earlier groups included. `n`
    has the values of each group, `before` those of the groups before it, `ends` the place behind its last bucket.
    """

    index: NDArray[np.integer]
    seen: NDArray[np.integer]
    n: NDArray[np.integer]
    before: NDArray[np.integer]
    ends: NDArray[np.integer]

    @classmethod
    def of(cls, buckets: Sequence[NDArray[np.integer]], counts: Sequence[NDArray[np.integer]]) -> OrderedGroups:
        """From the buckets of each group in any order, with how many values lie in each; a bucket may come again."""
        orders = [each.argsort() for each in buckets]
        index = _joined([each[order] for each, order in zip(buckets, orders, strict=True)])
        seen = _joined([each[order] for each, order in zip(counts, orders, strict=True)]).cumsum()
        ends = np.array([len(each) for each in buckets], dtype=np.int64).cumsum()
        upto = np.append(0, seen)[np.append(0, ends)]
        return cls(index, seen, np.diff(upto), upto[:-1], ends)

    def at_ranks(self, ranks: NDArray[np.floating]) -> NDArray[np.floating]:
        """The value of each group at its own 0-based rank; NaN where there are not so many values."""
        within = np.flatnonzero((ranks >= 0) & (ranks < self.n))
        places = self.seen.searchsorted(self.before[within] + ranks[within].astype(np.int64), side="right")
        known, which = np.unique(self.index[places], return_inverse=True)
        found = np.full(len(self.n), np.nan)
        found[within] = np.array([bucket_value(each) for each in known.tolist()])[which]
        return found

    def group(self, place: int) -> Ordered:
        """The values of one group alone."""
        own = slice(self.ends[place - 1] if place else 0, self.ends[place])
        return Ordered(self.index[own].tolist(), (self.seen[own] - self.before[place]).tolist())


def _joined(arrays: list[NDArray[np.integer]]) -> NDArray[np.integer]:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)


def value_at_rank(counts: Mapping[int, int], rank: float, alpha: float = ALPHA) -> float:
    """The value at a 0-based rank. Raises ValueError where there are not so many values."""
    return Ordered.of(counts.items()).at_rank(rank, alpha)


def quantile(counts: Mapping[int, int], q: float, alpha: float = ALPHA) -> float:
    """The q-quantile of the counted values, at the 0-based rank q·(n − 1)."""
    return value_at_rank(counts, q * (sum(counts.values()) - 1), alpha)


def ddsketch_quantile(
    x: Iterable[float], alpha: float = ALPHA, quantiles: Sequence[float] = (0.5, 0.9, 0.95, 0.99)
) -> dict[str, float]:
    """Several quantiles of values by way of their buckets, keyed by the quantile as text."""
    counts = Counter(bucket_of(value, alpha) for value in x)
    return {str(q): quantile(counts, q, alpha) for q in quantiles}


def ddsketch_bucket_count(smallest: float, greatest: float, alpha: float = ALPHA) -> dict[str, int]:
    """The most buckets that values between two positive bounds can need."""
    return {"max_buckets": bucket_of(greatest, alpha) - bucket_of(smallest, alpha) + 1}
