"""after − before on the common mix of kinds of work, less what a control moved, with limits that hold at every look."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from metrics.effects.arms import LEAST_VARIANCE, AmountArm, Arm
from metrics.effects.measures import Measure
from metrics.effects.model import Basis, Move
from metrics.parts import Row
from metrics.stats.anytime import sequence_half_width, verdict_of
from metrics.stats.interval import Interval

LEAST_IN_A_CELL = 30
CASES_OPT = 500.0
FARTHEST = 10_000_000
Pairs = Sequence[tuple[Any, Any]]
Arms = Sequence[tuple[float, Arm]]


@dataclass(frozen=True)
class Sides:
    """The published parts of one number, by kind of work, of the side before (A) and the side after (B)."""

    before: Sequence[Row]
    after: Sequence[Row]


def move_of(
    measure: Measure,
    sides: Sides,
    materiality: float,
    *,
    control: Sides | None = None,
    even: bool = True,
    relative: bool = False,
    both_grow: bool = False,
) -> Move | None:
    """How far the number moved; None where a side has no case.

    `even`: on the common mix where both sides have two kinds of work or more. `relative`: as a share of before (amounts
    above 0 only). `control`: what stayed unchanged on the same days, whose move is taken off (difference in
    differences). `both_grow`: for `needed`, both sides still gain cases; else only the one after.
    """
    own = _arms(measure, sides, even=even)
    other = None if control is None else _arms(measure, control, even=even)
    if own is None or (control is not None and other is None):
        return None
    wholes = [measure.arm([measure.cell(rows)], [1.0]).value for rows in (sides.before, sides.after)]
    return difference(own, materiality, (wholes[0], wholes[1]), control=other, relative=relative, both_grow=both_grow)


@dataclass(frozen=True)
class Against:
    """Two arms on one mix of work."""

    before: Arm
    after: Arm
    basis: Basis


def difference(
    own: Against,
    materiality: float,
    wholes: tuple[float, float],
    *,
    control: Against | None = None,
    relative: bool = False,
    both_grow: bool = False,
) -> Move | None:
    """The move between two arms. `wholes`: the values of both sides as the tasks came."""
    arms: list[tuple[float, Arm]] = [(-1.0, own.before), (1.0, own.after)]
    if control is not None:
        arms += [(1.0, control.before), (-1.0, control.after)]
    if relative and min(arm.value for _, arm in arms) <= 0:
        return None
    amount, limits = put_together(arms, relative=relative)
    least, fewest = math.ceil(max(arm.least for _, arm in arms)), math.floor(min(arm.cases for _, arm in arms))
    open_ = fewest < least or verdict_of(limits, materiality) == "undetermined"
    return Move(
        amount,
        limits,
        own.basis,
        wholes[0],
        wholes[1],
        round(own.before.cases),
        round(own.after.cases),
        least,
        _needed(arms, materiality, both_grow=both_grow, relative=relative) if open_ else None,
        None if control is None else control.after.value - control.before.value,
        fewest,
    )


def put_together(arms: Arms, *, relative: bool = False) -> tuple[float, Interval]:
    """The signed sum of arms (relative: their product of powers, less 1) with its limits at every look."""
    move: Callable[[float], float] = _log if relative else float
    back: Callable[[float], float] = _expm1 if relative else float
    radius = _radius(_variance(arms, relative=relative), _at_best(arms, relative=relative))
    amount = math.fsum(sign * move(arm.value) for sign, arm in arms)
    down = up = 0.0
    for sign, arm in arms:
        middle, limits = move(arm.value), arm.limits(radius)
        below, above = middle - move(limits.lo), move(limits.hi) - middle
        down += (below if sign > 0 else above) ** 2
        up += (above if sign > 0 else below) ** 2
    return back(amount), Interval(back(amount - math.sqrt(down)), back(amount + math.sqrt(up)))


def even_pairs(groups: Sequence[tuple[Sequence[Row], Sequence[Row]]], measure: Measure) -> list[tuple[Any, Any]]:
    """The cells of kinds of work that both sides have; those with fewer than 30 cases on a side are put together."""
    large: list[tuple[Any, Any]] = []
    small: tuple[list[Row], list[Row]] = ([], [])
    for one, two in groups:
        a, b = measure.cell(one), measure.cell(two)
        if a is None or b is None:
            continue
        if min(measure.cases(a), measure.cases(b)) >= LEAST_IN_A_CELL:
            large.append((a, b))
        else:
            small[0].extend(one)
            small[1].extend(two)
    a, b = measure.cell(small[0]), measure.cell(small[1])
    return large if a is None or b is None else [*large, (a, b)]


def by_kind(sides: Sides) -> list[tuple[list[Row], list[Row]]]:
    """The parts of each kind of work, before and after."""
    groups: dict[Any, tuple[list[Row], list[Row]]] = {}
    for place, rows in enumerate((sides.before, sides.after)):
        for row in rows:
            groups.setdefault(row.get("task_type"), ([], []))[place].append(row)
    return list(groups.values())


def _arms(measure: Measure, sides: Sides, *, even: bool) -> Against | None:
    whole = measure.cell(sides.before), measure.cell(sides.after)
    if whole[0] is None or whole[1] is None:
        return None
    pairs: Pairs = even_pairs(by_kind(sides), measure) if even else []
    mixed = len(pairs) >= 2
    found = pairs if mixed else [whole]
    weights = [measure.weight(one) + measure.weight(two) for one, two in found]
    shares = [weight / math.fsum(weights) for weight in weights]
    before, after = (measure.arm([pair[side] for pair in found], shares) for side in (0, 1))
    return Against(before, after, "mix" if mixed else "raw")


def _variance(arms: Arms, *, relative: bool) -> float:
    return math.fsum(arm.variance * _scale(arm, relative=relative) for _, arm in arms)


def _at_best(arms: Arms, *, relative: bool) -> float:
    return math.fsum(arm.spread * _scale(arm, relative=relative) for _, arm in arms) / CASES_OPT


def _scale(arm: Arm, *, relative: bool) -> float:
    """What takes a variance to the scale of logarithms; that of ranks is the same on both."""
    return 1 / (arm.value * arm.value) if relative and isinstance(arm, AmountArm) else 1.0


def _radius(variance: float, at_best: float) -> float:
    variance = max(variance, LEAST_VARIANCE)
    return sequence_half_width(variance, max(at_best, LEAST_VARIANCE)) / math.sqrt(variance)


def _needed(arms: Arms, materiality: float, *, both_grow: bool, relative: bool) -> int | None:
    """How many cases a verdict takes if things stay as they are; None where no number is enough.

    Where only the side after grows, what the others leave open stays: nothing that comes after can settle that.
    """
    grow = [arm for _, arm in arms] if both_grow else [arms[1][1]]

    def told(cases: int) -> bool:
        grown = [(sign, arm.grown(cases) if any(arm is each for each in grow) else arm) for sign, arm in arms]
        return verdict_of(put_together(grown, relative=relative)[1], materiality) != "undetermined"

    return cases_needed(told, math.ceil(max(arm.least for arm in grow)))


def cases_needed(told: Callable[[int], bool], least: int) -> int | None:
    """The fewest cases, `least` or more, with which a verdict is told; None where no number is enough."""
    if not told(FARTHEST):
        return None
    low, high = 0, FARTHEST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if middle >= least and told(middle) else (middle, high)
    return high


def _log(value: float) -> float:
    return -math.inf if value <= 0 else math.log(value) if math.isfinite(value) else math.inf


def _expm1(value: float) -> float:
    return math.expm1(value) if value < 700 else math.inf
