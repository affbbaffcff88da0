"""What another confidence threshold would do, on hand-made tasks."""

from __future__ import annotations

import pytest

from metrics import threshold
from metrics.threshold import Prices, Step

FOUND = [
    Step(0.40, tasks=10, handed_over=8, checked=2, right=1),
    Step(0.70, tasks=30, handed_over=0, checked=30, right=24),
    Step(0.90, tasks=60, handed_over=0, checked=60, right=60),
]


def test_tasks_that_state_no_confidence_are_not_in_the_spread() -> None:
    row = {"tasks": 5, "handed_over": 1, "checked": 4, "right_answers": 3.0}
    assert threshold.steps([{"step": None, **row}, {"step": 57, **row}]) == [Step(0.57, 5, 1, 4, 3.0)]


def test_what_lies_below_the_threshold_goes_to_people_and_the_rest_is_as_right_as_it_was() -> None:
    at = threshold.scenario(FOUND, 0.7)
    assert (at.tasks, at.below, at.share_below) == (100, 10, 0.1)
    assert (at.checked, at.right, at.accuracy) == (90, 84, 84 / 90)
    assert at.low is not None
    assert at.high is not None
    assert at.low < 84 / 90 < at.high


def test_a_threshold_that_is_met_exactly_keeps_the_task() -> None:
    assert threshold.scenario(FOUND, 0.40).below == 0
    assert threshold.scenario(FOUND, 0.41).below == 10


def test_where_nothing_above_the_threshold_was_checked_its_accuracy_is_unknown() -> None:
    at = threshold.scenario(FOUND, 0.95, Prices(0.1, 6.0, 40.0))
    assert (at.below, at.checked, at.accuracy, at.low, at.high, at.cost_usd) == (100, 0, None, None, None, None)


def test_without_tasks_there_is_no_share() -> None:
    assert threshold.scenario([], 0.5).share_below == 0
    assert threshold.certified([], 0.9, 0.0) == threshold.Certificate(None, 0)


def test_the_cost_of_a_task_is_that_of_the_agent_the_people_and_the_errors_it_keeps() -> None:
    at = threshold.scenario(FOUND, 0.7, Prices(agent_usd=0.10, person_usd=6.0, error_usd=40.0))
    assert at.cost_usd == pytest.approx(0.10 + 0.1 * 6.0 + 0.9 * (6 / 90) * 40.0)


def test_the_lowest_proven_threshold_stops_at_the_first_that_is_not_proven() -> None:
    assert threshold.certified(FOUND, 0.95, 0.0).threshold == 0.90
    assert threshold.certified(FOUND, 0.85, 0.0).threshold == 0.40  # all 92 answers are enough for that
    assert threshold.certified(FOUND, 0.99, 0.0) == threshold.Certificate(None, 92)


def test_nothing_is_proven_below_the_threshold_in_force() -> None:
    assert threshold.certified(FOUND, 0.85, 0.6).threshold == 0.70
