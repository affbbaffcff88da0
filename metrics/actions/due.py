"""Verdicts that are due are written down by themselves, once each, whatever starts it and however often."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

from metrics.actions.book import read_book
from metrics.actions.entries import step_record
from metrics.actions.evidence import outcome_of
from metrics.actions.model import Action, Outcome
from metrics.model import Access
from sql import journal
from sql.published import open_published

RECORDER = "Agent Ledger"


def record_due(home: Path) -> list[Action]:
    """Write the verdicts that are new down in the journal; the actions they are about.

    A second call finds nothing new, and two at once write one entry: its id says of which action, after how many
    verdicts, and which. Raises NotPublished, OlderPublished or HomeNotWritable.
    """
    recorded = []
    with closing(open_published(home)) as published:
        book = read_book(published, Access.everything(), journal.pending(home))
        for action in book.actions:
            if action.state != "shipped":
                continue
            found = outcome_of(published, Access.everything(), action)
            if is_news(action, found):
                step = step_record(action, "verdict", RECORDER, outcome=found)
                journal.append(home, step | {"event_id": _entry_id(action, found)})
                recorded.append(action)
    return recorded


def is_news(action: Action, found: Outcome) -> bool:
    """Whether a verdict differs from the one written down last. A decided action keeps the one it was decided by."""
    if found.verdict == "undetermined" or action.state != "shipped":
        return False
    return action.recorded is None or action.recorded.verdict != found.verdict


def _entry_id(action: Action, found: Outcome) -> str:
    before = sum(each.verdict is not None for each in action.steps)
    return hashlib.sha256(f"verdict|{action.action_id}|{before}|{found.verdict}".encode()).hexdigest()[:32]
