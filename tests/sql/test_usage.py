"""Usage records → sums by session and hour → the table usage with its estimated cost."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sql.config import ConfigTables, Contract
from sql.warehouse import Landed, Scope, Spool, Warehouse
from tests.sql.support import NOW, nanos, one, rows, warehouse
from tests.usage_lines import BROWSER, CODE, RUNTIME, usage

SCOPE = Scope("usage_logs", "111122223333", "us-east-1", "/usage")
TEN = datetime(2026, 11, 2, 10)
ENDPOINT = f"{RUNTIME}/runtime-endpoint/DEFAULT"


def ms(at: datetime) -> int:
    """Epoch milliseconds."""
    return nanos(at) // 10**6


def land(wh: Warehouse, records: Sequence[dict[str, Any] | str], *, ids: int = 0) -> Landed:
    """Land records as one whole window; each is logged at its own time."""
    with Spool() as spool, wh.transaction():
        for number, record in enumerate(records):
            at = record.get("event_timestamp") if isinstance(record, dict) else None
            text = record if isinstance(record, str) else json.dumps(record)
            logged = at if isinstance(at, int) else ms(TEN)
            spool.add(text, at_ms=logged, ingested_ms=logged + 9000, event_id=f"e{ids + number}", group="/usage")
        return wh.land_records("usage_records", spool, SCOPE) + wh.land_held("usage_records", SCOPE)


def test_lines_become_exact_sums_in_both_spellings(tmp_path: Path) -> None:
    lines = [usage(ms(TEN) + n, vcpu=0.1, gb=0.2) for n in range(3)]
    with warehouse(tmp_path) as wh:
        landed = land(wh, [*lines, usage(ms(TEN) + 9, vcpu=1.925e-06, gb=0.1, elapsed="elapsed_time_seconds")])
        assert (landed.rows_read, landed.rows_new, landed.late_p999_ms) == (4, 1, 9000)
        assert one(wh, "FROM raw.usage_hours") == (
            "111122223333",
            "us-east-1",
            ENDPOINT,
            "session-1",
            "runtime",
            TEN,
            TEN,
            "helper",
            Decimal("0.300001925"),
            Decimal("0.7"),
            Decimal(4),
            4,
        )


@pytest.mark.parametrize(
    ("record", "skip", "reject"),
    [
        (usage(ms(TEN), metrics={"agent.runtime.network.bytes": 1}), None, "unknown_metric"),
        (usage(ms(TEN), session=""), None, "missing_id"),
        (usage(ms(TEN), event_timestamp="soon"), None, "missing_time"),
        (usage(ms(TEN), vcpu=-0.5), None, "bad_amount"),
        (usage(ms(TEN), metrics={"agent.runtime.vcpu.hours.used": "much"}), None, "bad_amount"),
        ({"event_timestamp": ms(TEN), "body": {"requestBody": "hello"}}, "other_record", None),
        ('{"event_timestamp": 1, "metrics": ', None, "malformed_json"),
    ],
)
def test_what_cannot_be_added_up_says_why(
    tmp_path: Path, record: dict[str, Any] | str, skip: str | None, reject: str | None
) -> None:
    with warehouse(tmp_path) as wh:
        landed = land(wh, [record, usage(ms(TEN))])
        assert landed.skipped == ({skip: 1} if skip else {})
        assert landed.rejects == ({reject: 1} if reject else {})
        assert one(wh, "SELECT records FROM raw.usage_hours") == (1,)
        assert [row[0] for row in rows(wh, "SELECT reason FROM ops.rejects")] == ([reject] if reject else [])


def test_an_hour_read_again_may_only_grow(tmp_path: Path) -> None:
    lines = [usage(ms(TEN) + n, vcpu=0.25) for n in range(4)]
    with warehouse(tmp_path) as wh:
        landed = [land(wh, lines[:count]) for count in (2, 4, 3, 4)]
        assert [(each.rows_new, each.rows_changed) for each in landed] == [(1, 0), (0, 1), (0, 0), (0, 0)]
        assert one(wh, "SELECT vcpu_hours, records FROM raw.usage_hours") == (Decimal(1), 4)


def test_a_line_that_was_logged_an_hour_late_counts_in_the_hour_it_is_of(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [usage(ms(TEN), vcpu=0.5)])
        with Spool() as spool, wh.transaction():
            late = json.dumps(usage(ms(TEN) + 1000, vcpu=0.25))
            spool.add(late, at_ms=ms(TEN + timedelta(hours=1)), ingested_ms=None, event_id="late", group="/usage")
            wh.land_records("usage_records", spool, SCOPE)
            wh.land_held("usage_records", SCOPE)
        wh.build(NOW)
        assert rows(wh, "SELECT hour, vcpu_hours, seconds FROM mart.usage") == [(TEN, 0.75, 2.0)]


def test_the_table_names_agent_session_and_estimated_cost(tmp_path: Path) -> None:
    lines = [
        usage(ms(TEN), vcpu=2.0, gb=10.0),
        usage(ms(TEN), vcpu=1.0, gb=None, session="b", kind="browser"),
        usage(ms(TEN), vcpu=None, gb=4.0, session="c", kind="code_interpreter"),
    ]
    owner = Contract(agent_id="shop", agent_name="Shop", hosts=(BROWSER,))
    with warehouse(tmp_path, ConfigTables(org={"timezone": "Asia/Tokyo"}, contracts=(owner,))) as wh:
        land(wh, lines)
        wh.build(NOW)
        found = rows(
            wh,
            """SELECT kind, resource, agent_id, session_id, day, hour, vcpu_hours, gb_hours, cost_usd, cost_state
               FROM mart.usage ORDER BY kind""",
        )
    day = date(2026, 11, 2)
    assert found == [
        ("browser", BROWSER, "shop", "b", day, TEN, 1.0, None, Decimal("0.0895"), "partial"),
        ("code_interpreter", CODE, "unattributed", "c", day, TEN, None, 4.0, Decimal("0.0378"), "partial"),
        (
            "runtime",
            ENDPOINT,
            "helper-AbCdEf1234",
            "session-1",
            day,
            TEN,
            2.0,
            10.0,
            Decimal("0.2735"),
            "estimated",
        ),
    ]


@pytest.mark.parametrize("host", [RUNTIME, ENDPOINT, "helper-AbCdEf1234"])
def test_a_declared_host_owns_the_usage_however_it_is_named(tmp_path: Path, host: str) -> None:
    owner = Contract(agent_id="ours", agent_name="Ours", hosts=(host,))
    with warehouse(tmp_path, ConfigTables(org={"timezone": "UTC"}, contracts=(owner,))) as wh:
        land(wh, [usage(ms(TEN))])
        wh.build(NOW)
        assert rows(wh, "SELECT agent_id FROM mart.usage") == [("ours",)]


def test_hours_before_the_first_price_cost_an_unknown_amount_and_never_nothing(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [usage(ms(datetime(2024, 12, 31, 23)))])
        wh.build(NOW)
        assert rows(wh, "SELECT cost_usd, cost_state FROM mart.usage") == [(None, "unpriced")]


def test_usage_is_published_with_a_meaning_for_every_column(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [usage(ms(TEN))])
        wh.build(NOW)
        wh.check()
        assert wh.publish(NOW) is not None
        silent = rows(
            wh,
            f"""ATTACH '{tmp_path / "kpis.duckdb"}' AS shown (READ_ONLY);
                SELECT column_name FROM duckdb_columns() WHERE database_name = 'shown' AND comment IS NULL
                AND table_name IN ('usage', 'metric_points', 'metric_definitions')""",
        )
    assert silent == []
