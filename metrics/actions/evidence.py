"""Reads what a verdict needs: the days before and after the change, of cohorts that are finished for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metrics import drill, meanwhile
from metrics.actions.design import Days, Told, told_by
from metrics.actions.model import Action, Money, Outcome, Plan
from metrics.actions.verdict import NO_PRICE, Counted, Seen, outcome
from metrics.catalogue import Kpi, UnknownKpi, kpi_named
from metrics.effects.measures import measure_of
from metrics.effects.moves import Sides
from metrics.effects.words import named
from metrics.insights.worth import FACTS_DAYS, MONTH_DAYS, Facts
from metrics.model import Access, Query, QueryError
from metrics.parts import Row, maturity, read_parts
from metrics.run import default_period
from metrics.states import SHARE_STILL_OPEN, read_freshness
from sql.published import Published

LONGEST_RUN_DAYS = 90


@dataclass(frozen=True)
class Number:
    """A number that a verdict is about, or a part of it."""

    kpi: Kpi
    part: str = ""


def outcome_of(published: Published, access: Access, action: Action) -> Outcome:
    """The verdict on an action as the published file has it, or why there is none."""
    plan, shipped = action.plan, action.shipped
    try:
        number, *guards = numbers_of(published, plan)
    except (QueryError, UnknownKpi) as error:
        return _nothing(action, None, str(error))
    if shipped is None or shipped.changed_at is None:
        return _nothing(action, number, "No change is linked yet." if action.state != "dismissed" else "Dismissed.")
    zone = read_freshness(published).zone
    changed = local_day(shipped.changed_at, zone)
    before: Days = (plan.baseline_from, min(plan.baseline_to, changed))
    if before[1] <= before[0]:
        return _nothing(action, number, "The change took effect before the days to compare with: nothing can be told.")
    kpis = [each.kpi for each in (number, *guards)]
    end = min(mature_end(published, access, action.agent_id, kpis), _last(action, changed, zone))
    start = changed + timedelta(days=1)
    if end <= start:
        return _nothing(action, number, f"Day 0 of {plan.min_days}: no complete day has passed since the change.")
    reading = _Reading(published, access, action, before, (start, end))
    return outcome(plan, _seen(reading, number, guards, zone))


def numbers_of(published: Published, plan: Plan) -> list[Number]:
    """The number that has to move, then the guards. Raises QueryError where one cannot be judged, and UnknownKpi."""
    found = [Number(kpi_named(plan.kpi, published), plan.slice)]
    found += [Number(kpi_named(guard.kpi, published), guard.slice) for guard in plan.guards]
    for each in found:
        measure_of(each.kpi, each.part)
    return found


@dataclass(frozen=True)
class _Reading:
    """Where the parts of a verdict are read."""

    published: Published
    access: Access
    action: Action
    before: Days
    after: Days

    def rows(self, number: Number, days: Days, *, agent: str = "", version: str | None = None) -> list[Row]:
        """The parts of a number by kind of task."""
        versions = None if version is None else (version,)
        query = Query(*days, agents=(agent or self.action.agent_id,), versions=versions, group=("task_type",))
        part = "" if number.kpi.kind == "quantile" else number.part
        return [
            row for row in read_parts(self.published, number.kpi, query, self.access) if (row["slice"] or "") == part
        ]

    def kind(self, rows: Sequence[Row], *, others: bool = False) -> list[Row]:
        """Of the kind of task that the action is about, or of all others."""
        kind = self.action.plan.task_type
        if kind is None:
            return list(rows)
        return [row for row in rows if (row["task_type"] == kind) != others]

    def counted(self, number: Number, told: Told) -> Counted:
        """A number on both sides, and what the control did."""
        if told.versions is not None and told.days is not None:
            old, new = (self.kind(self.rows(number, told.days, version=version)) for version in told.versions)
            return Counted(number.kpi, Sides(old, new), None, number.part)
        before, after = (self.rows(number, days) for days in (self.before, self.after))
        control = None
        if told.kinds:
            control = Sides(self.kind(before, others=True), self.kind(after, others=True))
        elif told.agent is not None:
            control = Sides(*(self.rows(number, days, agent=told.agent) for days in (self.before, self.after)))
        return Counted(number.kpi, Sides(self.kind(before), self.kind(after)), control, number.part)


def _seen(reading: _Reading, number: Number, guards: Sequence[Number], zone: ZoneInfo) -> Seen:
    action, (start, end) = reading.action, reading.after
    told = told_by(reading.published, reading.access, action, reading.before, reading.after)
    metric = reading.counted(number, told)
    if metric.control is not None and metric.move(action.plan.materiality) is None:
        # Nothing was counted of the control on one side: then it is none, and before and after is what there is.
        told = Told(says="Not B: of the control nothing was counted on one side.")
        metric = replace(metric, control=None)
    days = told.days or (start, end)
    month = MONTH_DAYS / max(1, (days[1] - days[0]).days)
    sides = (metric.sides.before, metric.sides.after) if told.versions else (metric.sides.after,)
    return Seen(
        metric,
        tuple(replace(reading.counted(each, told), control=None) for each in guards),
        (end - start).days,
        end - timedelta(days=1),
        _facts(reading, end),
        _spell(reading, number),
        tuple(_notes(reading, zone, told)),
        told,
        sum(_cases(rows) for rows in sides) * month,
        _share(reading, number, days),
    )


def _cases(rows: Sequence[Row]) -> float:
    return float(sum(row.get("denominator") or 0 for row in rows))


def _share(reading: _Reading, number: Number, days: Days) -> float:
    """The part of the agent's work that the action is about."""
    if reading.action.plan.task_type is None:
        return 1.0
    volume = reading.rows(Number(kpi_named("task_volume", reading.published)), days)
    every, own = (sum(row["n"] or 0 for row in rows) for rows in (volume, reading.kind(volume)))
    return own / every if every else 1.0


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


def _spell(reading: _Reading, number: Number) -> list[Row]:
    plan = reading.action.plan
    if plan.spell_from is None or plan.spell_to is None or plan.spell_to <= plan.spell_from:
        return []
    return reading.kind(reading.rows(number, (plan.spell_from, plan.spell_to)))


def _facts(reading: _Reading, end: date) -> Facts | None:
    span = {"from": end - timedelta(days=FACTS_DAYS), "to": end}
    rows = drill.rows(reading.published, "insight_agents", reading.access, [reading.action.agent_id], **span)
    return Facts.of(rows[0]) if rows else None


def _notes(reading: _Reading, zone: ZoneInfo, told: Told) -> list[str]:
    """What stands in the way of a plain reading."""
    notes, action = [], reading.action
    own = None if action.shipped is None else action.shipped.changed_at
    late = 0 if own is None else (local_day(action.registered_at, zone) - local_day(own, zone)).days
    if late > 0:
        days = "a day" if late == 1 else f"{late} days"
        notes.append(f"What it has to change was written down {days} after the change.")
    if told.versions is not None:
        return notes  # what else changed touched both sides alike
    first, last = (datetime.combine(day, time()) for day in (reading.before[0], reading.after[1]))
    others = meanwhile.changes(
        reading.published, reading.access, [action.agent_id], first, last, lambda row: row["changed_at"] == own
    )
    return notes + meanwhile.note(others)


def _nothing(action: Action, number: Number | None, why: str) -> Outcome:
    label, unit = (action.plan.kpi, "index")
    if number is not None:
        label, unit = named(number.kpi.label, number.part), number.kpi.unit
    money = Money(None, None, None, NO_PRICE)
    return Outcome("undetermined", why, None, label, unit, (), money, action.plan.grade, 0, None)
