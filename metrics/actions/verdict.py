"""Did it help? One pure function from the plan and the published parts to the verdict, its money and its guards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from metrics.actions.design import Told
from metrics.actions.model import Guard, Guarded, GuardSeen, Money, Outcome, Plan, Verdict
from metrics.actions.words import guard_says, says
from metrics.catalogue import Kpi
from metrics.effects.measures import measure_of, told_unlike
from metrics.effects.model import Grade, Move, word_of
from metrics.effects.moves import Sides, move_of
from metrics.effects.words import named
from metrics.insights.worth import Facts, worth_of_move
from metrics.parts import Row

NO_PRICE = "What a task is worth is not known."
NO_TIME_PRICE = "Time has no price in the agent's contract."


@dataclass(frozen=True)
class Counted:
    """The published parts of one number, before and after the change, and those of what stayed unchanged."""

    kpi: Kpi
    sides: Sides
    control: Sides | None = None
    part: str = ""

    @property
    def label(self) -> str:
        """The number as people know it."""
        return named(self.kpi.label, self.part)

    def move(self, materiality: float, *, both_grow: bool = False) -> Move | None:
        """How far it moved."""
        measure = measure_of(self.kpi, self.part)
        return move_of(measure, self.sides, materiality, control=self.control, both_grow=both_grow)


@dataclass(frozen=True)
class Seen:
    """All that a verdict rests on. `days` are complete days since the change, `as_of` the last of them.

    `cases_month` and `share` put the effect into money: how many cases a month the number counts, and which part of the
    agent's work it is about.
    """

    metric: Counted
    guards: tuple[Counted, ...]
    days: int
    as_of: date | None
    facts: Facts | None = None
    spell: Sequence[Row] = ()
    notes: tuple[str, ...] = ()
    told: Told = field(default_factory=Told)
    cases_month: float | None = None
    share: float = 1.0


def outcome(plan: Plan, seen: Seen) -> Outcome:
    """The verdict on an action. It holds however often one looks, and reads nothing but its arguments."""
    metric, at_once = seen.metric, seen.told.versions is not None
    move = metric.move(plan.materiality, both_grow=at_once)
    guards = tuple(_guard(guard, counted) for guard, counted in zip(plan.guards, seen.guards, strict=True))
    waits = _waits(plan, seen, move)
    verdict: Verdict = "undetermined" if waits or move is None else _word(plan, move, guards)
    if seen.told.blocked:
        move = None
    return Outcome(
        verdict,
        waits or says(plan, verdict, move, metric.kpi.unit),
        move,
        metric.label,
        metric.kpi.unit,
        guards,
        _money(seen, move),
        _grade(plan, seen.told, move),
        seen.days,
        seen.as_of,
        tuple(note for note in (seen.told.says, *seen.notes) if note),
        _spell(plan, seen),
    )


def _spell(plan: Plan, seen: Seen) -> Move | None:
    """What moved against the bad days themselves."""
    if not seen.spell or seen.told.versions is not None:
        return None
    metric = seen.metric
    return replace(metric, sides=Sides(seen.spell, metric.sides.after), control=None).move(plan.materiality)


def _waits(plan: Plan, seen: Seen, move: Move | None) -> str:
    """Why there can be no verdict yet; '' where there can."""
    if seen.told.blocked:
        return seen.told.blocked
    if seen.days < plan.min_days:
        return f"Day {max(0, seen.days)} of {plan.min_days}: a verdict needs {plan.min_days} complete days first."
    if move is None:
        return "On one side nothing was counted: there is nothing to compare."
    if not move.enough:
        return (
            f"Too few cases: {move.cases_before} before and {move.cases_after} after; on every side a verdict needs "
            f"{move.least} at least."
        )
    return _told_unlike(seen.metric)


def _told_unlike(counted: Counted) -> str:
    sides = counted.sides
    return told_unlike(counted.kpi, measure_of(counted.kpi, counted.part), sides.before, sides.after)


def _word(plan: Plan, move: Move, guards: Sequence[GuardSeen]) -> Verdict:
    word = word_of(move, plan.materiality, plan.direction)
    helped = word in ("improved", "improved_size_unclear")
    return "trade_off" if helped and any(each.state == "breached" for each in guards) else word


def _guard(guard: Guard, counted: Counted) -> GuardSeen:
    """A guard holds where even the worse end stays within its margin, and is breached where the better end does not.

    A number without a good direction (hand-overs) must not rise.
    """
    kpi = counted.kpi
    move = counted.move(guard.margin)
    state: Guarded = "not_settled"
    if move is not None and move.enough and not _told_unlike(counted):
        harm = (-move.limits.hi, -move.limits.lo) if kpi.better == "higher" else tuple(move.limits)
        state = "held" if harm[1] <= guard.margin else "breached" if harm[0] > guard.margin else "not_settled"
    return GuardSeen(guard, counted.label, kpi.unit, state, move, guard_says(guard, move, kpi.unit))


def _money(seen: Seen, move: Move | None) -> Money:
    """Δ × volume × value with the limits of the verdict; what is at stake less is saved."""
    kpi = seen.metric.kpi
    if kpi.unit == "ms":
        return Money(None, None, None, NO_TIME_PRICE)
    if move is None or seen.facts is None or seen.metric.part or not move.bounded:
        return Money(None, None, None, NO_PRICE)
    worth = worth_of_move(kpi.id, kpi.unit, move.amount, move.limits, seen.facts, seen.share, seen.cases_month)
    if worth.value is None or worth.low is None or worth.high is None:
        return Money(None, None, None, worth.basis)
    return Money(0.0 - worth.value, 0.0 - worth.high, 0.0 - worth.low, worth.basis)


def _grade(plan: Plan, told: Told, move: Move | None) -> Grade:
    """That of the design reached; before and after it is C on the common mix, else D. Never better than planned."""
    found: Grade = told.grade or ("C" if move is not None and move.basis == "mix" else "D")
    return max(plan.grade, found)
