"""Build the marts and the daily parts for what landed since the last build: all of a day or nothing, in any order.

`given_*` are the traces, calls, tasks and events that this build looks at again; every model is one SELECT that sees
only them, so the same SQL serves one page of new rows and a full build.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from sql import definitions, own_parts, restating, rules, sealing, unpublished, waiting
from sql.contract import DAILY, PARTS_TABLE, WHOLE
from sql.definitions import Settled
from sql.emptiness import Emptiness, condition, tables_asked
from sql.models import ROOT, Model, build_order, folder, inputs, run, sources_digest
from sql.restating import PART_TABLES
from sql.rules import Rule

EVERY_DAY = "SELECT day FROM mart.kpi_daily UNION SELECT day FROM mart.latency_buckets"


@dataclass(frozen=True)
class BuildReport:
    """What a build did: whether everything was rebuilt, how many traces it looked at and which days changed."""

    full: bool
    traces: int
    days: tuple[date, ...]

    @property
    def did_something(self) -> bool:
        return self.full or self.traces > 0 or bool(self.days)


def build(con: duckdb.DuckDBPyConnection, now: datetime) -> BuildReport:
    """Bring the marts up to date. Call inside a transaction."""
    _set_variables(con, now)
    _create_parts(con)
    through = _meta(con, "published_through")
    settled = definitions.settle(con, now, through)
    ruling = rules.accepted(con, now)
    fingerprint = _fingerprint(con, ruling)
    full = _meta(con, "fingerprint") != fingerprint
    if not full and not settled.anew and not waiting.is_anything(con):
        return BuildReport(False, 0, ())
    restating.begin(con)
    for name in ("given_days", "moved_days"):
        run(con, f"CREATE OR REPLACE TEMP TABLE {name} (day DATE)")
    if full:
        restating.remember(con, settled.models, through, EVERY_DAY, restating.SETTINGS)
        _drop_marts(con)
        _create_parts(con)
    rows = Emptiness(con)
    for model in build_order(con, folder("standing")):
        _make(con, rows, model)
    rules.note_keys(con, ruling)
    traces = _choose(con, full=full)
    given = traces + sum(_count(con, name) for name in ("given_outcomes", "given_requests"))
    rows.look_at(_sources_asked(con))
    steps = folder("staging") | folder("intermediate")
    marts = _stale_marts(con, steps | folder("standing"), full=full, given=given)
    needed = {name for mart in marts for name in inputs(con, mart, steps)} & steps.keys()
    for model in build_order(con, {name: steps[name] for name in needed}):
        _make(con, rows, model)
    for model in marts:
        _replace(con, rows, model, full=full)
    con.execute("DROP TABLE IF EXISTS fresh")
    if any(model.need("table") == "tasks" for model in marts):
        rules.decide(con, ruling, full=full)
    days = _refresh_parts(con, rows, settled, through, full=full)
    unpublished.note(con, marts, everything=full)
    rows.keep_columns()
    con.execute("DELETE FROM raw.touched")
    _set_meta(con, "fingerprint", fingerprint)
    return BuildReport(full, traces, days)


def _set_variables(con: duckdb.DuckDBPyConnection, now: datetime) -> None:
    zone = con.execute("SELECT value FROM config.org WHERE key = 'timezone'").fetchone()
    con.execute("SET VARIABLE timezone = ?", [zone[0] if zone else "UTC"])
    con.execute("SET VARIABLE now = ?", [now])
    con.execute("SET VARIABLE price_book = ?", [str(ROOT / "seeds" / "prices.csv")])
    con.execute("SET VARIABLE usage_modes = ?", [str(ROOT / "seeds" / "usage_modes.csv")])


def _fingerprint(con: duckdb.DuckDBPyConnection, ruling: Sequence[Rule]) -> str:
    """Changes when a definition, a rule, the settings, the known agents, list prices or what a judge's score means do.

    Then everything is built again.
    """
    digest = hashlib.sha256(sources_digest().encode())
    digest.update(repr([(rule.name, rule.file.text) for rule in ruling]).encode())
    tables = ("contracts", "hosts", "targets", "prices", "model_aliases")
    settings = ", ".join(f"(SELECT list(t::VARCHAR ORDER BY t::VARCHAR) FROM config.{name} t)" for name in tables)
    decided = run(
        con,
        f"""SELECT {settings},
                (SELECT list(t::VARCHAR ORDER BY t::VARCHAR) FROM config.org t WHERE key NOT LIKE '%_folder'),
                (SELECT [count(*), bit_xor(hash(service_code, sku, rate_code, effective_from, reading.usd))]
                 FROM raw.list_prices),
                (SELECT [count(*), bit_xor(hash(evaluator_arn, updated_at, polarity))] FROM raw.evaluators)""",
    ).fetchall()
    digest.update(repr(decided).encode())
    # Who is known matters only where an invocation's metadata may name somebody.
    known = f"""FROM ({folder("standing")["int_known_agents"].sql}
        ) WHERE EXISTS (FROM raw.invocations WHERE metadata IS NOT NULL) ORDER BY ALL"""
    digest.update(repr(run(con, known).fetchall()).encode())
    return digest.hexdigest()


def _sources_asked(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables outside the marts whose emptiness leaves a model without rows."""
    models = [model for name in ("standing", "staging", "intermediate", "marts") for model in folder(name).values()]
    asked = {name for model in models for name in tables_asked(condition(con, model))}
    return sorted(name for name in asked if name.startswith(("raw.", "config.", "ops.", "sealed.")))


def _make(con: duckdb.DuckDBPyConnection, rows: Emptiness, model: Model) -> None:
    """Make the temporary table of a step."""
    columns = rows.columns(model.name) if rows.of(model) else None
    if columns:
        run(con, f"CREATE OR REPLACE TEMP TABLE {model.name} ({columns})")
        rows.note(model.name, empty=True)
    else:
        rows.note(model.name, empty=_filled(con, f"CREATE OR REPLACE TEMP TABLE {model.name} AS {model.sql}") == 0)


def _filled(con: duckdb.DuckDBPyConnection, statement: str) -> int:
    """Run a statement that fills a table; returns the number of rows."""
    row = run(con, statement).fetchone()
    return int(row[0]) if row else 0


def _stale_marts(con: duckdb.DuckDBPyConnection, steps: dict[str, Model], *, full: bool, given: int) -> list[Model]:
    """The marts that read something that changed since the last build, in the order in which they are made."""
    marts = build_order(con, folder("marts"))
    if full:
        return marts
    feeds = [(model.need("into"), "touches" in model.head) for model in folder("parse").values()]
    tables = con.execute("SELECT DISTINCT 'raw.' || key FROM raw.touched WHERE kind = 'table'").fetchall()
    changed = {name for (name,) in tables}
    if given:
        changed |= {f"given_{name}" for name in ("traces", "requests", "outcomes", "tasks", "calls")}
        changed |= {table for table, touches in feeds if touches}
    found = []
    for model in marts:
        if inputs(con, model, steps) & changed:
            found.append(model)
            changed.add(f"mart.{model.need('table')}")
    return found


def _drop_marts(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DROP SCHEMA IF EXISTS mart CASCADE")
    con.execute("CREATE SCHEMA mart")


def _create_parts(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("CREATE SCHEMA IF NOT EXISTS mart")
    for name in PART_TABLES:
        con.execute(folder("tables")[name].sql)
    sealing.prepare(con, PART_TABLES)


def _choose(con: duckdb.DuckDBPyConnection, *, full: bool) -> int:
    """Fill given_traces, given_requests, given_outcomes, given_tasks and given_calls; returns the number of traces."""
    for name in ("given_traces", "given_requests", "given_outcomes", "given_tasks", "given_calls"):
        run(con, f"CREATE OR REPLACE TEMP TABLE {name} AS {_given(name, full=full)}")
        if name == "given_traces":
            _note_times(con, full=full)
    return _count(con, "given_traces")


def _note_times(con: duckdb.DuckDBPyConnection, *, full: bool) -> None:
    """Between which times the spans of the given traces lie: DuckDB passes over what it has stored of other times."""
    text = "SELECT min(started_at)::VARCHAR, max(started_at)::VARCHAR"
    near = f"{text} FROM raw.spans SEMI JOIN given_traces USING (trace_id)"
    times = ("-infinity", "infinity") if full else run(con, near).fetchone() or (None, None)
    con.execute("SET VARIABLE given_from = ?::TIMESTAMP", [times[0]])
    con.execute("SET VARIABLE given_to = ?::TIMESTAMP", [times[1]])


def _given(name: str, *, full: bool) -> str:
    if full:
        everything = {
            "given_traces": "SELECT trace_id FROM raw.spans UNION SELECT trace_id FROM sealed.traces",
            "given_requests": "SELECT request_id FROM raw.invocations",
            "given_outcomes": "SELECT event_id FROM raw.outcomes",
            "given_tasks": "SELECT NULL::VARCHAR AS task_id WHERE false",
            "given_calls": "SELECT NULL::VARCHAR AS call_id WHERE false",
        }
        return everything[name]
    return (ROOT / "given" / f"{name}.sql").read_text(encoding="utf-8")


def _replace(con: duckdb.DuckDBPyConnection, rows: Emptiness, model: Model, *, full: bool) -> None:
    """Put the model's rows in place of those its head names, and note the days that lost or gained rows."""
    table = f"mart.{model.need('table')}"
    where = model.need("replaces")
    columns = rows.columns(table) if rows.of(model) else None
    if full:
        made = f"({columns})" if columns else f"AS {model.sql}"
        rows.note(table, empty=not _filled(con, f"CREATE TABLE {table} {made}"))
        _note_days(con, model, [] if rows.holds(table) else [f"SELECT DISTINCT day FROM {table}"])
        return
    fresh = 0 if columns else _filled(con, f"CREATE OR REPLACE TEMP TABLE fresh AS {model.sql}")
    before = [] if rows.holds(table) else [f"SELECT DISTINCT day FROM {table} WHERE {where}"]
    if _made_whole(model):
        _note_days(con, model, _differing(table, before=bool(before), fresh=bool(fresh)), "moved_days")
    else:
        _note_days(con, model, before + (["SELECT day FROM fresh"] if fresh else []))
    if before:
        run(con, f"DELETE FROM {table} WHERE {where}")
    if fresh:
        run(con, f"INSERT INTO {table} BY NAME FROM fresh")
    rows.forget(table)


def _note_days(con: duckdb.DuckDBPyConnection, model: Model, days: list[str], into: str = "given_days") -> None:
    """Remember the days of a table that is built by the day."""
    if days and "day" in model.columns and (model.need("replaces") != "true" or _made_whole(model)):
        run(con, f"INSERT INTO {into} {' UNION '.join(days)}")


def _made_whole(model: Model) -> bool:
    """Whether KPIs read a table by the day that is made whole each time: then only the days that differ are built."""
    return model.need("table") in DAILY and model.need("replaces") == "true"


def _differing(table: str, *, before: bool, fresh: bool) -> list[str]:
    """The days of the rows that came or went."""
    if before and fresh:
        pairs = ((table, "fresh"), ("fresh", table))
        return [f"SELECT day FROM (FROM {one} EXCEPT FROM {other})" for one, other in pairs]
    return [f"SELECT day FROM {table}"] if before else ["SELECT day FROM fresh"] if fresh else []


def _refresh_parts(
    con: duckdb.DuckDBPyConnection, rows: Emptiness, settled: Settled, through: str | None, *, full: bool
) -> tuple[date, ...]:
    """Compute the additive parts of every KPI for the days that changed, and of changed KPIs for all days."""
    changed = "SELECT DISTINCT day FROM (FROM given_days UNION FROM moved_days) WHERE day IS NOT NULL"
    run(con, f"CREATE OR REPLACE TEMP TABLE changed_days AS {changed}")
    days = tuple(day for (day,) in run(con, "FROM changed_days ORDER BY day").fetchall())
    kept = {kpi: model for kpi, model in settled.models.items() if full or kpi not in settled.anew}
    if not full:
        restating.remember(con, settled.made_anew, through, EVERY_DAY, restating.DEFINITION)
    if days:
        if not full:
            restating.remember(con, kept, through, _reached(kept), restating.LATE)
        for table in PART_TABLES:
            run(con, f"DELETE FROM mart.{table} WHERE day IN (FROM changed_days)")
        _make_parts(con, rows, settled, kept, full=full)
    if settled.anew and not full:
        restating.drop_parts(con, settled.anew)
        _make_parts(con, rows, settled, settled.made_anew, full=True)
    _refresh_sealed(con, settled)
    restating.write(con, settled.versions)
    return days


def _reached(models: Mapping[str, Model]) -> str:
    """The days whose parts may change: the changed ones, and those before them that a KPI looks ahead from."""
    reach = max((int(model.head.get("reach_days", "0")) for model in models.values()), default=0)
    return f"SELECT day - back::INTEGER AS day FROM changed_days, range(0, {reach + 1}) AS backs (back)"


def _make_parts(
    con: duckdb.DuckDBPyConnection, rows: Emptiness, settled: Settled, models: Mapping[str, Model], *, full: bool
) -> None:
    """Compute the parts of these KPIs: of the changed days, or with `full` of all."""
    made = _give_inputs(con, rows, models, full=full)
    filled = [model for model in models.values() if not rows.of(model)]
    reaching = [model for model in models.values() if not full and int(model.head.get("reach_days", "0"))]
    _insert_parts(con, settled, [model for model in filled if model not in reaching], whole=full)
    for model in reaching:
        _insert_reaching(con, settled, model)
    for each in made:
        run(con, f"DROP {each}")


def _give_inputs(
    con: duckdb.DuckDBPyConnection, rows: Emptiness, models: Mapping[str, Model], *, full: bool
) -> list[str]:
    """Let the names that KPIs read stand for the marts, or for the changed days of them; returns what is to be dropped.

    These are copied: some thirty SELECTs read them, and each would plan and run the cutting again.
    """
    steps, made = folder("by_task"), list[str]()
    asked = {name for model in models.values() for name in inputs(con, model, steps)}
    moment = sealing.boundary(con)
    for name in (each for each in (*DAILY, *WHOLE) if each in asked):
        source, empty = f"mart.{name}", rows.holds(f"mart.{name}")
        after = sealing.after(moment, name)
        if name in DAILY and not full and not empty:
            days = f"FROM {source} SEMI JOIN changed_days USING (day){after}"
            source, after = f"changed_{name}", ""
            empty = not _filled(con, f"CREATE OR REPLACE TEMP TABLE {source} AS {days}")
            made.append(f"TABLE temp.{source}")
        run(con, f"CREATE OR REPLACE TEMP VIEW {name} AS FROM {source}{after}")
        made.append(f"VIEW temp.{name}")
        rows.note(name, empty=empty)
    for model in steps.values():
        if model.name in asked:
            run(con, f"CREATE OR REPLACE TEMP VIEW {model.name} AS {model.sql}")
            rows.note(model.name, empty=rows.of(model))
            made.append(f"VIEW temp.{model.name}")
    return made


def _insert_reaching(con: duckdb.DuckDBPyConnection, settled: Settled, model: Model) -> None:
    """Parts of a KPI whose days depend on the days after them: those before a changed day are made again too."""
    reach = int(model.need("reach_days"))
    run(
        con,
        f"""CREATE OR REPLACE TEMP TABLE reached_days AS
            SELECT DISTINCT day - back::INTEGER AS day FROM changed_days, range(0, {reach + 1}) AS backs (back)""",
    )
    run(
        con,
        f"""CREATE OR REPLACE TEMP TABLE read_days AS
            SELECT DISTINCT day + ahead::INTEGER AS day FROM reached_days, range(0, {reach + 1}) AS aheads (ahead)""",
    )
    for name in inputs(con, model, folder("by_task")) & {*DAILY}:
        relation = f"mart.{name} SEMI JOIN read_days USING (day){sealing.after(sealing.boundary(con), name)}"
        run(con, f"CREATE OR REPLACE TEMP VIEW {name} AS FROM {relation}")
    table = PARTS_TABLE.get(model.need("kind"), "kpi_daily")
    run(con, f"DELETE FROM mart.{table} WHERE kpi = '{model.name}' AND day IN (FROM reached_days)")
    _insert_parts(con, settled, [model], " WHERE day IN (FROM reached_days)")


def _refresh_sealed(con: duckdb.DuckDBPyConnection, settled: Settled) -> None:
    """Let verdicts that come for sealed tasks count: KPIs that read only what is kept of those days are made again."""
    days = sealing.late_days(con)
    for model in sealing.kept_whole(settled.models) if days else ():
        reach = int(model.head.get("reach_days", "0"))
        sealing.look_at(con, days, reach)
        for table in PART_TABLES:
            con.execute(f"DELETE FROM sealed.{table} WHERE kpi = '{model.name}' AND day IN (FROM late_days)")
        _insert_parts(con, settled, [model], " WHERE day IN (FROM late_days)", schema="sealed")
    if days:
        sealing.note_verdicts(con, days)


def _insert_parts(
    con: duckdb.DuckDBPyConnection,
    settled: Settled,
    models: Iterable[Model],
    only: str = "",
    *,
    whole: bool = False,
    schema: str = "mart",
) -> None:
    """Add the parts of these KPIs: ours in one statement a table, because planning one costs more than running it."""
    ours: dict[str, list[str]] = {}
    for model in models:
        table = PARTS_TABLE.get(model.need("kind"), "kpi_daily")
        extra = "" if model.need("slices") != "none" else ", '' AS slice"
        select = f"SELECT '{model.name}' AS kpi, *{extra} FROM"
        if model.name in settled.own:
            own_parts.make(con, settled.own[model.name], only, whole=whole)
            con.execute(f"INSERT INTO {schema}.{table} BY NAME {select} own_parts ORDER BY day, agent_id")
        else:
            ours.setdefault(table, []).append(f"{select} ({model.sql}) AS parts{only}")
    for table, selects in ours.items():
        together = "\nUNION ALL BY NAME\n".join(selects)
        run(con, f"INSERT INTO {schema}.{table} BY NAME {together} ORDER BY kpi, day, agent_id")


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def _meta(con: duckdb.DuckDBPyConnection, key: str) -> str | None:
    row = con.execute("SELECT value FROM ops.meta WHERE key = ?", [key]).fetchone()
    return None if row is None else row[0]


def _set_meta(con: duckdb.DuckDBPyConnection, key: str, value: str) -> None:
    con.execute("DELETE FROM ops.meta WHERE key = ?", [key])
    con.execute("INSERT INTO ops.meta (key, value) VALUES (?, ?)", [key, value])


def mark_published(con: duckdb.DuckDBPyConnection) -> None:
    """Remember up to which day values have been shown as complete: the day before the newest one."""
    row = con.execute("SELECT (max(day) - 1)::VARCHAR FROM mart.tasks").fetchone()
    if row and row[0]:
        _set_meta(con, "published_through", row[0])
