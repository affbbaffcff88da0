"""Calendar days of the owner's time zone: from a span's nanoseconds to a number by day, week and month."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from metrics.model import Access, By, Query
from metrics.run import run
from metrics.states import Freshness
from sql.config import ConfigTables
from sql.published import open_published
from tests.sql.support import START, agent_span, chat, land, outcome, warehouse

ALL = Access.everything()
AFTER = datetime(2026, 12, 1)
# The first second of a day and of the next one, in UTC: both days of the clock change, and zones off the full hour.
DAYS = {
    "25 hours in Paris": ("Europe/Paris", "2026-10-25", "2026-10-24 22:00:00", "2026-10-25 23:00:00"),
    "23 hours in Paris": ("Europe/Paris", "2026-03-29", "2026-03-28 23:00:00", "2026-03-29 22:00:00"),
    "half an hour in Kolkata": ("Asia/Kolkata", "2026-11-01", "2026-10-31 18:30:00", "2026-11-01 18:30:00"),
    "three quarters in Kathmandu": ("Asia/Kathmandu", "2026-11-01", "2026-10-31 18:15:00", "2026-11-01 18:15:00"),
    "23 hours in Adelaide": ("Australia/Adelaide", "2026-10-04", "2026-10-03 14:30:00", "2026-10-04 13:30:00"),
    "25 hours in St. John's": ("America/St_Johns", "2026-11-01", "2026-11-01 02:30:00", "2026-11-02 03:30:00"),
    "23 hours and a half on Lord Howe": (
        "Australia/Lord_Howe", "2026-10-04", "2026-10-03 13:30:00", "2026-10-04 13:00:00",
    ),
    "24 hours and a half on Lord Howe": (
        "Australia/Lord_Howe", "2026-04-05", "2026-04-04 13:00:00", "2026-04-05 13:30:00",
    ),
    "the plain day": ("UTC", "2026-11-01", "2026-11-01 00:00:00", "2026-11-02 00:00:00"),
}  # fmt: skip
SECOND = timedelta(seconds=1)


def moment(text: str) -> datetime:
    """A naive UTC time."""
    return datetime.fromisoformat(text)


def collected(home: Path, zone: str, starts: list[datetime]) -> Path:
    """A home with one successful task at each of these moments."""
    records = []
    for number, start in enumerate(starts, 1):
        at, trace = (start - START).total_seconds(), str(number)
        records += [agent_span(trace, at=at), chat(trace, "c", "a", at=at + 0.1)]
        records.append(outcome(f"e{number}", at=at + 2, trace=trace))
    with warehouse(home, ConfigTables(org={"timezone": zone})) as wh:
        land(wh, records)
        wh.build(AFTER)
        wh.check()
        assert wh.publish(AFTER)
    return home


def per_period(home: Path, kpi: str, by: By) -> dict[date, int]:
    """How many tasks or calls a KPI counts by period over the whole year, without the empty periods."""
    with closing(open_published(home)) as published:
        query = Query(date(2026, 1, 1), date(2027, 1, 1), by=by)
        return {value.start: value.n for value in run(published, kpi, query, ALL) if value.n}


def counted(days: list[date]) -> dict[date, int]:
    """How often each day occurs."""
    return dict(Counter(days))


@pytest.mark.parametrize("case", DAYS)
def test_tasks_at_the_edges_fall_on_their_own_day_week_and_month(tmp_path: Path, case: str) -> None:
    zone, text, first, end = DAYS[case]
    day, starts = date.fromisoformat(text), [moment(first) - SECOND, moment(first), moment(end) - SECOND, moment(end)]
    home = collected(tmp_path, zone, starts)
    days = [day - timedelta(days=1), day, day, day + timedelta(days=1)]
    for kpi in ("task_volume", "success_rate"):
        assert per_period(home, kpi, "day") == counted(days)
    assert per_period(home, "error_rate", "day") == counted([local.date() for local in calls_at(starts, zone)])
    assert per_period(home, "task_volume", "week") == counted([one - timedelta(days=one.weekday()) for one in days])
    assert per_period(home, "task_volume", "month") == counted([one.replace(day=1) for one in days])


def calls_at(starts: list[datetime], zone: str) -> list[datetime]:
    """When the model calls of these tasks happened, on the owner's clock."""
    later = timedelta(milliseconds=100)
    return [(start + later).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)) for start in starts]


@pytest.mark.parametrize("case", DAYS)
def test_a_day_is_complete_with_its_last_second_and_no_sooner(case: str) -> None:
    zone, text, _, end = DAYS[case]
    next_day, last = date.fromisoformat(text) + timedelta(days=1), moment(end).replace(tzinfo=UTC)
    assert Freshness(ZoneInfo(zone), last).complete(next_day)
    assert not Freshness(ZoneInfo(zone), last - SECOND).complete(next_day)
    assert Freshness(ZoneInfo(zone), last - SECOND).first_incomplete_day() == date.fromisoformat(text)


def test_both_hours_that_a_clock_shows_twice_belong_to_one_day(tmp_path: Path) -> None:
    twice = [moment("2026-10-25 00:30:00"), moment("2026-10-25 01:30:00")]
    assert {local.strftime("%d %H:%M") for local in calls_at(twice, "Europe/Paris")} == {"25 02:30"}
    assert per_period(collected(tmp_path, "Europe/Paris", twice), "task_volume", "day") == {date(2026, 10, 25): 2}


def test_a_call_after_midnight_is_spent_on_its_own_day_and_costs_its_task_on_the_day_before(tmp_path: Path) -> None:
    home = collected(tmp_path, "Asia/Kolkata", [moment("2026-11-01 18:29:59.950000")])
    assert list(per_period(home, "cost_per_task", "day")) == [date(2026, 11, 1)]
    assert list(per_period(home, "spend", "day")) == [date(2026, 11, 2)]


def test_a_week_with_a_clock_change_has_seven_days(tmp_path: Path) -> None:
    noons = [moment("2026-10-18 12:00:00") + timedelta(days=count) for count in range(9)]
    home = collected(tmp_path, "Europe/Paris", noons)
    assert per_period(home, "task_volume", "week") == {
        date(2026, 10, 12): 1,
        date(2026, 10, 19): 7,
        date(2026, 10, 26): 1,
    }
