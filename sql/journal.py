"""What people enter in the app, append-only: one file per process, fsynced, so that nothing entered is lost.

The `event.name` of a record says what it is and through which feed the collector lands it, under its event id.
"""

from __future__ import annotations

import errno
import json
import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sql.errors import HomeNotWritable

# What people may enter, and the feed that lands it. Without a name a record is an outcome event.
FEEDS = {
    "agent.outcome": "outcome_records",
    "agent.change": "change_records",
    "readiness.waiver": "waiver_records",
    "action.registered": "action_records",
    "action.step": "action_step_records",
    "insight.note": "insight_note_records",
}
CHANGE_KINDS = ("agent", "prompt", "model", "tool", "guardrail", "threshold", "config", "data", "price")


def append(home: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """Append one record and return it as written (with event_id and timestamp filled in where they lack)."""
    # Microseconds: of two entries a millisecond apart it must be known which came first.
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    full = {
        "event.name": "agent.outcome",
        "schema_version": "1.0",
        "event_id": uuid.uuid4().hex,
        "timestamp": now,
        **record,
    }
    path = home / "journal" / f"{os.getpid()}.ndjson"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_line(path, json.dumps(full, ensure_ascii=False) + "\n")
    except OSError as error:
        full_disk = error.errno in (errno.ENOSPC, errno.EDQUOT)
        mend = "Make room on that disk" if full_disk else "Make LEDGER_HOME writable for the dashboard's user"
        raise HomeNotWritable(
            f"Your entry could not be written to {path} ({error.strerror or error}).", f"{mend}, then enter it again."
        ) from error
    return full


def note_change(home: Path, change: Mapping[str, str | None]) -> dict[str, Any]:
    """Record a change: `gen_ai.agent.id` (None: of several agents), changed_at, kind, before, after, resource.

    Raises ValueError for a kind there is not, HomeNotWritable.
    """
    if change.get("kind") not in CHANGE_KINDS:
        raise ValueError(f"A change is one of {', '.join(CHANGE_KINDS)}, not {change.get('kind')!r}.")
    kept = {name: value for name, value in change.items() if value}
    return append(home, {"event.name": "agent.change", **kept})


def _write_line(path: Path, line: str) -> None:
    """Append a line, or leave the file as it was: half a line would spoil the next one."""
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        try:
            if file.write(line.encode()) != len(line.encode()):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), before)
            raise


def pending(home: Path) -> list[dict[str, Any]]:
    """Every record in the journal, oldest first. A half-written last line is left out."""
    records = []
    for path in sorted((home / "journal").glob("*.ndjson")):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                records.append(value)
    return sorted(records, key=lambda r: str(r.get("timestamp")))
