"""`--log json`: what a pass does as JSON, one object a line, through the standard logging of Python.

Every line has `at` (UTC), `level` and `event`. Nothing of a record, no parameter and no credential is ever in it.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any, TextIO

from collectors.budget import Brake
from collectors.errors import CollectorError
from collectors.job import FAILED, Outcome
from collectors.progress import Progress
from collectors.window import Window
from sql.errors import LedgerError
from sql.warehouse import Run, Scope

LOGGER = logging.getLogger("agent_ledger")
COUNTS = (
    *("rows_read", "rows_new", "rows_changed", "duplicates", "skipped", "rejects", "api_calls", "throttles", "bytes"),
    *("charged_usd", "slowed_to_s", "error_code", "error_message", "remedy", "retry_helps"),
)


class JsonFormatter(logging.Formatter):
    """One record as one line; what other libraries warn about becomes the event `log`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        fields: dict[str, Any] = getattr(record, "fields", {"logger": record.name, "message": record.getMessage()})
        event = record.getMessage() if hasattr(record, "fields") else "log"
        known = {key: value for key, value in fields.items() if value is not None}
        return json.dumps({"at": at, "level": record.levelname.lower(), "event": event, **known}, default=_plain)


class JsonLog:
    """Tells how a pass goes on, and keeps nothing."""

    def __init__(self, out: TextIO) -> None:
        """Every logger of the process writes such lines from now on."""
        handler = logging.StreamHandler(out)
        handler.setFormatter(JsonFormatter())
        logging.getLogger().handlers = [handler]
        LOGGER.setLevel(logging.INFO)

    def begin(self, scope: Scope, window: Window) -> None:
        """A scope is being read."""
        self.event("scope_begun", logging.INFO, **_place(scope), window_from=window.start, window_to=window.end)

    def end(self, run: Run) -> None:
        """A scope is done, or has failed."""
        counts = {name: getattr(run, name) for name in COUNTS}
        took = (run.finished_at - run.started_at).total_seconds()
        level = logging.ERROR if run.status == FAILED else logging.INFO
        self.event("scope_read", level, **_place(run.scope), status=run.status, seconds=took, **counts)

    def note(self, text: str) -> None:
        """A step that is no scope."""
        self.event("step", step=text)

    def slowed(self, brake: Brake) -> None:
        """The budget slows paid sources."""
        self.event("budget_slowed", logging.WARNING, **brake.as_json())

    def say(self, kind: str, text: str) -> None:
        """Something people should know."""
        self.event("note", kind=kind, text=text)

    def advanced(self, progress: Progress) -> None:
        """A backfill has come so far."""
        self.event("backfill_progress", **progress.as_json())

    def finish(self, outcome: Outcome) -> None:
        """What became of the pass: the line to watch for, one a pass."""
        self.event(
            "pass_finished",
            logging.ERROR if outcome.exit_code else logging.INFO,
            ok=outcome.exit_code == 0 and not outcome.stopped,
            stopped=outcome.stopped,
            published=None if outcome.published is None else outcome.published.name,
            scopes=len(outcome.runs),
            failed=len(outcome.failed),
            rows_new=sum(run.rows_new for run in outcome.runs),
            api_calls=sum(run.api_calls for run in outcome.runs),
            throttles=sum(run.throttles for run in outcome.runs),
            checks=[check.check_name for check in outcome.checks],
            then=None if outcome.then is None else outcome.then.as_json(),
        )

    def failed(self, error: CollectorError | LedgerError) -> None:
        """The pass ended before it could be one."""
        said = {"error_message": error.message, "remedy": error.remedy, "retry_helps": error.retry_helps}
        self.event("pass_failed", logging.ERROR, error_code=type(error).__name__, **said)

    def event(self, event: str, level: int = logging.INFO, **fields: Any) -> None:
        """One line."""
        LOGGER.log(level, event, extra={"fields": fields})


def _place(scope: Scope) -> dict[str, str]:
    return {"source": scope.source, "account": scope.account_id, "region": scope.region, "scope": scope.name}


def _plain(value: object) -> str:
    """Moments as ISO 8601 in UTC."""
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else str(value)
