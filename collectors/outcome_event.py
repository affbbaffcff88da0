"""The `agent.outcome` event, version 1: what it may say, whether an event keeps to it, and how to write one.

Only the standard library, nothing of Agent Ledger: copy this one file into an agent and call

    emit(outcome_event("success", agent_name="refund_agent", trace_id=trace_id, task_id="case-1042"))

docs/outcomes.md explains every field.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

EVENT_NAME, SCHEMA_VERSION = "agent.outcome", "1.0"
LONGEST_TEXT = 1000
OUTCOMES = ("success", "partial", "failure", "failed", "abandoned", "unknown")
REASONS = (
    "low_confidence",
    "policy",
    "guardrail",
    "tool_failure",
    "tool_error",
    "user_request",
    "supervisor",
    "missing_capability",
    "timeout",
    "high_risk",
    "other",
)
LABEL_SOURCES = ("human_end_user", "human_expert", "human", "llm", "code", "system", "heuristic")
GUARDRAIL_ACTIONS = ("none", "detected", "masked", "blocked", "intervened")
# The words a field may hold, and the reason of the reject where it holds another.
WORDS = {
    "task.outcome": (OUTCOMES, "unknown_outcome"),
    "escalation.reason": (REASONS, "unknown_reason"),
    "label.source": (LABEL_SOURCES, "unknown_label_source"),
    "guardrail.action": (GUARDRAIL_ACTIONS, "unknown_guardrail_action"),
}
TEXTS = (
    "event_id",
    "supersedes",
    "record_key",
    "gen_ai.agent.name",
    "gen_ai.agent.id",
    "gen_ai.agent.version",
    "deployment.environment.name",
    "session.id",
    "trace_id",
    "traceId",
    "task.id",
    "task.type",
    "escalation.target",
    "label.annotator",
    "gen_ai.evaluation.name",
    "gen_ai.evaluation.score.label",
    "reason_code",
    "business.currency",
)
FLAGS = ("task.accepted", "task.corrected", "escalation.escalated")
# Shares: from 0 to 1. A probability of 0 cannot have drawn anything.
SHARES = {
    "confidence": "bad_confidence",
    "gen_ai.evaluation.score.value": "bad_score",
    "label.inclusion_probability": "bad_probability",
}
MINUTES = ("human_baseline_minutes", "human_review_minutes")
TIMES = {
    "timestamp": "missing_time",
    "observed_timestamp": "bad_observed_time",
    "escalation.picked_up_at": "bad_pickup_time",
}
FIELDS = (
    "event.name",
    "schema_version",
    *TIMES,
    *TEXTS,
    *WORDS,
    *FLAGS,
    *SHARES,
    *MINUTES,
    "business.value",
    "segment",
)

_TIME = re.compile(
    r"(20\d\d)-(\d\d)-(\d\d)[T ]([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,9})?(Z|[+-](0\d|1[0-4]):?[0-5]\d)?", re.ASCII
)
_TRACE = re.compile(r"[0-9a-f]{32}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_WHOLE = range(-(2**63), 2**64)
_BLANK_TRACE = "0" * 32


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field. `code` is the reason under which a collector rejects the event."""

    code: str
    field: str
    found: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field} is {self.found}; allowed: {self.allowed}"


def problems(event: object) -> list[str]:
    """What is wrong with an event, a sentence a field: its name, its kind of value, what is allowed. Empty: valid."""
    return [str(fault) for fault in faults(event)]


def faults(event: object) -> list[Fault]:
    """The same, with the reason that a collector gives; the first one is the reason of its reject."""
    if not isinstance(event, Mapping):
        return [Fault("not_an_object", "the event", kind_of(event), "a JSON object")]
    return [fault for rule in _RULES for fault in rule(event)]


def kind_of(value: object) -> str:
    """What a value is, without saying it: events may hold what nobody else should read."""
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return f"a text of {len(value)} characters" if value else "an empty text"
    if isinstance(value, int | float):
        return "a number" if _finite(value) else "no finite number"
    return "an object" if isinstance(value, Mapping) else "a list"


def text_of(event: Mapping[str, Any], name: str) -> str | None:
    """The text of a field, a whole number being one too; None where it has none."""
    value = event.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and value in _WHOLE:
        return str(value)
    return value if isinstance(value, str) and value else None


def trace_of(event: Mapping[str, Any]) -> str | None:
    """The W3C trace id of an event, also where it is written as X-Ray does (1-5759e988-bd862e3fe1be46a994272793)."""
    text = text_of(event, "trace_id") or text_of(event, "traceId")
    return None if text is None else re.sub("^1-", "", text).replace("-", "").lower()


def _header(event: Mapping[str, Any]) -> Iterator[Fault]:
    if event.get("event.name") != EVENT_NAME:
        yield Fault("other_record", "event.name", kind_of(event.get("event.name")), f"the text {EVENT_NAME}")
    version = event.get("schema_version")
    if not isinstance(version, str) or not version.startswith("1."):
        yield Fault("unknown_schema", "schema_version", kind_of(version), f'the text "{SCHEMA_VERSION}"')


def _times(event: Mapping[str, Any]) -> Iterator[Fault]:
    for name, code in TIMES.items():
        value = event.get(name)
        if not (is_time(value) or (value is None and name != "timestamp")):
            yield Fault(code, name, kind_of(value), "a time such as 2026-11-20T09:30:00Z (RFC 3339), after 1999")


def is_time(value: object) -> bool:
    """Whether a value is a moment as RFC 3339 writes it; without an offset it is taken as UTC."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return False
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True


def _subject(event: Mapping[str, Any]) -> Iterator[Fault]:
    trace = trace_of(event)
    if trace is None and text_of(event, "session.id") is None and text_of(event, "task.id") is None:
        yield Fault("missing_subject", "trace_id", "missing", "a trace id, or session.id, or task.id in its place")
    if trace is not None and not _TRACE.fullmatch(trace):
        yield Fault("bad_trace_id", "trace_id", "a text of another form", "32 hexadecimal digits")
    if trace is None and text_of(event, "gen_ai.agent.name") is None and text_of(event, "gen_ai.agent.id") is None:
        allowed = "the agent's name or gen_ai.agent.id: without a trace id a task is looked for within its agent"
        yield Fault("missing_agent", "gen_ai.agent.name", kind_of(event.get("gen_ai.agent.name")), allowed)


def _texts(event: Mapping[str, Any]) -> Iterator[Fault]:
    present = {name: event[name] for name in TEXTS if event.get(name) not in (None, "")}
    wrong = [name for name in present if text_of(event, name) is None]
    for name in wrong:
        yield Fault("not_a_text", name, kind_of(present[name]), "a text")
    for name in present:
        if name not in wrong and len(text_of(event, name) or "") > LONGEST_TEXT:
            allowed = f"at most {LONGEST_TEXT} characters; free text belongs into `comment`, which is dropped"
            yield Fault("text_too_long", name, kind_of(present[name]), allowed)


def _ids(event: Mapping[str, Any]) -> Iterator[Fault]:
    own = text_of(event, "event_id")
    if own is None:
        yield Fault("missing_id", "event_id", kind_of(event.get("event_id")), "a text that no other event has")
    elif own == text_of(event, "supersedes"):
        yield Fault("supersedes_itself", "supersedes", "the event's own id", "the id of another event")


def _words(event: Mapping[str, Any]) -> Iterator[Fault]:
    for name, (words, code) in WORDS.items():
        value = event.get(name)
        if value is not None and not (isinstance(value, str) and value in words):
            yield Fault(code, name, kind_of(value), ", ".join(words))


def _flags(event: Mapping[str, Any]) -> Iterator[Fault]:
    for name in FLAGS:
        if not isinstance(event.get(name), bool | None):
            yield Fault("not_a_flag", name, kind_of(event[name]), "true or false, or left out when nobody looked")


def _numbers(event: Mapping[str, Any]) -> Iterator[Fault]:
    for name, code in SHARES.items():
        value = event.get(name)
        drawn = name == "label.inclusion_probability"
        if value is not None and not (_is_number(value) and 0 <= value <= 1 and not (drawn and value == 0)):
            yield Fault(code, name, kind_of(value), f"a number from 0 {'(not itself) ' if drawn else ''}to 1")
    for name in MINUTES:
        value = event.get(name)
        if value is not None and not (_is_number(value) and value >= 0):
            yield Fault("bad_amount", name, kind_of(value), "a number of minutes, 0 or more")


def _money(event: Mapping[str, Any]) -> Iterator[Fault]:
    value, currency = event.get("business.value"), text_of(event, "business.currency")
    if value is not None and not _is_number(value):
        yield Fault("bad_amount", "business.value", kind_of(value), "a number, if it was measured")
    missing = currency is None and value is not None
    if missing or (currency is not None and not _CURRENCY.fullmatch(currency)):
        allowed = "three capital letters (ISO 4217), with every business.value"
        yield Fault("bad_currency", "business.currency", kind_of(event.get("business.currency")), allowed)


def _rubric(event: Mapping[str, Any]) -> Iterator[Fault]:
    scored = event.get("gen_ai.evaluation.score.value") is not None or text_of(event, "gen_ai.evaluation.score.label")
    if scored and text_of(event, "gen_ai.evaluation.name") is None:
        allowed = "the name of what was judged, with every score"
        yield Fault("missing_rubric", "gen_ai.evaluation.name", kind_of(event.get("gen_ai.evaluation.name")), allowed)


def _segment(event: Mapping[str, Any]) -> Iterator[Fault]:
    value = event.get("segment")
    if value is None:
        return
    allowed = f"an object of texts of at most {LONGEST_TEXT} characters, numbers, true or false"
    inner = list(value.values()) if isinstance(value, Mapping) else [value]
    if not isinstance(value, Mapping) or any(isinstance(each, Mapping | list | tuple) for each in inner):
        yield Fault("bad_segment", "segment", kind_of(value), allowed)
    elif any(isinstance(each, str) and len(each) > LONGEST_TEXT for each in inner):
        yield Fault("bad_segment", "segment", "an object with a long text", allowed)


_RULES = (_header, _texts, _ids, _times, _subject, _words, _flags, _numbers, _money, _rubric, _segment)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _finite(value)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def unwrap(record: object) -> object:
    """The event inside what a log group, a bus or an OpenTelemetry log record wraps around it; else the record itself.

    An OpenTelemetry record lends its trace id, its time and its runtime's id where the event does not say them.
    """
    if not isinstance(record, Mapping) or "event.name" in record:
        return record
    message, detail = _object(record.get("message")), record.get("detail")
    if message is not None:
        return message
    if isinstance(detail, Mapping):
        return detail
    attributes, body = record.get("attributes"), _object(record.get("body"))
    if isinstance(attributes, Mapping) and "event.name" in attributes:
        merged = {**(body if isinstance(record.get("body"), Mapping) and body else {}), **attributes}
        return _lend(record, {name: value for name, value in merged.items() if value is not None})
    return record if body is None else _lend(record, body)


def _object(value: object) -> Mapping[str, Any] | None:
    """An object, or the object that a text of JSON holds."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, Mapping) else None


def _lend(record: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    lent, nanos = dict(event), record.get("timeUnixNano")
    if event.get("timestamp") is None and isinstance(nanos, int) and 946_684_800 <= nanos // 10**9 < 4_102_444_800:
        lent["timestamp"] = datetime.fromtimestamp(nanos // 10**9, UTC).isoformat().replace("+00:00", "Z")
    trace = text_of(record, "traceId")
    if _nothing_in(event, "trace_id", "traceId") and trace not in (None, _BLANK_TRACE):
        lent["trace_id"] = trace
    if _nothing_in(event, "gen_ai.agent.name", "gen_ai.agent.id"):
        resource = record.get("resource")
        inner = resource.get("attributes") if isinstance(resource, Mapping) else None
        arn = inner.get("cloud.resource_id") if isinstance(inner, Mapping) else None
        found = re.search(r"runtime/([^/]+)", arn) if isinstance(arn, str) else None
        if found:
            lent["gen_ai.agent.id"] = found[1]
    return lent


def _nothing_in(event: Mapping[str, Any], *names: str) -> bool:
    return all(event.get(name) in (None, "") for name in names)


def outcome_event(
    outcome: str | None = None,
    *,
    agent_name: str | None = None,
    agent_id: str | None = None,
    agent_version: str | None = None,
    environment: str | None = None,
    trace_id: str | None = None,
    session_id: str | None = None,
    task_id: str | None = None,
    task_type: str | None = None,
    at: datetime | None = None,
    event_id: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A valid event about one task that came to be known now, or at `at` (with its time zone).

    `more` takes every other field with __ in place of a dot: escalation__escalated=True, label__source="system".
    Raises ValueError that names every wrong field.
    """
    moment = datetime.now(UTC) if at is None else at
    if moment.tzinfo is None:
        raise ValueError("at has no time zone; allowed: a datetime with one, such as datetime.now(UTC)")
    written = {
        "event.name": EVENT_NAME,
        "schema_version": SCHEMA_VERSION,
        "event_id": event_id or str(uuid.uuid4()),
        "timestamp": moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "gen_ai.agent.name": agent_name,
        "gen_ai.agent.id": agent_id,
        "gen_ai.agent.version": agent_version,
        "deployment.environment.name": environment,
        "trace_id": trace_id,
        "session.id": session_id,
        "task.id": task_id,
        "task.type": task_type,
        "task.outcome": outcome,
        **{name.replace("__", "."): value for name, value in more.items()},
    }
    event = {name: value for name, value in written.items() if value is not None}
    unknown = [f"{name} is no field; allowed: {', '.join(FIELDS)}" for name in event if name not in FIELDS]
    if wrong := [*problems(event), *unknown]:
        raise ValueError("; ".join(wrong))
    return event


def emit(event: Mapping[str, Any], logger: logging.Logger | None = None) -> None:
    """Write an event as one line of JSON: to the standard output, or to `logger` at level INFO."""
    line = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    if logger is None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    else:
        logger.info("%s", line)
