"""Accuracy read through a judge whose own errors are known from people's labels (Lee et al. 2025, arXiv:2511.21140)."""

from __future__ import annotations

import math
from typing import NamedTuple

from metrics.stats.interval import z_for


class Corrected(NamedTuple):
    """An accuracy with its interval, all within [0, 1]."""

    point: float
    lo: float
    hi: float


class Allocation(NamedTuple):
    """How many calibration labels go to answers that are wrong (m0) and right (m1)."""

    m0: float
    m1: float


def judge_corrected_accuracy(
    p_judge: float, specificity: float, sensitivity: float, n: float, m0: float, m1: float, alpha: float = 0.05
) -> Corrected:
    """The accuracy behind a judge's pass rate p_judge over n tasks, given how often the judge is right.

    m0 and m1 are the human-labelled wrong and right answers that specificity and sensitivity were measured on.
    Raises ValueError where the judge is no better than a coin: then nothing can be read through it.
    """
    if sensitivity + specificity <= 1:
        raise ValueError("A judge whose sensitivity and specificity add up to 1 or less says nothing of the accuracy.")
    z_sq = z_for(1 - alpha) ** 2
    n_more, m0_more, m1_more = n + z_sq, m0 + 2, m1 + 2
    p = (n * p_judge + z_sq / 2) / n_more
    q0, q1 = (m0 * specificity + 1) / m0_more, (m1 * sensitivity + 1) / m1_more
    slope = q0 + q1 - 1
    middle = (p + q0 - 1) / slope
    spread0, spread1 = q0 * (1 - q0) / m0_more, q1 * (1 - q1) / m1_more
    shift = 2 * z_sq * (-(1 - middle) * spread0 + middle * spread1)
    variance = p * (1 - p) / n_more + (1 - middle) ** 2 * spread0 + middle**2 * spread1
    half = math.sqrt(z_sq * variance) / slope
    point = (p_judge + specificity - 1) / (specificity + sensitivity - 1)
    return Corrected(*(min(1.0, max(0.0, value)) for value in (point, middle + shift - half, middle + shift + half)))


def judge_calibration_allocation(m: float, p: float, q0_pilot: float, q1_pilot: float, m_pilot: float) -> Allocation:
    """How to split m calibration labels between answers the judge fails and passes (same paper).

    p is the judge's pass rate; q0_pilot and q1_pilot were measured on m_pilot labels each. Raises ValueError for p
    outside (0, 1).
    """
    if not 0 < p < 1:
        raise ValueError(f"Without both passes and failures there is nothing to split (pass rate {p}).")
    q0, q1 = ((m_pilot * q + 1) / (m_pilot + 2) for q in (q0_pilot, q1_pilot))
    weight = (1 / p - 1) * math.sqrt((1 - q0) / (1 - q1))
    m0 = float(round(m * weight / (1 + weight)))
    return Allocation(m0, m - m0)
