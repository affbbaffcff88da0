"""The contract in Python and the SQL that reads events say the same about every event."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from collectors import outcome_event as contract
from sql.warehouse import Warehouse
from tests.sql.support import land, rows, warehouse

TRACE = "68d7a1f3c2b94e0f8a5d6c7b9e0f1a2b"
ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**63, 2**64, -(2**63) - 1, 10**400, float("inf"), float("nan"), -0.0, 1e308]),
    st.floats(-2, 2),
    st.text(max_size=6),
    st.sampled_from(["", "x" * 1001, "ü" * 1000, [], [1], {}, {"a": 1}, "1.0", "a@b.example"]),
)
TIMES = st.sampled_from(
    [
        "2026-11-02T10:00:00Z",
        "2026-11-02 10:00:00+05:30",
        "2026-11-02T10:00:00.123456789-1400",
        "2026-11-02T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-11-02T24:00:00Z",
        "2026-11-02",
        "1999-12-31T00:00:00Z",
        "soon",
        "٢٠٢٦-11-02T10:00:00Z",
        "2026-11-02T10:00:60Z",
        "2026-11-02T10:00:00z",
        "2026-11-02T10:00:00+15:00",
        "2026-11-02T10:00:00Z\n",
        "20261102T100000Z",
    ]
)
TRACES = st.sampled_from(
    [
        TRACE,
        TRACE.upper(),
        "1-68d7a1f3-c2b94e0f8a5d6c7b9e0f1a2b",
        "1-" + TRACE,
        "1--" + TRACE,
        TRACE + "\n",
        "Root=1-2",
        "İ" * 32,
    ]
)
SEGMENTS = st.dictionaries(st.text(string.ascii_letters + '".$ *\\', max_size=3), ANY, max_size=3)
LIKELY = {
    "timestamp": TIMES,
    "observed_timestamp": TIMES,
    "trace_id": TRACES,
    "traceId": TRACES,
    "segment": SEGMENTS,
    "schema_version": st.sampled_from(["1.0", "1.", "1", "2.0", 1.0]),
    "business.currency": st.sampled_from(["EUR", "eur", "EURO", "E1R"]),
    **{name: st.sampled_from(words) for name, (words, _) in contract.WORDS.items()},
    **{name: st.floats(0, 1) for name in contract.SHARES},
}
VALID = {"event.name": "agent.outcome", "schema_version": "1.0", "event_id": "e1", "timestamp": "2026-11-02T10:00:00Z"}
STARTS = (
    {"trace_id": TRACE},
    {"session.id": "s", "gen_ai.agent.name": "Helper"},
    {"task.id": 7, "gen_ai.agent.id": "h"},
    {},
)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """A valid event or nearly one, with a few fields drawn from what they may and may not hold."""
    event = {**VALID, **draw(st.sampled_from(STARTS))}
    for name in draw(st.lists(st.sampled_from(sorted({*contract.FIELDS} - {"event.name"})), max_size=4)):
        event[name] = draw(st.one_of(LIKELY.get(name, st.text(max_size=4)), LIKELY.get(name, ANY), ANY))
    for name in draw(st.lists(st.sampled_from(sorted(event)), max_size=1)):
        del event[name]
    return event


def wrapped(event: dict[str, Any], form: str) -> dict[str, Any]:
    """The event as each way of sending it leaves it in a log group."""
    resource = {
        "attributes": {"cloud.resource_id": "arn:aws:x:us-east-1:1:runtime/lent_agent-1/runtime-endpoint/DEFAULT"}
    }
    otel = {"resource": resource, "timeUnixNano": 1763423917517030656, "traceId": "a" * 32, "spanId": "b" * 16}
    half = {"segment": event["segment"]} if isinstance(event.get("segment"), dict) else {}
    return {
        "bare": event,
        "message": {"level": "INFO", "message": event},
        "text": {"level": "INFO", "message": json.dumps(event)},
        "detail": {"detail-type": "agent.outcome", "detail": event},
        "attributes": {**otel, "body": "x", "attributes": event},
        "both": {**otel, "body": half, "attributes": {k: v for k, v in event.items() if k not in half}},
        "body": {**otel, "body": event, "attributes": {"otelTraceSampled": True}},
        "body text": {**otel, "traceId": "0" * 32, "body": json.dumps(event)},
    }[form]


FORMS = ("bare", "message", "text", "detail", "attributes", "both", "body", "body text")


def first_fault(record: object) -> str:
    """What Python says: the reason of the first fault, or nothing."""
    return next((fault.code for fault in contract.faults(contract.unwrap(record))), "")


def what_sql_says(wh: Warehouse, records: list[object]) -> list[str]:
    """What the parse says of each record: the reason of its skip or reject, or nothing where it lands."""
    land(wh, [json.dumps(record) for record in records], "outcome_records")
    said = rows(wh, "SELECT delivery_id, coalesce(skip, reject, '') FROM batch")
    found = {int(str(delivery).rpartition("-")[2]): str(reason) for delivery, reason in said}
    return [found[number] for number in range(len(records))]


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(drawn=st.lists(st.tuples(events(), st.sampled_from(FORMS)), min_size=20, max_size=20))
def test_an_event_has_no_problems_exactly_when_sql_lands_it(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[dict[str, Any], str]]
) -> None:
    records = [wrapped(event, form) for event, form in drawn]
    with warehouse(tmp_path_factory.mktemp("contract")) as wh:
        said = what_sql_says(wh, records)
    expected = [first_fault(record) for record in records]
    differing = [each for each in zip(expected, said, drawn, strict=True) if each[0] != each[1]]
    assert differing == []
