"""The book of actions and notes: what landed, and over it what was entered a moment ago."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from metrics import stats
from metrics.actions.entries import ACTION, NOTE, STEP
from metrics.actions.model import Action, Guard, Note, Plan, Step
from metrics.model import Access
from metrics.parts import Reader, Row
from metrics.stats.interval import Interval

_DAYS = ("as_of", "baseline_from", "baseline_to", "spell_from", "spell_to")
_MOMENTS = ("changed_at", "insight_at")
ENTRIES = (ACTION, STEP, NOTE)


@dataclass(frozen=True)
class Precision:
    """How many of the findings that people graded were worth raising, with the 95 % interval of that share."""

    worth: int
    graded: int
    limits: Interval | None


@dataclass(frozen=True)
class Book:
    """Everything entered, as a viewer may see it. Actions newest first, notes oldest first."""

    actions: tuple[Action, ...]
    notes: tuple[Note, ...]

    def of(self, insight_id: str) -> tuple[Action, ...]:
        """The actions that answer a finding."""
        return tuple(each for each in self.actions if each.insight_id == insight_id)

    def named(self, action_id: str) -> Action | None:
        """The action of that id."""
        return next((each for each in self.actions if each.action_id == action_id), None)

    def about(self, subject: str, subject_id: str) -> tuple[Note, ...]:
        """The notes about one finding or issue, oldest first."""
        return tuple(each for each in self.notes if each.subject == subject and each.subject_id == subject_id)

    def owner(self, subject: str, subject_id: str) -> str | None:
        """Who takes care of it."""
        found = [each.owner for each in self.about(subject, subject_id) if each.verb == "assign"]
        return found[-1] if found else None

    def answer(self, insight_id: str) -> Note | None:
        """Whether a finding was accepted or dismissed: the latest word."""
        found = [each for each in self.about("insight", insight_id) if each.verb in ("accept", "dismiss")]
        return found[-1] if found else None

    def grade(self, insight_id: str) -> Note | None:
        """The grade of a finding: the first one stays."""
        return next((each for each in self.about("insight", insight_id) if each.verb == "grade"), None)

    def quiet(self, issue_id: str) -> bool:
        """Whether nobody wants to be told of an issue: muted or ignored."""
        verbs = [each.verb for each in self.about("issue", issue_id)]
        return _stands(verbs, "mute", ("unmute", "resolve")) or _stands(verbs, "ignore", ("reopen", "resolve"))

    @property
    def precision(self) -> Precision:
        """The share of graded findings that were worth raising."""
        graded = {each.subject_id: each for each in reversed(self.notes) if each.verb == "grade"}
        worth = sum(each.worth_raising is True for each in graded.values())
        return Precision(worth, len(graded), stats.wilson(worth, len(graded)))


def _stands(verbs: list[str], verb: str, ending: tuple[str, ...]) -> bool:
    """Whether the latest of these verbs is `verb`."""
    found = [each for each in verbs if each == verb or each in ending]
    return bool(found) and found[-1] == verb


def read_book(published: Reader, access: Access, entered: Iterable[Mapping[str, Any]] = ()) -> Book:
    """The book. `entered`: journal records, which may hold what no collector has landed yet."""
    landed = {
        ACTION: published.rows("FROM actions", {}),
        STEP: published.rows("FROM action_steps", {}),
        NOTE: published.rows("FROM insight_notes", {}),
    }
    fresh = list(entered)
    actions = {each.action_id: each for each in _all(landed[ACTION], fresh, ACTION, _landed_action, _entered_action)}
    steps = _all(landed[STEP], fresh, STEP, _landed_step, _entered_step)
    notes = _all(landed[NOTE], fresh, NOTE, _landed_note, _entered_note)
    steps.sort(key=lambda each: (each.entered_at, each.step_id))
    notes.sort(key=lambda each: (each.entered_at, each.note_id))
    book = [
        replace(action, steps=tuple(each for each in steps if each.action_id == key)) for key, action in actions.items()
    ]
    book.sort(key=lambda each: (each.registered_at, each.action_id), reverse=True)
    return Book(
        tuple(each for each in book if access.allows(each.agent_id)),
        tuple(each for each in notes if access.allows(each.agent_id)),
    )


def _all(landed: Iterable[Row], fresh: Iterable[Mapping[str, Any]], name: str, read: Any, enter: Any) -> list[Any]:
    """What landed, then what was entered since; of one id the first stays."""
    found = [read(row) for row in landed]
    known = {each.action_id if name == ACTION else _id(each) for each in found}
    for record in fresh:
        if record.get("event.name") != name or record.get("event_id") in known:
            continue
        try:
            found.append(enter(record))
        except (KeyError, TypeError, ValueError):
            continue
        known.add(str(record["event_id"]))
    return found


def _id(each: Step | Note) -> str:
    return each.step_id if isinstance(each, Step) else each.note_id


def _moment(text: str) -> datetime:
    """A moment as UTC without a zone, as the tables have it."""
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def _typed(record: Mapping[str, Any]) -> Row:
    """A record with days and moments as such."""
    found = dict(record)
    for name in _DAYS:
        found[name] = date.fromisoformat(record[name]) if record.get(name) else None
    for name in _MOMENTS:
        found[name] = _moment(record[name]) if record.get(name) else None
    return found | {"entered_at": _moment(record["timestamp"]), "agent_id": record.get("gen_ai.agent.id")}


def _entered_action(record: Mapping[str, Any]) -> Action:
    row = _typed(record)
    return _action(row, record["event_id"], row["entered_at"], record["entered_by"], record.get("guards", []))


def _landed_action(row: Row) -> Action:
    return _action(row, row["action_id"], row["registered_at"], row["registered_by"], json.loads(row["guards"] or "[]"))


def _action(row: Row, action_id: str, at: datetime, by: str, guards: Iterable[Mapping[str, Any]]) -> Action:
    plan = Plan(
        row["kpi"], row["direction"], float(row["materiality"]),
        tuple(Guard(each["kpi"], float(each["margin"]), each.get("slice") or "") for each in guards),
        row["baseline_from"], row["baseline_to"], row.get("slice") or "", row["spell_from"], row["spell_to"],
        7 if row.get("min_days") is None else int(row["min_days"]), row.get("grade") or "C",
        row.get("design") or "before_after", row.get("control_agent"), row.get("split"), row.get("task_type"),
    )  # fmt: skip
    return Action(
        action_id, row["agent_id"], row["title"], row.get("owner"), row.get("insight_id"), row.get("signature"),
        row.get("insight_at"), plan, at, by,
    )  # fmt: skip


def _entered_step(record: Mapping[str, Any]) -> Step:
    return _landed_step(_typed(record) | {"step_id": record["event_id"]})


def _landed_step(row: Row) -> Step:
    given: Row = {name: row.get(name) for name in Step.__dataclass_fields__}
    return Step(**given)


def _entered_note(record: Mapping[str, Any]) -> Note:
    return _landed_note(_typed(record) | {"note_id": record["event_id"]})


def _landed_note(row: Row) -> Note:
    given: Row = {name: row.get(name) for name in Note.__dataclass_fields__}
    return Note(**given)
