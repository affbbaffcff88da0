"""An insight in words, by one template: what moved, since when, because, how sure, worth, do next, known by."""

from __future__ import annotations

import math
from datetime import date

from metrics import units
from metrics.catalogue import catalogue
from metrics.effects.model import GRADES
from metrics.insights.model import (
    Because,
    Bridge,
    Candidate,
    Card,
    Insight,
    Mix,
    Onset,
    Reading,
    Segment,
    Worth,
)
from metrics.insights.slices import literals_text

CAUSES_NAMED = 3
NEXT_FOR_DATA = "Find out why the evidence stopped: see Data health for the source that brings it."
# What a stream counts where its KPI is another number.
COUNTED_AS = {
    "calibration": "confidence beyond what was right",
    "judge_agreement": "tasks on which judges agree with people",
    "reported_problems": "jobs that somebody reported as wrong",
}
MOST_OF_IT = 0.6
SILENT = "|silent"
KINDS = {"agent": "version", "config": "setting", "model": "model", "guardrail": "guardrail", "price": "price"}


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
    if insight.kpi == "drift":
        noun = "calls answered by" if segment.dimension == "model" else "work that is"
        return f"share of {noun} {segment.value}"
    label = _label(insight)
    return label if segment.is_whole else f"{label} ({segment_text(segment)})"


def _label(insight: Insight) -> str:
    if insight.kpi == "cost_per_task" and insight.after.unit == "ratio":
        return "share of calls with a price"
    if insight.kpi in COUNTED_AS and insight.kind != "level":
        return COUNTED_AS[insight.kpi]
    kpi = catalogue().get(insight.kpi)
    label = kpi.label if kpi is not None else insight.kpi
    label = label[0].lower() + label[1:] if label[1:2].islower() else label
    return f"95th percentile of {label}" if insight.after.unit == "ms" else label


def segment_text(segment: Segment) -> str:
    """ "tool supplier_portal", "kind of task refund"."""
    words = {"task_type": "kind of task", "label kind": "labels by", "kind": "", "": ""}
    return f"{words.get(segment.dimension, segment.dimension)} {segment.value}".strip()


def moved(insight: Insight) -> str:
    """ "accuracy 85 % → 45 % (37–52)"."""
    before, after = insight.before, insight.after
    if insight.kind == "level":
        word = "target" if insight.direction == "down" else "limit"
        limits = units.interval(after.value, after.low, after.high, after.unit)
        shown = f"{units.text(after.value, after.unit)} ({limits})"
        return f"{subject(insight)} {shown}; the {word} is {units.text(before.value, before.unit)}"
    if insight.kind == "zero":
        return f"{subject(insight)} 0 in {units.grouped(after.n)}"
    if is_silence(insight) and not after.per:
        was = units.text(before.value, before.unit)
        return f"cases of {subject(insight)} that are told of {was} → 0 of {units.grouped(after.n)}"
    return f"{subject(insight)} {amount(before)} → {amount(after)}{between(after)}"


def is_silence(insight: Insight) -> bool:
    """Whether it says that something stopped: an agent, or what is told of a number."""
    return insight.signature.endswith(SILENT)


def amount(reading: Reading) -> str:
    """ "86.6 %", "$0.184", and of a sum a day "12.3", "$4.10"."""
    if reading.per and reading.unit == "count" and reading.value is not None:
        return units.significant(reading.value)
    return units.text(reading.value, reading.unit)


def between(reading: Reading) -> str:
    """ " (37–52)", " a day (38–47)"; '' where there is no interval and nothing to add."""
    limits = units.interval(reading.value, reading.low, reading.high, reading.unit)
    return f"{f' a {reading.per}' if reading.per else ''}{f' ({limits})' if limits else ''}"


def since(insight: Insight) -> str:
    """The likeliest day with both 90 % sets, the end where it is over, and how many weeks a level lasts."""
    onset = insight.onset
    if onset is None:
        return f"From {day(insight.after.start)} on."
    if is_silence(insight):
        return f"Since {day(onset.day)}."
    if insight.kind == "level":
        weeks = (insight.after.end - onset.day).days // 7
        return f"{weeks} weeks running, since {day(onset.day)}."
    until = f" until {day(insight.ended_on)}" if insight.ended_on else ""
    return f"Since {day(onset.day)}{until}. 90 %: {_sets(onset)}. Noticed on {day(onset.alarmed_on)}."


def _sets(onset: Onset) -> str:
    plain, marked = _span(onset.first, onset.last), _span(onset.marked_first, onset.marked_last)
    return plain if plain == marked else f"{plain}; knowing of releases {marked}"


def _span(first: date, last: date) -> str:
    return day(first) if first == last else f"{day(first)} {units.DASH} {day(last)}"


def day(value: date) -> str:
    """ "2 Nov"."""
    return f"{value.day} {value:%b}"


def says_of(insight: Insight) -> str:
    """Why, in at most four sentences. What cannot be told is said."""
    why = insight.because
    if (insight.kind in ("level", "zero") and why.says) or is_silence(insight):
        return why.says
    said = [
        _zero_words(insight), _mix_words(insight, why.mix), _kind_words(insight, why), _changes_words(insight, why),
        _where_words(insight, why), _cause_words(why),
    ]  # fmt: skip
    return " ".join(sentence for sentence in said if sentence)


def _mix_words(insight: Insight, mix: Mix | None) -> str:
    if mix is None:
        return ""
    if insight.kpi == "drift":
        return (
            f"The mix of work changed, not the agent: of {_points(mix.total)} in what it gets right, "
            f"{_points(mix.mix.amount)} is the mix and {_points(mix.rate.amount)} the rates."
            if mix.mix.clear and not mix.rate.clear
            else ""
        )
    if mix.mix.clear and abs(mix.mix.amount) > abs(mix.rate.amount):
        return f"Mostly the mix of work: {_points(mix.mix.amount)} of {_points(mix.total)}."
    return ""


def _zero_words(insight: Insight) -> str:
    if insight.verdict != "unknown":
        return ""
    return "It was never 0 before. Either it really stopped, or the signal does not arrive."


def _kind_words(insight: Insight, why: Because) -> str:
    """The kind of task that makes most of a change in the number of tasks."""
    moved = (insight.after.value or 0.0) - (insight.before.value or 0.0)
    if not why.kinds or not moved or (why.kinds[0].after - why.kinds[0].before) / moved < MOST_OF_IT:
        return ""
    top = why.kinds[0]
    return f"Mostly {top.name}: {units.significant(top.before)} → {units.significant(top.after)} a day."


def _points(amount: float) -> str:
    sign = units.MINUS if amount < 0 else "+" if amount > 0 else ""
    return f"{sign}{abs(100 * amount):.1f} points"


def _changes_words(insight: Insight, why: Because) -> str:
    if why.mix is not None and insight.kpi == "drift":
        return ""
    if why.control is not None and why.control.platform_wide:
        return "Other agents on the same model moved alike: look at the model or the platform."
    if not why.candidates:
        silent = "Another model answers under the same version: " if insight.segment.dimension == "model" else ""
        said = f"{silent}no change is recorded on these days. Cannot tell what changed."
        return said[0].upper() + said[1:]
    names = [candidate_text(each) for each in why.candidates]
    if not why.separable:
        return f"Not separable: {'; '.join(names)} fall on the same days."
    return f"Together with {names[0]} (chance {100 * why.candidates[0].chance:.0f} %)."


def candidate_text(each: Candidate) -> str:
    """ "version 16 → 17 on 2 Nov"."""
    return change_text(each.kind, each.before, each.after, each.resource, each.on)


def change_text(kind: str, before: str | None, after: str | None, resource: str | None, on: date) -> str:
    """The same of any row of the release ledger."""
    if kind == "price":
        return f"{resource or 'a price'} on {day(on)}"
    moved = f" {before or 'none'} → {after or 'none'}" if before or after else ""
    return f"{KINDS.get(kind, kind)}{moved} on {day(on)}"


def _where_words(insight: Insight, why: Because) -> str:
    if why.bridge is not None and why.bridge.withheld is None:
        named = clear_factors(why.bridge)
        return f"Cost factors: {', '.join(named)}." if named else "No cost factor moved clearly."
    if not why.slices or why.slices[0].literals == (insight.segment,):
        return ""
    top = why.slices[0]
    return f"It sits in {literals_text(top.literals)}, which explains {_share(top.explained)} of it."


def clear_factors(bridge: Bridge) -> list[str]:
    """The factors that surely moved, the strongest first: "length of input ×1.63"."""
    clear = sorted((each for each in bridge.factors if each.moved), key=lambda each: -abs(math.log(each.multiplier)))
    return [f"{each.name[0].lower()}{each.name[1:]} ×{each.multiplier:.2f}" for each in clear]


def factor_sentence(bridge: Bridge) -> str:
    """Why a task costs what it costs now, against before."""
    before, after = (units.money(each.value or 0.0) for each in (bridge.before, bridge.after))
    named = clear_factors(bridge)
    if not named:
        return f"A task costs {after} after {before}; no factor moved clearly"
    return f"A task costs {after} after {before}: {', '.join(named)}"


def _share(value: float) -> str:
    return f"{100 * min(value, 1.0):.0f}{units.THIN}%"


def _cause_words(why: Because) -> str:
    named = [f"{cause.name} {_share(cause.share)}" for cause in why.causes[:CAUSES_NAMED]]
    return f"Failures: {', '.join(named)}." if named else ""


def sure(insight: Insight) -> str:
    """The e-value as a power of ten, and what kind of comparison it rests on."""
    grade = f"Design {insight.grade}: {GRADES[insight.grade]}."
    if insight.e_value is None or insight.e_value <= 0:
        return grade
    power = math.log10(insight.e_value)
    shown = f"e = 10^{power:.0f}" if power >= 3 else f"e = {insight.e_value:.0f}"
    return f"{shown} against chance, however often one looks. {grade}"


def worth(found: Worth) -> str:
    """ "$120 a month (80–160)", or why there is no money."""
    if found.value is None or found.low is None or found.high is None:
        return found.basis
    ends = sorted((abs(found.low), abs(found.high)))
    low, high = ends if found.low * found.high >= 0 else (0.0, ends[1])
    saved = "saves " if found.value < 0 else ""
    between = f"{units.money(low)}{units.DASH}{units.money(high)}"
    return f"{saved}{units.money(abs(found.value))} a month ({between}); {found.basis}."


def do_next(insight: Insight) -> str:
    """One action."""
    why, segment = insight.because, insight.segment
    if insight.kind == "data":
        return NEXT_FOR_DATA
    if insight.kind == "zero":
        return "Check that the signal arrives: let one case through that must show it."
    if insight.kind == "level":
        return "Look at what fails most, or agree on another target."
    if insight.kpi == "drift" and segment.dimension == "task_type":
        return "Leave the agent alone; set its targets by kind of task, or ask where the work comes from."
    if insight.ended_on is not None:
        return "It is over: write down what ended it, so that the next time is shorter."
    if insight.verdict == "better":
        return "Keep it, and record what did it."
    if not why.separable:
        return "Roll the changes back one at a time, a few days apart, to tell them apart."
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
