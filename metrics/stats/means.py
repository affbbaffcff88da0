"""Means of heavy-tailed amounts such as cost."""

from __future__ import annotations

import math

from metrics.stats.interval import Interval, z_for


def log_delta_mean(total: float, total_sq: float, n: int, conf: float = 0.95) -> Interval | None:
    """The interval of a positive mean from Σx, Σx² and n, symmetric on the log scale (delta method).

    It never reaches below zero and fits skewed costs better than mean ± error. None below two values or where
    the mean is not positive.
    """
    if n < 2 or total <= 0:
        return None
    mean = total / n
    variance = max(0.0, total_sq - n * mean * mean) / (n - 1)
    spread = z_for(conf) * math.sqrt(variance / n) / mean
    if spread > math.log(1e12):
        return None
    return Interval(mean * math.exp(-spread), mean * math.exp(spread))
