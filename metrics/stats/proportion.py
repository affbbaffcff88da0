"""Shares of a whole: k of n."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from metrics.stats.interval import Interval, z_for


def wilson(k: float, n: float, conf: float = 0.95) -> Interval | None:
    """The score interval of k events in n trials (Wilson 1927; Newcombe 1998, method 3).

    k and n may be fractional (effective counts). None where n is 0: nothing is known, not even [0, 1].
    """
    if n <= 0:
        return None
    z = z_for(conf)
    centre = (k + z * z / 2) / (n + z * z)
    half = z * math.sqrt(max(0.0, k * (n - k) / n) + z * z / 4) / (n + z * z)
    low = 0.0 if k <= 0 else max(0.0, centre - half)
    high = 1.0 if k >= n else min(1.0, centre + half)
    return Interval(low, high)


def wilson_weighted(numerator: float, denominator: float, denominator_sq: float) -> Interval | None:
    """The score interval of a weighted share from Σwy, Σw and Σw², on the effective sample size (Σw)²/Σw² (Kish)."""
    if denominator <= 0 or denominator_sq <= 0:
        return None
    effective = denominator * denominator / denominator_sq
    return wilson(numerator / denominator * effective, effective)


def clopper_pearson(k: int, n: int, conf: float = 0.95) -> Interval | None:
    """The exact interval of k events in n trials (Clopper and Pearson 1934). None where n is 0."""
    if not 0 <= k <= max(n, 0):
        raise ValueError(f"{k} events in {n} trials cannot be.")
    if n <= 0:
        return None
    from scipy.special import betaincinv  # imported here: it takes longer to load than most pages to draw

    tail = (1 - conf) / 2
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - tail))
    return Interval(low, high)


def one_sided_upper_zero_events(n: int, k: int = 0, conf: float = 0.95) -> float:
    """The greatest rate that still fits with no event in n trials: 1 − (1 − conf)^(1/n).

    Raises ValueError where events were seen or n is not positive.
    """
    if k != 0 or n <= 0:
        raise ValueError(f"The bound holds for no event in at least one trial, not for {k} in {n}.")
    return float(1 - (1 - conf) ** (1 / n))


def missing_label_bounds(labelled_correct: float, labelled: float, total: float) -> Interval | None:
    """The share right of `total` if every unlabelled one were wrong, and if every one were right (Manski 1989).

    It holds whatever decided which were labelled. None where there is nothing to label.
    """
    if total <= 0:
        return None
    return Interval(labelled_correct / total, (labelled_correct + total - labelled) / total)


def pooled_rate(agents: Iterable[Mapping[str, float]]) -> dict[str, float | None]:
    """The rate over several groups of `k` of `n`: sums first, divided last. None where no group has a trial."""
    groups = list(agents)
    trials = math.fsum(group["n"] for group in groups)
    return {"pooled": math.fsum(group["k"] for group in groups) / trials if trials else None}


def containment_autonomy(
    completed: float, success_no_human: float, escalated: float, human_touched_not_escalated: float, failed: float
) -> dict[str, float | None]:
    """The share finished without any human touch, right or not, and the share finished right without one.

    The two are shown as a pair: the first alone rewards failing silently.
    """
    if completed <= 0:
        return {"containment": None, "autonomy": None}
    alone = completed - escalated - human_touched_not_escalated
    return {"containment": alone / completed, "autonomy": success_no_human / completed}


def escalation_precision_recall(
    escalated_reviewed: float,
    escalated_would_have_failed: float,
    auto_audited: float,
    auto_audited_wrong: float,
    escalated_total: float,
    auto_total: float,
) -> dict[str, float | None]:
    """How often an escalation was needed, and how many of the tasks that needed one got it.

    Recall needs a random audit of tasks that were not escalated; without it, it is unknown.
    """
    precision = escalated_would_have_failed / escalated_reviewed if escalated_reviewed else None
    missed = auto_audited_wrong / auto_audited if auto_audited else None
    recall = None
    if precision is not None and missed is not None:
        caught, lost = escalated_total * precision, auto_total * missed
        recall = caught / (caught + lost) if caught + lost else None
    return {"precision": precision, "missed_rate_in_auto": missed, "recall": recall}
