"""What a person's SELECT reads and calls, told by DuckDB's own parser before anything runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb

# Functions that make a table of their arguments alone; all others read files, settings or other queries.
_OWN_ROWS = ("unnest", "range", "generate_series", "repeat_row")
_UNSTEADY = (
    "now", "today", "current_date", "current_time", "current_timestamp", "get_current_timestamp", "get_current_time",
    "localtime", "localtimestamp", "transaction_timestamp", "random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid",
    "setseed", "nextval", "currval", "txid_current", "age",
)  # fmt: skip
_OUTSIDE = (
    "getenv", "getvariable", "current_setting", "write_log", "current_query", "current_query_id", "in_search_path",
)  # fmt: skip
_WITHOUT_BRACKETS = ("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp")
_NOWHERE = 2**62


@dataclass
class Found:
    """What a SELECT reads: tables and refused functions, each with the line where it stands first."""

    fault: str | None = None
    fault_line: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)

    def reason(self, name: str) -> str:
        """Why a function is refused."""
        if name in _UNSTEADY:
            return "Its answer changes from build to build: use the columns of the tables."
        return "It reaches outside the tables: a SELECT here reads no files, settings or other queries."


def look_into(select: str) -> Found:
    """The tables and refused functions of a SELECT, or why it is not one."""
    with duckdb.connect() as con:
        row = con.execute("SELECT json_serialize_sql(?)::VARCHAR", [select]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True, "error_message": "nothing was read"}
    if tree.get("error"):
        line = _line(select, int(tree.get("position", 0) or 0))
        only = str(tree.get("error_message")).startswith("Only SELECT")
        return Found("this is no SELECT." if only else f"it does not parse: {tree.get('error_message')}.", line)
    if len(tree["statements"]) != 1:
        return Found("there is no SELECT." if not tree["statements"] else "there is more than one statement.", 1)
    found = Found()
    for node, own in _nodes(tree, frozenset()):
        _note(node, select, own, found)
    return found


def _note(node: dict[str, Any], select: str, own: frozenset[str], found: Found) -> None:
    kind = node.get("type")
    line = _line(select, int(node.get("query_location") or 0))
    if kind == "BASE_TABLE":
        parts = (node.get("catalog_name"), node.get("schema_name"), node.get("table_name"))
        name = ".".join(str(part) for part in parts if part).lower()
        if name not in own:
            found.tables.setdefault(name, line)
    elif kind == "TABLE_FUNCTION":
        name = str(node.get("function", {}).get("function_name", "")).lower()
        if name not in _OWN_ROWS:
            found.functions.setdefault(name, line)
    elif node.get("class") in ("FUNCTION", "COLUMN_REF"):
        name = str(node.get("function_name") or (node.get("column_names") or [""])[-1]).lower()
        if name in (_UNSTEADY + _OUTSIDE if node["class"] == "FUNCTION" else _WITHOUT_BRACKETS):
            found.functions.setdefault(name, line)
    elif kind in ("SHOW_REF", "COLUMN_DATA"):
        found.functions.setdefault(str(kind).lower(), line)


def _nodes(node: object, own: frozenset[str]) -> Iterator[tuple[dict[str, Any], frozenset[str]]]:
    """Every node with the names that WITH gives to it."""
    if isinstance(node, dict):
        for entry in (node.get("cte_map") or {}).get("map", ()):
            name = str(entry["key"]).lower()
            # Only a plain name can be one of WITH ("a.csv" would be a file), and it is known to what follows it.
            known = own | {name} if name.isidentifier() else own
            recursive = entry["value"]["query_node"]["type"] == "RECURSIVE_CTE_NODE"
            yield from _nodes(entry["value"], known if recursive else own)
            own = known
        yield node, own
        for key, value in node.items():
            if key != "cte_map":
                yield from _nodes(value, own)
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value, own)


def _line(select: str, place: int) -> int:
    return 1 if place > _NOWHERE else select.count("\n", 0, place) + 1
