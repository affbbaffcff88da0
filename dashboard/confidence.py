"""How sure the agent says it is, and what another threshold would do: a scenario that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import data
from dashboard.components import charts
from dashboard.components.figure_table import FigureTable, show_as_table
from dashboard.components.sections import figure_head, source_line
from dashboard.theme import palette
from dashboard.view import View
from dashboard.words import days, plural
from metrics import threshold, units
from metrics.threshold import Prices, Scenario, Step

PARAMETER = "at"
USUAL = 0.6
ENOUGH = 30  # checked answers from which on a share is said, as for accuracy
BAR = 0.05
BARS = 20


def draw(view: View) -> None:
    """The histogram with a slider for the threshold; a sentence where no job states a confidence."""
    found = threshold.steps(view.ledger.rows("confidence_spread", view.state.agents, **view.scope.params()))
    if not found:
        st.html(
            '<p class="al quiet">No job of this period states how sure the agent was. Report <code>confidence</code> '
            "with its outcomes; then a threshold can be tried out here.</p>"
        )
        return
    facts = view.agents[view.state.agents[0]]
    declared = facts["confidence_threshold"]
    at = _asked(declared)
    prices = _prices(view, facts)
    there = threshold.scenario(found, at, prices)
    figure_head(_finding(there), f"Jobs by stated confidence, {days(view.now)}; scenario, nothing is changed by it")
    charts.show(_figure(found, at), _alt(found, there), "confidence")
    _slider(at)
    now = threshold.scenario(found, declared, prices) if declared is not None else None
    source_line(" ".join(part for part in (_now(now, there), _certified(view, found, declared)) if part))
    name = f"Jobs by stated confidence, {days(view.now)}"
    show_as_table(lambda: _table(found), name, "confidence")


def _asked(declared: float | None) -> float:
    """The threshold in the URL, else the one in force."""
    usual = declared if declared is not None else USUAL
    try:
        given = float(st.query_params.get(PARAMETER, usual))
    except ValueError:
        given = usual
    return round(given if 0 <= given <= 1 else usual, 2)


def _slider(at: float) -> None:
    st.session_state["confidence_at"] = at
    st.slider("Hand over below", 0.0, 1.0, step=0.01, key="confidence_at", on_change=_keep)


def _keep() -> None:
    st.query_params[PARAMETER] = f"{st.session_state['confidence_at']:.2f}"


def _finding(there: Scenario) -> str:
    share = units.text(there.share_below, "ratio")
    if there.accuracy is None:
        return f"Below {there.threshold:.2f}, {share} of jobs would go to people; of the rest no answer was checked"
    between = units.interval(there.accuracy, there.low, there.high, "ratio")
    right = f"{units.text(there.accuracy, 'ratio')} ({between})"
    if there.checked < ENOUGH:
        right = f"{units.interval(None, there.low, there.high, 'ratio')}{units.THIN}%, too few to say more,"
    return f"Below {there.threshold:.2f}, {share} of jobs would go to people; {right} of the rest are right"


def _now(now: Scenario | None, there: Scenario) -> str:
    checked = f"{plural(there.checked, 'answer')} at or above it {'was' if there.checked == 1 else 'were'} checked."
    if now is None:
        return f"{checked} The contract names no threshold."
    share = units.text(now.share_below, "ratio")
    said = f"{checked} The contract's threshold is {now.threshold:.2f}: {share} of jobs lie below it."
    if there.cost_usd is None or now.cost_usd is None:
        return said
    return (
        f"{said} With people's time and uncaught errors a job would cost {units.money(there.cost_usd)}; at the "
        f"contract's threshold {units.money(now.cost_usd)}."
    )


def _certified(view: View, found: Sequence[Step], declared: float | None) -> str:
    target = _target(view)
    if target is None:
        return "Declare a target for accuracy to learn which threshold is proven to hold it."
    wanted = units.text(target, "ratio")
    proof = threshold.certified(found, target, declared or 0.0)
    if proof.threshold is None:
        return (
            f"No threshold is proven to keep {wanted} right: {plural(proof.checked, 'checked answer')} do not show it."
        )
    return f"Proven at 95\u202f%: from {proof.threshold:.2f} on at least {wanted} are right."


def _target(view: View) -> float | None:
    """The declared target of accuracy, else that of success."""
    rows = view.ledger.rows("targets", tuple(view.state.agents), **{"from": view.now.start, "to": view.now.end})
    named = {row["kpi"]: float(row["target"]) for row in rows if row["limit_kind"] == "min"}
    return named.get("accuracy", named.get("success_rate"))


def _prices(view: View, facts: dict[str, Any]) -> Prices | None:
    cost = data.total(view.ledger, "cost_per_task", view.scope.query())
    minutes, hourly, error = (facts[name] for name in ("baseline_minutes", "hourly_rate_usd", "error_cost_usd"))
    if cost is None or cost.value is None or minutes is None or hourly is None or error is None:
        return None
    return Prices(cost.value, minutes * hourly / 60, error)


def _figure(found: Sequence[Step], at: float) -> Any:
    """Bars of five hundredths; those that the threshold hands over stand out."""
    colours = palette()
    kept, below = _heights(found, at)
    figure = charts.blank(colours, 220, 8, 8, top=22, bottom=30)
    figure.update_layout(bargap=0.08, barmode="stack")
    middle = [(place + 0.5) * BAR for place in range(BARS)]
    for heights, colour, words in (
        (below, colours.escalated, "go to people"),
        (kept, colours.before, "stay with the agent"),
    ):
        figure.add_bar(
            x=middle,
            y=heights,
            width=BAR * 0.92,
            marker={"color": colour},
            customdata=[f"{place * BAR:.2f}{units.DASH}{(place + 1) * BAR:.2f}" for place in range(BARS)],
            hovertemplate=f"%{{customdata}}: %{{y}} jobs {words}<extra></extra>",
        )
    figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line={"color": colours.ink, "width": 1.5})
    figure.add_annotation(
        x=at,
        y=1,
        yref="paper",
        yanchor="bottom",
        text=f"{at:.2f}",
        showarrow=False,
        font={"size": 14, "color": colours.ink},
    )
    figure.update_xaxes(
        range=[-0.01, 1.01], showticklabels=True, tickvals=[0, 0.25, 0.5, 0.75, 1], tickfont={"size": 13}, tickangle=0
    )
    return figure


def _heights(found: Sequence[Step], at: float) -> tuple[list[int], list[int]]:
    kept, below = [0] * BARS, [0] * BARS
    for step in found:
        side = kept if step.confidence >= at - 1e-9 else below
        side[min(BARS - 1, int(step.confidence / BAR + 1e-9))] += step.tasks
    return kept, below


def _alt(found: Sequence[Step], there: Scenario) -> str:
    mode = max(found, key=lambda step: step.tasks)
    return (
        f"Stated confidence of {plural(there.tasks, 'job')}, most often about {mode.confidence:.2f}; "
        f"{units.grouped(there.below)} lie below {there.threshold:.2f}"
    )


def _table(found: Sequence[Step]) -> FigureTable:
    rows = [(step.confidence, step.tasks, step.handed_over, step.checked, step.right) for step in found]
    return FigureTable(
        ("Confidence from", "Jobs", "Handed over", "Checked", "Right"),
        [(f"{low:.2f}", *(units.grouped(count) for count in counts)) for low, *counts in rows],
        ("confidence_from", "jobs", "handed_over", "checked", "right"),
        rows,
    )
