"""The agents of a view as table rows and as CSV, sorted as the viewer asks."""

from __future__ import annotations

from typing import Any

from dashboard import data, readiness
from dashboard.cards import SPECS, misses
from dashboard.components.agents_table import AgentRow
from dashboard.components.figure_table import FigureTable, csv_text
from dashboard.components.outcome import ENDINGS, total_of
from dashboard.view import View
from dashboard.words import esc, plural
from metrics import units
from metrics.model import Value
from metrics.readiness.model import Scorecard

SORTS = {"harm": "Most harm", "cost": "Cost", "jobs": "Jobs", "name": "Name"}
NO_ENDINGS = dict.fromkeys(("tasks", *(name for name, _, _ in ENDINGS)), 0)
CSV_FIELDS = (
    "value",
    "low",
    "high",
    "n",
    "coverage",
    "state",
    "numerator",
    "denominator",
    "unit",
    "definition_version",
)
ENOUGH_TO_SEARCH = 9
Values = dict[str, dict[str, Value]]


def values_by_agent(view: View, scope: data.Scope) -> Values:
    """Every card's KPI per agent: kpi → agent → value."""
    return {spec.kpi: data.by_agent(view.ledger, spec.kpi, scope.query(), spec.part) for spec in SPECS}


def table_rows(view: View, sort: str, endings: data.Rows) -> list[AgentRow]:
    """One row per agent of the view, and a last row for all of them together."""
    now, before = values_by_agent(view, view.scope), values_by_agent(view, view.scope_before)
    targets = view.ledger.rows("targets", view.state.agents, **{"from": view.now.start, "to": view.now.end})
    ended = {str(row["agent_id"]): row for row in endings}
    shown = [agent for agent in (view.state.agents or view.agents) if agent in view.agents]
    scored = readiness.cards(view.ledger)
    rows = [_row(view, agent, ended.get(agent, NO_ENDINGS), now, before, targets, scored.get(agent)) for agent in shown]
    rows.sort(key=lambda row: _order(row, sort, targets))
    return [*rows, _total(view, endings, len(rows))] if len(rows) > 1 else rows


def _row(
    view: View,
    agent: str,
    ended: dict[str, Any],
    now: Values,
    before: Values,
    targets: data.Rows,
    scored: Scorecard | None,
) -> AgentRow:
    facts = view.agents[agent]
    values = {kpi: found.get(agent) for kpi, found in now.items()}
    missed = frozenset(
        row["kpi"]
        for row in targets
        if row["agent_id"] == agent and (value := values.get(row["kpi"])) and value.state == "ok" and misses(value, row)
    )
    cost = data.changed("cost_per_success", values["cost_per_success"], before["cost_per_success"].get(agent))
    under = " · ".join(str(facts[name]) for name in ("team", "owner") if facts[name]) or "owner not declared"
    silent = is_silent(facts)
    return AgentRow(
        view.name(agent),
        silence(facts) if silent else under,
        view.link("agent", view.state.one_agent(agent)),
        agent,
        ended,
        values,
        cost,
        missed,
        view.slot(agent),
        view.letters(agent),
        silent=silent,
        readiness=_readiness(view, agent, scored),
    )


def _readiness(view: View, agent: str, card: Scorecard | None) -> str:
    """The four pillars as marks that lead to the scorecard."""
    link = view.link("readiness", view.state.one_agent(agent))
    return f'<a class="bare" href="{esc(link)}">{readiness.dots(card)}</a>' if card else ""


def is_silent(facts: dict[str, Any]) -> bool:
    """Whether nothing was ever seen of an agent that is declared or runs in the account: its jobs are unknown."""
    return not facts["discovered"]


def silence(facts: dict[str, Any]) -> str:
    """What is known of an agent of which nothing was seen."""
    return "runs, but sends no telemetry" if facts["inventoried"] else "declared, never seen"


def _total(view: View, endings: data.Rows, count: int) -> AgentRow:
    known = [row for row in endings if row["agent_id"] in view.agents]
    values = {spec.kpi: data.total(view.ledger, spec.kpi, view.scope.query(), spec.part) for spec in SPECS}
    before = data.total(view.ledger, "cost_per_success", view.scope_before.query())
    moved = data.changed("cost_per_success", values["cost_per_success"], before)
    return AgentRow(f"All {plural(count, 'agent')}", "", "", "", total_of(known), values, moved, total=True)


def _order(row: AgentRow, sort: str, targets: data.Rows) -> tuple[float, str]:
    name = row.name.lower()
    if sort == "name":
        return 0.0, name
    if sort == "jobs":
        return -float(row.endings["tasks"]), name
    if sort == "cost":
        value = row.values.get("cost_per_success")
        return -(value.value if value and value.value is not None else -1.0), name
    return -_harm(row, targets), name


def _harm(row: AgentRow, targets: data.Rows) -> float:
    """Jobs beyond a target (gap × volume) first; without targets, the jobs that did not end well by themselves."""
    gaps = 0.0
    for target in targets:
        value = row.values.get(target["kpi"])
        if (
            target["agent_id"] == row.agent_id
            and value
            and value.value is not None
            and target["kpi"] in row.missed
            and target["target"]
        ):
            gaps += abs(value.value - target["target"]) / (1 if value.unit == "ratio" else target["target"]) * value.n
    bad = sum(int(row.endings[name]) for name in ("failed", "abandoned"))
    return gaps * 1000 + bad


def as_csv(view: View, endings: data.Rows) -> str:
    """All columns of all agents: every KPI with interval, n, coverage and state, and how jobs ended."""
    now = values_by_agent(view, view.scope)
    ended = {str(row["agent_id"]): row for row in endings}
    names = [name for name in NO_ENDINGS if name != "tasks"]
    header = ["agent_id", "agent_name", "owner", "team", "from", "to_exclusive", "tasks", *names]
    header += [f"{spec.kpi}{'_' + spec.part if spec.part else ''}_{field}" for spec in SPECS for field in CSV_FIELDS]
    rows = []
    for agent in view.state.agents or view.agents:
        facts = view.agents[agent]
        row = ended.get(agent, dict.fromkeys(NO_ENDINGS) if is_silent(facts) else NO_ENDINGS)
        head = [agent, facts["agent_name"], facts["owner"], facts["team"], view.now.start, view.now.end, row["tasks"]]
        cells = [getattr(now[spec.kpi].get(agent), field, None) for spec in SPECS for field in CSV_FIELDS]
        rows.append([*head, *(row[name] for name in names), *cells])
    return csv_text(header, rows)


def endings_table(view: View, endings: data.Rows) -> FigureTable:
    """How the jobs of each agent ended, in numbers: the table behind the bars."""
    ended = {str(row["agent_id"]): row for row in endings}
    used = [(name, words) for name, words, _ in ENDINGS if any(row[name] for row in endings)]
    shown = [agent for agent in (view.state.agents or view.agents) if agent in view.agents]
    counts = [(agent, ended.get(agent, NO_ENDINGS)) for agent in shown if not is_silent(view.agents[agent])]
    return FigureTable(
        ("Agent", "Jobs", *(words for _, words in used)),
        [
            (esc(view.name(agent)), units.grouped(row["tasks"]), *(_share(row, name) for name, _ in used))
            for agent, row in counts
        ],
        ("agent_id", "tasks", *(name for name, _ in used)),
        [(agent, row["tasks"], *(row[name] for name, _ in used)) for agent, row in counts],
    )


def _share(row: dict[str, Any], name: str) -> str:
    if not row["tasks"]:
        return units.NOTHING
    return f"{units.grouped(row[name])} ({units.text(row[name] / row['tasks'], 'ratio')})"


def matching(view: View, text: str) -> set[str]:
    """The agents whose id, name, owner or team holds the text, whatever its case."""
    wanted = text.strip().casefold()
    return {
        agent
        for agent, facts in view.agents.items()
        if any(wanted in str(facts[field] or "").casefold() for field in ("agent_id", "agent_name", "owner", "team"))
    }
