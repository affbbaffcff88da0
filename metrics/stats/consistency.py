"""pass^k: whether a job that comes k times is right all k times."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from metrics.stats.interval import Interval

RESAMPLES = 2000
SEED = 20260101


def pass_hat_k_item(n: int, c: int, k: int) -> float:
    """The chance that k of n tries drawn without replacement are among the c successes: C(c, k)/C(n, k).

    Raises ValueError where k exceeds n: too few tries say nothing, and nothing is not 0 (arXiv:2406.12045).
    """
    if not 1 <= k <= n or not 0 <= c <= n:
        raise ValueError(f"pass^{k} needs at least {k} tries of a job; it has {n} with {c} successes.")
    return math.comb(c, k) / math.comb(n, k)


def pass_hat_k(trials: int, tasks_by_success_count: Mapping[str, int], n_tasks: int) -> dict[str, float]:
    """pass^1 to pass^trials of jobs that were all tried equally often, from how many jobs had so many successes."""
    if n_tasks <= 0:
        raise ValueError("Consistency needs at least one job.")
    return {
        f"pass^{k}": math.fsum(jobs * pass_hat_k_item(trials, int(c), k) for c, jobs in tasks_by_success_count.items())
        / n_tasks
        for k in range(1, trials + 1)
    }


def pass_at_k_item(n: int, c: int, k: int) -> float:
    """The chance that at least one of k tries is right (Chen et al. 2021). Not pass^k: shown only beside it."""
    if not 1 <= k <= n or not 0 <= c <= n:
        raise ValueError(f"pass@{k} needs at least {k} tries of a job; it has {n} with {c} successes.")
    return 1 - math.comb(n - c, k) / math.comb(n, k)


def pass_hat_k_invert(pass_k: Sequence[float], n_tasks: int, trials: int) -> dict[str, int]:
    """How many jobs had each number of successes, from published pass^1 to pass^trials (rounded figures allowed).

    Raises ValueError where no whole numbers of jobs give these figures: then the published row contradicts itself.
    """
    if len(pass_k) != trials:
        raise ValueError(f"{trials} tries give pass^1 to pass^{trials}, not {len(pass_k)} figures.")
    left = [value * n_tasks for value in pass_k]
    found: dict[str, int] = {}
    for c in range(trials, 0, -1):
        jobs = left[c - 1] * math.comb(trials, c)
        found[f"c{c}"] = round(jobs)
        if abs(jobs - found[f"c{c}"]) > 0.45 or found[f"c{c}"] < 0:
            raise ValueError(f"pass^{c} leaves {jobs:.2f} jobs with {c} successes, which is no whole number.")
        left = [rest - found[f"c{c}"] * math.comb(c, k) / math.comb(trials, k) for k, rest in enumerate(left, 1)]
    return found


def outcome_consistency(successes: Sequence[float]) -> float:
    """(2p − 1)² of repeated tries of one job: 1 always or never right, 0 a coin."""
    if not successes:
        raise ValueError("Consistency needs at least one job.")
    rate = math.fsum(successes) / len(successes)
    return (2 * rate - 1) ** 2


def resource_consistency(costs: Sequence[float]) -> float:
    """exp(−CV) of a resource over repeated tries: 1 always the same. Raises ValueError below two tries."""
    if len(costs) < 2 or sum(costs) <= 0:
        raise ValueError("Consistency of a cost needs at least two tries that cost something.")
    mean = math.fsum(costs) / len(costs)
    spread = math.sqrt(math.fsum((cost - mean) ** 2 for cost in costs) / (len(costs) - 1))
    return math.exp(-spread / mean)


def group_bootstrap(scores: Sequence[float], conf: float = 0.95, seed: int = SEED) -> Interval | None:
    """The percentile interval of a mean over groups, by drawing groups with replacement from a fixed seed.

    Groups of equal score are drawn together as counts, so the result does not depend on their order. None below
    two groups.
    """
    if len(scores) < 2:
        return None
    import numpy as np  # imported here: only this interval needs it

    values, counts = np.unique(np.asarray(scores, dtype=float), return_counts=True)
    draws = np.random.default_rng(seed).multinomial(len(scores), counts / len(scores), size=RESAMPLES)
    means = draws @ values / len(scores)
    low, high = np.quantile(means, [(1 - conf) / 2, (1 + conf) / 2])
    return Interval(float(low), float(high))
