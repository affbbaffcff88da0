"""What this machine can do at most with the same lines, measured in the same run: reading them and storing them.

Reading: DuckDB's own reading of the lines with typed columns, into sums. Storing: rows that are typed already, from
memory into a file on disk, with its checkpoint. Landing does both, and keeps rejects and tells doubles besides. All of
it by one thread of DuckDB: a second one on a busy machine costs processor time of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.figure import Cost, cost_of

# The 29 columns that are typed: what a table of spans needs of AgentCore's records.
_TOP = ("traceId", "spanId", "parentSpanId", "name", "kind")
_TIMES = ("startTimeUnixNano", "endTimeUnixNano", "durationNano")
_RESOURCE = ("service.name", "cloud.resource_id", "cloud.region", "deployment.environment.name")
_MODEL = ("gen_ai.operation.name", "gen_ai.agent.name", "gen_ai.request.model", "gen_ai.system", "aws.request_id")
_TOOL = ("gen_ai.tool.name", "gen_ai.tool.status", "gen_ai.tool.call.id", "session.id", "error.type")
_USED = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_write_input_tokens")
_NUMBERS = (*(f"gen_ai.usage.{name}" for name in _USED), "gen_ai.server.time_to_first_token")
_ATTRIBUTES = (*(f'"{name}" VARCHAR' for name in (*_MODEL, *_TOOL)), *(f'"{name}" BIGINT' for name in _NUMBERS))
COLUMNS = {
    **dict.fromkeys(_TOP, "VARCHAR"),
    **dict.fromkeys(_TIMES, "BIGINT"),
    "resource": f"""STRUCT(attributes STRUCT({", ".join(f'"{name}" VARCHAR' for name in _RESOURCE)}))""",
    "scope": "STRUCT(name VARCHAR)",
    "attributes": f"STRUCT({', '.join(_ATTRIBUTES)})",
    "status": "STRUCT(code VARCHAR)",
}
_SUMS = f"""SELECT count(DISTINCT spanId), {", ".join(f"max({name})" for name in (*_TOP, *_TIMES))},
    max("scope".name), max(status.code), {", ".join(f'max(resource.attributes."{name}")' for name in _RESOURCE)},
    {", ".join(f'max(attributes."{name}")' for name in (*_MODEL, *_TOOL, *_NUMBERS))}"""


def limit(lines: Sequence[str], rows: duckdb.DuckDBPyConnection, table: str) -> tuple[Cost, Cost]:
    """The costs of reading the lines, and of storing what they come to: a table or SELECT on the connection `rows`."""
    with tempfile.TemporaryDirectory(prefix="agent-ledger-limit-") as folder:
        source = Path(folder, "lines.ndjson")
        source.write_text("\n".join(lines), encoding="utf-8")
        with duckdb.connect() as con:
            con.execute("SET threads = 1")
            reading = cost_of(lambda: con.execute(f"{_SUMS} FROM {_lines(source)}").fetchall())
        rows.execute(f"CREATE TEMP TABLE typed AS FROM {table}")
        rows.execute(f"ATTACH '{Path(folder, 'stored.duckdb')}' AS stored")
        storing = cost_of(lambda: rows.execute("CREATE TABLE stored.kept AS FROM typed; CHECKPOINT stored"))
        rows.execute("DETACH stored; DROP TABLE typed")
    return reading, storing


def _lines(source: Path) -> str:
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    return f"read_json('{source}', format = 'newline_delimited', columns = {{{columns}}})"
