"""From an execution's history to its waits for people. Pure.

A state that hands out a task token (`.waitForTaskToken`) stands still until somebody gives it back. Event ids of Step
Functions count from 1, and each event names the one before it in its own branch: that chain says which state and which
task an event belongs to, in parallel branches and retries too. Inputs, outputs and causes are never asked for.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Event = dict[str, Any]
Row = dict[str, Any]

CALLBACK = ".waitForTaskToken"
ANSWERED, FAILED, TIMED_OUT, CANCELLED = "answered", "failed", "timed_out", "cancelled"
ENDS = {
    "TaskSucceeded": ANSWERED,
    "TaskFailed": FAILED,
    "TaskTimedOut": TIMED_OUT,
    "TaskStateAborted": CANCELLED,
}
EXECUTION_ENDS = {
    "ExecutionSucceeded": CANCELLED,
    "ExecutionFailed": CANCELLED,
    "ExecutionAborted": CANCELLED,
    "ExecutionTimedOut": TIMED_OUT,
}


@dataclass(frozen=True)
class Where:
    """Where a branch stands: its state, and the task that is scheduled in it."""

    state: str | None = None
    task: int | None = None
    resource: str | None = None


def waiting_states(definition: str, named: Collection[str] = ()) -> frozenset[str]:
    """The states of a machine in which people are waited for: those `named`, else all that hand out a task token.

    Nothing else of a definition is looked at, and nothing of it is kept.
    """
    try:
        machine = json.loads(definition)
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(
        name
        for name, state in _states(machine)
        if (name in named if named else str(state.get("Resource", "")).endswith(CALLBACK))
    )


def read_waits(execution_arn: str, history: Iterable[Event], states: Collection[str]) -> list[Row]:
    """The waits of one execution in these states, in order: from the submission of a task to its end, if it has one."""
    places: dict[int, Where] = {}
    waits: dict[int, Row] = {}
    for event in history:
        number, kind = int(event["id"]), str(event["type"])
        here = places[number] = _place(event, places.get(int(event.get("previousEventId") or 0), Where()))
        if kind == "TaskSubmitted" and here.task is not None and here.state in states:
            waits.setdefault(here.task, _opened(execution_arn, here, event))
        elif kind in ENDS and here.task in waits:
            _close([waits[here.task]], event, ENDS[kind])
        elif kind in EXECUTION_ENDS:
            _close(waits.values(), event, EXECUTION_ENDS[kind])
    return list(waits.values())


def transitions(history: Iterable[Event]) -> int:
    """How many states were entered, retried ones included: what a STANDARD execution is charged by."""
    return sum(str(event["type"]).endswith("StateEntered") for event in history)


def naive(moment: datetime) -> datetime:
    """A moment of an answer as naive UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _states(machine: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state by its name, those of parallel branches and of maps included."""
    waiting = [machine]
    while waiting:
        inner = waiting.pop()
        states = inner.get("States") if isinstance(inner, dict) else None
        for name, state in (states if isinstance(states, dict) else {}).items():
            if isinstance(state, dict):
                yield str(name), state
                branches = state.get("Branches")
                waiting += [state.get("Iterator"), state.get("ItemProcessor")]
                waiting += branches if isinstance(branches, list) else []


def _place(event: Event, before: Where) -> Where:
    """Where the branch stands after this event."""
    entered = event.get("stateEnteredEventDetails")
    if entered:
        return Where(state=entered.get("name"))
    scheduled = event.get("taskScheduledEventDetails")
    if event["type"] == "TaskScheduled" and scheduled:
        named = [part for part in (scheduled.get("resourceType"), scheduled.get("resource")) if part]
        return Where(before.state, int(event["id"]), ":".join(named))
    return before


def _opened(execution_arn: str, here: Where, event: Event) -> Row:
    submitted_at = naive(event["timestamp"])
    return {
        "execution_arn": execution_arn,
        "event_id": here.task,
        "state": here.state,
        "resource": here.resource,
        "submitted_at": submitted_at,
        "ended_at": None,
        "outcome": None,
    }


def _close(waits: Iterable[Row], event: Event, outcome: str) -> None:
    for wait in waits:
        if wait["ended_at"] is None:
            wait |= {"ended_at": naive(event["timestamp"]), "outcome": outcome}
