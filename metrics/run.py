"""One KPI, one question, one list of values: the door that page, command line, alert and report go through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Any

from metrics.catalogue import Kpi, kpi_named
from metrics.change import compare
from metrics.estimate import estimates, estimates_of
from metrics.estimated import Estimate
from metrics.mix import period_before, with_period_before
from metrics.model import GROUPS, OWNED, Access, By, Change, Query, QueryError, Value
from metrics.parts import Reader, Row, read_parts, unfinished
from metrics.states import Freshness, Moment, judge, lower_bound, read_freshness, waits_for_tasks

__all__ = ["Access", "Change", "Query", "QueryError", "Value", "compare", "default_period", "run"]

DEFAULT_DAYS = 28
# What tells two values of one answer apart, beside the slice: the name in each of GROUPS (None where it is not grouped
# by, or not known), and the period's start.
Key = tuple[tuple[str | None, ...], date]


def run(published: Reader, kpi: str | Kpi, query: Query, access: Access) -> list[Value]:
    """The values of a KPI, ordered by group and period, the whole before its slices.

    Days without a row are left out (a gap), except for counts on days that the telemetry covers: those are a
    true 0. A question for one total always gets one. Raises UnknownKpi or QueryError with what can be asked.
    """
    found = kpi_named(kpi, published)
    freshness = read_freshness(published)
    parts = _by_key(query, _rows(published, found, query, access))
    waiting = unfinished(query, access).run(published) if parts and waits_for_tasks(found) else []
    tasks = {key: rows[0] for key, rows in _by_key(query, waiting).items()}
    answers = estimates_of(found, parts)
    if found.kind == "count":
        answers |= {key: [_none_of_it()] for key in _covered_keys(published, query, access, freshness) - answers.keys()}
    if not answers and query.by == "total" and not query.group:
        answers = {_key_of(query)({}): _nothing(found)}
    return [
        value
        for key in sorted(answers, key=_order(query))
        for value in _values(found, query, key, answers[key], _moment(query, key, freshness, tasks))
    ]


def _rows(published: Reader, kpi: Kpi, query: Query, access: Access) -> list[Row]:
    """The summed parts; for a mix with those of the period before."""
    rows = read_parts(published, kpi, query, access)
    if kpi.kind != "mix":
        return rows
    before = read_parts(published, kpi, period_before(query), access)
    return with_period_before(query, rows, before, [GROUPS[name] for name in query.group])


def default_period(published: Reader, days: int = DEFAULT_DAYS) -> tuple[date, date]:
    """The last complete days in the organisation's time zone: first day and the day after the last.

    A file that does not say how far it reaches is taken to be complete to its last day with work.
    """
    end = read_freshness(published).first_incomplete_day()
    if end is None:
        newest = published.rows("SELECT max(day) AS day FROM kpi_daily", {})[0]["day"]
        end = newest + timedelta(days=1) if newest else datetime.now(UTC).date()
    return end - timedelta(days=days), end


def _by_key(query: Query, rows: Iterable[Row]) -> dict[Key, list[Row]]:
    names = [GROUPS[name] for name in query.group] + ([] if query.by == "total" else ["period"])
    own = itemgetter(*names) if names else lambda row: None
    grouped: dict[Any, list[Row]] = {}
    for row in rows:
        grouped.setdefault(own(row), []).append(row)
    key = _key_of(query)
    return {key(found[0]): found for found in grouped.values() if names or not _is_empty(found[0])}


def _is_empty(row: Row) -> bool:
    """Whether a row is only what SQL answers for a total over nothing."""
    return all(value is None for value in row.values())


def _key_of(query: Query) -> Callable[[Mapping[str, Any]], Key]:
    """What gives the group and period of a row. A filter on one name gives it even where nothing is grouped."""
    only = {
        "agent": _only(query.agents),
        "version": _only(query.versions),
        "team": _only(query.teams),
        "product": _only(query.products),
    }
    fixed = [None if name in query.group else only.get(name) for name in GROUPS]
    grouped = [(place, column) for place, (name, column) in enumerate(GROUPS.items()) if name in query.group]

    def key(row: Mapping[str, Any]) -> Key:
        names = fixed.copy()
        for place, column in grouped:
            names[place] = row.get(column)
        return tuple(names), row.get("period") or query.start

    return key


def _only(chosen: tuple[str, ...] | None) -> str | None:
    return chosen[0] if chosen is not None and len(chosen) == 1 else None


def _order(query: Query) -> Callable[[Key], tuple[list[tuple[bool, str]], date]]:
    """Sort by group, then period; what has no name comes last."""
    places = [place for place, name in enumerate(GROUPS) if name in query.group]

    def order(key: Key) -> tuple[list[tuple[bool, str]], date]:
        names, start = key
        return [(names[place] is None, names[place] or "") for place in places], start

    return order


def _values(kpi: Kpi, query: Query, key: Key, found: Iterable[Estimate], moment: Moment) -> list[Value]:
    """The values of one group and period."""
    names, start = key
    group = dict(zip(GROUPS.values(), names, strict=True))
    return [_value(kpi, group, max(start, query.start), estimate, moment) for estimate in found]


def _value(kpi: Kpi, group: Mapping[str, str | None], start: date, estimate: Estimate, moment: Moment) -> Value:
    state, missing = judge(kpi, estimate, moment)
    return Value(
        kpi=kpi.id,
        agent_id=group["agent_id"],
        agent_version=group["agent_version"],
        slice=estimate.slice,
        start=start,
        end=moment.end,
        value=estimate.value,
        low=estimate.interval[0],
        high=estimate.interval[1],
        n=estimate.n,
        coverage=estimate.coverage,
        state=state,
        numerator=estimate.numerator,
        denominator=estimate.denominator,
        unit=kpi.unit,
        definition_version=kpi.version,
        task_type=group["task_type"],
        environment=group["environment"],
        team=group["team"],
        product=group["product"],
        missing=missing,
        at_least=lower_bound(kpi, estimate),
    )


def _moment(query: Query, key: Key, freshness: Freshness, tasks: Mapping[Key, Row]) -> Moment:
    row = tasks.get(key, {})
    return Moment(_period_end(query, key[-1]), freshness, row.get("tasks") or 0, row.get("mature") or 0)


def _period_end(query: Query, start: date) -> date:
    """The day after a period's last day, within the days asked for."""
    if query.by == "total":
        return query.end
    if query.by == "month":
        return min((start.replace(day=1) + timedelta(days=32)).replace(day=1), query.end)
    return min(start + timedelta(days=7 if query.by == "week" else 1), query.end)


def _covered_keys(published: Reader, query: Query, access: Access, freshness: Freshness) -> set[Key]:
    """Groups and periods in which no work was seen although the telemetry was there: a true 0."""
    if set(query.group) - {"agent", *OWNED} or query.versions or query.task_types or query.environments:
        return set()
    seen = published.rows(
        "SELECT agent_id, team, product, first_seen_at FROM agents WHERE first_seen_at IS NOT NULL", {}
    )
    chosen = (("agent_id", query.agents), ("team", query.teams), ("product", query.products))
    wanted = [
        row
        for row in seen
        if access.allows(row["agent_id"]) and all(names is None or row[column] in names for column, names in chosen)
    ]
    key = _key_of(query)
    return {
        key({**row, "period": start})
        for row in wanted
        for start in _periods(query)
        if _first_day(row["first_seen_at"], freshness) <= max(start, query.start)
        and freshness.complete(_period_end(query, start))
    }


def _first_day(seen: datetime, freshness: Freshness) -> date:
    return seen.replace(tzinfo=UTC).astimezone(freshness.zone).date()


def _periods(query: Query) -> list[date]:
    """The first day of every period that the query touches, as the parts name it."""
    if query.by == "total":
        return [query.start]
    days = [query.start + timedelta(days=count) for count in range((query.end - query.start).days)]
    return sorted({_period_start(query.by, day) for day in days})


def _period_start(by: By, day: date) -> date:
    if by == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if by == "month" else day


def _none_of_it() -> Estimate:
    """A true 0 of a count."""
    return Estimate("", 0.0, (None, None), 0, 0.0, None, None, None, 0)


def _nothing(kpi: Kpi) -> list[Estimate]:
    """The answer where there is no row at all: one per slice that the KPI always has."""
    if kpi.parts_table != "kpi_daily":
        return estimates(kpi, []) or [_blank("p50"), _blank("p95"), _blank("p99")]
    return [_blank("")]


def _blank(name: str) -> Estimate:
    return Estimate(name, None, (None, None), 0, None, None, None, None, 0)
