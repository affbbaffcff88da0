"""The detector of `e_detector` for many streams at once, in arrays: the same numbers, as logarithms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metrics.stats.e_detector import LAMBDAS

Grid = NDArray[np.float64]


def e_shiryaev_roberts_paths(s: Grid, n: Grid, p0: Grid, most: float | None = None) -> Grid:
    """log M after each day for streams in rows and days in columns: s of n, watched for a drop below p0 of the day.

    Bets of 1/(1 − p0) and more on any day of a stream are left out of that stream's mean. `most` is the logarithm of
    what a day may multiply a bet by: less than it could keeps every promise.
    """
    bets = np.asarray(LAMBDAS)[None, :, None]
    usable = np.all(bets * (1 - p0[:, None, :]) < 1, axis=2)
    safe = np.where(usable[:, :, None], bets, 0.0)
    log_e = s[:, None, :] * np.log1p(safe * (p0[:, None, :] - 1)) + (n - s)[:, None, :] * np.log1p(
        safe * p0[:, None, :]
    )
    log_e = log_e if most is None else np.minimum(log_e, most)
    upto = np.cumsum(log_e, axis=2)
    started = -np.concatenate([np.zeros_like(upto[:, :, :1]), upto[:, :, :-1]], axis=2)
    paths = upto + np.logaddexp.accumulate(started, axis=2)
    weights = np.where(usable, 0.0, -np.inf)[:, :, None] - np.log(usable.sum(axis=1))[:, None, None]
    mean: Grid = np.logaddexp.reduce(paths + weights, axis=1)
    return mean
