"""Agent.

One agent: what it is for, its six KPIs, what changed, a KPI over time, and below that one part at a time: how jobs end,
what they cost and are worth, the tools, whom it hands over to, how good and how steady it is.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import agent_parts, agent_sections, cards, confidence, over_time, readiness, story, what_changed
from dashboard.agents import is_silent
from dashboard.components import empty
from dashboard.components.agents_table import monogram
from dashboard.components.outcome import total_of
from dashboard.components.sections import section, source_line
from dashboard.components.tasks_table import tasks_table
from dashboard.filters import FilterState
from dashboard.view import View, begin
from dashboard.words import clock, esc, plural
from metrics import units

PART = "part"  # of the page's address
NOT_DECLARED = '<span class="att">not declared</span>'


def draw() -> None:
    """Draw the page."""
    view = begin(("kpi", PART, confidence.PARAMETER), one_agent=True)
    if view is None:
        return
    agent = view.state.agents[0]
    _identity(view, agent)
    endings = view.ledger.rows("endings", view.state.agents, **view.scope.params())
    if not endings and is_silent(view.agents[agent]):
        empty.silent_agent(runs=bool(view.agents[agent]["inventoried"]))
        return
    if not endings:
        empty.nothing_matches(
            "jobs of this agent",
            [
                f'<a href="{esc(view.link("agent", FilterState(agents=(agent,))))}">Show its last 28 days, all '
                "versions</a>"
            ],
        )
        return
    shown = cards.figures(view)
    st.html(story.lead(view, shown, endings))
    cards.draw(view, shown)
    what_changed.draw(view)
    _over_time(view)
    _parts(view, total_of(endings))


def _parts(view: View, counts: dict[str, int]) -> None:
    """What stands below the line over time, in the order of the four pillars. Only the open part is drawn."""
    parts: dict[str, tuple[str, Callable[[], None]]] = {
        "jobs": ("How jobs end", lambda: _jobs(view, counts)),
        "money": ("Cost and value", lambda: _money(view)),
        "tools": ("Tools", lambda: _tools(view)),
        "guardrails": ("Guardrails and escalation", lambda: agent_sections.guardrails(view)),
        "quality": ("Quality", lambda: _quality(view)),
    }
    labels = [label for label, _ in parts.values()]
    st.session_state["agent_part"] = parts.get(st.query_params.get(PART, ""), parts["jobs"])[0]
    by_label = {label: key for key, (label, _) in parts.items()}

    def keep() -> None:
        st.query_params[PART] = by_label[st.session_state["agent_part"]]

    for tab, (_, drawn) in zip(st.tabs(labels, key="agent_part", on_change=keep), parts.values(), strict=True):
        with tab:
            if tab.open:
                drawn()


def _jobs(view: View, counts: dict[str, int]) -> None:
    _how_it_ends(view, counts)
    _recent(view)


def _money(view: View) -> None:
    _cost(view)
    agent_sections.value(view)


def _tools(view: View) -> None:
    section("Tools", "Most failures first")
    agent_parts.tools(view)
    agent_parts.crew(view)


def _quality(view: View) -> None:
    agent_sections.quality(view)
    agent_sections.steadiness(view)


def _identity(view: View, agent: str) -> None:
    facts = view.agents[agent]
    versions = view.ledger.rows("versions", (agent,))
    version = (
        f"{esc(versions[-1]['version'])} since {clock(versions[-1]['first_seen_at'], view.zone)}"
        if versions
        else "no version reported"
    )
    gaps = [
        word
        for word, field in (("owner", "owner"), ("purpose", "purpose"), ("done-when", "done_when"))
        if not facts[field]
    ]
    missing = f'<span class="att">◐ contract lacks {esc(", ".join(gaps))}</span>' if facts["declared"] and gaps else ""
    contract = (
        missing if facts["declared"] else '<span class="att">○ seen in the account, not declared in ledger.toml</span>'
    )
    items = (
        f"Owner <b>{esc(facts['owner']) or NOT_DECLARED}</b>",
        f"Team <b>{esc(facts['team']) or NOT_DECLARED}</b>",
        f"Version <b>{version}</b>",
        f"Host <b>{esc(facts['host'] or units.NOTHING)}</b>",
        f"Region <b>{esc(facts['region'] or units.NOTHING)}</b>",
        _ready(view, agent),
        contract,
    )
    st.html(
        f'<div class="al identity">{monogram(view.letters(agent), view.slot(agent), large=True)}<div><div '
        f'class="name"><b>{esc(view.name(agent))}</b>'
        f" · {esc(facts['purpose']) or 'purpose ' + NOT_DECLARED}</div><div "
        f'class="facts">{"".join(f"<span>{item}</span>" for item in items if item)}</div></div></div>'
    )


def _ready(view: View, agent: str) -> str:
    card = readiness.cards(view.ledger).get(agent)
    link = esc(view.link("readiness", view.state.one_agent(agent)))
    return f'<a class="bare" href="{link}">Readiness {readiness.dots(card)}</a>' if card else ""


def _over_time(view: View) -> None:
    section("Over time", "")
    given = st.query_params.get("kpi", "")
    chosen = given if given in over_time.OVER_TIME else "cost_per_success"
    st.session_state["agent_kpi"] = chosen
    st.segmented_control(
        "Measure",
        list(over_time.OVER_TIME),
        format_func=lambda kpi: cards.BY_KPI[kpi].label,
        key="agent_kpi",
        required=True,
        label_visibility="collapsed",
        on_change=_keep_kpi,
    )
    over_time.draw(view, chosen)


def _keep_kpi() -> None:
    st.query_params["kpi"] = st.session_state["agent_kpi"]


def _cost(view: View) -> None:
    section("What it spends", "List prices of model calls; calls without a price are left out and named")
    parts = view.ledger.rows("spend_parts", view.state.agents, **view.scope.params())
    left, right = st.columns(2, gap="large")
    with left:
        agent_parts.cost_by_kind(view, parts)
    with right:
        agent_parts.cost_by_model(view, parts)
    unpriced = sorted({row["model"] for row in parts if row["usd"] is None})
    if unpriced:
        source_line(f"No price is known for tokens of {', '.join(unpriced)}: their cost is not in these figures.")


def _how_it_ends(view: View, counts: dict[str, int]) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        section("How jobs ended", plural(counts["tasks"], "job"))
        agent_parts.endings(view, counts)
    with right:
        section("How long jobs took", "")
        agent_parts.latency(view)


def _recent(view: View) -> None:
    section("Latest jobs", "")
    options = {"show": "all", "search": None, "tool": None, "sort": "new", "limit": 10, "offset": 0}
    rows = view.ledger.rows("tasks", view.state.agents, **view.scope.params(), **options)
    st.html(tasks_table(view, rows))
    st.page_link("dashboard/pages/3_tasks.py", label="All jobs of this view", query_params=view.state.params())


if __name__ == "__main__":
    draw()
