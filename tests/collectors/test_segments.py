"""X-Ray documents to rows: the published samples give exactly these, and nothing of the drop-list is taken."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.segments import parse_document, w3c_trace_id
from sql.warehouse import Reject

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
W3C = "5759e988bd862e3fe1be46a994272793"


def parsed(document: dict[str, Any]) -> list[Any]:
    """Rows and rejects of one document."""
    return list(parse_document(json.dumps(document), "111122223333", "us-east-1"))


def some(rows: list[Any], *columns: str) -> list[tuple[Any, ...]]:
    """A few columns of every row."""
    return [tuple(row[column] for column in columns) for row in rows]


def sample(shared: Path, name: str) -> dict[str, Any]:
    """A published document; examples of subsegments get the trace id that their segment would carry."""
    document: dict[str, Any] = json.loads((shared / "aws" / "samples" / f"xray_segment_{name}.json").read_text())
    return {"trace_id": TRACE, **document}


def test_a_minimal_segment_gives_every_column(shared: Path) -> None:
    assert parsed(sample(shared, "minimal")) == [{
        "trace_id": "581cf771a006649127e371903a2de979", "span_id": "70de5b6f19ff9a0a", "parent_span_id": None,
        "session_id": None, "name": "example.com", "kind": "SERVER", "origin": None, "resource_arn": None,
        "service_name": "example.com", "account_id": "111122223333", "region": "us-east-1", "agent_name": None,
        "agent_version": None, "task_key": None, "environment": None, "operation": None, "request_id": None,
        "http_status": None, "status": "OK", "error_type": None, "throttled": False,
        "started_at": datetime.fromisoformat("2016-11-04T21:02:41.271000"), "duration_ms": 178.0, "in_progress": False,
        "user_id_hash": None,
    }]  # fmt: skip


def test_a_segment_in_progress_has_neither_duration_nor_status(shared: Path) -> None:
    rows = parsed(sample(shared, "in_progress"))
    assert some(rows, "span_id", "duration_ms", "status", "in_progress") == [("70de5b6f19ff9a0b", None, None, True)]


def test_http_segments_keep_the_status_and_drop_addresses(shared: Path) -> None:
    rows = parsed(sample(shared, "http_annotations_metadata"))
    assert some(rows, "span_id", "parent_span_id", "name", "kind", "http_status", "duration_ms") == [
        ("defdfd9912dc5a56", None, "www.example.com", "SERVER", 200, 29.02),
        ("53995c3f42cd8ad8", "defdfd9912dc5a56", "api.example.com", "CLIENT", 200, 26.1),
    ]
    assert [each for each in ("11.0.3.111", "/health", "Mozilla") if each in str(rows)] == []


def test_nested_and_independent_subsegments_hang_where_they_belong(shared: Path) -> None:
    nested = parsed(sample(shared, "subsegment_aws_http_outbound"))
    alone = parsed(sample(shared, "independent_subsegment") | {"type": "subsegment"})
    assert some(nested, "span_id", "parent_span_id", "request_id") == [
        ("0e58d2918e9038e8", None, None),
        ("0f910026178b71eb", "0e58d2918e9038e8", "3AIENM5J4ELQ3SPODHKBIRVIC3VV4KQNSO5AEMVJF66Q9ASUAAJG"),
    ]
    assert some(alone, "trace_id", "span_id", "parent_span_id", "service_name") == [
        ("62be12721b71c4274f39f122afa64eab", "168416dc2ea97781", "004f72be19cddc2a", None)
    ]


@pytest.mark.parametrize(("name", "kind"), [("sql_subsegment", "CLIENT"), ("subsegment_remote_dynamodb", "CLIENT")])
def test_outgoing_calls_keep_no_query_and_no_url(shared: Path, name: str, kind: str) -> None:
    rows = parsed(sample(shared, name) | {"type": "subsegment"})
    assert some(rows, "kind", "status") == [(kind, "OK")]
    assert [each for each in ("jdbc", "customer_id", "dbuser", "https://") if each in str(rows)] == []


def test_the_published_trace_keeps_both_lambda_segments(shared: Path) -> None:
    answer = json.loads((shared / "aws" / "samples" / "xray_batch_get_traces.json").read_text())
    documents = [json.loads(each["Document"]) for trace in answer["Traces"] for each in trace["Segments"]]
    rows = [row for document in documents for row in parsed(document)]
    assert some(rows, "span_id", "parent_span_id", "name", "kind", "origin", "duration_ms") == [
        ("1fb07842d944e714", "0c544c1b1bbff948", "random-name", "SERVER", "AWS::Lambda", 2895.0),
        ("194fcc8747581230", None, "Scorekeep", "SERVER", "AWS::ElasticBeanstalk::Environment", 3232.0),
        ("0c544c1b1bbff948", "194fcc8747581230", "Lambda", "CLIENT", None, 2943.0),
        ("071684f2e555e571", "194fcc8747581230", "## UserModel.saveUser", "INTERNAL", None, 188.0),
        ("4cd3f10b76c624b4", "071684f2e555e571", "DynamoDB", "CLIENT", None, 79.0),
        ("00f91aa01f4984fd", "1fb07842d944e714", "random-name", "SERVER", "AWS::Lambda::Function", 1740.0),
        ("e6d2fe619f827804", "00f91aa01f4984fd", "annotations", "INTERNAL", None, 57.0),
        ("b29b548af4d54a0f", "00f91aa01f4984fd", "SNS", "CLIENT", None, 959.0),
        ("2279c0030c955e52", "00f91aa01f4984fd", "Initialization", "INTERNAL", None, 755.0),
        ("17ba309b32c7fbaf", "4cd3f10b76c624b4", "DynamoDB", "SERVER", "AWS::DynamoDB::Table", 79.0),
        ("1ee3c4a523f89ca5", "b29b548af4d54a0f", "SNS", "SERVER", "AWS::SNS", 959.0),
    ]
    function = "arn:aws:lambda:us-west-2:123456789012:function:random-name"
    assert {row["trace_id"] for row in rows} == {"5960260323fc5b688855d396af79b496"}
    assert [row["resource_arn"] for row in rows if row["kind"] == "SERVER"][:3] == [function, None, function]
    assert {row["account_id"] for row in rows if row["service_name"] == "random-name"} == {
        "111122223333",
        "123456789012",
    }
    leaks = ("205.251.233.183", "Metadata string", "Mozilla", "scorekeep.elasticbeanstalk.com/api", "5M388M1E")
    assert [each for each in leaks if each in str(rows)] == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"fault": True}, ("ERROR", "fault", False)),
        ({"error": True}, ("ERROR", "error", False)),
        ({"error": True, "throttle": True}, ("ERROR", "throttle", True)),
        (
            {"fault": True, "cause": {"exceptions": [{"id": "e1", "type": "KeyError", "message": "x"}]}},
            ("ERROR", "KeyError", False),
        ),
        (
            {
                "fault": True,
                "cause": "e9",
                "subsegments": [
                    {
                        "id": "1" * 16,
                        "start_time": 2.0,
                        "end_time": 3.0,
                        "name": "in",
                        "fault": True,
                        "cause": {"exceptions": [{"id": "e9", "type": "Timeout"}]},
                    }
                ],
            },
            ("ERROR", "Timeout", False),
        ),
        ({"cause": "nobody"}, ("OK", None, False)),
    ],
)
def test_flags_and_causes_say_what_went_wrong(more: dict[str, Any], expected: tuple[Any, ...]) -> None:
    rows = parsed({"trace_id": TRACE, "id": "0" * 16, "start_time": 1.5, "end_time": 2.5, "name": "n", **more})
    assert some(rows, "status", "error_type", "throttled")[0] == expected


def test_annotations_name_agent_session_and_task() -> None:
    annotations = {
        "session.id": "s-1",
        "gen_ai_agent_name": "refund",
        "Agent-Version": 7,
        "task_id": "case-1",
        "env": "prod",
        "gen_ai.operation.name": "invoke_agent",
        "pin": "1234",
    }
    rows = parsed({"trace_id": TRACE, "id": "0" * 16, "start_time": 1.0, "end_time": 2.0, "annotations": annotations})
    columns = ("session_id", "agent_name", "agent_version", "task_key", "environment", "operation")
    assert some(rows, *columns) == [("s-1", "refund", "7", "case-1", "prod", "invoke_agent")]
    assert "1234" not in str(rows)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ('{"trace_id": "1-5759', "not_json"),
        ("[1]", "not_json"),
        (json.dumps({"id": "0" * 16}), "bad_trace_id"),
        (json.dumps({"trace_id": TRACE, "start_time": 1.0}), "missing_id"),
        (json.dumps({"trace_id": TRACE, "id": "0" * 16}), "bad_start_time"),
        (json.dumps({"trace_id": TRACE, "id": "0" * 16, "start_time": "soon"}), "bad_start_time"),
        (json.dumps({"trace_id": TRACE, "id": "0" * 16, "start_time": 5.0, "end_time": 4.0}), "negative_duration"),
    ],
)
def test_what_is_no_segment_is_a_reject_with_its_reason(document: str, reason: str) -> None:
    found = list(parse_document(document, "1", "r"))
    assert [each.reason for each in found if isinstance(each, Reject)] == [reason]


def test_a_very_deep_document_does_not_break_the_parser() -> None:
    document: dict[str, Any] = {"id": "f" * 16, "start_time": 1.0, "end_time": 2.0}
    for number in range(150):
        document = {"id": f"{number:016x}", "start_time": 1.0, "end_time": 2.0, "subsegments": [document]}
    assert len(parsed({"trace_id": TRACE, **document})) == 151


@given(st.text(alphabet="0123456789abcdef", min_size=32, max_size=32))
def test_ids_go_to_w3c_and_back(trace: str) -> None:
    assert w3c_trace_id(f"1-{trace[:8]}-{trace[8:]}") == trace


KEYS = ["id", "trace_id", "subsegments", "cause", "aws", "http", "exceptions", "annotations", "start_time", "end_time"]
values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(KEYS), values))
def test_no_document_breaks_the_parser(document: dict[str, Any]) -> None:
    text = json.dumps({"trace_id": TRACE, "id": "0" * 16, "start_time": 1.0, **document})
    assert all(isinstance(each, dict | Reject) for each in parse_document(text, "1", "r"))
