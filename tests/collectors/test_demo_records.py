"""The records of the demo account: AWS's shapes, consistent between sources, and none of them a secret."""

import json
import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collectors.demo.account import DemoAccount
from collectors.demo.contracts import demo_config
from collectors.demo.shapes import INVOCATION_GROUP, OUTCOME_GROUP, PROFILE_ARN, UNKNOWN_MODEL
from collectors.demo.world import POLICY, SUPPLY
from tests.collectors.demo_reading import (
    DAY_MS,
    END,
    END_MS,
    FULL_GROUPS,
    SPAN_GROUPS,
    Event,
    events,
    metric,
    xray,
)


@pytest.fixture(scope="module")
def account() -> DemoAccount:
    return DemoAccount(end=END)


@pytest.fixture(scope="module")
def spans(account: DemoAccount) -> list[Event]:
    """Every span record of eight days, a Monday among them."""
    return [
        json.loads(event["message"])
        for group in SPAN_GROUPS
        for event in events(account, group, END_MS - 8 * DAY_MS, END_MS - 1)
    ]


@pytest.fixture(scope="module")
def invocations(account: DemoAccount) -> list[Event]:
    """Every invocation record of the same days."""
    return [
        json.loads(event["message"]) for event in events(account, INVOCATION_GROUP, END_MS - 8 * DAY_MS, END_MS - 1)
    ]


@pytest.fixture(scope="module")
def outcomes(account: DemoAccount) -> list[Event]:
    """Every outcome event of the twelve weeks, unwrapped."""
    found = [
        json.loads(event["message"])
        for event in events(account, OUTCOME_GROUP, 0, END_MS)
        if event["message"].startswith("{")
    ]
    return [each.get("message", each) for each in found]


def span_ids(spans: list[Event]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for span in spans:
        found.setdefault(span["traceId"], set()).add(span["spanId"])
    return found


def test_span_records_have_the_fields_of_the_contract(spans: list[Event]) -> None:
    for span in spans:
        assert re.fullmatch(r"[0-9a-f]{32}", span["traceId"])
        assert re.fullmatch(r"[0-9a-f]{16}", span["spanId"])
        assert span["kind"] in ("INTERNAL", "SERVER", "CLIENT")
        assert span["status"]["code"] in ("OK", "UNSET", "ERROR")
        assert span["endTimeUnixNano"] - span["startTimeUnixNano"] == span["durationNano"]
        assert span["attributes"]["session.id"]
        assert span["resource"]["attributes"]["cloud.resource_id"].startswith("arn:aws:")
        assert span["resource"]["attributes"]["deployment.environment.name"] in ("prod", "test")
    assert {span["scope"]["name"] for span in spans} == {
        "strands.telemetry.tracer",
        "opentelemetry.instrumentation.botocore.bedrock-runtime",
        "opentelemetry.instrumentation.starlette",
        "opentelemetry.instrumentation.langchain",
        "openinference.instrumentation.langchain",
        "supply_exceptions.telemetry",
        "ticket_tagger.telemetry",
        "claims_triage.telemetry",
        "meeting_notes.telemetry",
        "travel_booker.telemetry",
    }


@pytest.mark.parametrize(
    ("sample", "scope", "name"),
    [
        ("span_strands_chat", "strands.telemetry.tracer", "chat"),
        ("span_strands_event_loop_cycle", "strands.telemetry.tracer", "execute_event_loop_cycle"),
        (
            "span_botocore_bedrock_runtime_chat",
            "opentelemetry.instrumentation.botocore.bedrock-runtime",
            "chat us.anthropic",
        ),
        ("span_langgraph_task", "opentelemetry.instrumentation.langchain", "writer.task"),
        ("span_langgraph_chat_bedrock_converse", "opentelemetry.instrumentation.langchain", "ChatBedrockConverse.chat"),
    ],
)
def test_spans_say_nothing_that_the_published_samples_do_not(
    shared: Path, spans: list[Event], sample: str, scope: str, name: str
) -> None:
    known = json.loads((shared / "aws" / "samples" / f"{sample}.json").read_text())
    ours = next(
        span
        for span in spans
        if span["scope"]["name"] == scope and span["name"].startswith(name) and span["status"]["code"] != "ERROR"
    )
    added = {"gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.cache_write_input_tokens", "gen_ai.provider.name"}
    assert set(ours) <= set(known)
    assert set(ours["attributes"]) - added <= set(known["attributes"])


def test_every_task_has_one_agent_span_that_names_version_key_and_type(spans: list[Event]) -> None:
    agents = [span for span in spans if "task.id" in span["attributes"]]
    assert len({span["traceId"] for span in agents}) == len(agents)
    for span in agents:
        assert span["attributes"]["gen_ai.agent.version"].isdigit()
        assert span["attributes"]["task.type"]
        assert re.fullmatch(r"(INV|CASE|LEAD|EXC|HRQ|JOIN|TICK|CLM|MTG|TRIP)-\d{6}(-2)?", span["attributes"]["task.id"])
    keys = Counter(span["attributes"]["task.id"] for span in agents)
    assert max(keys.values()) >= 2


def test_parents_are_in_the_trace_except_where_the_parent_is_another_service(spans: list[Event]) -> None:
    inside = span_ids(spans)
    whole = {span["traceId"] for span in spans if "task.id" in span["attributes"]}
    lost = [
        span
        for span in spans
        if span["traceId"] in whole and span.get("parentSpanId") and span["parentSpanId"] not in inside[span["traceId"]]
    ]
    names = {span["name"] for span in lost}
    assert names == {"POST /invocations", "invoke_agent supply-exceptions"}


def test_bad_records_are_there_to_be_handled(account: DemoAccount, spans: list[Event]) -> None:
    inside = span_ids(spans)
    alone = [span for span in spans if len(inside[span["traceId"]]) == 1 and span["name"] == "chat"]
    lines = [event["message"] for event in events(account, OUTCOME_GROUP, END_MS - 8 * DAY_MS, END_MS)]
    assert any(span["durationNano"] < 0 for span in spans)
    assert [type(span["attributes"]["gen_ai.usage.input_tokens"]) for span in alone] == [str] * len(alone) != []
    assert any(not line.startswith("{") for line in lines)


def test_failed_tools_are_a_status_attribute_and_only_timeouts_are_errors(spans: list[Event]) -> None:
    seen = Counter(
        (span["attributes"]["gen_ai.tool.status"], span["status"]["code"], span["attributes"].get("error.type"))
        for span in spans
        if "gen_ai.tool.status" in span["attributes"]
    )
    assert set(seen) == {("success", "OK", None), ("error", "OK", None), ("error", "ERROR", "TimeoutError")}


def test_throttled_attempts_are_error_spans_and_leave_no_invocation_record(
    spans: list[Event], invocations: list[Event]
) -> None:
    refused = [
        span
        for span in spans
        if span["attributes"].get("error.type") == "ThrottlingException" and "aws.request_id" in span["attributes"]
    ]
    logged = {record["requestId"] for record in invocations}
    assert refused
    for span in refused:
        assert span["status"]["code"] == "ERROR"
        assert span["events"][0]["attributes"]["exception.type"].endswith("ThrottlingException")
        assert "gen_ai.usage.input_tokens" not in span["attributes"]
        assert span["attributes"]["aws.request_id"] not in logged


def test_invocation_records_have_the_fields_of_the_contract(invocations: list[Event]) -> None:
    for record in invocations:
        assert (record["schemaType"], record["schemaVersion"]) == ("ModelInvocationLog", "1.0")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["timestamp"])
        assert re.fullmatch(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", record["requestId"])
        assert record["operation"] in ("Converse", "ConverseStream")
        assert record["identity"]["arn"].startswith("arn:aws:sts::111122223333:assumed-role/")
        if "errorCode" in record:
            assert "output" not in record
            continue
        body = record["output"]["outputBodyJson"]
        assert body["stopReason"] in ("end_turn", "tool_use", "guardrail_intervened")
        assert body["usage"]["inputTokens"] == record["input"]["inputTokenCount"]
        assert body["metrics"]["latencyMs"] > 0
    models = {record["modelId"] for record in invocations}
    assert PROFILE_ARN in models
    assert UNKNOWN_MODEL in models
    assert len(models) == 6


def test_request_ids_join_spans_and_invocation_records(spans: list[Event], invocations: list[Event]) -> None:
    calls = {
        span["attributes"]["aws.request_id"]: span["attributes"]
        for span in spans
        if "aws.request_id" in span["attributes"] and "error.type" not in span["attributes"]
    }
    logged = {record["requestId"]: record for record in invocations}
    both = calls.keys() & logged.keys()
    assert 0.95 < len(both) / len(calls) < 1.0
    for request in both:
        assert calls[request]["gen_ai.usage.input_tokens"] == logged[request]["input"]["inputTokenCount"]
        assert calls[request]["gen_ai.request.model"] == logged[request]["modelId"]
    strays = [logged[request] for request in logged.keys() - calls.keys()]
    assert any("requestMetadata" in record for record in strays)
    assert any("data-science-sandbox" in record["identity"]["arn"] for record in strays)
    assert not any("policy-agent-role" in record["identity"]["arn"] for record in invocations)


def test_cached_tokens_are_in_the_log_and_on_the_framework_span(spans: list[Event], invocations: list[Event]) -> None:
    cached = [record for record in invocations if record["input"].get("cacheReadInputTokenCount")]
    chats = [span for span in spans if span["attributes"].get("gen_ai.usage.cache_read_input_tokens")]
    assert {record["identity"]["arn"].split("/")[1] for record in cached} == {"invoice-agent-role"}
    assert {span["scope"]["name"] for span in chats} == {"strands.telemetry.tracer"}


def test_guardrail_traces_hold_decisions_and_no_text(invocations: list[Event]) -> None:
    traces = [
        record["output"]["outputBodyJson"]["trace"]["guardrail"]
        for record in invocations
        if "trace" in record.get("output", {}).get("outputBodyJson", {})
    ]
    text = json.dumps(traces)
    assert traces
    assert {"BLOCKED", "ANONYMIZED", "NONE"} <= set(re.findall(r'"action": "(\w+)"', text))
    assert set(re.findall(r'"match": "([^"]*)"', text)) == {"{EMAIL}"}
    assert "modelOutput" not in text


def test_outcome_events_have_the_fields_of_the_contract(outcomes: list[Event]) -> None:
    sources = Counter(event["label.source"] for event in outcomes)
    for event in outcomes:
        assert (event["event.name"], event["schema_version"]) == ("agent.outcome", "1.0")
        assert event["task.outcome"] in ("success", "partial", "failure", "abandoned", None)
        assert event["timestamp"] <= event["observed_timestamp"]
        assert event["trace_id"]
        assert event["task.id"]
    human = {
        event["gen_ai.agent.name"]: event["label.inclusion_probability"]
        for event in outcomes
        if event["label.source"] == "human_expert"
    }
    assert set(sources) == {"system", "human_expert", "llm", "code"}
    assert human["Outreach Writer"] == 0.36
    assert all(0 <= event["gen_ai.evaluation.score.value"] <= 1 for event in outcomes if event["label.source"] == "llm")


def test_some_outcomes_are_late_repeated_corrected_or_without_confidence(outcomes: list[Event]) -> None:
    verdicts = [event for event in outcomes if "task.corrected" in event and event["label.source"] == "system"]
    ids = Counter(event["event_id"] for event in verdicts)
    late = [
        event
        for event in verdicts
        if datetime.fromisoformat(event["observed_timestamp"]) - datetime.fromisoformat(event["timestamp"])
        > timedelta(hours=12)
    ]
    corrected = [event for event in verdicts if event["supersedes"]]
    stated = sum(event["confidence"] is not None for event in verdicts)
    assert 2 in ids.values()
    assert len(late) > 100
    assert corrected
    assert all(event["supersedes"] in ids for event in corrected)
    assert 0.85 < stated / len(verdicts) < 0.95


def test_two_agents_say_when_a_person_took_a_hand_over_and_some_nobody_takes(outcomes: list[Event]) -> None:
    taken = [event for event in outcomes if event.get("escalation.picked_up_at")]
    assert {event["gen_ai.agent.name"] for event in taken} == {"Invoice Processor", "Refund Desk"}
    over = {event["trace_id"] for event in outcomes if event.get("escalation.escalated")}
    early = {event["trace_id"] for event in taken} - over  # their outcome has not arrived yet
    assert len(early) < 0.05 * len(taken) < 0.05 * len(over)
    assert all(event["escalation.picked_up_at"] == event["timestamp"] for event in taken)


def test_escalations_give_reasons_that_everyone_knows(outcomes: list[Event]) -> None:
    known = {
        "low_confidence", "policy", "guardrail", "tool_failure", "user_request", "missing_capability", "high_risk",
    }  # fmt: skip
    reasons = {event["escalation.reason"] for event in outcomes if event.get("escalation.escalated")}
    silent = [event for event in outcomes if event.get("escalation.escalated") is False and event["escalation.reason"]]
    assert reasons == known
    assert silent == []


def test_the_function_wraps_its_events_as_lambda_does(account: DemoAccount) -> None:
    found = [
        json.loads(event["message"])
        for event in events(account, OUTCOME_GROUP, END_MS - 2 * DAY_MS, END_MS)
        if event["logStreamName"] == SUPPLY.key
    ]
    assert found
    assert {tuple(record) for record in found} == {("timestamp", "level", "requestId", "message")}
    assert {record["message"]["gen_ai.agent.name"] for record in found} == {"supply-exceptions"}


def test_contracts_name_agents_by_the_ids_of_their_spans_and_leave_one_undeclared(spans: list[Event]) -> None:
    config = demo_config()
    runtimes = {
        found.group(1)
        for span in spans
        if (found := re.search(r":runtime/([^/]+)/", span["resource"]["attributes"]["cloud.resource_id"]))
    }
    declared = {contract.agent_id for contract in config.contracts}
    assert declared == (runtimes | {SUPPLY.agent_id}) - {POLICY.agent_id}
    assert {(each.agent_id, each.kpi) for each in config.targets} == {
        (agent, kpi)
        for agent in declared
        for kpi in ("success_rate", "cost_per_success", "escalation_rate", "task_latency")
    }
    assert config.org["kind"] == "demo"
    assert set(config.model_aliases) == {PROFILE_ARN}


def test_no_record_holds_a_secret_or_an_address(account: DemoAccount) -> None:
    text = "\n".join(
        event["message"] for group in FULL_GROUPS for event in events(account, group, END_MS - 2 * DAY_MS, END_MS)
    )
    forbidden = re.compile(r"A(KIA|SIA)[A-Z0-9]{8}|access_key|password|BEGIN [A-Z ]*PRIVATE|[\w.]+@[\w.]+\.\w+", re.I)
    assert forbidden.findall(text) == []


def test_xray_traces_carry_the_spans_of_the_same_task(account: DemoAccount, spans: list[Event]) -> None:
    summaries = xray(account, END - timedelta(hours=30), 6)
    traces = account.call("xray", "BatchGetTraces", TraceIds=[each["Id"] for each in summaries[:5]])["Traces"]
    agents = {span["traceId"]: span for span in spans if span["name"] == "invoke_agent supply-exceptions"}
    assert [trace["Id"] for trace in traces] == [each["Id"] for each in summaries[:5]]
    assert traces
    for trace in traces:
        service, function = (json.loads(segment["Document"]) for segment in trace["Segments"])
        assert (service["origin"], function["origin"]) == ("AWS::Lambda", "AWS::Lambda::Function")
        assert function["parent_id"] == service["id"]
        assert service["start_time"] < function["start_time"] < function["end_time"] < service["end_time"]
        assert agents[trace["Id"][2:].replace("-", "")]["parentSpanId"] == function["id"]
        assert all(part["namespace"] == "remote" for part in function["subsegments"])


def test_metrics_agree_with_the_records_of_the_same_calls(account: DemoAccount, invocations: list[Event]) -> None:
    tokens, calls = Counter[str](), Counter[str]()
    for record in invocations:
        if "errorCode" not in record:
            tokens[record["modelId"]] += record["input"]["inputTokenCount"]
            calls[record["modelId"]] += 1
    counted, summed = metric(account, "AWS/Bedrock", "Invocations"), metric(account, "AWS/Bedrock", "InputTokenCount")
    for model in calls:
        assert 0.9 <= calls[model] / counted[model] <= 1.01
        assert 0.9 <= tokens[model] / summed[model] <= 1.01
    assert sum(metric(account, "AWS/Bedrock", "InvocationThrottles").values()) > 0


def test_guardrail_metrics_count_what_the_guardrails_did(account: DemoAccount, invocations: list[Event]) -> None:
    text = [json.dumps(record) for record in invocations]
    intervened = sum('"BLOCKED"' in each or '"ANONYMIZED"' in each for each in text)
    counted = sum(metric(account, "AWS/Bedrock/Guardrails", "InvocationsIntervened").values())
    assert 0.9 <= intervened / counted <= 1.0
    assert sum(metric(account, "AWS/Bedrock/Guardrails", "InvocationLatency", "p95").values()) > 0
