"""Recorded Bedrock exchanges, wrapped as model-invocation log records, give what was recorded.

Every model call of the recordings is wrapped in both forms, an event of CloudWatch Logs and a line of a gzip object of
S3, once with the counts that Bedrock puts into a record and once with the body alone. What is expected is taken from
the answers and their headers here in Python, by other means than the parse uses.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from collectors import s3
from sql.warehouse import Spool, Warehouse
from tests.sql.support import SCOPES, START, invocation, land, one, rows, warehouse

OPERATIONS = {
    "converse": "Converse",
    "converse-stream": "ConverseStream",
    "invoke": "InvokeModel",
    "invoke-with-response-stream": "InvokeModelWithResponseStream",
}
STOPS = ("stopReason", "stop_reason", "finish_reason", "completionReason", "reason")
SEVERITY = {"NONE": 1, "ANONYMIZED": 2, "BLOCKED": 3}
POLICIES = {
    "topicPolicy": "topic",
    "contentPolicy": "content",
    "wordPolicy": "word",
    "sensitiveInformationPolicy": "sensitive_information",
    "contextualGroundingPolicy": "contextual_grounding",
}
Exchange = dict[str, Any]
Counts = tuple[int | None, int | None, int | None, int | None]


@cache
def recorded(folder: Path) -> list[Exchange]:
    """Every recorded call of a model."""
    with gzip.open(folder / "data" / "bedrock_recordings" / "interactions.ndjson.gz", "rt") as lines:
        return [each for each in map(json.loads, lines) if each["operation"] in OPERATIONS]


def answer(exchange: Exchange) -> Any:
    """The body as the log holds it: a streamed Converse put together, a streamed InvokeModel as a list of events."""
    events = exchange["response"].get("event_stream")
    if events is None:
        return exchange["response"]
    if exchange["operation"] == "converse-stream":
        last = {each["type"]: each["body"] for each in events}
        return {"output": {"message": {"role": "assistant"}}, **last.get("messageStop", {}), **last.get("metadata", {})}
    return [json.loads(base64.b64decode(each["body"]["bytes"])) for each in events]


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, at any depth, in order."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield key, inner
        yield from walk(inner)
    for inner in value if isinstance(value, list) else ():
        yield from walk(inner)


def last(body: Any, *names: str) -> Any:
    """The last value that is known under one of the names."""
    found = [value for key, value in walk(body) if key in names and isinstance(value, str | int | float)]
    return found[-1] if found else None


def stated(exchange: Exchange) -> Counts:
    """The counts that Bedrock itself gives: in the answer's headers, in a stream's own metrics, in Converse's usage."""
    body = answer(exchange)
    headers = exchange["response_headers"]
    metrics = [value for key, value in walk(body) if key == "amazon-bedrock-invocationMetrics"]
    counts = metrics[-1] if metrics else body.get("usage", {}) if exchange["operation"].startswith("converse") else {}
    read = last(body, "cacheReadInputTokens", "cacheReadInputTokenCount", "cache_read_input_tokens")
    write = last(body, "cacheWriteInputTokens", "cacheWriteInputTokenCount", "cache_creation_input_tokens")
    first = headers.get("x-amzn-bedrock-input-token-count", last(counts, "inputTokenCount", "inputTokens"))
    second = headers.get("x-amzn-bedrock-output-token-count", last(counts, "outputTokenCount", "outputTokens"))
    return number(first), number(second), number(read), number(write)


def in_body(exchange: Exchange) -> Counts:
    """The counts that the body tells: those of Bedrock's stream metrics, else those of the model."""
    body = answer(exchange)
    metrics = [value for key, value in walk(body) if key == "amazon-bedrock-invocationMetrics"]
    first = (
        last(metrics, "inputTokenCount")
        if metrics
        else last(body, "inputTokens", "input_tokens", "prompt_tokens", "prompt_token_count", "inputTextTokenCount")
    )
    second = (
        last(metrics, "outputTokenCount")
        if metrics
        else last(
            body,
            "outputTokens",
            "output_tokens",
            "completion_tokens",
            "generation_token_count",
            "tokenCount",
            "totalOutputTextTokenCount",
        )
    )
    return number(first), number(second), *stated(exchange)[2:]


def number(value: Any) -> int | None:
    return None if value is None else int(value)


def wrap(place: int, exchange: Exchange, counted: bool) -> dict[str, Any]:
    """One exchange as a record; `counted` adds the record's own counts."""
    record = invocation(f"r{place:04}", tokens=None, operation=OPERATIONS[exchange["operation"]])
    record["modelId"] = exchange["model_id"]
    record["input"] = {"inputContentType": "application/json", "inputBodyJson": exchange["request"]}
    if exchange["status"] != 200:
        return record | {
            "errorCode": exchange["response_headers"]["x-amzn-errortype"].partition(":")[0],
            "output": None,
        }
    record["output"] = {"outputContentType": "application/json", "outputBodyJson": answer(exchange)}
    if counted:
        names = ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")
        first, second, read, write = stated(exchange)
        record["input"] |= {k: v for k, v in zip(names, (first, read, write), strict=True) if v is not None}
        record["output"] |= {} if second is None else {"outputTokenCount": second}
    return record


def land_from_s3(wh: Warehouse, records: list[dict[str, Any]]) -> None:
    """Land records the way they lie in S3: lines of a gzip object, whose times only the records know."""
    packed = gzip.compress("".join(json.dumps(each) + "\n" for each in records).encode())
    with Spool() as spool, wh.transaction():
        for at, text in enumerate(s3.lines(s3.unzipped([packed], "x")), 1):
            spool.add(text, at_ms=None, ingested_ms=None, event_id=f"key#{at}", group="s3://b/")
        assert wh.land_records("invocation_records", spool, SCOPES["invocation_records"]).rejects == {}


@pytest.fixture(params=["CloudWatch", "S3"])
def form(request: pytest.FixtureRequest) -> Any:
    """How records arrive."""
    return land if request.param == "CloudWatch" else land_from_s3


@pytest.mark.parametrize("counted", [True, False], ids=["with counts", "body alone"])
def test_every_recorded_call_gives_its_recorded_usage(shared: Path, tmp_path: Path, form: Any, counted: bool) -> None:
    exchanges = recorded(shared)
    wanted = [(None,) * 4 if each["status"] != 200 else (stated if counted else in_body)(each) for each in exchanges]
    if counted:  # a stream that a guardrail blocked at once has no metrics; its body counts
        wanted = [usage if usage[0] is not None or each["status"] != 200 else in_body(each)
                  for usage, each in zip(wanted, exchanges, strict=True)]  # fmt: skip
    with warehouse(tmp_path) as wh:
        form(wh, [wrap(place, each, counted) for place, each in enumerate(exchanges)])
        got = rows(
            wh,
            """SELECT uncached_input_tokens, output_tokens, cache_read_tokens, cache_write_tokens
               FROM raw.invocations ORDER BY request_id""",
        )
    differing = [
        (place, exchanges[place]["operation"], exchanges[place]["model_id"], row, want)
        for place, (row, want) in enumerate(zip(got, wanted, strict=True))
        if row != want
    ]
    assert differing == []
    assert sum(row[0] is not None and row[1] is not None for row in got) == (163 if counted else 149)


def facts(exchange: Exchange) -> tuple[Any, ...]:
    """Stop reason, latency and time to the first token as far as the body tells them."""
    if exchange["status"] != 200:
        return None, None, None
    body = answer(exchange)
    latency = last(body, "latencyMs", "invocationLatency")
    first = last(body, "firstByteLatency")
    return last(body, *STOPS), None if latency is None else float(latency), None if first is None else float(first)


def test_stop_reason_latency_and_first_token_are_those_of_the_answer(shared: Path, tmp_path: Path, form: Any) -> None:
    exchanges = recorded(shared)
    with warehouse(tmp_path) as wh:
        form(wh, [wrap(place, each, True) for place, each in enumerate(exchanges)])
        got = rows(wh, "SELECT stop_reason, latency_ms, ttft_ms FROM raw.invocations ORDER BY request_id")
    assert got == [facts(each) for each in exchanges]
    assert [sum(row[column] is not None for row in got) for column in range(3)] == [164, 93, 33]


def test_a_refused_call_has_its_error_and_no_tokens(shared: Path, tmp_path: Path, form: Any) -> None:
    exchanges = recorded(shared)
    with warehouse(tmp_path) as wh:
        form(wh, [wrap(place, each, True) for place, each in enumerate(exchanges)])
        got = rows(
            wh,
            """SELECT error_code, coalesce(uncached_input_tokens, output_tokens, cache_read_tokens, cache_write_tokens),
               usage_source FROM raw.invocations WHERE error_code IS NOT NULL""",
        )
    refused = [each["response_headers"]["x-amzn-errortype"] for each in exchanges if each["status"] != 200]
    assert Counter(row[0] for row in got) == Counter(kind.partition(":")[0] for kind in refused)
    assert {row[1:] for row in got} == {(None, None)}
    assert len(got) == 7


def verdicts(exchange: Exchange) -> set[tuple[str, str, str]]:
    """(side, policy, action) of the guardrail traces of an answer; a side without any policy is unknown and clean."""
    found: dict[tuple[str, str], int] = {}
    traces = [value for key, value in walk(answer(exchange)) if key == "guardrail" and isinstance(value, dict)]
    for side, names in (("input", ("inputAssessment", "input")), ("output", ("outputAssessments", "outputs"))):
        parts = [trace[name] for trace in traces for name in names if name in trace]
        policies = [(POLICIES[key], value) for key, value in walk(parts) if key in POLICIES and value is not None]
        for policy, value in policies or [("unknown", {})] * bool(parts):
            found[side, policy] = max(found.get((side, policy), 0), severity(value))
    words = ("none", "detected", "masked", "blocked")
    return {(side, policy, words[level]) for (side, policy), level in found.items()}


def severity(policy: Any) -> int:
    """0 nothing found, 1 detected, 2 masked, 3 blocked. A score that reached its threshold is no finding."""
    findings = [each for key, group in policy.items() if isinstance(group, list) for each in group]
    passed = [each.get("detected") is False or each.get("score", -1) >= each.get("threshold", 2) for each in findings]
    actions = [
        each["action"] for each, fine in zip(findings, passed, strict=True) if not fine or each["action"] != "NONE"
    ]
    return max((SEVERITY[action] for action in actions), default=0)


def test_guardrail_traces_are_read_from_every_kind_of_answer_and_leave_no_text(
    shared: Path, tmp_path: Path, form: Any
) -> None:
    exchanges = recorded(shared)
    wanted = {f"r{place:04}": verdicts(each) for place, each in enumerate(exchanges) if each["status"] == 200}
    with warehouse(tmp_path) as wh:
        form(wh, [wrap(place, each, True) for place, each in enumerate(exchanges)])
        found = rows(
            wh,
            """SELECT DISTINCT request_id, p.source, p.policy, p.action FROM (
                SELECT request_id, unnest(from_json(guardrail,
                    '[{"source":"VARCHAR","policy":"VARCHAR","action":"VARCHAR"}]')) AS p FROM raw.invocations)""",
        )
        stated_actions = dict(rows(wh, "SELECT request_id, guardrail_action FROM raw.invocations"))
        stored = str(rows(wh, "FROM raw.invocations"))
    named = {(request, side) for request, side, policy, _ in found if policy != "any"}
    got: dict[str, set[tuple[str, str, str]]] = {request: set() for request in wanted}
    for request, side, policy, action in found:
        if policy != "any" or (request, side) not in named:
            got[request].add((side, "unknown" if policy == "any" else policy, action))
    assert got == wanted
    assert sum(bool(each) for each in wanted.values()) == 22
    matches = {value for each in exchanges for key, value in walk(answer(each)) if key == "match"}
    assert "1234561666" in matches
    assert not [match for match in matches if match and match in stored]
    says = {
        f"r{place:04}": last(answer(each), "amazon-bedrock-guardrailAction") for place, each in enumerate(exchanges)
    }
    assert stated_actions == {request: None if text is None else text.lower() for request, text in says.items()}


def test_a_body_that_lies_in_s3_leaves_what_only_it_tells_unknown(tmp_path: Path) -> None:
    paths = {"inputBodyS3Path": "s3://b/data/r1_input.json.gz"}, {"outputBodyS3Path": "s3://b/data/r1_output.json.gz"}
    counts = {"inputTokenCount": 3, "cacheReadInputTokenCount": 0, "cacheWriteInputTokenCount": 28857}
    record = invocation("r1", input=counts | paths[0], output={"outputTokenCount": 9} | paths[1])
    bare = invocation("r2", tokens=None, input=paths[0], output=paths[1])
    with warehouse(tmp_path) as wh:
        land(wh, [record, bare])
        got = rows(
            wh,
            """SELECT uncached_input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, usage_source,
               coalesce(cache_write_1h_tokens::VARCHAR, latency_ms::VARCHAR, ttft_ms::VARCHAR, stop_reason,
                   service_tier, guardrail, guardrail_action, usage_malformed::VARCHAR)
               FROM raw.invocations ORDER BY request_id""",
        )
    assert got == [(3, 9, 0, 28857, "record", None), (None, None, None, None, None, None)]


ANTHROPIC_STREAM = [
    {"type": "message_start", "message": {"usage": {
        "input_tokens": 4, "output_tokens": 1, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 60,
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 40}}}},
    {"type": "content_block_delta", "delta": {"text": "x"}, "amazon-bedrock-guardrailAction": "NONE"},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 30}},
    {"type": "message_stop"},
]  # fmt: skip
OPENAI_STREAM = [
    {"choices": [{"delta": {"content": "x"}, "finish_reason": None}]},
    {"choices": [{"delta": {}, "finish_reason": "stop"}],
     "usage": {"prompt_tokens": 50, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 20}}},
    "[DONE]",
]  # fmt: skip
CONVERSE_EVENTS = [
    {"messageStart": {"role": "assistant"}},
    {"messageStop": {"stopReason": "tool_use"}},
    {"metadata": {"usage": {"inputTokens": 8, "outputTokens": 9, "cacheWriteInputTokens": 10,
                            "cacheDetails": [{"ttl": "5m", "inputTokens": 10}]},
                  "metrics": {"latencyMs": 77}, "serviceTier": {"type": "flex"}}},
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (ANTHROPIC_STREAM, (4, 30, 5, 60, 40, "stream", "end_turn", None, "none", None)),
        (OPENAI_STREAM, (30, 7, 20, None, None, "stream", "stop", None, None, None)),
        (CONVERSE_EVENTS, (8, 9, None, 10, 0, "stream", "tool_use", 77.0, None, "flex")),
        ({"embedding": [0.1], "inputTextTokenCount": 12}, (12, None, None, None, None, "body", None, None, None, None)),
        ("a text", (None,) * 10),
        (["[DONE]"], (None,) * 10),
        ([], (None,) * 10),
    ],
    ids=["anthropic", "openai", "converse events", "embedding", "text", "only the end", "nothing"],
)
def test_shapes_that_were_not_recorded_are_read_too(tmp_path: Path, body: Any, expected: tuple[Any, ...]) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [invocation("r1", tokens=None, output={"outputBodyJson": body})])
        got = one(
            wh,
            """SELECT uncached_input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
               cache_write_1h_tokens, usage_source, stop_reason, latency_ms, guardrail_action, service_tier
               FROM raw.invocations""",
        )
    assert got == expected


def test_what_a_full_guardrail_trace_did_not_find_is_no_finding(tmp_path: Path) -> None:
    content = {"filters": [{"type": "HATE", "action": "NONE", "detected": False, "confidence": "NONE"}]}
    words = {"customWords": [], "managedWordLists": [{"type": "PROFANITY", "action": "NONE", "detected": True}]}
    low = {"filters": [{"type": "GROUNDING", "action": "NONE", "score": 0.2, "threshold": 0.7}]}
    rules = {"findings": [{"valid": {}}, {"impossible": {}}]}
    sides = {
        "input": {"g": {"contentPolicy": content, "wordPolicy": words, "topicPolicy": None}},
        "outputs": [{"g": {"contextualGroundingPolicy": low, "automatedReasoningPolicy": rules}}],
    }
    first = {"type": "content_block_delta", "amazon-bedrock-trace": {"guardrail": {"input": sides["input"]}}}
    stream = [first, {"type": "message_stop", "amazon-bedrock-trace": {"guardrail": {"outputs": sides["outputs"]}}}]
    with warehouse(tmp_path) as wh:
        land(wh, [invocation("r1", output={"outputBodyJson": stream})])
        (summary,) = one(wh, "SELECT guardrail FROM raw.invocations")
    assert {(each["source"], each["policy"], each["action"]) for each in json.loads(summary)} == {
        ("input", "any", "none"),
        ("input", "content", "none"),
        ("input", "word", "detected"),
        ("output", "any", "none"),
        ("output", "contextual_grounding", "detected"),
        ("output", "automated_reasoning", "detected"),
    }


def test_an_event_without_a_delivery_time_carries_the_record_s_own(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land_from_s3(wh, [invocation("r1", at=90.0)])
        assert one(wh, "SELECT event_at, started_at, delivery_id, ingested_at FROM batch") == (
            START + timedelta(seconds=90),
            START + timedelta(seconds=90),
            "key#1",
            None,
        )
