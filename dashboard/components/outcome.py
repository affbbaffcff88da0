"""How jobs ended, as one bar. The order and the gaps are the same everywhere, so bars can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.words import esc
from metrics import units

ENDINGS: tuple[tuple[str, str, str], ...] = (
    ("confirmed", "Good, confirmed", "confirmed"),
    ("assumed", "Good, assumed", "assumed"),
    ("running", "Still running", "unclear"),
    ("escalated", "Handed to people", "escalated"),
    ("failed", "Failed", "failed"),
    ("abandoned", "Abandoned", "abandoned"),
    ("unknown", "Outcome unknown", "unknown"),
)


def outcome_bar(counts: Mapping[str, Any]) -> str:
    """The bar with a text for screen readers. `counts` is a row of the query `endings`."""
    total = int(counts["tasks"])
    if not total:
        return f'<span class="faint">{units.NOTHING}</span>'
    shown = [(words, style, int(counts[name])) for name, words, style in ENDINGS if counts[name]]
    said = ", ".join(f"{words.lower()} {units.text(count / total, 'ratio')}" for words, _, count in shown)
    parts = "".join(f'<i class="{style}" style="flex:{count} 1 0%"></i>' for _, style, count in shown)
    return f'<div class="bar" role="img" aria-label="{esc(said)}" title="{esc(said)}">{parts}</div>'


def outcome_key(rows: list[dict[str, Any]]) -> str:
    """The one key above the bars: only the endings that occur."""
    used = [(words, style) for name, words, style in ENDINGS if any(row[name] for row in rows)]
    return (
        '<div class="al key">'
        + "".join(f'<span><i class="{style}"></i>{words}</span>' for words, style in used)
        + "</div>"
    )


def total_of(rows: list[dict[str, Any]]) -> dict[str, int]:
    """All agents together."""
    return {name: sum(int(row[name]) for row in rows) for name in ("tasks", *(name for name, _, _ in ENDINGS))}
