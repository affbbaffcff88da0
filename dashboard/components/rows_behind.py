"""The rows that a number is made of, in its drawer: how many, what they add up to, and the largest of them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.components.figure_table import FigureTable, values_html
from dashboard.view import View
from dashboard.words import clock, esc
from metrics import behind, units
from metrics.catalogue import Kpi
from metrics.model import Query

MOST = 8
NAMED = 28


def rows_behind(view: View, kpi: Kpi, query: Query) -> None:
    """Draw them; a number without rows says why it has none, one with a list of jobs has its own link."""
    if kpi.id in behind.NO_ROWS:
        st.caption(behind.NO_ROWS[kpi.id])
    if kpi.id not in behind.ROWS:
        return
    published, access = view.ledger.published, view.ledger.access
    whole = behind.sums(published, kpi, query, access)
    if not whole["rows"]:
        return
    rows = behind.rows_behind(published, kpi, query, access, MOST)
    what = behind.WORDS[behind.ROWS[kpi.id]]
    st.caption(_said(kpi, whole, what))
    heads = (what.capitalize(), "When", "Time" if kpi.kind == "quantile" else "Counts")
    shown = [(_name(view, row), clock(row["happened_at"], view.zone), _amount(kpi, row["amount"])) for row in rows]
    st.html(values_html(FigureTable(heads, shown, (), ()), f"{kpi.label}: the largest {what} behind it", short=True))


def _said(kpi: Kpi, whole: dict[str, Any], what: str) -> str:
    """How many rows, and that they add up."""
    counted = f"{units.grouped(whole['rows'])} {what}"
    if kpi.kind == "quantile":
        return f"The number is read from {counted}; the slowest:"
    part = f" ({behind.ADDS_UP_TO[kpi.id]})" if kpi.id in behind.ADDS_UP_TO else ""
    over = "" if whole["base"] is None else f" of {units.grouped(whole['base'])}"
    return f"{counted} add up to {_amount(kpi, whole['amount'])}{over}{part}; the largest:"


def _amount(kpi: Kpi, amount: float | None) -> str:
    if amount is None:
        return units.NOTHING
    if kpi.unit in ("usd", "ms"):
        return units.plain(amount, "usd") if kpi.unit == "usd" else units.text(amount, "ms")
    return units.grouped(amount, 0 if amount == round(amount) else 3)


def _name(view: View, row: dict[str, Any]) -> str:
    """What the row is, with a link to its job where it has one."""
    name = esc(str(row["what"])[:NAMED])
    if row["task_id"] is None:
        return name
    link = view.link("tasks", view.state.one_agent(row["agent_id"]), task=row["task_id"])
    return f'<a href="{esc(link)}">{name}</a>'
