"""One KPI as a card. Every card has the same rows, so that neighbours align; the state decides how sure it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeGuard

from dashboard.words import esc, verdict_html
from metrics import units
from metrics.model import Change, Value

Look = Literal[
    "measured", "estimated", "partial", "too_few", "not_measured", "broken", "true_zero", "doubtful_zero", "modelled"
]
TargetState = Literal["met", "missed", "none"]
SOFT = ("too_few", "not_measured")
EASILY_MISSED_SIGNALS = ("escalation_rate", "error_rate")
ENOUGH_TO_DOUBT_A_ZERO = 300
LONG = 11  # characters of an interval that fit a card at full size


@dataclass(frozen=True)
class Card:
    """What a card shows. `basis` is the sentence on sample and coverage, `target_text` the one on the target.

    `restated` says (as HTML) what the number was before it changed.
    """

    label: str
    value: Value | None
    change: Change | None = None
    spark: str = ""
    basis: str = ""
    target: TargetState = "none"
    target_text: str = ""
    estimated: bool = False
    broken: str = ""
    better: str = "none"
    remedy: str = ""
    modelled: bool = False
    restated: str = ""


def look_of(card: Card) -> Look:
    """The state a card is drawn in (the states of a number)."""
    value = card.value
    if card.broken:
        return "broken"
    if not has_number(value):
        return "not_measured"
    if value.state == "low_n":
        return "too_few"
    if value.state == "immature":
        return "partial"
    if value.value == 0:
        return "doubtful_zero" if is_doubtful(value) else "true_zero"
    return "modelled" if card.modelled else "estimated" if card.estimated else "measured"


def has_number(value: Value | None) -> TypeGuard[Value]:
    """Whether there is a number to show at all."""
    return value is not None and value.value is not None and value.state not in ("unknown", "not_applicable")


def is_doubtful(value: Value) -> bool:
    """A zero that more likely means a missing signal than a perfect agent."""
    return value.kpi in EASILY_MISSED_SIGNALS and value.n >= ENOUGH_TO_DOUBT_A_ZERO


def card_html(card: Card) -> str:
    """The card without its "How we know"."""
    look = look_of(card)
    style = "broken" if look == "broken" else "soft" if look in SOFT else "missed" if card.target == "missed" else ""
    return (
        f'<div class="al kpi {style}" data-kpi="{esc(card.value.kpi if card.value else "")}" data-state="{look}">'
        f'<div class="label">{esc(card.label)}</div>'
        f"{value_html(card, look)}"
        f'<div class="change">{change_html(card, look)}</div>'
        f"{_spark_html(card)}"
        f'<div class="qual">{qualifier(card, look)}</div></div>'
    )


def big(value: float | None, unit: str) -> str:
    """A number set large, its units small."""
    return units.THIN.join(
        f"{esc(number)}<small>{units.THIN}{esc(small)}</small>" if small else esc(number)
        for number, small in units.figure(value, unit).parts
    )


def value_html(card: Card, look: Look) -> str:
    """The number as its state lets it be shown, with the interval where that is short."""
    value = card.value
    if not has_number(value):
        return f'<div class="value weak">{units.NOTHING}</div>'
    if value.state == "low_n":
        between = units.interval(None, value.low, value.high, value.unit)
        fit = " long" if len(between) > LONG else ""
        return f'<div class="value weak{fit}">{esc(between) or units.NOTHING}{_percent_sign(value, between)}</div>'
    shown = f'<span class="v">{_sign(value, look)}{big(value.value, value.unit)}</span>'
    doubt = '<span class="q"> ?</span>' if look == "doubtful_zero" else ""
    again = '<span class="q" title="restated"> ↻</span>' if card.restated else ""
    return f'<div class="value{" est" if look == "estimated" else ""}">{shown}{doubt}{again}{_range_html(value)}</div>'


def _sign(value: Value, look: Look) -> str:
    """What stands before a number that is only a lower bound, or worked out from estimated prices."""
    return "≥ " if value.at_least else "≈ " if look == "estimated" else ""


def _percent_sign(value: Value, between: str) -> str:
    return f"<small>{units.THIN}%</small>" if between and value.unit == "ratio" else ""


def _range_html(value: Value) -> str:
    if value.unit == "ms":
        return ""
    between = units.interval(value.value, value.low, value.high, value.unit)
    return f'<small class="range">{esc(between)}</small>' if between and len(between) <= 8 else ""


def change_html(card: Card, look: Look) -> str:
    """How it moved, or why there is nothing to say."""
    if look == "broken" and not has_number(card.value):
        return '<span class="bad">source failed</span>'
    if look == "not_measured":
        return '<span class="plain">not measured</span>'
    return verdict_html(card.change)


def _spark_html(card: Card) -> str:
    known = has_number(card.value)
    if card.spark and known:
        return card.spark
    return f'<div class="sparkless">{"Too few days for a line" if known else ""}</div>'


def qualifier(card: Card, look: Look) -> str:
    """State, sample, interval and target in words; what is missing where there is no number."""
    value = card.value
    missing = esc(value.missing) if value and value.missing else ""
    if look == "broken":
        link = f'<a href="{esc(card.remedy)}">Fix</a>'
        stale = f"<br>{esc(card.basis)}" if has_number(value) else ""
        return f'<span class="chip bad">■ source failed</span> {esc(card.broken)} {link}{stale}'
    if look == "not_measured":
        return missing or "Nothing in this period."
    interval = _interval_words(value) if value and look != "too_few" else ""
    chips = {
        "too_few": f'<span class="chip">too few</span> {missing or "The interval is all we know."} ',
        "partial": f'<span class="chip partial">partial</span> {missing or "Still arriving."} ',
        "estimated": '<span class="chip">estimated</span> ',
        "modelled": '<span class="chip modelled">modelled</span> ',
        "doubtful_zero": '<span class="chip att">check</span> A true zero is unlikely: is the signal sent? ',
    }
    target = f" {esc(card.target_text)}" if card.target_text else ""
    was = f' <span class="chip">↻ restated</span> {card.restated}' if card.restated else ""
    return f"{chips.get(look, '')}{esc(card.basis)}{interval}{target}{was}"


def _interval_words(value: Value) -> str:
    """The interval, where it was too long to stand beside the value."""
    between = units.interval(value.value, value.low, value.high, value.unit)
    if not between or _range_html(value):
        return ""
    return f" 95{units.THIN}% sure: {esc(between)}."
