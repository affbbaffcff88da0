"""The warehouse: connect, land, build, check, publish. One process writes; docs/architecture.md shows the data path."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from sql import bookkeeping, checking, compaction, finding, landing, straight, unpublished
from sql import build as building
from sql.build import BuildReport
from sql.checking import CheckResult
from sql.compaction import Room
from sql.config import ConfigTables
from sql.definitions import BrokenOwn, refuse
from sql.errors import DiskFull
from sql.files import KEPT_PUBLISHED, connected, drop_half_published, full_disk_told, prepare_home, write_json
from sql.finding import Finding
from sql.journal import FEEDS, pending
from sql.lock import HomeLock
from sql.models import folder
from sql.publish import publish
from sql.ranges import Ranges
from sql.retention import Kept, Retention, keep
from sql.rows import Called, Cursor, Landed, Reject, Run, S3Object, Scope, Spent, remembered_lateness
from sql.spool import Spool
from sql.targets import remember

__all__ = [
    "BuildReport",
    "Called",
    "CheckResult",
    "Cursor",
    "Landed",
    "Reject",
    "Run",
    "S3Object",
    "Scope",
    "Spent",
    "Spool",
    "Warehouse",
]


class Warehouse:
    """The one writer of a home. Use as a context manager.

    Several threads may land at once: each transaction holds the one connection until it ends.
    """

    def __init__(self, home: Path, con: duckdb.DuckDBPyConnection, lock: HomeLock | None = None) -> None:
        self.home = home
        self._con = con
        self._lock = lock
        self._published_kept = KEPT_PUBLISHED
        self._built_anew = True
        self._one_at_a_time = RLock()
        self.ranges = Ranges(con, self._one_at_a_time)

    @classmethod
    def open(cls, home: Path, *, kind: str | None) -> Warehouse:
        """Open or make the warehouse of `home`; `kind` is demo or account, or None: whatever it holds.

        Raises HomeNotWritable, LedgerLocked, NewerWarehouse, WrongHome, DiskFull.
        """
        prepare_home(home)
        lock = HomeLock(home)
        try:
            return cls(home, connected(home, kind, _now()), lock)
        except BaseException:
            lock.release()
            raise

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and give up the lock."""
        try:
            self._con.close()
        finally:
            if self._lock is not None:
                self._lock.release()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside lands together or not at all."""
        with self._one_at_a_time, full_disk_told(self.home):
            self._con.execute("BEGIN")
            try:
                yield
            except BaseException:
                with suppress(duckdb.Error):  # what has no room left may have ended it already
                    self._con.execute("ROLLBACK")
                raise
            self._con.execute("COMMIT")

    def configure(self, tables: ConfigTables, now: datetime | None = None) -> None:
        """Put the owner's settings in place of the former ones; targets keep their history. `now` is naive UTC."""
        at = (now or _now()).replace(tzinfo=UTC)
        with self.transaction():
            remember(self._con, tables.targets, at.astimezone(ZoneInfo(tables.org.get("timezone", "UTC"))).date())
            self._fill("org", [{"key": k, "value": v} for k, v in tables.org.items()])
            self._fill("contracts", [{k: v for k, v in asdict(c).items() if k != "hosts"} for c in tables.contracts])
            self._fill("hosts", [{"agent_id": c.agent_id, "host": h} for c in tables.contracts for h in c.hosts])
            self._fill("targets", [asdict(t) for t in tables.targets])
            self._fill("prices", [asdict(p) for p in tables.prices])
            self._fill("model_aliases", [{"alias": k, "model": v} for k, v in tables.model_aliases.items()])
            self._fill("own_files", [asdict(each) for each in tables.own_files])

    def _fill(self, table: str, rows: list[dict[str, Any]]) -> None:
        self._con.execute(f"DELETE FROM config.{table}")
        for row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" for _ in row)
            self._con.execute(f"INSERT INTO config.{table} ({names}) VALUES ({marks})", list(row.values()))

    def cursor(self, scope: Scope) -> Cursor | None:
        """How far `scope` has been read, or None."""
        with self._one_at_a_time:
            row = self._con.execute(
                """SELECT reached_at, newest_event_at, late_p999_ms, deep_read_at FROM ops.cursors
                   WHERE source = ? AND account_id = ? AND region = ? AND scope = ?""",
                [scope.source, scope.account_id, scope.region, scope.name],
            ).fetchone()
        return None if row is None else Cursor(scope, *row)

    def set_cursor(self, cursor: Cursor) -> None:
        """Move the cursor; a known newest event or lateness is not forgotten when a window brings none."""
        before = self.cursor(cursor.scope)
        if before is not None:
            known = [t for t in (cursor.newest_event_at, before.newest_event_at) if t is not None]
            late = remembered_lateness(before, cursor)
            deep = cursor.deep_read_at or before.deep_read_at
            cursor = replace(cursor, newest_event_at=max(known, default=None), late_p999_ms=late, deep_read_at=deep)
        place = [cursor.scope.source, cursor.scope.account_id, cursor.scope.region, cursor.scope.name]
        self._con.execute(
            "DELETE FROM ops.cursors WHERE source = ? AND account_id = ? AND region = ? AND scope = ?", place
        )
        self._con.execute(
            "INSERT INTO ops.cursors VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [*place, cursor.reached_at, cursor.newest_event_at, cursor.late_p999_ms, _now(), cursor.deep_read_at],
        )

    def land_records(self, feed: str, spool: Spool, scope: Scope) -> Landed:
        """Parse the spooled records with sql/parse/<feed>.sql and merge them by key. Call inside `transaction()`."""
        return landing.land(self._con, feed, spool, scope)

    def land_batch(self, feed: str, spool: Spool, scope: Scope, *, plain: bool = True) -> Landed:
        """Land a whole batch of records, committed when this returns. Call outside of `transaction()`.

        `plain`: all of it is probably good and new, so it is tried to land it straight.
        """
        if plain:
            with suppress(straight.NotStraight), self.transaction():
                return straight.land(self._con, feed, spool, scope)
        with self.transaction():
            return self.land_records(feed, spool, scope)

    def land_rows(
        self, feed: str, rows: Iterable[Mapping[str, Any]], rejects: Iterable[Reject], scope: Scope
    ) -> Landed:
        """Land rows that were parsed in Python: dicts of the feed's columns. Call inside `transaction()`."""
        encode = json.JSONEncoder(default=str, sort_keys=True).encode
        with Spool() as spool:
            for row in rows:
                text = encode(row)
                spool.add(text, at_ms=None, ingested_ms=None, event_id=_row_id(text), group=scope.name)
            landed = self.land_records(feed, spool, scope) if spool.events else Landed()
        return landed + self.count_rejects(scope, rejects)

    def land_files(self, feed: str, paths: Iterable[Path], constants: Mapping[str, str], scope: Scope) -> Landed:
        """Put what Parquet files hold in place of the rows with these constants. Call inside `transaction()`."""
        return landing.land_files(self._con, feed, [str(path) for path in paths], constants, scope)

    def land_held(self, feed: str, scope: Scope) -> Landed:
        """Land the sums of a window that is whole now. Call inside `transaction()`."""
        new, changed = landing.land_held(self._con, feed, scope)
        return Landed(rows_new=new, rows_changed=changed)

    def drop_held(self, feed: str, scope: Scope) -> None:
        """Forget the sums of a window that broke off."""
        with self._one_at_a_time:
            landing.drop_held(self._con, feed, scope)

    def unread(self, scope: Scope, objects: Iterable[S3Object]) -> list[S3Object]:
        """Those objects whose present content has not been read."""
        asked = list(objects)
        with self._one_at_a_time:
            known = set(
                self._con.execute(
                    """SELECT bucket, key, etag FROM ops.objects
                       WHERE source = ? AND account_id = ? AND region = ? AND key BETWEEN ? AND ?""",
                    [
                        *(scope.source, scope.account_id, scope.region),
                        *(min((each.key for each in asked), default=""), max((each.key for each in asked), default="")),
                    ],
                ).fetchall()
            )
        return [each for each in asked if (each.bucket, each.key, each.etag) not in known]

    def mark_read(self, scope: Scope, objects: Iterable[S3Object]) -> None:
        """Remember that these objects have been read. Call in the transaction that lands what they hold."""
        rows = [{**asdict(each), "modified_at": str(each.modified_at or "") or None} for each in objects]
        place = [scope.source, scope.account_id, scope.region]
        self._con.execute(
            f"""CREATE OR REPLACE TEMP TABLE done AS
                SELECT unnest(from_json($1, '[{_OBJECT}]'), recursive := true)""",
            [json.dumps(rows)],
        )
        self._con.execute(
            """DELETE FROM ops.objects USING done
               WHERE objects.source = ? AND objects.account_id = ? AND objects.region = ?
                   AND objects.bucket = done.bucket AND objects.key = done.key""",
            place,
        )
        self._con.execute(
            """INSERT INTO ops.objects SELECT ?, ?, ?, bucket, key, etag, size, modified_at, ?
               FROM done QUALIFY row_number() OVER (PARTITION BY bucket, key ORDER BY modified_at DESC, etag) = 1""",
            [*place, _now()],
        )

    def count_rejects(self, scope: Scope, rejects: Iterable[Reject]) -> Landed:
        """Keep records that never reached a parse, once each however often they are read."""
        kept = list(rejects)
        rows = [
            (r.reason, sha256(f"{r.reason}|{r.at}|{r.sample}".encode()).hexdigest()[:24], r.sample, r.at) for r in kept
        ]
        if rows:
            landing.write_rejects(self._con, scope, [(reason, key, sample, at) for reason, key, sample, at in rows])
        counts: dict[str, int] = {}
        for reject in kept:
            counts[reject.reason] = counts.get(reject.reason, 0) + 1
        return Landed(rows_read=len(kept), rejects=counts)

    def land_journal(self, beside: Sequence[Mapping[str, Any]] = ()) -> Landed:
        """Land what people entered in the app, and records `beside` of the same kinds. Safe to repeat."""
        records, landed = [*pending(self.home), *beside], Landed()
        with self.transaction():
            for name, feed in FEEDS.items():
                landed += self._land_entries(feed, [each for each in records if each.get("event.name") == name])
        return landed

    def _land_entries(self, feed: str, records: Sequence[Mapping[str, Any]]) -> Landed:
        with Spool() as spool:
            for record in records:
                event = str(record.get("event_id", ""))
                spool.add(json.dumps(record), at_ms=None, ingested_ms=None, event_id=event, group="journal")
            return self.land_records(feed, spool, Scope("journal", "", "")) if records else Landed()

    def record_run(self, run: Run) -> None:
        """Write one pass into the collector's book. Call inside `transaction()`."""
        bookkeeping.record_run(self._con, run)

    def count_calls(self, scope: Scope, called: Sequence[Called], at: datetime) -> None:
        """Book calls that belong to no pass over a scope, such as looking for scopes."""
        with self.transaction():
            bookkeeping.add_usage(self._con, scope, called, at)

    def spent(self, now: datetime) -> list[Spent]:
        """Estimated AWS charges of the month (UTC) in which `now` lies, by source."""
        with self.transaction():
            bookkeeping.tidy(self._con, now)
            return bookkeeping.spent(self._con, now)

    def build(self, now: datetime) -> BuildReport:
        """Bring the marts and daily parts up to date: all or nothing.

        A file of the owner's that breaks is refused, and the build made without it.
        """
        while True:
            try:
                with self.transaction():
                    report = building.build(self._con, now)
                self._built_anew = report.did_something
                return report
            except BrokenOwn as broken:
                with self.transaction():
                    refuse(self._con, broken, now)

    def check(self) -> list[CheckResult]:
        """Run the data checks of the last build, and look for findings in it. A failed check stops publishing.

        Where the build did nothing, what rests on marts and spans alone and was looked at since they changed stays.
        """
        settled = not self._built_anew and checking.is_settled(self._con)
        results = checking.results(self._con, settled=settled)
        with self.transaction():
            finding.save_shown(self._con, _now(), settled=settled)
            checking.save(self._con, results, _now())
        return results

    def findings_in_data(self) -> list[Finding]:
        """What the last build shows of lost records."""
        with self._one_at_a_time:
            return finding.in_data(self._con)

    def save_findings(self, findings: Sequence[Finding], at: datetime) -> None:
        """Put what AWS said in place of what it said before; `at` is naive UTC."""
        with self.transaction():
            finding.save_asked(self._con, findings, at)

    def examined_at(self) -> datetime | None:
        """When AWS was asked last, naive UTC."""
        with self._one_at_a_time:
            return finding.examined_at(self._con)

    def publish(self, now: datetime) -> Path | None:
        """Publish unless a check of severity `fail` has offenders; then None, and the last good file stays."""
        failed = self._con.execute("SELECT count(*) FROM ops.check_results WHERE severity = 'fail'").fetchone()
        if failed and failed[0]:
            return None
        with full_disk_told(self.home):
            try:
                made = publish(self._con, self.home, now, self._published_kept)
            finally:
                drop_half_published(self.home)
        with self.transaction():
            building.mark_published(self._con)
            unpublished.settle(self._con, *made)
        return made.path

    def keep(self, retention: Retention, now: datetime) -> Kept:
        """Seal days and delete what is past its time, once a day, after a build whose checks are good."""
        self._published_kept = retention.published_files
        with self.transaction():
            return keep(self._con, retention, now)

    def status(self, now: datetime) -> dict[str, Any]:
        """What the collector knows of itself: scopes with cursor and last run, calls and charges, rejects, checks."""
        return {
            "kind": (self._con.execute("SELECT value FROM ops.meta WHERE key = 'kind'").fetchone() or (None,))[0],
            "scopes": bookkeeping.scopes(self._con),
            "month": bookkeeping.month(self._con, now),
            "ranges": self.ranges.progress(),
            "gaps": self.ranges.gaps(),
            "rejects": self._dicts(folder("operations")["rejects"].sql),
            "checks": self._dicts("SELECT * FROM ops.check_results ORDER BY severity, check_name"),
            "refused": self._dicts("SELECT kind, name, reason FROM ops.refused_files ORDER BY kind, name"),
        }

    def write_status(self, now: datetime, published: Path | None, more: Mapping[str, Any] | None = None) -> None:
        """Write status.json, atomically, so that a run that could not publish is seen all the same."""
        body = {**self.status(now), "written_at": now, "published": None if published is None else published.name}
        with full_disk_told(self.home):
            write_json(self.home / "status.json", {**body, **(more or {})})

    def room(self) -> Room:
        """How big the file is, and how much of it holds nothing."""
        return compaction.room(self._con, self.home)

    def compact_if_worthwhile(self) -> bool:
        """Compact when more than half of the file is free; one that finds no room for a copy waits for another day."""
        try:
            return self.room().worthwhile and self.compact()[1] > 0
        except DiskFull:
            return False

    def compact(self) -> tuple[Room, int]:
        """Write the file anew without free room: what it took, and its new size. Raises DiskFull."""
        with self._one_at_a_time:
            before, size = compaction.compact(self._con, self.home)
            self._con.close()
            self._con = connected(self.home, None, _now())
            self.ranges = Ranges(self._con, self._one_at_a_time)
        return before, size

    def _dicts(self, query: str) -> list[dict[str, Any]]:
        result = self._con.execute(query)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


_OBJECT = '{"bucket":"VARCHAR","key":"VARCHAR","etag":"VARCHAR","size":"BIGINT","modified_at":"TIMESTAMP"}'


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _row_id(text: str) -> str:
    """A delivery id for a row parsed in Python: its own content."""
    return sha256(text.encode()).hexdigest()[:24]
