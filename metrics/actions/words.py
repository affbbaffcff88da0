"""Actions in plain words: page and command line say the same."""

from __future__ import annotations

from datetime import date, timedelta

from metrics import units
from metrics.actions.book import Precision
from metrics.actions.model import VERDICT_WORDS, Guard, Money, Outcome, Plan, Verdict
from metrics.effects.model import GRADES, Move
from metrics.effects.words import amount, meaning, moved, size
from metrics.insights.cards import day

GUARD_WORDS = {"held": "held", "breached": "breached", "not_settled": "not settled yet"}
STATE_WORDS = {
    "proposed": "Proposed", "accepted": "Accepted", "shipped": "Shipped", "kept": "Kept", "reverted": "Reverted",
    "dismissed": "Dismissed",
}  # fmt: skip


def planned(plan: Plan, label: str, unit: str) -> str:
    """What was written down beforehand, in one sentence. `label` names the number with its part."""
    kind = f" in tasks of the kind {plan.task_type}" if plan.task_type else ""
    told = {
        "before_after": "",
        "split": f", told by a random split: {units.text(plan.split, 'ratio')} of the tasks get the change",
        "version": ", told against the version it replaces, at the same time",
        "agent": f", less what {plan.control_agent} moves unchanged",
        "kinds": ", less what the other kinds of task move",
    }[plan.design]
    return (
        f"{label}{kind} {plan.direction} by at least {size(plan.materiality, unit)}, against "
        f"{span(plan.baseline_from, plan.baseline_to)}, after at least {plan.min_days} complete days{told}"
    )


def span(start: date, end: date) -> str:
    """Days with both ends inside, `end` exclusive: "5 Oct – 1 Nov"."""
    last = end - timedelta(days=1)
    return day(start) if last <= start else f"{day(start)} {units.DASH} {day(last)}"


def says(plan: Plan, verdict: Verdict, move: Move | None, unit: str) -> str:
    """What a verdict means, and what another one would take."""
    text = "It helped, and a guard got worse by more than it may."
    if verdict != "trade_off":
        text = meaning(verdict, size(plan.materiality, unit))
    if verdict != "undetermined" or move is None:
        return text
    if move.needed is None:
        return f"{text} The days compared with are too few: no number of cases after the change can settle it."
    more = max(0, move.needed - move.cases_after)
    return (
        f"{text} About {units.grouped(move.needed)} cases after the change are needed if things stay as they are: "
        f"{units.grouped(more)} more."
    )


def guard_says(guard: Guard, move: Move | None, unit: str) -> str:
    """ "+0.4 pt (−1.0 pt to +1.8 pt), at most 2 points worse"."""
    seen = "nothing counted on one side" if move is None else moved(move, unit)
    return f"{seen}; it may get worse by {size(guard.margin, unit)}"


def money(found: Money) -> str:
    """ "saves $310 a month ($120 to $500)"; the reason where it has no price."""
    if found.value is None or found.low is None or found.high is None:
        return found.basis
    if found.low <= 0 <= found.high:
        return f"{_signed(found.low)} to {_signed(found.high)} a month: may save or cost"
    word = "saves" if found.value > 0 else "costs"
    ends = sorted((abs(found.low), abs(found.high)))
    return f"{word} {units.money(abs(found.value))} a month ({units.money(ends[0])} to {units.money(ends[1])})"


def _signed(value: float) -> str:
    return f"+{units.money(value)}" if value > 0 else units.money(value)


def headline(found: Outcome) -> str:
    """ "−$0.02 (−$0.03 to −$0.01); saves $310 a month ($120 to $500)"; "So far: …" while there is no verdict."""
    if found.move is None:
        return ""
    early = "So far: " if found.verdict == "undetermined" else ""
    worth = f"; {money(found.money)}" if found.money.value is not None else ""
    return f"{early}{moved(found.move, found.unit)}{worth}"


def designed(plan: Plan, found: Outcome) -> str:
    """The design grade with what it means, and what a better one would take."""
    better = ""
    if plan.design == "before_after":
        better = " A takes a random split promised beforehand, B something that stays unchanged."
    elif found.move is not None and found.move.control is not None:
        better = f" What stayed unchanged moved {amount(found.move.control, found.unit)}, which is taken off."
    return f"Design {found.grade}: {GRADES[found.grade]}.{better}"


def sentence(text: str) -> str:
    """The same with a capital letter."""
    return text[:1].upper() + text[1:]


def has_restored(plan: Plan, found: Outcome) -> bool:
    """Whether the number is what it was before the bad days, and surely better than in them."""
    if found.verdict != "no_material_change" or found.spell is None:
        return False
    limits = found.spell.limits
    return limits.lo > 0 if plan.direction == "up" else limits.hi < 0


def verdict(plan: Plan, found: Outcome) -> str:
    """The verdict in words. Undoing what went wrong is no material change against the days before, and no failure."""
    return "back to what it was" if has_restored(plan, found) else VERDICT_WORDS[found.verdict]


def after_spell(plan: Plan, found: Outcome) -> str:
    """What moved against the bad days themselves, which is never the verdict; '' where there were none."""
    if found.spell is None or plan.spell_from is None or plan.spell_to is None:
        return ""
    return (
        f"Against the bad days themselves ({span(plan.spell_from, plan.spell_to)}) it moved "
        f"{amount(found.spell.amount, found.unit)}. That is not the verdict: a bad spell partly ends by itself."
    )


def graded(found: Precision) -> str:
    """How many graded findings were worth raising, in words."""
    if found.limits is None:
        return "No finding was graded yet: how many are worth raising is not known."
    share = f"{units.text(found.limits.lo, 'ratio')} to {units.text(found.limits.hi, 'ratio')}"
    return f"{found.worth} of {found.graded} graded findings were worth raising (95 %: {share})."
