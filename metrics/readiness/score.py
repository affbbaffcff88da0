"""Scorecards: every criterion of every agent over the last 28 complete days, pillars as ranges, one blocker named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from metrics.drill import UNATTRIBUTED, select_text
from metrics.model import NOT_REAL_WORK, Access
from metrics.parts import Reader, Statement
from metrics.readiness.criteria import Criterion, criteria, window_sql
from metrics.readiness.judge import judge, not_recorded
from metrics.readiness.model import READY_FROM, WORST_FIRST, Badge, Finding, Judged, Pillar, Scorecard, Waiver, Window
from metrics.run import default_period
from metrics.states import read_freshness

WINDOW_DAYS = 28
WAIVER = "readiness.waiver"
Row = dict[str, Any]


def default_window(published: Reader) -> Window:
    """The last 28 complete days."""
    return Window(*default_period(published, WINDOW_DAYS))


def scorecards(
    published: Reader,
    access: Access,
    agents: Sequence[str] | None = None,
    window: Window | None = None,
    entered: Iterable[Mapping[str, Any]] = (),
    today: date | None = None,
    evidence: Mapping[str, Sequence[Row]] | None = None,
) -> list[Scorecard]:
    """The scorecards of the agents (all that the viewer may see), by name.

    `entered`: journal records, which may hold waivers that no collector has landed yet. A waiver holds until the end of
    its day (UTC): `today`, by default the day it is. `evidence` are rows of the window that were read already, by
    criterion; those of agents that the viewer may not see are passed over.
    """
    over = window or default_window(published)
    known = _agents(published, access, agents)
    waivers = _waivers(published, entered, today or datetime.now(UTC).date())
    rows = {
        criterion.id: _by_agent(
            evidence_of(published, criterion, over, access, list(known)) if evidence is None else evidence[criterion.id]
        )
        for criterion in criteria().values()
    }
    return [
        scorecard(
            agent,
            str(facts["agent_name"] or agent),
            over,
            {criterion: of.get(agent, []) for criterion, of in rows.items()},
            _days_seen(published, facts["first_seen_at"], over),
            waivers,
        )
        for agent, facts in known.items()
    ]


def scorecard(
    agent_id: str,
    name: str,
    window: Window,
    evidence: Mapping[str, Sequence[Row]],
    days_seen: int,
    waivers: Mapping[tuple[str, str], Waiver],
) -> Scorecard:
    """One agent's card from the rows of evidence of each criterion."""
    findings = tuple(
        _finding(criterion, agent_id, evidence.get(criterion.id, ()), days_seen, window.days, waivers)
        for criterion in criteria().values()
    )
    pillars = tuple(_pillar(number, findings) for number in (1, 2, 3, 4))
    blocker = _blocker(findings, pillars)
    return Scorecard(agent_id, name, window, findings, pillars, _badge(pillars, blocker), blocker)


def statement(criterion: Criterion, window: Window, access: Access, agents: Sequence[str] | None = None) -> Statement:
    """The SELECT that gives a criterion's evidence, for these agents within what the viewer may see."""
    wanted = None if agents is None else [agent for agent in agents if access.allows(agent)]
    if wanted is None and access.agents is not None:
        wanted = sorted(access.agents)
    params: Row = {"from": window.start, "to": window.end, "left_out": list(NOT_REAL_WORK), "agents": wanted}
    return Statement(window_sql().replace(":criterion", criterion.sql), params)


def evidence_of(
    published: Reader, criterion: Criterion, window: Window, access: Access, agents: Sequence[str] | None = None
) -> list[Row]:
    """The rows of evidence of a criterion."""
    return statement(criterion, window, access, agents).run(published)


def _agents(published: Reader, access: Access, wanted: Sequence[str] | None) -> dict[str, Row]:
    rows = published.rows(select_text("agents"), {"agents": None})
    return {
        row["agent_id"]: row
        for row in rows
        if row["agent_id"] != UNATTRIBUTED
        and access.allows(row["agent_id"])
        and (wanted is None or row["agent_id"] in wanted)
    }


def _days_seen(published: Reader, first: datetime | None, window: Window) -> int:
    """On how many days of the window the agent has been there."""
    if first is None:
        return 0
    zone = read_freshness(published).zone
    begun = first.replace(tzinfo=zone).date()
    return max(1, min(window.days, (window.end - begun).days))


def _by_agent(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["agent_id"], []).append(row)
    return found


def _finding(
    criterion: Criterion,
    agent_id: str,
    rows: Sequence[Row],
    days_seen: int,
    days: int,
    waivers: Mapping[tuple[str, str], Waiver],
) -> Finding:
    judged: list[Judged] = []
    for part in criterion.parts:
        own = [row for row in rows if row["part"] == part.id]
        judged += [judge(part, row, days_seen, days) for row in own] or [not_recorded(part)]
    state = min((each.state for each in judged), key=WORST_FIRST.index)
    return Finding(criterion, agent_id, state, tuple(judged), waivers.get((agent_id, criterion.id)))


def _pillar(number: int, findings: Iterable[Finding]) -> Pillar:
    """A waiver changes no score: it is not evidence."""
    states = [each.evidence_state for each in findings if each.criterion.pillar == number]
    failed, unknown = states.count("fail"), states.count("unknown")
    return Pillar(number, states.count("pass"), len(states) - failed, len(states), unknown)


def _badge(pillars: Sequence[Pillar], blocker: Finding | None) -> Badge:
    if all(pillar.badge == "not_assessed" for pillar in pillars):
        return "not_assessed"
    return "ready" if blocker is None else "not_ready"


def _blocker(findings: Sequence[Finding], pillars: Sequence[Pillar]) -> Finding | None:
    """What stands in the way most: the worst starred criterion, else the worst one of the weakest pillar."""
    starred = [each for each in findings if each.criterion.star and each.evidence_state != "pass"]
    weakest = min(pillars, key=lambda pillar: pillar.low)
    others = [each for each in findings if each.criterion.pillar == weakest.number and each.evidence_state != "pass"]
    waiting = starred or (others if weakest.low < READY_FROM else [])
    return min(waiting, key=lambda each: WORST_FIRST.index(each.evidence_state)) if waiting else None


def _waivers(published: Reader, entered: Iterable[Mapping[str, Any]], today: date) -> dict[tuple[str, str], Waiver]:
    """The waivers in force: of one agent and criterion the latest entry holds, until its day is over."""
    landed = published.rows("SELECT * FROM waivers ORDER BY entered_at, waiver_id", {})
    known = {row["waiver_id"] for row in landed}
    latest = {(row["agent_id"], row["criterion"]): Waiver(
        row["waiver_id"], row["agent_id"], row["criterion"], row["until_day"], row["reason"], row["waived_by"]
    ) for row in landed}  # fmt: skip
    for record in entered:
        if record.get("event.name") == WAIVER and record.get("event_id") not in known:
            found = _entered(record)
            latest |= {} if found is None else {(found.agent_id, found.criterion): found}
    return {key: waiver for key, waiver in latest.items() if waiver.until >= today}


def _entered(record: Mapping[str, Any]) -> Waiver | None:
    try:
        until = date.fromisoformat(str(record["until"]))
        names = [str(record[name]) for name in ("event_id", "gen_ai.agent.id", "criterion", "reason", "waived_by")]
    except (KeyError, ValueError):
        return None
    return Waiver(names[0], names[1], names[2], until, names[3], names[4])


def waiver_record(agent_id: str, criterion: str, until: date, reason: str, waived_by: str) -> dict[str, str]:
    """The journal record of a waiver. To take one back, enter another that ended the day before."""
    return {
        "event.name": WAIVER, "gen_ai.agent.id": agent_id, "criterion": criterion, "until": until.isoformat(),
        "reason": reason, "waived_by": waived_by,
    }  # fmt: skip
