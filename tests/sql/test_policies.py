"""Gateways and their policies: what was decided, what was refused, and a refused tool call counted once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sql.warehouse import Warehouse
from tests.sql.support import NOW, agent_span, land, one, rows, span, tool, warehouse

DECISIONS = """SELECT tool_name, decision, mode, refused, would_deny, policies, trial_policies, reason, gateway_id
    FROM mart.policy_decisions ORDER BY tool_name"""


def sample(shared: Path, name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((shared / "aws" / "samples" / f"{name}.json").read_text())
    return record


def invoke(parent: str | None, name: str = "hr___pay", **attributes: Any) -> dict[str, Any]:
    """A gateway's span of trace 1."""
    return span(
        "1",
        "d",
        parent,
        op="server",
        name="AgentCore.Gateway.InvokeTool",
        scope="",
        runtime=None,
        at=0.5,
        tool__name=name,
        gateway__id="gw-1",
        **attributes,
    )


def decided(decision: str, mode: str | None = "ENFORCE") -> dict[str, Any]:
    said = {"aws__agentcore__policy__authorization_decision": decision}
    return said | ({"aws__agentcore__gateway__policy__mode": mode} if mode else {})


def authorise(decision: str, reason: str | None = None, policies: Any = (), mode: str = "ENFORCE") -> dict[str, Any]:
    """The policy engine's span below the gateway's."""
    more = {"aws__agentcore__policy__authorization_reason": reason} if reason else {}
    more["aws__agentcore__policy__determining_policies"] = policies
    return span(
        "1",
        "e",
        "d",
        op="server",
        name="AgentCore.Policy.AuthorizeAction",
        scope="",
        runtime=None,
        at=0.4,
        **decided(decision, mode),
        **more,
    )


def built(wh: Warehouse, *records: dict[str, Any]) -> None:
    land(wh, records, "span_records")
    wh.build(NOW)
    assert [each for each in wh.check() if each.severity == "fail"] == []


def test_recorded_decisions_are_one_row_each_and_filtering_a_list_is_none(shared: Path, tmp_path: Path) -> None:
    names = (
        "span_gateway_invoke_tool_allow",
        "span_gateway_invoke_tool_deny",
        "span_policy_authorize_action_allow",
        "span_policy_authorize_action_deny",
        "span_policy_partially_authorize_actions",
    )
    with warehouse(tmp_path) as wh:
        built(wh, *(sample(shared, name) for name in names))
        assert rows(wh, DECISIONS) == [
            (
                "hr-database___create_payout",
                "DENY",
                "ENFORCE",
                True,
                None,
                '["launchpad_payout_admin_only-x7gz5yjkrd"]',
                None,
                "forbidden",
                "launchpad-gw-em0yuqmmdp",
            ),
            (
                "hr-database___list_departments",
                "ALLOW",
                "ENFORCE",
                False,
                None,
                '["launchpad_baseline_allow-obafj1o9hj"]',
                '["lab_readonly_tools-be45dja2_p"]',
                None,
                "launchpad-gw-em0yuqmmdp",
            ),
        ]
        assert rows(wh, "SELECT duration_ms FROM mart.spans WHERE name LIKE '%InvokeTool' ORDER BY started_at") == [
            (289.0,),
            (None,),
        ], "the tool's own time stands where the span has none"
        assert rows(wh, "FROM mart.tool_calls") == []
        assert "Policy evaluation denied" not in str(rows(wh, "FROM raw.spans"))


def test_a_gateway_that_is_silent_says_what_its_policy_span_says(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, agent_span("1"), invoke("a"), authorise("DENY", "No policy permits this", [], "LOG_ONLY"))
        assert rows(wh, DECISIONS) == [("hr___pay", "DENY", "LOG_ONLY", False, True, "[]", None, "no_permit", "gw-1")]
        assert one(wh, "SELECT agent_id, task_id IS NOT NULL FROM mart.policy_decisions") == ("helper-0123456789", True)


def test_a_policy_span_alone_is_a_decision_and_a_gateway_without_any_is_none(tmp_path: Path) -> None:
    with warehouse(tmp_path / "policy") as wh:
        built(wh, agent_span("1"), authorise("DENY", "evaluation failed: boom 4711"))
        assert rows(wh, DECISIONS) == [(None, "DENY", "ENFORCE", True, None, "[]", None, "evaluation_error", None)]
    with warehouse(tmp_path / "gateway") as wh:
        built(wh, agent_span("1"), invoke("a"))
        assert rows(wh, DECISIONS) == []


def test_policies_that_come_as_the_text_of_a_list_are_read(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, agent_span("1"), invoke("a"), authorise("DENY", "x", '["p-2", "p-1"]'))
        assert one(wh, "SELECT policies, reason FROM mart.policy_decisions") == ('["p-1","p-2"]', "forbidden")


def test_a_call_in_log_only_mode_that_is_allowed_would_not_be_denied(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, agent_span("1"), tool("1", "b", "a", "pay"), invoke("b", **decided("ALLOW", "LOG_ONLY")))
        assert one(wh, "SELECT refused, would_deny FROM mart.policy_decisions") == (False, False)


@pytest.mark.parametrize(
    ("parent", "name"),
    [("b", "other"), ("c", "other"), ("x", "pay"), ("x", "hr___pay"), (None, "HR___PAY")],
    ids=["child of the tool", "grandchild of the tool", "same tool", "same full name", "another spelling"],
)
def test_a_tool_call_that_a_policy_refused_is_one_denied_call(tmp_path: Path, parent: str | None, name: str) -> None:
    call = tool("1", "b", "a", name, at=0.2, ms=800)
    client = span("1", "c", "b", op="server", name="POST", at=0.3)
    with warehouse(tmp_path) as wh:
        built(wh, agent_span("1"), call, client, invoke(parent, **decided("DENY")))
        assert rows(wh, "SELECT span_id, tool_name, status FROM mart.tool_calls") == [(f"{'b':0>16}", name, "denied")]
        assert one(wh, "SELECT tool_calls, tool_errors FROM mart.tasks") == (1, 1)


@pytest.mark.parametrize(
    ("call", "decision"),
    [
        (tool("1", "b", "a", "pay", at=0.2, ms=800), decided("DENY", "LOG_ONLY")),
        (tool("1", "b", "a", "pay", at=0.2, ms=800), decided("ALLOW")),
        (tool("1", "b", "a", "hire", at=0.2, ms=800), decided("DENY")),
        (tool("1", "b", "a", "pay", at=0.2, ms=100), decided("DENY")),
        (tool("1", "b", "a", "pay", at=0.7, ms=100), decided("DENY")),
        (tool("2", "b", "a", "pay", at=0.2, ms=800), decided("DENY")),
    ],
    ids=["log only", "allowed", "another tool", "ended before", "began after", "another trace"],
)
def test_only_the_refused_call_is_denied(tmp_path: Path, call: dict[str, Any], decision: dict[str, Any]) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, agent_span("1"), agent_span("2"), call, invoke("x", **decision))
        assert rows(wh, "SELECT status FROM mart.tool_calls") == [("ok",)]


def test_of_two_calls_of_a_tool_the_one_that_ran_is_denied(tmp_path: Path) -> None:
    first, second = tool("1", "b", "a", "pay", at=0.1, ms=100), tool("1", "c", "a", "pay", at=0.4, ms=300)
    with warehouse(tmp_path) as wh:
        built(wh, agent_span("1"), first, second, invoke(None, **decided("DENY")))
        assert rows(wh, "SELECT status FROM mart.tool_calls ORDER BY started_at") == [("ok",), ("denied",)]
