"""What the commands print: progress on a terminal, plain lines elsewhere, and the tables of `status`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TextIO

from collectors.budget import Brake, span
from collectors.errors import CollectorError
from collectors.job import FAILED, NOT_SET_UP, STOPPED, Outcome
from collectors.progress import Progress
from collectors.range_lines import range_lines
from collectors.window import Window
from sql.errors import LedgerError
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

    def slowed(self, brake: Brake) -> None:
        """Nothing: the answer has it."""

    def say(self, kind: str, text: str) -> None:
        """Nothing: the answer has it."""

    def advanced(self, progress: Progress) -> None:
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

    def slowed(self, brake: Brake) -> None:
        """A line that stays."""
        self._line(f"slowed  {brake.text}")

    def say(self, kind: str, text: str) -> None:
        """A line that stays."""
        self._line(f"{kind:<8}{text}")

    def advanced(self, progress: Progress) -> None:
        """A line a part, so that a log tells how far it is too."""
        self._line(f"{'':<8}{progress.text}")

    def failed(self, error: CollectorError | LedgerError) -> None:
        """The pass ended before it could be one; the next may work."""
        self._line(f"failed  {error.message}")
        self._line(f"        -> {error.remedy}{' A retry may help.' if error.retry_helps else ''}")

    def finish(self, outcome: Outcome) -> None:
        """What became of the pass."""
        if outcome.stopped:
            self._line("stopped: what was read has landed; the next run goes on from there and publishes")
        for check in outcome.checks:
            self._line(f"{check.severity:<8}{check.check_name}: {check.offenders} rows. {check.message}")
        if outcome.published is not None:
            self._line(f"published {outcome.published.name}")
        elif outcome.blockers:
            names = ", ".join(check.check_name for check in outcome.blockers)
            self._line(f"not published: the check {names} failed; the last good file stays in use")
        if outcome.then is not None:
            self._line(f"{'then' if outcome.then.ok else 'failed':<8}{outcome.then.command}")
            for line in outcome.then.said.splitlines():
                self._line(f"        {line}")

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
    if run.status == STOPPED:
        return f"stopped {name}: its window is read again next time"
    if run.status == NOT_SET_UP:
        return f"absent  {name}: {run.error_message}"
    parts = [f"{run.rows_read:,} read", f"{run.rows_new:,} new", f"{run.rows_changed:,} changed"]
    parts += [f"{run.skipped:,} skipped"] if run.skipped else []
    parts += [f"{run.rejects:,} rejected"] if run.rejects else []
    return f"ok      {name}: {', '.join(parts)}"


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The answer of `run --json`."""
    return {
        "ok": outcome.exit_code == 0 and not outcome.stopped,
        "stopped": outcome.stopped,
        "budget": outcome.brake.as_json(),
        "notes": [{"kind": kind, "text": text} for kind, text in outcome.notes],
        "runs": [_flat(run) for run in outcome.runs],
        "checks": [asdict(check) for check in outcome.checks],
        "published": None if outcome.published is None else str(outcome.published),
        "then": None if outcome.then is None else outcome.then.as_json(),
    }


def _flat(run: Run) -> dict[str, Any]:
    values = asdict(run)
    scope = values.pop("scope")
    return {**scope, "scope": scope["name"], **values}


def status_lines(status: dict[str, Any], now: datetime) -> list[str]:
    """The answer of `status`: some lines a scope, then charges, rejects and checks."""
    published = status.get("published") or "no"
    lines = [f"{status.get('kind', 'unknown')} data, written {status.get('written_at')}, published: {published}"]
    if status.get("stopped"):
        lines.append("The last pass was stopped; the next one goes on from there and publishes.")
    several = len({(scope["account_id"], scope["region"]) for scope in status.get("scopes", [])}) > 1
    for scope in status.get("scopes", []):
        lines += _scope_lines(scope, now, several=several)
    lines += range_lines(status, several=several)
    lines += _charge_lines(status)
    for each in status.get("rejects", []):
        lines.append(f"reject     {each['source']} {each['scope']}: {each['reason']} x {each['n']:,}")
        lines += [f"{'':<11}such as {' '.join(str(each['sample']).split())[:160]}"] if each.get("sample") else []
    lines += [f"check {each['severity']} {each['check_name']}: {each['message']}" for each in status.get("checks", [])]
    for each in status.get("refused", []):
        lines += [f"refused    {each['kind']} {each['name']}: {line}" for line in str(each["reason"]).splitlines()]
    return lines


def _scope_lines(scope: dict[str, Any], now: datetime, *, several: bool) -> list[str]:
    """One scope: how far, what the last run brought, what the last day did, the calls of the last run."""
    where = f"{scope['account_id']} {scope['region']} " if several else ""
    name = f"{where}{scope['source']} {scope['scope']}".rstrip()
    counts = f"last run {scope['rows_new']:,} new, {scope['rejects']:,} rejected"
    lines = [f"{scope['status']:<11}{name}: read to {_lag(scope.get('reached_at'), now)}, {counts}"]
    if scope.get("error_message"):
        lines += [f"{'':<11}{scope['error_message']}", f"{'':<11}-> {scope['remedy']}"]
    if scope.get("rows_new_24h") or scope.get("duplicates_24h") or scope.get("rejects_24h"):
        lines.append(f"{'':<11}{_day(scope)}")
    if scope.get("called"):
        calls = ", ".join(f"{each['operation']} {each['calls']:,}" for each in scope["called"])
        throttled = f", {scope['throttles']:,} throttled" if scope["throttles"] else ""
        lines.append(f"{'':<11}calls: {calls}{throttled}; {_size(scope['bytes'])}, {usd(scope.get('charged_usd'))}")
    return lines


def _day(scope: dict[str, Any]) -> str:
    parts = [
        f"24 h: {scope['runs_24h']:,} runs, {scope['rows_new_24h']:,} new",
        f"{scope['duplicates_24h']:,} duplicates absorbed",
        f"{scope['rejects_24h']:,} rejected",
    ]
    late = scope.get("late_p999_ms")
    parts += [f"99.9 % arrived within {span(timedelta(milliseconds=late))}"] if late is not None else []
    return ", ".join(parts)


def _charge_lines(status: dict[str, Any]) -> list[str]:
    """What reading has cost this month by source and operation: what is free in one line, what is not known named."""
    month = status.get("month", [])
    if not month:
        return []
    known = sum(each["usd"] or 0 for each in month)
    budget = status.get("budget") or {}
    limit = f" of a budget of {budget['monthly_usd']:.2f} USD" if budget.get("monthly_usd") is not None else ""
    free = sum(each["calls"] for each in month if each["usd"] == 0)
    lines = [f"charges    about {known:.4f} USD this month (UTC){limit}; {free:,} calls were free"]
    for each in month:
        if each["usd"] != 0:
            lines.append(f"{'':<11}{each['source']}: {each['operation']} {each['calls']:,} calls, {usd(each['usd'])}")
    return lines + ([f"{'':<11}{budget['text']}"] if budget.get("text") else [])


def usd(amount: float | None) -> str:
    """An estimated charge."""
    if amount is None:
        return "charge unknown"
    return "free" if amount == 0 else f"about {amount:.6f} USD"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.1f} kB"


def _lag(reached_at: str | None, now: datetime) -> str:
    if not reached_at:
        return "nowhere yet"
    minutes = (now - datetime.fromisoformat(reached_at)).total_seconds() / 60
    shown = f"{minutes:.0f} min" if minutes < 180 else f"{minutes / 60:.0f} h"
    return f"{reached_at[:16]} UTC ({shown} ago)"
