"""`python -m metrics insights`: what changed, why and what to do, from the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields
from typing import Any

from metrics import owners
from metrics.actions.due import record_due
from metrics.asking import agent_ids
from metrics.insights.ages import OpenByAge, open_by_age
from metrics.insights.model import Card, Insight, Report
from metrics.insights.plain import plain
from metrics.insights.store import refresh
from metrics.readiness import evidence
from sql.published import open_published

STATES = ("open", "held", "over")


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put the command beside the others."""
    parser = commands.add_parser("insights", help="what changed, since when, why, what it is worth, what to do")
    parser.add_argument("--agent", action="append", help="only this agent; may be given several times")
    parser.add_argument("--state", action="append", choices=STATES, help="default: all of them")
    parser.add_argument("--all", action="store_true", help="also findings that go with another one")
    parser.add_argument(
        "--refresh", action="store_true",
        help="bring insights up to date and write down the verdicts on actions that are due; for schedules",
    )  # fmt: skip
    parser.add_argument("--format", choices=("table", "json"), default="table", help="default: table")
    parser.set_defaults(do=_insights)


def _insights(options: argparse.Namespace) -> int:
    report = refresh(owners.home())
    if options.refresh:
        evidence.refresh(owners.home())
        print(summary(report))
        due = record_due(owners.home())
        print(f"Verdicts written down: {', '.join(action.title for action in due) or 'none that is new'}.")
        return 0
    wanted: Sequence[str] | None = None
    if options.agent:
        with closing(open_published(owners.home())) as published:
            wanted = agent_ids(published, options.agent)
    ages = open_by_age(report, wanted)
    found = [
        each
        for each in report.insights
        if (wanted is None or each.agent_id in wanted)
        and (not options.state or each.state in options.state)
        and (options.all or each.primary is None)
    ]
    print(_json(report, found, ages) if options.format == "json" else _text(report, found, ages))
    return 0


def summary(report: Report) -> str:
    """One line: how many of each state, and the promise."""
    counts = {state: sum(each.state == state for each in report.insights) for state in STATES}
    said = ", ".join(f"{count} {state}" for state, count in counts.items())
    budget = report.budget
    return (
        f"{len(report.insights)} insights to {report.as_of} ({said}); {budget.streams} streams watched, at most "
        f"{budget.false_alarms:g} false alarm in {budget.days} days over all of them."
    )


def _json(report: Report, found: Sequence[Insight], ages: OpenByAge) -> str:
    document: dict[str, Any] = {
        "as_of": plain(report.as_of),
        "budget": plain(report.budget),
        "open_by_age": plain(ages),
        "insights": [plain(each) for each in found],
        "not_watched": [plain(gate) for gate in report.not_watched],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _text(report: Report, found: Sequence[Insight], ages: OpenByAge) -> str:
    return "\n\n".join([f"{summary(report)}\n{ages.text}.", *(_card(each) for each in found)])


def _card(insight: Insight) -> str:
    held = insight.held_by
    head = f"[{insight.id}] {insight.state} · {insight.kind}" + (
        f" · held by “{held.name}”: {held.have}, needs {held.need}" if held is not None else ""
    )
    lines = [(each.name.replace("_", " "), getattr(insight.card, each.name)) for each in fields(Card)]
    return "\n".join([head, *(f"  {name:<9} {text}" for name, text in lines if text)])
