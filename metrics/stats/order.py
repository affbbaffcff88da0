"""Quantiles by rank: which ordered values bound a quantile, and how many are needed."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple


class RankInterval(NamedTuple):
    """1-based ranks that bound a quantile; None where even the greatest value does not bound it from above."""

    lower_rank: int | None
    upper_rank: int | None
    coverage: float


@lru_cache(maxsize=4096)
def quantile_order_stat_ci(n: int, p: float, conf: float = 0.95) -> RankInterval:
    """The order statistics of n values that hold the p-quantile with at least `conf` (David and Nagaraja).

    Each end leaves at most half of the remaining probability outside.
    """
    tail = (1 - conf) / 2
    lower = _binomial_quantile(tail, n, p)
    upper = _binomial_quantile(1 - tail, n, p) + 1
    inside = _binomial_cdf(min(upper, n + 1) - 1, n, p) - _binomial_cdf(lower - 1, n, p)
    return RankInterval(lower if lower >= 1 else None, upper if upper <= n else None, inside)


def min_n_for_quantile_upper_bound(p: float, one_sided_conf: float = 0.95) -> int:
    """The fewest values whose greatest bounds the p-quantile from above: 59 for p95, 299 for p99 (Wilks 1941)."""
    return math.ceil(math.log(1 - one_sided_conf) / math.log(p))


def _binomial_cdf(k: int, n: int, p: float) -> float:
    """The chance of at most k events in n trials."""
    from scipy.special import bdtr  # imported here: scipy takes longer to load than a page to draw

    return 0.0 if k < 0 else float(bdtr(k, n, p))


def _binomial_quantile(chance: float, n: int, p: float) -> int:
    """The fewest events k whose chance of at most k reaches `chance`."""
    from scipy.special import bdtrik  # imported here for the same reason

    k = math.ceil(float(bdtrik(chance, n, p)))
    return k - 1 if k > 0 and _binomial_cdf(k - 1, n, p) >= chance else max(k, 0)
