"""Records in, exact task rows out: roots, verdicts, states, merging, agents."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sql.config import ConfigTables, Contract
from tests.sql.support import (
    ACCOUNT,
    NOW,
    REGION,
    SCOPES,
    START,
    agent_span,
    chat,
    land,
    one,
    outcome,
    rows,
    span,
    tool,
    warehouse,
)

AGENT = "helper-0123456789"


def built(
    home: Path, records: list[Any], query: str, config: ConfigTables | None = None, now: datetime = NOW
) -> list[tuple[Any, ...]]:
    with warehouse(home, config) as wh:
        land(wh, records)
        wh.build(now)
        return rows(wh, query)


def contract(**fields: Any) -> ConfigTables:
    return ConfigTables(org={"timezone": "UTC"}, contracts=(Contract(AGENT, "Helper", **fields),))


def test_one_trace_with_an_agent_span_is_one_task(tmp_path: Path) -> None:
    records = [
        agent_span("1", task__id="case-1", task__type="refund", session__id="s1", gen_ai__agent__version="3"),
        chat("1", "b", "a"),
        tool("1", "c", "a"),
        outcome("e1", trace="1", confidence=0.9),
    ]
    assert built(
        tmp_path,
        records,
        """SELECT task_id, business_key, agent_id, agent_name, agent_version, session_id, task_type, environment,
        day, started_at, ended_at, duration_ms, status, status_source, model_calls, tool_calls, confidence, mature
        FROM mart.tasks""",
    ) == [
        (
            "1".rjust(32, "0"),
            "case-1",
            AGENT,
            "Helper",
            "3",
            "s1",
            "refund",
            "prod",
            date(2026, 11, 2),
            START,
            START + timedelta(seconds=1),
            1000.0,
            "success",
            "verdict",
            1,
            1,
            0.9,
            True,
        )
    ]


def test_a_trace_without_an_agent_is_no_task(tmp_path: Path) -> None:
    assert built(tmp_path, [chat("1", "b", "a")], "FROM mart.tasks") == []


def test_the_root_is_the_earliest_span_whose_parent_is_not_there(tmp_path: Path) -> None:
    records = [
        span("1", "r", "unseen", op="server", name="POST /invocations", ms=1500.0),
        agent_span("1", parent="r", at=0.1),
        span("1", "x", "gone", op="other", at=5.0, ms=1.0),
    ]
    assert built(tmp_path, records, "SELECT duration_ms, status FROM mart.tasks") == [(1500.0, None)]


def test_finished_without_a_verdict_is_unknown_unless_the_contract_says_that_ok_counts(tmp_path: Path) -> None:
    records = [agent_span("1"), agent_span("2", status="ERROR")]
    query = "SELECT status, status_source FROM mart.tasks ORDER BY trace_id"
    assert built(tmp_path / "a", records, query) == [(None, None), (None, None)]
    assert built(tmp_path / "b", records, query, contract(success_rule="status_ok")) == [
        ("success", "root_status"),
        ("failed", "root_status"),
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"result": "partial"}, ("failed", "partial", None)),
        ({"result": "abandoned"}, ("abandoned", None, None)),
        ({"result": "unknown", "escalation__escalated": True}, ("escalated", None, True)),
        ({"result": "success", "escalation__escalated": True}, ("success", None, True)),
        ({"result": "failure", "reason_code": "wrong_total"}, ("failed", "wrong_total", None)),
        ({"result": "unknown"}, (None, None, None)),
    ],
)
def test_the_verdict_is_the_status_and_escalation_only_where_there_is_none(
    tmp_path: Path, fields: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert built(
        tmp_path,
        [agent_span("1"), outcome("e1", trace="1", **fields)],
        "SELECT status, reason, escalated FROM mart.tasks",
    ) == [expected]


def test_a_later_word_wins_and_a_superseded_one_leaves_the_figures(tmp_path: Path) -> None:
    records = [
        agent_span("1"),
        outcome("e1", trace="1", at=60),
        outcome("e2", trace="1", at=50, result="failure", supersedes="e1"),
        agent_span("2"),
        outcome("e3", trace="2", at=60),
        outcome("e4", trace="2", at=90, result="failure"),
    ]
    assert built(tmp_path, records, "SELECT status FROM mart.tasks") == [("failed",), ("failed",)]


@pytest.mark.parametrize(
    ("subject", "matched"),
    [
        ({"trace": "1"}, True),
        ({"session__id": "s1"}, True),
        ({"task__id": "k1"}, True),
        ({"trace": "9"}, False),
        ({"trace": "1", "gen_ai.agent.name": "Another"}, False),
        ({"session__id": "s1", "gen_ai.agent.name": "Another"}, False),
    ],
)
def test_a_verdict_joins_by_trace_else_session_else_key_within_its_agent(
    tmp_path: Path, subject: dict[str, Any], matched: bool
) -> None:
    records = [agent_span("1", session__id="s1", task__id="k1"), outcome("e1", **subject)]
    with warehouse(tmp_path) as wh:
        land(wh, records)
        wh.build(NOW)
        assert one(wh, "SELECT verdict FROM mart.tasks") == (("success",) if matched else (None,))
        assert one(wh, "SELECT task_id IS NOT NULL FROM mart.labels") == (matched,)
        assert ("outcome_without_task" in {c.check_name for c in wh.check()}) is not matched


def test_a_session_verdict_goes_to_the_latest_task_begun_by_then(tmp_path: Path) -> None:
    records = [
        agent_span("1", session__id="s", at=0),
        agent_span("2", session__id="s", at=100),
        agent_span("3", session__id="s", at=200),
        outcome("e1", session__id="s", at=150),
    ]
    assert built(tmp_path, records, "SELECT verdict FROM mart.tasks ORDER BY started_at") == [
        (None,),
        ("success",),
        (None,),
    ]


def test_attempts_of_one_key_are_one_task_where_the_contract_says_so(tmp_path: Path) -> None:
    records = [
        agent_span("1", task__id="k", at=0),
        chat("1", "b", "a"),
        agent_span("2", task__id="k", at=100),
        chat("2", "b", "a", at=100),
        outcome("e1", trace="2", at=200),
    ]
    query = "SELECT business_key, attempts, model_calls, status, duration_ms FROM mart.tasks ORDER BY started_at"
    assert built(tmp_path / "a", records, query) == [("k", 1, 1, None, 1000.0), ("k", 1, 1, "success", 1000.0)]
    assert built(tmp_path / "b", records, query, contract(task="key")) == [("k", 2, 2, "success", 101_000.0)]


def test_an_unfinished_task_is_in_flight_until_it_is_too_old(tmp_path: Path) -> None:
    segment = {
        "trace_id": "a" * 32,
        "span_id": "b" * 16,
        "name": "fn",
        "service_name": "fn",
        "started_at": START,
        "duration_ms": None,
        "in_progress": True,
    }
    with warehouse(tmp_path, contract(hosts=("fn",), max_task_hours=2)) as wh:
        with wh.transaction():
            wh.land_rows("segments", [segment], [], SCOPES["span_records"])
        wh.build(START + timedelta(hours=1))
        first = one(wh, "SELECT agent_id, status, status_source, mature, ended_at FROM mart.tasks")
        wh.build(START + timedelta(hours=3))
        assert first == (AGENT, "in_flight", "lifecycle", False, None)
        assert one(wh, "SELECT status, mature FROM mart.tasks") == ("abandoned", True)


def test_an_agent_without_an_arn_is_named_by_account_region_and_name(tmp_path: Path) -> None:
    assert built(tmp_path, [agent_span("1", runtime=None)], "SELECT agent_id FROM mart.tasks") == [
        (f"{ACCOUNT}/{REGION}/Helper",)
    ]


def test_nothing_recorded_below_the_agent_is_unknown_not_zero(tmp_path: Path) -> None:
    assert built(
        tmp_path, [agent_span("1")], "SELECT model_calls, tool_calls, cost_usd, cost_state FROM mart.tasks"
    ) == [(None, None, None, "none")]


@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", date(2026, 11, 2)), ("Asia/Kolkata", date(2026, 11, 3)), ("America/New_York", date(2026, 11, 2))],
)
def test_the_day_is_the_organisations_day(tmp_path: Path, zone: str, day: date) -> None:
    late = agent_span("1", at=10 * 3600)  # 19:00 UTC = 00:30 the next day in Kolkata
    assert built(tmp_path, [late], "SELECT day FROM mart.tasks", ConfigTables(org={"timezone": zone})) == [(day,)]


def test_a_new_time_zone_rebuilds_every_day(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1", at=10 * 3600)])
        wh.build(NOW)
        wh.configure(ConfigTables(org={"timezone": "Asia/Kolkata"}))
        assert wh.build(NOW).full
        assert one(wh, "SELECT day FROM mart.tasks") == (date(2026, 11, 3),)


def test_truth_is_the_system_of_record_else_a_drawn_human_label_with_its_weight(tmp_path: Path) -> None:
    human = {
        "label__source": "human_expert",
        "gen_ai__evaluation__name": "review",
        "gen_ai__evaluation__score__value": 1.0,
    }
    records = [
        agent_span("1"),
        outcome("e1", trace="1", result="failure"),
        agent_span("2"),
        outcome("e2", trace="2", label__source="code"),
        outcome("e3", trace="2", result="unknown", **human, label__inclusion_probability=0.25),
        agent_span("3"),
        outcome("e4", trace="3", label__source="code"),
        outcome("e5", trace="3", result="unknown", **human),
    ]
    assert built(
        tmp_path,
        records,
        "SELECT truth_score, truth_weight, truth_source, human_labels FROM mart.tasks ORDER BY trace_id",
    ) == [(0.0, 1.0, "outcome", 0), (1.0, 4.0, "human", 1), (None, None, None, 1)]


@pytest.mark.parametrize("rubric", ["escalation.needed", "guardrail.right"])
def test_a_drawn_review_of_a_decision_is_no_truth_about_the_result(tmp_path: Path, rubric: str) -> None:
    review = {
        "label__source": "human_expert",
        "label__inclusion_probability": 0.5,
        "gen_ai__evaluation__name": rubric,
        "gen_ai__evaluation__score__value": 0.0,
    }
    records = [
        agent_span("1"),
        outcome("e1", trace="1", label__source="code"),
        outcome("e2", trace="1", result="unknown", **review),
    ]
    assert built(tmp_path, records, "SELECT truth_score, truth_source, human_labels FROM mart.tasks") == [
        (None, None, 1)
    ]


def test_a_human_touch_is_an_escalation_a_correction_or_minutes_and_else_unknown_or_none(tmp_path: Path) -> None:
    records = [
        agent_span("1"),
        agent_span("2"),
        outcome("e2", trace="2"),
        agent_span("3"),
        outcome("e3", trace="3", escalation__escalated=True),
        agent_span("4"),
        outcome("e4", trace="4", human_review_minutes=3.0),
    ]
    assert built(tmp_path, records, "SELECT human_touch FROM mart.tasks ORDER BY trace_id") == [
        (None,), (False,), (True,), (True,),
    ]  # fmt: skip


def test_a_task_is_worth_its_own_baseline_else_the_contracts_with_its_range(tmp_path: Path) -> None:
    contract = Contract(AGENT, "Desk", baseline_minutes=12.0, baseline_low_minutes=9.0, baseline_high_minutes=16.0)
    records = [
        agent_span("1"),
        agent_span("2"),
        outcome("e2", trace="2", human_baseline_minutes=5.0),
    ]
    query = "SELECT baseline_minutes, baseline_low_minutes, baseline_high_minutes FROM mart.tasks ORDER BY trace_id"
    config = ConfigTables(org={"timezone": "UTC"}, contracts=(contract,))
    assert built(tmp_path, records, query, config) == [(12.0, 9.0, 16.0), (5.0, 5.0, 5.0)]


def test_declared_and_discovered_agents_meet_by_id(tmp_path: Path) -> None:
    config = ConfigTables(
        org={"timezone": "UTC"}, contracts=(Contract(AGENT, "Desk", owner="Ann"), Contract("ghost-1", "Ghost"))
    )
    records = [
        agent_span("1"),
        span("2", "a", op="invoke_agent", runtime="other-9876543210", gen_ai__agent__name="Other"),
    ]
    assert built(
        tmp_path,
        records,
        "SELECT agent_id, agent_name, owner, declared, discovered FROM mart.agents ORDER BY 1",
        config,
    ) == [
        ("ghost-1", "Ghost", None, True, False),
        (AGENT, "Desk", "Ann", True, True),
        ("other-9876543210", "Other", None, False, True),
    ]


def test_a_child_whose_parent_lands_in_a_later_window_finds_its_task(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [chat("1", "b", "a")])
        wh.build(NOW)
        assert rows(wh, "FROM mart.tasks") == []
        assert one(wh, "SELECT task_id, agent_id FROM mart.model_calls") == (None, AGENT)
        land(wh, [agent_span("1")], start=10)
        wh.build(NOW)
        assert one(wh, "SELECT model_calls, duration_ms FROM mart.tasks") == (1, 1000.0)
        assert one(wh, "SELECT task_id IS NOT NULL FROM mart.model_calls") == (True,)
