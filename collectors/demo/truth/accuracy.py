"""How often an agent is right: records, then labels of people, made surer by a judge where decision 12 allows it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from collectors.demo.truth.known import TaskKnown
from collectors.demo.truth.span import Figure, Figures, Span, ratio

LEAST_LABELS, LEAST_OF_A_RESULT, FRAME = 100, 10, 1.4
Z = 1.959963984540054


def accuracy(span: Span) -> Figures:
    """Right, of those not handed over; where the judge was tried also labels alone, with the judge, and through it."""
    alone = [task for task in span.tasks if not task.escalated]
    truths = [task.truth for task in alone if task.truth]
    if not truths:
        return {"": Figure(None)}
    labels = ratio(math.fsum(s * w for s, w in truths), math.fsum(w for _, w in truths))
    rest = [task for task in alone if not task.recorded]
    if not _may_judge(rest):
        return {"": labels}
    point, error = _powered(rest)
    recorded = [task.truth[0] for task in alone if task.recorded and task.truth]
    right = math.fsum(recorded) + len(rest) * point
    found = {"labels": labels, "with_judge": ratio(right, len(alone))}
    through = _through_errors(rest)
    if through is not None:
        found["through_judge_errors"] = ratio(through[0] * len(rest), len(rest))
    return {"": found["with_judge"] if _helps(rest, point, error, through) else labels} | found


def _cells(rest: Sequence[TaskKnown]) -> Counter[tuple[bool, bool]]:
    """Tasks that a person checked and the judge read, by (a person says right, the judge passes it)."""
    both = [(task.truth[0] >= 0.5, _passed(task)) for task in rest if task.truth and task.judge_score is not None]
    return Counter(both)


def _passed(task: TaskKnown) -> bool:
    return (task.judge_score or 0.0) >= 0.5


def _elsewhere(rest: Sequence[TaskKnown]) -> list[bool]:
    """What the judge says of the tasks that nobody checked."""
    return [_passed(task) for task in rest if not task.truth and task.judge_score is not None]


def _may_judge(rest: Sequence[TaskKnown]) -> bool:
    """Enough labels of both results that the judge gave too, and both drawn from about all of these tasks."""
    cells, more = _cells(rest), _elsewhere(rest)
    right = sum(count for (said, _), count in cells.items() if said)
    if cells.total() < LEAST_LABELS or min(right, cells.total() - right) < LEAST_OF_A_RESULT or not more:
        return False
    checked = [task.truth[1] for task in rest if task.truth and task.judge_score is not None]
    unchecked = len(rest) - sum(task.truth is not None for task in rest)
    stand_for = ((math.fsum(checked), len(rest)), (len(more), unchecked))
    return all(tasks / FRAME <= about <= tasks * FRAME for about, tasks in stand_for)


def _powered(rest: Sequence[TaskKnown]) -> tuple[float, float]:
    """Prediction-powered accuracy and its standard error, half a task added to each of the four cells.

    The judge's verdict counts as far as it goes along with people's: each label is corrected by how far the verdicts
    on the checked tasks lie from those on the others.
    """
    cells, more = _cells(rest), _elsewhere(rest)
    pairs = [(float(y), float(f), cells[y, f] + 0.5) for y in (True, False) for f in (True, False)]
    n, others = math.fsum(w for _, _, w in pairs), len(more)

    def mean(of: Sequence[tuple[float, float]]) -> float:
        return math.fsum(value * w for value, w in of) / n

    right, passed = mean([(y, w) for y, _, w in pairs]), mean([(f, w) for _, f, w in pairs])
    together = mean([((y - right) * (f - passed), w) for y, f, w in pairs])
    every = (n * passed + sum(more)) / (n + others)
    spread = every * (1 - every) * (n + others) / (n + others - 1)
    trust = min(1.0, max(0.0, together / ((1 + n / others) * spread)))
    judged = sum(more) / others
    residual = mean([((y - trust * f - right + trust * passed) ** 2, w) for y, f, w in pairs])
    return right + trust * (judged - passed), math.sqrt(trust**2 * judged * (1 - judged) / others + residual / n)


def _through_errors(rest: Sequence[TaskKnown]) -> tuple[float, float, float] | None:
    """The judge's share read through its own errors (Rogan and Gladen), with Lee's interval; None of a coin."""
    cells, more = _cells(rest), _elsewhere(rest)
    right, wrong = (sum(cells[said, passed] for passed in (True, False)) for said in (True, False))
    sure, strict, share = cells[True, True] / right, cells[False, False] / wrong, sum(more) / len(more)
    if sure + strict <= 1:
        return None
    p = (sum(more) + Z * Z / 2) / (len(more) + Z * Z)
    q0, q1 = (cells[False, False] + 1) / (wrong + 2), (cells[True, True] + 1) / (right + 2)
    slope, v0, v1 = q0 + q1 - 1, q0 * (1 - q0) / (wrong + 2), q1 * (1 - q1) / (right + 2)
    middle = (p + q0 - 1) / slope
    shift = 2 * Z * Z * (middle * v1 - (1 - middle) * v0)
    half = Z * math.sqrt(p * (1 - p) / (len(more) + Z * Z) + (1 - middle) ** 2 * v0 + middle**2 * v1) / slope
    point = min(1.0, max(0.0, (share + strict - 1) / (sure + strict - 1)))
    return point, max(0.0, middle + shift - half), min(1.0, middle + shift + half)


def _helps(rest: Sequence[TaskKnown], point: float, error: float, through: tuple[float, float, float] | None) -> bool:
    """Whether the judge does not contradict itself and makes the estimate worth more labels than there are."""
    worth = point * (1 - point) / error**2
    middle, half = _wilson(point, worth)
    if through is not None and (through[1] > middle + half or through[2] < middle - half):
        return False
    weights = [task.truth[1] for task in rest if task.truth]
    return worth > math.fsum(weights) ** 2 / math.fsum(w * w for w in weights)


def _wilson(share: float, n: float) -> tuple[float, float]:
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    return middle, Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
