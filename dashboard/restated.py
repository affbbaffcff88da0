"""Numbers that were shown otherwise before: what they were, until when, and why they changed."""

from __future__ import annotations

from typing import Any

from dashboard import words
from dashboard.data import Rows
from dashboard.view import View
from dashboard.words import esc
from metrics import units
from metrics.model import Query

MARK = "↻"


def restated(view: View, kpi: str, query: Query, part: str = "") -> Rows:
    """The agent-days behind a number whose value has changed since it was shown, the newest change first."""
    rows = view.ledger.rows("restatements", query.agents or (), kpi=kpi, **{"from": query.start, "to": query.end})
    return [row for row in rows if row["slice"] == part]


def sentence(view: View, rows: Rows, unit: str) -> str:
    """The latest change in words, and how many there are besides; '' where there is none."""
    if not rows:
        return ""
    row = rows[0]
    whose = "" if len(view.state.agents) == 1 else f" for {view.name(row['agent_id'])}"
    more = f"; {words.plural(len(rows) - 1, 'more value')} of a day restated" if len(rows) > 1 else ""
    return esc(
        f"Was {units.text(row['old_value'], unit)} on {words.day(row['day'])}{whose} before "
        f"{words.clock(row['restated_at'], view.zone)} ({_why(row)}){more}."
    )


def _why(row: dict[str, Any]) -> str:
    if row["reason"] == "definition":
        return f"definition {row['old_version']}, now {row['new_version']}"
    return {"late_data": "late records", "settings": "settings, prices or the program changed"}[str(row["reason"])]
