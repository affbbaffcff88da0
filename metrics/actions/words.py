"""Actions in plain words: page and command line say the same."""

from __future__ import annotations

from datetime import date, timedelta

from metrics import units
from metrics.actions.book import Precision
from metrics.actions.model import Guard, Money, Move, Outcome, Plan, Verdict
from metrics.insights.cards import day
from metrics.stats.interval import Interval

GUARD_WORDS = {"held": "held", "breached": "breached", "not_settled": "not settled yet"}
STATE_WORDS = {
    "proposed": "Proposed", "accepted": "Accepted", "shipped": "Shipped", "kept": "Kept", "reverted": "Reverted",
    "dismissed": "Dismissed",
}  # fmt: skip


def amount(value: float, unit: str) -> str:
    """A difference with its sign: "+2.1 pt", "−$0.004"."""
    sign = "+" if value > 0 else units.MINUS if value < 0 else "±"
    if unit == "ratio":
        return f"{sign}{units.grouped(abs(100 * value), 1)}{units.THIN}pt"
    return f"{sign}{units.text(abs(value), unit)}"


def size(value: float, unit: str) -> str:
    """A size without a sign: "2 points", "$0.01"."""
    return f"{100 * value:.3g} points" if unit == "ratio" else units.text(value, unit)


def limits(found: Interval, unit: str) -> str:
    """ "−1.0 pt to +2.4 pt"."""
    low, high = found
    if unit == "ratio":
        low, high = max(-1.0, low), min(1.0, high)
    return f"{amount(low, unit)} to {amount(high, unit)}"


def moved(move: Move, unit: str) -> str:
    """ "+3.2 pt (+1.0 pt to +5.4 pt)"."""
    return f"{amount(move.amount, unit)} ({limits(move.limits, unit)})"


def planned(plan: Plan, label: str, unit: str) -> str:
    """What was written down beforehand, in one sentence."""
    part = f" of {plan.slice}" if plan.slice else ""
    return (
        f"{label}{part} {plan.direction} by at least {size(plan.materiality, unit)}, against "
        f"{span(plan.baseline_from, plan.baseline_to)}, after at least {plan.min_days} complete days"
    )


def span(start: date, end: date) -> str:
    """Days with both ends inside, `end` exclusive: "5 Oct – 1 Nov"."""
    last = end - timedelta(days=1)
    return day(start) if last <= start else f"{day(start)} {units.DASH} {day(last)}"


def says(plan: Plan, verdict: Verdict, move: Move | None, unit: str) -> str:
    """What a verdict means, and what another one would take."""
    least = size(plan.materiality, unit)
    text = {
        "improved": f"Even the cautious end of the effect is more than {least}.",
        "improved_size_unclear": f"It surely helped; whether by {least} or more is not clear yet.",
        "no_material_change": f"The whole interval lies within {least}: what it did does not matter.",
        "worse": f"Even the cautious end lies more than {least} on the wrong side.",
        "worse_size_unclear": f"It surely made it worse; whether by {least} or more is not clear yet.",
        "trade_off": "It helped, and a guard got worse by more than it may.",
        "undetermined": "The interval holds both better and worse.",
    }[verdict]
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


def sentence(text: str) -> str:
    """The same with a capital letter."""
    return text[:1].upper() + text[1:]


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
