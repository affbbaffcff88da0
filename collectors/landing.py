"""What one source hands over during one window.

Full batches land at once, each in its own transaction, so memory stays flat however much a window holds. The last one
lands together with the cursor and the run record: a crash repeats the window, loses nothing and doubles nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from collectors.window import floor
from sql.spool import Spool
from sql.warehouse import Landed, Reject, Scope, Warehouse

BATCH_EVENTS = 50_000
BATCH_BYTES = 64 * 1024 * 1024

Row = Mapping[str, Any]


class Landing:
    """Takes records or rows of one feed; use as a context manager."""

    def __init__(self, warehouse: Warehouse, feed: str, scope: Scope) -> None:
        self.landed = Landed()
        self.skipped: Counter[str] = Counter()
        self.unfinished: set[datetime] = set()
        self.scope = scope
        self._warehouse = warehouse
        self._feed = feed
        self._spool = Spool()
        self._rows: list[Row] = []
        self._rejects: list[Reject] = []
        self._held_events = self._held_bytes = 0

    def __enter__(self) -> Landing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spool.close()

    def record(self, text: str, *, at_ms: int | None, ingested_ms: int | None, event_id: str, group: str) -> None:
        """One record of a bulk feed, as JSON text."""
        self._make_room(len(text) if text.isascii() else len(text.encode()))
        self._spool.add(text, at_ms=at_ms, ingested_ms=ingested_ms, event_id=event_id, group=group)

    def row(self, row: Row) -> None:
        """One row of a feed that is parsed here."""
        self._make_room()
        self._rows.append(row)

    def skip(self, reason: str) -> None:
        """Something that is known and not wanted."""
        self.skipped[reason] += 1

    def reject(self, reason: str, sample: str, at: datetime | None = None) -> None:
        """Something that could not be read, with a scrubbed sample."""
        self._make_room(len(sample))
        self._rejects.append(Reject(reason, sample, at))

    def wait_for(self, moment: datetime) -> None:
        """Something of that moment is not finished: the next window has to reach back to it (by the minute)."""
        self.unfinished.add(floor(moment, timedelta(minutes=1)))

    def flush(self) -> None:
        """Land what is left; called inside the transaction that moves the cursor."""
        if self._spool.events:
            self.landed = self.landed + self._warehouse.land_records(self._feed, self._spool, self.scope)
            self._spool.clear()
        if self._rows:
            self.landed = self.landed + self._warehouse.land_rows(self._feed, self._rows, (), self.scope)
            self._rows = []
        if self._rejects:
            self.landed = self.landed + self._warehouse.count_rejects(self.scope, self._rejects)
            self._rejects = []
        self._held_events = self._held_bytes = 0

    def _make_room(self, size: int = 0) -> None:
        """Count one more record, row or reject of `size` bytes; land what is held where it would be too much."""
        if self._held_events >= BATCH_EVENTS or (self._held_events and self._held_bytes + size > BATCH_BYTES):
            with self._warehouse.transaction():
                self.flush()
        self._held_events += 1
        self._held_bytes += size
