"""The bill: one line one meaning, the later answer holds, a Data Export goes before Cost Explorer."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from sql.config import ConfigTables, Contract
from sql.warehouse import Warehouse
from tests.sql.billing import answer, land_days, land_month, line, write_month
from tests.sql.inventory_support import PROFILE, ROLE, configured, look, profile, runtime, tagged
from tests.sql.inventory_support import RUNTIME as RUNTIME_ID
from tests.sql.support import ACCOUNT, NOW, REGION, rows, warehouse

DAY = date(2026, 11, 2)
BEDROCK, AGENTCORE = "Amazon Bedrock", "Amazon Bedrock AgentCore"
INPUT = "USE1-Claude4.6Sonnet-input-tokens"
SONNET = "anthropic.claude-sonnet-4-6"
RUNTIME = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/helper-0123456789"
HAIKU = "Claude Haiku 4.5 (Amazon Bedrock Edition)"
# Service and usage type on the bill: class of cost, model, kind of token and tier.
PAID_FOR = {
    (BEDROCK, INPUT): ("model", SONNET, "input", "default"),
    (BEDROCK, "USE1-Claude4.6Sonnet-cache-write-input-token-count"): ("model", SONNET, "cache_write_5m", "default"),
    (BEDROCK, "USE1-NovaPro-output-tokens-flex"): ("model", "amazon.nova-pro-v1:0", "output", "flex"),
    (BEDROCK, "USE1-openai.gpt-5.5-mantle-input-tokens-standard"): ("model", "openai.gpt-5.5", "input", "default"),
    (HAIKU, "USE1-MP:USE1_InputTokenCount-Units"): (
        "model",
        "anthropic.claude-haiku-4-5-20251001-v1:0",
        "input",
        "default",
    ),
    ("AWS Marketplace", "USE1-MP:USE1_InputTokenCount-Units"): ("model", None, "input", "default"),
    (BEDROCK, "USE1-Acme-input-tokens"): ("model", None, "input", "default"),
    (BEDROCK, "USE1-NovaPro-ProvisionedThroughput-ModelUnits"): ("model", None, None, "reserved"),
    (BEDROCK, "USE1-Guardrail-ContentPolicyUnitsConsumed"): ("guardrail", None, None, "default"),
    (BEDROCK, "USE1-KnowledgeBase-Rerank"): ("knowledge_base", None, None, "default"),
    (AGENTCORE, "USE1-Runtime:Consumption-based:Memory"): ("runtime", None, None, "default"),
    (AGENTCORE, "USE1-BrowserTool:Consumption-based:vCPU"): ("runtime", None, None, "default"),
    (AGENTCORE, "USE1-Memory:Consumption-based:Short-Term-Memory"): ("memory", None, None, "default"),
    (AGENTCORE, "USE1-Gateway:Consumption-based:API-Invocations"): ("gateway", None, None, "default"),
    (AGENTCORE, "USE1-Evaluations:Consumption-based:BuiltIn-Input:Tier1"): ("evaluation", None, None, "default"),
    (AGENTCORE, "USE1-Knowledge-Base:Consumption-based:Retrieval"): ("knowledge_base", None, None, "default"),
    (AGENTCORE, "USE1-Identity:Consumption-based:Requests"): ("other", None, None, "default"),
}


def lines_of(wh: Warehouse, *columns: str) -> list[tuple[Any, ...]]:
    """The named columns of the mart without the line other."""
    return rows(wh, f"SELECT {', '.join(columns)} FROM mart.bill WHERE service <> 'other' ORDER BY ALL")


def test_the_later_answer_about_a_day_holds_whatever_came_first(tmp_path: Path) -> None:
    first = answer("2026-11-03T06:00:00", (str(DAY), BEDROCK, INPUT, "5"), estimated=True)
    later = answer("2026-11-04T06:00:00", (str(DAY), BEDROCK, INPUT, "3.5"))
    found = []
    for number, order in enumerate([(first, later), (later, first)]):
        with warehouse(tmp_path / str(number)) as wh:
            for rows_ in order:
                land_days(wh, rows_)
            wh.build(NOW)
            found.append(lines_of(wh, "day", "account_id", "usd::DOUBLE", "quantity", "estimated", "source"))
    assert found[0] == found[1] == [(DAY, ACCOUNT, 3.5, 2.0, False, "cost_explorer")]


def test_a_line_that_the_later_answer_lacks_is_not_on_the_bill_any_more(tmp_path: Path) -> None:
    guardrail = (str(DAY), BEDROCK, "USE1-Guardrail-ContentPolicyUnitsConsumed", "2")
    first = answer(
        "2026-11-03T06:00:00", (str(DAY), BEDROCK, INPUT, "5"), guardrail, ("2026-11-01", BEDROCK, INPUT, "1")
    )
    later = answer("2026-11-04T06:00:00", (str(DAY), BEDROCK, INPUT, "5"))
    with warehouse(tmp_path) as wh:
        land_days(wh, first)
        land_days(wh, later)
        wh.build(NOW)
        assert lines_of(wh, "day", "usage_type") == [(date(2026, 11, 1), INPUT), (DAY, INPUT)]


def test_the_same_answer_twice_changes_nothing(tmp_path: Path) -> None:
    told = answer("2026-11-03T06:00:00", (str(DAY), BEDROCK, INPUT, "5"))
    with warehouse(tmp_path) as wh:
        assert land_days(wh, told).rows_new == 2
        again = land_days(wh, told)
    assert (again.rows_new, again.rows_changed) == (0, 0)


def test_a_usage_type_tells_what_was_paid_for(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land_days(wh, answer("2026-11-03T06:00:00", *[(str(DAY), *paid, "5") for paid in PAID_FOR]))
        wh.build(NOW)
        found = lines_of(wh, "service", "usage_type", "cost_class", "model", "token_kind", "tier")
    assert {row[:2]: row[2:] for row in found} == PAID_FOR


def test_a_data_export_goes_before_cost_explorer_on_the_days_of_an_account_that_it_covers(tmp_path: Path) -> None:
    told = answer("2026-11-04T06:00:00", (str(DAY), BEDROCK, INPUT, "5"), ("2026-11-03", BEDROCK, INPUT, "6"))
    elsewhere = answer("2026-11-04T06:00:00", (str(DAY), BEDROCK, INPUT, "7"), account="444455556666")
    with warehouse(tmp_path) as wh:
        land_days(wh, [*told, *elsewhere])
        land_month(wh, write_month(tmp_path / "a.parquet", line(4.5)))
        wh.build(NOW)
        assert lines_of(wh, "day::VARCHAR", "account_id", "usd::DOUBLE", "source") == [
            ("2026-11-02", ACCOUNT, 4.5, "cur"),
            ("2026-11-02", "444455556666", 7.0, "cost_explorer"),
            ("2026-11-03", ACCOUNT, 6.0, "cost_explorer"),
        ]


def test_two_exports_of_one_account_and_month_count_once(tmp_path: Path) -> None:
    file = write_month(tmp_path / "a.parquet", line(4.5))
    with warehouse(tmp_path) as wh:
        land_month(wh, file, export="/exports/a")
        land_month(wh, file, export="/exports/b")
        wh.build(NOW)
        assert lines_of(wh, "usd::DOUBLE") == [(4.5,)]


def test_a_line_belongs_to_the_one_agent_whose_resource_or_role_it_names(tmp_path: Path) -> None:
    profile = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"
    principal, resource = "line_item_iam_principal", "line_item_resource_id"
    cases: list[tuple[dict[str, Any], str | None]] = [
        ({}, "helper"),
        ({principal: f"arn:aws:iam::{ACCOUNT}:role/service/helper-role"}, "helper"),
        ({"line_item_usage_account_id": "444455556666"}, None),
        ({principal: f"arn:aws:sts::{ACCOUNT}:assumed-role/desk-role/x"}, "desk"),
        ({principal: f"arn:aws:sts::{ACCOUNT}:assumed-role/shared-role/x"}, None),
        ({principal: f"arn:aws:iam::{ACCOUNT}:user/alice"}, None),
        ({principal: None, resource: RUNTIME}, "helper-0123456789"),
        ({resource: profile}, "desk"),
    ]
    contracts = (
        Contract("helper", "Helper", hosts=(f"arn:aws:iam::{ACCOUNT}:role/helper-role", "shared-role")),
        Contract("desk", "Desk", hosts=("desk-role", "shared-role", profile)),
    )
    lines = [line(**fields, line_item_usage_type=f"USE1-case{n}") for n, (fields, _) in enumerate(cases)]
    with warehouse(tmp_path, ConfigTables(org={"timezone": "UTC"}, contracts=contracts)) as wh:
        land_month(wh, write_month(tmp_path / "a.parquet", *lines))
        wh.build(NOW)
        assert lines_of(wh, "usage_type", "agent_id") == [
            (f"USE1-case{n}", agent) for n, (_, agent) in enumerate(cases)
        ]


def test_the_inventory_ties_roles_and_profiles_to_agents_and_keeps_tool_servers_apart(tmp_path: Path) -> None:
    server = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/tools-9876543210"
    lines = [
        line(line_item_usage_type="USE1-role"),
        line(line_item_usage_type="USE1-profile", line_item_resource_id=PROFILE, line_item_iam_principal=None),
        line(line_item_usage_type="USE1-server", line_item_resource_id=server, line_item_iam_principal=None),
    ]
    with warehouse(tmp_path) as wh:
        look(wh, 1, runtime(), configured(role=ROLE), runtime("tools-9876543210", "tools"))
        look(wh, 1, configured("tools-9876543210", "MCP"), profile(), tagged("p1", agent_name="helper"))
        land_month(wh, write_month(tmp_path / "a.parquet", *lines))
        wh.build(NOW)
        assert lines_of(wh, "usage_type", "agent_id") == [
            ("USE1-profile", RUNTIME_ID),
            ("USE1-role", RUNTIME_ID),
            ("USE1-server", None),
        ]


def test_kinds_of_lines_stay_apart(tmp_path: Path) -> None:
    kinds = ("Usage", "SavingsPlanCoveredUsage", "Tax", "Credit", "Refund", "EdpDiscount", "Fee")
    with warehouse(tmp_path) as wh:
        land_month(wh, write_month(tmp_path / "a.parquet", *[line(line_item_line_item_type=kind) for kind in kinds]))
        wh.build(NOW)
        assert lines_of(wh, "line_type", "usd::DOUBLE") == [
            ("credit", 1.0),
            ("discount", 1.0),
            ("other", 1.0),
            ("refund", 1.0),
            ("tax", 1.0),
            ("usage", 2.0),
        ]


def test_a_bill_alone_builds_the_tables_and_a_restated_one_builds_them_again(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        wh.build(NOW)
        assert rows(wh, "FROM mart.bill") == []
        for usd in (4.5, 4.25):
            land_month(wh, write_month(tmp_path / "a.parquet", line(usd)))
            wh.build(NOW)
            assert lines_of(wh, "usd::DOUBLE") == [(usd,)]
