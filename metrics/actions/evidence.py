"""Reads what a verdict needs: the days before and after the change, of cohorts that are finished for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metrics import drill, meanwhile
from metrics.actions.model import Action, Money, Outcome
from metrics.actions.samples import can_judge
from metrics.actions.verdict import NO_PRICE, Seen, Sides, outcome
from metrics.catalogue import Kpi, UnknownKpi, kpi_named
from metrics.insights.worth import FACTS_DAYS, Facts
from metrics.model import Access, Query, QueryError
from metrics.parts import Row, maturity, read_parts
from metrics.run import default_period
from metrics.states import SHARE_STILL_OPEN, read_freshness
from sql.published import Published

LONGEST_RUN_DAYS = 90


def outcome_of(published: Published, access: Access, action: Action) -> Outcome:
    """The verdict on an action as the published file has it, or why there is none."""
    plan, shipped = action.plan, action.shipped
    try:
        kpi, *guards = (judged_kpi(published, name) for name in (plan.kpi, *(guard.kpi for guard in plan.guards)))
    except (QueryError, UnknownKpi) as error:
        return _nothing(action, None, str(error))
    if shipped is None or shipped.changed_at is None:
        return _nothing(action, kpi, "No change is linked yet." if action.state != "dismissed" else "Dismissed.")
    zone = read_freshness(published).zone
    changed = local_day(shipped.changed_at, zone)
    end = min(mature_end(published, access, action.agent_id, [kpi, *guards]), _last(action, changed, zone))
    start = changed + timedelta(days=1)
    before = (plan.baseline_from, min(plan.baseline_to, changed))
    if before[1] <= before[0]:
        return _nothing(action, kpi, "The change took effect before the days to compare with: nothing can be told.")
    if end <= start:
        return _nothing(action, kpi, f"Day 0 of {plan.min_days}: no complete day has passed since the change.")
    after = (start, end)

    def sides(one: Kpi, part: str = "") -> Sides:
        return Sides(one, *(_rows(published, access, one, action.agent_id, days, part) for days in (before, after)))

    seen = Seen(
        sides(kpi, plan.slice),
        tuple(sides(each) for each in guards),
        (end - start).days,
        end - timedelta(days=1),
        _facts(published, access, action.agent_id, end),
        _spell(published, access, kpi, action),
        tuple(_notes(published, access, action, zone, (before[0], end))),
    )
    return outcome(plan, seen)


def judged_kpi(published: Published, name: str) -> Kpi:
    """A number that a verdict can be about. Raises QueryError where it is no mean of cases, UnknownKpi."""
    kpi = kpi_named(name, published)
    if not can_judge(kpi):
        raise QueryError(f"{name} is no share or mean of cases: a verdict on it cannot be told at every look.")
    return kpi


def mature_end(published: Published, access: Access, agent_id: str, kpis: Sequence[Kpi]) -> date:
    """The day after the last one whose tasks are finished for good, and that no later day can change."""
    _, end = default_period(published)
    end -= timedelta(days=max(kpi.reach_days for kpi in kpis))
    first = end - timedelta(days=FACTS_DAYS)
    found = maturity(Query(first, end, agents=(agent_id,), by="day"), access).run(published)
    open_days = {
        row["period"] for row in found if row["tasks"] and row["mature"] < (1 - SHARE_STILL_OPEN) * row["tasks"]
    }
    while end - timedelta(days=1) in open_days:
        end -= timedelta(days=1)
    return end


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The organisation's day of a moment in UTC."""
    return at.replace(tzinfo=UTC).astimezone(zone).date()


def _last(action: Action, changed: date, zone: ZoneInfo) -> date:
    """Where the days after the change end at the latest: at the decision, or after 90 days."""
    last = changed + timedelta(days=LONGEST_RUN_DAYS + 1)
    return last if action.decided is None else min(last, local_day(action.decided.entered_at, zone))


def _rows(
    published: Published, access: Access, kpi: Kpi, agent_id: str, days: tuple[date, date], part: str
) -> list[Row]:
    query = Query(*days, agents=(agent_id,), group=("task_type",))
    return [row for row in read_parts(published, kpi, query, access) if (row["slice"] or "") == part]


def _spell(published: Published, access: Access, kpi: Kpi, action: Action) -> list[Row]:
    plan = action.plan
    if plan.spell_from is None or plan.spell_to is None or plan.spell_to <= plan.spell_from:
        return []
    return _rows(published, access, kpi, action.agent_id, (plan.spell_from, plan.spell_to), plan.slice)


def _facts(published: Published, access: Access, agent_id: str, end: date) -> Facts | None:
    span = {"from": end - timedelta(days=FACTS_DAYS), "to": end}
    rows = drill.rows(published, "insight_agents", access, [agent_id], **span)
    return Facts.of(rows[0]) if rows else None


def _notes(published: Published, access: Access, action: Action, zone: ZoneInfo, span: tuple[date, date]) -> list[str]:
    """What stands in the way of a plain reading."""
    notes = []
    own = None if action.shipped is None else action.shipped.changed_at
    late = 0 if own is None else (local_day(action.registered_at, zone) - local_day(own, zone)).days
    if late > 0:
        days = "a day" if late == 1 else f"{late} days"
        notes.append(f"What it has to change was written down {days} after the change.")
    others = meanwhile.changes(
        published,
        access,
        [action.agent_id],
        _midnight(span[0]),
        _midnight(span[1]),
        lambda row: row["changed_at"] == own,
    )
    return notes + meanwhile.note(others)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _nothing(action: Action, kpi: Kpi | None, why: str) -> Outcome:
    label, unit = (action.plan.kpi, "index") if kpi is None else (kpi.label, kpi.unit)
    money = Money(None, None, None, NO_PRICE)
    return Outcome("undetermined", why, None, label, unit, (), money, action.plan.grade, 0, None)
