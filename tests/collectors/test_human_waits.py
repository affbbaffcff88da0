"""Histories of executions → waits for people, exactly; and nothing else of a definition or a history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.human_waits import read_waits, transitions, waiting_states
from tests.collectors.fake_hosts import approval, asked_for_approval, happened
from tests.collectors.support import NOW

ARN = "arn:aws:states:us-east-1:111122223333:execution:refunds:r-1"
RESOURCE = "sqs:sendMessage.waitForTaskToken"


def as_read(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events as botocore gives them: with times instead of seconds."""
    return [{**each, "timestamp": datetime.fromtimestamp(each["timestamp"], UTC)} for each in events]


def waits(*events: dict[str, Any], states: tuple[str, ...] = ("Approve",)) -> list[tuple[Any, ...]]:
    """(event, state, resource, minutes before NOW of both ends, outcome) of every wait."""
    found = read_waits(ARN, as_read(list(events)), states)
    facts = ("event_id", "state", "resource")
    return [
        (*(each[name] for name in facts), ago(each["submitted_at"]), ago(each["ended_at"]), each["outcome"])
        for each in found
    ]


def ago(moment: datetime | None) -> float | None:
    """Minutes before NOW."""
    return None if moment is None else (NOW - moment) / timedelta(minutes=1)


START = happened(1, 0, "ExecutionStarted", 60)


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ("TaskSucceeded", "answered"),
        ("TaskFailed", "failed"),
        ("TaskTimedOut", "timed_out"),
        ("TaskStateAborted", "cancelled"),
    ],
)
def test_a_wait_lasts_from_the_submission_to_the_end_of_its_task(end: str, outcome: str) -> None:
    ended = happened(6, 5, end, 20)
    assert waits(START, *asked_for_approval(50), ended) == [(3, "Approve", RESOURCE, 50, 20, outcome)]


def test_a_wait_that_nobody_has_answered_is_open() -> None:
    assert waits(START, *asked_for_approval(50)) == [(3, "Approve", RESOURCE, 50, None, None)]


@pytest.mark.parametrize(("end", "outcome"), [("ExecutionAborted", "cancelled"), ("ExecutionTimedOut", "timed_out")])
def test_an_open_wait_ends_with_its_execution(end: str, outcome: str) -> None:
    assert waits(START, *asked_for_approval(50), happened(6, 0, end, 10)) == [(3, "Approve", RESOURCE, 50, 10, outcome)]


def test_each_retry_is_a_wait_of_its_own() -> None:
    first = [*asked_for_approval(50), happened(6, 5, "TaskTimedOut", 40)]
    again = [happened(7, 6, "TaskScheduled", 40, taskScheduledEventDetails={"resource": "x.waitForTaskToken"})]
    assert waits(START, *first, *again, happened(8, 7, "TaskSubmitted", 39), happened(9, 8, "TaskSucceeded", 5)) == [
        (3, "Approve", RESOURCE, 50, 40, "timed_out"),
        (7, "Approve", "x.waitForTaskToken", 39, 5, "answered"),
    ]


def test_branches_side_by_side_are_told_apart_by_the_chain_of_events() -> None:
    left, right = asked_for_approval(50, 10, "Left"), asked_for_approval(48, 20, "Right")
    mixed = [event for pair in zip(left, right, strict=True) for event in pair]
    ends = [happened(30, 24, "TaskFailed", 30), happened(31, 14, "TaskSucceeded", 20)]
    assert waits(START, *mixed, *ends, states=("Left", "Right")) == [
        (12, "Left", RESOURCE, 50, 20, "answered"),
        (22, "Right", RESOURCE, 48, 30, "failed"),
    ]


def test_a_task_that_was_never_submitted_or_lies_in_another_state_is_no_wait() -> None:
    refused = happened(5, 4, "TaskSubmitFailed", 50)
    assert waits(START, *asked_for_approval(50)[:3], refused, happened(6, 5, "TaskFailed", 49)) == []
    assert waits(START, *asked_for_approval(50, state="Book"), happened(6, 5, "TaskSucceeded", 49)) == []


def test_states_that_hand_out_a_token_are_found_at_any_depth() -> None:
    assert waiting_states(approval()) == {"Approve"}
    assert waiting_states(approval(nested=True)) == {"Approve"}
    assert waiting_states(approval(), ("Book", "Elsewhere")) == {"Book"}


@pytest.mark.parametrize("text", ["", "None", "[]", "not json", '{"States": 1}', '{"States": {"A": 1}}', "[" * 20_000])
def test_a_definition_that_cannot_be_read_has_no_such_states(text: str) -> None:
    assert waiting_states(text) == frozenset()


def test_every_state_that_is_entered_is_a_transition() -> None:
    events = [
        START,
        *asked_for_approval(50),
        happened(6, 5, "TaskStateExited", 1),
        happened(7, 6, "PassStateEntered", 1),
    ]
    assert transitions(events) == 2
