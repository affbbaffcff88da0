"""Answers as text: a table for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from metrics import units
from metrics.model import GROUPS, Value

FORMATS = ("table", "json", "csv")


def value_record(value: Value) -> dict[str, Any]:
    """A value under the names that other programs rely on; what is not known or does not apply is null."""
    return {
        "kpi": value.kpi,
        "agent_id": value.agent_id,
        "agent_version": value.agent_version,
        "slice": value.slice or None,
        "from": value.start.isoformat(),
        "to": value.end.isoformat(),
        "value": value.value,
        "low": value.low,
        "high": value.high,
        "n": value.n,
        "coverage": value.coverage,
        "state": value.state,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "unit": value.unit,
        "definition_version": value.definition_version,
    }


def values_text(values: Sequence[Value], style: str, group: Sequence[str] = ()) -> str:
    """The values of a KPI as table, JSON or CSV; what else they are grouped by than agent and version comes last."""
    also = [GROUPS[name] for name in group if name not in ("agent", "version")]
    if style == "table":
        return records_text([_readable(value, also) for value in values], style)
    return records_text([value_record(value) | _names(value, also) for value in values], style)


def records_text(records: Sequence[Mapping[str, Any]], style: str) -> str:
    """Rows as table, JSON or CSV. An empty table says so."""
    if style == "json":
        return json.dumps(list(records), indent=2, ensure_ascii=False, default=_plain)
    if style == "csv":
        return _csv(records)
    return _table(records) if records else "no rows"


def _names(value: Value, columns: Sequence[str]) -> dict[str, str | None]:
    return {column: getattr(value, column) for column in columns}


def _readable(value: Value, also: Sequence[str]) -> dict[str, str]:
    """One line of the table for people. Too few to judge shows the interval, not the point."""
    point = units.NOTHING if value.state == "low_n" else units.of_value(value)
    return {
        "from": value.start.isoformat(),
        "to": value.end.isoformat(),
        "agent": value.agent_id or "all",
        "version": value.agent_version or "all",
        **{column.replace("_", " "): name or "not known" for column, name in _names(value, also).items()},
        "slice": value.slice or "all",
        "value": point,
        "95 %": _limits(value),
        "n": units.grouped(value.n),
        "coverage": units.text(value.coverage, "ratio"),
        "state": value.state,
        "note": value.missing or "",
    }


def _limits(value: Value) -> str:
    if value.low is None or value.high is None:
        return units.interval(value.value, value.low, value.high, value.unit)
    return f"{units.text(value.low, value.unit)} {units.DASH} {units.text(value.high, value.unit)}"


def _csv(records: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    if records:
        writer = csv.DictWriter(out, fieldnames=list(records[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
    return out.getvalue().rstrip("\n")


def _table(records: Sequence[Mapping[str, Any]]) -> str:
    names = list(records[0])
    lines = [names, *([_cell(record[name]) for name in names] for record in records)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    rule = ["-" * width for width in widths]
    return "\n".join(_line(cells, widths) for cells in [lines[0], rule, *lines[1:]])


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cell(value: Any) -> str:
    if value is None:
        return units.NOTHING
    return str(_plain(value)) if isinstance(value, date | datetime) else str(value)


def _plain(value: Any) -> Any:
    """What JSON has no type for: dates as ISO text, exact decimals as numbers, the rest as text."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else str(value)
