"""Agents that share a task: what each spent and how long it worked by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.words import esc, plural
from metrics import units

HEADS = ("Jobs", "Model calls", "Tool calls that did not work", "Cost", "Time at work")


def crew_table(rows: Sequence[dict[str, Any]], *, jobs: bool = True) -> str:
    """The table as HTML, the owner of the jobs first; `jobs` False for a single job, whose count says nothing."""
    heads = HEADS if jobs else HEADS[1:]
    partly = any(row["priced_calls"] < row["model_calls"] for row in rows)
    cost, time = None if partly else _sum(rows, "cost_usd"), _sum(rows, "exclusive_ms")
    body = "".join(_row(row, cost, time, heads) for row in rows)
    head = "".join(f'<th scope="col" class="num">{name}</th>' for name in heads)
    return (
        '<div class="al rows"><table><caption class="sr">Agents at work, the owner of the jobs first</caption>'
        f'<thead><tr><th scope="col">Agent</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _sum(rows: Sequence[dict[str, Any]], column: str) -> float | None:
    """The whole of which each row is a part; None where a part is not known."""
    known = [float(row[column]) for row in rows if row[column] is not None]
    return sum(known) if len(known) == len(rows) else None


def _row(row: dict[str, Any], cost: float | None, time: float | None, heads: Sequence[str]) -> str:
    cells = {
        "Jobs": units.grouped(row["tasks"]),
        "Model calls": units.grouped(row["model_calls"]),
        "Tool calls that did not work": f"{units.grouped(row['tool_errors'])} of {units.grouped(row['tool_calls'])}",
        "Cost": _part(row["cost_usd"], cost, "usd", at_least=row["priced_calls"] < row["model_calls"]),
        "Time at work": _part(row["exclusive_ms"], time, "ms"),
    }
    role = "owns the jobs" if row["is_root"] else "works for it"
    shown = "".join(f'<td class="num" data-l="{name}">{cells[name]}</td>' for name in heads)
    name = esc(row["acting_agent_name"] or row["acting_agent_id"])
    return f'<tr><th scope="row"><span class="b">{name}</span><span class="under">{role}</span></th>{shown}</tr>'


def _part(value: Any, whole: float | None, unit: str, *, at_least: bool = False) -> str:
    """An amount with its share of the whole where that is known; a lower bound where some calls have no price."""
    if value is None:
        return units.NOTHING
    amount = ("≥ " if at_least else "") + units.text(float(value), unit)
    share = f'<span class="under">{units.text(float(value) / whole, "ratio")}</span>' if whole else ""
    return f"{amount}{share}"


def crew_note(rows: Sequence[dict[str, Any]]) -> str:
    """How the figures come about, in words."""
    others = sum(1 for row in rows if not row["is_root"])
    return (
        f"The owner and {plural(others, 'agent')} below it. Cost and time are each agent's own, without those below "
        "it, so they add up to the jobs; agents side by side share the time."
    )
