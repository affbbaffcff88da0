"""The questions of a KPI page, asked of a published file: from daily parts, so that they hardly grow with the calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.figure import Cost, Figure, best_of
from metrics import drill
from metrics.run import Access, Query, run
from sql.published import Published, open_published

REPEATS = 5
ALL = "these six questions"
EVERYTHING = Access.everything()


def measure(home: Path, now: datetime) -> Iterator[Figure]:
    """Six questions that a page asks, each alone and all together, and one trace."""
    published = open_published(home)
    total = Cost(0.0, 0.0)
    for name, ask in questions(published, now).items():
        ask()
        cost = best_of(REPEATS, ask)
        total = Cost(total.cpu_s + cost.cpu_s, total.wall_s + cost.wall_s)
        yield Figure(name, 1, "answer", cost)
    yield Figure(ALL, 6, "answers", total)
    task = published.rows("SELECT task_id, trace_id FROM tasks ORDER BY task_id LIMIT 1")[0]
    trace = {"task": task["task_id"], "trace": task["trace_id"]}
    yield Figure(
        "one trace", 1, "answer", best_of(REPEATS, lambda: drill.rows(published, "task_spans", EVERYTHING, **trace))
    )
    published.close()


def questions(published: Published, now: datetime) -> dict[str, Callable[[], object]]:
    """What is asked over the last 28 days."""
    end = now.date()
    start = end - timedelta(days=28)
    daily = Query(start, end, by="day", group=("agent",))
    whole = Query(start, end, by="total", group=("agent",))
    version = Query(start, end, by="total", group=("agent", "version"), slice_by="model")
    tools = Query(start, end, by="total", slice_by="tool")
    return {
        "cost by agent and day": lambda: run(published, "cost_per_task", daily, EVERYTHING),
        "times by agent and day": lambda: run(published, "task_latency", daily, EVERYTHING),
        "errors by tool": lambda: run(published, "tool_reliability", tools, EVERYTHING),
        "twenty slowest tasks": lambda: slowest(published, now),
        "work done again by agent": lambda: run(published, "rework_rate", whole, EVERYTHING),
        "spend by model and version": lambda: run(published, "spend", version, EVERYTHING),
    }


def slowest(published: Published, now: datetime) -> object:
    """The page of tasks that a person opens from a time."""
    asked: dict[str, Any] = {
        "from": (now - timedelta(days=28)).date(),
        "to": now.date(),
        "show": "timed",
        "sort": "slow",
    }
    asked |= {"versions": None, "environments": None, "search": None, "tool": None, "limit": 20, "offset": 0}
    return drill.rows(published, "tasks", EVERYTHING, **asked)
