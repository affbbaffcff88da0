"""Datapoints as landed → the table metric_points: whose they are, what they mean and what may be added up."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from sql.config import ConfigTables, Contract
from sql.warehouse import Landed, Scope, Spool, Warehouse
from tests.sql.support import NOW, nanos, one, rows, warehouse

TEN = datetime(2026, 11, 2, 10)
AT = nanos(TEN) // 10**9
SCOPE = Scope("cloudwatch_metrics", "111122223333", "us-east-1", "AWS/Bedrock-AgentCore")
RUNTIME = "arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/helper-AbCdEf1234"
GATEWAY = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/tools-1"


def stretch(metric: str, dimensions: dict[str, str], *values: float, **more: Any) -> dict[str, Any]:
    """A stretch of five-minute points of one statistic."""
    return {
        "namespace": SCOPE.name,
        "metric": metric,
        "dimensions": json.dumps(dimensions, sort_keys=True),
        "stat": "Sum",
        "period_s": 300,
        "unit": "Count",
        "service": "runtime",
        "definition": None,
        "projection": "parts",
        "times": [AT + 300 * n for n in range(len(values))],
        "values": list(values),
        **more,
    }


def land(wh: Warehouse, *records: dict[str, Any]) -> Landed:
    """Land stretches in one transaction."""
    with Spool() as spool, wh.transaction():
        for number, record in enumerate(records):
            spool.add(json.dumps(record), at_ms=None, ingested_ms=None, event_id=f"p{number}", group=SCOPE.name)
        return wh.land_records("metric_points", spool, SCOPE)


def test_a_stretch_becomes_a_row_a_point(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        landed = land(wh, stretch("Invocations", {"Resource": RUNTIME}, 3, 4))
        assert (landed.rows_read, landed.rows_new) == (2, 2)
        assert rows(wh, 'SELECT "at", value, account_id, region FROM raw.metric_points ORDER BY 1') == [
            (TEN, 3.0, "111122223333", "us-east-1"),
            (datetime(2026, 11, 2, 10, 5), 4.0, "111122223333", "us-east-1"),
        ]


def test_a_stretch_that_is_read_again_changes_only_what_has_grown(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, stretch("Invocations", {"Resource": RUNTIME}, 3, 4))
        landed = land(wh, stretch("Invocations", {"Resource": RUNTIME}, 3, 6, 1))
        assert (landed.rows_new, landed.rows_changed, landed.duplicates) == (1, 1, 1)
        assert rows(wh, 'SELECT value FROM raw.metric_points ORDER BY "at"') == [(3.0,), (6.0,), (1.0,)]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"metric": None}, "missing_id"), ({"values": [None]}, "missing_value")],
)
def test_a_point_without_a_name_or_a_value_is_rejected(tmp_path: Path, wrong: dict[str, Any], reason: str) -> None:
    with warehouse(tmp_path) as wh:
        landed = land(wh, stretch("Invocations", {}, 1) | wrong)
        assert landed.rejects == {reason: 1}
        assert rows(wh, "FROM raw.metric_points") == []


def test_policy_denials_are_told_by_tool_and_only_enforced_ones_were_felt(tmp_path: Path) -> None:
    tool = {"Mode": "ENFORCE", "OperationName": "AuthorizeAction", "TargetResource": GATEWAY, "ToolName": "refund"}
    logged, listed = tool | {"Mode": "LOG_ONLY"}, tool | {"OperationName": "PartiallyAuthorizeActions"}
    whole = {"OperationName": "AuthorizeAction"}
    with warehouse(tmp_path) as wh:
        land(
            wh,
            stretch("DenyDecisions", tool, 2, 3, service="policy", definition="decision_enforced"),
            stretch("DenyDecisions", logged, 40, service="policy", definition="decision_only_logged"),
            stretch("DenyDecisions", listed, 500, service="policy", definition="tool_list_filtered"),
            stretch(
                "DenyDecisions", whole, 45, service="policy", definition="decision_in_any_mode", projection="total"
            ),
        )
        wh.build(NOW)
        assert rows(
            wh,
            """SELECT tool_name, resource, sum(value) FROM mart.metric_points
               WHERE service = 'policy' AND metric = 'DenyDecisions' AND projection = 'parts'
                 AND definition = 'decision_enforced' GROUP BY ALL""",
        ) == [("refund", GATEWAY, 5.0)]
        assert rows(wh, "SELECT DISTINCT policy_mode FROM mart.metric_points ORDER BY 1 NULLS LAST") == [
            ("ENFORCE",),
            ("LOG_ONLY",),
            (None,),
        ]


def test_people_who_take_over_a_browser_are_counted_by_browser_and_day(tmp_path: Path) -> None:
    dimensions = {"Operation": "BrowserSession", "Resource": "browser-1"}
    facts = {"service": "browser", "definition": "browser_takeover"}
    with warehouse(tmp_path, ConfigTables(org={"timezone": "Pacific/Auckland"})) as wh:
        land(
            wh,
            stretch("TakerOverCount", dimensions, 1, 1, **facts),
            stretch("TakerOverCount", {"Operation": "BrowserSession"}, 2, **facts, projection="total"),
            stretch("TakerOverReleaseCount", dimensions, 1, **facts),
        )
        wh.build(NOW)
        assert rows(
            wh,
            """SELECT resource, day, metric, sum(value) FROM mart.metric_points
               WHERE definition = 'browser_takeover' AND projection = 'parts' GROUP BY ALL ORDER BY metric""",
        ) == [
            ("browser-1", date(2026, 11, 2), "TakerOverCount", 2.0),
            ("browser-1", date(2026, 11, 2), "TakerOverReleaseCount", 1.0),
        ]


@pytest.mark.parametrize(
    ("dimensions", "host", "agent"),
    [
        ({"Resource": RUNTIME, "Operation": "InvokeAgentRuntime", "Name": "helper::DEFAULT"}, "x", "helper-AbCdEf1234"),
        ({"Resource": RUNTIME}, RUNTIME, "ours"),
        ({"Resource": RUNTIME}, "helper-AbCdEf1234", "ours"),
        ({"FunctionName": "refund-tools"}, "arn:aws:lambda:us-east-1:111122223333:function:refund-tools", "ours"),
        ({"FunctionName": "refund-tools"}, "refund-tools", "ours"),
        ({"FunctionName": "refund_tools"}, "arn:aws:lambda:us-east-1:111122223333:function:refund-tools", None),
        ({"StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:claims"}, "claims", "ours"),
        ({"service.name": "helper.DEFAULT"}, "helper.DEFAULT", "ours"),
        ({"ModelId": "anthropic.claude"}, "x", None),
        ({"Resource": "All"}, "x", None),
        ({}, "x", None),
    ],
)
def test_a_point_is_of_the_agent_that_its_resource_or_its_host_names(
    tmp_path: Path, dimensions: dict[str, str], host: str, agent: str | None
) -> None:
    owner = Contract(agent_id="ours", agent_name="Ours", hosts=(host,))
    with warehouse(tmp_path, ConfigTables(org={"timezone": "UTC"}, contracts=(owner,))) as wh:
        land(wh, stretch("Invocations", dimensions, 1))
        wh.build(NOW)
        assert one(wh, "SELECT agent_id, dimension_set FROM mart.metric_points") == (
            agent,
            ",".join(sorted(dimensions)),
        )


def test_both_names_of_cache_tokens_are_kept_and_kept_apart(tmp_path: Path) -> None:
    model = {"ModelId": "m"}
    with warehouse(tmp_path) as wh:
        land(
            wh,
            stretch("CacheReadInputTokens", model, 7, service="bedrock", definition="cache_tokens_as_documented"),
            stretch("CacheReadInputTokenCount", model, 7, service="bedrock", definition="cache_tokens_as_seen"),
        )
        wh.build(NOW)
        assert rows(
            wh,
            """SELECT definition, sum(value), meaning LIKE '%never add the two%'
               FROM mart.metric_points JOIN mart.metric_definitions USING (definition) GROUP BY ALL ORDER BY 1""",
        ) == [("cache_tokens_as_documented", 7.0, True), ("cache_tokens_as_seen", 7.0, True)]


def test_points_of_an_older_warehouse_stay_and_are_of_an_unknown_kind(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        wh._con.execute(
            """INSERT INTO raw.metric_points
                   (account_id, region, namespace, metric, dimensions, stat, period_s, "at", value)
               VALUES ('1', 'r', 'AWS/Bedrock', 'Invocations', '{}', 'Sum', 300, TIMESTAMP '2026-11-02', 5.0)"""
        )
        wh.build(NOW)
        assert rows(wh, "SELECT value, service, definition, projection FROM mart.metric_points") == [
            (5.0, None, None, None)
        ]
