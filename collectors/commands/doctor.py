"""`doctor`: what keeps records from arriving, what is unknown because of it, and the exact fix."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from textwrap import indent

from collectors.accounts import aws_accounts, demo_account, utc_now
from collectors.commands import DONE, Commands
from collectors.doctor.examine import examine_accounts, worst_first
from collectors.settings import Settings
from sql.errors import LedgerLocked
from sql.finding import Finding
from sql.warehouse import Warehouse

WARNINGS, ERRORS = 3, 4  # neither is what other commands answer with


def add(commands: Commands) -> None:
    """Put the command on the command line."""
    command = commands.add_parser(
        "doctor",
        help="examine the account: what keeps records from arriving, and the fix",
        description="Exit codes: 0 nothing worse than info, 3 warnings, 4 errors; 2 bad settings, as everywhere.",
    )
    command.add_argument("--demo", action="store_true", help="examine the example account instead of AWS")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(command=examine)


def examine(asked: argparse.Namespace) -> int:
    """Ask AWS now, add what the data shows where the warehouse is free, and save both."""
    places, settings, _ = demo_account() if asked.demo else aws_accounts()
    live = examine_accounts([place.account for place in places], settings)
    found, unsaved = _saved(live, settings, "demo" if asked.demo else "account")
    if asked.json:
        print(json.dumps({"findings": [asdict(each) for each in found], "not_saved": unsaved}, indent=1))
    else:
        print("\n".join(lines(found)))
        if unsaved:
            print(f"Not saved, and the collected data was not examined: {unsaved}")
    return exit_code(found)


def exit_code(found: Sequence[Finding]) -> int:
    """By the worst severity."""
    severities = {each.severity for each in found}
    if "error" in severities:
        return ERRORS
    return WARNINGS if "warning" in severities else DONE


def lines(found: Sequence[Finding]) -> list[str]:
    """Every finding for people, the worst first."""
    shown = [_text(each) for each in found]
    counted = [f"{sum(each.severity == name for each in found)} {name}" for name in ("error", "warning", "info")]
    return [*shown, f"{len(found)} findings: {', '.join(counted)}." if found else "Nothing was found."]


def _text(each: Finding) -> str:
    where = " ".join(part for part in (each.account_id, each.region) if part)
    body = [each.wrong, f"seen: {each.evidence}"]
    body += [f"unknown: {', '.join(each.unknown)}"] if each.unknown else []
    body += [f"-> {each.fix}"]
    return f"{each.severity:<8}{each.code} {each.subject} ({where})\n" + indent("\n".join(body), " " * 8)


def _saved(live: list[Finding], settings: Settings, kind: str) -> tuple[list[Finding], str | None]:
    """All findings, and why they could not be saved."""
    try:
        with Warehouse.open(settings.home, kind=kind) as warehouse:
            found = worst_first([*live, *warehouse.findings_in_data()])
            warehouse.save_findings(live, utc_now())
    except LedgerLocked as error:
        return live, error.message
    return found, None
