"""The verdict on B against A: the split first, then the difference on the same jobs or the same mix of tasks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain

from metrics import stats
from metrics.comparison.model import Arm, Evidence, KindOfTask, SplitCheck, Usual, Verdict
from metrics.effects import split
from metrics.effects.arms import LEAST_VARIANCE, Cell, ShareArm
from metrics.effects.measures import Means
from metrics.effects.model import Grade, Move, word_of
from metrics.effects.moves import CASES_OPT, Against, Sides, cases_needed, difference, move_of
from metrics.stats.anytime import LEAST_PER_ARM, sequence_half_width, smoothed_spread, verdict_of
from metrics.stats.interval import Interval

SHARED_JOBS = 0.8
LEAST_JOBS = 20
PROOF = 0.05
SHARE = Means("ratio", "ratio")


def check_split(a: Arm, b: Arm, share_of_b: float | None) -> SplitCheck:
    """The sample-ratio check. It applies only where the split was meant to be one; a wrong one blocks the read-out."""
    if share_of_b is None:
        return SplitCheck(False, None, False, "Not applicable: no split was declared, so none can be wrong.")
    if not a.tasks or not b.tasks or not overlap(a, b):
        return SplitCheck(False, None, False, "Not applicable: the two were not at work at the same time.")
    p, said = split.check("B", (a.tasks, b.tasks), share_of_b)
    if p >= split.WRONG_BELOW:
        return SplitCheck(True, p, False, f"{said}: the split is as promised.")
    return SplitCheck(
        True, p, True, f"{said}: tasks were lost or sent the wrong way. Find out why before anything is read from it."
    )


def raw_difference(a: Arm, b: Arm, rope: float) -> Move | None:
    """B − A as the tasks came."""
    return move_of(SHARE, _sides(a, b), rope, even=False, both_grow=True)


def mix_difference(a: Arm, b: Arm, rope: float) -> Move | None:
    """B − A with both sides on their common mix of tasks; None where there is one kind only, or none in common."""
    found = move_of(SHARE, _sides(a, b), rope, both_grow=True)
    return found if found is not None and found.basis == "mix" else None


def usual_difference(a: Arm, b: Arm, rope: float) -> Move | None:
    """B − A less what was unlike of their users and kinds of work before either began (CUPED: Deng et al. 2013).

    Only for a random split: then nothing before it can differ but by chance, and taking it out makes the rest surer.
    """
    if a.usual is None or b.usual is None or min(a.usual.n, b.usual.n) < 2:
        return None
    within = [(u.xy - u.x * u.y / u.n, u.xx - u.x * u.x / u.n) for u in (a.usual, b.usual)]
    spread = math.fsum(xx for _, xx in within)
    if spread <= 0:
        return None
    slope = math.fsum(xy for xy, _ in within) / spread
    middle = (a.usual.x + b.usual.x) / (a.usual.n + b.usual.n)
    one, two = (ShareArm([_less_usual(each, slope, middle)], [1.0]) for each in (a.usual, b.usual))
    rates = (a.usual.y / a.usual.n, b.usual.y / b.usual.n)
    return difference(Against(one, two, "cuped"), rope, rates, both_grow=True)


def _less_usual(usual: Usual, slope: float, middle: float) -> Cell:
    n = usual.n
    left = smoothed_spread(usual.y, n) - (
        2 * slope * (usual.xy - usual.x * usual.y / n) - slope * slope * (usual.xx - usual.x * usual.x / n)
    ) / n  # fmt: skip
    value = min(1.0, max(0.0, usual.y / n - slope * (usual.x / n - middle)))
    return Cell(n, value, max(left, LEAST_VARIANCE), n)


def surer_by(a: Arm, b: Arm) -> float | None:
    """The share of the variance that what was usual before takes out: ρ²; None where it is not known."""
    both = [u for u in (a.usual, b.usual) if u is not None and u.n]
    if len(both) < 2:
        return None
    xx, xy, yy = (
        math.fsum(terms)
        for terms in zip(
            *((u.xx - u.x**2 / u.n, u.xy - u.x * u.y / u.n, u.y - u.y**2 / u.n) for u in both), strict=True
        )
    )
    return xy * xy / (xx * yy) if xx > 0 and yy > 0 else None


def shared_share(a: Arm, b: Arm) -> float:
    """The share of tasks with an answer that lie in kinds which both sides have."""
    kinds = [{cell.name: cell.n for cell in arm.cells if cell.n} for arm in (a, b)]
    shared = sum(n for arm in kinds for name, n in arm.items() if name in kinds[0] and name in kinds[1])
    return shared / (a.n + b.n) if a.n + b.n else 0.0


def _sides(a: Arm, b: Arm) -> Sides:
    """Both sides as parts by kind of task."""
    first, second = (
        [{"task_type": cell.name, "numerator": cell.k, "denominator": cell.n, "n": cell.n} for cell in arm.cells]
        for arm in (a, b)
    )
    return Sides(first, second)


def same_jobs(a: Arm, b: Arm) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The results of the jobs that both sides did; [] unless they are most of the jobs of both, as in a replay."""
    first, second = dict(a.jobs), dict(b.jobs)
    both = [job for job in first if job in second]
    if len(both) < LEAST_JOBS or len(both) < SHARED_JOBS * max(len(first), len(second)):
        return []
    return [(first[job], second[job]) for job in both]


def job_difference(a: Arm, b: Arm, rope: float) -> Move | None:
    """B − A job by job, where both sides did the same jobs: tries of one job count as one case."""
    pairs = same_jobs(a, b)
    if not pairs:
        return None
    moved = [_rate(two) - _rate(one) for one, two in pairs]
    n, mean = len(moved), math.fsum(moved) / len(moved)
    # Half a job each way keeps the variance above 0 where all jobs went alike.
    spread = (math.fsum((each - mean) ** 2 for each in moved) + 0.5) / n
    half = sequence_half_width(spread / n, spread / CASES_OPT)
    tries = [sum(len(results) for results in side) for side in zip(*pairs, strict=True)]

    def told(jobs: int) -> bool:
        wide = sequence_half_width(spread / jobs, spread / CASES_OPT)
        return verdict_of(Interval(mean - wide, mean + wide), rope) != "undetermined"

    needed = cases_needed(told, LEAST_PER_ARM)
    return Move(
        mean, Interval(mean - half, mean + half), "jobs",
        math.fsum(_rate(one) for one, _ in pairs) / n, math.fsum(_rate(two) for _, two in pairs) / n,
        tries[0], tries[1], LEAST_PER_ARM, None if needed is None else math.ceil(needed * max(tries) / n),
        fewest=min(tries),
    )  # fmt: skip


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


def decided(move: Move | None, proof: Evidence | None, rope: float) -> Verdict:
    """The interval's words; where it cannot tell, the e-value may still prove that one side is better.

    Below 50 tasks a side the interval is not to be trusted, but an e-value of 20 is proof at any number.
    """
    word = word_of(move, rope)
    if move is None or word != "undetermined" or proof is None or proof.p > PROOF or not move.amount:
        return word
    return "improved_size_unclear" if move.amount > 0 else "worse_size_unclear"


def grade_of(move: Move | None, *, random_split: bool, at_once: bool) -> Grade:
    """How far the design lets one speak of a cause."""
    if random_split or (move is not None and move.basis == "jobs"):
        return "A"
    if move is None or move.basis == "raw":
        return "D"
    return "B" if at_once else "C"


def overlap(a: Arm, b: Arm) -> bool:
    """Whether both sides were at work at the same time for most of the shorter one."""
    if a.first_at is None or b.first_at is None or a.last_at is None or b.last_at is None:
        return False
    together = min(a.last_at, b.last_at) - max(a.first_at, b.first_at)
    shorter = min(a.last_at - a.first_at, b.last_at - b.first_at)
    return together.total_seconds() > 0 and together >= shorter / 2


def cells_of(rows: Sequence[Mapping[str, int | str]]) -> tuple[KindOfTask, ...]:
    """Rows by kind of task as cells."""
    return tuple(KindOfTask(str(row["name"]), int(row["tasks"]), int(row["n"]), int(row["k"])) for row in rows)
