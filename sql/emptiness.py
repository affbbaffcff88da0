"""Which models have no rows because what they read has none: those need no query, only their columns.

A build is some hundred statements, and planning one takes longer than running it over a few rows. A source that an
account does not have leaves its tables empty, and with them everything that is made of them alone. When a SELECT must
be empty is read off its parsed form; the columns of each model are kept from the last build that made it by query.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import duckdb

from sql.models import ROOT, Model, run, sources_digest, syntax_tree

# A relation's name, True or False, or ["any" | "all", …]: when this holds of the empty relations, there are no rows.
Condition = str | bool | list[Any]
_EITHER = {"INNER", "SEMI"}
_LEFT = {"LEFT", "ANTI"}


class Emptiness:
    """What is known to be empty during one build, and the columns of the models of this version."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._known: dict[str, bool] = {}
        self._kept = _kept_shapes(con)
        self._shapes = dict(self._kept or _SHAPES)
        self._lacking = not self._shapes

    def note(self, name: str, *, empty: bool) -> None:
        """Remember that a relation has rows, or has none."""
        self._known[name] = empty

    def forget(self, name: str) -> None:
        """Look at this relation again when it is asked for."""
        self._known.pop(name, None)

    def holds(self, name: str) -> bool:
        """Whether the relation has no rows; looked up once."""
        if name not in self._known:
            self._known[name] = run(self._con, f"SELECT 1 FROM {name} LIMIT 1").fetchone() is None
        return self._known[name]

    def look_at(self, names: Iterable[str]) -> None:
        """Look up many tables in one statement."""
        asked = [name for name in names if name not in self._known]
        if asked:
            each = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in asked)
            filled = {name for (name,) in run(self._con, each).fetchall()}
            self._known |= {name: name not in filled for name in asked}

    def of(self, model: Model) -> bool:
        """Whether the model has no rows, as far as its form tells: False also means unknown."""
        return self._true(condition(self._con, model))

    def columns(self, table: str) -> str | None:
        """The columns of a table as CREATE TABLE names them; None where no query has made it in this version yet."""
        self._lacking = self._lacking or table not in self._shapes
        return self._shapes.get(table)

    def keep_columns(self) -> None:
        """Keep what the tables look like that the next builds may leave out."""
        if self._lacking:
            found = self._con.execute(
                """SELECT CASE schema_name WHEN 'mart' THEN 'mart.' ELSE '' END || table_name,
                       string_agg('"' || column_name || '" ' || data_type, ', ' ORDER BY column_index)
                   FROM duckdb_columns() WHERE NOT internal AND (schema_name = 'mart' OR database_name = 'temp')
                   GROUP BY ALL"""
            ).fetchall()
            self._shapes |= dict(found)
            _SHAPES.update(found)
        if self._shapes != self._kept:
            self._con.execute("DELETE FROM ops.meta WHERE key = 'shapes'")
            body = json.dumps({"of": version(), "shapes": self._shapes})
            self._con.execute("INSERT INTO ops.meta (key, value) VALUES ('shapes', ?)", [body])

    def _true(self, asked: Condition) -> bool:
        if isinstance(asked, str):
            return self.holds(asked)
        if isinstance(asked, list):
            met = (self._true(part) for part in asked[1:])
            return any(met) if asked[0] == "any" else all(met)
        return asked


# Of this process's builds: another home of the same version has the same tables.
_SHAPES: dict[str, str] = {}


@cache
def version() -> str:
    """Of one such version all tables that a build makes have the same columns."""
    names = sorted(path.name for path in (ROOT / "migrations").glob("*.sql"))
    return f"{duckdb.__version__} {names[-1]} {sources_digest()}"


def _kept_shapes(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    row = con.execute("SELECT value FROM ops.meta WHERE key = 'shapes'").fetchone()
    kept = json.loads(row[0]) if row else {}
    return dict(kept["shapes"]) if kept.get("of") == version() else {}


def condition(con: duckdb.DuckDBPyConnection, model: Model) -> Condition:
    """When the model's SELECT has no rows whatever else it reads holds; False where its form does not tell."""
    if model.sql not in _CONDITIONS:
        tree = syntax_tree(con, model)
        _CONDITIONS[model.sql] = _of_query(tree["statements"][0]["node"], {}, _aggregates(con))
    return _CONDITIONS[model.sql]


_CONDITIONS: dict[str, Condition] = {}


def tables_asked(asked: Condition) -> set[str]:
    """The relations that a condition names."""
    if isinstance(asked, list):
        return {name for part in asked[1:] for name in tables_asked(part)}
    return {asked} if isinstance(asked, str) else set()


def _aggregates(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Names of functions that give a row where there is none to read, macros too: their body may hold one."""
    if not _AGGREGATES:
        rows = con.execute(
            """SELECT DISTINCT function_name FROM duckdb_functions()
               WHERE function_type = 'aggregate' OR (function_type = 'macro' AND NOT internal
                   AND regexp_matches(macro_definition, '\\b(sum|count|min|max|avg|list|any_value|arg_max)\\('))"""
        ).fetchall()
        _AGGREGATES.update(name for (name,) in rows)
    return frozenset(_AGGREGATES)


_AGGREGATES: set[str] = set()


def _of_query(node: Mapping[str, Any], outer: Mapping[str, Condition], aggregates: frozenset[str]) -> Condition:
    named = dict(outer)
    for each in node["cte_map"]["map"]:
        named[each["key"]] = _of_query(each["value"]["query_node"], named, aggregates)
    kind = node["type"]
    if kind == "SELECT_NODE":
        return False if _adds_a_row(node, aggregates) else _of_source(node["from_table"], named, aggregates)
    if kind == "RECURSIVE_CTE_NODE":
        return _of_query(node["left"], named, aggregates)
    if kind == "SET_OPERATION_NODE" and node["setop_type"].startswith("UNION"):
        parts = node["children"] or [node["left"], node["right"]]
        return ["all", *(_of_query(part, named, aggregates) for part in parts)]
    return False


def _of_source(node: Mapping[str, Any], named: Mapping[str, Condition], aggregates: frozenset[str]) -> Condition:
    kind = node["type"]
    if kind == "BASE_TABLE":
        name = str(node["table_name"])
        return f"{node['schema_name']}.{name}" if node["schema_name"] else named.get(name, name)
    if kind == "SUBQUERY":
        return _of_query(node["subquery"]["node"], named, aggregates)
    if kind != "JOIN" or node["ref_type"] not in ("REGULAR", "CROSS", "ASOF", "NATURAL"):
        return False
    left, right = (_of_source(node[side], named, aggregates) for side in ("left", "right"))
    if node["join_type"] in _EITHER:
        return ["any", left, right]
    return left if node["join_type"] in _LEFT else ["all", left, right]


def _adds_a_row(node: Mapping[str, Any], aggregates: frozenset[str]) -> bool:
    """Whether a SELECT may give a row although it reads none: an aggregate over everything, or a set of no columns."""
    if node["group_sets"] and all(node["group_sets"]):
        return False
    if node["having"] is not None or any(not group for group in node["group_sets"]):
        return True
    if node["aggregate_handling"] == "FORCE_AGGREGATES":
        return all(_aggregates_in(item, aggregates) for item in node["select_list"])
    return any(_aggregates_in(item, aggregates) for item in node["select_list"])


def _aggregates_in(node: object, aggregates: frozenset[str]) -> bool:
    if isinstance(node, list):
        return any(_aggregates_in(value, aggregates) for value in node)
    if not isinstance(node, dict) or node.get("class") == "SUBQUERY":
        return False
    if node.get("class") == "FUNCTION" and node["function_name"] in aggregates:
        return True
    return any(_aggregates_in(value, aggregates) for value in node.values())
