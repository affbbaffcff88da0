"""A list of jobs: what each was, how it ended, what it took. The job's id leads to its own page."""

from __future__ import annotations

from typing import Any

from dashboard import data
from dashboard.view import View
from dashboard.words import clock, esc
from metrics import units

STATUS_WORDS = {
    "success": ("●", "good", "good"),
    "failed": ("■", "failed", "bad"),
    "escalated": ("▲", "handed to people", "att"),
    "abandoned": ("○", "abandoned", "quiet"),
    "cancelled": ("○", "cancelled", "quiet"),
    "in_flight": ("◐", "still running", "quiet"),
    None: ("○", "outcome unknown", "quiet"),
}
HEADS = ("Agent", "Started", "How it ended", "Time", "Cost", "Model calls", "Tool calls", "Confidence", "Labels")
NUMBERS = HEADS[3:]


def tasks_table(view: View, rows: data.Rows) -> str:
    """The table as HTML; below 960 px each row becomes a block."""
    head = "".join(f'<th scope="col"{" class=num" if name in NUMBERS else ""}>{name}</th>' for name in HEADS)
    body = "".join(_row(view, row) for row in rows)
    return (
        '<div class="al rows"><table><caption class="sr">Jobs</caption>'
        f'<thead><tr><th scope="col">Job</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def status_html(row: dict[str, Any]) -> str:
    """How a job ended: glyph and word, with the hand-over beside a verdict where there was one."""
    glyph, word, style = STATUS_WORDS.get(row["status"], ("○", str(row["status"]), "quiet"))
    handed = " · handed to people" if row["escalated"] and row["status"] != "escalated" else ""
    assumed = ", assumed" if row["status"] == "success" and row["status_source"] == "root_status" else ""
    return f'<span class="{style}">{glyph} {word}{assumed}</span>{handed}'


def cost_text(row: dict[str, Any]) -> str:
    """A job's cost with how sure it is; unpriced is a dash, never 0."""
    if row["cost_usd"] is None:
        return f"{units.NOTHING} not priced" if row["cost_state"] == "unpriced" else units.NOTHING
    sign = {"estimated": "≈ ", "partial": "≥ "}.get(row["cost_state"] or "", "")
    return f"{sign}{units.text(float(row['cost_usd']), 'usd')}"


def _row(view: View, row: dict[str, Any]) -> str:
    link = view.link("tasks", view.state.one_agent(row["agent_id"]), task=row["task_id"])
    name = row["business_key"] or row["task_id"]
    kind = f'<span class="under">{esc(row["task_type"])}</span>' if row["task_type"] else ""
    version = f'<span class="under">{esc(row["agent_version"] or "no version")}</span>'
    cells = (
        f'<td data-l="Agent">{esc(view.name(row["agent_id"]))}{version}</td>',
        f'<td data-l="Started" class="nw">{clock(row["started_at"], view.zone)}</td>',
        f'<td data-l="How it ended">{status_html(row)}</td>',
        _number("Time", units.text(row["duration_ms"], "ms")),
        _number("Cost", cost_text(row)),
        _number("Model calls", units.text(row["model_calls"], "count")),
        _number("Tool calls", _tool_calls(row)),
        _number("Confidence", units.text(row["confidence"], "ratio")),
        _number("Labels", _labels(row)),
    )
    return f'<tr><th scope="row"><a href="{esc(link)}">{esc(_short(str(name)))}</a>{kind}</th>{"".join(cells)}</tr>'


def _short(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:12]}…{name[-8:]}"


def _number(label: str, text: str) -> str:
    return f'<td class="num" data-l="{label}">{esc(text)}</td>'


def _tool_calls(row: dict[str, Any]) -> str:
    failed = row["tool_errors"] or 0
    return f"{units.text(row['tool_calls'], 'count')}{f' ({failed} failed)' if failed else ''}"


def _labels(row: dict[str, Any]) -> str:
    counts = [(row[f"{kind}_labels"] or 0, kind) for kind in ("human", "judge", "outcome")]
    return ", ".join(f"{count} {kind}" for count, kind in counts if count) or units.NOTHING
