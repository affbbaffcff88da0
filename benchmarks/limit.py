"""What this machine can do at most with the same lines, measured in the same run: reading them and storing them.

Reading: DuckDB's own reading of the lines with typed columns, into sums. Storing: rows that are typed already, from
memory into a file on disk, with its checkpoint. Landing does both, and keeps rejects and tells doubles besides.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.figure import Cost, cost_of

_MODEL = ("gen_ai.operation.name", "gen_ai.agent.name", "gen_ai.request.model", "aws.request_id")
_TOOL = ("gen_ai.tool.name", "gen_ai.tool.status", "session.id")
_TEXTS = {"attributes": (*_MODEL, *_TOOL), "resource": ("service.name", "cloud.resource_id", "cloud.region")}
_NUMBERS = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
_ATTRIBUTES = [f'"{name}" VARCHAR' for name in _TEXTS["attributes"]] + [f'"{name}" BIGINT' for name in _NUMBERS]
_RESOURCE = ", ".join(f'"{name}" VARCHAR' for name in _TEXTS["resource"])
COLUMNS = {
    **dict.fromkeys(("traceId", "spanId", "parentSpanId", "name", "kind"), "VARCHAR"),
    **dict.fromkeys(("startTimeUnixNano", "endTimeUnixNano", "durationNano"), "BIGINT"),
    "resource": f"STRUCT(attributes STRUCT({_RESOURCE}))",
    "scope": "STRUCT(name VARCHAR)",
    "attributes": f"STRUCT({', '.join(_ATTRIBUTES)})",
    "status": "STRUCT(code VARCHAR)",
}
_SUMS = f"""SELECT count(DISTINCT spanId), sum(durationNano), sum(attributes."{_NUMBERS[0]}"),
    sum(attributes."{_NUMBERS[1]}"), {", ".join(f'max(attributes."{name}")' for name in _TEXTS["attributes"])},
    {", ".join(f'max(resource.attributes."{name}")' for name in _TEXTS["resource"])}, max(traceId), max(status.code)"""


def limit(lines: Sequence[str], rows: duckdb.DuckDBPyConnection, table: str) -> tuple[Cost, Cost]:
    """The costs of reading the lines and of storing what they come to: the rows of `table` on the connection `rows`."""
    with tempfile.TemporaryDirectory(prefix="agent-ledger-limit-") as folder:
        source = Path(folder, "lines.ndjson")
        source.write_text("\n".join(lines), encoding="utf-8")
        with duckdb.connect() as con:
            reading = cost_of(lambda: con.execute(f"{_SUMS} FROM {_lines(source)}").fetchall())
        rows.execute(f"CREATE TEMP TABLE typed AS FROM {table}")
        rows.execute(f"ATTACH '{Path(folder, 'stored.duckdb')}' AS stored")
        storing = cost_of(lambda: rows.execute("CREATE TABLE stored.kept AS FROM typed; CHECKPOINT stored"))
        rows.execute("DETACH stored; DROP TABLE typed")
    return reading, storing


def _lines(source: Path) -> str:
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    return f"read_json('{source}', format = 'newline_delimited', columns = {{{columns}}})"
