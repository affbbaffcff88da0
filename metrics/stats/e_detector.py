"""A detector with a false-alarm budget that holds for any number of looks (Shin, Ramdas and Rinaldo 2024).

M_t = (M_{t-1} + 1)·L_t, with L_t an e-value of "the mean is still at least p0"; the chance of a false alarm within D
days is at most D/threshold. A rise is watched as a drop of 1 − x.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

LAMBDAS = (0.25, 0.5, 1.0, 2.0, 4.0)


class Detected(NamedTuple):
    """M after every step, where it first reached the threshold and how high it stood there."""

    path: list[float]
    alarm_index_1based: int | None
    value_at_alarm: float | None

    @property
    def value_at_20(self) -> float | None:
        return self.path[19] if len(self.path) > 19 else None


def e_sr_alarm_budget(streams: int, days: int, budget_false_alarms: float) -> dict[str, float]:
    """The threshold at which `streams` raise at most so many false alarms within `days`, together."""
    return {"threshold": streams * days / budget_false_alarms}


def e_shiryaev_roberts_daily(
    days_success_n: Sequence[tuple[float, float]],
    p0: float | Sequence[float],
    lambdas: Sequence[float] = LAMBDAS,
) -> dict[str, list[float]]:
    """M after each day of s successes in n: the mean over bets. `p0` may differ by day; a day without tasks counts.

    Bets of 1/(1 − p0) and more could lose everything on one success and are left out.
    """
    expected = [p0] * len(days_success_n) if isinstance(p0, int | float) else list(p0)
    bets = [bet for bet in lambdas if all(bet * (1 - each) < 1 for each in expected)]
    if not bets:
        raise ValueError(f"No bet of {list(lambdas)} is smaller than 1/(1 - p0).")
    now, path = dict.fromkeys(bets, 0.0), []
    for (right, n), mean in zip(days_success_n, expected, strict=True):
        for bet in bets:
            log_e = right * math.log1p(bet * (mean - 1)) + (n - right) * math.log1p(bet * mean)
            now[bet] = _grown(now[bet], log_e)
        path.append(math.fsum(now.values()) / len(bets))
    return {"M": path}


def e_shiryaev_roberts_drop(
    x: Sequence[float],
    baseline_p0: float,
    lambdas: Sequence[float] = LAMBDAS,
    threshold: float = 1000.0,
) -> Detected:
    """The detector, observation by observation, for values between 0 and 1."""
    path = e_shiryaev_roberts_daily([(value, 1.0) for value in x], baseline_p0, lambdas)["M"]
    alarm = next((place for place, value in enumerate(path, 1) if value >= threshold), None)
    return Detected(path, alarm, None if alarm is None else path[alarm - 1])


def _grown(before: float, log_e: float) -> float:
    """(M + 1)·L, held below infinity: past that an alarm is long due."""
    return math.exp(min(700.0, math.log1p(before) + log_e))
