"""How a row of people's systems becomes an `agent.outcome` event: the mapping that ledger.toml holds. Pure."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collectors.errors import BadSetting
from collectors.outcome_event import EVENT_NAME, OUTCOMES, REASONS, SCHEMA_VERSION, Fault, faults, kind_of

FORMATS = ("csv", "jsonl", "parquet")
# What a setting names a column for, and the field of the event that its values become.
FIELD_OF = {
    "time": "timestamp",
    "agent": "gen_ai.agent.name",
    "agent_id": "gen_ai.agent.id",
    "version": "gen_ai.agent.version",
    "environment": "deployment.environment.name",
    "session": "session.id",
    "trace": "trace_id",
    "task_key": "task.id",
    "task_type": "task.type",
    "outcome": "task.outcome",
    "accepted": "task.accepted",
    "corrected": "task.corrected",
    "escalated": "escalation.escalated",
    "escalation_reason": "escalation.reason",
    "escalation_target": "escalation.target",
    "picked_up": "escalation.picked_up_at",
    "score": "gen_ai.evaluation.score.value",
    "rubric": "gen_ai.evaluation.name",
    "label": "gen_ai.evaluation.score.label",
    "label_source": "label.source",
    "rater": "label.annotator",
    "reason": "reason_code",
    "confidence": "confidence",
    "inclusion_probability": "label.inclusion_probability",
    "baseline_minutes": "human_baseline_minutes",
    "review_minutes": "human_review_minutes",
    "value": "business.value",
    "currency": "business.currency",
}
FLAGS = ("accepted", "corrected", "escalated")
NUMBERS = ("score", "confidence", "inclusion_probability", "baseline_minutes", "review_minutes", "value")
SUBJECTS = ("trace", "session", "task_key")
FACTS = (
    "outcome",
    "accepted",
    "corrected",
    "escalated",
    "picked_up",
    "score",
    "label",
    "confidence",
    "value",
    "review_minutes",
)
SEGMENT = "segment."
ABOUT_FILE = ("name", "path", "format", "encoding", "delimiter", "timezone", "time_format", "decimal")
WORD_LISTS = ("outcomes", "reasons", "true_words", "false_words", "score_range")
KEYS = (*ABOUT_FILE, *WORD_LISTS, "id", *FIELD_OF, f"{SEGMENT}*")
SKIP = "skip"
TRUE_WORDS, FALSE_WORDS = ("true", "yes", "y", "t", "1"), ("false", "no", "n", "f", "0")
NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(%?)", re.ASCII)
COMMA_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?\s*%?", re.ASCII)
A_TIME = "a time such as 2026-11-20 09:30, or as time_format says"
WHERE = "[[sources.outcome_files.files]]"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """One table of ledger.toml: where the files are, how they are written, and which column means what.

    `columns` are columns by setting (`id`, a key of FIELD_OF, or segment.<word>); `constants` hold for every row.
    `digest` changes with the mapping: then files are read again.
    """

    name: str
    path: str
    columns: Mapping[str, str]
    constants: Mapping[str, str]
    outcomes: Mapping[str, str]
    reasons: Mapping[str, str]
    true_words: frozenset[str]
    false_words: frozenset[str]
    zone: ZoneInfo
    format: str | None = None
    encoding: str = "utf-8-sig"
    delimiter: str | None = None
    time_format: str | None = None
    decimal: str = "."
    score_range: tuple[float, float] = (0.0, 1.0)
    digest: str = ""


def read_tables(given: Iterable[Mapping[str, str]]) -> dict[str, Table]:
    """The mappings of ledger.toml by their names. Raises BadSetting, which names table, key and what is allowed."""
    found: dict[str, Table] = {}
    for each in given:
        table = read_table(each)
        if table.name in found:
            raise _bad(table.name, "name", table.name, "a name that no other of these tables has")
        found[table.name] = table
    return found


def read_table(given: Mapping[str, str]) -> Table:
    """One mapping. Raises BadSetting."""
    name = given.get("name", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise _bad(name or "without a name", "name", name, "1 to 64 letters, digits, - or _")
    if not given.get("path"):
        raise _bad(name, "path", "", "a file, a pattern such as exports/*.csv, or s3://bucket/prefix")
    named = {key: value for key, value in given.items() if key == "id" or key in FIELD_OF or key.startswith(SEGMENT)}
    constants = {key: value[1:] for key, value in named.items() if value.startswith("=")}
    columns = {key: value for key, value in named.items() if key not in constants}
    _check_columns(name, columns, {**columns, **constants})
    if ("score" in named or "label" in named) and "rubric" not in named:
        constants["rubric"] = name
    return Table(
        name,
        given["path"],
        columns,
        constants,
        outcomes=_words(name, "outcomes", given.get("outcomes"), (*OUTCOMES, SKIP)),
        reasons=_words(name, "reasons", given.get("reasons"), REASONS),
        true_words=frozenset(_listed(given.get("true_words")) or TRUE_WORDS),
        false_words=frozenset(_listed(given.get("false_words")) or FALSE_WORDS),
        zone=_zone(name, given.get("timezone", "UTC")),
        format=_one_of(name, "format", given.get("format"), FORMATS),
        encoding=_encoding(name, given.get("encoding", "utf-8-sig")),
        delimiter=_delimiter(name, given.get("delimiter")),
        time_format=given.get("time_format"),
        decimal=_one_of(name, "decimal", given.get("decimal"), (".", ",")) or ".",
        score_range=_range(name, given.get("score_range", "0..1")),
        digest=_digest({key: value for key, value in given.items() if key != "path"})[:16],
    )


def _check_columns(name: str, columns: Mapping[str, str], given: Mapping[str, str]) -> None:
    if "time" not in columns:
        raise _bad(name, "time", "", "the column that says when the fact became true; every event needs it")
    if not any(key in columns for key in SUBJECTS):
        raise _bad(name, "trace", "", f"a column for one of {', '.join(SUBJECTS)}, which name the task")
    if not any(key in given for key in FACTS):
        raise _bad(name, "outcome", "", f"a column for one of {', '.join(FACTS)}: without one the rows say nothing")
    if "trace" not in columns and "agent" not in given and "agent_id" not in given:
        raise _bad(name, "agent", "", 'a column, or "=name" for every row: a session or key is looked for in its agent')
    if ("score" in given or "label" in given) and "label_source" not in given:
        raise _bad(name, "label_source", "", 'a column, or for every row "=human_expert" or another source of labels')


def event_of(row: Row, table: Table, observed: datetime | None) -> tuple[dict[str, Any] | None, list[Fault]]:
    """The event of one row, or what is wrong with it. Neither: the mapping passes the row over.

    `observed` is when this version of the file was written, naive UTC.
    """
    values: dict[str, Any] = {}
    wrong: list[Fault] = []
    for key, cell in _cells(row, table):
        value, fault = _converted(key, cell, table)
        if value == SKIP and key == "outcome":
            return None, []
        if fault is not None:
            wrong.append(fault)
        elif value is not None:
            values[key] = value
    if wrong:
        return None, wrong
    event = _event(values, table, observed)
    found = faults(event)
    return (None, found) if found else (event, [])


def _cells(row: Row, table: Table) -> Iterable[tuple[str, Any]]:
    for key, column in table.columns.items():
        cell = cell_of(row, column)
        if not _is_missing(cell):
            yield key, cell.strip() if isinstance(cell, str) else cell
    yield from table.constants.items()


def cell_of(row: Row, column: str) -> Any:
    """The value of a column; `a.b` is also the field b of the object a."""
    if column in row or "." not in column:
        return row.get(column)
    first, _, rest = column.partition(".")
    inner = row.get(first)
    return cell_of(inner, rest) if isinstance(inner, Mapping) else None


def _is_missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip()) or bool(cell != cell)


def _event(values: dict[str, Any], table: Table, observed: datetime | None) -> dict[str, Any]:
    event: dict[str, Any] = {"event.name": EVENT_NAME, "schema_version": SCHEMA_VERSION}
    event |= {field: values[key] for key, field in FIELD_OF.items() if key in values}
    segment = {key.removeprefix(SEGMENT): value for key, value in values.items() if key.startswith(SEGMENT)}
    if segment:
        event["segment"] = segment
    if "score" not in values and "label" not in values:
        event.pop(FIELD_OF["rubric"], None)
    if "id" in values:
        event["record_key"] = f"{table.name}:{_digest([table.name, values['id']])}"
    event["event_id"] = f"{table.name}:{_digest(event)}"
    if observed is not None:
        event["observed_timestamp"] = _as_text(observed.replace(tzinfo=UTC))
    return event


def _digest(content: object) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def _converted(key: str, cell: Any, table: Table) -> tuple[Any, Fault | None]:
    """A cell as its field takes it, or why it cannot be."""
    kind = "score" if key == "score" else "number" if key in NUMBERS else "flag" if key in FLAGS else key
    convert: Callable[[Any, Table], Any] = _CONVERT.get(kind, _text)
    value = convert(cell, table)
    if value is not None:
        return value, None
    code, allowed = _REFUSED.get(kind, ("not_a_text", "a text or a whole number"))
    place = f"column '{table.columns[key]}' ({key})" if key in table.columns else f"{key} in ledger.toml"
    return None, Fault(code, place, _shown(kind, cell), allowed)


def _shown(kind: str, cell: Any) -> str:
    """The kind of a value; a short word where a list of words lacks it, because it is needed to complete the list."""
    text = str(cell)
    short = isinstance(cell, str) and len(text) <= 40 and len(text.split()) <= 4
    return f"the word '{text}'" if kind in ("outcome", "escalation_reason") and short else kind_of(cell)


def _text(cell: Any, table: Table) -> str | None:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, Decimal) and cell == cell.to_integral_value():
        cell = int(cell)
    return str(cell) if isinstance(cell, str | int) and not isinstance(cell, bool) else None


def _flag(cell: Any, table: Table) -> bool | None:
    word = _text(cell, table)
    if isinstance(cell, bool) or word is None:
        return cell if isinstance(cell, bool) else None
    folded = word.casefold()
    return True if folded in table.true_words else False if folded in table.false_words else None


def _number(cell: Any, table: Table) -> float | None:
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return float(cell) if -1e300 < cell < 1e300 else None
    if not isinstance(cell, str):
        return None
    if table.decimal == ",":
        cell = cell.replace(".", "").replace(",", ".") if COMMA_NUMBER.fullmatch(cell) else ""
    found = NUMBER.fullmatch(cell)
    return None if found is None else float(found[1]) / (100 if found[2] else 1)


def _score(cell: Any, table: Table) -> float | None:
    number = _number(cell, table)
    low, high = table.score_range
    return None if number is None or not low <= number <= high else (number - low) / (high - low)


def _outcome(cell: Any, table: Table) -> str | None:
    word = (_text(cell, table) or "").casefold()
    return table.outcomes.get(word) or (word if word in OUTCOMES else None)


def _reason(cell: Any, table: Table) -> str | None:
    word = (_text(cell, table) or "").casefold()
    return table.reasons.get(word) or (word if word in REASONS else None)


def _moment(cell: Any, table: Table) -> str | None:
    """RFC 3339 in UTC; a time without an offset is one of the table's time zone."""
    try:
        found = cell if isinstance(cell, date) else _parsed(cell, table.time_format)
        if found is None:
            return None
        at = found if isinstance(found, datetime) else datetime.combine(found, time())
        return _as_text(at if at.tzinfo else at.replace(tzinfo=table.zone))
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _parsed(cell: Any, form: str | None) -> datetime | None:
    if form in ("epoch_s", "epoch_ms"):
        return datetime.fromtimestamp(float(cell) / (1000 if form == "epoch_ms" else 1), UTC)
    if not isinstance(cell, str):
        return None
    # Without an offset it is a time of the table's zone, which the caller adds.
    return datetime.strptime(cell, form) if form else datetime.fromisoformat(cell)  # noqa: DTZ007


def _as_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


_CONVERT: dict[str, Callable[[Any, Table], Any]] = {
    "time": _moment,
    "picked_up": _moment,
    "number": _number,
    "score": _score,
    "flag": _flag,
    "outcome": _outcome,
    "escalation_reason": _reason,
}
_REFUSED = {
    "time": ("missing_time", A_TIME),
    "picked_up": ("bad_pickup_time", A_TIME),
    "number": ("not_a_number", "a number; `decimal` says which sign separates its decimals"),
    "score": ("bad_score", "a number in score_range"),
    "flag": ("not_a_flag", "a word of true_words or false_words"),
    "outcome": ("unknown_outcome", f"a word that `outcomes` maps, or {', '.join(OUTCOMES)}"),
    "escalation_reason": ("unknown_reason", f"a word that `reasons` maps, or {', '.join(REASONS)}"),
}


def _words(name: str, key: str, text: str | None, allowed: Iterable[str]) -> dict[str, str]:
    """`Resolved=success, Closed - no action=failure` as a table; entries on lines of their own may hold commas."""
    found = {}
    for entry in re.split(r"\n" if text and "\n" in text.strip() else ",", text or ""):
        if not entry.strip():
            continue
        word, equals, meaning = (part.strip() for part in entry.strip().rpartition("="))
        if not equals or not word or meaning not in allowed:
            raise _bad(name, key, entry.strip(), f"word=meaning, the meaning being one of {', '.join(allowed)}")
        found[word.casefold()] = meaning
    return found


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(word.strip().casefold() for word in (text or "").split(",") if word.strip())


def _one_of(name: str, key: str, value: str | None, allowed: tuple[str, ...]) -> str | None:
    if value is not None and value not in allowed:
        raise _bad(name, key, value, f"one of {' '.join(allowed)}")
    return value


def _zone(name: str, value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _bad(name, "timezone", value, "an IANA time zone such as UTC or Europe/Berlin") from None


def _encoding(name: str, value: str) -> str:
    try:
        return codecs.lookup(value).name
    except LookupError:
        raise _bad(name, "encoding", value, "an encoding such as utf-8, cp1252 or utf-16") from None


def _delimiter(name: str, value: str | None) -> str | None:
    if value is not None and len(value) != 1:
        raise _bad(name, "delimiter", value, "one character; left out, it is found by itself")
    return value


def _range(name: str, value: str) -> tuple[float, float]:
    low, dots, high = (part.strip() for part in value.partition(".."))
    if dots and NUMBER.fullmatch(low) and NUMBER.fullmatch(high) and float(low) < float(high):
        return float(low), float(high)
    raise _bad(name, "score_range", value, "the lowest and the highest score, such as 1..5")


def _bad(name: str, key: str, value: str, allowed: str) -> BadSetting:
    said = f"has {key} = {value[:80]!r}" if value else f"has no {key}"
    return BadSetting(f"{WHERE} {name} {said}.", f"Allowed: {allowed}.")
