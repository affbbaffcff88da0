"""What else changed in the days that a comparison or a verdict is about: its effects cannot be told apart from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from metrics import drill
from metrics.insights.cards import change_text
from metrics.model import Access
from sql.published import Published

NAMED = 4
Row = dict[str, Any]


def changes(
    published: Published,
    access: Access,
    agents: Sequence[str],
    start: date | datetime,
    end: date | datetime,
    own: Callable[[Row], bool],
) -> list[Row]:
    """The changes of these agents, or of something several agents use, in [start, end) that are not `own`."""
    rows = drill.rows(published, "comparison_meanwhile", access, agents, **{"from": start, "to": end})
    return [row for row in rows if not own(row)]


def note(found: Sequence[Row]) -> list[str]:
    """One sentence that names the changes, oldest first; [] without any."""
    said = list(
        dict.fromkeys(
            change_text(row["kind"], row["before_value"], row["after_value"], row["resource"], row["changed_at"].date())
            for row in sorted(found, key=lambda row: row["changed_at"])
        )
    )
    if not said:
        return []
    more = f" and {len(said) - NAMED} more" if len(said) > NAMED else ""
    return [f"Not separable from what else changed in these days: {', '.join(said[:NAMED])}{more}."]
