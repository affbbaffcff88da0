"""`backfill`: a past range, in parts that are remembered."""

from __future__ import annotations

import argparse

from collectors.accounts import aws_accounts, demo_account, utc_now
from collectors.backfill import backfill
from collectors.commands import Commands, moment
from collectors.commands.run import add_log, show, telling_of
from collectors.console import Quiet
from collectors.errors import BadSetting
from collectors.job import Asked, Job
from collectors.planning import Wanted
from collectors.settings import unknown_source
from collectors.source import sources
from collectors.stop import Stop, on_signals
from sql.warehouse import Warehouse


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    command = commands.add_parser(
        "backfill",
        help="read a past range; run again, it goes on where it stopped",
        description="Read a past range in parts, the newest first, then build, check and publish. What has been read "
        "is remembered with its rows: a range that is run again reads only what is missing.",
    )
    command.add_argument(
        "--from", type=moment, required=True, metavar="D", dest="since", help="from this moment: 2026-09-01 (UTC)"
    )
    command.add_argument(
        "--to", type=moment, required=True, metavar="D", dest="until", help="up to this moment, which is not included"
    )
    command.add_argument(
        "--source", action="append", default=[], metavar="S", help="only this source (may be repeated)"
    )
    command.add_argument("--again", action="store_true", help="read also what has been read before")
    command.add_argument("--demo", action="store_true", help="read the example account instead of AWS")
    shown = command.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print one JSON object and no progress")
    add_log(shown)
    command.set_defaults(command=collect)


def collect(asked: argparse.Namespace) -> int:
    """Read the range."""
    for key in asked.source:
        if key not in sources():
            raise unknown_source(key, sources().keys())
    if asked.until <= asked.since:
        raise BadSetting(
            f"--to {asked.until:%Y-%m-%d %H:%M} is not after --from {asked.since:%Y-%m-%d %H:%M}.",
            "The range begins with --from and ends before --to.",
        )
    stop = Stop()
    places, settings, horizon = demo_account() if asked.demo else aws_accounts()
    telling = telling_of(asked, several=len(places) > 1)
    with on_signals(stop), Warehouse.open(settings.home, kind="demo" if asked.demo else "account") as warehouse:
        only = Asked(tuple(asked.source))
        job = Job(warehouse, places, settings, utc_now, horizon, telling or Quiet(), only, stop)
        outcome = backfill(job, Wanted(asked.since, asked.until, asked.again))
    show(outcome, telling)
    return stop.exit_code if outcome.stopped else outcome.exit_code
