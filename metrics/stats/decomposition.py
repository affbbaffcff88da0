"""Why a figure moved: effects that add up to the difference, to the last digit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from metrics.stats.interval import Interval, z_for

MOST_FACTORS = 8


class Effects(NamedTuple):
    """The effect of each factor and their sum, which is the whole difference."""

    effects: list[float]
    total: float


class TwoFactors(NamedTuple):
    """The effects of two factors on their product."""

    effect_a: float
    effect_b: float
    total: float


class RateAndMix(NamedTuple):
    """How much of a change of a rate came from the rates of segments, and how much from their shares."""

    rate0: float
    rate1: float
    total: float
    rate_effect: float
    mix_effect: float
    segment_rate_effect: list[float]
    segment_mix_effect_centred: list[float]


class Standardised(NamedTuple):
    """Two rates on the same mix of segments, their difference, and the common odds ratio with its test."""

    A: float
    B: float
    diff_B_minus_A: float
    se: float
    ci: Interval
    cmh_or_A_vs_B: float | None
    cmh_p: float | None


class DifferenceInDifferences(NamedTuple):
    """What changed beyond what changed anyway, with its standard error."""

    did: float
    se: float


def shapley(factors: int, value: Callable[[frozenset[int]], float]) -> list[float]:
    """The Shapley value of each factor for a game that gives the figure once a set of factors has moved.

    2^k evaluations: more than eight factors are refused with ValueError.
    """
    if factors > MOST_FACTORS:
        raise ValueError(f"{factors} factors need {2**factors} evaluations; group them to at most {MOST_FACTORS}.")
    known = {frozenset(moved): value(frozenset(moved)) for size in range(factors + 1) for moved in _sets(factors, size)}
    weights = [
        math.factorial(size) * math.factorial(factors - size - 1) / math.factorial(factors) for size in range(factors)
    ]
    return [
        math.fsum(
            weights[len(moved)] * (known[moved | {factor}] - known[moved]) for moved in known if factor not in moved
        )
        for factor in range(factors)
    ]


def _sets(factors: int, size: int) -> combinations[tuple[int, ...]]:
    return combinations(range(factors), size)


def product_decomposition_shapley(x0: Sequence[float], x1: Sequence[float]) -> Effects:
    """The effects of factors on their product: equal to Das Gupta's formulas (1993) for any number of them."""
    return vector_product_decomposition_shapley([[value] for value in x0], [[value] for value in x1])


def vector_product_decomposition_shapley(x0: Sequence[Sequence[float]], x1: Sequence[Sequence[float]]) -> Effects:
    """The same for a sum over segments of the product of their factors; each factor is a list over segments."""

    def figure(moved: frozenset[int]) -> float:
        chosen = [after if place in moved else before for place, (before, after) in enumerate(zip(x0, x1, strict=True))]
        return math.fsum(math.prod(values) for values in zip(*chosen, strict=True))

    effects = shapley(len(x0), figure)
    everything = frozenset(range(len(x0)))
    return Effects(effects, figure(everything) - figure(frozenset()))


def two_factor_decomposition(pop1: Mapping[str, float], pop2: Mapping[str, float]) -> TwoFactors:
    """The effects of `a` and `b` on a·b (Das Gupta 1993, two factors)."""
    found = product_decomposition_shapley([pop1["a"], pop1["b"]], [pop2["a"], pop2["b"]])
    return TwoFactors(found.effects[0], found.effects[1], found.total)


def kitagawa(
    n0: Sequence[float],
    k0: Sequence[float],
    n1: Sequence[float],
    k1: Sequence[float],
    segments: Sequence[str] | None = None,
) -> RateAndMix:
    """Rate against mix for k of n in segments, before (0) and after (1) (Kitagawa 1955).

    Centred on the mean rate, so that growth of a segment better than the average is a gain. A segment that is new or
    gone has one rate only, and all its effect is mix. Raises ValueError where a period has no task.
    """
    all0, all1 = math.fsum(n0), math.fsum(n1)
    if all0 <= 0 or all1 <= 0:
        raise ValueError("Rate and mix need tasks both before and after.")
    rate0, rate1 = math.fsum(k0) / all0, math.fsum(k1) / all1
    rates, mixes = [], []
    for before_n, before_k, after_n, after_k in zip(n0, k0, n1, k1, strict=True):
        before = before_k / before_n if before_n else (after_k / after_n if after_n else 0.0)
        after = after_k / after_n if after_n else before
        share0, share1 = before_n / all0, after_n / all1
        rates.append((after - before) * (share0 + share1) / 2)
        mixes.append((share1 - share0) * ((before + after) / 2 - (rate0 + rate1) / 2))
    return RateAndMix(rate0, rate1, rate1 - rate0, math.fsum(rates), math.fsum(mixes), rates, mixes)


def mix_adjusted_difference(
    n0: Sequence[float],
    k0: Sequence[float],
    n1: Sequence[float],
    k1: Sequence[float],
    weights: str = "pooled",
    segments: Sequence[str] | None = None,
    conf: float = 0.95,
) -> Standardised:
    """Arm B (1) against arm A (0) by direct standardisation to the pooled mix, with Cochran-Mantel-Haenszel.

    Segments that one arm lacks are left out. Raises ValueError where none is left, or for other weights.
    """
    if weights != "pooled":
        raise ValueError(f"Segments are weighted by both arms together (pooled), not by {weights}.")
    cells = [cell for cell in zip(n0, k0, n1, k1, strict=True) if cell[0] > 0 and cell[2] > 0]
    if not cells:
        raise ValueError("No segment has tasks of both arms: the two cannot be compared on one mix.")
    total = math.fsum(a_n + b_n for a_n, _, b_n, _ in cells)
    shares = [(a_n + b_n) / total for a_n, _, b_n, _ in cells]
    rate_a = math.fsum(share * k / n for share, (n, k, _, _) in zip(shares, cells, strict=True))
    rate_b = math.fsum(share * k / n for share, (_, _, n, k) in zip(shares, cells, strict=True))
    variance = math.fsum(
        share * share * (_spread(a_k, a_n) + _spread(b_k, b_n))
        for share, (a_n, a_k, b_n, b_k) in zip(shares, cells, strict=True)
    )
    diff, se = rate_b - rate_a, math.sqrt(variance)
    half = z_for(conf) * se
    return Standardised(rate_a, rate_b, diff, se, Interval(diff - half, diff + half), *_mantel_haenszel(cells))


def _spread(k: float, n: float) -> float:
    return k / n * (1 - k / n) / n


def _mantel_haenszel(cells: Sequence[tuple[float, float, float, float]]) -> tuple[float | None, float | None]:
    """The common odds ratio of A against B and the p-value that it is 1 (without continuity correction)."""
    from scipy.stats import chi2

    with_a = math.fsum(a_k * (b_n - b_k) / (a_n + b_n) for a_n, a_k, b_n, b_k in cells)
    with_b = math.fsum(b_k * (a_n - a_k) / (a_n + b_n) for a_n, a_k, b_n, b_k in cells)
    surplus = math.fsum(a_k - a_n * (a_k + b_k) / (a_n + b_n) for a_n, a_k, b_n, b_k in cells)
    variance = math.fsum(
        a_n * b_n * (a_k + b_k) * (a_n + b_n - a_k - b_k) / ((a_n + b_n) ** 2 * (a_n + b_n - 1))
        for a_n, a_k, b_n, b_k in cells
        if a_n + b_n > 1
    )
    odds = with_a / with_b if with_b > 0 else None
    return odds, float(chi2.sf(surplus * surplus / variance, 1)) if variance > 0 else None


def difference_in_differences(
    treated_before: tuple[float, float],
    treated_after: tuple[float, float],
    control_before: tuple[float, float],
    control_after: tuple[float, float],
) -> DifferenceInDifferences:
    """How much more the treated changed than the controls; each is (k, n), n above 0."""
    arms = (treated_after, treated_before, control_after, control_before)
    if any(n <= 0 for _, n in arms):
        raise ValueError("Each side needs at least one task before and after.")
    rates = [k / n for k, n in arms]
    return DifferenceInDifferences(
        rates[0] - rates[1] - (rates[2] - rates[3]), math.sqrt(math.fsum(_spread(k, n) for k, n in arms))
    )
