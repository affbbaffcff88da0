"""Insights as JSON and back: the fields of the types decide, nothing is listed twice."""

from __future__ import annotations

import types
from dataclasses import asdict, fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from metrics.insights.model import Report

# Raised when a field changes its meaning: an older file is then worked out again.
FORMAT = 2


def to_plain(report: Report) -> dict[str, Any]:
    """The report as values that JSON has."""
    return {"format": FORMAT, **plain(report)}


def plain(value: Any) -> Any:
    """Any of the types (or a day) as values that JSON has."""
    return _dated(asdict(value) if is_dataclass(value) and not isinstance(value, type) else value)


def from_plain(document: Any) -> Report | None:
    """The report in a document; None where it is of another format."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    try:
        found: Report = _made(Report, document)
    except (KeyError, TypeError, ValueError):
        return None
    return found


def _dated(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _dated(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_dated(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _made(kind: Any, value: Any) -> Any:
    """A value of the type `kind` from what JSON gave."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else _made(next(each for each in inner if each is not type(None)), value)
    if origin is tuple:
        return tuple(_made(inner[0], each) for each in value)
    if origin is Literal or origin is dict:
        return value
    if kind is date:
        return date.fromisoformat(value)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{each.name: _made(hints[each.name], value[each.name]) for each in fields(kind)})
    return value
