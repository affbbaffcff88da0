"""KPIs.

What every number means, from the same files that compute it.
"""

from __future__ import annotations

import streamlit as st

from dashboard import data, words
from dashboard.components.card import Card, card_html
from dashboard.components.explain import how_we_know
from dashboard.components.sections import section
from dashboard.restated import restated, sentence
from dashboard.view import View, unfiltered
from dashboard.words import esc
from metrics.catalogue import Kpi, known_kpis
from metrics.explain import METHODS
from sql.errors import LedgerError

PILLARS = {1: "Outcomes and cost", 2: "Tools", 3: "Guardrails and hand-over", 4: "Learning from feedback"}
BETTER = {"higher": "▲ higher is better", "lower": "▼ lower is better", "none": "no good direction by itself"}
UNITS = {
    "ratio": "share, in per cent",
    "count": "count",
    "usd": "US dollars",
    "ms": "time",
    "tokens": "tokens",
    "index": "plain number",
}


def draw() -> None:
    """Draw the reference: the owner's own KPIs with their numbers, then one block per KPI, by pillar."""
    shown = _view()
    known = known_kpis(None if shown is None else shown.ledger.published)
    st.html(
        f'<div class="al lead"><p class="eyebrow">KPI reference</p><h1>{len(known)} numbers, each defined once.</h1>'
        '<p class="sub">Card, trend, CSV, command line and this page are made from the same file. Change the file, '
        "and all of them change.</p></div>"
    )
    own = [kpi for kpi in known.values() if kpi.own]
    if own:
        section("Your own", "From your own folder")
        for kpi in own:
            _entry(kpi, shown)
    for pillar, title in PILLARS.items():
        chosen = [kpi for kpi in known.values() if kpi.pillar == pillar and not kpi.own]
        if chosen:
            section(title, f"Pillar {pillar}")
            for kpi in chosen:
                _entry(kpi, shown)


def _view() -> View | None:
    """The published file over the usual period; the reference needs none."""
    try:
        return unfiltered(data.open_ledger(data.home_folder(), data.viewer_access()))
    except LedgerError:
        return None


def _number(kpi: Kpi, shown: View) -> None:
    """The number itself over the usual period, as a card."""
    part = kpi.headline
    query = shown.scope.query()
    values = shown.ledger.values(kpi.id, query)
    value = next((each for each in values if each.slice == part), values[0] if values else None)
    was = sentence(shown, restated(shown, kpi.id, query, part), kpi.unit)
    days = words.days(shown.now)
    st.html(card_html(Card(kpi.label, value, basis=f"All agents, {days}.", better=kpi.better, restated=was)))


def _entry(kpi: Kpi, shown: View | None) -> None:
    rows = [
        ("What it is", esc(kpi.definition)),
        ("Formula", f'<div class="formula">{esc(kpi.formula)}</div>'),
        ("Reads as", f"{UNITS[kpi.unit]}; {BETTER[kpi.better]}"),
        ("How sure", _certainty(kpi)),
        ("Comes from", f"{esc(', '.join(kpi.sources))} · tables {esc(', '.join(kpi.needs))}"),
        ("Slices", esc(kpi.slices or "none")),
        ("Name", f"<code>{esc(kpi.id)}</code> definition {esc(kpi.version)}, {esc(kpi.catalogue)}"),
        ("View", f"<code>kpi_{esc(kpi.id)}_v{esc(kpi.version.replace('.', '_'))}</code> in kpis.duckdb"),
    ]
    terms = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in rows)
    st.html(
        f'<div class="al defs" id="{esc(kpi.id)}"><h3>{esc(kpi.label)}: {esc(kpi.question)}</h3><dl '
        f'class="grid">{terms}</dl></div>'
    )
    if shown is not None and kpi.own:
        _number(kpi, shown)
    if shown is not None:
        how_we_know(shown, kpi.id, shown.scope.query(), None, kpi.id, kpi.headline)
    with st.expander(f"The SQL of {kpi.label}", key=f"sql_{kpi.id}"):
        st.code(kpi.sql, language="sql", wrap_lines=True)


def _certainty(kpi: Kpi) -> str:
    if kpi.minimum_n <= 1:
        return esc(METHODS[kpi.interval])
    return (
        f"{esc(METHODS[kpi.interval])}; shown as a number from {kpi.minimum_n} records on, before that as an interval"
    )


if __name__ == "__main__":
    draw()
