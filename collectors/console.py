"""What the commands print: progress on a terminal, plain lines elsewhere, and the tables of `status`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, TextIO

from collectors.run import FAILED, NOT_SET_UP, Outcome
from collectors.window import Window
from sql.warehouse import Run, Scope

ERASE = "\r\x1b[2K"


class Quiet:
    """Says nothing: the answer is JSON."""

    def begin(self, scope: Scope, window: Window) -> None:
        """Nothing."""

    def end(self, run: Run) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


class Lines:
    """A line for every scope that is done; on a terminal also what is being read now."""

    def __init__(self, out: TextIO, *, several: bool = False) -> None:
        self._out = out
        self._several = several
        self._live = out.isatty()

    def begin(self, scope: Scope, window: Window) -> None:
        """Show what is being read, where it can be taken back."""
        self._passing(f"reading {self._where(scope)}{scope_name(scope)} from {window.start:%Y-%m-%d %H:%M} ...")

    def end(self, run: Run) -> None:
        """One line, two with a remedy."""
        self._line(describe(run, self._where(run.scope)))
        if run.status == FAILED and run.remedy:
            again = " A retry may help." if run.retry_helps else ""
            self._line(f"        -> {run.remedy}{again}")

    def note(self, text: str) -> None:
        """A step that takes a while."""
        self._passing(f"{text} ...")

    def finish(self, outcome: Outcome) -> None:
        """What became of the pass."""
        for check in outcome.checks:
            self._line(f"{check.severity:<8}{check.check_name}: {check.offenders} rows. {check.message}")
        if outcome.published is not None:
            self._line(f"published {outcome.published.name}")
        elif outcome.blockers:
            names = ", ".join(check.check_name for check in outcome.blockers)
            self._line(f"not published: the check {names} failed; the last good file stays in use")

    def _where(self, scope: Scope) -> str:
        """Account and region, where there are several."""
        return f"{scope.account_id} {scope.region} " if self._several else ""

    def _passing(self, text: str) -> None:
        if self._live:
            self._out.write(f"{ERASE}{text}")
            self._out.flush()

    def _line(self, text: str) -> None:
        self._out.write(f"{ERASE if self._live else ''}{text}\n")
        self._out.flush()


def scope_name(scope: Scope) -> str:
    """Source and what of it."""
    return f"{scope.source} {scope.name}".rstrip()


def describe(run: Run, where: str = "") -> str:
    """One run in a line."""
    name = f"{where}{scope_name(run.scope)}"
    if run.status == FAILED:
        return f"failed  {name}: {run.error_message}"
    if run.status == NOT_SET_UP:
        return f"absent  {name}: {run.error_message}"
    parts = [f"{run.rows_read:,} read", f"{run.rows_new:,} new", f"{run.rows_changed:,} changed"]
    parts += [f"{run.skipped:,} skipped"] if run.skipped else []
    parts += [f"{run.rejects:,} rejected"] if run.rejects else []
    return f"ok      {name}: {', '.join(parts)}"


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The answer of `run --json`."""
    return {
        "ok": outcome.exit_code == 0,
        "runs": [_flat(run) for run in outcome.runs],
        "checks": [asdict(check) for check in outcome.checks],
        "published": None if outcome.published is None else str(outcome.published),
    }


def _flat(run: Run) -> dict[str, Any]:
    values = asdict(run)
    scope = values.pop("scope")
    return {**scope, "scope": scope["name"], **values}


def status_lines(status: dict[str, Any], now: datetime) -> list[str]:
    """The answer of `status`: a line a scope, then rejects and checks."""
    published = status.get("published") or "no"
    lines = [f"{status.get('kind', 'unknown')} data, written {status.get('written_at')}, published: {published}"]
    several = len({(scope["account_id"], scope["region"]) for scope in status.get("scopes", [])}) > 1
    for scope in status.get("scopes", []):
        where = f"{scope['account_id']} {scope['region']} " if several else ""
        name = f"{where}{scope['source']} {scope['scope']}".rstrip()
        counts = f"last run {scope['rows_new']:,} new, {scope['rejects']:,} rejected"
        lines.append(f"{scope['status']:<11}{name}: read to {_lag(scope.get('reached_at'), now)}, {counts}")
        if scope.get("error_message"):
            lines += [f"{'':<11}{scope['error_message']}", f"{'':<11}-> {scope['remedy']}"]
    lines += [
        f"reject     {each['source']} {each['scope']}: {each['reason']} x {each['n']:,}"
        for each in status.get("rejects", [])
    ]
    lines += [f"check {each['severity']} {each['check_name']}: {each['message']}" for each in status.get("checks", [])]
    return lines


def _lag(reached_at: str | None, now: datetime) -> str:
    if not reached_at:
        return "nowhere yet"
    minutes = (now - datetime.fromisoformat(reached_at)).total_seconds() / 60
    shown = f"{minutes:.0f} min" if minutes < 180 else f"{minutes / 60:.0f} h"
    return f"{reached_at[:16]} UTC ({shown} ago)"
