"""How differently work is shared out than in the period before.

The rows of a period carry the counts of the one before it in `before`: see `with_period_before`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from metrics import stats
from metrics.catalogue import Kpi
from metrics.estimated import Estimate
from metrics.model import Query
from metrics.parts import Row


def period_before(query: Query) -> Query:
    """The question about as many days just before; by day, week or month one such period earlier."""
    if query.by == "total":
        return replace(query, start=query.start - (query.end - query.start), end=query.start)
    return replace(query, start=_earlier(query, query.start), end=query.end)


def _earlier(query: Query, day: date) -> date:
    if query.by == "month":
        return (day.replace(day=1) - timedelta(days=1)).replace(day=1)
    return day - timedelta(days=7 if query.by == "week" else 1)


def _next(query: Query, period: date) -> date:
    """The period that one is compared in."""
    if query.by == "month":
        return (period.replace(day=1) + timedelta(days=32)).replace(day=1)
    return period + timedelta(days=7 if query.by == "week" else 1)


def with_period_before(query: Query, now: Iterable[Row], before: Iterable[Row], keys: Sequence[str]) -> list[Row]:
    """The bins of both periods, side by side: each row of this one with `before`, bins gone with n = 0."""

    def place(row: Row) -> tuple[object, ...]:
        return (*(row[key] for key in keys), row.get("period"), row["slice"])

    moved = ({**row, "period": _next(query, row["period"])} if "period" in row else row for row in before)
    earlier = {place(row): row for row in moved if row["slice"] is not None}
    rows = [{**row, "before": (earlier.pop(place(row), None) or {"n": 0})["n"]} for row in now if row["slice"]]
    periods = {place(row)[:-1] for row in rows}
    gone = [row for row in earlier.values() if place(row)[:-1] in periods]
    return rows + [{**row, "n": 0, "numerator": 0.0, "before": row["n"]} for row in gone]


def mix(kpi: Kpi, rows: Sequence[Row]) -> list[Estimate]:
    """The stability index of every dimension, and as the whole that of the one that moved most beyond chance."""
    bins: dict[str, list[Row]] = {}
    for row in rows:
        bins.setdefault(row["slice"].partition("=")[0], []).append(row)
    found = [(_dimension(kpi, name, own), _by_chance(own)) for name, own in sorted(bins.items())]
    known = [(each.value / chance, each) for each, chance in found if each.value is not None and chance]
    if not found:
        return []
    worst = max(known, key=lambda pair: pair[0])[1] if known else found[0][0]
    return [worst._replace(slice=""), *(each for each, _ in found)]


def _dimension(kpi: Kpi, name: str, rows: Sequence[Row]) -> Estimate:
    now, before = sum(row["n"] or 0 for row in rows), sum(row["before"] or 0 for row in rows)
    value = None
    if now and before:
        value = stats.psi_jsd([row["before"] or 0 for row in rows], [row["n"] or 0 for row in rows]).psi
    return Estimate(name, value, (None, None), min(now, before), None, None, min(now, before), now, kpi.minimum_n)


def _by_chance(rows: Sequence[Row]) -> float:
    now, before = sum(row["n"] or 0 for row in rows), sum(row["before"] or 0 for row in rows)
    return stats.psi_expected_under_null(max(2, len(rows)), before, now) if now and before else 0.0
