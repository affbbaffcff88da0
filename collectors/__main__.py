"""The commands: python -m collectors run | status | validate | sources | iam."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collectors import iam, reference
from collectors.aws import AwsAccount, has_credentials
from collectors.console import Lines, Quiet, as_json, status_lines
from collectors.demo.account import DemoAccount
from collectors.demo.contracts import demo_config
from collectors.errors import CollectorError, NoAccount
from collectors.run import Asked, Job, Outcome, Place, run, switched_on
from collectors.settings import Choices, Settings, config_file, home, load, unknown_source
from collectors.source import sources
from collectors.validate import run as validate
from sql.errors import LedgerError, LedgerLocked
from sql.models import folder
from sql.published import read_status
from sql.warehouse import Warehouse

DONE, SOURCE_FAILED, BAD_SETTINGS = 0, 1, 2
EXAMPLES = """examples:
  python -m collectors run --demo                     twelve weeks of five example agents, no AWS needed
  python -m collectors run                            one pass over every source of the account
  python -m collectors run --source span_logs --json  one source, answer as JSON
  python -m collectors run --since 2026-11-01         read again from that day on
  python -m collectors status                         per source: how far, how many, what failed and what to do
  python -m collectors validate events.jsonl          which agent.outcome events of a file would be refused, and why
  python -m collectors sources                        every source: what it reads, feeds and costs
  python -m collectors iam                            the IAM policy that the collector's role needs

exit codes: 0 everything was read, 1 at least one source failed (the rest landed) or nothing could be published,
2 bad settings. LEDGER_HOME names the data folder (default ./data), LEDGER_CONFIG the settings (default ./ledger.toml).
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    asked = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = asked.command
    try:
        code = command(asked)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read our lines has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOURCE_FAILED
    except (CollectorError, LedgerError) as error:
        _show_error(error, as_json=getattr(asked, "json", False))
        return SOURCE_FAILED if isinstance(error, LedgerLocked) else BAD_SETTINGS


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m collectors",
        description="Collect what AI agents did from an AWS account into LEDGER_HOME.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(required=True, metavar="{run,status,validate,sources,iam}")
    _add_run(commands)
    status = commands.add_parser("status", help="how far each source has been read, and what failed")
    status.add_argument("--json", action="store_true", help="print JSON")
    status.set_defaults(command=show_status)
    policy = commands.add_parser("iam", help="print the IAM policy that the collector's role needs")
    policy.add_argument("--write", type=Path, metavar="FILE", help="write it as a page of documentation instead")
    policy.set_defaults(command=show_policy)
    page = commands.add_parser("sources", help="every source: what it reads and feeds, cost, lag, how to switch it on")
    page.add_argument("--write", type=Path, metavar="FILE", help="write it as a page of documentation")
    page.set_defaults(command=show_sources)
    check = commands.add_parser("validate", help="check a file of agent.outcome events before it is delivered")
    check.add_argument("file", type=Path, help="JSON lines; CSV or Parquet with --mapping")
    check.add_argument("--mapping", metavar="NAME", help="a mapping of [[sources.outcome_files.files]] by its name")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(command=check_file)
    mode = commands.add_parser("mode")
    mode.set_defaults(command=show_mode)
    return top


def _add_run(commands: Any) -> None:
    command = commands.add_parser(
        "run",
        help="one pass over every configured source",
        description="Read what is new, build the tables, check them and publish kpis.duckdb.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
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


def moment(text: str) -> datetime:
    """A moment of the command line as naive UTC; a day is its first moment, no offset means UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no moment; write 2026-11-01 or 2026-11-01T08:00Z") from None
    return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read


def collect(asked: argparse.Namespace) -> int:
    """`run`: one pass."""
    for key in asked.source:
        if key not in sources():
            raise unknown_source(key, sources().keys())
    wanted = Asked(tuple(asked.source), asked.since, asked.until)
    places, settings, horizon = demo_account() if asked.demo else aws_accounts()
    lines = None if asked.json else Lines(sys.stdout, several=len(places) > 1)
    with Warehouse.open(settings.home, kind="demo" if asked.demo else "account") as warehouse:
        outcome = run(Job(warehouse, places, settings, utc_now, horizon, lines or Quiet(), wanted))
    _show_outcome(outcome, lines)
    return outcome.exit_code


def aws_accounts() -> tuple[tuple[Place, ...], Settings, Callable[[], datetime]]:
    """The accounts that settings and environment lead to. Raises NoAccount, BadSetting."""
    settings = load(os.environ, choices())
    if settings.file is None and not has_credentials():
        raise NoAccount(
            "There are no AWS credentials and no ledger.toml, so there is no account to read.",
            "To look around: python -m collectors run --demo. To connect an account: set AWS_PROFILE (or any other AWS "
            "credentials) or copy ledger.example.toml to ledger.toml, then run again.",
        )
    tables = replace(settings.tables, org={**settings.tables.org, "kind": "account"})
    return places(settings), replace(settings, tables=tables), utc_now


def places(settings: Settings) -> tuple[Place, ...]:
    """Every account in every region to read. A missing region or profile is a bad setting, found before anything."""
    found: list[Place] = []
    for each in settings.every_account:
        for number, region in enumerate(each.regions):
            account = AwsAccount(replace(each.aws, region=region))
            _ = account.region
            found.append(Place(account, first_of_account=number == 0, first_of_all=not found))
    return tuple(found)


def demo_account() -> tuple[tuple[Place, ...], Settings, Callable[[], datetime]]:
    """The example account, whose records end where it says and whose first window is its whole span."""
    account = DemoAccount()
    end = account.end + timedelta(seconds=60)
    settings = Settings(home=home(os.environ), first=end - account.begin, tables=demo_config())
    return (Place(account),), settings, lambda: end


def choices() -> Choices:
    """What ledger.toml may name."""
    known = sources()
    return Choices(
        sources=tuple(known),
        with_groups=frozenset(key for key, source in known.items() if source.takes_groups),
        kpis=frozenset(folder("kpis")),
        options={key: source.options for key, source in known.items()},
        off=frozenset(key for key, source in known.items() if not source.enabled),
    )


def utc_now() -> datetime:
    """The time, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def show_status(asked: argparse.Namespace) -> int:
    """`status`: what the last runs wrote into status.json."""
    status = read_status(home(os.environ))
    if asked.json:
        print(json.dumps(status, indent=1))
    elif status is None:
        print(f"Nothing has been collected into {home(os.environ)} yet. Start with: python -m collectors run")
    else:
        print("\n".join(status_lines(status, utc_now())))
    return DONE


def show_policy(asked: argparse.Namespace) -> int:
    """`iam`: the policy of the sources that are switched on."""
    settings = load(os.environ, choices())
    found = [source for source in sources().values() if switched_on(settings, source)]
    if asked.write is None:
        print(iam.text(iam.policy(found, settings)))
    else:
        asked.write.write_text(iam.page(found, settings), encoding="utf-8")
    return DONE


def check_file(asked: argparse.Namespace) -> int:
    """`validate`: which events of a file would be refused."""
    files = load(os.environ, choices()).source("outcome_files").options.get("files", ())
    return validate(asked.file, asked.mapping, asked.json, files)


def show_sources(asked: argparse.Namespace) -> int:
    """`sources`: every source in its own words."""
    text = reference.page(sources().values())
    if asked.write is None:
        print(text)
    else:
        asked.write.write_text(text, encoding="utf-8")
    return DONE


def show_mode(asked: argparse.Namespace) -> int:
    """`mode`: what `make run` collects from."""
    print("account" if config_file(os.environ) is not None or has_credentials() else "demo")
    return DONE


def _show_outcome(outcome: Outcome, lines: Lines | None) -> None:
    if lines is None:
        print(json.dumps(as_json(outcome), indent=1, default=str))
    else:
        lines.finish(outcome)


def _show_error(error: CollectorError | LedgerError, *, as_json: bool) -> None:
    if as_json:
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
