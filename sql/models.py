"""The SQL folders as a registry: a file is a relation; head lines `-- key: value` are its catalogue entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from sql.errors import BadModel

ROOT = Path(__file__).parent
REMEDY = "Mend the head lines of that file; the other files of its folder show the form."


@dataclass(frozen=True)
class Model:
    """One SQL file. `head` holds its `-- key: value` lines, `columns` its `-- column NAME: meaning` lines."""

    name: str
    path: Path
    head: dict[str, str]
    columns: dict[str, str]
    sql: str

    def need(self, key: str) -> str:
        """The head value of `key`; BadModel names the file when it is missing."""
        if key not in self.head:
            raise BadModel(f"{self.path.name} has no head line '-- {key}: …'.", REMEDY)
        return self.head[key]


def read_model(path: Path) -> Model:
    """Read one file. Head lines end at the first line that is not a comment; the rest is one SELECT."""
    return model_of(path, path.read_text(encoding="utf-8"))


def model_of(path: Path, text: str) -> Model:
    """The model that a file of that name with this text is."""
    head: dict[str, str] = {}
    columns: dict[str, str] = {}
    lines = text.splitlines()
    for line in lines:
        if not line.startswith("--"):
            break
        key, colon, value = line[2:].strip().partition(": ")
        if not colon:
            continue
        if key.startswith("column "):
            columns[key.removeprefix("column ")] = value.strip()
        elif " " not in key:
            head[key] = value.strip()
    return Model(path.stem, path, head, columns, "\n".join(lines))


@cache
def folder(name: str) -> dict[str, Model]:
    """All models of one folder of sql/, by name, in name order."""
    return {path.stem: read_model(path) for path in sorted((ROOT / name).glob("*.sql"))}


def table_names(con: duckdb.DuckDBPyConnection, model: Model) -> set[str]:
    """The relations that a model's SELECT names, without their schemas, found by DuckDB's own parser."""
    return {name.rpartition(".")[2] for name in relations(con, model)}


def relations(con: duckdb.DuckDBPyConnection, model: Model) -> frozenset[str]:
    """The same as they are written: `raw.spans`, `int_calls`. Raises BadModel for what does not parse."""
    if model.sql not in _RELATIONS:
        syntax_tree(con, model)
    return _RELATIONS[model.sql]


_RELATIONS: dict[str, frozenset[str]] = {}


def run(
    con: duckdb.DuckDBPyConnection, statement: str, params: Mapping[str, object] | None = None
) -> duckdb.DuckDBPyConnection:
    """Run one statement that builds or pages run again and again; it is parsed once a process.

    DuckDB runs a copy of what was parsed: threads may share it.
    """
    parsed = _PARSED.get(statement)
    if parsed is None:
        if len(_PARSED) >= _MOST_PARSED:
            _PARSED.clear()
        (parsed,) = con.extract_statements(statement)
        _PARSED[statement] = parsed
    return con.execute(parsed, dict(params) if params else None)


_PARSED: dict[str, duckdb.Statement] = {}
_MOST_PARSED = 2_000  # a build has some hundred; a page's vary with what is chosen on it


def syntax_tree(con: duckdb.DuckDBPyConnection, model: Model) -> dict[str, Any]:
    """The model's SELECT as DuckDB's parser reads it. Raises BadModel for what does not parse."""
    row = con.execute("SELECT json_serialize_sql(?)::VARCHAR", [model.sql]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if tree.get("error"):
        raise BadModel(f"{model.path.name} does not parse: {tree.get('error_message')}.", "Write one SELECT.")
    _RELATIONS[model.sql] = _base_tables(tree)  # serializing is the slow part: whoever asks for the tree gives both
    return tree


def _base_tables(tree: object) -> frozenset[str]:
    found, waiting = set(), [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                schema, table = node.get("schema_name") or "", node["table_name"]
                found.add(f"{schema}.{table}" if schema else str(table))
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return frozenset(found)


def inputs(con: duckdb.DuckDBPyConnection, model: Model, models: Mapping[str, Model]) -> frozenset[str]:
    """Everything that a model reads, through `models` down to the tables."""
    found: set[str] = set()
    waiting = list(relations(con, model))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += relations(con, models[name]) if name in models else ()
    return frozenset(found)


def build_order(con: duckdb.DuckDBPyConnection, models: dict[str, Model]) -> list[Model]:
    """The models so that each comes after those it reads."""
    graph = {name: table_names(con, model) & models.keys() - {name} for name, model in models.items()}
    return [models[name] for name in TopologicalSorter(graph).static_order()]


@cache
def sources_digest() -> str:
    """A digest of everything that decides what the marts contain, apart from the data; of the files as first read."""
    digest = hashlib.sha256()
    for path in sorted([*ROOT.rglob("*.sql"), *ROOT.glob("seeds/*.csv")]):
        if path.parent.name not in ("migrations", "queries", "checks", "criteria", "behind"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
