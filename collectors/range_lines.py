"""What `status` says of stretches of time: those that a backfill has yet to read, that are caught up on, or refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from collectors.budget import span


def range_lines(status: dict[str, Any], *, several: bool) -> list[str]:
    """The backfill that runs, what is left of former ones, then every gap."""
    running = status.get("backfill")
    lines = [_running(running)] if running else []
    for each in status.get("ranges", []):
        if each["left_s"]:
            lines.append(_left(each, several=several))
    return lines + [line for gap in status.get("gaps", []) for line in _gap(gap, several=several)]


def _running(told: dict[str, Any]) -> str:
    said = [f"{told['parts_done']:,} of {told['parts']:,} parts read, {told['share']:.0%}"]
    said += [f"{told['records_per_s']:,.0f} records/s"] if told["records_per_s"] is not None else []
    said += [f"about {span(timedelta(seconds=told['left_s']))} left"] if told["left_s"] is not None else []
    return f"{'backfill':<11}{', '.join(said)}, as of {_moment(told['at'])} UTC"


def _left(each: dict[str, Any], *, several: bool) -> str:
    read = 1 - each["left_s"] / each["asked_s"]
    return (
        f"{'backfill':<11}{_name(each, several=several)}: {read:.0%} of {_moment(each['from_at'])} to "
        f"{_moment(each['to_at'])} UTC is done, {span(timedelta(seconds=each['left_s']))} of records left: "
        "run the same backfill again"
    )


def _gap(each: dict[str, Any], *, several: bool) -> list[str]:
    """A line a gap; those of a backfill are told by what is left of it."""
    stretch = f"{_name(each, several=several)}: {_moment(each['from_at'])} to {_moment(each['to_at'])} UTC"
    if each["reason"] == "catch_up":
        return [f"{'gap':<11}{stretch} is still to be read; later passes read it, newer records are there"]
    if each["reason"] == "unreadable":
        return [f"{'unreadable':<11}{stretch}: {each['error_message']}", f"{'':<11}-> {each['remedy']}"]
    return []


def _name(each: dict[str, Any], *, several: bool) -> str:
    where = f"{each['account_id']} {each['region']} " if several else ""
    return f"{where}{each['source']} {each['scope']}".rstrip()


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"
