"""Records in AWS's own shapes, and a warehouse to land them in."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sql.config import ConfigTables
from sql.files import warehouse_path
from sql.warehouse import Landed, Scope, Spool, Warehouse

ACCOUNT, REGION = "111122223333", "us-east-1"
START = datetime(2026, 11, 2, 9, 0, 0)
NOW = datetime(2026, 11, 20, 12, 0, 0)
MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
SCOPES = {
    "span_records": Scope("span_logs", ACCOUNT, REGION, "aws/spans"),
    "span_events": Scope("span_logs", ACCOUNT, REGION, "/aws/bedrock-agentcore/runtimes/helper-0123456789-DEFAULT"),
    "agent_trace_records": Scope("bedrock_agent_traces", ACCOUNT, REGION, "/aws/lambda/caller"),
    "invocation_records": Scope("invocation_logs", ACCOUNT, REGION, "/bedrock/invocations"),
    "outcome_records": Scope("outcome_events", ACCOUNT, REGION, "/agent-kpi/outcomes"),
}
# The feed of a record is told by a field that only its kind has.
Record = dict[str, Any]


def nanos(at: datetime) -> int:
    """Nanoseconds since the epoch of a naive UTC time."""
    return int((at - datetime(1970, 1, 1)) / timedelta(microseconds=1)) * 1000


def span(
    trace: str,
    uid: str,
    parent: str | None = None,
    *,
    op: str = "chat",
    at: float = 0.0,
    ms: float = 100.0,
    runtime: str | None = "helper-0123456789",
    status: str = "OK",
    scope: str = "strands.telemetry.tracer",
    name: str | None = None,
    **attributes: Any,
) -> Record:
    """One span record. `at` is seconds after START; attribute names use __ for a dot."""
    begin = START + timedelta(seconds=at)
    flat = {key.replace("__", "."): value for key, value in attributes.items()}
    resource: dict[str, Any] = {"service.name": "helper.DEFAULT", "cloud.region": REGION}
    if runtime:
        arn = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/{runtime}/runtime-endpoint/DEFAULT:DEFAULT"
        resource |= {"cloud.resource_id": arn, "deployment.environment.name": "bedrock-agentcore:prod"}
    record: Record = {
        "resource": {"attributes": resource},
        "scope": {"name": scope},
        "traceId": trace.rjust(32, "0"),
        "spanId": uid.rjust(16, "0"),
        "name": name or op,
        "kind": "INTERNAL",
        "startTimeUnixNano": nanos(begin),
        "durationNano": round(ms * 1e6),
        "attributes": {"gen_ai.operation.name": op, **flat} if op != "server" else flat,
        "status": {"code": status},
    }
    if parent:
        record["parentSpanId"] = parent.rjust(16, "0")
    return record


def agent_span(trace: str, uid: str = "a", **more: Any) -> Record:
    """The root of a task."""
    return span(trace, uid, op="invoke_agent", ms=more.pop("ms", 1000.0), gen_ai__agent__name="Helper", **more)


def chat(trace: str, uid: str, parent: str, tokens: tuple[int, int] = (1000, 100), **more: Any) -> Record:
    """One model call span with (input, output) tokens."""
    return span(
        trace,
        uid,
        parent,
        gen_ai__request__model=more.pop("model", MODEL),
        gen_ai__usage__input_tokens=tokens[0],
        gen_ai__usage__output_tokens=tokens[1],
        **more,
    )


def tool(trace: str, uid: str, parent: str, name: str = "lookup", tool_status: str = "success", **more: Any) -> Record:
    """One tool call span."""
    return span(
        trace, uid, parent, op="execute_tool", gen_ai__tool__name=name, gen_ai__tool__status=tool_status, **more
    )


def outcome(
    event: str, *, at: float = 60.0, result: str | None = "success", trace: str | None = None, **fields: Any
) -> Record:
    """One agent.outcome event about a trace (or, through fields, a session or a task key)."""
    moment = (START + timedelta(seconds=at)).isoformat() + "Z"
    flat = {key.replace("__", "."): value for key, value in fields.items()}
    return {
        "event.name": "agent.outcome",
        "schema_version": "1.0",
        "event_id": event,
        "timestamp": moment,
        "gen_ai.agent.name": "Helper",
        "trace_id": trace and trace.rjust(32, "0"),
        "task.outcome": result,
        "label.source": "system",
        **flat,
    }


def invocation(
    request: str, *, at: float = 1.0, model: str = MODEL, tokens: tuple[int, int] | None = (1000, 100), **fields: Any
) -> Record:
    """One model-invocation log record. `fields` replace or add top-level keys."""
    counts = tokens or (None, None)
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "requestId": request,
        "accountId": ACCOUNT,
        "region": REGION,
        "timestamp": (START + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "operation": "Converse",
        "modelId": model,
        "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/helper-role/BedrockAgentCore-1"},
        "input": {"inputTokenCount": counts[0]} if tokens else {},
        "output": {"outputTokenCount": counts[1]} if tokens else {},
        **fields,
    }


def feed_of(record: Record) -> str:
    """The feed a record of this module belongs to."""
    if "event.name" in record:
        return "outcome_records"
    return "invocation_records" if "schemaType" in record else "span_records"


def land(wh: Warehouse, records: Iterable[Record | str], feed: str | None = None, start: int = 0) -> Landed:
    """Land records, in one transaction a feed. Texts need `feed`; delivery ids count from `start`."""
    total = Landed()
    groups: dict[str, list[str]] = {}
    for record in records:
        kind = feed or feed_of(record)  # type: ignore[arg-type]
        groups.setdefault(kind, []).append(record if isinstance(record, str) else json.dumps(record))
    for kind, texts in groups.items():
        with Spool() as spool, wh.transaction():
            for number, text in enumerate(texts):
                spool.add(text, at_ms=0, ingested_ms=5, event_id=f"{kind}-{start + number}", group="g")
            total = total + wh.land_records(kind, spool, SCOPES[kind])
    return total


@cache
def empty_warehouse() -> Path:
    """A file with every migration in it, made once a process: opening a copy is four times faster."""
    folder = Path(tempfile.mkdtemp(prefix="agent-ledger-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Warehouse.open(folder, kind="account").close()
    return warehouse_path(folder)


def open_warehouse(home: Path) -> Warehouse:
    """The account's warehouse of a home; a new one begins as a copy of the empty file."""
    if not warehouse_path(home).exists():
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(empty_warehouse(), warehouse_path(home))
    return Warehouse.open(home, kind="account")


@contextmanager
def warehouse(home: Path, config: ConfigTables | None = None) -> Iterator[Warehouse]:
    """An open account warehouse with settings."""
    with open_warehouse(home) as wh:
        wh.configure(config or ConfigTables(org={"timezone": "UTC"}))
        yield wh


def rows(wh: Warehouse, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query on the warehouse."""
    return wh._con.execute(query).fetchall()


def one(wh: Warehouse, query: str) -> tuple[Any, ...]:
    """The only row of a query on the warehouse."""
    found = rows(wh, query)
    assert len(found) == 1, found
    return found[0]
