"""The marts are a function of what landed: order, chunks, repetitions and the number of builds change nothing."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from sql.config import ConfigTables, Contract, PriceOverride
from sql.warehouse import Warehouse
from tests.sql.support import MODEL, NOW, START, agent_span, chat, invocation, land, outcome, rows, tool, warehouse

TABLES = (
    "tasks",
    "model_calls",
    "tool_calls",
    "spans",
    "labels",
    "escalations",
    "guardrail_checks",
    "agents",
    "agent_versions",
    "kpi_daily",
    "latency_buckets",
    "kpi_groups",
)
PRICES = tuple(
    PriceOverride(
        "anthropic.claude-sonnet-4-5-20250929-v1:0", "regional", "default", kind, START.date(), Decimal(usd), "test"
    )
    for kind, usd in (("input", "3.3"), ("output", "16.5"), ("cache_read", "0.33"), ("cache_write_5m", "4"))
)


def world(seed: int, size: int = 14) -> list[dict[str, Any]]:
    """Records of a few agents over three days, with all that joins late: logs, verdicts, corrections, sessions."""
    draw = random.Random(seed)
    records = [record for n in range(size) for record in [*one_task(draw, n), *one_verdict(draw, n)]]
    named = {"requestMetadata": {"agent_name": "Helper"}}
    return records + [invocation(f"lonely-{n}", at=n * 1000.0, **(named if n % 2 else {})) for n in range(4)]


def begins(n: int) -> float:
    """Seconds after START of task n: some near midnight of one zone or another, some days later."""
    return [0, 40_000, 86_390, 90_000, 170_000][n * 7 % 5] + n * 5.0


def one_task(draw: random.Random, n: int) -> list[dict[str, Any]]:
    """The spans and invocation records of task n."""
    trace, at = f"{n + 1:x}", begins(n)
    runtime = draw.choice(["helper-0123456789", "keyed-0123456789", "chatty-0123456789"])
    marks = {"session__id": f"s{n % 4}", "task__id": f"k{n % 5}", "task__type": draw.choice(["x", "y"])}
    records = [agent_span(trace, at=at, runtime=runtime, gen_ai__agent__version=str(n % 2), **marks)]
    for c in range(draw.randint(0, 3)):
        request = f"r{n}-{c}"
        known = {"aws__request_id": request} if draw.random() < 0.6 else {}
        records.append(chat(trace, f"c{c}", "a", (100 * n, c), at=at + c, runtime=runtime, **known))
        if known and draw.random() < 0.8:
            records.append(invocation(request, at=at + c, tokens=(90 * n, c + 1)))
        if draw.random() < 0.5:
            state = draw.choice(["success", "error"])
            records.append(tool(trace, f"d{c}", "a", at=at + c, runtime=runtime, tool_status=state))
    return records


def one_verdict(draw: random.Random, n: int) -> list[dict[str, Any]]:
    """The events about task n, by trace, session or key, and now and then a correction."""
    subject: dict[str, Any] = draw.choice(
        [{"trace": f"{n + 1:x}"}, {"session__id": f"s{n % 4}"}, {"task__id": f"k{n % 5}"}]
    )
    judged = {"gen_ai__evaluation__name": "check", "gen_ai__evaluation__score__value": draw.choice([0.0, 1.0])}
    source = {"label__source": draw.choice(["system", "human_expert"]), "label__inclusion_probability": 0.5}
    escalated = {"escalation__escalated": draw.choice([True, False, None])}
    result = draw.choice(["success", "failure", "unknown"])
    events = [outcome(f"e{n}", at=begins(n) + 60, result=result, **subject, **judged, **source, **escalated)]
    if draw.random() < 0.2:
        events.append(outcome(f"f{n}", at=begins(n) + 70, result="failure", supersedes=f"e{n}", **subject))
    return events


CONFIG = ConfigTables(
    org={"timezone": "Asia/Kolkata"},
    prices=PRICES,
    contracts=(
        Contract("keyed-0123456789", "Helper", task="key"),
        Contract("chatty-0123456789", "Helper", task="session", hosts=("helper-role",)),
    ),
)


def snapshot(wh: Warehouse) -> dict[str, list[str]]:
    """Every published table as sorted text; sums of floats are rounded, for their order is free."""
    return {
        table: sorted(
            str([round(v, 6) if isinstance(v, float) else v for v in row]) for row in rows(wh, f"FROM mart.{table}")
        )
        for table in TABLES
    }


def at_once(home: Path, records: list[dict[str, Any]]) -> dict[str, list[str]]:
    with warehouse(home, CONFIG) as wh:
        land(wh, records)
        wh.build(NOW)
        assert [c for c in wh.check() if c.severity == "fail"] == []
        return snapshot(wh)


# Shrinking a failure would build the world hundreds of times; the seed in the message is enough to repeat it.
@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True)
@example(seed=93, chunks=5)
@given(seed=st.integers(0, 10_000), chunks=st.integers(2, 7))
def test_any_order_chunks_and_repetitions_build_the_same_tables(
    tmp_path_factory: pytest.TempPathFactory, seed: int, chunks: int
) -> None:
    records = world(seed)
    expected = at_once(tmp_path_factory.mktemp("once"), records)
    shuffled = records + random.Random(seed).choices(records, k=10)
    random.Random(seed + 1).shuffle(shuffled)
    size = len(shuffled) // chunks + 1
    with warehouse(tmp_path_factory.mktemp("pieces"), CONFIG) as wh:
        for start in range(0, len(shuffled), size):
            land(wh, shuffled[start : start + size], start=start)
            wh.build(NOW)
            assert [c for c in wh.check() if c.severity == "fail"] == []
        got = snapshot(wh)
    assert {t: got[t] for t in TABLES if got[t] != expected[t]} == {}


def test_a_second_build_with_nothing_new_does_nothing(tmp_path: Path) -> None:
    with warehouse(tmp_path, CONFIG) as wh:
        land(wh, world(1))
        assert wh.build(NOW).did_something
        before = snapshot(wh)
        land(wh, world(1), start=500)
        assert not wh.build(NOW).did_something
        assert snapshot(wh) == before


def test_only_the_days_that_new_rows_touch_are_computed_again(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), chat("1", "b", "a", model=MODEL), agent_span("2", at=200_000.0)])
        wh.build(NOW)
        land(wh, [outcome("e1", trace="1")], start=9)
        report = wh.build(NOW)
        assert (report.full, report.traces, report.days) == (False, 1, (START.date(),))
        assert rows(
            wh, "SELECT sum(numerator), sum(denominator) FROM mart.kpi_daily WHERE kpi = 'success_rate' AND slice = ''"
        ) == [(1.0, 1.0)]


def test_late_rows_that_change_a_shown_day_leave_a_restatement(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(
            wh, [agent_span("1"), agent_span("2", at=90_000.0), agent_span("3", at=180_000.0), outcome("e1", trace="1")]
        )
        wh.build(NOW)
        wh.check()
        wh.publish(NOW)
        land(wh, [outcome("e2", trace="1", at=100, result="failure")], start=9)
        wh.build(NOW)
        assert rows(wh, "SELECT day, old_value, new_value FROM ops.restatements WHERE kpi = 'success_rate'") == [
            (START.date(), 1.0, 0.0)
        ]
