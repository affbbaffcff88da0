"""Check a file of `agent.outcome` events, or of rows that a mapping turns into them, before it is sent anywhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from collectors.errors import BadSetting
from collectors.outcome_event import EVENT_NAME, problems, text_of, unwrap
from collectors.outcome_event import Fault as Problem
from collectors.outcome_mapping import Table, event_of, read_tables
from collectors.outcome_tables import BadFile, json_row, open_text, rows_of

ALL_VALID, SOME_WRONG, UNREADABLE = 0, 1, 2
SHOWN = 20
# A record without `event.name` that has one of these was meant as an event.
TELLING = frozenset({"event_id", "schema_version", "task.outcome"})

# A line, what is wrong with it, and the event it holds, if any.
Line = tuple[int, list[str], dict[str, Any] | None]


@dataclass(frozen=True)
class Wrong:
    """A line that is no valid event, and why."""

    line: int
    reasons: tuple[str, ...]


@dataclass
class Report:
    """What a file holds. `passed_over`: other records, or rows the mapping leaves out. `unreadable`: why it ended."""

    path: str
    lines: int = 0
    valid: int = 0
    passed_over: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unreadable: str | None = None

    @property
    def exit_code(self) -> int:
        """0: every event is valid; 1: one is wrong, or there is none; 2: the file cannot be read."""
        if self.unreadable is not None:
            return UNREADABLE
        return SOME_WRONG if self.wrong or not self.valid else ALL_VALID


def run(path: Path, mapping: str | None, json_wanted: bool, tables: Iterable[Mapping[str, str]] = ()) -> int:
    """`validate`: print the report of a file and return the exit code.

    `mapping` names one of `tables`, the [[sources.outcome_files.files]] of ledger.toml. Raises BadSetting for another.
    """
    report = validate_file(path, None if mapping is None else table_of(mapping, tables))
    print(json.dumps(as_json(report), indent=1) if json_wanted else "\n".join(report_lines(report)))
    return report.exit_code


def table_of(name: str, tables: Iterable[Mapping[str, str]]) -> Table:
    """The mapping of that name. Raises BadSetting."""
    known = read_tables(tables)
    if name not in known:
        names = ", ".join(known) or "none: ledger.toml has no [[sources.outcome_files.files]]"
        raise BadSetting(f"There is no mapping '{name}'.", f"Allowed: {names}.")
    return known[name]


def validate_file(path: Path, table: Table | None = None) -> Report:
    """What is right and wrong in a file of JSON lines, or, with a mapping, of rows (CSV, JSONL, Parquet)."""
    report = Report(str(path))
    seen: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    try:
        for line, wrong, event in _event_lines(path) if table is None else _row_lines(path, table):
            report.lines += 1
            if wrong:
                report.wrong.append(Wrong(line, tuple(wrong)))
            elif event is None:
                report.passed_over += 1
            else:
                report.valid += 1
                seen.setdefault(str(text_of(event, "event_id")), []).append((line, event))
    except BadFile as error:
        report.unreadable = f"{error.code}: {error}"
    except OSError as error:
        report.unreadable = f"it cannot be opened: {error.strerror or type(error).__name__}"
    except UnicodeDecodeError:
        report.unreadable = "unknown_encoding: it is not UTF-8; events are JSON in UTF-8"
    report.warnings = [*_repeated(seen), *_dangling(seen)]
    return report


def _event_lines(path: Path) -> Iterator[Line]:
    if path.stat().st_size == 0:
        raise BadFile("empty_file", "it has no bytes at all")
    with open_text(path, "utf-8-sig") as file:
        for line, text in enumerate(file, 1):
            if text.strip():
                yield line, *_checked(json_row(text))


def _checked(record: dict[str, Any] | Problem) -> tuple[list[str], dict[str, Any] | None]:
    if isinstance(record, Problem):
        return [str(record)], None
    event = unwrap(record)
    if not isinstance(event, dict) or not _is_meant(event):
        return [], None
    return problems(event), event


def _is_meant(event: dict[str, Any]) -> bool:
    """Whether a record is an event, if only nearly; a collector passes over what names itself otherwise."""
    if "event.name" in event:
        return bool(event["event.name"] == EVENT_NAME)
    return bool(event.keys() & TELLING)


def _row_lines(path: Path, table: Table) -> Iterator[Line]:
    for line, row in rows_of(path, path.name, table):
        if isinstance(row, Problem):
            yield line, [str(row)], None
        else:
            event, wrong = event_of(row, table, None)
            yield line, [str(each) for each in wrong], event


def _repeated(seen: Mapping[str, list[tuple[int, dict[str, Any]]]]) -> list[str]:
    found = []
    for event_id, events in seen.items():
        if len(events) > 1:
            lines = ", ".join(str(line) for line, _ in events[:SHOWN])
            same = all(event == events[0][1] for _, event in events)
            effect = "they count once" if same else "they differ: they become one event, of the greater of two values"
            found.append(f"event_id {event_id} stands in lines {lines}: {effect}")
    return found


def _dangling(seen: Mapping[str, list[tuple[int, dict[str, Any]]]]) -> list[str]:
    return [
        f"line {line} supersedes {former}, which is not in this file: right only if it was sent before"
        for events in seen.values()
        for line, event in events
        if (former := text_of(event, "supersedes")) is not None and former not in seen
    ]


def report_lines(report: Report) -> list[str]:
    """The report for people. Of very many wrong lines the first are shown, and how often each reason occurs."""
    if report.unreadable is not None and not report.lines:
        return [f"{report.path} cannot be read: {report.unreadable}"]
    lines = [f"{report.path}: {report.lines} lines, {report.valid} valid, {len(report.wrong)} wrong"]
    if report.passed_over:
        lines.append(
            f"  {report.passed_over} are no agent.outcome events, or left out by the mapping, and are passed over"
        )
    lines += [f"  line {wrong.line}: {'; '.join(wrong.reasons)}" for wrong in report.wrong[:SHOWN]]
    if len(report.wrong) > SHOWN:
        often = Counter(reason for wrong in report.wrong for reason in wrong.reasons).most_common(5)
        lines.append(f"  and {len(report.wrong) - SHOWN} more; most often:")
        lines += [f"    {count} times: {reason}" for reason, count in often]
    lines += [f"  warning: {warning}" for warning in report.warnings[:SHOWN]]
    if len(report.warnings) > SHOWN:
        lines.append(f"  and {len(report.warnings) - SHOWN} more warnings")
    if not report.valid and not report.wrong:
        lines.append("  it holds no agent.outcome event")
    if report.unreadable is not None:
        lines.append(f"  reading stopped: {report.unreadable}")
    return lines


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs."""
    return {"ok": report.exit_code == ALL_VALID, **asdict(report)}
