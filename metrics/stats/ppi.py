"""Prediction-powered inference: few human labels and many judge verdicts give one accuracy.

Angelopoulos, Duchi and Zrnic 2023 (arXiv:2311.01453, PPI++); strata: Fisch et al. 2024 (arXiv:2406.04291). It holds
only for labels drawn with known probability and a judge that has not changed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from metrics.stats.interval import Interval, z_for
from metrics.stats.proportion import wilson


class Powered(NamedTuple):
    """An accuracy with error and interval; `lam` is how far the judge is trusted (0: labels only, 1: in full)."""

    lam: float
    point: float
    se: float
    lo: float
    hi: float
    classical_point: float


class Smoothed(NamedTuple):
    """The product's default for A10: `n_eff` labels would give the same error; `lo`, `hi` are Wilson's on them."""

    lam: float
    point: float
    se: float
    n_eff: float
    lo: float
    hi: float
    labels_only_wilson: Interval


class Combined(NamedTuple):
    """A mean over strata with its error and interval."""

    point: float
    se: float
    lo: float
    hi: float


def ppi_plus_plus_mean(
    Y: Sequence[float],
    F_labelled: Sequence[float],
    F_unlabelled_ones: int,
    F_unlabelled_zeros: int,
    alpha: float = 0.05,
    lam: float | None = None,
) -> Powered:
    """The mean of Y from n pairs of label and judge verdict, and the judge's verdicts on N more tasks.

    Plain PPI++ with its normal interval: too narrow for few labels of a good agent, where
    `ppi_smoothed_effective_wilson` holds. Raises ValueError without labels or without unlabelled tasks.
    """
    n, more = len(Y), F_unlabelled_ones + F_unlabelled_zeros
    if not n or n != len(F_labelled) or not more:
        raise ValueError("PPI needs labels with the judge's verdict on each, and tasks that only the judge has seen.")
    if lam is None:
        lam = _tuned(Y, F_labelled, F_unlabelled_ones, more)
    judged = F_unlabelled_ones / more
    rest = [y - lam * f for y, f in zip(Y, F_labelled, strict=True)]
    point = lam * judged + fmean(rest)
    se = math.sqrt(lam * lam * judged * (1 - judged) / more + _variance(rest) / n)
    half = z_for(1 - alpha) * se
    return Powered(lam, point, se, point - half, point + half, fmean(Y))


def stratified_ppi_mean(strata: Sequence[Mapping[str, Any]], alpha: float = 0.05) -> Combined:
    """PPI++ in strata: each has its share `W`, labels `Y`, verdicts `F`, and `FU_ones`, `FU_zeros` without labels."""
    parts = [
        (each["W"], ppi_plus_plus_mean(each["Y"], each["F"], each["FU_ones"], each["FU_zeros"])) for each in strata
    ]
    point = math.fsum(weight * part.point for weight, part in parts)
    se = math.sqrt(math.fsum((weight * part.se) ** 2 for weight, part in parts))
    half = z_for(1 - alpha) * se
    return Combined(point, se, point - half, point + half)


def ppi_smoothed_effective_wilson(
    n11: float,
    n10: float,
    n01: float,
    n00: float,
    F_unlabelled_ones: float,
    F_unlabelled_zeros: float,
    pseudo_per_cell: float = 0.5,
) -> Smoothed:
    """Accuracy from the table n[human][judge] and the judge's verdicts elsewhere, safe for few failures.

    Half a case is added to each cell, PPI++ gives point and error, and Wilson's interval is taken on
    n_eff = θ(1 − θ)/se². Raises ValueError without unlabelled tasks.
    """
    more = F_unlabelled_ones + F_unlabelled_zeros
    if more <= 0:
        raise ValueError("PPI needs tasks that only the judge has seen.")
    cells = [cell + pseudo_per_cell for cell in (n11, n10, n01, n00)]
    n = math.fsum(cells)
    right, passed, both = (cells[0] + cells[1]) / n, (cells[0] + cells[2]) / n, cells[0] / n
    judged = F_unlabelled_ones / more
    cov, spread = both - right * passed, passed * (1 - passed)
    lam = _weight(cov, _pooled(cells[0] + cells[2], F_unlabelled_ones, n + more), n, more)
    point = lam * judged + right - lam * passed
    rest = right * (1 - right) - 2 * lam * cov + lam * lam * spread
    se = math.sqrt(lam * lam * judged * (1 - judged) / more + rest / n)
    point = min(1 - 1e-9, max(1e-9, point))
    n_eff = point * (1 - point) / (se * se)
    limits, labels_only = wilson(point * n_eff, n_eff), wilson(n11 + n10, n11 + n10 + n01 + n00)
    assert limits is not None  # noqa: S101 - n_eff is positive
    return Smoothed(lam, point, se, n_eff, limits.lo, limits.hi, labels_only or Interval(0.0, 1.0))


def _tuned(y: Sequence[float], f: Sequence[float], ones: int, more: int) -> float:
    """The weight that gives the least variance, between 0 and 1."""
    n = len(y)
    middle_y, middle_f = fmean(y), fmean(f)
    cov = math.fsum((a - middle_y) * (b - middle_f) for a, b in zip(y, f, strict=True)) / n
    return _weight(cov, _pooled(math.fsum(f), ones, n + more), n, more)


def _pooled(labelled_ones: float, ones: float, total: float) -> float:
    """The variance of all verdicts of the judge together."""
    passed = (labelled_ones + ones) / total
    return passed * (1 - passed) * total / (total - 1)


def _weight(cov: float, spread: float, n: float, more: float) -> float:
    return min(1.0, max(0.0, cov / ((1 + n / more) * spread))) if spread > 0 else 0.0


def _variance(values: Sequence[float]) -> float:
    middle = fmean(values)
    return math.fsum((value - middle) ** 2 for value in values) / len(values)
