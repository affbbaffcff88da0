"""Why a task costs more or less: factors that multiply to the change, the same forwards and backwards.

cost per task = calls a task × Σ over models of share × priced share × (input × price of its kinds + answer × price).
Each factor gets its Shapley share on the logarithmic scale, so that no order of the factors matters and one that
halves is never hidden by one that doubles. A price that became known is coverage, never a rise of the price.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from metrics import stats
from metrics.insights.factors import FACTORS, Periods, Usage, cost, periods_of, standing
from metrics.insights.model import Bridge, Factor, Reading
from metrics.parts import Row

GROUPS = 40
LEAST_TASKS = 20
SMALLEST_MOVE = 0.05
CONFIDENCE = 0.95
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Work:
    """What groups of tasks used, one group a row: tasks, US dollars, and the use of each model."""

    tasks: Numbers
    usd: Numbers
    usage: Usage

    @property
    def cost(self) -> float:
        """US dollars a task over all groups; what has no price is left out."""
        return float(self.usd.sum() / self.tasks.sum()) if self.tasks.sum() else 0.0


def work_of(rows: Iterable[Row], models: Sequence[str]) -> Work:
    """The groups of tasks in rows of `insight_calls`; `models` are those of all periods compared."""
    kept = list(rows)
    groups = {part: place for place, part in enumerate(sorted({row["part"] for row in kept}))}
    columns = {model: place for place, model in enumerate(models)}
    usage = Usage.empty(len(groups), len(columns))
    tasks = np.zeros(len(groups))
    for row in kept:
        if row["model"] is None:
            tasks[groups[row["part"]]] = row["tasks"]
        else:
            usage.put(groups[row["part"]], columns[row["model"]], row)
    return Work(tasks, usage.usd.sum(axis=(1, 2)), usage)


def models_in(*periods: Sequence[Row]) -> list[str]:
    """The models that any of the periods used."""
    return sorted({row["model"] for rows in periods for row in rows if row["model"] is not None})


def bridge(
    before: Sequence[Row], after: Sequence[Row], days_before: tuple[date, date], days_after: tuple[date, date]
) -> Bridge:
    """The bridge between two periods of one agent, each as rows of `insight_calls`."""
    models = models_in(before, after)
    old, new = work_of(before, models), work_of(after, models)
    readings = _reading(old, days_before), _reading(new, days_after)
    withheld = _withheld(old, new)
    if withheld:
        return Bridge(*readings, (), 0.0, withheld)
    logs, usd = effects(old, new)
    halves = _half_widths(old, new, logs)
    shown = standing(periods_of(_whole(old), _whole(new)), models)
    made = tuple(
        _factor(place, math.exp(logs[place]), halves[place], usd[place], shown[place]) for place in range(len(FACTORS))
    )
    return Bridge(*readings, made, new.cost - old.cost - math.fsum(factor.usd for factor in made))


def _withheld(before: Work, after: Work) -> str | None:
    if min(before.tasks.sum(), after.tasks.sum()) < LEAST_TASKS:
        return (
            f"Not enough to compare: {after.tasks.sum():.0f} tasks in this period and {before.tasks.sum():.0f} in the "
            f"one before, against the {LEAST_TASKS} that both sides need."
        )
    if not before.usage.priced.any() or not after.usage.priced.any():
        return "No call of one period has a price: what the tasks cost is not known."
    if before.cost <= 0 and after.cost <= 0:
        return "The price of every call that has one is $0, in both periods: there is no change to explain."
    if before.cost <= 0 or after.cost <= 0:
        return "The calls of one period cost $0: no multipliers lead from nothing or to it."
    return None


def effects(before: Work, after: Work) -> tuple[list[float], list[float]]:
    """The logarithm of each factor's multiplier, and its US dollars a task; both add up to the whole change."""
    sides = periods_of(_whole(before), _whole(after))
    known = {moved: float(cost(sides, moved)[0]) for moved in _subsets()}
    logs = stats.shapley(len(FACTORS), lambda moved: math.log(known[moved]))
    return logs, stats.shapley(len(FACTORS), lambda moved: known[moved])


def _whole(work: Work) -> tuple[Numbers, Usage]:
    return work.tasks.sum(keepdims=True), work.usage.summed()


def _subsets() -> list[frozenset[int]]:
    return [
        frozenset(place for place in range(len(FACTORS)) if number >> place & 1) for number in range(2 ** len(FACTORS))
    ]


def _half_widths(before: Work, after: Work, logs: Sequence[float]) -> list[float]:
    """The half-width of each log multiplier's interval, wide enough for all factors together (Bonferroni).

    By leaving out one group of tasks at a time on either side (jackknife).
    """
    from scipy.special import stdtrit  # imported here: it takes longer to load than most pages to draw

    variance = np.zeros(len(FACTORS))
    for left_out, other, swapped in ((before, after, False), (after, before, True)):
        sides = periods_of(_without_each(left_out), _whole(other))
        moved = _log_effects(sides)
        aside = moved * (-1 if swapped else 1) - np.asarray(logs)[:, None]
        groups = aside.shape[1]
        variance += (groups - 1) / groups * np.square(aside).sum(axis=1)
    freedom = max(1, min(len(before.tasks), len(after.tasks)) - 1)
    width = float(stdtrit(freedom, 1 - (1 - CONFIDENCE) / (2 * len(FACTORS))))
    return [width * math.sqrt(each) for each in variance]


def _log_effects(sides: Periods) -> Numbers:
    """The log multipliers (rows) of every replicate (columns), of the period given first against the second."""
    known = {moved: np.log(np.maximum(cost(sides, moved), 1e-300)) for moved in _subsets()}
    count, found = len(FACTORS), []
    for factor in range(count):
        total = np.zeros_like(known[frozenset()])
        for moved, value in known.items():
            if factor not in moved:
                weight = math.factorial(len(moved)) * math.factorial(count - len(moved) - 1) / math.factorial(count)
                total = total + weight * (known[moved | {factor}] - value)
        found.append(total)
    return np.stack(found)


def _without_each(work: Work) -> tuple[Numbers, Usage]:
    """The whole without each group in turn, one a row."""
    return work.tasks.sum() - work.tasks, work.usage.without_each()


def _factor(place: int, multiplier: float, half: float, usd: float, shown: tuple[float, float, str]) -> Factor:
    _, name, unit = FACTORS[place]
    low, high = multiplier * math.exp(-half), multiplier * math.exp(half)
    moved = (low > 1 or high < 1) and abs(multiplier - 1) >= SMALLEST_MOVE
    return Factor(name, multiplier, low, high, usd, shown[0], shown[1], unit, moved, shown[2])


def _reading(work: Work, days: tuple[date, date]) -> Reading:
    """Cost per task with its interval from the groups."""
    tasks, value = int(work.tasks.sum()), work.cost
    rest = work.tasks.sum() - work.tasks
    if len(work.tasks) < 2 or not np.all(rest > 0):
        return Reading(*days, value if tasks else None, None, None, tasks, "usd")
    aside = (work.usd.sum() - work.usd) / rest - value
    half = stats.Z_95 * math.sqrt((len(rest) - 1) / len(rest) * float(np.square(aside).sum()))
    return Reading(*days, value, max(0.0, value - half), value + half, tasks, "usd")
