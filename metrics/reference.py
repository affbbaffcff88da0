"""The KPI reference page, and what docs/insights.md says of each KPI: generated from the KPI files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from metrics.catalogue import Kpi, catalogue, published_kpis
from metrics.explain import METHODS
from metrics.insights import watched
from metrics.parts import Reader

DOCS = Path(__file__).resolve().parent.parent / "docs"
TARGET, INSIGHTS = DOCS / "kpis.md", DOCS / "insights.md"
WATCHED = ("<!-- Written by `make docs` from metrics/insights/watched.py -->", "<!-- End of what is written -->")
PILLARS = {1: "Clear job", 2: "Reliable tools", 3: "Guardrails and escalation", 4: "Feedback loop"}
_DIRECTION = {"higher": "higher is better", "lower": "lower is better", "none": "no direction is good by itself"}
_INTRODUCTION = """# KPIs

Generated from `sql/kpis` by `make docs`: change the file, not this page. Every KPI is kept as additive parts and
divided last, so it means the same over any agents, versions and days. Rates are 0 to 1, durations milliseconds,
money USD.

States: `ok` · `low_n` (too few, or an interval too wide or without end: read the interval, not the point) ·
`immature` (the period or its tasks are not finished) · `unknown` (evidence is missing; the answer says which) ·
`not_applicable` (nothing to divide by).
"≥" before an amount of money: some model calls have no price, so it is at least that much.

Every interval is made for one look at one number: 19 in 20 such intervals hold the truth. Among many numbers, or over
many looks at one, some miss it by chance.
"""


_OWN_INTRODUCTION = """# Your own KPIs

Printed by `python -m metrics docs --own` from the definitions in force. They are read like all KPIs: docs/kpis.md says
what the states, units and intervals mean.
"""


def pages() -> dict[Path, str]:
    """Every page that is generated here, whole or in part, as it has to be."""
    return {TARGET: page(), INSIGHTS: _with_watched(INSIGHTS.read_text(encoding="utf-8"))}


def _with_watched(text: str) -> str:
    """A page with the table of what is watched between its two marks. Raises ValueError where it has lost them."""
    if any(text.count(mark) != 1 for mark in WATCHED):
        raise ValueError(f"docs/{INSIGHTS.name} needs each of these lines once, around the table: {WATCHED}")
    head, _, rest = text.partition(WATCHED[0])
    tail = rest.partition(WATCHED[1])[2]
    return "\n".join((head + WATCHED[0], watched.table(catalogue().values()), WATCHED[1] + tail))


def page() -> str:
    """The whole page."""
    return _page(_INTRODUCTION, list(catalogue().values()))


def own_page(published: Reader) -> str:
    """The same page of the owner's own KPIs, as published."""
    return _page(_OWN_INTRODUCTION, [kpi for kpi in published_kpis(published).values() if kpi.own])


def _page(introduction: str, kpis: Sequence[Kpi]) -> str:
    index = ["| KPI | question | unit | direction |", "|---|---|---|---|"]
    index += [f"| [`{kpi.id}`](#{kpi.id}) | {kpi.question} | {kpi.unit} | {_DIRECTION[kpi.better]} |" for kpi in kpis]
    return "\n".join([introduction, *index, "", *(line for kpi in kpis for line in _section(kpi))])


def _section(kpi: Kpi) -> list[str]:
    facts = {
        "Name on screen": kpi.label,
        "Formula": kpi.formula,
        "Unit": f"{kpi.unit}; {_DIRECTION[kpi.better]}",
        "Interval": METHODS[kpi.interval],
        "Minimum n": str(kpi.minimum_n),
        "Stands for it": kpi.headline,
        "Coverage": _coverage(kpi),
        "Slices": kpi.slices or "none",
        "Read from": ", ".join(f"`{name}`" for name in kpi.needs),
        "Collected from": ", ".join(f"`{name}`" for name in kpi.sources),
        "Pillar": f"{kpi.pillar}, {PILLARS[kpi.pillar].lower()}",
        "Definition": f"version {kpi.version}, catalogue {kpi.catalogue}",
    }
    rows = [f"| {name} | {text} |" for name, text in facts.items() if text]
    return [f"## {kpi.id}", "", kpi.definition, "", "| | |", "|---|---|", *rows, "", "```sql", kpi.sql, "```", ""]


def _coverage(kpi: Kpi) -> str:
    if not kpi.minimum_coverage:
        return ""
    return f"unknown where fewer than {100 * kpi.minimum_coverage:.0f} % of what it counts on is there ({kpi.evidence})"
