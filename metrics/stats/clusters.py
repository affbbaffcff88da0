"""Shares of calls that come in clusters: the calls of one task succeed and fail together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from metrics.stats.interval import Interval
from metrics.stats.proportion import wilson


class ClusterParts(NamedTuple):
    """The additive parts of k events in n calls over clusters g: Σk_g², Σk_g·n_g and Σn_g²."""

    k: float
    n: float
    k_sq: float
    cross: float
    n_sq: float


class ClusteredMean(NamedTuple):
    """A mean with its standard error between clusters."""

    mean: float
    se_cluster: float


def clustered_se(parts: ClusterParts) -> float:
    """The standard error of k/n over clusters: √Σ(k_g − p·n_g)² / n (Miller, arXiv:2411.00640, eq. 4)."""
    rate = parts.k / parts.n
    return math.sqrt(max(0.0, parts.k_sq - 2 * rate * parts.cross + rate * rate * parts.n_sq)) / parts.n


def clustered_se_mean(y: Sequence[float], cluster: Sequence[Hashable]) -> ClusteredMean:
    """The mean of y and its standard error where rows of one cluster belong together."""
    if not y:
        raise ValueError("A mean needs at least one value.")
    sums: dict[Hashable, list[float]] = defaultdict(list)
    for value, name in zip(y, cluster, strict=True):
        sums[name].append(value)
    pairs = [(math.fsum(values), len(values)) for values in sums.values()]
    parts = ClusterParts(
        math.fsum(k for k, _ in pairs),
        len(y),
        math.fsum(k * k for k, _ in pairs),
        math.fsum(k * n for k, n in pairs),
        math.fsum(n * n for _, n in pairs),
    )
    return ClusteredMean(parts.k / parts.n, clustered_se(parts))


def wilson_clustered(parts: ClusterParts) -> Interval | None:
    """The score interval of k/n on the effective sample size n / max(1, se_cluster² / (p(1 − p)/n)).

    Where all calls or none are events there is no variation to judge the clusters by, and n stands. None where n
    is 0, or where mixed results all come from one cluster: other clusters could be anything.
    """
    if parts.n <= 0:
        return None
    rate = parts.k / parts.n
    naive = rate * (1 - rate) / parts.n
    if naive <= 0:
        return wilson(parts.k, parts.n)
    if parts.n > 1 and parts.n_sq >= parts.n * parts.n:
        return None
    effective = parts.n / max(1.0, clustered_se(parts) ** 2 / naive)
    return wilson(rate * effective, effective)
