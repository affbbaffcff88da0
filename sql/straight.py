"""Land a whole batch of new records straight into its table, without the detour over the table `batch`.

That detour tells what is wrong, what is known and what has changed, and writes every row twice. A first reading and a
backfill need none of it: they bring whole batches of good records that nobody has seen. So these are inserted first and
looked at then; where a single one was rejected, skipped, known or late, NotStraight ends the transaction, nothing of it
stays, and the batch lands the usual way.
"""

from __future__ import annotations

import duckdb

from sql import landing, sealing
from sql.landing import NEAR, Feed
from sql.rows import Landed, Scope
from sql.spool import Spool, Times

# What parse files give beside the columns of their table.
BESIDE = ("delivery_id", "ingested_at", "event_at", "skip", "reject")


class NotStraight(Exception):
    """The batch needs the usual way. The transaction has to be rolled back."""


def land(con: duckdb.DuckDBPyConnection, name: str, spool: Spool, scope: Scope) -> Landed:
    """Parse the spool with feed `name` into its raw table. Call inside a transaction of its own. Raises NotStraight."""
    source, times = landing.feed(name), spool.times()
    if times is None or source.time is None or source.sums or _has_rows(con, source, times):
        raise NotStraight
    landing.give(con, scope, {"spool": str(spool.flush())})
    newest = _one(con, f"SELECT coalesce(max(rowid), -1) FROM {source.qualified}")
    inserted = con.execute(
        f"""INSERT INTO {source.qualified} BY NAME SELECT * EXCLUDE ({", ".join(BESIDE)})
            FROM ({source.model.sql}) WHERE skip IS NULL AND reject IS NULL"""
    ).fetchone()
    added = f"FROM {source.qualified} WHERE rowid > {newest}"
    if inserted != (spool.events,) or not _are_new(con, source, added):
        raise NotStraight
    if source.touches is None:
        landing.touch_table(con, source)
    else:
        kind, key = source.touches
        con.execute(f"""INSERT INTO raw.touched SELECT DISTINCT '{kind}', "{key}" {added}""")
    return Landed(spool.events, spool.events, first_at=times.first, last_at=times.last, late_p999_ms=times.late_p999_ms)


def _has_rows(con: duckdb.DuckDBPyConnection, source: Feed, times: Times) -> bool:
    """Whether the table has rows between the first record and the last: then some of them are probably known."""
    between = f'"{source.time}" > ? AND "{source.time}" < ?'
    found = con.execute(f"SELECT 1 FROM {source.qualified} WHERE {between} LIMIT 1", [times.first, times.last])
    return found.fetchone() is not None


def _are_new(con: duckdb.DuckDBPyConnection, source: Feed, added: str) -> bool:
    """Whether no key of the rows that were added stands twice near their times, and none belongs to a sealed day."""
    first, last = con.execute(f'SELECT min("{source.time}"), max("{source.time}") {added}').fetchone() or (None, None)
    if sealing.may_hold(con, source.table, first):
        return False
    keys = ", ".join(f'"{key}"' for key in source.key)  # two keys of one hash only cost the usual way
    near = f'"{source.time}" BETWEEN $1::TIMESTAMP - {NEAR} AND $2::TIMESTAMP + {NEAR}'
    counted = f"SELECT count(*) - count(DISTINCT hash({keys})) FROM {source.qualified} WHERE {near}"
    return _one(con, counted, [first, last]) == 0


def _one(con: duckdb.DuckDBPyConnection, statement: str, values: list[object] | None = None) -> int:
    row = con.execute(statement, values or []).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives one row
    return int(row[0])
