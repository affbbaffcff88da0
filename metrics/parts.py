"""Reading a KPI's additive parts: one SELECT that sums them over whatever was asked for.

Sums go through DECIMAL, so that the same rows give the same digits in any order. Every statement carries the
viewer's agents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from metrics.catalogue import Kpi
from metrics.model import GROUPS, NOT_REAL_WORK, OWNED, Access, By, Query, QueryError

Row = dict[str, Any]
SUMS = ("numerator", "denominator", "numerator_sq", "denominator_sq", "cross_sum")
COUNTS = ("n", "covered", "eligible")
_PERIOD: dict[By, str] = {
    "day": "day",
    "week": "date_trunc('week', day)::DATE",
    "month": "date_trunc('month', day)::DATE",
}

_OWNED_BY = "agent_id IN (SELECT agent_id FROM agents WHERE list_contains($:columns::VARCHAR[], :column))"


class Reader(Protocol):
    """What this room needs of the published file."""

    def rows(self, query: str, params: Mapping[str, Any] | None = None, /) -> list[Row]:
        """The rows of a SELECT with $name parameters."""
        ...

    def rows_with_arrays(self, query: str, params: Mapping[str, Any] | None = None, /) -> list[Row]:
        """The same with every list of numbers as a numpy array."""
        ...


@dataclass(frozen=True)
class Statement:
    """A SELECT with $name parameters."""

    sql: str
    params: Mapping[str, Any]

    def run(self, published: Reader) -> list[Row]:
        """The rows it gives on the published file."""
        return published.rows(self.sql, dict(self.params))

    def spelled_out(self) -> str:
        """The same SELECT with its values written in, for a person to run."""
        text = self.sql
        for name in sorted(self.params, key=len, reverse=True):
            text = text.replace(f"${name}", literal(self.params[name]))
        return text


def read_parts(published: Reader, kpi: Kpi, query: Query, access: Access) -> list[Row]:
    """The summed parts of one KPI, one row per group, period and slice (or kind of group).

    A quantile's row has its buckets and how many durations each holds as two arrays of one length, in any order; a
    bucket may come again, and both are empty where nothing was measured.
    """
    if kpi.parts_table != "latency_buckets":
        return statement(kpi, query, access).run(published)
    where, params = _parts_of(kpi, query, access)
    return published.rows_with_arrays(_gathered(query, where), params)


def statement(kpi: Kpi, query: Query, access: Access) -> Statement:
    """The SELECT behind a KPI. Raises QueryError where the slice dimension is not the KPI's own."""
    where, params = _parts_of(kpi, query, access)
    build = {"latency_buckets": _buckets, "kpi_groups": _groups}.get(kpi.parts_table, _daily)
    return Statement(f"{build(query, where)}\nORDER BY ALL", params)


def maturity(query: Query, access: Access) -> Statement:
    """How many tasks the same groups and periods hold, and how many of them are finished for good."""
    where, params = condition("task_volume", query, access)
    counts = ["sum(covered)::BIGINT AS mature", "sum(eligible)::BIGINT AS tasks"]
    return Statement(_select([*_keys(query), *counts], _table(query, "kpi_daily"), where) + "\nORDER BY ALL", params)


def unfinished(query: Query, access: Access) -> Statement:
    """The same of those groups and periods alone in which some task is not finished: mostly none."""
    where, params = condition("task_volume", query, access)
    counts = ["coalesce(sum(covered), 0)::BIGINT AS mature", "sum(eligible)::BIGINT AS tasks"]
    select = _select([*_keys(query), *counts], _table(query, "kpi_daily"), where)
    return Statement(select + "\nHAVING mature < tasks", params)


def condition(kpi: str, query: Query, access: Access) -> tuple[str, dict[str, Any]]:
    """The WHERE clause that a query means on the parts of a KPI, and its parameters."""
    where, params = scope(query, access)
    return f"kpi = $kpi\n  AND {where}", {"kpi": kpi, **params}


def scope(query: Query, access: Access) -> tuple[str, dict[str, Any]]:
    """The WHERE clause that a query means on any table of the days, and its parameters."""
    clauses = ["day >= $start_day", "day < $end_day"]
    params: dict[str, Any] = {"start_day": query.start, "end_day": query.end}
    lists: dict[str, Sequence[str] | None] = {
        "agent_id IN agents": query.agents,
        "agent_id IN allowed": None if access.agents is None else sorted(access.agents),
        "agent_version IN versions": query.versions,
        "task_type IN task_types": query.task_types,
        "environment IN environments": query.environments,
    }
    for rule, chosen in lists.items():
        if chosen is not None:
            column, name = rule.split(" IN ")
            clauses.append(f"list_contains(${name}::VARCHAR[], {column})")
            params[name] = list(chosen)
    owned = {"team": query.teams, "product": query.products}
    for column, owners in owned.items():
        if owners is not None:
            clauses.append(_OWNED_BY.replace(":column", column))
            params[f"{column}s"] = list(owners)
    if query.environments is None and not query.all_environments:
        clauses.append("(environment IS NULL OR NOT list_contains($left_out::VARCHAR[], environment))")
        params["left_out"] = list(NOT_REAL_WORK)
    return "\n  AND ".join(clauses), params


def literal(value: Any) -> str:
    """A parameter as SQL text."""
    if value is None:
        return "NULL"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "[" + ", ".join(literal(item) for item in value) + "]"


def _parts_of(kpi: Kpi, query: Query, access: Access) -> tuple[str, dict[str, Any]]:
    """`condition`, and of durations the whole alone unless slices are asked for."""
    if query.slice_by is not None and query.slice_by != kpi.slices:
        own = f"only {kpi.slices} can be asked for" if kpi.slices else "it has no slices"
        raise QueryError(f"{kpi.id} cannot be sliced by {query.slice_by}: {own}.")
    where, params = condition(kpi.id, query, access)
    if kpi.parts_table == "latency_buckets" and query.slice_by is None:
        where += "\n  AND slice = ''"
    return where, params


def _daily(query: Query, where: str) -> str:
    sums = [f"sum({name}::DECIMAL(38,12))::DOUBLE AS {name}" for name in SUMS]
    counts = [f"sum({name})::BIGINT AS {name}" for name in COUNTS]
    return _select([*_keys(query), "slice", *sums, *counts], _table(query, "kpi_daily"), where)


def _buckets(query: Query, where: str) -> str:
    columns = ["bucket", "sum(n)::BIGINT AS n", "min(min_ms) AS min_ms", "max(max_ms) AS max_ms"]
    return _select([*_keys(query), "slice", *columns], _table(query, "latency_buckets"), where)


def _gathered(query: Query, where: str) -> str:
    """The buckets of a group in one row: a page reads some hundred rows instead of ten thousand.

    The parts of one day hold few buckets twice: they are gathered as they are, which is faster than adding them up.
    """
    measured = "FILTER (bucket IS NOT NULL)"
    lists = [f"coalesce(list({name}) {measured}, []) AS {name}s" for name in ("bucket", "n")]
    sums = ["sum(n)::BIGINT AS eligible", "min(min_ms) AS min_ms", "max(max_ms) AS max_ms"]
    names = [*_key_names(query), "slice"]
    if query.by == "day":
        gathered = _select([*_keys(query), "slice", *lists, *sums], _table(query, "latency_buckets"), where)
    else:
        gathered = _from(", ".join([*names, *lists, *sums]), f"(\n{_buckets(query, where)}\n)") + "\nGROUP BY ALL"
    return f"{gathered}\nORDER BY {', '.join(names)}"


def _groups(query: Query, where: str) -> str:
    tries = ["sum(numerator)::BIGINT AS successes", "sum(denominator)::BIGINT AS trials"]
    jobs = _select([*_keys(query), "agent_id AS owner", "group_key", *tries], _table(query, "kpi_groups"), where)
    columns = ", ".join([*_key_names(query), "successes", "trials", "count(*) AS jobs"])
    return f"WITH jobs AS (\n{jobs}\n)\n" + _from(columns, "jobs") + "\nGROUP BY ALL"


def _table(query: Query, parts: str) -> str:
    """The parts and, where it is asked by owner, who owns their agents; money without an agent is nobody's."""
    if not set(query.group) & set(OWNED):
        return parts
    return "\n".join((parts, "LEFT JOIN (SELECT agent_id, team, product FROM agents) AS owners USING (agent_id)"))


def _keys(query: Query) -> list[str]:
    period = [] if query.by == "total" else [f"{_PERIOD[query.by]} AS period"]
    return [*(GROUPS[name] for name in query.group), *period]


def _key_names(query: Query) -> list[str]:
    return [*(GROUPS[name] for name in query.group), *([] if query.by == "total" else ["period"])]


def _select(columns: Sequence[str], table: str, where: str) -> str:
    return _from(",\n  ".join(columns), table) + f"\nWHERE {where}\nGROUP BY ALL"


def _from(columns: str, table: str) -> str:
    return "\n".join(("SELECT", f"  {columns}", f"FROM {table}"))
