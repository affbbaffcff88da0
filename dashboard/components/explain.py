"""The drawer "How we know": everything behind one number, from the file that also computes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import streamlit as st

from dashboard import data, theme, words
from dashboard.components.figure_table import FigureTable, value_cells, values_html
from dashboard.components.rows_behind import rows_behind
from dashboard.restated import restated, sentence
from dashboard.view import View, through
from dashboard.words import clock, esc, verdict_html
from metrics import units
from metrics.explain import Explanation, explain
from metrics.model import Change, Query, Value


def how_we_know(view: View, kpi: str, query: Query, moved: Change | None, key: str, part: str = "") -> None:
    """A quiet button that opens the explanation of a KPI. It is worked out only while it is open."""
    drawer = st.popover("How we know", type="tertiary", key=f"how_{key}", on_change="rerun")
    if not drawer.open:
        return
    found = explain(view.ledger.published, kpi, query, view.ledger.access)
    with drawer:
        st.html(_definitions(view, found, moved, part, query))
        _day_by_day(view, found, query, part)
        rows_behind(view, found.kpi, query)
        st.code(found.sql, language="sql", wrap_lines=True)
        st.caption("The same SELECT runs on kpis.duckdb with any DuckDB client.")


def _definitions(view: View, found: Explanation, moved: Change | None, part: str, query: Query) -> str:
    value = next((value for value in found.values if value.slice == part), found.values[0])
    rows = [
        ("Definition", esc(found.kpi.definition)),
        ("With today's numbers", f'<div class="formula">{esc(found.formula)}</div>'),
        ("Covers", _covers(found, value)),
        ("How sure", _certainty(found, value)),
        ("Against before", f"{verdict_html(moved)} {esc(moved.reason if moved else '')}"),
        ("Left out", _left_out(found)),
        ("Data", _data(view, found)),
        ("Restated", sentence(view, restated(view, found.kpi.id, query, part), found.kpi.unit) or "nothing"),
    ]
    if found.outlook:
        rows.insert(4, ("What follows", esc(found.outlook)))
    terms = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in rows)
    return f'<div class="al pop defs" style="color-scheme:{theme.scheme()}"><dl>{terms}</dl></div>'


def _day_by_day(view: View, found: Explanation, query: Query, part: str) -> None:
    """The numbers behind the card's small line."""
    step: Literal["day", "week"] = "day" if view.now.days <= 31 else "week"
    values = data.series(view.ledger, found.kpi.id, replace(query, by=step), part)
    rows = [(words.day(value.start), *value_cells(value)) for value in reversed(values)]
    heads = (f"{step.capitalize()} from" if step == "week" else "Day", found.kpi.label, "n", "95\u202f% interval")
    if rows:
        st.html(values_html(FigureTable(heads, rows, (), ()), f"{found.kpi.label} per {step}", short=True))


def _covers(found: Explanation, value: Value) -> str:
    counted = f"{units.grouped(value.n)} counted"
    if value.coverage is None:
        return f"{counted}."
    return f"{counted}; {units.text(value.coverage, 'ratio')}: {esc(found.kpi.evidence)}."


def _certainty(found: Explanation, value: Value) -> str:
    between = units.interval(value.value, value.low, value.high, value.unit)
    said = f"{esc(between)}, {esc(found.method)}" if between else esc(found.method)
    missing = f" {esc(value.missing)}" if value.missing else ""
    return f"{said}. Judged from {units.grouped(found.kpi.minimum_n)} on.{missing}"


def _left_out(found: Explanation) -> str:
    return "; ".join(f"{units.grouped(count)} {esc(what)}" for what, count in found.excluded.items()) or "nothing"


def _data(view: View, found: Explanation) -> str:
    reach = clock(through(view.org), view.zone)
    return (
        f"from {esc(', '.join(found.sources))}; complete to {reach} ({esc(view.zone.key)});"
        f" definition {esc(found.kpi.version)}, {esc(found.kpi.catalogue)}."
    )
