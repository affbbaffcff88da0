"""`python -m metrics actions`: what was done about findings, and whether it helped, from the command line."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from metrics import owners, units
from metrics.actions.book import Book, Precision, read_book
from metrics.actions.evidence import outcome_of
from metrics.actions.issues import Issue, issues_of
from metrics.actions.model import Action, Outcome
from metrics.actions.words import GUARD_WORDS, STATE_WORDS, graded, money, planned, verdict
from metrics.asking import agent_ids
from metrics.effects.words import finite, moved
from metrics.insights import store
from metrics.insights.plain import plain
from metrics.model import Access
from metrics.render import records_text
from sql import journal
from sql.published import open_published


@dataclass(frozen=True)
class Judged:
    """An action with its verdict as the data stand."""

    action: Action
    outcome: Outcome


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put the command beside the others."""
    parser = commands.add_parser("actions", help="what was done about findings, and whether it helped")
    parser.add_argument("--agent", action="append", help="only this agent; may be given several times")
    parser.add_argument(
        "--issues", action="store_true", help="the issues that findings group into, in place of actions"
    )
    parser.add_argument("--format", choices=("table", "json"), default="table", help="default: table")
    parser.set_defaults(do=_actions)


def _actions(options: argparse.Namespace) -> int:
    home = owners.home()
    with closing(open_published(home)) as published:
        wanted = agent_ids(published, options.agent) if options.agent else None
        access = Access.everything() if wanted is None else Access.only(*wanted)
        book = read_book(published, access, journal.pending(home))
        if options.issues:
            report = store.load(home)
            found = issues_of(
                published, access, report.insights if report else (), book, report.as_of if report else None
            )
            print(_issues(found, book.precision, options.format))
            return 0
        judged = [Judged(action, outcome_of(published, access, action)) for action in book.actions]
        print(_json(judged) if options.format == "json" else _text(judged, book))
    return 0


def record(action: Action, found: Outcome) -> dict[str, Any]:
    """An action under the names that other programs rely on."""
    move = found.move
    return {
        "action_id": action.action_id, "agent_id": action.agent_id, "title": action.title, "owner": action.owner,
        "insight_id": action.insight_id, "state": action.state, "registered_at": action.registered_at.isoformat(),
        "registered_by": action.registered_by, "plan": plain(action.plan),
        "change_id": action.shipped and action.shipped.change_id,
        "taken_at": action.shipped and action.shipped.changed_at and action.shipped.changed_at.isoformat(),
        "verdict": found.verdict, "why": found.says, "unit": found.unit, "days": found.days,
        "as_of": found.as_of and found.as_of.isoformat(), "design_grade": found.grade,
        "effect": move and {
            "amount": move.amount, "low": finite(move.limits.lo), "high": finite(move.limits.hi), "basis": move.basis,
            "before": move.before, "after": move.after, "cases_before": move.cases_before,
            "cases_after": move.cases_after, "needed": move.needed,
        },
        "money": {"usd_month": found.money.value, "low": found.money.low, "high": found.money.high,
                  "basis": found.money.basis},
        "guards": [{"kpi": each.guard.kpi, "margin": each.guard.margin, "state": each.state, "says": each.says}
                   for each in found.guards],
        "notes": list(found.notes),
        "recorded_verdict": action.recorded and action.recorded.verdict,
    }  # fmt: skip


def _json(judged: list[Judged]) -> str:
    return json.dumps([record(each.action, each.outcome) for each in judged], indent=2, ensure_ascii=False)


def _text(judged: list[Judged], book: Book) -> str:
    if not judged:
        return "No action is recorded yet. Propose one on a finding of the page Insights & actions.\n" + graded(
            book.precision
        )
    return "\n\n".join([*(_one(each) for each in judged), graded(book.precision)])


def _one(each: Judged) -> str:
    action, found = each.action, each.outcome
    lines = [
        f"[{action.action_id[:12]}] {action.agent_id} · {STATE_WORDS[action.state]} · {action.title}",
        f"  plan     {planned(action.plan, found.label, found.unit)}",
        f"  verdict  {verdict(action.plan, found)}. {found.says}",
    ]
    if found.move is not None:
        lines.append(f"  effect   {moved(found.move, found.unit)}; {money(found.money)}; design {found.grade}")
    lines += [f"  guard    {each.label}: {GUARD_WORDS[each.state]}, {each.says}" for each in found.guards]
    return "\n".join([*lines, *(f"  note     {note}" for note in found.notes)])


def _issues(found: tuple[Issue, ...], precision: Precision, style: str) -> str:
    if style == "json":
        return json.dumps([plain(each) for each in found], indent=2, ensure_ascii=False)
    rows = [
        {"issue": each.id, "agent": each.agent_id, "what": each.title, "state": each.state,
         "findings": len(each.members),
         "sessions": each.reach.sessions_text, "users": each.reach.users_text, "raised": each.gate_text,
         "since": each.evidence, "owner": each.owner or units.NOTHING}
        for each in found
    ]  # fmt: skip
    return f"{records_text(rows, 'table')}\n{graded(precision)}"
