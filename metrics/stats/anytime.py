"""Intervals and tests that hold however often one looks.

Howard et al. 2021 (boundaries), Waudby-Smith and Ramdas 2020 (arXiv:2006.04347), Waudby-Smith et al. 2021
(arXiv:2103.06476), Turner, Ly and Grünwald 2021 (arXiv:2106.02693).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from metrics.stats.difference import newcombe_diff
from metrics.stats.interval import Interval
from metrics.stats.proportion import wilson

LEAST_PER_ARM = 50


class NormalMixture(NamedTuple):
    """The mixture's tuning, its log e-value at s, and how far s may go at this intrinsic time."""

    rho: float
    log_supermartingale: float
    bound: float


class BetaBinomial(NamedTuple):
    """The log e-values of the two-sided and of the one-sided mixture."""

    two_sided: float
    one_sided: float


class EProcess(NamedTuple):
    """Evidence that two shares differ: the e-value after every block, at the end, and the p-value valid at any time."""

    path: list[float]
    e_final: float
    always_valid_p: float

    @property
    def e_after_10(self) -> float | None:
        return self.path[9] if len(self.path) > 9 else None


class PeekProof(NamedTuple):
    """An interval that holds at every look, and Wilson's for one look only."""

    lo: float
    hi: float
    wilson_for_contrast: Interval | None


class Verdict(NamedTuple):
    """after − before with a confidence sequence and the words for it; Newcombe's fixed interval for contrast."""

    diff: float
    cs_diff: Interval
    verdict: str
    newcombe_fixed_n: Interval | None


def mixture_rho(v_opt: float, alpha: float) -> float:
    """The tuning that makes the boundary tightest at intrinsic time v_opt (Howard et al. 2021, section 3.5)."""
    return v_opt / (2 * math.log(1 / alpha) + math.log(1 + 2 * math.log(1 / alpha)))


def normal_mixture_two_sided(s: float, v: float, v_opt: float, alpha_opt: float, alpha: float) -> NormalMixture:
    """The two-sided normal mixture at sum s and intrinsic time v."""
    rho = mixture_rho(v_opt, alpha_opt)
    log_e = 0.5 * math.log(rho / (v + rho)) + s * s / (2 * (v + rho))
    return NormalMixture(rho, log_e, math.sqrt((v + rho) * (math.log1p(v / rho) + 2 * math.log(1 / alpha))))


def beta_binomial_log_mixture(
    s: float, v: float, v_opt: float, g: float, h: float, alpha_opt: float = 0.05
) -> BetaBinomial:
    """The beta-binomial mixture for sums of steps between −g and h (sub-Bernoulli), two-sided and one-sided."""
    return BetaBinomial(
        _beta_binomial(s, v, g, h, _beta_tuning(v_opt, alpha_opt, g, h), one_sided=False),
        _beta_binomial(s, v, g, h, _beta_tuning(v_opt, 2 * alpha_opt, g, h), one_sided=True),
    )


def _beta_tuning(v_opt: float, alpha: float, g: float, h: float) -> float:
    return max(mixture_rho(v_opt, alpha) - g * h, 1e-3 * g * h)


def _beta_binomial(s: float, v: float, g: float, h: float, r: float, *, one_sided: bool) -> float:
    from scipy.special import betainc, betaln

    def log_beta(a: float, b: float) -> float:
        tail = math.log(betainc(a, b, h / (g + h))) if one_sided else 0.0
        return float(betaln(a, b) + tail)

    both = g + h
    return (
        v / (g * h) * math.log(both)
        - (v + h * s) / (h * both) * math.log(g)
        - (v - g * s) / (g * both) * math.log(h)
        + log_beta((r + v - g * s) / (g * both), (r + v + h * s) / (h * both))
        - log_beta(r / (g * both), r / (h * both))
    )


def bernoulli_confidence_sequence_subbernoulli(
    successes: float, n: float, alpha: float = 0.05, t_opt: float = 100.0, alpha_opt: float = 0.05
) -> Interval:
    """A peek-proof interval of a share by the beta-binomial mixture, tightest after about t_opt trials."""
    if n <= 0:
        return Interval(0.0, 1.0)
    limit = math.log(1 / alpha)

    def excess(p: float) -> float:
        spread = p * (1 - p)
        r = _beta_tuning(spread * t_opt, alpha_opt, p, 1 - p)
        return _beta_binomial(successes - n * p, n * spread, p, 1 - p, r, one_sided=False) - limit

    return _inside(excess, successes / n)


def bernoulli_cs_prior_posterior_ratio(
    k: float, n: float, alpha: float = 0.05, prior: tuple[float, float] = (1.0, 1.0)
) -> PeekProof:
    """A peek-proof interval of a share: where the prior is less than 1/alpha times the posterior."""
    a, b = prior

    def excess(p: float) -> float:
        def log_density(x: float, y: float) -> float:
            shape = math.lgamma(x + y) - math.lgamma(x) - math.lgamma(y)
            return shape + (x - 1) * math.log(p) + (y - 1) * math.log1p(-p)

        return log_density(a, b) - log_density(a + k, b + n - k) - math.log(1 / alpha)

    limits = _inside(excess, k / n if n else 0.5)
    return PeekProof(limits.lo, limits.hi, wilson(k, n, 1 - alpha))


def _inside(excess: Callable[[float], float], middle: float) -> Interval:
    """Where `excess` is below 0 around its middle, within [0, 1]."""
    edge = 1e-12
    inner = min(1 - edge, max(edge, middle))
    low = 0.0 if middle <= edge or excess(edge) < 0 else _root(excess, edge, inner)
    high = 1.0 if middle >= 1 - edge or excess(1 - edge) < 0 else _root(excess, inner, 1 - edge)
    return Interval(low, high)


def _root(of: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(of, low, high, xtol=1e-13))


def e_process_two_proportions(
    A: Sequence[int],
    B: Sequence[int],
    block: str = "1+1",
    beta_prior: float = 0.18,
) -> EProcess:
    """Evidence, task pair by task pair, that two shares differ: its mean is at most 1 where they do not.

    The alternative is what was learned from earlier pairs with a Beta(β, β) prior, the null their middle. An e-value of
    20 is proof at 5 %, at any time. Only pairs of one task from each arm are read. Raises ValueError otherwise.
    """
    if block != "1+1":
        raise ValueError(f"Only blocks of one task from each arm are known, not {block}.")
    path, e, best = [], 1.0, 1.0
    won_a = won_b = 0
    for seen, (a, b) in enumerate(zip(A, B, strict=False)):
        rate_a, rate_b = ((won + beta_prior) / (seen + 2 * beta_prior) for won in (won_a, won_b))
        null = (rate_a + rate_b) / 2
        e *= _bernoulli(rate_a, a) * _bernoulli(rate_b, b) / (_bernoulli(null, a) * _bernoulli(null, b))
        won_a, won_b, best = won_a + a, won_b + b, max(best, e)
        path.append(e)
    return EProcess(path, e, 1 / best)


def e_value_expectation_under_null(theta_a: float, theta_b: float, p: float) -> float:
    """The mean of one block's e-value when both arms really have the share p: never above 1."""
    null = (theta_a + theta_b) / 2
    outcomes = [(a, b) for a in (0, 1) for b in (0, 1)]
    return math.fsum(
        _bernoulli(p, a)
        * _bernoulli(p, b)
        * _bernoulli(theta_a, a)
        * _bernoulli(theta_b, b)
        / (_bernoulli(null, a) * _bernoulli(null, b))
        for a, b in outcomes
    )


def _bernoulli(p: float, value: int) -> float:
    return p if value else 1 - p


def change_verdict_anytime(
    k_before: float,
    n_before: float,
    k_after: float,
    n_after: float,
    rope: float,
    n_opt: float = 500.0,
    alpha: float = 0.05,
) -> Verdict:
    """What changed between two shares, in words that stay true however often one looks.

    The interval is an asymptotic confidence sequence, tightest at n_opt tasks per arm; below 50 per arm it is not to
    be trusted and the verdict is undetermined. `rope` is the least difference that matters.
    """
    if min(n_before, n_after) <= 0:
        raise ValueError("Both periods need at least one task.")
    diff = k_after / n_after - k_before / n_before
    spread = [smoothed_spread(k, n) for k, n in ((k_before, n_before), (k_after, n_after))]
    variance = spread[0] / n_before + spread[1] / n_after
    half = sequence_half_width(variance, (spread[0] + spread[1]) / n_opt, alpha)
    limits = Interval(diff - half, diff + half)
    enough = min(n_before, n_after) >= LEAST_PER_ARM
    words = verdict_of(limits, rope) if enough else "undetermined"
    return Verdict(diff, limits, words, newcombe_diff(k_after, n_after, k_before, n_before))


def sequence_half_width(variance: float, variance_opt: float, alpha: float = 0.05) -> float:
    """How far an estimate of this variance may be off at any look: an asymptotic confidence sequence.

    It is tightest against a fixed interval where the variance has come down to `variance_opt`.
    """
    information = 1 / variance
    rho = mixture_rho(1 / variance_opt, alpha)
    wide = math.sqrt((1 + rho / information) * (math.log1p(information / rho) + 2 * math.log(1 / alpha)))
    return wide * math.sqrt(variance)


def verdict_of(limits: Interval, rope: float) -> str:
    """The words for an interval of a difference whose good direction is up."""
    if limits.lo > rope:
        return "improved"
    if limits.hi < -rope:
        return "worse"
    if limits.lo >= -rope and limits.hi <= rope:
        return "no_material_change"
    if limits.lo > 0:
        return "improved_size_unclear"
    if limits.hi < 0:
        return "worse_size_unclear"
    return "undetermined"


def smoothed_spread(k: float, n: float) -> float:
    """The variance of one case, from a share that is never 0 or 1."""
    rate = (k + 1) / (n + 2)
    return rate * (1 - rate)
