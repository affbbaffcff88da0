"""Model-invocation log records: tokens in the order of trust, guardrails without their text, bodies dropped."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sql.support import invocation, land, one, rows, warehouse


def sample(shared: Path, name: str) -> Any:
    return json.loads((shared / "aws" / "samples" / name).read_text())


def test_the_official_record_becomes_the_right_row(shared: Path, tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [sample(shared, "invocation_log_official_schema.json")], "invocation_records")
        assert one(
            wh,
            """SELECT request_id, started_at, account_id, region, operation, model_id_raw, principal_arn, metadata,
            uncached_input_tokens, output_tokens, cache_read_tokens, usage_source FROM raw.invocations""",
        ) == (
            "abcd1234-5678-efgh-ijkl-mnopqrstuvwx",
            datetime(2024, 1, 15, 12),
            "123456789012",
            "us-east-1",
            "Converse",
            "anthropic.claude-sonnet-4-20250514-v1:0",
            "arn:aws:sts::123456789012:assumed-role/MyRole/session-name",
            '{"team":"orchestrator","environment":"production"}',
            25,
            150,
            None,
            "record",
        )


def test_an_invoke_model_record_without_counts_has_unknown_tokens_and_its_guardrail(
    shared: Path, tmp_path: Path
) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [sample(shared, "invocation_log_invokemodel_guardrail_intervened.json")], "invocation_records")
        wh.build(datetime(2026, 11, 20))
        assert one(wh, "SELECT uncached_input_tokens, output_tokens, guardrail_action FROM raw.invocations") == (
            None,
            None,
            "intervened",
        )
        assert rows(wh, "SELECT source, policy, action FROM mart.guardrail_checks") == [("input", "content", "blocked")]
        assert one(wh, "SELECT guardrail_action, guardrail_assessed, price_state, cost_usd FROM mart.model_calls") == (
            "blocked",
            True,
            "unpriced",
            None,
        )


def test_converse_samples_keep_latency_and_stop_reason(shared: Path, tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [sample(shared, "invocation_log_converse_guardrail_intervened.json")], "invocation_records")
        assert one(wh, "SELECT latency_ms, stop_reason FROM raw.invocations") == (249.0, "guardrail_intervened")


STREAM = [
    {"type": "message_start"},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
    {
        "type": "message_stop",
        "amazon-bedrock-invocationMetrics": {
            "inputTokenCount": 7,
            "outputTokenCount": 8,
            "cacheReadInputTokenCount": 9,
            "cacheWriteInputTokenCount": 10,
            "invocationLatency": 1500,
            "firstByteLatency": 300,
        },
    },
]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {
                "usage": {
                    "inputTokens": 5,
                    "outputTokens": 6,
                    "cacheReadInputTokens": 1,
                    "cacheWriteInputTokens": 50,
                    "cacheDetails": [{"ttl": "1h", "inputTokens": 40}, {"ttl": "5m", "inputTokens": 10}],
                },
                "stopReason": "end_turn",
            },
            (5, 6, 1, 50, 40, "body", "end_turn", None),
        ),
        (
            {
                "usage": {
                    "input_tokens": 5,
                    "output_tokens": 6,
                    "cache_read_input_tokens": 2,
                    "cache_creation_input_tokens": 3,
                    "cache_creation": {"ephemeral_1h_input_tokens": 3},
                },
                "stop_reason": "max_tokens",
            },
            (5, 6, 2, 3, 3, "body", "max_tokens", None),
        ),
        ({"usage": {"prompt_tokens": 11, "completion_tokens": 12}}, (11, 12, None, None, None, "body", None, None)),
        (STREAM, (7, 8, 9, 10, None, "stream", "tool_use", 300.0)),
        ({"output": "no usage"}, (None, None, None, None, None, None, None, None)),
    ],
    ids=["converse", "anthropic", "openai-like", "stream", "none"],
)
def test_tokens_fall_back_to_the_body_and_never_to_zero(tmp_path: Path, body: Any, expected: tuple[Any, ...]) -> None:
    record = invocation("r1", tokens=None, output={"outputBodyJson": body})
    with warehouse(tmp_path) as wh:
        land(wh, [record])
        assert (
            one(
                wh,
                """SELECT uncached_input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
            cache_write_1h_tokens,
            usage_source, stop_reason, ttft_ms FROM raw.invocations""",
            )
            == expected
        )


def test_guardrail_findings_are_kept_without_a_word_of_their_text(tmp_path: Path) -> None:
    trace = {
        "guardrail": {
            "modelOutput": ["the withheld answer"],
            "inputAssessment": {
                "g1": {"topicPolicy": {"topics": [{"name": "x", "action": "NONE"}]}, "contentPolicy": {"filters": []}}
            },
            "outputAssessments": {
                "g1": [
                    {
                        "sensitiveInformationPolicy": {
                            "piiEntities": [{"type": "EMAIL", "match": "bob@example.com", "action": "ANONYMIZED"}]
                        }
                    }
                ]
            },
        }
    }
    record = invocation(
        "r1", output={"outputTokenCount": 3, "outputBodyJson": {"stopReason": "guardrail_intervened", "trace": trace}}
    )
    with warehouse(tmp_path) as wh:
        land(wh, [record])
        wh.build(datetime(2026, 11, 20))
        assert rows(wh, "SELECT source, policy, action FROM mart.guardrail_checks ORDER BY ALL") == [
            ("input", "content", "none"),
            ("input", "topic", "detected"),
            ("output", "sensitive_information", "masked"),
        ]
        assert one(wh, "SELECT guardrail_action FROM mart.model_calls") == ("masked",)
        stored = str(rows(wh, "FROM raw.invocations"))
    assert "bob@" not in stored
    assert "withheld" not in stored


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schemaType": "Other"}, "unknown_schema"),
        ({"schemaVersion": "2.0"}, "unknown_schema"),
        ({"requestId": None}, "missing_id"),
        ({"timestamp": "yesterday"}, "missing_time"),
        ({"modelId": ""}, "missing_model"),
    ],
)
def test_a_bad_record_is_rejected_with_its_reason(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    with warehouse(tmp_path) as wh:
        assert land(wh, [invocation("r1") | change, invocation("r2")]).rejects == {reason: 1}
        assert one(wh, "SELECT request_id FROM raw.invocations") == ("r2",)


def test_real_bedrock_exchanges_wrapped_as_records_give_their_recorded_usage(shared: Path, tmp_path: Path) -> None:
    with gzip.open(shared / "data" / "bedrock_recordings" / "interactions.ndjson.gz", "rt") as lines:
        exchanges = [json.loads(line) for line in lines]
    answers = [
        e["response"]
        for e in exchanges
        if isinstance(e["response"], dict) and isinstance(e["response"].get("usage"), dict)
    ]
    wanted = [usage(answer["usage"]) for answer in answers]
    records = [
        invocation(f"r{i:04}", tokens=None, output={"outputBodyJson": answer}) for i, answer in enumerate(answers)
    ]
    with warehouse(tmp_path) as wh:
        land(wh, records)
        got = rows(wh, "SELECT uncached_input_tokens, output_tokens FROM raw.invocations ORDER BY request_id")
    assert len(got) >= 50
    assert got == wanted


def usage(counts: dict[str, Any]) -> tuple[int | None, int | None]:
    """Input and output as the recorded answer states them, whatever the family calls them."""
    first = next((counts[k] for k in ("inputTokens", "input_tokens", "prompt_tokens") if k in counts), None)
    second = next((counts[k] for k in ("outputTokens", "output_tokens", "completion_tokens") if k in counts), None)
    return first, second
