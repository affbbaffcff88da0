"""What one source hands over during one window.

Full batches land at once, in transactions of their own, so memory stays flat however much a window holds. What is left
lands together with the cursor and the run record: a crash repeats the window, loses nothing and doubles nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from collectors.window import floor
from sql.spool import Record, Spool
from sql.warehouse import Landed, Reject, S3Object, Scope, Warehouse

# As many spans as fill a group of rows (sql.files.ROW_GROUP) at their usual size of nearly two kilobytes.
BATCH_EVENTS = 100_000
BATCH_BYTES = 192 * 1024 * 1024
# So many records are worth a transaction of their own, because a batch of new ones goes straight into its table then.
WHOLE_EVENTS = 10_000

Row = Mapping[str, Any]


class Landing:
    """Takes records or rows of a source's feeds, the first unless another is named; use as a context manager."""

    def __init__(self, warehouse: Warehouse, feeds: tuple[str, ...], scope: Scope) -> None:
        self.landed = Landed()
        self.skipped: Counter[str] = Counter()
        self.unfinished: set[datetime] = set()
        self.scope = scope
        self._warehouse = warehouse
        self._feeds = feeds
        self._spools: dict[str, Spool] = {}
        self._rows: dict[str, list[Row]] = {}
        self._rejects: list[Reject] = []
        self._finished: list[S3Object] = []
        self._held_events = self._held_bytes = 0
        self._mixed: set[str] = set()  # feeds whose last batch held something known or bad

    def __enter__(self) -> Landing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for spool in self._spools.values():
            spool.close()

    def record(
        self,
        text: str,
        *,
        at_ms: int | None,
        ingested_ms: int | None,
        event_id: str,
        group: str,
        feed: str | None = None,
    ) -> None:
        """One record of a bulk feed, as JSON text."""
        self.records([(text, at_ms, ingested_ms, event_id)], group=group, feed=feed)

    def records(self, records: Sequence[Record], *, group: str, feed: str | None = None) -> None:
        """A page of records of a bulk feed."""
        name = feed or self._feeds[0]
        spool = self._spools.get(name) or self._spools.setdefault(name, Spool())
        sizes = [len(text) if text.isascii() else len(text.encode(errors="replace")) for text, _, _, _ in records]
        if self._has_room(len(records), sum(sizes)):
            self._hold(len(records), sum(sizes))
            spool.extend(records, group)
            return
        for record, size in zip(records, sizes, strict=True):
            self._make_room(size)
            spool.extend((record,), group)

    def row(self, row: Row, feed: str | None = None) -> None:
        """One row of a feed that is parsed here."""
        self._make_room()
        self._rows.setdefault(feed or self._feeds[0], []).append(row)

    def skip(self, reason: str) -> None:
        """Something that is known and not wanted."""
        self.skipped[reason] += 1

    def reject(self, reason: str, sample: str, at: datetime | None = None) -> None:
        """Something that could not be read, with a scrubbed sample."""
        self._make_room(len(sample))
        self._rejects.append(Reject(reason, sample, at))

    def unread(self, objects: Iterable[S3Object]) -> list[S3Object]:
        """Those objects (or files) whose present content this source has not read."""
        return self._warehouse.unread(self.scope, objects)

    def finished(self, each: S3Object) -> None:
        """Everything in this object has been handed over: it is remembered with the last of it."""
        self._finished.append(each)

    def files(
        self, feed: str, paths: Iterable[Path], constants: Mapping[str, str], objects: Iterable[S3Object] = ()
    ) -> None:
        """Put whole Parquet files, at once, in place of the rows that have the same constants."""
        with self._warehouse.transaction():
            landed = self._warehouse.land_files(feed, paths, constants, self.scope)
            self._warehouse.mark_read(self.scope, objects)
        self.landed = self.landed + landed

    def wait_for(self, moment: datetime) -> None:
        """Something of that moment is not finished: the next window has to reach back to it (by the minute)."""
        self.unfinished.add(floor(moment, timedelta(minutes=1)))

    def flush(self) -> None:
        """Land what is held here. Called inside a transaction."""
        for feed, spool in self._spools.items():
            if spool.events:
                self.landed = self.landed + self._warehouse.land_records(feed, spool, self.scope)
                spool.clear()
        for feed, rows in self._rows.items():
            self.landed = self.landed + self._warehouse.land_rows(feed, rows, (), self.scope)
        if self._rejects:
            self.landed = self.landed + self._warehouse.count_rejects(self.scope, self._rejects)
        if self._finished:
            self._warehouse.mark_read(self.scope, self._finished)
        self._rows, self._rejects, self._finished = {}, [], []
        self._held_events = self._held_bytes = 0

    def settle(self) -> None:
        """Land the many records that are left of a window that is whole. Called before the transaction that ends it."""
        for feed, spool in self._spools.items():
            if spool.events >= WHOLE_EVENTS:
                self._land_spool(feed, spool)

    def finish(self) -> None:
        """Land what is left of a window that is whole. Called inside the transaction that moves the cursor."""
        self.flush()
        for feed in self._spools:
            self.landed = self.landed + self._warehouse.land_held(feed, self.scope)

    def give_up(self) -> None:
        """Forget what is held of a window that broke off; whole batches that have landed stay."""
        for feed in self._spools:
            self._warehouse.drop_held(feed, self.scope)

    def _land_batch(self) -> None:
        """Land what is held while the window goes on: the records first, a transaction a feed."""
        for feed, spool in self._spools.items():
            if spool.events:
                self._land_spool(feed, spool)
        if self._rows or self._rejects or self._finished:
            with self._warehouse.transaction():
                self.flush()
        self._held_events = self._held_bytes = 0

    def _land_spool(self, feed: str, spool: Spool) -> None:
        landed = self._warehouse.land_batch(feed, spool, self.scope, plain=feed not in self._mixed)
        if landed.rows_new == landed.rows_read:
            self._mixed.discard(feed)
        else:
            self._mixed.add(feed)
        self.landed = self.landed + landed
        spool.clear()

    def _make_room(self, size: int = 0) -> None:
        """Count one more record, row or reject of `size` bytes; land what is held where it would be too much."""
        if self._held_events and not self._has_room(1, size):
            self._land_batch()
        self._hold(1, size)

    def _has_room(self, events: int, size: int) -> bool:
        return self._held_events + events <= BATCH_EVENTS and self._held_bytes + size <= BATCH_BYTES

    def _hold(self, events: int, size: int) -> None:
        self._held_events += events
        self._held_bytes += size
