"""`run`: one pass over every configured source, or one after the other with --every."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from collectors.accounts import aws_accounts, demo_account, utc_now
from collectors.commands import DONE, Commands, moment
from collectors.console import Lines, Quiet, as_json
from collectors.errors import BadSetting, CollectorError
from collectors.every import repeat
from collectors.job import Asked, Job, Outcome, Place
from collectors.jsonlog import JsonLog
from collectors.run import run
from collectors.settings import Settings, unknown_source
from collectors.source import sources
from collectors.stop import Stop, on_signals
from collectors.then import follow_up
from collectors.toml import DURATION, UNITS
from sql.errors import LedgerError
from sql.warehouse import Warehouse

Telling = Lines | JsonLog | None


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
    command.add_argument(
        "--every", type=period, metavar="P", help="again and again, this long apart (5m, 1h); SIGTERM or Ctrl-C ends it"
    )
    command.add_argument(
        "--then",
        metavar="COMMAND",
        help="run this after a pass that published; usual is 'python -m metrics insights --refresh'",
    )
    shown = command.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print one JSON object a pass and no progress")
    add_log(shown)
    command.set_defaults(command=collect)


def add_log(command: argparse._MutuallyExclusiveGroup | argparse.ArgumentParser) -> None:
    """Put --log on the command line of a command that reads."""
    command.add_argument(
        "--log",
        choices=("lines", "json"),
        default="lines",
        help="lines for people (default), or one JSON object a line",
    )


def period(text: str) -> timedelta:
    """A time between two passes, such as 30s, 5m or 1h."""
    match = DURATION.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no period; write 30s, 5m, 1h or 1d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def collect(asked: argparse.Namespace) -> int:
    """One pass, or many."""
    for key in asked.source:
        if key not in sources():
            raise unknown_source(key, sources().keys())
    if asked.every is not None and (asked.since or asked.until):
        raise BadSetting("--every reads what is new; --since and --until name one window.", "Leave out one of them.")
    stop = Stop()
    places, settings, horizon = demo_account() if asked.demo else aws_accounts()
    telling = telling_of(asked, several=len(places) > 1)
    wanted = Asked(tuple(asked.source), asked.since, asked.until)
    kind = "demo" if asked.demo else "account"
    passes = Passes(places, settings, horizon, wanted, telling, stop, kind, asked.then)
    with on_signals(stop):
        if asked.every is None:
            outcome = passes.once()
            return stop.exit_code if outcome.stopped else outcome.exit_code
        repeat(passes.again, asked.every, stop)
    return DONE


def telling_of(asked: argparse.Namespace, *, several: bool) -> Telling:
    """Who is told how reading goes on; None: only the JSON answer."""
    if asked.json:
        return None
    return JsonLog(sys.stdout) if asked.log == "json" else Lines(sys.stdout, several=several)


@dataclass(frozen=True)
class Passes:
    """What every pass of this process does."""

    places: tuple[Place, ...]
    settings: Settings
    horizon: Callable[[], datetime]
    asked: Asked
    telling: Telling
    stop: Stop
    kind: str
    then: str | None = None

    def once(self) -> Outcome:
        """One pass. The warehouse is closed in between, for others that write. Raises LedgerError, CollectorError."""
        with Warehouse.open(self.settings.home, kind=self.kind) as warehouse:
            watch = self.telling or Quiet()
            job = Job(warehouse, self.places, self.settings, utc_now, self.horizon, watch, self.asked, self.stop)
            outcome = run(job)
        if self.then and outcome.published is not None and not outcome.stopped:
            watch.note(f"running {self.then}")
            outcome.then = follow_up(self.then, self.stop)
        show(outcome, self.telling)
        return outcome

    def again(self) -> bool:
        """One of many passes: whether anything could be read. An error that a retry may mend ends only this pass."""
        try:
            outcome = self.once()
        except (CollectorError, LedgerError) as error:
            if not error.retry_helps:
                raise
            self._say(error)
            return False
        finally:
            sys.stdout.flush()
        return len(outcome.failed) < len(outcome.runs) or not outcome.runs

    def _say(self, error: CollectorError | LedgerError) -> None:
        if self.telling is None:
            print(json.dumps({"ok": False, "error": {"code": type(error).__name__, "message": error.message}}))
        else:
            self.telling.failed(error)


def show(outcome: Outcome, telling: Telling) -> None:
    """What became of a pass."""
    if telling is None:
        print(json.dumps(as_json(outcome), indent=1, default=str))
    else:
        telling.finish(outcome)
