"""Which tasks to label, how many, and what a sample with unequal chances says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from metrics.stats.interval import z_for
from metrics.stats.proportion import wilson


class DesignEffect(NamedTuple):
    """How much clustering inflates a variance, and how many independent rows carry as much."""

    deff: float
    n_eff: float


class Estimated(NamedTuple):
    """A mean with its standard error."""

    point: float
    se: float


def design_effect(m: float, icc: float, n: float) -> DesignEffect:
    """Kish's 1 + (m − 1)ρ for clusters of m rows with intraclass correlation ρ, and n over it."""
    deff = 1 + (m - 1) * icc
    return DesignEffect(deff, n / deff)


def neyman_allocation(W: Sequence[float], sd_rectifier: Sequence[float], n: float) -> dict[str, list[float]]:
    """How many of n labels each stratum gets, in proportion to its share and its spread (Neyman 1934)."""
    weights = [share * spread for share, spread in zip(W, sd_rectifier, strict=True)]
    total = math.fsum(weights)
    if total <= 0:
        raise ValueError("No stratum has any spread: there is nothing to learn from more labels.")
    return {"n_k": [n * weight / total for weight in weights]}


def pps_inclusion_probabilities(weights: Sequence[float], n: int) -> dict[str, list[float]]:
    """The chance of each item to be among n drawn in proportion to its weight; certain ones are set to 1 in turn.

    Raises ValueError where fewer than n items have a weight.
    """
    if n > sum(weight > 0 for weight in weights):
        raise ValueError(f"{n} items cannot be drawn from {sum(weight > 0 for weight in weights)} with a weight.")
    certain: set[int] = set()
    while True:
        rest = math.fsum(weight for place, weight in enumerate(weights) if place not in certain)
        free = n - len(certain)
        chances = [1.0 if i in certain else (free * w / rest if rest else 0.0) for i, w in enumerate(weights)]
        over = {place for place, chance in enumerate(chances) if chance > 1}
        if not over:
            return {"pi": chances}
        certain |= over


def active_inference_mean(
    f: Sequence[float], pi: Sequence[float], labelled: Sequence[int], y: Sequence[float | None]
) -> Estimated:
    """The mean of f + (y − f)ξ/π: a prediction for every task, mended where a label was drawn with chance π.

    Zrnic and Candès 2024 (arXiv:2403.03208). The error is that of the mean of these terms.
    """
    if len(f) < 2 or any(drawn and not chance for drawn, chance in zip(labelled, pi, strict=True)):
        raise ValueError("The estimate needs two tasks, and a chance above 0 of every one that was drawn.")
    terms = [
        guess + (((truth or 0.0) - guess) / chance if drawn else 0.0)
        for guess, chance, drawn, truth in zip(f, pi, labelled, y, strict=True)
    ]
    n = len(terms)
    point = math.fsum(terms) / n
    return Estimated(point, math.sqrt(math.fsum((term - point) ** 2 for term in terms) / (n - 1) / n))


def labels_for_half_width(p: float, half_width: float, conf: float = 0.95) -> dict[str, int]:
    """The fewest labels whose Wilson interval is no wider than ± half_width, at an expected share p."""
    if not 0 < half_width < 0.5:
        raise ValueError(f"A half width lies between 0 and 0.5, not at {half_width}.")
    low, high = 0, math.ceil((z_for(conf) / half_width) ** 2) + 1
    while high - low > 1:
        middle = (low + high) // 2
        limits = wilson(p * middle, middle, conf)
        if limits is not None and (limits.hi - limits.lo) / 2 <= half_width:
            high = middle
        else:
            low = middle
    return {"n": high}


def sample_size_two_proportions(p1: float, p2: float, alpha: float = 0.05, power: float = 0.8) -> dict[str, float]:
    """How many tasks each side needs to tell two shares apart (Cohen's h, normal approximation)."""
    from statistics import NormalDist

    effect = 2 * math.asin(math.sqrt(p1)) - 2 * math.asin(math.sqrt(p2))
    if effect == 0:
        raise ValueError("Equal shares cannot be told apart by any number of tasks.")
    needed = z_for(1 - alpha) + NormalDist().inv_cdf(power)
    return {"n_per_arm_arcsine": 2 * (needed / effect) ** 2}


def cuped_variance(rho: float, var: float) -> dict[str, float]:
    """The variance left after a covariate with correlation ρ is taken out (Deng et al. 2013)."""
    return {"var_adj": var * (1 - rho * rho), "reduction_pct": 100 * rho * rho}
