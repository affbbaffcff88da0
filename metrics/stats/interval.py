"""What an interval is, and the one confidence level used everywhere."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

Z_95 = 1.959963984540054


class Interval(NamedTuple):
    """A confidence interval from `lo` to `hi`."""

    lo: float
    hi: float


def z_for(conf: float) -> float:
    """The two-sided normal quantile of a confidence level between 0 and 1."""
    return Z_95 if conf == 0.95 else NormalDist().inv_cdf((1 + conf) / 2)
