"""Land a batch of records: parse in one SELECT, reject with a reason, merge by key, in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import duckdb

from sql import sealing
from sql.errors import BadModel
from sql.models import Model, folder
from sql.rows import Landed, Scope
from sql.scrub import scrub
from sql.spool import Spool

SAMPLES_PER_REASON = 5
# How far around a batch its keys are looked for: records of one key carry one time.
NEAR = "INTERVAL 1 HOUR"


@dataclass(frozen=True)
class Feed:
    """A parse file and the raw table it fills.

    Records of one key merge field by field: known beats unknown; of two known values the greater wins, except in the
    columns that `least` names. Neither depends on the order of arrival. `time` is the column that all records of one
    key share; without it a known key is looked for everywhere. `touches` says what the next build looks at again.
    `sums` are added up over a whole window before it lands. `replaces`: rows equal in these columns go first.
    """

    model: Model
    table: str
    key: tuple[str, ...]
    time: str | None
    touches: tuple[str, str] | None
    least: frozenset[str]
    sums: tuple[str, ...]
    replaces: tuple[str, ...]

    @property
    def qualified(self) -> str:
        return f'raw."{self.table}"'

    @property
    def on(self) -> str:
        return " AND ".join(f'r."{k}" = l."{k}"' for k in self.key)


def feed(name: str) -> Feed:
    """The feed of a file in sql/parse/. Raises BadModel."""
    models = folder("parse")
    if name not in models:
        raise BadModel(f"There is no feed '{name}'.", f"Feeds are the files of sql/parse/: {', '.join(models)}.")
    model = models[name]
    replaces = _listed(model, "replaces")
    touches = model.head.get("touches", "").split()
    return Feed(
        model,
        table=model.need("into").removeprefix("raw."),
        key=() if replaces else tuple(k.strip() for k in model.need("key").split(",")),
        time=model.head.get("time"),
        touches=(touches[0], touches[1]) if touches else None,
        least=frozenset(_listed(model, "least")),
        sums=_listed(model, "sums"),
        replaces=replaces,
    )


def _listed(model: Model, head: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in model.head.get(head, "").split(",") if part.strip())


def land(con: duckdb.DuckDBPyConnection, name: str, spool: Spool, scope: Scope) -> Landed:
    """Parse the spool with feed `name` and merge its rows into the raw table. Call inside a transaction.

    The rows of a feed with `sums` are held in memory until `land_held`.
    """
    source = feed(name)
    landed = _parse(con, source, scope, {"spool": str(spool.flush())})
    if landed.rejects:
        _keep_rejects(con, spool, scope)
    if landed.rows_read > sum(landed.rejects.values()) + sum(landed.skipped.values()):
        if source.sums:
            _hold(con, source, scope)
        else:
            landed.rows_new, landed.rows_changed, landed.duplicates = _merge(con, source)
    return landed


def land_files(
    con: duckdb.DuckDBPyConnection, name: str, paths: list[str], constants: Mapping[str, str], scope: Scope
) -> Landed:
    """Put what the files hold in place of the rows that have the same constants. Call inside a transaction."""
    source = feed(name)
    if set(constants) != set(source.replaces):
        raise BadModel(f"{name} replaces by {', '.join(source.replaces) or 'nothing'}.", f"Got {sorted(constants)}.")
    for variable, value in constants.items():
        con.execute(f"SET VARIABLE {variable} = ?", [value])
    where = " AND ".join(f'"{column}" = ?' for column in constants)
    gone = con.execute(f"DELETE FROM {source.qualified} WHERE {where}", list(constants.values())).fetchone()
    landed = Landed()
    if paths:
        landed = _parse(con, source, scope, {"files": paths})
        names = ", ".join(f'"{column}"' for column in _columns(con, source))
        good = "FROM batch WHERE skip IS NULL AND reject IS NULL"
        con.execute(f"INSERT INTO {source.qualified} BY NAME SELECT {names} {good}")
        landed.rows_new = landed.rows_read - sum(landed.rejects.values()) - sum(landed.skipped.values())
    if landed.rows_new or (gone and gone[0]):
        touch_table(con, source)
    return landed


def land_held(con: duckdb.DuckDBPyConnection, name: str, scope: Scope) -> tuple[int, int]:
    """Land what a feed with `sums` held back during a window that is now whole. Returns (new, changed)."""
    source = feed(name)
    if not _is_held(con, source, scope):
        return 0, 0
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE batch AS SELECT *, NULL AS skip, NULL AS reject FROM {_held(source, scope)}"
    )
    drop_held(con, name, scope)
    new, changed, _ = _merge(con, source)
    return new, changed


def drop_held(con: duckdb.DuckDBPyConnection, name: str, scope: Scope) -> None:
    """Forget what was held back of a window that broke off."""
    con.execute(f"DROP TABLE IF EXISTS {_held(feed(name), scope)}")


def give(con: duckdb.DuckDBPyConnection, scope: Scope, inputs: Mapping[str, object]) -> None:
    """Set the variables that the SELECTs of feeds read."""
    place = {
        "account_id": scope.account_id,
        "region": scope.region,
        "source_name": scope.source,
        "scope_name": scope.name,
    }
    for variable, value in (*place.items(), *inputs.items()):
        con.execute(f"SET VARIABLE {variable} = ?", [value])


def _parse(con: duckdb.DuckDBPyConnection, source: Feed, scope: Scope, inputs: Mapping[str, object]) -> Landed:
    """Run the feed's SELECT into the temporary table `batch`."""
    give(con, scope, inputs)
    con.execute(f"CREATE OR REPLACE TEMP TABLE batch AS {source.model.sql}")
    given = {row[0] for row in con.execute("SELECT column_name FROM (DESCRIBE batch)").fetchall()}
    for column, kind in con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {source.qualified})").fetchall():
        if column not in given:  # another feed of the same table fills it
            con.execute(f'ALTER TABLE batch ADD COLUMN "{column}" {kind}')
    sealing.refuse_late(con, source.table)
    return _counts(con)


def _held(source: Feed, scope: Scope) -> str:
    place = sha256(repr(scope).encode()).hexdigest()[:12]
    return f"temp.held_{source.model.name}_{place}"


def _is_held(con: duckdb.DuckDBPyConnection, source: Feed, scope: Scope) -> bool:
    name = _held(source, scope).removeprefix("temp.")
    return con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [name]).fetchone() != (0,)


def _hold(con: duckdb.DuckDBPyConnection, source: Feed, scope: Scope) -> None:
    """Add a batch to what its window came to so far."""
    held, columns = _held(source, scope), _columns(con, source)
    picked = ", ".join(
        f'"{c}"' if c in source.key else f'{"sum" if c in source.sums else "max"}("{c}") AS "{c}"' for c in columns
    )
    key = ", ".join(f'"{k}"' for k in source.key)
    good = "FROM batch WHERE skip IS NULL AND reject IS NULL"
    before = f"UNION ALL BY NAME FROM {held}" if _is_held(con, source, scope) else ""
    names = ", ".join(f'"{c}"' for c in columns)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE holding AS SELECT {picked} FROM (SELECT {names} {good} {before}) GROUP BY {key}"
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE {held.removeprefix('temp.')} AS FROM holding")
    con.execute("DROP TABLE holding")


def _columns(con: duckdb.DuckDBPyConnection, source: Feed) -> list[str]:
    return [row[0] for row in con.execute(f"SELECT column_name FROM (DESCRIBE {source.qualified})").fetchall()]


def touch_table(con: duckdb.DuckDBPyConnection, source: Feed) -> None:
    """Ask the next build to make the tables again that read this one whole."""
    con.execute("INSERT INTO raw.touched VALUES ('table', ?)", [source.table])


def _counts(con: duckdb.DuckDBPyConnection) -> Landed:
    row = con.execute(
        """SELECT count(*), min(event_at), max(event_at),
                  quantile_disc(CASE WHEN ingested_at > event_at THEN date_diff('millisecond', event_at, ingested_at)
                                     WHEN ingested_at IS NOT NULL THEN 0 END, 0.999)
           FROM batch"""
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate without GROUP BY gives one row
    skipped = con.execute(
        "SELECT skip, count(*) FROM batch WHERE skip IS NOT NULL GROUP BY skip ORDER BY skip"
    ).fetchall()
    rejects = con.execute(
        "SELECT reject, count(*) FROM batch WHERE skip IS NULL AND reject IS NOT NULL GROUP BY reject ORDER BY reject"
    ).fetchall()
    return Landed(
        rows_read=row[0],
        first_at=row[1],
        last_at=row[2],
        late_p999_ms=row[3],
        skipped=dict(skipped),
        rejects=dict(rejects),
    )


def _keep_rejects(con: duckdb.DuckDBPyConnection, spool: Spool, scope: Scope) -> None:
    """Write rejects under their delivery id, so that reading a window again does not count them again."""
    lines = con.execute(
        """WITH lines AS (
               SELECT line, CASE WHEN json_valid(line) THEN line->>'$.e' END AS event_id,
                   regexp_extract(line, '^\\{"t":[^,]*,"i":[^,]*,"e":"([^"]*)"', 1) AS stated_id
               FROM read_csv(getvariable('spool'), columns = {line: 'VARCHAR'}, delim = chr(1), quote = '', escape = '',
                   header = false, auto_detect = false, max_line_size = 33554432)),
           wrong AS (SELECT delivery_id, reject, event_at FROM batch WHERE skip IS NULL AND reject IS NOT NULL)
           SELECT reject, delivery_id, line, event_at FROM wrong JOIN lines ON event_id = delivery_id
           WHERE delivery_id IS NOT NULL
           UNION ALL SELECT 'malformed_json', stated_id, line, NULL FROM lines WHERE event_id IS NULL"""
    ).fetchall()
    write_rejects(
        con, scope, [(reason, event_id, line.partition(',"m":')[2][:-1], at) for reason, event_id, line, at in lines]
    )


def write_rejects(con: duckdb.DuckDBPyConnection, scope: Scope, rows: list[tuple[str, str, str, object]]) -> int:
    """Keep (reason, id, text, time) as rejects, once per id, scrubbed and shortened. Returns how many are new."""
    with Spool() as spool:
        for reason, event_id, text, at in rows:
            record = {"reason": reason, "id": event_id, "sample": scrub(text), "at": None if at is None else str(at)}
            spool.add(json.dumps(record), at_ms=None, ingested_ms=None, event_id="", group="")
        place = [scope.source, scope.account_id, scope.region, scope.name]
        result = con.execute(
            """INSERT INTO ops.rejects
               SELECT DISTINCT ON (m.id, m.reason) $2, $3, $4, $5, m.reason, m.id, m.sample, m."at"
               FROM read_json($1, format = 'newline_delimited',
                   columns = {m: 'STRUCT(reason VARCHAR, id VARCHAR, sample VARCHAR, "at" TIMESTAMP)'})
               ANTI JOIN (FROM ops.rejects WHERE source = $2 AND account_id = $3 AND region = $4 AND scope = $5) known
                   ON known.event_id = m.id AND known.reason = m.reason""",
            [str(spool.flush()), *place],
        )
        return max(result.rowcount, 0)


def _merge(con: duckdb.DuckDBPyConnection, source: Feed) -> tuple[int, int, int]:
    """Insert unknown keys, merge known ones field by field. Returns (new, changed, duplicates)."""
    columns = _columns(con, source)
    delivered, rows = _one_row_a_key(con, source, columns)
    known = _find_known(con, source)
    changed = _find_changed(con, source, columns) if known else 0
    unknown = f"FROM landing l ANTI JOIN known r ON {source.on}" if known else "FROM landing l"
    if (changed or rows > known) and source.touches is None:
        touch_table(con, source)
    elif changed or rows > known:
        kind, key = source.touches or ("", "")
        also = f'UNION SELECT "{key}" FROM changed' if changed else ""
        con.execute(
            f"""INSERT INTO raw.touched SELECT '{kind}', "{key}" FROM (SELECT DISTINCT l."{key}" {unknown} {also})"""
        )
    if rows > known:
        con.execute(f"INSERT INTO {source.qualified} BY NAME SELECT l.* {unknown}")
    if changed:
        con.execute(f"DELETE FROM {source.qualified} WHERE rowid IN (SELECT rid FROM changed)")
        con.execute(f"INSERT INTO {source.qualified} BY NAME SELECT * EXCLUDE (rid) FROM changed")
    return rows - known, changed, delivered - (rows - known) - changed


def _one_row_a_key(con: duckdb.DuckDBPyConnection, source: Feed, columns: list[str]) -> tuple[int, int]:
    """Let `landing` be the good records of the batch, one row a key. Returns the number of records and of rows."""
    key = ", ".join(f'"{k}"' for k in source.key)
    good = "FROM batch WHERE skip IS NULL AND reject IS NULL"
    delivered, rows = con.execute(f"SELECT count(*), count(DISTINCT ({key})) {good}").fetchone() or (0, 0)
    names = ", ".join(f'"{c}"' for c in columns)
    picked = f"SELECT {names} {good}"
    if rows < delivered:
        merged = ", ".join(
            f'"{c}"' if c in source.key else f'{"min" if c in source.least else "max"}("{c}") AS "{c}"' for c in columns
        )
        con.execute(f"CREATE OR REPLACE TEMP TABLE merged AS SELECT {merged} {good} GROUP BY {key}")
        picked = "FROM merged"
    con.execute(f"CREATE OR REPLACE TEMP VIEW landing AS {picked}")
    return delivered, rows


def _find_known(con: duckdb.DuckDBPyConnection, source: Feed) -> int:
    """Fill `known` with the keys that are there already; returns their number.

    They are looked for only near the batch's own times: records of one key carry one time.
    """
    near, span = "", None
    if source.time is not None:
        near = f'WHERE "{source.time}" BETWEEN ? AND ?'
        span = con.execute(
            f'SELECT min("{source.time}") - {NEAR}, max("{source.time}") + {NEAR} FROM landing'
        ).fetchone()
    keys = ", ".join(f'"{k}"' for k in source.key)
    return _made(
        con,
        f"""CREATE OR REPLACE TEMP TABLE known AS
            SELECT r.* FROM (SELECT rowid AS rid, {keys} FROM {source.qualified} {near}) r
            SEMI JOIN landing l ON {source.on}""",
        span,
    )


def _find_changed(con: duckdb.DuckDBPyConnection, source: Feed, columns: list[str]) -> int:
    """Fill `changed` with the known rows that what has come adds something to, merged; returns their number."""
    merged = {c: f'{"least" if c in source.least else "greatest"}(r."{c}", l."{c}")' for c in columns}
    merged |= {k: f'r."{k}"' for k in source.key}
    picked = ", ".join(f'{merged[c]} AS "{c}"' for c in columns)
    differs = " OR ".join(f'{merged[c]} IS DISTINCT FROM r."{c}"' for c in columns if c not in source.key)
    return _made(
        con,
        f"""CREATE OR REPLACE TEMP TABLE changed AS
            SELECT r.rid, {picked}
            FROM (SELECT rowid AS rid, * FROM {source.qualified} WHERE rowid IN (SELECT rid FROM known)) r
            JOIN landing l ON {source.on} WHERE {differs or "false"}""",
    )


def _made(con: duckdb.DuckDBPyConnection, statement: str, values: tuple[object, ...] | None = None) -> int:
    """Make a table by query; returns its number of rows."""
    row = con.execute(statement, list(values or ())).fetchone()
    return int(row[0]) if row else 0
