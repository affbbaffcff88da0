"""`python -m metrics readiness`: scorecards from the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from metrics import owners, units
from metrics.asking import agent_ids
from metrics.model import Access, QueryError
from metrics.readiness.criteria import criteria
from metrics.readiness.model import WORDS, Finding, Scorecard
from metrics.readiness.score import default_window, scorecards, statement
from metrics.readiness.words import BADGES, headline, score_text
from metrics.render import records_text
from sql import journal
from sql.published import Published, open_published


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put the command beside the others."""
    parser = commands.add_parser(
        "readiness", help="whether agents are ready to be relied on: the Four-Pillar scorecard"
    )
    parser.add_argument("--agent", action="append", help="only this agent; with one, every criterion is shown")
    parser.add_argument(
        "--criterion", metavar="ID", help="the definition of one criterion and its query, to run by hand"
    )
    parser.add_argument("--format", choices=("table", "json"), default="table", help="default: table")
    parser.set_defaults(do=_readiness)


def _readiness(options: argparse.Namespace) -> int:
    with closing(open_published(owners.home())) as published:
        agents = agent_ids(published, options.agent) if options.agent else None
        if options.criterion:
            print(_definition(published, options.criterion, agents))
            return 0
        cards = scorecards(published, Access.everything(), agents, entered=journal.pending(owners.home()))
    if options.format == "json":
        print(json.dumps([record(card) for card in cards], indent=2, ensure_ascii=False, default=str))
    elif len(cards) == 1:
        print(_one(cards[0]))
    else:
        print(records_text([_line(card) for card in cards], "table"))
    return 0


def record(card: Scorecard) -> dict[str, Any]:
    """A scorecard under the names that other programs rely on."""
    return {
        "agent_id": card.agent_id,
        "agent_name": card.agent_name,
        "from": card.window.start.isoformat(),
        "to": card.window.end.isoformat(),
        "badge": card.badge,
        "blocker": card.blocker.criterion.id if card.blocker else None,
        "pillars": [
            {"pillar": each.number, "passed": each.passed, "possible": each.possible, "total": each.total,
             "low": each.low, "high": each.high, "badge": each.badge}
            for each in card.pillars
        ],
        "criteria": [_criterion(each) for each in card.findings],
    }  # fmt: skip


def _criterion(finding: Finding) -> dict[str, Any]:
    waiver = finding.waiver
    return {
        "id": finding.criterion.id,
        "label": finding.criterion.label,
        "pillar": finding.criterion.pillar,
        "star": finding.criterion.star,
        "state": finding.state,
        "evidence_state": finding.evidence_state,
        "evidence": [
            {"part": each.part, "slice": each.slice or None, "state": each.state, "text": each.text,
             "needed": each.needed, **{name: each.row.get(name) for name in ("yes", "no", "n", "value")}}
            for each in finding.judged
        ],
        "do_next": finding.do_next or None,
        "waiver": waiver and {"by": waiver.waived_by, "until": waiver.until.isoformat(), "reason": waiver.reason},
    }  # fmt: skip


def _line(card: Scorecard) -> dict[str, str]:
    blocker = card.blocker
    waiting = f"{blocker.criterion.id} {blocker.criterion.label}: {WORDS[blocker.state]}" if blocker else ""
    return {
        "agent": card.agent_name,
        "verdict": BADGES[card.badge],
        **{f"pillar {each.number}": score_text(each) for each in card.pillars},
        "blocker": waiting,
    }


def _one(card: Scorecard) -> str:
    rows = []
    for finding in card.findings:
        star = "*" if finding.criterion.star else ""
        rows.append({
            "criterion": f"{finding.criterion.id}{star} {finding.criterion.label}",
            "verdict": WORDS[finding.state],
            "evidence": finding.decisive.text if finding.evidence_state != "unknown" else units.NOTHING,
            "do next": finding.do_next,
        })  # fmt: skip
    scores = ", ".join(f"pillar {each.number}: {score_text(each)}" for each in card.pillars)
    dates = f"{card.window.start} to {card.window.end} (not included)"
    return f"{headline(card)}\n{scores}; {dates}; * must pass\n\n{records_text(rows, 'table')}"


def _definition(published: Published, wanted: str, agents: Sequence[str] | None) -> str:
    known = criteria()
    if wanted not in known:
        raise QueryError(f"There is no criterion {wanted!r}. There are: {', '.join(known)}.")
    found = known[wanted]
    query = statement(found, default_window(published), Access.everything(), agents).spelled_out()
    parts = "\n".join(f"  {part.id}: {part.words}" for part in found.parts)
    head = f"{found.id}{' *' if found.star else ''} {found.label}\n{found.question}"
    return f"{head}\n{parts}\nDo next: {found.do_next}\n\n{query};"
