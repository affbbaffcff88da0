"""The lower half of the agent page by the four pillars: value, guardrails and hand-overs, quality, steadiness."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import confidence, data, figure_rows
from dashboard.components import charts
from dashboard.components.card import has_number
from dashboard.components.figure_table import EXACT, FigureTable, exact, show_as_table, value_cells
from dashboard.components.sections import figure_head, section, source_line
from dashboard.figure_rows import Row
from dashboard.theme import palette
from dashboard.view import View
from dashboard.words import days, esc, listed
from metrics import units
from metrics.model import Value
from metrics.payback import payback

VALUE = (
    Row("minutes_saved", "Time saved", things="jobs with a verdict", modelled=True),
    Row("net_value", "Net value", things="jobs", modelled=True),
    Row("sla_attainment", "Service level", "jobs whose service level is known"),
)
HAND_OVERS = (
    Row("containment", "Done without a person", "ended jobs that were reported on", show="reported"),
    Row(
        "autonomy",
        "Done well without a person",
        "ended jobs whose result is known",
        asks="And how often is what it finished alone also right?",
        show="decided",
    ),
    Row("pickup_time", "A person takes over within, 19 times in 20", things="hand-overs that were taken", part="p95"),
    Row(
        "waiting_handovers",
        "Hand-overs nobody has taken yet",
        "hand-overs that are followed",
        beside="as it stands now",
    ),
    Row("leakage", "Leakage", "jobs below the threshold", show="leaked"),
    Row("escalation_precision", "Hand-overs that were needed", "hand-overs that were reviewed", show="reviewed"),
    Row(
        "escalation_precision",
        "Jobs that needed a person and got one",
        things="jobs audited",
        part="recall",
        asks="Does it miss jobs that it should have handed over?",
    ),
    Row("guardrail_intervention_rate", "Guardrail stepped in", "model calls that a guardrail looked at"),
    Row("guardrail_precision", "Guardrail was right to", "interventions that were reviewed"),
)
QUALITY = (
    Row("judge_score", "Passed by the judge", "jobs that a judge scored", show="scored"),
    Row("judge_agreement", "Judge agrees with people (kappa)", things="jobs judged by both"),
    Row("label_coverage", "Jobs that anybody judged", "jobs", show="mature"),
    Row("reported_problems", "Reported problems, shown apart", things="jobs", show="complained"),
    Row("calibration", "Confidence off by", things="checked answers with a stated confidence", show="sure"),
    Row(
        "calibration",
        "Too sure by",
        things="checked answers with a stated confidence",
        part="over_confidence",
        asks="Is it too sure (above 0) or too modest (below) on average?",
        beside="best at 0",
    ),
    Row("loop_velocity", "From insight to verdict, median", things="actions with a verdict", part="p50"),
    Row("loop_closed", "Actions with a verdict", "actions"),
)
STEADY = (
    Row("rework_rate", "Came again or was corrected", "jobs that ended well", show="again"),
    Row("drift", "Drift", things="counted in the smaller period", beside="is itself a comparison"),
)
JUDGED_BY_MODEL_ALONE = (
    "The judge is a model: read its score beside how far it agrees with people. Where that is not known, the score is "
    "an opinion."
)
DIMENSIONS = {
    "task_type": "Kinds of job",
    "confidence": "Confidence",
    "output_tokens": "Length of answers",
    "model": "Models that answer",
    "tool": "Tools",
}
STABLE_BELOW = 0.1


def value(view: View) -> None:
    """What the work is worth, and the assumption that says so."""
    section("Value", "By the owner's own assumptions")
    figure_rows.draw(view, VALUE)
    _quiet(_payback(view))
    source_line(_assumption(view))


def _payback(view: View) -> str:
    """When it has earned back what building it cost, or which setting that would take."""
    query = view.scope.query()
    whole = data.total(view.ledger, "net_value", query)
    if whole is None:
        return "Payback: unknown, as net value is."
    return payback(view.ledger.published, query, view.ledger.access, whole).text


def _assumption(view: View) -> str:
    facts = view.agents[view.state.agents[0]]
    minutes, hourly, error = (facts[name] for name in ("baseline_minutes", "hourly_rate_usd", "error_cost_usd"))
    if minutes is None:
        return (
            "How long people took for one job is not declared: name baseline_minutes, and hourly_rate_usd for money, "
            "in this agent's contract (ledger.toml)."
        )
    low, high = facts["baseline_low_minutes"], facts["baseline_high_minutes"]
    between = f" ({low:g}{units.DASH}{high:g})" if low is not None and high is not None else ""
    parts = [f"{minutes:g} min a job{between}, {facts['baseline_source'] or 'source not stated'}"]
    parts.append(f"{units.money(hourly)} an hour" if hourly is not None else "no hourly rate is declared")
    parts.append(
        f"{units.money(error)} for an error nobody caught" if error is not None else "no cost of an error is declared"
    )
    who = facts["owner"] or "an owner who is not named"
    return f"Assumed: {'; '.join(parts)}. Declared in ledger.toml by {who}. The range is that of the minutes."


def guardrails(view: View) -> None:
    """Whom it hands over and why, what it keeps although it is unsure, and what another threshold would do."""
    section("Guardrails and escalation", "Who takes over, and why")
    left, right = st.columns(2, gap="large")
    with left:
        _reasons(view)
    with right:
        confidence.draw(view)
    figure_rows.draw(view, HAND_OVERS)


def _reasons(view: View) -> None:
    found = view.ledger.values("escalation_rate", view.scope.query())
    whole = next((each for each in found if each.slice == ""), None)
    reasons = sorted((each for each in found if each.slice), key=lambda each: -(each.numerator or 0))
    if not has_number(whole):
        _quiet("Whether jobs were handed to people is not reported.")
        return
    if not reasons:
        _quiet(f"None of {units.grouped(whole.denominator or 0)} ended jobs was handed to people in {days(view.now)}.")
        return
    colours = palette()
    figure_head(
        f"{_reason(reasons[0])} is the most frequent reason",
        f"Jobs handed to people by reason, of {units.grouped(whole.denominator or 0)} that ended, {days(view.now)}",
    )
    bars = [
        (_reason(each), float(each.numerator or 0), _counted(each), colours.now if not place else colours.before)
        for place, each in enumerate(reasons)
    ]
    told = ", ".join(f"{name} {units.grouped(size)}" for name, size, _, _ in bars)
    charts.show(charts.bars(colours, bars), f"Jobs handed to people by reason: {told}", "reasons")
    name = f"Jobs handed to people by reason, {days(view.now)}"
    show_as_table(lambda: _table("Reason", [whole, *reasons], _reason), name, "reasons")


def _reason(value: Value) -> str:
    return value.slice.replace("_", " ").capitalize() or "All"


def _counted(value: Value) -> str:
    between = units.interval(value.value, value.low, value.high, value.unit)
    share = f"{units.text(value.value, value.unit)}{f' ({between})' if between else ''}"
    return f"<b>{units.grouped(value.numerator or 0)}</b>   {share}"


def quality(view: View) -> None:
    """What judges and people say, and how far they can be trusted."""
    section("Quality and people", "A judge beside the people who check it")
    figure_rows.draw(view, QUALITY)
    if has_number(data.total(view.ledger, "judge_score", view.scope.query())):
        source_line(JUDGED_BY_MODEL_ALONE)


def steadiness(view: View) -> None:
    """Whether the same job ends the same way, stays done, and is still the same kind of work."""
    section("Consistency, rework, drift", "The same job, again and again")
    left, right = st.columns(2, gap="large")
    with left:
        _consistency(view)
    with right:
        _drift(view)
    figure_rows.draw(view, (*STEADY, *_pass_rows(view)))


def _pass_rows(view: View) -> list[Row]:
    """The longest run that can be judged stands for consistency; without one the row says what is missing."""
    found = {each.slice: each for each in view.ledger.values("pass_k", view.scope.query())}
    known = [part for part in ("k=4", "k=3", "k=2") if has_number(found.get(part)) and found[part].state == "ok"]
    part = known[0] if known else "k=2"
    times = part.removeprefix("k=")
    return [Row("pass_k", f"Ends well {times} times out of {times}", things="jobs that came so often", part=part)]


def _consistency(view: View) -> None:
    found = [each for each in view.ledger.values("pass_k", view.scope.query()) if has_number(each)]
    again = [each for each in found if each.slice != "k=1"]
    if not again:
        _quiet("No job came twice under one key with a known result: whether it is consistent is not known.")
        return
    colours = palette()
    last = [each for each in again if each.state == "ok"][-1:] or again[:1]
    times = last[0].slice.removeprefix("k=")
    figure_head(
        f"The same job ends well {times} times out of {times} in {units.text(last[0].value, 'ratio')} of cases"
        if last[0].state == "ok"
        else "Too few jobs came again to judge",
        f"Jobs that came again under one key: chance that all tries end well, by number of tries, {days(view.now)}",
    )
    bars = [
        (
            f"{each.slice.removeprefix('k=')} tries" if each.slice != "k=1" else "1 try",
            float(each.value or 0) if each.state == "ok" else 0.0,
            f"{_sure(each)}   {units.grouped(each.n)} jobs",
            colours.now if each in last else colours.before,
        )
        for each in found
    ]
    told = ", ".join(f"{name} {charts.unmarked(text)}" for name, _, text, _ in bars)
    figure = charts.bars(colours, bars)
    figure.update_xaxes(range=[0, 1])
    charts.show(figure, f"Chance that all tries of a job end well: {told}", "pass_k")
    name = f"Chance that all tries of a job end well, {days(view.now)}"
    show_as_table(lambda: _table("Tries", found, lambda each: each.slice.removeprefix("k=")), name, "pass_k")


def _sure(value: Value) -> str:
    """The number with its interval, or the interval alone where there are too few."""
    between = units.interval(value.value, value.low, value.high, value.unit)
    if value.state != "ok":
        return f"too few{f' ({between})' if between else ''}"
    return f"<b>{units.text(value.value, value.unit)}</b>{f' ({between})' if between else ''}"


def _drift(view: View) -> None:
    found = [each for each in view.ledger.values("drift", view.scope.query()) if each.slice and has_number(each)]
    if not found:
        _quiet(f"There is no work in {days(view.before)} to compare with: whether the work drifts is not known.")
        return
    colours = palette()
    moved = [each for each in found if each.state == "ok" and (each.value or 0) > STABLE_BELOW]
    judged = [each for each in found if each.state == "ok"]
    names = listed([DIMENSIONS.get(each.slice, each.slice).lower() for each in moved])
    figure_head(
        f"The work has shifted: {names}"
        if moved
        else "The work is what it was"
        if judged
        else "Too few jobs to judge drift",
        f"Population stability index against {days(view.before)}; below {STABLE_BELOW} is stable",
    )
    found.sort(key=lambda each: -(each.value or 0))
    bars = [
        (
            DIMENSIONS.get(each.slice, each.slice),
            float(each.value or 0) if each.state == "ok" else 0.0,
            f"<b>{units.text(each.value, each.unit)}</b>"
            if each.state == "ok"
            else f"too few ({units.grouped(each.n)})",
            colours.mark_bad if each in moved else colours.before,
        )
        for each in found
    ]
    told = ", ".join(f"{name} {charts.unmarked(text)}" for name, _, text, _ in bars)
    figure = charts.bars(colours, bars)
    figure.update_xaxes(range=[0, max(2 * STABLE_BELOW, *(size for _, size, _, _ in bars))])
    charts.limit_line(figure, colours, STABLE_BELOW)
    charts.show(figure, f"Drift by what is compared: {told}", "drift")
    table = f"Drift against {days(view.before)}"
    show_as_table(
        lambda: _table("Compared", found, lambda each: DIMENSIONS.get(each.slice, each.slice)), table, "drift"
    )


def _table(head: str, found: list[Value], name: Callable[[Value], str]) -> FigureTable:
    """Slices of one KPI as the exact table behind their chart."""
    named = [(name(each), each) for each in found]
    return FigureTable(
        (head, "Value", "n", "95\u202f% interval"),
        [(esc(text), *value_cells(each)) for text, each in named],
        (head.lower(), *EXACT),
        [(text, *exact(each)) for text, each in named],
    )


def _quiet(text: str) -> None:
    st.html(f'<p class="al quiet">{esc(text)}</p>')
