"""KPIs.

What every number means, from the same files that compute it.
"""

from __future__ import annotations

import streamlit as st

from dashboard.components.sections import section
from dashboard.words import esc
from metrics.catalogue import Kpi, catalogue
from metrics.explain import METHODS

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
    """Draw the reference: one block per KPI, by pillar."""
    known = catalogue()
    st.html(
        f'<div class="al lead"><p class="eyebrow">KPI reference</p><h1>{len(known)} numbers, each defined once.</h1>'
        '<p class="sub">Card, trend, CSV, command line and this page are made from the same file. Change the file, '
        "and all of them change.</p></div>"
    )
    for pillar, words in PILLARS.items():
        chosen = [kpi for kpi in known.values() if kpi.pillar == pillar]
        if chosen:
            section(words, f"Pillar {pillar}")
            for kpi in chosen:
                _entry(kpi)


def _entry(kpi: Kpi) -> None:
    rows = [
        ("What it is", esc(kpi.definition)),
        ("Formula", f'<div class="formula">{esc(kpi.formula)}</div>'),
        ("Reads as", f"{UNITS[kpi.unit]}; {BETTER[kpi.better]}"),
        ("How sure", _certainty(kpi)),
        ("Comes from", f"{esc(', '.join(kpi.sources))} · tables {esc(', '.join(kpi.needs))}"),
        ("Slices", esc(kpi.slices or "none")),
        ("Name", f"<code>{esc(kpi.id)}</code> definition {esc(kpi.version)}, {esc(kpi.catalogue)}"),
    ]
    terms = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in rows)
    st.html(
        f'<div class="al defs" id="{esc(kpi.id)}"><h3>{esc(kpi.label)}: {esc(kpi.question)}</h3><dl '
        f'class="grid">{terms}</dl></div>'
    )
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
