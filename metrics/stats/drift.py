"""Whether what comes in or goes out is shared out as before, and which slice carries a change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

LEAST_SHARE = 1e-6


class Divergence(NamedTuple):
    """The population stability index, and the Jensen-Shannon divergence in bits."""

    psi: float
    jsd_bits: float


class SampleRatio(NamedTuple):
    """The chi-square of observed counts against expected shares, and its p-value."""

    chi2: float
    p: float


class Explained(NamedTuple):
    """Per value of a dimension: the share of the change it explains, and how far it left its expected share."""

    EP: dict[str, float]
    surprise: dict[str, float]


def psi_jsd(p: Sequence[float], q: Sequence[float]) -> Divergence:
    """Two distributions over the same bins, as shares or counts. Empty bins count as one in a million."""
    before, after = _shares(p), _shares(q)
    psi = math.fsum((b - a) * math.log(b / a) for a, b in zip(_floored(before), _floored(after), strict=True))
    middle = [(a + b) / 2 for a, b in zip(before, after, strict=True)]
    return Divergence(psi, (_relative_entropy(before, middle) + _relative_entropy(after, middle)) / 2)


def psi_expected_under_null(bins: int, n_ref: int, n_cur: int) -> float:
    """The PSI that two samples of one distribution show on average: (B − 1)(1/N + 1/M)."""
    if min(n_ref, n_cur) <= 0:
        raise ValueError("Two samples are compared: neither may be empty.")
    return (bins - 1) * (1 / n_ref + 1 / n_cur)


def sample_ratio_mismatch(observed: Sequence[float], expected_share: Sequence[float]) -> SampleRatio:
    """Whether an experiment's arms got the shares they should (Kohavi, Tang and Xu 2020, chapter 21)."""
    if sum(observed) <= 0:
        raise ValueError("A mismatch of shares needs at least one case.")
    from scipy.stats import chi2

    total, shares = math.fsum(observed), _shares(expected_share)
    statistic = math.fsum(
        (count - total * share) ** 2 / (total * share) for count, share in zip(observed, shares, strict=True)
    )
    return SampleRatio(statistic, float(chi2.sf(statistic, len(observed) - 1)))


def adtributor_ep_surprise(dimension: Mapping[str, Mapping[str, float]]) -> Explained:
    """Explanatory power and surprise of each value from its forecast F and actual A (Bhagwan et al., NSDI 2014).

    A value that explains much but surprises nobody moved only in proportion: it is no cause.
    """
    forecast = math.fsum(each["F"] for each in dimension.values())
    actual = math.fsum(each["A"] for each in dimension.values())
    if actual == forecast:
        raise ValueError("Nothing changed in total, so no value explains a share of the change.")
    power = {name: (each["A"] - each["F"]) / (actual - forecast) for name, each in dimension.items()}
    surprise = {name: _surprise(each["F"] / forecast, each["A"] / actual) for name, each in dimension.items()}
    return Explained(power, surprise)


def sliceline_score(slice_err: float, total_err: float, slice_n: int, n: int, alpha: float = 0.95) -> float:
    """How much worse and how large a slice is (Sagadeeva and Boehm, SIGMOD 2021); positive is worth a look."""
    if total_err <= 0 or min(slice_n, n) <= 0:
        raise ValueError("A slice is scored against errors of some tasks; there are none.")
    return alpha * ((slice_err / slice_n) / (total_err / n) - 1) - (1 - alpha) * (n / slice_n - 1)


def _surprise(p: float, q: float) -> float:
    both = p + q
    return 0.5 * math.fsum(share * math.log(2 * share / both) for share in (p, q) if share > 0)


def _shares(values: Sequence[float]) -> list[float]:
    total = math.fsum(values)
    if total <= 0:
        raise ValueError("A distribution needs at least one case.")
    return [value / total for value in values]


def _floored(shares: Sequence[float]) -> list[float]:
    return [max(share, LEAST_SHARE) for share in shares]


def _relative_entropy(p: Sequence[float], q: Sequence[float]) -> float:
    return math.fsum(a * math.log2(a / b) for a, b in zip(p, q, strict=True) if a > 0)
