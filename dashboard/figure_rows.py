"""Rows of KPIs below the six cards: each with its state, interval, n, change, "How we know" and the jobs behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import cards, data
from dashboard.components.card import Card, has_number
from dashboard.components.explain import how_we_know
from dashboard.components.figure_row import row_html
from dashboard.components.sections import rule
from dashboard.view import View
from metrics import units
from metrics.catalogue import catalogue
from metrics.model import Value

BUTTONS_PX = 216
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Row:
    """A KPI (or one slice of it) in the owner's words.

    `counted` follows "12 of 90" ('' = only how many were counted, as `things`); `show` names the jobs behind it;
    `asks` is the question, '' for the KPI's own; `modelled` says that it rests on an assumption of the contract;
    `beside` stands in the place of the change where a move up or down says nothing.
    """

    kpi: str
    label: str
    counted: str = ""
    things: str = "jobs"
    show: str = ""
    part: str = ""
    asks: str = ""
    modelled: bool = False
    beside: str = ""


def draw(view: View, rows: Sequence[Row]) -> None:
    """Draw the rows, a thin line between them."""
    targets = view.ledger.rows("targets", tuple(view.state.agents), **{"from": view.now.start, "to": view.now.end})
    with st.container(gap="xsmall"):
        for place, row in enumerate(rows):
            if place:
                rule()
            _draw(view, row, targets)


def _draw(view: View, row: Row, targets: data.Rows) -> None:
    now = data.total(view.ledger, row.kpi, view.scope.query(), row.part)
    before = data.total(view.ledger, row.kpi, view.scope_before.query(), row.part)
    moved = data.changed(row.kpi, now, before)
    target = cards.target_of(now, targets, view) if not row.part else None
    card = Card(
        label=row.label,
        value=now,
        change=moved,
        basis=_basis(row, now),
        target=cards.target_state(now, target),
        target_text=cards.target_text(now, target),
        broken=cards.broken(view, row.kpi),
        better=catalogue()[row.kpi].better,
        remedy=view.link("data_health"),
        modelled=row.modelled,
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width="stretch"):
            st.html(row_html(card, row.asks or catalogue()[row.kpi].question, row.beside))
        with st.container(horizontal=True, width=BUTTONS_PX, gap="xsmall", vertical_alignment="center"):
            how_we_know(view, row.kpi, view.scope.query(), moved, f"row_{row.kpi}_{row.part}", row.part)
            if row.show and has_number(now) and now.n:
                params = view.state.params() | {"show": row.show}
                st.page_link("dashboard/pages/3_tasks.py", label="See jobs", query_params=params)


def _basis(row: Row, value: Value | None) -> str:
    """What the number rests on."""
    if not has_number(value):
        return ""
    if row.counted and value.numerator is not None and value.denominator is not None:
        return f"{units.grouped(value.numerator)} of {units.grouped(value.denominator)} {row.counted}."
    hours = f"{units.grouped((value.value or 0) / HOUR_MS)} hours of work. " if row.kpi == "minutes_saved" else ""
    known = (
        f", {units.text(value.coverage, 'ratio')} of all" if value.coverage is not None and value.coverage < 1 else ""
    )
    return f"{hours}{units.grouped(value.n)} {row.things}{known}."
