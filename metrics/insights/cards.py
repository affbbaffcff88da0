"""An insight in words, by one template: what moved, since when, because, how sure, worth, do next, known by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from metrics import units
from metrics.catalogue import catalogue
from metrics.effects.model import Grade
from metrics.insights.model import Candidate, Card, Insight, Onset, Reading, Segment, Worth

NEXT_BY_KIND = {
    "data": "Find out why the evidence stopped: see Data health for the source that brings it.",
    "zero": "Check that the signal arrives: let one case through that must show it.",
}
NEXT_BY_UNIT = {"usd": "what makes jobs dear", "ms": "the slowest jobs"}
NEXT_FOR_WORK = "Ask where the work comes from, or where it went; record the change if you know of one."
# What a stream counts where its KPI is another number, or where its name says too little.
COUNTED_AS = {
    "calibration": "confidence beyond what was right",
    "leakage": "unsure jobs that were not handed over",
    "judge_agreement": "tasks on which judges agree with people",
    "reported_problems": "jobs that somebody reported as wrong",
}
COMPARED: dict[Grade, str] = {
    "A": "a randomised split",
    "B": "agents on the same model that did not change",
    "C": "the days before, with the same mix of work",
    "D": "the days before, nothing evened out",
}
SURELY = 10.0
OFTEN = 1e6
SILENT = "|silent"
KINDS = {"agent": "version", "config": "setting", "model": "model", "guardrail": "guardrail", "price": "price"}
SEGMENTS = {"task_type": "kind of task", "label kind": "labels by", "kind": "", "": ""}


@dataclass(frozen=True)
class Moved:
    """What moved, in pieces: two of them are numbers that lead to their jobs. `before` may be empty."""

    subject: str
    before: str
    after: str
    limits: str = ""
    rest: str = ""

    @property
    def text(self) -> str:
        """ "accuracy 85 % → 45 % (37–52)"."""
        arrow = f" {self.before} →" if self.before else ""
        return f"{self.subject}{arrow} {self.after}{self.limits}{self.rest}"


def card_of(insight: Insight, name: str) -> Card:
    """The seven lines of a card."""
    return Card(
        moved=f"{name}: {moved(insight)}",
        since=since(insight),
        because=insight.because.says,
        sure=sure(insight),
        worth=worth(insight.worth),
        do_next=do_next(insight),
        known_by=known_by(insight),
    )


def subject(insight: Insight) -> str:
    """What moved: the number and the part of the work."""
    segment = insight.segment
    if insight.kpi == "drift" and segment.dimension == "model":
        return f"share of calls answered by “{segment.value}”"
    if insight.kpi == "drift":
        return f"share of “{segment.value}” in the work"
    label = _label(insight)
    return label if segment.is_whole else f"{label} ({segment_text(segment)})"


def _label(insight: Insight) -> str:
    if insight.kpi == "cost_per_task" and insight.after.unit == "ratio" and not is_silence(insight):
        return "share of calls with a price"
    if insight.kpi in COUNTED_AS and insight.kind != "level":
        return COUNTED_AS[insight.kpi]
    kpi = catalogue().get(insight.kpi)
    label = kpi.label if kpi is not None else insight.kpi
    label = label[0].lower() + label[1:] if label[1:2].islower() else label
    return f"{label} of the slowest 1 in 20" if insight.after.unit == "ms" else label


def segment_text(segment: Segment) -> str:
    """ "tool supplier_portal", "kind of task refund"."""
    name = SEGMENTS.get(segment.dimension, segment.dimension.removeprefix("segment."))
    return f"{name} {segment.value}".strip()


def is_silence(insight: Insight) -> bool:
    """Whether it says that something stopped: an agent, or what is told of a number."""
    return insight.signature.endswith(SILENT)


def candidate_text(each: Candidate) -> str:
    """ "version 16 → 17 on 2 Nov"."""
    return change_text(each.kind, each.before, each.after, each.resource, each.on)


def change_text(kind: str, before: str | None, after: str | None, resource: str | None, on: date) -> str:
    """The same of any row of the release ledger."""
    if kind == "price":
        return f"{resource or 'a price'} on {day(on)}"
    moved = (
        f" {before} → {after}"
        if before and after
        else f" {after} (new)"
        if after
        else f" {before} (gone)"
        if before
        else ""
    )
    return f"{KINDS.get(kind, kind)}{moved} on {day(on)}"


def moved(insight: Insight) -> str:
    """ "accuracy 85 % → 45 % (37–52)"."""
    return pieces(insight).text


def pieces(insight: Insight) -> Moved:
    """What moved, with its two numbers apart."""
    before, after = insight.before, insight.after
    if insight.kind == "level":
        word = "target" if insight.direction == "down" else "limit"
        rest = f"; the {word} is {units.text(before.value, before.unit)}"
        return Moved(subject(insight), "", amount(after), between(after), rest)
    if insight.kind == "zero":
        was = "" if insight.onset is None else amount(before)
        return Moved(subject(insight), was, f"0 of {units.grouped(after.n)}")
    if is_silence(insight) and not after.per:
        told = f"cases of {subject(insight)} that are told of"
        return Moved(told, units.text(before.value, before.unit), f"0 of {units.grouped(after.n)}")
    return Moved(subject(insight), amount(before), amount(after), between(after))


def amount(reading: Reading) -> str:
    """ "86.6 %", "$0.184", and of a count a day "12.3"."""
    if reading.per and reading.unit == "count" and reading.value is not None:
        return units.significant(reading.value)
    return units.text(reading.value, reading.unit)


def between(reading: Reading) -> str:
    """ " (37–52)", " a day (38–47)"; '' where there is no interval and nothing to add."""
    told = units.interval(reading.value, reading.low, reading.high, reading.unit)
    return f"{f' a {reading.per}' if reading.per else ''}{f' ({told})' if told else ''}"


def since(insight: Insight) -> str:
    """The likeliest day with both 90 % sets, the end where it is over, and how many weeks a level lasts."""
    onset, after = insight.onset, insight.after
    if onset is None:
        return f"In the {(after.end - after.start).days} days to {day(after.end - timedelta(days=1))}."
    if is_silence(insight):
        return f"Since {day(onset.day)}."
    if insight.kind == "level":
        return f"{(after.end - onset.day).days // 7} weeks running, since {day(onset.day)}."
    begun = f"Since {day(onset.day)}"
    if insight.ended_on is not None:
        begun = f"From {day(onset.day)} to {day(insight.ended_on - timedelta(days=1))}"
    return f"{begun}{_sets(onset)}. Noticed on {day(onset.alarmed_on)}."


def _sets(onset: Onset) -> str:
    """How sure the first day is; '' where it is sure to the day."""
    plain, marked = _span(onset.first, onset.last), _span(onset.marked_first, onset.marked_last)
    if plain == marked == day(onset.day):
        return ""
    began = f" (90{units.THIN}% chance that it began {plain}"
    return f"{began})" if plain == marked else f"{began}; {marked} if a release did it)"


def _span(first: date, last: date) -> str:
    return day(first) if first == last else f"{day(first)} {units.DASH} {day(last)}"


def day(value: date) -> str:
    """ "2 Nov"."""
    return f"{value.day} {value:%b}"


def sure(insight: Insight) -> str:
    """How seldom chance does this, and what it was compared with."""
    against = COMPARED[insight.grade]
    if insight.kind == "level":
        against = "the contract"
    elif insight.kind == "zero" and insight.onset is None:
        against = "the other agents"
    elif is_silence(insight):
        against = "its own weeks before"
    else:
        against = f"{against} (design {insight.grade})"
    looks = ", however often one looks" if insight.onset is not None and insight.kind != "level" else ""
    return f"{_chance(insight.e_value, looks)}Compared with {against}."


def _chance(e_value: float | None, looks: str) -> str:
    if e_value is None or e_value <= 0:
        return ""
    if e_value < SURELY:
        return f"Chance alone may well do this ({evidence(e_value)}). "
    often = "a million" if e_value >= OFTEN else units.grouped(_rounded_down(e_value))
    return f"Chance alone does this at most once in {often}{looks} ({evidence(e_value)}). "


def _rounded_down(value: float) -> float:
    """Two significant digits, never more than there is."""
    size = 10 ** (math.floor(math.log10(value)) - 1)
    return float(math.floor(value / size + 1e-9) * size)


def evidence(e_value: float) -> str:
    """ "e = 73", "e = 10^7.9"."""
    return f"e = {e_value:.0f}" if e_value < 9999.5 else f"e = 10^{math.log10(e_value):.1f}"


def worth(found: Worth) -> str:
    """ "At least $80 a month, likely $120, at most $160: …", or why there is no money."""
    if found.value is None or found.low is None or found.high is None:
        return found.basis
    least, most = sorted((abs(found.low), abs(found.high)))
    likely = units.money(abs(found.value))
    if found.low * found.high > 0:
        verb = "Saves at least" if found.value < 0 else "At least"
        return f"{verb} {units.money(least)} a month, likely {likely}, at most {units.money(most)}: {found.basis}."
    bound = abs(found.low if found.value < 0 else found.high)
    verb = "Saves up to" if found.value < 0 else "Up to"
    return f"{verb} {units.money(bound)} a month, likely {likely}, maybe nothing: {found.basis}."


def do_next(insight: Insight) -> str:
    """One action."""
    why, segment = insight.because, insight.segment
    if insight.kpi == "drift" and segment.dimension == "task_type":
        return "Leave the agent alone; set its targets by kind of task, or ask where the work comes from."
    if insight.ended_on is not None:
        return "It is over: write down what ended it, so that the next time is shorter."
    if insight.kind in NEXT_BY_KIND:
        return NEXT_BY_KIND[insight.kind]
    if insight.kind == "level":
        return f"Look at {NEXT_BY_UNIT.get(insight.after.unit, 'what fails most')}, or agree on another target."
    if insight.verdict == "better":
        return "Keep it, and record what did it."
    if not why.separable:
        return "Roll the changes back one at a time, a few days apart, to tell them apart."
    if insight.after.per:
        return NEXT_FOR_WORK
    if insight.verdict == "changed" and why.candidates:
        return f"Check that {candidate_text(why.candidates[0])} was meant to change this."
    if len(why.candidates) == 1 and why.candidates[0].kind in ("agent", "config", "guardrail"):
        return f"Compare the two, then mend or roll back {candidate_text(why.candidates[0])}."
    if segment.dimension == "tool":
        return f"Look at the failed calls of {segment.value}."
    if segment.dimension == "model":
        return f"Pin the model version, or check the results of {segment.value}."
    return "Look at the jobs behind it, and record the change if you know of one."


def known_by(insight: Insight) -> str:
    """How many cases decide whether an action helped, and by when."""
    if insight.ended_on is not None or not insight.known_by.n or insight.verdict != "worse":
        return ""
    by = (
        f", about {day(insight.known_by.on)} at this pace"
        if insight.known_by.on
        else "; at this pace not within a year"
    )
    return f"{units.grouped(insight.known_by.n)} more cases tell whether an action helped{by}."
