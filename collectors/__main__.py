"""The commands: python -m collectors <command>. Each is a file of commands/."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable

from collectors.commands import BAD_SETTINGS, SOURCE_FAILED, add_all
from collectors.errors import CollectorError
from collectors.jsonlog import JsonLog
from sql.errors import DiskFull, LedgerError, LedgerLocked

EXAMPLES = """examples:
  python -m collectors run --demo                     twelve weeks of ten example agents, no AWS needed
  python -m collectors run                            one pass over every source of the account
  python -m collectors run --source span_logs --json  one source, answer as JSON
  python -m collectors run --since 2026-11-01         read again from that day on
  python -m collectors backfill --from 2026-08-01 --to 2026-11-01   a past range; run again, it goes on
  python -m collectors run --every 5m --log json      one pass after the other until SIGTERM, JSON log lines
  python -m collectors status                         per source: how far, how many, what failed and what to do
  python -m collectors validate events.jsonl          which agent.outcome events of a file would be refused, and why
  python -m collectors sources                        every source: what it reads, feeds and costs
  python -m collectors doctor                         what keeps records from arriving, and how to mend it
  python -m collectors truth                          what every number of the demo account must be
  python -m collectors backup                         one archive of everything collected and entered
  python -m collectors restore FILE                   put it in place
  python -m collectors compact                        give the room of deleted rows back to the disk
  python -m collectors iam                            the IAM policy that the collector's role needs

exit codes: 0 everything was read, 1 at least one source failed (the rest landed) or nothing could be published,
another process writes, or the disk is full, 2 bad settings or a home that cannot be used, 143 or 130 stopped by
SIGTERM or Ctrl-C (what was read landed; `run --every` answers 0 then).
LEDGER_HOME names the data folder (default ./data), LEDGER_CONFIG the settings (default ./ledger.toml).
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    asked = parser(given[0] if given else None).parse_args(given)
    command: Callable[[argparse.Namespace], int] = asked.command
    try:
        code = command(asked)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read our lines has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOURCE_FAILED
    except (CollectorError, LedgerError) as error:
        _show_error(error, asked)
        return SOURCE_FAILED if isinstance(error, LedgerLocked | DiskFull) else BAD_SETTINGS


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """The command line; of one command alone where that is named."""
    top = argparse.ArgumentParser(
        prog="python -m collectors",
        description="Collect what AI agents did from an AWS account into LEDGER_HOME.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_all(top.add_subparsers(required=True, metavar="<command>"), command)
    return top


def _show_error(error: CollectorError | LedgerError, asked: argparse.Namespace) -> None:
    if getattr(asked, "log", None) == "json":
        JsonLog(sys.stdout).failed(error)
    elif getattr(asked, "json", False):
        body = {
            "code": type(error).__name__,
            "message": error.message,
            "remedy": error.remedy,
            "retry_helps": error.retry_helps,
        }
        print(json.dumps({"ok": False, "error": body}, indent=1))
    else:
        again = " A retry may help." if error.retry_helps else ""
        print(f"{error.message}\n  -> {error.remedy}{again}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
