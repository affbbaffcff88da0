"""Did it help? One pure function from the plan and the published parts to the verdict, its money and its guards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from metrics.actions.model import Guard, Guarded, GuardSeen, Money, Move, Outcome, Plan, Verdict
from metrics.actions.samples import enough, move_of, summed
from metrics.actions.words import guard_says, says
from metrics.catalogue import Kpi
from metrics.change import SAME_PRICED
from metrics.insights.model import Grade
from metrics.insights.worth import MONTH_DAYS, Facts, worth_of_move
from metrics.parts import Row
from metrics.stats.anytime import LEAST_PER_ARM, verdict_of
from metrics.stats.interval import Interval

NO_PRICE = "What a task is worth is not known."


@dataclass(frozen=True)
class Sides:
    """The published parts of one number, by kind of work, before and after the change."""

    kpi: Kpi
    before: Sequence[Row]
    after: Sequence[Row]


@dataclass(frozen=True)
class Seen:
    """All that a verdict rests on. `days` are complete days since the change, `as_of` the last of them."""

    metric: Sides
    guards: tuple[Sides, ...]
    days: int
    as_of: date | None
    facts: Facts | None = None
    spell: Sequence[Row] = ()
    notes: tuple[str, ...] = ()


def outcome(plan: Plan, seen: Seen) -> Outcome:
    """The verdict on an action. It holds however often one looks, and reads nothing but its arguments."""
    metric = seen.metric
    move = move_of(metric.kpi, metric.before, metric.after, plan.materiality)
    guards = tuple(_guard(guard, sides) for guard, sides in zip(plan.guards, seen.guards, strict=True))
    waits = _waits(plan, seen, move)
    verdict: Verdict = "undetermined" if waits or move is None else _word(plan, move, guards)
    return Outcome(
        verdict,
        waits or says(plan, verdict, move, metric.kpi.unit),
        move,
        metric.kpi.label,
        metric.kpi.unit,
        guards,
        _money(plan, seen, move),
        _grade(plan, move),
        seen.days,
        seen.as_of,
        seen.notes,
        move_of(metric.kpi, seen.spell, metric.after, plan.materiality) if seen.spell else None,
    )


def _waits(plan: Plan, seen: Seen, move: Move | None) -> str:
    """Why there can be no verdict yet; '' where there can."""
    if seen.days < plan.min_days:
        return f"Day {max(0, seen.days)} of {plan.min_days}: a verdict needs {plan.min_days} complete days first."
    if move is None:
        return "On one side nothing was counted: there is nothing to compare."
    if not enough(move):
        return (
            f"Too few cases: {move.cases_before} before and {move.cases_after} after, of {LEAST_PER_ARM} a side that "
            "a verdict needs at least."
        )
    return _priced_unlike(seen.metric)


def _priced_unlike(sides: Sides) -> str:
    """Money that moved perhaps only because more or fewer calls have a price is no effect."""
    if sides.kpi.unit != "usd":
        return ""
    shares = [
        total["covered"] / total["eligible"]
        for total in (summed(sides.before), summed(sides.after))
        if total["covered"] is not None and total["eligible"]
    ]
    if len(shares) == 2 and abs(shares[0] - shares[1]) <= SAME_PRICED:
        return ""
    return "Unlike shares of the calls have a price before and after: the move may be only that."


def _word(plan: Plan, move: Move, guards: Sequence[GuardSeen]) -> Verdict:
    limits = move.limits if plan.direction == "up" else Interval(-move.limits.hi, -move.limits.lo)
    word = cast(Verdict, verdict_of(limits, plan.materiality))
    helped = word in ("improved", "improved_size_unclear")
    return "trade_off" if helped and any(each.state == "breached" for each in guards) else word


def _guard(guard: Guard, sides: Sides) -> GuardSeen:
    """A guard holds where even the worse end stays within its margin, and is breached where the better end does not.

    A number without a good direction (hand-overs) must not rise.
    """
    kpi = sides.kpi
    move = move_of(kpi, sides.before, sides.after, guard.margin)
    state: Guarded = "not_settled"
    if move is not None and enough(move) and not _priced_unlike(sides):
        harm = (-move.limits.hi, -move.limits.lo) if kpi.better == "higher" else tuple(move.limits)
        state = "held" if harm[1] <= guard.margin else "breached" if harm[0] > guard.margin else "not_settled"
    return GuardSeen(guard, kpi.label, kpi.unit, state, move, guard_says(guard, move, kpi.unit))


def _money(plan: Plan, seen: Seen, move: Move | None) -> Money:
    """Δ × volume × value with the limits of the verdict; what is at stake less is saved."""
    if move is None or seen.facts is None or plan.slice:
        return Money(None, None, None, NO_PRICE)
    counted = summed(seen.metric.after)["denominator"] or 0.0
    cases = counted / max(1, seen.days) * MONTH_DAYS
    kpi = seen.metric.kpi
    worth = worth_of_move(kpi.id, kpi.unit, move.amount, move.limits, seen.facts, 1.0, cases)
    if worth.value is None or worth.low is None or worth.high is None:
        return Money(None, None, None, worth.basis)
    return Money(0.0 - worth.value, 0.0 - worth.high, 0.0 - worth.low, worth.basis)


def _grade(plan: Plan, move: Move | None) -> Grade:
    """Before and after is C on the common mix, else D; never better than planned."""
    found: Grade = "C" if move is not None and move.basis == "mix" else "D"
    return max(plan.grade, found)
