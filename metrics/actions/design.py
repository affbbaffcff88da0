"""How an effect is told apart from everything else: what was promised, whether the data allow it, and if not, why.

A, randomised: a share of the tasks promised beforehand gets the new version, and the shares are checked. B, concurrent
control: the version that it replaces at the same time; or, taken off the move, what an unchanged agent or the agent's
other kinds of task moved. Else before and after: C on the common mix of work, D raw.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from metrics import meanwhile, units
from metrics.actions.model import Action, Design
from metrics.catalogue import kpi_named
from metrics.effects import split
from metrics.effects.model import Grade
from metrics.insights.cards import change_text
from metrics.model import Access, Query
from metrics.parts import Row, read_parts
from sql.published import Published

Days = tuple[date, date]
DILUTED_FROM = 0.02


@dataclass(frozen=True)
class Told:
    """What stands against what. `grade` None: before and after. `says`: why it is no better, or what to mind.

    `versions`: the one replaced and the new one, on the same `days`. `agent`: the unchanged one whose move is taken
    off; `kinds`: that of the agent's other kinds of task. `blocked`: nothing may be read, and why.
    """

    grade: Grade | None = None
    says: str = ""
    versions: tuple[str, str] | None = None
    days: Days | None = None
    agent: str | None = None
    kinds: bool = False
    blocked: str = ""


def told_by(published: Published, access: Access, action: Action, before: Days, after: Days) -> Told:
    """What the promised design comes to on these days."""
    plan = action.plan
    if plan.design == "agent":
        return _against_agent(published, access, str(plan.control_agent), before[0], after[1])
    if plan.design == "kinds":
        return Told("B", kinds=True)
    change = _version_change(published, action)
    volumes = _volumes(published, access, action, after)
    if plan.design == "before_after":
        return Told(says=_diluted(change, volumes))
    return _against_version(plan.design, plan.split, change, volumes)


def _against_version(design: Design, share: float | None, change: Row | None, volumes: list[Row]) -> Told:
    """The new version against the one it replaces, over the days on which both were at work."""
    not_given = "Not A" if design == "split" else "Not B"
    if change is None:
        return Told(says=f"{not_given}: the change linked makes no new version, so nothing tells which task got it.")
    old, new = str(change["before_value"]), str(change["after_value"])
    days = [{row["agent_version"]: row["n"] for row in volumes if row["period"] == day} for day in _days_of(volumes)]
    shared = [day for day, seen in zip(_days_of(volumes), days, strict=True) if seen.get(old) and seen.get(new)]
    if not shared:
        return Told(says=f"{not_given}: versions {old} and {new} were never at work on the same day.")
    first, end = shared[0], shared[-1] + timedelta(days=1)
    counts = [
        sum(row["n"] for row in volumes if row["agent_version"] == version and first <= row["period"] < end)
        for version in (old, new)
    ]
    if design == "version" or share is None:
        return Told("B", versions=(old, new), days=(first, end))
    p, said = split.check(f"Version {new}", (counts[0], counts[1]), share)
    if p < split.WRONG_BELOW:
        return Told(blocked=f"{said}: tasks were lost or sent the wrong way, and nothing is read from it.")
    return Told("A", f"{said}: the split is as promised.", (old, new), (first, end))


def _against_agent(published: Published, access: Access, agent: str, start: date, end: date) -> Told:
    """What an unchanged agent moved is taken off; one that was changed in these days is no control."""
    if not access.allows(agent):
        return Told(says="Not B: the control is an agent that you may not see.")
    changed = meanwhile.changes(
        published, access, [agent], _midnight(start), _midnight(end), lambda row: row["agent_id"] != agent
    )
    if changed:
        row = changed[0]
        text = change_text(
            row["kind"], row["before_value"], row["after_value"], row["resource"], row["changed_at"].date()
        )
        return Told(says=f"Not B: the control {agent} did not stay unchanged ({text}).")
    return Told("B", agent=agent)


def _version_change(published: Published, action: Action) -> Row | None:
    """The change linked, where it is one of version."""
    shipped = action.shipped
    if shipped is None or shipped.change_id is None:
        return None
    rows = published.rows(
        "FROM changes WHERE change_id = $id AND agent_id = $agent AND kind = 'agent' "
        "AND before_value IS NOT NULL AND after_value IS NOT NULL",
        {"id": shipped.change_id, "agent": action.agent_id},
    )
    return rows[0] if rows else None


def _volumes(published: Published, access: Access, action: Action, days: Days) -> list[Row]:
    """Tasks by version and day."""
    kinds = None if action.plan.task_type is None else (action.plan.task_type,)
    query = Query(*days, agents=(action.agent_id,), task_types=kinds, by="day", group=("version",))
    return read_parts(published, kpi_named("task_volume", published), query, access)


def _days_of(volumes: list[Row]) -> list[date]:
    return sorted({row["period"] for row in volumes})


def _diluted(change: Row | None, volumes: list[Row]) -> str:
    """How much of the work after the change another version did; '' where that is next to nothing."""
    if change is None:
        return ""
    every = sum(row["n"] for row in volumes if row["agent_version"] is not None)
    others = sum(row["n"] for row in volumes if row["agent_version"] not in (None, change["after_value"]))
    if not every or others < DILUTED_FROM * every:
        return ""
    share, new = units.text(others / every, "ratio"), change["after_value"]
    return f"Another version than {new} did {share} of the work after the change: the effect is diluted."


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
