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
from itertools import accumulate

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
