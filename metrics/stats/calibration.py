"""Whether an agent is as sure as it is right, and from which confidence on it may act alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any, NamedTuple


class Calibration(NamedTuple):
    """Errors of stated confidence. Brier = reliability − resolution + uncertainty + what bins hide (Murphy 1973)."""

    ece10: float
    brier: float
    auroc: float | None
    base_rate: float
    reliability: float
    resolution: float
    uncertainty: float
    mean_overconfidence: float


class Binned(NamedTuple):
    """Calibration from counts by confidence. Intervals are 95 %, from seeded draws.

    Brier = reliability − resolution + uncertainty (Murphy 1973) + what the bins hide.
    """

    ece: float
    ece_beyond_chance: float
    ece_interval: tuple[float, float]
    over_confidence: float
    over_confidence_interval: tuple[float, float]
    brier: float
    auroc: float | None
    reliability: float
    resolution: float
    uncertainty: float


class Bin(NamedTuple):
    """Tasks of one range of confidence: how many, how sure on average, how often right."""

    n: int
    confidence: float
    accuracy: float


class Certified(NamedTuple):
    """The lowest confidence threshold that is proven, and the p-values tested until the first failure."""

    chosen: float | None
    pvalues_tested: list[float]


def reliability_bins(conf: Sequence[float], correct: Sequence[float], bins: int = 10) -> list[Bin]:
    """Bins of equal width that hold anything, from the lowest confidence; a bin holds its upper edge."""
    members: dict[int, list[int]] = {}
    for place, value in enumerate(conf):
        members.setdefault(min(bins - 1, max(0, math.ceil(value * bins - 1e-12) - 1)), []).append(place)
    return [
        Bin(len(places), fmean(conf[i] for i in places), fmean(correct[i] for i in places))
        for _, places in sorted(members.items())
    ]


def calibration_ece(conf: Sequence[float], correct: Sequence[float], bins: int = 10) -> float:
    """The mean distance between confidence and accuracy over bins (Guo et al. 2017). Biased up for few tasks."""
    if not conf or len(conf) != len(correct):
        raise ValueError("Calibration needs at least one task with a confidence and a verdict.")
    found = reliability_bins(conf, correct, bins)
    return math.fsum(each.n * abs(each.accuracy - each.confidence) for each in found) / len(conf)


def calibration(conf: Sequence[float], correct: Sequence[float], bins: int = 10) -> Calibration:
    """Every figure of calibration at once. Raises ValueError without a task."""
    if not conf or len(conf) != len(correct):
        raise ValueError("Calibration needs at least one task with a confidence and a verdict.")
    found, base, n = reliability_bins(conf, correct, bins), fmean(correct), len(conf)
    return Calibration(
        calibration_ece(conf, correct, bins),
        fmean((c - y) ** 2 for c, y in zip(conf, correct, strict=True)),
        auroc(conf, correct),
        base,
        math.fsum(each.n * (each.confidence - each.accuracy) ** 2 for each in found) / n,
        math.fsum(each.n * (each.accuracy - base) ** 2 for each in found) / n,
        base * (1 - base),
        fmean(conf) - base,
    )


def auroc(conf: Sequence[float], correct: Sequence[float]) -> float | None:
    """The chance that a right task was the surer one of a right and a wrong; ties count half. None without both."""
    from bisect import bisect_left, bisect_right

    wrong = sorted(c for c, y in zip(conf, correct, strict=True) if not y)
    right = [c for c, y in zip(conf, correct, strict=True) if y]
    if not wrong or not right:
        return None
    wins = math.fsum((bisect_left(wrong, c) + bisect_right(wrong, c)) / 2 for c in right)
    return wins / (len(wrong) * len(right))


def threshold_fixed_sequence(
    grid: Sequence[float], kept_correct_n: Sequence[tuple[int, int]], target_accuracy: float, delta: float = 0.05
) -> Certified:
    """The lowest threshold at which accuracy ≥ target is proven with chance ≥ 1 − δ of being true.

    Learn-then-Test with a fixed sequence (Angelopoulos et al. 2021): thresholds fall, the first one with enough kept
    tasks to pass at all begins, and the first failure ends. `kept_correct_n` gives (right, kept) for each. It holds
    for randomly drawn labels only. None where nothing can be proven.
    """
    if not (0 < target_accuracy < 1 and 0 < delta < 1):
        raise ValueError(f"The target and delta lie between 0 and 1, not at {target_accuracy} and {delta}.")
    from scipy.stats import binom

    enough = math.ceil(math.log(delta) / math.log(target_accuracy))
    chosen: float | None = None
    tested: list[float] = []
    for threshold, (right, kept) in zip(grid, kept_correct_n, strict=True):
        if not tested and kept < enough:
            continue
        tested.append(float(binom.cdf(kept - right, kept, 1 - target_accuracy)))
        if tested[-1] > delta:
            break
        chosen = threshold
    return Certified(chosen, tested)


def economic_threshold(loss_wrong: float, cost_human: float, human_error: float) -> dict[str, float]:
    """Below which calibrated confidence a person is cheaper: act while (1 − c)L ≤ C + eL. Money in one currency."""
    if loss_wrong <= 0:
        raise ValueError(f"Without a loss from a wrong answer there is nothing to weigh: loss {loss_wrong}.")
    return {"escalate_if_confidence_below": 1 - (cost_human + human_error * loss_wrong) / loss_wrong}


def binned_calibration(
    groups: Sequence[tuple[int, float, float]], bins: int = 10, draws: int = 400, seed: int = 20260101
) -> Binned:
    """Calibration from groups of near-equal confidence in rising order: (tasks, sum of confidence, sum of right).

    The groups are merged into `bins` of near-equal size, which few tasks need. A calibrated agent shows an error too
    when tasks are few: its mean over draws from the stated confidence is taken off, and the interval comes from
    drawing each group's results anew. Raises ValueError without a task.
    """
    import numpy as np

    if not groups:
        raise ValueError("Calibration needs at least one task with a confidence and a verdict.")
    n, conf, right = (np.asarray(column, dtype=float) for column in zip(*groups, strict=True))
    total = n.sum()
    bin_of = np.minimum(bins - 1, ((np.cumsum(n) - n / 2) * bins / total).astype(int))
    merge = np.zeros((bins, len(n)))
    merge[bin_of, np.arange(len(n))] = 1.0
    confidence, rng = merge @ conf, np.random.default_rng(seed)

    def error(results: Any) -> Any:
        return np.abs(merge @ results - confidence[:, None]).sum(axis=0) / total

    whole, sure = np.rint(n).astype(int)[:, None], np.clip(conf / n, 0, 1)[:, None]
    by_chance = float(error(rng.binomial(whole, sure, size=(len(n), draws))).mean())
    again = rng.binomial(whole, np.clip(right / n, 0, 1)[:, None], size=(len(n), draws))
    over = (conf.sum() - again.sum(axis=0)) / total
    seen = float(error(right[:, None])[0])
    beyond = max(0.0, seen - by_chance)
    low, high = (max(0.0, 2 * seen - float(q)) for q in np.quantile(error(again), (0.975, 0.025)))
    return Binned(
        seen,
        beyond,
        (min(low, beyond), max(high, beyond)),
        float(conf.sum() - right.sum()) / float(total),
        (float(np.quantile(over, 0.025)), float(np.quantile(over, 0.975))),
        float((right * (1 - conf / n) ** 2 + (n - right) * (conf / n) ** 2).sum() / total),
        _auroc_of_groups(groups),
        *murphy(list(zip(merge @ n, confidence, merge @ right, strict=True))),
    )


def murphy(groups: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Reliability, resolution and uncertainty over bins of (tasks, sum of confidence, sum of right).

    How far confidence lies from accuracy; how far the bins' accuracies lie apart; how uncertain results are at all.
    """
    held = [(float(n), float(conf) / float(n), float(right) / float(n)) for n, conf, right in groups if n]
    total = math.fsum(n for n, _, _ in held)
    base = math.fsum(n * right for n, _, right in held) / total
    return (
        math.fsum(n * (conf - right) ** 2 for n, conf, right in held) / total,
        math.fsum(n * (right - base) ** 2 for n, _, right in held) / total,
        base * (1 - base),
    )


def _auroc_of_groups(groups: Sequence[tuple[int, float, float]]) -> float | None:
    wrong_below = wins = 0.0
    for n, _, right in groups:
        wins += right * (wrong_below + (n - right) / 2)
        wrong_below += n - right
    all_right = math.fsum(right for _, _, right in groups)
    return wins / (all_right * wrong_below) if all_right and wrong_below else None
