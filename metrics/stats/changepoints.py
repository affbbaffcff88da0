"""When a stream changed. These localise and explain; none of them keeps a false-alarm promise (e_detector does)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple


class RunLengths(NamedTuple):
    """How long the present segment has lasted: the chance of each length, and the likeliest."""

    posterior_run_length: dict[str, float]
    map_run_length: int


class Split(NamedTuple):
    """The split into two means with the least squared error; `last_year_before` counts from `first_year`."""

    split_after_index_1based: int
    last_year_before: int | None
    mean_before: float
    mean_after: float


class Located(NamedTuple):
    """The chance of no change (key 0) and of a change after day t, without and with the marker."""

    uniform: dict[str, float]
    with_marker: dict[str, float]


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def bocpd_beta_bernoulli(x: Sequence[int], hazard: float, prior: tuple[float, float] = (1.0, 1.0)) -> RunLengths:
    """The posterior of the run length after a stream of 0 and 1 (Adams and MacKay 2007, arXiv:0710.3742).

    The run length is the number of observations in the present segment; before each but the first the stream may have
    changed with chance `hazard`. Raises ValueError for an empty stream.
    """
    if not x:
        raise ValueError("There is no run length without an observation.")
    runs: dict[int, tuple[float, float, float]] = {}
    for value in x:
        grown = {
            length + 1: (weight * (1 - hazard) * _chance(a, b, value), a + value, b + 1 - value)
            for length, (weight, a, b) in runs.items()
        }
        fresh = hazard * math.fsum(weight for weight, _, _ in runs.values()) if runs else 1.0
        grown[1] = (fresh * _chance(*prior, value), prior[0] + value, prior[1] + 1 - value)
        total = math.fsum(weight for weight, _, _ in grown.values())
        runs = {length: (weight / total, a, b) for length, (weight, a, b) in grown.items()}
    chances = {length: runs[length][0] for length in sorted(runs)}
    return RunLengths({str(k): v for k, v in chances.items()}, max(chances, key=lambda length: chances[length]))


def _chance(a: float, b: float, value: int) -> float:
    return (a if value else b) / (a + b)


def offline_single_changepoint_l2(x: Sequence[float], first_year: int | None = None) -> Split:
    """Where one change of the mean explains a whole series best. Raises ValueError below two points."""
    n = len(x)
    if n < 2:
        raise ValueError("A change needs at least two points.")
    sums = [0.0, *accumulate(x)]
    place = max(range(1, n), key=lambda t: sums[t] ** 2 / t + (sums[n] - sums[t]) ** 2 / (n - t))
    year = None if first_year is None else first_year + place - 1
    return Split(place, year, sums[place] / place, (sums[n] - sums[place]) / (n - place))


def changepoint_posterior(
    days_success_n: Sequence[tuple[float, float]], p_change: float = 0.5, weights: Sequence[float] | None = None
) -> list[float]:
    """The chance that nothing changed, then that the rate changed after day 1, 2 … of k successes in n.

    Each side has its own rate with a flat prior. `weights` are how likely each day was beforehand, relative to the
    others; p_change is how likely any change was.
    """
    days = len(days_success_n)
    weights = [1.0] * (days - 1) if weights is None else weights
    if days < 2 or len(weights) != days - 1:
        raise ValueError("A change needs at least two days, and a weight for each day but the last.")
    right = [0.0, *accumulate(k for k, _ in days_success_n)]
    all_n = [0.0, *accumulate(n for _, n in days_success_n)]

    def evidence(first: int, last: int) -> float:
        k, n = right[last] - right[first], all_n[last] - all_n[first]
        return _log_beta(1 + k, 1 + n - k)

    total = math.fsum(weights)
    logs = [math.log1p(-p_change) + evidence(0, days)] + [
        math.log(p_change * weight / total) + evidence(0, t) + evidence(t, days) if weight > 0 else -math.inf
        for t, weight in enumerate(weights, 1)
    ]
    top = max(logs)
    scaled = [math.exp(value - top) for value in logs]
    return [value / math.fsum(scaled) for value in scaled]


def changepoint_posterior_with_markers(
    days_success_n: Sequence[tuple[float, float]], p_change: float, marker_after_day: int, marker_weight: float
) -> Located:
    """The same with all days alike, and with a known release after one day weighing more. Both are to be shown."""
    days = range(1, len(days_success_n))
    weights = [marker_weight if day == marker_after_day else 1.0 for day in days]
    found = changepoint_posterior(days_success_n, p_change), changepoint_posterior(days_success_n, p_change, weights)
    return Located(*({str(day): chance for day, chance in enumerate(each)} for each in found))
