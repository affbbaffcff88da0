"""Results of judges become rows: scored or errored, online, batch or somebody's own; texts stay outside."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sql.warehouse import Landed, Scope, Spool, Warehouse
from tests.judged import BATCH_GROUP, CONFIG_ID, CUSTOM_ARN, DEFAULT_GROUP, SECRET, batch, builtin, failed, result
from tests.sql.support import ACCOUNT, REGION, START, nanos, one, rows, warehouse

AT = START + timedelta(minutes=20)
AT_NS = nanos(AT)
TRACE = "7".rjust(32, "0")
SCORED = "evaluation_name, score, evaluation_score, score_label, label_source, judge_error, throttled, error_type"


def land(wh: Warehouse, records: list[Any], group: str = DEFAULT_GROUP, start: int = 0) -> Landed:
    """Land result records as they lie in a log group, delivered at AT."""
    with Spool() as spool, wh.transaction():
        for number, record in enumerate(records):
            at_ms = AT_NS // 1_000_000
            text = record if isinstance(record, str) else json.dumps(record)
            spool.add(text, at_ms=at_ms, ingested_ms=at_ms + 9, event_id=f"{group}-{start + number}", group=group)
        return wh.land_records("evaluation_records", spool, Scope("evaluations", ACCOUNT, REGION, group))


def told(record: Any, **facts: Any) -> str:
    """The record with what the collector knows of its judge."""
    return json.dumps({"ledger.facts": facts, "ledger.record": record})


def test_an_online_result_becomes_one_row(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [told(result(at_ns=AT_NS, trace="7", span="a1"), sampling=0.1, runtime="helper-0123456789")])
        assert one(
            wh,
            f"""SELECT {SCORED}, trace_id, judged_span_id, session_id, evaluator_arn, evaluation_level, rating_scale,
                evaluation_config, evaluation_channel, inclusion_probability, service_name, happened_at, observed_at,
                account_id, region, source FROM raw.outcomes""",
        ) == (
            *("Builtin.Helpfulness", 0.83, 0.83, "Very Helpful", "llm", False, False, None),
            *(TRACE, "a1".rjust(16, "0"), "s1", builtin("Helpfulness"), "Trace", "Numerical"),
            *(CONFIG_ID, "online", 0.1, "helper.DEFAULT", AT, AT, ACCOUNT, REGION, "evaluations"),
        )


def test_a_judgement_is_never_a_verdict_a_version_or_an_escalation(tmp_path: Path) -> None:
    loud: dict[str, Any] = {
        "task__outcome": "failure",
        "escalation__escalated": True,
        "gen_ai__agent__version": "9",
        "label__source": "system",
    }
    with warehouse(tmp_path) as wh:
        land(wh, [result(at_ns=AT_NS, trace="7", **loud)])
        assert one(
            wh,
            """SELECT outcome, accepted, corrected, escalated, escalation_reason, agent_version, environment, task_key,
                task_type, confidence, reason_code, segment, supersedes, label_source FROM raw.outcomes""",
        ) == (*[None] * 13, "code")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (False, "AgentSpanMappingException")),
        ({"throttle": 1}, (True, "AgentSpanMappingException")),
        ({"error": "ThrottlingException"}, (True, "ThrottlingException")),
    ],
    ids=["span-mapping", "throttled", "throttled-by-name"],
)
def test_an_errored_record_lands_and_is_never_a_score(
    tmp_path: Path, change: dict[str, Any], expected: tuple[bool, str]
) -> None:
    with warehouse(tmp_path) as wh:
        landed = land(wh, [failed(at_ns=AT_NS, trace="7", **change)])
        assert (landed.rows_new, landed.rejects) == (1, {})
        assert one(wh, f"SELECT {SCORED} FROM raw.outcomes") == (
            *("Builtin.Correctness", None, None, None, "llm", True),
            *expected,
        )


def test_the_abbreviated_error_record_names_its_trace_in_the_response_id(tmp_path: Path) -> None:
    record = failed(at_ns=AT_NS, level="Span", gen_ai__response__id="6A3b30fa728131a2506b931e3c6cc499")
    for key in ("timeUnixNano", "observedTimeUnixNano", "_aws", "resource"):
        del record[key]
    del record["attributes"]["aws.bedrock_agentcore.online_evaluation_config.arn"]
    with warehouse(tmp_path) as wh:
        land(wh, [record])
        assert one(
            wh,
            "SELECT trace_id, evaluation_level, evaluation_config, evaluation_channel, happened_at FROM raw.outcomes",
        ) == ("6a3b30fa728131a2506b931e3c6cc499", "ToolCall", CONFIG_ID, "online", AT)


def test_a_session_result_without_a_trace_names_its_agent(tmp_path: Path) -> None:
    answer = result("Builtin.GoalSuccessRate", 1, "Yes", at_ns=AT_NS, level="Session", gen_ai__response__id="f" * 32)
    with warehouse(tmp_path) as wh:
        land(wh, [told(answer, runtime="helper-0123456789")])
        assert one(wh, "SELECT trace_id, session_id, agent_id, agent_name, score FROM raw.outcomes") == (
            *(None, "s1", "helper-0123456789", "helper", 1.0),
        )


def test_a_result_in_the_agents_own_group_takes_the_runtime_from_it(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [result(at_ns=AT_NS, level="Session")], "/aws/bedrock-agentcore/runtimes/helper-0123456789-DEFAULT")
        assert one(wh, "SELECT agent_id, agent_name FROM raw.outcomes") == ("helper-0123456789", "helper")


def test_the_batch_sample_and_a_whole_batch_record_are_read(tmp_path: Path, shared: Path) -> None:
    sample = json.loads((shared / "aws" / "samples" / "evaluation_result_batch.json").read_text())
    with warehouse(tmp_path) as wh:
        land(wh, [sample, batch(at_ns=AT_NS, trace="7")], BATCH_GROUP)
        assert rows(
            wh,
            """SELECT evaluation_name, session_id, trace_id, score, score_label, evaluation_channel, evaluation_config,
                label_source, inclusion_probability, happened_at FROM raw.outcomes ORDER BY trace_id NULLS FIRST""",
        ) == [
            ("Builtin.Correctness", "refund-quality-0", None, 1.0, "Correct", "batch", None, "llm", None, AT),
            ("Builtin.Correctness", "s1", TRACE, 1.0, "Correct", "batch", "baseline-7nK2307vE8", "llm", None, AT),
        ]


def test_the_envelope_of_metrics_changes_nothing(tmp_path: Path, shared: Path) -> None:
    shape = json.loads((shared / "aws" / "samples" / "evaluation_result_emf_shape.json").read_text())
    bare = {key: value for key, value in shape.items() if key != "_aws"}
    with warehouse(tmp_path) as wh:
        assert land(wh, [shape, bare]).rows_new == 1
        assert one(wh, "SELECT evaluation_name, score, session_id, happened_at FROM raw.outcomes") == (
            *("<evaluator>", 0.0, "<id>", AT),
        )


@pytest.mark.parametrize(
    ("attributes", "facts", "source"),
    [
        ({}, {}, "llm"),
        ({"arn": CUSTOM_ARN}, {"code": True}, "code"),
        ({"name": "Builtin.TrajectoryInOrderMatch"}, {}, "code"),
        ({"microsoft__gen_ai__human_evaluation__source": "end_user"}, {}, "human_end_user"),
        ({"microsoft__gen_ai__human_evaluation__source": "builder"}, {}, "human_expert"),
        ({"microsoft__gen_ai__evaluation__actor__type": "human"}, {}, "human_expert"),
        ({"label__source": "human"}, {}, "human_expert"),
        ({"annotator_kind": "CODE"}, {}, "code"),
    ],
)
def test_who_judged_is_read_from_what_the_record_says(
    tmp_path: Path, attributes: dict[str, Any], facts: dict[str, Any], source: str
) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [told(result(at_ns=AT_NS, trace="7", **attributes), **facts)])
        assert one(wh, "SELECT label_source FROM raw.outcomes") == (source,)


@pytest.mark.parametrize(
    ("stated", "arn", "facts", "expected"),
    [
        (0.5, None, {}, 0.5),
        ("0.5", None, {}, 0.5),
        (4, CUSTOM_ARN, {"scale": [1, 5]}, 0.75),
        (1, CUSTOM_ARN, {"scale": [1, 5]}, 0.0),
        (1, CUSTOM_ARN, {}, None),
        (6, CUSTOM_ARN, {"scale": [1, 5]}, None),
        (4, None, {}, None),
    ],
)
def test_a_score_is_placed_on_the_scale_of_its_evaluator_or_stays_as_stated(
    tmp_path: Path, stated: Any, arn: str | None, facts: dict[str, Any], expected: float | None
) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [told(result(score=stated, at_ns=AT_NS, trace="7", arn=arn), **facts)])
        assert one(wh, "SELECT score, evaluation_score FROM raw.outcomes") == (expected, float(stated))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda event: event,
        lambda event: {"level": "INFO", "message": event},
        lambda event: {"level": "INFO", "message": json.dumps(event)},
        lambda event: {**{k: v for k, v in event.items() if k != "attributes"}, "body": event["attributes"]},
        lambda event: {"event.name": event["name"], "trace_id": event["traceId"], **event["attributes"]},
    ],
    ids=["record", "wrapped", "wrapped-text", "body", "flat"],
)
def test_an_event_of_ones_own_is_read_in_every_wrapping(tmp_path: Path, wrap: Any) -> None:
    own = {
        "name": "gen_ai.evaluation.result", "traceId": TRACE, "timeUnixNano": AT_NS, "attributes": {
            "gen_ai.evaluation.name": "thumbs", "gen_ai.evaluation.score.value": 1.0, "gen_ai.agent.name": "Helper",
            "microsoft.gen_ai.human_evaluation.source": "end_user",
            "microsoft.gen_ai.evaluation.tags.reviewer": "jane.doe@example.com"}}  # fmt: skip
    with warehouse(tmp_path) as wh:
        land(wh, [wrap(own)], "/mine")
        found = one(
            wh, "SELECT trace_id, evaluation_name, score, label_source, agent_name, annotator FROM raw.outcomes"
        )
    assert found[:5] == (TRACE, "thumbs", 1.0, "human_end_user", "Helper")
    assert found[5].startswith("person:")
    assert "jane" not in found[5]


def test_explanations_error_texts_and_addresses_never_land(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [result(at_ns=AT_NS, trace="7", label="said by jane.doe@example.com"), failed(at_ns=AT_NS, trace="8")])
        text = str(rows(wh, "SELECT to_json(o)::VARCHAR FROM raw.outcomes o"))
    assert [word for word in ("Jane", "refused", SECRET, "@example") if word in text] == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, "missing_rubric"),
        ({"session": None}, "missing_subject"),
        ({"score": "high"}, "bad_score"),
        ({"score": None, "label": None}, "no_result"),
        ({"label__inclusion_probability": 0}, "bad_probability"),
    ],
)
def test_a_bad_result_is_rejected_with_its_reason(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    with warehouse(tmp_path) as wh:
        landed = land(wh, [result(at_ns=AT_NS, **change), result(at_ns=AT_NS, trace="8"), '{"name": "gen_ai'])
        assert (landed.rejects, landed.rows_new) == ({reason: 1, "malformed_json": 1}, 1)


def test_other_records_of_a_shared_group_are_skipped(tmp_path: Path) -> None:
    span = {"traceId": TRACE, "spanId": "a" * 16, "name": "chat", "attributes": {"gen_ai.operation.name": "chat"}}
    with warehouse(tmp_path) as wh:
        landed = land(wh, [span, {"message": "gen_ai.evaluation.result is coming"}, result(at_ns=AT_NS, trace="7")])
        assert (landed.skipped, landed.rows_new, landed.rejects) == ({"other_record": 2}, 1, {})


def test_a_result_delivered_twice_is_one_row_and_a_second_judgement_is_another(tmp_path: Path) -> None:
    once = result(at_ns=AT_NS, trace="7")
    with warehouse(tmp_path) as wh:
        land(wh, [once])
        assert land(wh, [once], start=5).rows_new == 0
        land(wh, [result(score=0.2, at_ns=AT_NS, observed_ns=AT_NS + 10**9, trace="7")], start=6)
        assert rows(wh, "SELECT evaluation_score, observed_at FROM raw.outcomes ORDER BY observed_at") == [
            (0.83, AT),
            (0.2, AT + timedelta(seconds=1)),
        ]
        assert one(wh, "SELECT count(DISTINCT judged_key) FROM raw.outcomes") == (1,)
    assert datetime(2026, 11, 2, 9, 20) == AT
