"""What the tests of the collectors share: settings for the fake AWS, a whole pass, and reading what it left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from collectors.aws import AwsAccount, AwsSettings
from collectors.console import Quiet
from collectors.run import Asked, Job, Outcome, Place, run, run_places
from collectors.settings import Settings
from collectors.window import to_ms
from sql.warehouse import Run, Warehouse
from tests.collectors.fake_aws import FakeAws, serving
from tests.sql.support import open_warehouse

NOW = datetime.fromisoformat("2026-11-20T12:00")
REGION = "us-east-1"
TRACE, SPAN = "69e9cc4771d7cabe0d8e8cea33b6b338", "1234567890abcdef"


def ms(minutes_ago: float) -> int:
    """Epoch milliseconds of that many minutes before NOW."""
    return to_ms(NOW - timedelta(minutes=minutes_ago))


def span(number: int, minutes_ago: float, **more: Any) -> dict[str, Any]:
    """One span record as CloudWatch Logs holds it."""
    start = ms(minutes_ago) * 1_000_000
    return {
        "resource": {"attributes": {"service.name": "helper.DEFAULT", "cloud.region": REGION}},
        "scope": {"name": "strands.telemetry.tracer", "version": ""},
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "name": "chat",
        "kind": "INTERNAL",
        "startTimeUnixNano": start,
        "endTimeUnixNano": start + 5_000_000,
        "durationNano": 5_000_000,
        "attributes": {"gen_ai.operation.name": "chat", "session.id": "s1"},
        "status": {"code": "OK"},
        **more,
    }


def use(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every AWS client of this test talk to the fake, once a call."""
    for name, value in {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)


@contextmanager
def fake(monkeypatch: pytest.MonkeyPatch, **contents: Any) -> Iterator[FakeAws]:
    """A fake AWS that clients talk to."""
    with serving(FakeAws(**contents)) as aws:
        use(aws, monkeypatch)
        yield aws


def collect(
    home: Path, *only: str, asked: Asked | None = None, now: datetime = NOW, settings: Settings | None = None
) -> Outcome:
    """One whole pass over the account that the environment leads to."""
    with open_warehouse(home) as warehouse:
        return run(_job(warehouse, home, asked or Asked(only=only), now, settings))


def read(
    home: Path, *only: str, asked: Asked | None = None, now: datetime = NOW, settings: Settings | None = None
) -> Outcome:
    """The reading half of a pass: everything lands, nothing is built."""
    with open_warehouse(home) as warehouse:
        return Outcome(runs=run_places(_job(warehouse, home, asked or Asked(only=only), now, settings)))


def _job(warehouse: Warehouse, home: Path, asked: Asked, now: datetime = NOW, settings: Settings | None = None) -> Job:
    places = (Place(AwsAccount(AwsSettings())),)
    return Job(warehouse, places, settings or Settings(home=home), lambda: now, lambda: now, Quiet(), asked)


def by_scope(outcome: Outcome) -> dict[str, Run]:
    """The runs by source and name."""
    return {f"{each.scope.source} {each.scope.name}".rstrip(): each for each in outcome.runs}


def rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query on the warehouse gives."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


def everything(home: Path) -> str:
    """All the text of all tables of the warehouse and of the published file."""
    files = [home / "warehouse.duckdb", *(home / "published").glob("*.duckdb")]
    return "\n".join(_text(path) for path in files) + (home / "status.json").read_text()


def _text(path: Path) -> str:
    with duckdb.connect(str(path), read_only=True) as con:
        tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
        return "\n".join(
            str(con.execute(f'SELECT to_json(t)::VARCHAR FROM "{schema}"."{table}" t').fetchall())
            for schema, table in tables
        )
