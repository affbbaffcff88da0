"""The six cards: which KPI each shows, in whose words, and how they are filled from `metrics`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import streamlit as st

from dashboard import data, theme
from dashboard.components.card import Card, TargetState, card_html, has_number
from dashboard.components.explain import how_we_know
from dashboard.components.spark import sparkline
from dashboard.restated import restated, sentence
from dashboard.view import View
from dashboard.words import plural
from metrics import units
from metrics.catalogue import catalogue
from metrics.model import Change, Value


@dataclass(frozen=True)
class Spec:
    """A card's KPI, its slice, its label, and the subset of jobs that stands behind it (`show` of the job list)."""

    kpi: str
    label: str
    show: str
    part: str = ""


SPECS = (
    Spec("task_volume", "Jobs", "all"),
    Spec("success_rate", "Success", "judged"),
    Spec("accuracy", "Accuracy", "checked"),
    Spec("cost_per_success", "Cost per good result", "all"),
    Spec("task_latency", "p95 time", "timed", "p95"),
    Spec("escalation_rate", "Handed to people", "ended"),
)
CAUSES = {
    "AccessDenied": "access denied",
    "ExpiredToken": "the session expired",
    "NoCredentials": "no valid credentials",
    "Throttled": "throttled",
    "NotFound": "not found",
    "EndpointUnreachable": "no connection",
    "PageIncomplete": "an answer was cut short",
}
BY_KPI = {spec.kpi: spec for spec in SPECS}


@dataclass(frozen=True)
class Figure:
    """One KPI of a view: now, before, and how it moved."""

    spec: Spec
    now: Value | None
    before: Value | None
    moved: Change | None


def figures(view: View) -> dict[str, Figure]:
    """The six KPIs of the whole view, by KPI id."""
    found = {}
    for spec in SPECS:
        now = data.total(view.ledger, spec.kpi, view.scope.query(), spec.part)
        before = data.total(view.ledger, spec.kpi, view.scope_before.query(), spec.part)
        found[spec.kpi] = Figure(spec, now, before, _moved(view, spec, now, before))
    return found


def _moved(view: View, spec: Spec, now: Value | None, before: Value | None) -> Change | None:
    """How a number moved. A count is not compared with days from before the data began: they are not a zero."""
    if spec.kpi == "task_volume" and view.comparable_from is not None:
        return None
    return data.changed(spec.kpi, now, before)


def draw(view: View, shown: dict[str, Figure]) -> None:
    """Draw the six cards in a row that breaks on narrow screens."""
    targets = view.ledger.rows("targets", tuple(view.state.agents), **{"from": view.now.start, "to": view.now.end})
    with st.grid(6, min_column_width=158, gap=("medium", "small")):
        for figure in shown.values():
            card = _card(view, figure, targets, shown)
            with st.container(gap="xxsmall"):
                st.html(card_html(card))
                with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
                    query = view.scope.query()
                    how_we_know(view, figure.spec.kpi, query, figure.moved, figure.spec.kpi, figure.spec.part)
                    if has_number(card.value):
                        _jobs_link(view, figure.spec)


def _jobs_link(view: View, spec: Spec) -> None:
    params = view.state.params() | ({"show": spec.show} if spec.show != "all" else {})
    st.page_link("dashboard/pages/3_tasks.py", label="See jobs", query_params=params)


def _card(view: View, figure: Figure, targets: data.Rows, shown: dict[str, Figure]) -> Card:
    spec, value = figure.spec, figure.now
    target = target_of(value, targets, view)
    return Card(
        label=spec.label,
        value=value,
        change=figure.moved,
        spark=_spark(view, spec, target),
        basis=_basis(view, figure),
        target=target_state(value, target),
        target_text=target_text(value, target),
        estimated=spec.kpi == "cost_per_success" and _partly_estimated(view),
        broken=broken(view, spec.kpi),
        remedy=view.link("data_health"),
        better=catalogue()[spec.kpi].better,
        restated=""
        if value is None
        else sentence(view, restated(view, spec.kpi, view.scope.query(), spec.part), value.unit),
    )


def target_of(value: Value | None, targets: data.Rows, view: View) -> dict[str, Any] | None:
    """The target in force on the last day, where the view shows one agent."""
    if value is None or len(view.state.agents) != 1:
        return None
    fitting = [row for row in targets if row["kpi"] == value.kpi and row["agent_id"] == view.state.agents[0]]
    return fitting[-1] if fitting else None


def misses(value: Value, target: dict[str, Any]) -> bool:
    """Whether a value lies on the wrong side of its target."""
    if value.value is None:
        return False
    limit = float(target["target"])
    return value.value < limit if target["limit_kind"] == "min" else value.value > limit


def target_state(value: Value | None, target: dict[str, Any] | None) -> TargetState:
    """Whether the target is met; 'none' where there is no target or no number."""
    if value is None or value.value is None or target is None:
        return "none"
    return "missed" if misses(value, target) else "met"


def target_text(value: Value | None, target: dict[str, Any] | None) -> str:
    """The target in words, and whether it is met."""
    if value is None or target is None:
        return ""
    word = "Target" if target["limit_kind"] == "min" else "Limit"
    verdict = target_state(value, target)
    return f"{word} {units.text(target['target'], value.unit)}{', ' + verdict if verdict != 'none' else ''}."


def daily(view: View, spec: Spec) -> list[Value]:
    """The KPI day by day over this period, days without a value included as gaps."""
    return data.series(view.ledger, spec.kpi, view.scope.query(by=step_of(view)), spec.part)


def step_of(view: View) -> Literal["day", "week"]:
    """Days for up to a month, weeks beyond."""
    return "day" if view.now.days <= 31 else "week"


def filled(values: Sequence[Value], start: date, end: date, step: int) -> list[float | None]:
    """One entry per step from start to end; None where no value is known."""
    known = {value.start: value.value for value in values if value.state != "not_applicable"}
    return [known.get(start + timedelta(days=place)) for place in range(0, (end - start).days, step)]


def _spark(view: View, spec: Spec, target: dict[str, Any] | None) -> str:
    values = daily(view, spec)
    points: list[float | None] = [value.value for value in values]
    if step_of(view) == "day":
        points = filled(values, view.now.start, view.now.end, 1)
    known = [value for value in points if value is not None]
    if len(known) < 3:
        return ""
    unit = values[0].unit
    alt = f"{spec.label} per {step_of(view)}: from {units.text(known[0], unit)} to {units.text(known[-1], unit)}"
    arriving = [value.start for value in values if value.state == "immature"]
    settled = (
        len(points) if not arriving else (arriving[0] - view.now.start).days // (7 if step_of(view) == "week" else 1)
    )
    return sparkline(points, theme.palette(), alt, target=target["target"] if target else None, settled=settled)


def _agents_seen(view: View) -> str:
    """How many of the agents the figure can know of: one that sends no telemetry is not among them."""
    chosen = [view.agents[agent] for agent in (view.state.agents or view.agents) if agent in view.agents]
    seen = sum(bool(agent["discovered"]) for agent in chosen)
    return plural(seen, "agent") if seen == len(chosen) else f"{seen} of {plural(len(chosen), 'agent')}"


def _basis(view: View, figure: Figure) -> str:
    value = figure.now
    if value is None or (value.numerator is None and value.kpi != "task_latency"):
        return ""
    n = units.grouped(value.n)
    if value.kpi == "task_volume":
        return f"{plural(view.now.days, 'day')}, {_agents_seen(view)}."
    if value.kpi == "cost_per_success":
        return f"{units.money(value.numerator or 0)} for {units.grouped(value.denominator or 0)} good results."
    if value.kpi == "accuracy":
        return f"{n} answers checked."
    if value.kpi == "task_latency":
        median = data.total(view.ledger, value.kpi, view.scope.query(), "p50")
        return f"{n} jobs timed. Median {units.text(median.value if median else None, 'ms')}."
    words = "jobs with a verdict" if value.kpi == "success_rate" else "ended jobs"
    return f"{units.grouped(value.numerator or 0)} of {units.grouped(value.denominator or 0)} {words}."


def _partly_estimated(view: View) -> bool:
    rows = view.ledger.rows("price_states", view.state.agents, **{"from": view.now.start, "to": view.now.end})
    return any(row["price_state"] == "estimated" for row in rows)


def broken(view: View, kpi: str) -> str:
    """The failed sources of a KPI and why, in words; '' where all that it needs was read."""
    needed = catalogue()[kpi].sources
    failed = [row for row in data.failed_sources(view.ledger) if row["source"] in needed]
    if not failed:
        return ""
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return f"{failed[0]['source']}: {_cause(failed[0])}{more}."


def _cause(row: dict[str, Any]) -> str:
    """Why a source was not read, in a few words; the whole message stands under Needs attention and in Data health."""
    code = str(row["error_code"] or "failed")
    return CAUSES.get(code.removesuffix("Exception"), code)
