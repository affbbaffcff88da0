"""A KPI file tried out: its parts made from a published file, in memory, and held against the contract.

Nothing is written: the published file is attached read-only, and what a trial makes is gone when it is closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from sql import fetched
from sql.contract import DAILY, PARTS_TABLE, KpiFile, Violation
from sql.errors import BadQuery
from sql.models import ROOT, folder

if TYPE_CHECKING:
    from sql.published import Published

Rows = Callable[..., list[dict[str, Any]]]
GRAIN = {"agent_id": "VARCHAR", "agent_version": "VARCHAR", "day": "DATE", "task_type": "VARCHAR",
         "environment": "VARCHAR"}  # fmt: skip
NEEDED = {
    "ratio": ("numerator", "denominator", "n"),
    "weighted_ratio": ("numerator", "denominator", "denominator_sq", "cross_sum", "n"),
    "accuracy": ("numerator", "denominator", "denominator_sq", "numerator_sq", "cross_sum", "n", "covered", "eligible"),
    "mean": ("numerator", "numerator_sq", "denominator"),
    "cost_ratio": ("numerator", "numerator_sq", "denominator", "denominator_sq", "cross_sum", "n"),
    "count": ("numerator", "n"),
    "sum": ("numerator", "n"),
    "quantile": ("bucket", "n", "sum_ms", "min_ms", "max_ms"),
    "pass_k": ("group_key", "numerator", "denominator"),
    "agreement": ("numerator", "denominator", "n", "denominator_sq", "cross_sum"),
    "precision_recall": ("numerator", "denominator", "numerator_sq", "denominator_sq", "cross_sum", "eligible"),
    "calibration": ("numerator", "n", "cross_sum"),
    "mix": ("numerator", "n"),
}  # fmt: skip
CLUSTERED = ("numerator_sq", "cross_sum", "denominator_sq")
_STORED = {
    "kpi_daily": (
        "numerator", "denominator", "n", "numerator_sq", "denominator_sq", "cross_sum", "covered", "eligible",
    ),
    "latency_buckets": ("bucket", "n", "sum_ms", "min_ms", "max_ms"),
    "kpi_groups": ("group_key", "numerator", "denominator"),
}  # fmt: skip
_COUNTS = ("n", "covered", "eligible")
_NUMERIC = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*)")


class Trial:
    """A published file with the parts of one KPI made anew beside it. `rows` reads both as if they were one file."""

    def __init__(self, published: Published) -> None:
        self.con = duckdb.connect(config={"python_enable_replacements": "false"})
        name = str(published.path).replace("'", "''")
        self.con.execute(f"ATTACH '{name}' AS published (READ_ONLY)")
        self.con.execute((ROOT / "macros.sql").read_text(encoding="utf-8"))
        self.con.execute("SET search_path = 'memory.main,published.main'")
        self.con.execute("SET enable_external_access = false")
        self.con.execute("SET lock_configuration = true")

    def rows(self, query: str, params: Mapping[str, Any] | None = None, /) -> list[dict[str, Any]]:
        """The result of a SELECT with $name parameters as dicts."""
        return fetched.rows(self.con.execute(query, dict(params or {})))

    def rows_with_arrays(self, query: str, params: Mapping[str, Any] | None = None, /) -> list[dict[str, Any]]:
        """The same with every list of numbers as a numpy array."""
        return fetched.rows_with_arrays(self.con.execute(query, dict(params or {})))

    def make(self, select: str) -> None:
        """Make the parts of a definition. BadQuery says why DuckDB refused."""
        try:
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE own_parts AS SELECT * FROM ({select}\n) AS parts")
        except duckdb.Error as error:
            raise BadQuery(told(error), "Mend the SELECT.") from error

    def take(self, kpi: str, table: str) -> None:
        """Let the parts just made stand in for the published ones of `kpi`."""
        columns = {row["column_name"] for row in self.rows("DESCRIBE own_parts")}
        whole = "" if "slice" in columns or table == "kpi_groups" else ", '' AS slice"
        stand_in, own = f"memory.main.{table}", {"kpi": kpi}
        self.con.execute(f"CREATE OR REPLACE TABLE {stand_in} AS FROM published.main.{table} WHERE kpi <> $kpi", own)
        self.con.execute(f"INSERT INTO {stand_in} BY NAME SELECT $kpi AS kpi, *{whole} FROM own_parts", own)

    def close(self) -> None:
        """Forget it all."""
        self.con.close()

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def told(error: duckdb.Error) -> str:
    """DuckDB's first line, with the line of the statement that it means."""
    place = re.search(r"^LINE (\d+):", str(error), re.MULTILINE)
    return str(error).splitlines()[0] + (f" (line {place[1]})" if place else "")


def column_faults(file: KpiFile, columns: Mapping[str, str]) -> Iterator[Violation]:
    """What the SELECT's columns lack for its kind, by name and type."""
    kind = file.head["kind"]
    table = PARTS_TABLE.get(kind, "kpi_daily")
    clustered = CLUSTERED if file.head["interval"] == "clustered_wilson" and kind == "ratio" else ()
    sliced = table != "kpi_groups" and file.head["slices"] != "none"
    for name in (*GRAIN, *NEEDED[kind], *clustered, *(("slice",) if sliced else ())):
        if name not in columns:
            yield file.breaks(file.select_line, f"the SELECT gives no {name}.", f"A {kind} needs it: add the column.")
    known = {*GRAIN, *_STORED[table], *(("slice",) if table != "kpi_groups" else ())}
    for name, type_ in columns.items():
        wanted = GRAIN.get(name) or ("VARCHAR" if name in ("slice", "group_key") else "a number")
        if name not in known:
            yield file.breaks(
                file.select_line,
                f"the SELECT gives {name}, which is no part.",
                f"Leave it out: parts are {_list(known)}.",
            )
        elif type_ != wanted and not (wanted == "a number" and _NUMERIC.fullmatch(type_)) and type_ != '"NULL"':
            yield file.breaks(file.select_line, f"{name} is {type_}.", f"Make it {wanted}.")
    if not sliced and "slice" in columns and table == "kpi_daily":
        yield file.breaks(file.lines["slices"], "the SELECT gives slices, the head says none.", "Name the dimension.")


def value_faults(file: KpiFile, columns: Mapping[str, str], rows: Rows, relation: str) -> Iterator[Violation]:
    """What the parts in `relation` say that no count, sum or rate can say."""
    kind = file.head["kind"]
    rules = {
        "agent_id is NULL": ("agent_id IS NULL", "Every row needs its agent: leave out or name what has none."),
        "day is NULL": ("day IS NULL", "Every row needs its day."),
        **{f"{name} is negative": (f"{name} < 0", "Counts are 0 or more.") for name in _COUNTS if name in columns},
    }
    if {"covered", "eligible"} <= columns.keys():
        rules["covered is more than eligible"] = ("covered > eligible", "Covered rows are some of the eligible ones.")
    if "slice" in columns:
        rules["slice is NULL"] = ("slice IS NULL", "Give '' for the whole and a word for what is unknown.")
    if kind == "count":
        rules["numerator is negative"] = ("numerator < 0", "Counts are 0 or more.")
    if kind == "pass_k" or (kind == "ratio" and (file.head["unit"], file.head["interval"]) != ("index", "none")):
        rules["numerator is more than denominator"] = (
            "numerator > denominator * (1 + 1e-9)", "A rate counts some of its denominator.")  # fmt: skip
        rules["numerator is negative"] = ("numerator < 0", "Counts are 0 or more.")
    for what, (condition, mend) in rules.items():
        found = rows(
            f"""SELECT count(*) AS n, min(agent_id) AS agent, min(day)::VARCHAR AS day
                FROM {relation} WHERE {condition}"""
        )[0]
        if found["n"]:
            where = f" ({found['agent']}, {found['day']} is the first)"
            yield file.breaks(file.select_line, f"in {found['n']} rows {what}{where}.", mend)


def day_faults(
    file: KpiFile, columns: Mapping[str, str], rows: Rows, relation: str, marts: str = "published.main"
) -> Iterator[Violation]:
    """Whether a day made alone has the parts that it has among all days: the build sees only the days that changed.

    `relation` holds the parts of all days, `marts` is the schema of what they were made from.
    """
    if file.head.get("reach_days", "0") != "0":
        return
    added = [name for name in ("numerator", "denominator", "n", "sum_ms") if name in columns]
    sums = ", ".join(["count(*)::DOUBLE AS rows", *(f"sum({name})::DOUBLE AS {name}" for name in added)])
    for row in rows(f"SELECT day FROM {relation} GROUP BY day ORDER BY count(*) DESC, day LIMIT 1"):
        whole = rows(f"SELECT {sums} FROM {relation} WHERE day = $day", row)[0]
        days = [f"{name} AS (SELECT * FROM {marts}.{name} WHERE day = $day)" for name in DAILY]
        tables = ", ".join([*days, *(f"{name} AS ({model.sql})" for name, model in folder("by_task").items())])
        alone = rows(f"WITH {tables} SELECT {sums} FROM ({file.select}\n) AS parts", row)[0]
        wrong = [name for name in whole if _differ(whole[name], alone[name])]
        if wrong:
            yield file.breaks(
                file.select_line,
                f"{', '.join(wrong)} of {row['day']} made alone differ from the same day among all.",
                "Let no row depend on other days, or say reach_days.",
            )


def _differ(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is not other
    return abs(one - other) > 1e-9 * max(1.0, abs(one))


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))
