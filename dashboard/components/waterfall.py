"""The spans of one job as a table: a tree of steps, each with a bar from its start to its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dashboard import data
from dashboard.words import esc
from metrics import units

KINDS = {
    "invoke_agent": ("agent", "agent"),
    "chat": ("model", "model call"),
    "embeddings": ("model", "embedding"),
    "execute_tool": ("tool", "tool"),
    "server": ("", "request"),
    "gateway": ("", "gateway"),
    "cycle": ("", "step"),
    "task": ("agent", "job"),
    "policy": ("", "policy"),
    "memory": ("", "memory"),
    "retrieval": ("tool", "retrieval"),
    "guardrail": ("", "guardrail"),
}
MOST_ROWS = 200
MOST_DEPTH = 12


def waterfall(spans: data.Rows) -> str:
    """The table as HTML; the longest 200 steps at most, in the order they began."""
    starts = [row["started_at"] for row in spans if row["started_at"]]
    if not starts:
        return '<p class="al quiet">No step of this job has a start time.</p>'
    first = min(starts)
    whole = max((_offset(row, first) + (row["duration_ms"] or 0.0) for row in spans), default=0.0) or 1.0
    rows = "".join(_row(row, depth, first, whole) for row, depth in list(_tree(spans))[:MOST_ROWS])
    more = (
        f'<p class="al source">{len(spans) - MOST_ROWS} more steps are not drawn.</p>' if len(spans) > MOST_ROWS else ""
    )
    return (
        '<div class="al tree" role="region" aria-label="Steps of this job" tabindex="0"><table><caption '
        'class="sr">Steps in the order they began</caption>'
        '<thead><tr><th scope="col">Step</th><th scope="col" class="when">Kind</th><th scope="col" '
        'style="width:46%">From start to end</th>'
        f'<th scope="col" class="num">Time</th></tr></thead><tbody>{rows}</tbody></table></div>{more}'
    )


def _tree(spans: data.Rows) -> Iterator[tuple[dict[str, Any], int]]:
    """Spans depth first. A span whose parent is not there counts as a root; a loop of parents is cut."""
    known = {row["span_id"] for row in spans}
    children: dict[Any, list[dict[str, Any]]] = {}
    for row in spans:
        parent = (
            row["parent_span_id"]
            if row["parent_span_id"] in known and row["parent_span_id"] != row["span_id"]
            else None
        )
        children.setdefault(parent, []).append(row)
    seen: set[str] = set()
    waiting = [(row, 0) for row in reversed(children.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        if row["span_id"] in seen:
            continue
        seen.add(row["span_id"])
        yield row, depth
        waiting += [(child, depth + 1) for child in reversed(children.get(row["span_id"], []))]
    yield from ((row, 0) for row in spans if row["span_id"] not in seen)


def _row(row: dict[str, Any], depth: int, first: datetime, whole: float) -> str:
    style, kind = KINDS.get(row["operation"] or "", ("", row["operation"] or "other"))
    failed = row["status"] == "ERROR" or row["error_type"]
    left = min(100 * _offset(row, first) / whole, 99.5)
    width = min(max(100 * (row["duration_ms"] or 0.0) / whole, 0.2), 100 - left)
    error = f'<span class="under bad">■ {esc(row["error_type"] or "failed")}</span>' if failed else ""
    bar = f'<i class="{"err" if failed else style}" style="left:{left:.2f}%;width:{width:.2f}%"></i>'
    indent = min(depth, MOST_DEPTH) * 14
    return (
        f'<tr><th scope="row"><span style="display:block;padding-left:{indent}px">{esc(row["name"] or kind)}{error}'
        "</span></th>"
        f'<td class="when kindname">{esc(kind)}</td><td><div class="lane">{bar}</div></td>'
        f'<td class="num">{units.text(row["duration_ms"], "ms")}</td></tr>'
    )


def _offset(row: dict[str, Any], first: datetime) -> float:
    return float((row["started_at"] - first).total_seconds() * 1000) if row["started_at"] else 0.0
