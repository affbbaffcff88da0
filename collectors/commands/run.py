"""`run`: one pass over every configured source."""

from __future__ import annotations

import argparse
import json
import sys

from collectors.accounts import aws_accounts, demo_account, utc_now
from collectors.commands import Commands, moment
from collectors.console import Lines, Quiet, as_json
from collectors.run import Asked, Job, Outcome, run
from collectors.settings import unknown_source
from collectors.source import sources
from sql.warehouse import Warehouse


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    command = commands.add_parser(
        "run",
        help="one pass over every configured source",
        description="Read what is new, build the tables, check them and publish kpis.duckdb.",
    )
    command.add_argument("--demo", action="store_true", help="read the example account instead of AWS")
    command.add_argument(
        "--source", action="append", default=[], metavar="S", help="only this source (may be repeated)"
    )
    command.add_argument(
        "--since", type=moment, metavar="T", help="from this moment: 2026-11-01 or 2026-11-01T08:00Z (UTC)"
    )
    command.add_argument("--until", type=moment, metavar="T", help="up to this moment, which is not included")
    command.add_argument("--json", action="store_true", help="print one JSON object and no progress")
    command.set_defaults(command=collect)


def collect(asked: argparse.Namespace) -> int:
    """One pass."""
    for key in asked.source:
        if key not in sources():
            raise unknown_source(key, sources().keys())
    wanted = Asked(tuple(asked.source), asked.since, asked.until)
    places, settings, horizon = demo_account() if asked.demo else aws_accounts()
    lines = None if asked.json else Lines(sys.stdout, several=len(places) > 1)
    with Warehouse.open(settings.home, kind="demo" if asked.demo else "account") as warehouse:
        outcome = run(Job(warehouse, places, settings, utc_now, horizon, lines or Quiet(), wanted))
    _show(outcome, lines)
    return outcome.exit_code


def _show(outcome: Outcome, lines: Lines | None) -> None:
    if lines is None:
        print(json.dumps(as_json(outcome), indent=1, default=str))
    else:
        lines.finish(outcome)
