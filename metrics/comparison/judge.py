"""The verdict on B against A: the split first, then the difference on the same jobs or the same mix of tasks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import cast

from metrics import stats, units
from metrics.comparison.model import Arm, Cell, Difference, Evidence, Grade, SplitCheck, Verdict
from metrics.stats.anytime import LEAST_PER_ARM, sequence_half_width, smoothed_spread, verdict_of
from metrics.stats.interval import Interval

WRONG_SPLIT_BELOW = 0.001
LEAST_IN_A_CELL = 30
SHARED_JOBS = 0.8
LEAST_JOBS = 20
PROOF = 0.05
CASES_OPT = 500.0
POOLED = "all other kinds"
FARTHEST = 10_000_000


def check_split(a: Arm, b: Arm, share_of_b: float | None) -> SplitCheck:
    """The sample-ratio check. It applies only where the split was meant to be one; a wrong one blocks the read-out."""
    if share_of_b is None:
        return SplitCheck(False, None, False, "Not applicable: no split was declared, so none can be wrong.")
    if not a.tasks or not b.tasks or not overlap(a, b):
        return SplitCheck(False, None, False, "Not applicable: the two were not at work at the same time.")
    p = stats.sample_ratio_mismatch([a.tasks, b.tasks], [1 - share_of_b, share_of_b]).p
    seen = units.text(b.tasks / (a.tasks + b.tasks), "ratio")
    wanted = units.text(share_of_b, "ratio")
    said = f"B got {seen} of the tasks, meant were {wanted} (p = {p:.2g})"
    if p >= WRONG_SPLIT_BELOW:
        return SplitCheck(True, p, False, f"{said}: the split is as meant.")
    return SplitCheck(
        True, p, True, f"{said}: tasks were lost or sent the wrong way. Find out why before anything is read from it."
    )


def raw_difference(a: Arm, b: Arm, rope: float) -> Difference | None:
    """B − A as the tasks came."""
    if not a.n or not b.n:
        return None
    found = stats.change_verdict_anytime(a.k, a.n, b.k, b.n, rope, CASES_OPT)
    return Difference("raw", found.diff, found.cs_diff, cast(Verdict, found.verdict), a.n + b.n)


def mix_difference(a: Arm, b: Arm, rope: float) -> Difference | None:
    """B − A with both sides on their common mix of tasks; None where there is one kind only, or none in common."""
    cells = [(one, two) for one, two in _paired_cells(a.cells, b.cells) if one.n and two.n]
    if len(cells) < 2:
        return None
    found = stats.mix_adjusted_difference(
        [one.n for one, _ in cells],
        [one.k for one, _ in cells],
        [two.n for _, two in cells],
        [two.k for _, two in cells],
    )
    total = sum(one.n + two.n for one, two in cells)
    weights = [(one.n + two.n) / total for one, two in cells]
    unit = [(smoothed_spread(one.k, one.n), smoothed_spread(two.k, two.n)) for one, two in cells]
    variance = math.fsum(
        share * share * (first / one.n + second / two.n)
        for share, (one, two), (first, second) in zip(weights, cells, unit, strict=True)
    )
    at_best = (
        math.fsum(share * (first + second) for share, (first, second) in zip(weights, unit, strict=True)) / CASES_OPT
    )
    limits = _around(found.diff_B_minus_A, sequence_half_width(variance, at_best))
    counted = sum(one.n for one, _ in cells), sum(two.n for _, two in cells)
    return Difference("mix", found.diff_B_minus_A, limits, _words(limits, rope, min(counted)), sum(counted))


def shared_share(a: Arm, b: Arm) -> float:
    """The share of tasks with an answer that lie in kinds which both sides have."""
    cells = [(one, two) for one, two in _paired_cells(a.cells, b.cells) if one.n and two.n]
    return sum(one.n + two.n for one, two in cells) / (a.n + b.n) if a.n + b.n else 0.0


def _paired_cells(a: Sequence[Cell], b: Sequence[Cell]) -> list[tuple[Cell, Cell]]:
    """The kinds of both sides; those with fewer than 30 tasks on a side are pooled."""
    first, second = {cell.name: cell for cell in a}, {cell.name: cell for cell in b}
    names = list(dict.fromkeys([*first, *second]))
    nothing = Cell("", 0, 0, 0)
    pairs = [(first.get(name, nothing), second.get(name, nothing)) for name in names]
    large = [pair for pair in pairs if min(pair[0].n, pair[1].n) >= LEAST_IN_A_CELL]
    small = [pair for pair in pairs if pair not in large and min(pair[0].n, pair[1].n) > 0]
    if small:
        large.append((_pooled([one for one, _ in small]), _pooled([two for _, two in small])))
    return large


def _pooled(cells: Sequence[Cell]) -> Cell:
    return Cell(POOLED, sum(c.tasks for c in cells), sum(c.n for c in cells), sum(c.k for c in cells))


def same_jobs(a: Arm, b: Arm) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The results of the jobs that both sides did; [] unless they are most of the jobs of both, as in a replay."""
    first, second = dict(a.jobs), dict(b.jobs)
    both = [job for job in first if job in second]
    if len(both) < LEAST_JOBS or len(both) < SHARED_JOBS * max(len(first), len(second)):
        return []
    return [(first[job], second[job]) for job in both]


def job_difference(a: Arm, b: Arm, rope: float) -> Difference | None:
    """B − A job by job, where both sides did the same jobs: tries of one job count as one case."""
    pairs = same_jobs(a, b)
    if not pairs:
        return None
    moved = [_rate(two) - _rate(one) for one, two in pairs]
    n, mean = len(moved), math.fsum(moved) / len(moved)
    # Half a job each way keeps the variance above 0 where all jobs went alike.
    spread = (math.fsum((each - mean) ** 2 for each in moved) + 0.5) / n
    limits = _around(mean, sequence_half_width(spread / n, spread / CASES_OPT))
    cases = sum(len(one) + len(two) for one, two in pairs)
    return Difference("jobs", mean, limits, _words(limits, rope, cases // 2), cases)


def evidence(a: Arm, b: Arm) -> Evidence | None:
    """The e-value that the sides differ. Jobs that both did give one vote each; other tasks are taken pair by pair."""
    pairs = same_jobs(a, b)
    if pairs:
        return _by_jobs(pairs)
    first, second = _in_order(a), _in_order(b)
    if not first or not second:
        return None
    found = stats.e_process_two_proportions(first, second)
    return Evidence(found.e_final, found.always_valid_p, min(len(first), len(second)), "pairs of tasks")


def _by_jobs(pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> Evidence | None:
    """The sign of each job that has a winner against a fair coin: a mixture over all coins (uniform prior)."""
    votes = [_rate(two) > _rate(one) for one, two in pairs if _rate(two) != _rate(one)]
    if not votes:
        return None
    best = value = 1.0
    won = 0
    for number, vote in enumerate(votes, 1):
        won += vote
        log_e = math.lgamma(won + 1) + math.lgamma(number - won + 1) - math.lgamma(number + 2) + number * math.log(2)
        value = math.exp(log_e)
        best = max(best, value)
    return Evidence(value, 1 / best, len(votes), "jobs with a winner")


def _in_order(arm: Arm) -> list[int]:
    return list(chain.from_iterable(results for _, results in arm.jobs))


def _rate(results: Sequence[int]) -> float:
    return sum(results) / len(results)


def _around(middle: float, half: float) -> Interval:
    return Interval(middle - half, middle + half)


def _words(limits: Interval, rope: float, fewest: int) -> Verdict:
    return cast(Verdict, verdict_of(limits, rope)) if fewest >= LEAST_PER_ARM else "undetermined"


def decided(difference: Difference | None, proof: Evidence | None) -> Verdict:
    """The interval's words; where it cannot tell, the e-value may still prove that one side is better.

    Below 50 tasks a side the interval is not to be trusted, but an e-value of 20 is proof at any number.
    """
    if difference is None:
        return "undetermined"
    if difference.verdict != "undetermined" or proof is None or proof.p > PROOF or not difference.amount:
        return difference.verdict
    return "improved_size_unclear" if difference.amount > 0 else "worse_size_unclear"


def needed_per_side(found: Difference | None, rope: float, a: Arm, b: Arm) -> int | None:
    """How many tasks a side a verdict takes, if the rates stay as they are; None where there is nothing to go by."""
    if found is None or not a.n or not b.n:
        return None
    wanted = max(abs(found.amount), rope - abs(found.amount))
    half = (found.limits.hi - found.limits.lo) / 2
    fewest = min(a.n, b.n)
    low, high = LEAST_PER_ARM - 1, FARTHEST
    spread = smoothed_spread(a.k, a.n) + smoothed_spread(b.k, b.n)
    # Clusters and mix make an interval wider than its tasks alone would: what is needed grows alike.
    plain = sequence_half_width(spread / fewest, spread / CASES_OPT)
    wider = max(1.0, half / plain)
    while high - low > 1:
        middle = (low + high) // 2
        reached = wider * sequence_half_width(spread / middle, spread / CASES_OPT) <= wanted
        low, high = (low, middle) if reached else (middle, high)
    return high


def grade_of(difference: Difference | None, *, random_split: bool, at_once: bool) -> Grade:
    """How far the design lets one speak of a cause."""
    if random_split or (difference is not None and difference.basis == "jobs"):
        return "A"
    if difference is None or difference.basis == "raw":
        return "D"
    return "B" if at_once else "C"


def overlap(a: Arm, b: Arm) -> bool:
    """Whether both sides were at work at the same time for most of the shorter one."""
    if a.first_at is None or b.first_at is None or a.last_at is None or b.last_at is None:
        return False
    together = min(a.last_at, b.last_at) - max(a.first_at, b.first_at)
    shorter = min(a.last_at - a.first_at, b.last_at - b.first_at)
    return together.total_seconds() > 0 and together >= shorter / 2


def cells_of(rows: Sequence[Mapping[str, int | str]]) -> tuple[Cell, ...]:
    """Rows by kind of task as cells."""
    return tuple(Cell(str(row["name"]), int(row["tasks"]), int(row["n"]), int(row["k"])) for row in rows)
