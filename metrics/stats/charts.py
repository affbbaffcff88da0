"""Control charts for a stream with a known mean and spread (Montgomery, Statistical Quality Control)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Cusum(NamedTuple):
    """Both sums, when one first passed the limit, since when it had grown, and where the mean seems to be now."""

    C_plus: list[float]
    C_minus: list[float]
    signal_period_1based: int | None
    N_plus_at_signal: int | None
    change_after_period: int | None
    new_mean_estimate: float | None


class RunLength(NamedTuple):
    """How many points on average until an alarm: without a change (0) and after one of one standard deviation (1)."""

    arl0_one_sided: float
    arl0_two_sided: float
    arl1_delta1: float


class Ewma(NamedTuple):
    """The smoothed stream and its upper limit at the first point and in the long run."""

    z: list[float]
    ucl_1: float
    ucl_inf: float
    first_signal_1based: int | None

    @property
    def z_first5(self) -> list[float]:
        return self.z[:5]

    @property
    def z_last3(self) -> list[float]:
        return self.z[-3:]


def cusum_tabular(x: Sequence[float], target: float, K: float, H: float) -> Cusum:
    """The tabular CUSUM with slack K and limit H, in the units of x. The estimates belong to the first signal."""
    plus, minus, up, down, grown, fallen = [], [], 0.0, 0.0, 0, 0
    signal: tuple[int, int, float] | None = None
    for place, value in enumerate(x, 1):
        up, down = max(0.0, value - (target + K) + up), max(0.0, target - K - value + down)
        grown, fallen = (grown + 1 if up > 0 else 0), (fallen + 1 if down > 0 else 0)
        plus.append(up)
        minus.append(down)
        if signal is None and max(up, down) > H:
            rising = up > H
            run = grown if rising else fallen
            signal = place, run, target + (K + up / run if rising else -K - down / run)
    if signal is None:
        return Cusum(plus, minus, None, None, None, None)
    return Cusum(plus, minus, signal[0], signal[1], signal[0] - signal[1], signal[2])


def cusum_arl_siegmund(h: float, k: float) -> RunLength:
    """Average run lengths of a CUSUM with limit h and slack k in standard deviations (Siegmund 1985)."""

    def one_sided(shift: float) -> float:
        drift, b = shift - k, h + 1.166
        return b * b if drift == 0 else (math.exp(-2 * drift * b) + 2 * drift * b - 1) / (2 * drift * drift)

    quiet = one_sided(0.0)
    return RunLength(quiet, quiet / 2, 1 / (1 / one_sided(1.0) + 1 / one_sided(-1.0)))


def ewma(x: Sequence[float], target: float, sigma: float, L: float, lam: float) -> Ewma:
    """The exponentially weighted mean with weight lam for the newest point and limits L standard errors wide."""
    smoothed, now, signal = [], target, None

    def half(points: float) -> float:
        return L * sigma * math.sqrt(lam / (2 - lam) * (1 - (1 - lam) ** (2 * points)))

    for place, value in enumerate(x, 1):
        now = lam * value + (1 - lam) * now
        smoothed.append(now)
        if signal is None and abs(now - target) > half(place):
            signal = place
    return Ewma(smoothed, target + half(1), target + half(math.inf), signal)
