"""Readiness as pages show it: scorecards once per published file, glyphs for verdicts, and waivers entered here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import data
from dashboard.words import esc
from metrics.model import Access
from metrics.readiness import evidence
from metrics.readiness.model import Finding, Pillar, Scorecard, State
from metrics.readiness.score import WAIVER, scorecards, waiver_record
from metrics.readiness.words import PILLARS, score_text
from sql import journal
from sql.published import Published

GLYPHS: dict[State, tuple[str, str]] = {
    "pass": ("●", "good"),
    "fail": ("■", "bad"),
    "insufficient": ("◐", "att"),
    "unknown": ("○", "quiet"),
    "waived": ("◇", "att"),
}
PILLAR_GLYPHS = {"ready": ("●", "good"), "not_ready": ("◐", "att"), "not_assessed": ("○", "quiet")}
PILLAR_WORDS = {"ready": "met", "not_ready": "not met yet", "not_assessed": "not assessed"}


def cards(ledger: data.Ledger) -> Mapping[str, Scorecard]:
    """The scorecard of every agent that the viewer may see, waivers entered here a moment ago included."""
    entered = [record for record in journal.pending(ledger.home) if record.get("event.name") == WAIVER]
    said = json.dumps(entered, sort_keys=True)
    return _cards(ledger.key, str(ledger.home), ledger.access, said, datetime.now(UTC).date(), ledger.published)


@st.cache_data(max_entries=4, show_spinner=False, hash_funcs={Access: data.scope_key, date: repr})
def _cards(
    file: str, home: str, access: Access, entered: str, today: date, _published: Published
) -> dict[str, Scorecard]:
    records: list[dict[str, Any]] = json.loads(entered)
    told = _evidence(file, home, _published)
    return {card.agent_id: card for card in scorecards(_published, access, None, None, records, today, told)}


# One entry for all viewers: what they may see is decided when the cards are made of it.
@st.cache_resource(max_entries=1, show_spinner=False)
def _evidence(file: str, home: str, _published: Published) -> evidence.Evidence:
    return evidence.keep(Path(home), _published)


def dots(card: Scorecard | None) -> str:
    """The four pillars as four marks with their words for those who cannot see them."""
    if card is None:
        return ""
    said = "; ".join(f"pillar {each.number} {score_text(each)}, {PILLAR_WORDS[each.badge]}" for each in card.pillars)
    marks = "".join(
        f'<i class="{style}">{glyph}</i>' for glyph, style in (PILLAR_GLYPHS[p.badge] for p in card.pillars)
    )
    return f'<span class="pillars" role="img" aria-label="{esc(said)}" title="{esc(said)}">{marks}</span>'


def verdict(state: State, word: str) -> str:
    """A verdict as glyph and word."""
    glyph, style = GLYPHS[state]
    return f'<span class="{style} b nw">{glyph} {esc(word)}</span>'


def pillar_name(pillar: Pillar) -> str:
    """'1 · The work is clear'."""
    return f"{pillar.number} · {PILLARS[pillar.number]}"


def waive(ledger: data.Ledger, finding: Finding, until: date, reason: str, waived_by: str) -> None:
    """Enter a waiver into the journal. Raises HomeNotWritable."""
    record = waiver_record(finding.agent_id, finding.criterion.id, until, reason, waived_by)
    journal.append(ledger.home, record)
