"""What changed in one agent: the sentence, the cost bridge from the period before to this one, and its findings."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import insights
from dashboard.components import charts
from dashboard.components.figure_table import FigureTable, show_as_table
from dashboard.components.insight_card import insight_html
from dashboard.components.sections import figure_head, rule, section, source_line
from dashboard.theme import palette
from dashboard.view import View
from dashboard.words import days, esc
from metrics import units
from metrics.insights.bridge import GROUPS, bridge
from metrics.insights.model import Bridge, Factor, Insight
from metrics.insights.says import factor_sentence

STATES = ("open", "over")
MOST_FINDINGS = 3


def draw(view: View) -> None:
    """Draw the section."""
    section("What changed", f"{days(view.now)} against {days(view.before)}")
    _findings(view)
    _bridge(view, cost_bridge(view))


def cost_bridge(view: View) -> Bridge:
    """The cost per task of the period before and of this one, factor by factor."""
    environments = list(view.state.environments) or None
    before, after = (
        view.ledger.rows(
            "insight_calls",
            view.state.agents,
            **{"from": window.start, "to": window.end},
            groups=GROUPS,
            environments=environments,
        )
        for window in (view.before, view.now)
    )
    return bridge(before, after, (view.before.start, view.before.end), (view.now.start, view.now.end))


def _findings(view: View) -> None:
    """The findings of this agent that begin or last in this period."""
    found = insights.shown(view)
    kept = in_period(view, found)
    if found.insights is None:
        st.html('<p class="al quiet">The insights of the newest collection are being worked out.</p>')
    elif not kept:
        st.html('<p class="al quiet">Nothing in this period can be told from chance.</p>')
    for place, insight in enumerate(kept[:MOST_FINDINGS]):
        if place:
            rule()
        st.html(insight_html(insight, view.name(insight.agent_id), found.going_with(insight)))
    if found.insights:
        label = "All insights of this agent"
        st.page_link("dashboard/pages/4_insights.py", label=label, query_params=view.state.params())


def in_period(view: View, found: insights.Shown) -> list[Insight]:
    """The findings that begin or last in this period, in the order of the feed."""
    return [each for each in insights.noticed(view, found, *STATES) if _touches(view, each)]


def _touches(view: View, insight: Insight) -> bool:
    return insight.after.start < view.now.end and insight.after.end > view.now.start


def _bridge(view: View, found: Bridge) -> None:
    """The factor sentence over the waterfall, with the dates of both periods and the residual."""
    if found.withheld is not None:
        st.html(f'<p class="al quiet">Cost per task: {esc(found.withheld)}</p>')
        return
    figure_head(
        factor_sentence(found),
        f"US dollars a task, from {days(view.before)} to {days(view.now)}; multipliers multiply to the change",
    )
    rows = _steps(found)
    alt = "Cost per task: " + ", ".join(f"{name} {charts.unmarked(text)}" for name, _, _, text, _ in rows)
    charts.show(charts.steps(palette(), rows, frozenset()), alt, "what_changed")
    show_as_table(lambda: _table(found), "Cost per task, factor by factor", "what_changed")
    residual = "nothing is left over" if abs(found.residual) < 5e-7 else f"{units.money(found.residual)} is left over"
    source_line(
        f"Each factor has its share whatever the order (Shapley, on logarithms); {residual}. Grey factors "
        "cannot be told from nothing. List prices of model calls; calls without a price are a factor of their own."
    )


def _steps(found: Bridge) -> list[tuple[str, float, float, str, str]]:
    """The bars: both periods from 0, and between them a step a factor."""
    colours = palette()
    first, last = (reading.value or 0.0 for reading in (found.before, found.after))
    rows = [("Before", 0.0, first, f"<b>{units.money(first)}</b>", colours.before)]
    level = first
    for factor in found.factors:
        rows.append((factor.name, min(level, level + factor.usd), abs(factor.usd), _step_text(factor), _colour(factor)))
        level += factor.usd
    return [*rows, ("Now", 0.0, last, f"<b>{units.money(last)}</b>", colours.now)]


def _colour(factor: Factor) -> str:
    colours = palette()
    if not factor.moved:
        return colours.before
    return colours.mark_bad if factor.usd > 0 else colours.mark_good


def _step_text(factor: Factor) -> str:
    if not factor.moved:
        return f"×{factor.multiplier:.2f}"
    sign = units.MINUS if factor.usd < 0 else "+"
    return f"<b>{sign}{units.money(abs(factor.usd))}</b>{charts.BREAK}×{factor.multiplier:.2f}"


def _table(found: Bridge) -> FigureTable:
    heads = ("Factor", "US dollars a task", "Multiplier", "95\u202f% interval", "Stands at")
    shown: list[tuple[str, ...]] = []
    raw: list[tuple[Any, ...]] = []
    for each in found.factors:
        shown.append(
            (
                esc(each.name + (f" ({each.note})" if each.note else "")),
                units.plain(each.usd, "usd"),
                f"×{each.multiplier:.3f}",
                f"{each.low:.3f} {units.DASH} {each.high:.3f}",
                units.text(each.after, each.unit),
            )
        )
        raw.append((each.name, each.usd, each.multiplier, each.low, each.high, each.after))
    return FigureTable(heads, shown, ("factor", "usd", "multiplier", "low", "high", "stands_at"), raw)
