"""Quantiles by rank: which ordered values bound a quantile, and how many are needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class RankInterval(NamedTuple):
    """1-based ranks that bound a quantile; None where even the greatest value does not bound it from above."""

    lower_rank: int | None
    upper_rank: int | None
    coverage: float


def quantile_order_stat_ci(n: int, p: float, conf: float = 0.95) -> RankInterval:
    """The order statistics of n values that hold the p-quantile with at least `conf`, as in `quantile_ranks`."""
    lower, upper = (int(ranks[0]) for ranks in quantile_ranks(np.array([n]), p, conf))
    inside = _binomial_cdf(min(upper, n + 1) - 1, n, p) - _binomial_cdf(lower - 1, n, p)
    return RankInterval(lower if lower >= 1 else None, upper if upper <= n else None, inside)


def quantile_ranks(n: NDArray[np.integer], p: float, conf: float = 0.95) -> tuple[Floats, Floats]:
    """The 1-based ranks among n values that hold the p-quantile with at least `conf` (David and Nagaraja), for each n.

    Each end leaves at most half of the remaining probability outside. A rank of 0 or above n: no value bounds it there.
    """
    tail = (1 - conf) / 2
    known, which = np.unique(n, return_inverse=True)  # many days hold equally many
    return _binomial_quantile(tail, known, p)[which], _binomial_quantile(1 - tail, known, p)[which] + 1


def min_n_for_quantile_upper_bound(p: float, one_sided_conf: float = 0.95) -> int:
    """The fewest values whose greatest bounds the p-quantile from above: 59 for p95, 299 for p99 (Wilks 1941)."""
    return math.ceil(math.log(1 - one_sided_conf) / math.log(p))


def _binomial_cdf(k: int, n: int, p: float) -> float:
    """The chance of at most k events in n trials."""
    from scipy.special import bdtr  # imported here: scipy takes longer to load than a page to draw

    return 0.0 if k < 0 else float(bdtr(k, n, p))


def _binomial_quantile(chance: float, n: NDArray[np.integer], p: float) -> Floats:
    """The fewest events k whose chance of at most k in n trials reaches `chance`, for each n.

    Cornish and Fisher's expansion is at most a few events off; stepping from there is much faster than solving for k.
    """
    from scipy.special import bdtr  # imported here for the same reason

    z = NormalDist().inv_cdf(chance)
    near = n * p + z * np.sqrt(n * p * (1 - p)) + (z * z - 1) * (1 - 2 * p) / 6
    k: Floats = np.clip(np.rint(near), 0, n)
    reached = bdtr(k, n, p) >= chance
    up, down = ~reached, reached
    while up.any():
        k = k + up
        up = up & (bdtr(k, n, p) < chance)
    while (down := down & (k > 0) & (bdtr(np.maximum(k - 1, 0), n, p) >= chance)).any():
        k = k - down
    return k


def quantile_with_inflight(
    finished_ms: Sequence[float], in_flight_age_ms: Sequence[float], q: float
) -> dict[str, float | str | None]:
    """The q-quantile when some tasks are still running: a bound where too many are, so that slow ones do not vanish.

    Running tasks will take at least their age. Where more than 1 − q of all tasks run, the quantile is only known to
    be at least the smallest age that can reach its rank. `value` is in ms.
    """
    both = sorted([(value, False) for value in finished_ms] + [(age, True) for age in in_flight_age_ms])
    if not both:
        return {"value": None, "reported": "unknown"}
    rank = min(len(both), max(1, math.ceil(q * len(both) - 1e-12)))
    value = both[rank - 1][0]
    censored = any(running for _, running in both[:rank])
    return {"value": value, "reported": f">={value:g} (censored)" if censored else f"{value:g}"}
