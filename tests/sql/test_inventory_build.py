"""What the inventory gives the marts: versions, release markers, agents without telemetry, profiles and roles."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectors.inventory.look import State
from sql.config import ConfigTables, Contract, PriceOverride
from sql.warehouse import Warehouse
from tests.sql.inventory_support import (
    MODELS,
    PROFILE,
    ROLE,
    RUNTIME,
    RUNTIME_ARN,
    at,
    configured,
    endpoint,
    look,
    profile,
    runtime,
    tagged,
    version,
)
from tests.sql.support import (
    ACCOUNT,
    NOW,
    REGION,
    START,
    agent_span,
    chat,
    invocation,
    land,
    one,
    rows,
    span,
    warehouse,
)

PRICED = "anthropic.claude-sonnet-4-5-20250929-v1:0"
PRICES = tuple(PriceOverride(PRICED, "regional", "default", kind, START.date(), Decimal(usd), "test")
               for kind, usd in (("input", "3"), ("output", "15")))  # fmt: skip
HOUR = 3600.0


def tasks(wh: Warehouse, *hours: float, **more: Any) -> None:
    """One task at each of these hours after START."""
    land(wh, [agent_span(f"{n + 1:x}", at=each * HOUR, **more) for n, each in enumerate(hours)])


def versions(wh: Warehouse) -> list[str | None]:
    """The versions of the tasks in order."""
    wh.build(NOW)
    return [row[0] for row in rows(wh, "SELECT agent_version FROM mart.tasks ORDER BY started_at")]


def test_a_task_has_the_version_that_its_endpoint_served_when_it_began(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        tasks(wh, 1, 3, 5)
        look(wh, 2, endpoint(1, updated=0.5))
        look(wh, 6, endpoint(2, updated=4))
        assert versions(wh) == ["1", "1", "2"]


def test_what_the_span_says_comes_first(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        tasks(wh, 3, gen_ai__agent__version="7")
        look(wh, 2, endpoint(1, updated=0.5))
        assert versions(wh) == ["7"]


def test_before_anything_is_known_there_is_no_version(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        tasks(wh, 1, 3)
        look(wh, 2, endpoint(1))
        assert versions(wh) == [None, "1"]


def test_before_the_first_look_the_default_endpoint_followed_the_newest_version(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        tasks(wh, 0.5, 1.5, 2.5, 9.5)
        made = [version(1, 1), version(2, 2), version(3, 2.2, status="CREATE_FAILED"), version(4, 9)]
        look(wh, 10, *made, endpoint(4, updated=9.1))
        assert versions(wh) == [None, "1", "2", "4"]


def test_another_endpoint_than_default_knows_only_its_own_history(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        tasks(wh, 1.5, 9.5)
        wh._con.execute("UPDATE raw.spans SET endpoint = 'prod'")
        look(wh, 10, version(1, 1), version(2, 2), endpoint(2, updated=2), endpoint(1, updated=9, name="prod"))
        assert versions(wh) == [None, "1"]


def test_a_release_that_becomes_known_later_rebuilds_its_tasks_and_no_others(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        tasks(wh, 1, 40, 60)
        land(wh, [agent_span("aa", at=50 * HOUR, runtime="other-0123456789")], start=50)
        look(wh, 2, endpoint(1, updated=0.5))
        assert versions(wh) == ["1", "1", None, "1"]
        look(wh, 70, endpoint(2, updated=55))
        report = wh.build(NOW)
        assert (report.full, report.traces) == (False, 2)
        assert versions(wh) == ["1", "1", None, "2"]


def test_versions_are_listed_with_where_they_are_known_from(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        tasks(wh, 3)
        land(wh, [agent_span("b", at=5 * HOUR, gen_ai__agent__version="beta")], start=50)
        look(wh, 2, runtime(), configured(), version(1, 0.2), version(2, 0.5), endpoint(2, updated=0.6))
        wh.build(NOW)
        assert rows(wh, "FROM mart.agent_versions ORDER BY version") == [
            (RUNTIME, "1", at(0.2), at(2), "inventory"),
            (RUNTIME, "2", at(3), at(3), "inventory"),
            (RUNTIME, "beta", at(5), at(5), "telemetry"),
        ]


def test_agents_without_telemetry_appear_and_tool_servers_do_not(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        tasks(wh, 1)
        look(wh, 2, runtime(), configured(), tagged(RUNTIME, "runtime", owner="desk", team="care", cost_center="c7"),
             runtime("silent-0123456789", "silent"), configured("silent-0123456789", "A2A"),
             runtime("tools-0123456789", "tools"), configured("tools-0123456789", "MCP"),
             runtime("unread-0123456789", "unread"))  # fmt: skip
        wh.build(NOW)
        columns = (
            "agent_id, agent_name, host, declared, discovered, inventoried, protocol, status, owner, team, cost_center"
        )
        assert rows(wh, f"SELECT {columns} FROM mart.agents") == [
            (RUNTIME, "Helper", "agentcore", False, True, True, "HTTP", "READY", "desk", "care", "c7"),
            ("silent-0123456789", "silent", "agentcore", False, False, True, "A2A", "READY", None, None, None),
        ]
        assert rows(wh, "SELECT arn, account_id, region, first_seen_at FROM mart.agents WHERE NOT discovered") == [
            (f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/silent-0123456789", ACCOUNT, REGION, None)
        ]
        (silent,) = (each for each in wh.findings_in_data() if each.code == "agent_without_telemetry")
        assert (silent.severity, silent.subject) == ("error", "silent-0123456789")


def test_an_agent_that_is_gone_stays_with_the_time_of_its_end(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        look(wh, 2, runtime(), configured(), listed=["runtime", "runtime_config"])
        look(wh, 3, listed=["runtime", "runtime_config"])
        wh.build(NOW)
        assert rows(wh, "SELECT agent_id, in_inventory_until FROM mart.agents") == [(RUNTIME, at(3))]
        assert wh.findings_in_data() == []


def test_a_contract_that_names_a_runtime_gives_it_its_id_and_its_word_comes_first(tmp_path: Path) -> None:
    contract = Contract("desk", "Desk agent", hosts=(RUNTIME_ARN,), owner="me")
    with warehouse(tmp_path, ConfigTables(org={"timezone": "UTC"}, contracts=(contract,))) as wh:
        look(wh, 2, runtime(), configured(), tagged(RUNTIME, "runtime", owner="tag", team="care"))
        wh.build(NOW)
        assert rows(wh, "SELECT agent_id, agent_name, owner, team, declared, inventoried FROM mart.agents") == [
            ("desk", "Desk agent", "me", "care", True, True)
        ]


def served(*place: str | None, **more: Any) -> dict[str, Any]:
    """The span with which a runtime answers a request."""
    return {**span(*place, op="server", **more), "kind": "SERVER"}  # type: ignore[arg-type]


def test_work_of_a_tool_server_is_no_task_and_its_calls_belong_to_the_agent_that_used_it(tmp_path: Path) -> None:
    tools = "tools-0123456789"
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), served("1", "b", "a", runtime=tools), chat("1", "c", "b", runtime=tools),
                  served("2", "d", runtime=tools), chat("2", "e", "d", runtime=tools)])  # fmt: skip
        wh.build(NOW)
        assert rows(wh, "SELECT agent_id FROM mart.tasks ORDER BY 1") == [(RUNTIME,), (tools,)]
        look(wh, 2, runtime(tools, "tools"), configured(tools, "MCP"))
        report = wh.build(NOW)
        assert (report.full, report.traces) == (False, 2)
        assert rows(wh, "SELECT agent_id FROM mart.tasks") == [(RUNTIME,)]
        assert rows(wh, "SELECT agent_id, attribution FROM mart.model_calls ORDER BY 1") == [
            (RUNTIME, "span"),
            ("unattributed", "none"),
        ]
        assert rows(wh, "SELECT agent_id FROM mart.agents") == [(RUNTIME,)]


def test_releases_leave_markers_with_what_was_before_and_after(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        tasks(wh, 3, 30)
        look(wh, 2, runtime(), configured(role="r1", artifact="a:1"), version(1, 0.5), endpoint(1, updated=0.5))
        look(wh, 20, runtime(), configured(role="r2", artifact="a:2"), version(2, 19), endpoint(2, updated=19))
        wh.build(NOW)
        assert rows(wh, "SELECT * EXCLUDE (change_id) FROM mart.changes ORDER BY changed_at") == [
            (RUNTIME, at(19), "agent", "1", "2", f"runtime_endpoint {RUNTIME}/DEFAULT", "inventory"),
            (RUNTIME, at(20), "config", "r1", "r2", f"runtime_config {RUNTIME}", "inventory"),
        ]
        assert one(wh, "SELECT count(DISTINCT change_id) FROM mart.changes") == (2,)


def test_a_release_seen_only_in_telemetry_is_still_a_marker(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span(str(n), at=n * HOUR, gen_ai__agent__version=str(n)) for n in (1, 2)])
        wh.build(NOW)
        assert rows(wh, "FROM mart.changes") == [
            (f"{RUNTIME}@2", RUNTIME, at(2), "agent", "1", "2", None, "telemetry")
        ]  # fmt: skip


def classic(**more: Any) -> State:
    """The configuration of a classic agent."""
    return State("bedrock_agent_config", "AG1", arn=f"arn:aws:bedrock:{REGION}:{ACCOUNT}:agent/AG1", facts=more)


def alias(routed: str, alias_id: str = "AL1", name: str = "live") -> State:
    """An alias of a classic agent."""
    return State("bedrock_alias", f"AG1/{alias_id}", "AG1", name=name, version=routed, facts={"alias_id": alias_id})


def test_a_classic_agent_is_known_by_its_aliases_and_marks_routing_model_and_guardrail(tmp_path: Path) -> None:
    agent = State("bedrock_agent", "AG1", name="Desk")
    with warehouse(tmp_path) as wh:
        look(
            wh,
            1,
            agent,
            alias("1"),
            alias("DRAFT", "TSTALIASID", "AgentTestAlias"),
            classic(model="m1", guardrail="g:1"),
        )
        look(
            wh,
            2,
            agent,
            alias("2"),
            alias("DRAFT", "TSTALIASID", "AgentTestAlias"),
            classic(model="m2", guardrail="g:2"),
        )
        wh.build(NOW)
        assert rows(wh, "SELECT agent_id, agent_name, host, discovered FROM mart.agents") == [
            ("AL1", "Desk", "bedrock_agent", False)
        ]
        assert rows(wh, "SELECT agent_id, kind, before_value, after_value FROM mart.changes ORDER BY kind") == [
            ("AL1", "agent", "1", "2"),
            ("AL1", "guardrail", "g:1", "g:2"),
            ("AL1", "model", "m1", "m2"),
        ]
        assert rows(wh, "SELECT version, source FROM mart.agent_versions ORDER BY 1") == [
            ("1", "inventory"),
            ("2", "inventory"),
        ]


def test_a_guardrail_version_marks_everybody_at_the_time_it_was_made(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        look(wh, 5, State("guardrail_version", "g:2", "g", version="2", updated_at=at(3)))
        wh.build(NOW)
        assert rows(wh, "SELECT agent_id, changed_at, kind, after_value FROM mart.changes") == [
            (None, at(3), "guardrail", "2")
        ]


def called(wh: Warehouse) -> list[tuple[Any, ...]]:
    """Agent, rule, model, price state of every call."""
    wh.build(NOW)
    return rows(wh, "SELECT agent_id, attribution, model, price_state FROM mart.model_calls ORDER BY call_id")


PRICED_CONFIG = ConfigTables(org={"timezone": "UTC"}, prices=PRICES)


@pytest.mark.parametrize(
    "tags", [{"agent": "helper"}, {"agent_id": RUNTIME}, {"agent_name": "helper", "agent": RUNTIME}, {}]
)
def test_a_profile_gives_its_calls_an_agent_a_model_and_a_price(tmp_path: Path, tags: dict[str, str]) -> None:
    with warehouse(tmp_path, PRICED_CONFIG) as wh:
        land(wh, [invocation("r1", model=PROFILE, identity={})])
        assert called(wh) == [("unattributed", "none", "p1", "unpriced")]
        name = "p" if tags else "helper"
        look(wh, 2, runtime(), configured(), profile(name=name), tagged("p1", **tags))
        assert not wh.build(NOW).full
        assert called(wh) == [(RUNTIME, "profile", PRICED, "priced")]


@pytest.mark.parametrize(
    ("tags", "others"),
    [({"agent": "nobody"}, ()), ({"agent": "twin"}, ("twin-0123456781", "twin-0123456782")),
     ({"agent": "helper", "agent_name": "nobody"}, ()), ({"agent": "Helpe"}, ()), ({"owner": "helper"}, ())],
)  # fmt: skip
def test_a_profile_that_names_nobody_or_several_names_nobody(
    tmp_path: Path, tags: dict[str, str], others: tuple[str, ...]
) -> None:
    with warehouse(tmp_path, PRICED_CONFIG) as wh:
        land(wh, [invocation("r1", model=PROFILE, identity={})])
        twins = [each for other in others for each in (runtime(other, "twin"), configured(other))]
        look(wh, 2, runtime(), configured(), profile(), tagged("p1", **tags), *twins)
        assert called(wh) == [("unattributed", "none", PRICED, "priced")]


def test_a_global_profile_is_priced_as_global_and_one_of_several_models_not_at_all(tmp_path: Path) -> None:
    with warehouse(tmp_path, PRICED_CONFIG) as wh:
        land(wh, [invocation("r1", model=PROFILE), invocation("r2", model=PROFILE.replace("/p1", "/p2"))])
        look(wh, 2, profile(models=[*MODELS, MODELS[0].replace("us-east-1", "")]),
             profile(PROFILE.replace("/p1", "/p2"), models=[*MODELS, "x:x:x:r::y/other.m"]))  # fmt: skip
        wh.build(NOW)
        assert rows(wh, "SELECT model, model_scope, price_state FROM mart.model_calls ORDER BY call_id") == [
            (PRICED, "global", "priced"),
            ("p2", "regional", "unpriced"),
        ]


def test_what_the_owner_says_of_a_model_comes_first(tmp_path: Path) -> None:
    config = ConfigTables(org={"timezone": "UTC"}, prices=PRICES, model_aliases={PROFILE: "own.model"})
    with warehouse(tmp_path, config) as wh:
        land(wh, [invocation("r1", model=PROFILE)])
        look(wh, 2, profile())
        assert called(wh)[0][2] == "own.model"


def test_a_profile_named_on_spans_only_is_priced_when_the_inventory_arrives(tmp_path: Path) -> None:
    with warehouse(tmp_path, PRICED_CONFIG) as wh:
        land(wh, [agent_span("1"), chat("1", "b", "a", model=PROFILE)])
        assert called(wh) == [(RUNTIME, "span", "p1", "unpriced")]
        look(wh, 2, profile())
        assert called(wh) == [(RUNTIME, "span", PRICED, "priced")]


def test_a_role_of_one_agent_gives_it_its_calls_and_a_shared_one_gives_nobody(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [invocation("r1")])
        assert called(wh)[0][:2] == ("unattributed", "none")
        look(wh, 2, runtime(), configured(role=ROLE))
        assert called(wh)[0][:2] == (RUNTIME, "role")
        assert rows(wh, "FROM int_role_agents") == [(ACCOUNT, "helper-role", RUNTIME)]
        look(wh, 3, State("function", "f", arn="arn:aws:lambda:us-east-1:1:function:f", facts={"role": ROLE}))
        assert called(wh)[0][:2] == ("unattributed", "none")


def test_a_role_of_the_same_name_in_another_account_is_another_role(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [invocation("r1")])
        look(wh, 2, runtime(), configured(role=ROLE.replace(ACCOUNT, "999900001111")))
        assert called(wh)[0][:2] == ("unattributed", "none")


def test_a_function_that_a_contract_names_brings_its_role(tmp_path: Path) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:desk"
    config = ConfigTables(org={"timezone": "UTC"}, contracts=(Contract("desk", "Desk", hosts=(arn,)),))
    with warehouse(tmp_path, config) as wh:
        land(wh, [invocation("r1")])
        look(wh, 2, State("function", "desk", arn=arn, name="desk", facts={"role": ROLE}))
        assert called(wh)[0][:2] == ("desk", "role")
        assert rows(wh, "SELECT agent_id, host, inventoried FROM mart.agents") == [("desk", "lambda", True)]


def test_a_name_that_only_the_inventory_knows_is_understood_in_request_metadata(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        look(wh, 2, runtime(), configured())
        land(wh, [invocation("r1", requestMetadata={"agent_name": "helper"})])
        assert called(wh)[0][:2] == (RUNTIME, "metadata")
