"""Calendar days of an organisation's time zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo


def local_day_bucket(tz: str, utc: Sequence[str]) -> dict[str, Any]:
    """The calendar day of each moment in a time zone, and how many hours each of those days has.

    Keys `local_date` and `hours_in_YYYY_MM_DD`; a day has 23 or 25 hours where the clock is changed.
    """
    zone = ZoneInfo(tz)
    days = [datetime.fromisoformat(moment).astimezone(zone).date() for moment in utc]
    hours = {f"hours_in_{day:%Y_%m_%d}": hours_of(day, zone) for day in sorted(set(days))}
    return {"local_date": [day.isoformat() for day in days], **hours}


def hours_of(day: date, zone: ZoneInfo) -> float:
    """How many hours a calendar day has in a time zone."""
    begin, end = (
        datetime.combine(each, time(), tzinfo=zone).astimezone(UTC) for each in (day, day + timedelta(days=1))
    )
    return (end - begin) / timedelta(hours=1)
