"""One row per agent: how jobs ended and the KPIs side by side. Below 960 px each row becomes a block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.components.card import is_doubtful
from dashboard.components.outcome import outcome_bar
from dashboard.words import esc, verdict_html
from metrics import units
from metrics.model import Change, Value

COLUMNS = (
    "Jobs",
    "How they ended, share of jobs",
    "Success",
    "Accuracy",
    "Cost per good result",
    "p95 time",
    "Handed to people",
    "Ready",
)


@dataclass(frozen=True)
class AgentRow:
    """What one row shows. `values` by KPI id; `missed` holds the KPIs beyond their target; `readiness` is HTML."""

    name: str
    under: str
    link: str
    agent_id: str
    endings: Mapping[str, Any]
    values: Mapping[str, Value | None]
    cost_change: Change | None
    missed: frozenset[str] = frozenset()
    slot: int = 0
    letters: str = ""
    total: bool = False
    silent: bool = False
    readiness: str = ""


def agents_table(rows: Sequence[AgentRow]) -> str:
    """The table as HTML with row headers."""
    head = "".join(
        f'<th scope="col"{"" if place == 1 else " class=num"}>{name}</th>' for place, name in enumerate(COLUMNS)
    )
    body = "".join(_row(row) for row in rows)
    return (
        '<div class="al rows"><table><caption class="sr">Agents with their key figures</caption>'
        f'<thead><tr><th scope="col">Agent</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def monogram(letters: str, slot: int, *, large: bool = False) -> str:
    """An agent's letters on its colour. There are eight colours: the letters tell apart those that share one."""
    style = f'class="mono{" big" if large else ""}" style="background:var(--id{slot})"'
    return f'<span {style} aria-hidden="true">{esc(letters)}</span>'


def _row(row: AgentRow) -> str:
    if row.total:
        who = f"{esc(row.name)}"
    else:
        linked = f'<a href="{esc(row.link)}">{esc(row.name)}</a>'
        named = f'<div>{linked}<span class="under">{esc(row.under)}</span></div>'
        who = f'<div class="who">{monogram(row.letters, row.slot)}{named}</div>'
    jobs = f'<span class="faint">{units.NOTHING}</span>' if row.silent else units.grouped(int(row.endings["tasks"]))
    cells = [
        _cell("Jobs", jobs),
        f'<td class="wide">{outcome_bar(row.endings)}</td>',
        _cell("Success", _figure(row, "success_rate")),
        _cell("Accuracy", _figure(row, "accuracy")),
        _cell("Cost per good result", _figure(row, "cost_per_success", _change(row))),
        _cell("p95 time", _figure(row, "task_latency")),
        _cell("Handed to people", _figure(row, "escalation_rate")),
        _cell("Ready", row.readiness),
    ]
    return f'<tr{" class=total" if row.total else ""}><th scope="row">{who}</th>{"".join(cells)}</tr>'


def _cell(label: str, content: str) -> str:
    return f'<td class="num" data-l="{label}">{content}</td>'


def _figure(row: AgentRow, kpi: str, under: str = "") -> str:
    """A number with its unit; what is uncertain is named under it, and nothing missing reads as 0."""
    value = row.values.get(kpi)
    if value is None or value.value is None or value.state in ("unknown", "not_applicable"):
        return f'<span class="faint">{units.NOTHING}</span>{_under(_short_missing(value))}'
    if value.state == "low_n":
        between = units.interval(None, value.low, value.high, value.unit)
        sign = f"{units.THIN}%" if value.unit == "ratio" and between else ""
        few = _under(f"too few: {units.grouped(value.n)}")
        return f'<span class="faint">{esc(between) or units.NOTHING}{sign}</span>{few}'
    shown = esc(units.of_value(value))
    if value.value == 0 and is_doubtful(value):
        return f'{shown} <span class="att b">?</span>'
    if kpi in row.missed:
        shown = f'<span class="bad b">{shown}</span>'
    if kpi == "accuracy":
        under = _under(units.interval(value.value, value.low, value.high, value.unit))
    return shown + under


def _short_missing(value: Value | None) -> str:
    if value is None or not value.n:
        return "no data" if value is None or value.kpi != "accuracy" else "not checked"
    return "not priced" if value.unit == "usd" else "not known"


def _change(row: AgentRow) -> str:
    moved = row.cost_change
    if moved is None or moved.amount is None:
        return ""
    return f'<span class="under">{verdict_html(moved)}</span>'


def _under(text: str) -> str:
    return f'<span class="under">{esc(text)}</span>' if text else ""
