"""Ratios of two sums, as cost per success."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from metrics.stats.interval import Interval, z_for
from metrics.stats.proportion import wilson


class RatioParts(NamedTuple):
    """The additive parts of Σx/Σy over n pairs."""

    x: float
    x_sq: float
    y: float
    y_sq: float
    cross: float
    n: int


class RatioResult(NamedTuple):
    """A ratio with its delta-method error and interval, and Fieller's g and interval (None where unbounded)."""

    ratio: float
    se_delta: float
    delta_ci: Interval
    g: float
    fieller_ci: Interval | None


def fieller(parts: RatioParts, conf: float = 0.95) -> Interval | None:
    """Fieller's interval of Σx/Σy (1954). None where it is unbounded (g ≥ 1) or fewer than two pairs exist."""
    if parts.n < 2 or parts.y <= 0:
        return None
    mean_x, mean_y = parts.x / parts.n, parts.y / parts.n
    var_x, var_y, cov = _variances_of_means(parts)
    z_sq = z_for(conf) ** 2
    scale = mean_y * mean_y - z_sq * var_y
    if scale <= 1e-12 * mean_y * mean_y:
        return None
    middle = mean_x * mean_y - z_sq * cov
    under_root = max(0.0, middle * middle - scale * (mean_x * mean_x - z_sq * var_x))
    half = math.sqrt(under_root)
    return Interval((middle - half) / scale, (middle + half) / scale)


def ratio_ci(cost: Sequence[float], success: Sequence[float], conf: float = 0.95) -> RatioResult:
    """Σcost/Σsuccess with both intervals (delta: Deng, Knoblich and Lu 2018). Raises ValueError without a success."""
    if len(cost) != len(success) or len(cost) < 2 or sum(success) <= 0:
        raise ValueError("A ratio needs at least two pairs of cost and success, and one success.")
    parts = RatioParts(
        math.fsum(cost),
        math.fsum(value * value for value in cost),
        math.fsum(success),
        math.fsum(value * value for value in success),
        math.fsum(a * b for a, b in zip(cost, success, strict=True)),
        len(cost),
    )
    ratio, mean_y = parts.x / parts.y, parts.y / parts.n
    var_x, var_y, cov = _variances_of_means(parts)
    error = math.sqrt(max(0.0, var_x - 2 * ratio * cov + ratio * ratio * var_y)) / mean_y
    z = z_for(conf)
    delta = Interval(ratio - z * error, ratio + z * error)
    return RatioResult(ratio, error, delta, z * z * var_y / (mean_y * mean_y), fieller(parts, conf))


class CostOfPass(NamedTuple):
    """How many successes a total bought, what each cost, and Wilson's interval of the accuracy."""

    successes: int
    cost_per_success: float
    wilson: Interval | None


def cost_of_pass(
    accuracy: float, mean_cost: float | None = None, total_cost: float | None = None, tasks: int | None = None
) -> float | CostOfPass:
    """The expected cost of one success: mean cost / accuracy, infinite without any success (arXiv:2504.13359).

    With `total_cost` and `tasks` in place of the mean also the successes and the accuracy's interval.
    """
    if mean_cost is not None:
        return mean_cost / accuracy if accuracy > 0 else math.inf
    if total_cost is None or tasks is None:
        raise ValueError("Either the mean cost is needed, or the total and the number of tasks.")
    successes = round(accuracy * tasks)
    return CostOfPass(successes, total_cost / successes if successes else math.inf, wilson(successes, tasks))


def cost_of_pass_ratio(a: tuple[float, float], b: tuple[float, float]) -> float:
    """How many times more one success of a costs than one of b; each is (total cost, successes)."""
    if len(a) != 2 or len(b) != 2 or min(a[1], *b) <= 0:
        raise ValueError("Each side is (total cost, successes), with a success on both and a cost on the second.")
    return (a[0] / a[1]) / (b[0] / b[1])


def ratio_of_sums_vs_mean_of_ratios(
    tasks: Sequence[float], mean_cost: Sequence[float], accuracy: Sequence[float]
) -> dict[str, float]:
    """Cost per success over several groups: all cost over all successes. A mean of ratios is wrong and not given."""
    if math.fsum(n * rate for n, rate in zip(tasks, accuracy, strict=True)) <= 0:
        raise ValueError("A cost per success needs at least one success.")
    cost = math.fsum(n * each for n, each in zip(tasks, mean_cost, strict=True))
    return {"ratio_of_sums": cost / math.fsum(n * rate for n, rate in zip(tasks, accuracy, strict=True))}


def frontier_cost_of_pass(per_problem: Sequence[Mapping[str, tuple[float, float]]], human: float) -> dict[str, float]:
    """The cheapest success of each problem over (mean cost, accuracy) of models and a person, and the mean of these."""
    if not per_problem:
        raise ValueError("A frontier needs at least one problem.")
    least = [
        min(human, *(cost / accuracy if accuracy > 0 else math.inf for cost, accuracy in problem.values()))
        for problem in per_problem
    ]
    return {f"p{place}": value for place, value in enumerate(least, 1)} | {"mean": math.fsum(least) / len(least)}


def _variances_of_means(parts: RatioParts) -> tuple[float, float, float]:
    """The variances of both means and their covariance."""
    n, degrees = parts.n, parts.n * (parts.n - 1)
    var_x = max(0.0, parts.x_sq - parts.x * parts.x / n) / degrees
    var_y = max(0.0, parts.y_sq - parts.y * parts.y / n) / degrees
    return var_x, var_y, (parts.cross - parts.x * parts.y / n) / degrees
