"""X-Ray segment documents to rows. Pure.

A document is a segment, or a subsegment sent on its own; both hold subsegments. Each becomes one row with W3C ids. Only
the fields below are taken: metadata, client addresses, URLs, SQL, messages and stack traces never leave this module.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sql.scrub import scrub
from sql.warehouse import Reject

Document = dict[str, Any]
Row = dict[str, Any]

SPAN_ID = re.compile(r"[0-9a-f]{16}")
TRACE_ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
# Which annotation says what. Keys are compared in lower case with dots and dashes as underscores.
ANNOTATIONS = {
    "session_id": ("session_id", "gen_ai_conversation_id"),
    "agent_name": ("gen_ai_agent_name", "agent_name", "agent"),
    "agent_version": ("gen_ai_agent_version", "agent_version"),
    "task_key": ("task_id", "task_key"),
    "environment": ("deployment_environment_name", "environment", "env"),
    "operation": ("gen_ai_operation_name", "operation"),
}


@dataclass(frozen=True)
class Place:
    """Where an element of a document stands: what it inherits from the segment around it."""

    trace_id: str
    parent_span_id: str | None
    service_name: str | None
    account_id: str
    region: str


def parse_document(text: str, account_id: str, region: str) -> Iterator[Row | Reject]:
    """The rows of one document, outermost first, or a reject. `account_id`, `region`: where the document says none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        yield Reject("not_json", scrub(text))
        return
    trace_id = w3c_trace_id(document.get("trace_id"))
    if trace_id is None:
        yield Reject("bad_trace_id", scrub(f"trace_id {document.get('trace_id')!r} of {document.get('id')!r}"))
        return
    aws = _part(document, "aws")
    place = Place(
        trace_id=trace_id,
        parent_span_id=_text(document.get("parent_id")),
        service_name=None if document.get("type") == "subsegment" else _name(document),
        account_id=_text(aws.get("account_id")) or account_id,
        region=_text(aws.get("region")) or region,
    )
    yield from _elements(document, place)


def w3c_trace_id(value: Any) -> str | None:
    """`1-5759e988-bd862e3fe1be46a994272793` as 32 hexadecimal digits; None when it is not a trace id."""
    if isinstance(value, str) and TRACE_ID.fullmatch(value):
        return value[2:].replace("-", "")
    return None


def _elements(document: Document, place: Place) -> Iterator[Row | Reject]:
    """A document and everything inside it, without recursion: depth is the sender's choice."""
    causes = dict(_exceptions(document))
    waiting: list[tuple[Document, Place, bool]] = [(document, place, document.get("type") != "subsegment")]
    while waiting:
        element, where, outermost = waiting.pop()
        yield _row(element, where, causes, outermost)
        inner = Place(where.trace_id, _text(element.get("id")), where.service_name, where.account_id, where.region)
        waiting.extend((each, inner, False) for each in reversed(_parts(element, "subsegments")))


def _row(element: Document, place: Place, causes: dict[str, str], segment: bool) -> Row | Reject:
    span_id, start, end = element.get("id"), element.get("start_time"), element.get("end_time")
    at = f"{element.get('id')!r} of trace {place.trace_id}"
    if not isinstance(span_id, str) or not SPAN_ID.fullmatch(span_id):
        return Reject("missing_id", scrub(f"id {at}"))
    started_at = _time(start)
    if started_at is None:
        return Reject("bad_start_time", scrub(f"start_time {start!r} in {at}"))
    duration = _duration(start, end)
    if duration is not None and duration < 0:
        return Reject("negative_duration", scrub(f"{duration} ms in {at}"), started_at)
    return _columns(element, place, causes, segment) | {
        "span_id": span_id,
        "started_at": started_at,
        "duration_ms": duration,
        "in_progress": bool(element.get("in_progress")) or end is None,
    }


def _columns(element: Document, place: Place, causes: dict[str, str], segment: bool) -> Row:
    aws, http = _part(element, "aws"), _part(element, "http")
    response = _part(http, "response")
    throttled = bool(element.get("throttle"))
    return _annotated(element) | {
        "trace_id": place.trace_id,
        "parent_span_id": place.parent_span_id,
        "name": _name(element),
        "kind": "SERVER" if segment else "CLIENT" if element.get("namespace") in ("aws", "remote") else "INTERNAL",
        "origin": _text(element.get("origin")),
        "resource_arn": _text(element.get("resource_arn")) or _text(aws.get("function_arn")),
        "service_name": place.service_name,
        "account_id": place.account_id,
        "region": place.region,
        "request_id": _text(aws.get("request_id")),
        "http_status": _whole(response.get("status")),
        "status": _status(element),
        "error_type": _error_type(element, causes),
        "throttled": throttled,
        "user_id_hash": _hash(element.get("user")),
    }


def _status(element: Document) -> str | None:
    if element.get("fault") or element.get("error") or element.get("throttle"):
        return "ERROR"
    return None if element.get("in_progress") or element.get("end_time") is None else "OK"


def _error_type(element: Document, causes: dict[str, str]) -> str | None:
    """The type of the exception that caused it; a cause may be named by id. Else which of the three flags is set."""
    cause = element.get("cause")
    if isinstance(cause, str) and cause in causes:
        return causes[cause]
    for each in _parts(_part(element, "cause"), "exceptions"):
        if each.get("type"):
            return str(each["type"])
    return next((flag for flag in ("throttle", "fault", "error") if element.get(flag)), None)


def _exceptions(document: Document) -> Iterator[tuple[str, str]]:
    waiting = [document]
    while waiting:
        element = waiting.pop()
        for each in _parts(_part(element, "cause"), "exceptions"):
            if each.get("id") and each.get("type"):
                yield str(each["id"]), str(each["type"])
        waiting.extend(_parts(element, "subsegments"))


def _annotated(element: Document) -> Row:
    found = {re.sub(r"[.\-]", "_", str(key)).lower(): value for key, value in _part(element, "annotations").items()}
    return {
        column: next((text for text in (_text(found.get(name)) for name in names) if text), None)
        for column, names in ANNOTATIONS.items()
    }


def _part(element: Document, key: str) -> Document:
    value = element.get(key)
    return value if isinstance(value, dict) else {}


def _parts(element: Document, key: str) -> list[Document]:
    value = element.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    """Text where there is some; what is no plain value is no text."""
    return str(value) if isinstance(value, str | int | float) and value != "" else None


def _name(element: Document) -> str | None:
    """The name without what may follow a question mark: names of outgoing calls can be URLs."""
    value = _text(element.get("name"))
    return None if value is None else value.partition("?")[0]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _time(value: Any) -> datetime | None:
    """Naive UTC from epoch seconds."""
    number = _number(value)
    if number is None or not 0 < number < 1e11:
        return None
    return datetime.fromtimestamp(number, UTC).replace(tzinfo=None)


def _duration(start: Any, end: Any) -> float | None:
    """Milliseconds, to the microsecond: epoch seconds as floats carry no more."""
    first, last = _number(start), _number(end)
    return None if first is None or last is None else round((last - first) * 1000, 3)


def _hash(user: Any) -> str | None:
    return None if not user else hashlib.sha256(str(user).encode()).hexdigest()
