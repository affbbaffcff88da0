"""Tools of an agent: how often called, how often failing, how slow, when last failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.words import esc
from metrics import units
from metrics.model import Value

WIDEST_BAR = 72


@dataclass(frozen=True)
class Tool:
    """One row. `reliability` is the share that worked, `slow` the p95; `last_failed` is text."""

    name: str
    reliability: Value
    slow: Value | None
    last_failed: str


def tools_table(tools: Sequence[Tool], limit: float | None = None) -> str:
    """The table as HTML; shares of failure beyond `limit` are in the bad colour."""
    worst = max((_failed(tool) for tool in tools), default=0.0) or 1.0
    body = "".join(_row(tool, worst, limit) for tool in tools)
    return (
        '<div class="al rows"><table><caption class="sr">Tools, most failures first</caption><thead><tr><th '
        'scope="col">Tool</th>'
        '<th scope="col" class="num">Calls</th><th scope="col" class="num">Did not work</th><th scope="col" '
        'class="num">p95 time</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _failed(tool: Tool) -> float:
    return 1 - tool.reliability.value if tool.reliability.value is not None else 0.0


def _row(tool: Tool, worst: float, limit: float | None) -> str:
    share = _failed(tool)
    over = limit is not None and share > limit
    bar = (
        f'<i class="{"over" if over else ""}" style="width:{round(WIDEST_BAR * share / worst)}px"></i>' if share else ""
    )
    known = tool.reliability.value is not None
    shown = ("0" if not share else units.text(share, "ratio")) if known else units.NOTHING
    calls = units.grouped(tool.reliability.n)
    slow = units.text(tool.slow.value if tool.slow else None, "ms")
    return (
        f'<tr><th scope="row"><span class="b">{esc(tool.name)}</span><span class="under">{esc(tool.last_failed)}'
        "</span></th>"
        f'<td class="num" data-l="Calls">{calls}</td>'
        f'<td class="num" data-l="Did not work"><span class="share">{bar}'
        f"<span{' class=bad' if over else ''}>{shown}</span></span></td>"
        f'<td class="num" data-l="p95 time">{slow}</td></tr>'
    )
