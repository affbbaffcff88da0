"""What stands beside a number in words: each sentence true, and no number surer than its data."""

from __future__ import annotations

from typing import Any

import pytest

from metrics import stats
from metrics.explain import NO_EVENT, explain
from metrics.model import Access, Query, Value
from metrics.run import run
from metrics.units import of_value
from tests.metrics.support import END, START, Ledger

ALL = Access.everything()
WEEK = Query(START, END)
FAILED = {"status": "failed"}
UNPRICED = {"cost_usd": None, "priced_calls": 0}
WAITING = {"status": "in_flight", "status_source": None, "mature": False, "ended_at": None, "duration_ms": None}


def found(ledger: Ledger, kpi: str, part: str = "") -> Value:
    """The value of one slice."""
    (value,) = [value for value in run(ledger.build(kpi, "task_volume"), kpi, WEEK, ALL) if value.slice == part]
    return value


def test_calls_of_one_task_that_fail_together_widen_the_interval() -> None:
    ledger = Ledger()
    for task in range(40):
        status = "ok" if task < 30 else "error"
        ledger.add("tool_calls", {"task_id": f"t{task}", "status": status}, times=5)
    value = found(ledger, "tool_reliability")
    assert (value.value, value.n, value.state) == (0.75, 200, "ok")
    assert (value.low, value.high) == pytest.approx(stats.wilson(30, 40), abs=1e-9)


def test_calls_without_a_task_each_stand_alone() -> None:
    ledger = Ledger().add("tool_calls", {}, times=90).add("tool_calls", {"status": "error"}, times=10)
    value = found(ledger, "tool_reliability")
    assert (value.low, value.high) == pytest.approx(stats.wilson(90, 100))


def test_mixed_calls_of_one_task_are_too_few_however_many() -> None:
    ledger = (
        Ledger().add("model_calls", {"task_id": "t"}, times=40).add("model_calls", {"task_id": "t", "is_error": True})
    )
    value = found(ledger, "error_rate")
    assert (value.state, value.low, value.high) == ("low_n", None, None)
    assert value.missing == "All calls belong to one task: what others would show is not known."


@pytest.mark.parametrize("kpi", ["error_rate", "throttle_rate"])
def test_no_failure_at_all_shows_the_greatest_rate_that_fits(kpi: str) -> None:
    ledger = Ledger().add("model_calls", {}, times=100)
    value = found(ledger, kpi)
    assert (value.value, value.low, value.state) == (0.0, 0.0, "ok")
    assert value.high == pytest.approx(0.0295130496)
    assert explain(ledger, kpi, WEEK, ALL).method == NO_EVENT


def test_a_guardrail_that_never_stepped_in_keeps_the_plain_interval() -> None:
    value = found(Ledger().add("model_calls", {"guardrail_assessed": True}, times=100), "guardrail_intervention_rate")
    assert (value.low, value.high) == stats.wilson(0, 100)


@pytest.mark.parametrize(
    ("more", "said"), [({}, "No success yet, $2.00 spent."), (UNPRICED, "No success yet, at least $2.00 spent.")]
)
def test_money_without_a_success_says_how_much_was_spent(more: dict[str, Any], said: str) -> None:
    value = found(
        Ledger().add("tasks", FAILED, times=4).add("tasks", FAILED | more | {"cost_usd": None}), "cost_per_success"
    )
    assert (value.value, value.state, value.numerator) == (None, "not_applicable", 2.0)
    assert value.missing == said


def test_a_cost_without_a_finite_bound_is_too_little_to_judge() -> None:
    value = found(Ledger().add("tasks", {}).add("tasks", FAILED, times=40), "cost_per_success")
    assert (value.state, value.missing) == ("low_n", "Too few successes for a bound on the cost of one.")


def test_a_partly_priced_cost_is_at_least_so_much() -> None:
    value = found(Ledger().add("tasks", {}, times=39).add("tasks", UNPRICED), "cost_per_task")
    assert (value.state, value.at_least) == ("ok", True)
    assert value.missing == "78 of 80 model calls have a known price: the number is a lower bound."
    assert of_value(value) == "≥\u202f$0.487"


def test_a_fully_priced_cost_is_exact() -> None:
    value = found(Ledger().add("tasks", {}, times=40), "cost_per_task")
    assert (value.at_least, value.missing, of_value(value)) == (False, None, "$0.500")


def test_a_cost_per_success_is_no_lower_bound_because_open_verdicts_may_lower_it() -> None:
    value = found(Ledger().add("tasks", {}, times=39).add("tasks", UNPRICED), "cost_per_success")
    assert (value.state, value.at_least) == ("ok", False)
    assert value.missing == "78 of 80 model calls have a known price: the others are not in the number."


def test_spend_with_unpriced_calls_is_a_lower_bound() -> None:
    value = found(Ledger().add("model_calls", {"cost_usd": 0.5}, times=99).add("model_calls", {}), "spend")
    assert (value.value, value.at_least, value.state) == (49.5, True, "ok")


@pytest.mark.parametrize(
    ("part", "tasks", "said"),
    [
        ("p95", 40, "Slowest of 40 tasks so far: 1.00\u202fs; need 59 to judge."),
        ("p99", 298, "Slowest of 298 tasks so far: 1.00\u202fs; need 299 to judge."),
        ("p95", 1, "Slowest of 1 task so far: 1.00\u202fs; need 59 to judge."),
        ("p50", 11, "11 tasks; need 30 to judge."),
    ],
)
def test_a_high_quantile_of_few_tasks_is_the_slowest_so_far(part: str, tasks: int, said: str) -> None:
    value = found(Ledger().add("tasks", {}, times=tasks), "task_latency", part)
    assert (value.state, value.missing) == ("low_n", said)


@pytest.mark.parametrize(
    ("part", "waiting", "state"),
    [("p99", 3, "ok"), ("p99", 4, "immature"), ("p95", 15, "ok"), ("p95", 17, "immature"), ("p50", 15, "ok")],
)
def test_a_quantile_that_unfinished_tasks_may_hold_is_not_ok(part: str, waiting: int, state: str) -> None:
    ledger = Ledger().add("tasks", {}, times=300).add("tasks", WAITING, times=waiting)
    value = found(ledger, "task_latency", part)
    assert value.state == state
    if state == "immature":
        open_still = f"{waiting} of {300 + waiting} tasks are not finished"
        assert value.missing == f"{open_still}: the {part} may be among them and is at least 1.00\u202fs."


def test_the_known_censored_quantile_is_not_ok() -> None:
    finished = [{"duration_ms": 100.0 * step} for step in range(1, 10)]
    ledger = Ledger()
    for _ in range(10):
        ledger.add("tasks", *finished, WAITING)
    assert found(ledger, "task_latency", "p95").state == "immature"


def test_too_few_verdicts_among_many_tasks_says_which_is_missing() -> None:
    unjudged = {"status": None, "status_source": None}
    value = found(Ledger().add("tasks", {}, times=11).add("tasks", unjudged, times=100), "success_rate")
    assert (value.state, value.missing) == ("low_n", "11 of 111 tasks have a verdict; need 30 to judge.")


def test_a_wide_accuracy_says_how_wide() -> None:
    right = {"truth_score": 1.0, "truth_weight": 1.0}
    value = found(Ledger().add("tasks", right, right | {"truth_score": 0.0}, times=20), "accuracy")
    assert (value.state, value.missing) == ("low_n", "±14.8 points; need ±10 or less to judge.")


def test_accuracy_is_explained_with_its_worst_case() -> None:
    right = {"truth_score": 1.0, "truth_weight": 4.0}
    ledger = Ledger().add("tasks", right, times=85).add("tasks", right | {"truth_score": 0.0}, times=15)
    told = explain(ledger.add("tasks", {}, times=300).build("accuracy", "task_volume"), "accuracy", WEEK, ALL)
    assert told.worst_case == pytest.approx((0.2125, 0.9625))
    assert told.method.endswith(
        "21.2\u202f% if every unchecked answer were wrong, 96.2\u202f% if every one were right"
    )  # fmt: skip
    assert explain(ledger, "task_volume", WEEK, ALL).worst_case is None


def test_without_a_checked_answer_accuracy_may_be_anything() -> None:
    told = explain(Ledger().add("tasks", {}, times=3).build("accuracy", "task_volume"), "accuracy", WEEK, ALL)
    assert (told.values[0].state, told.worst_case) == ("unknown", (0.0, 1.0))


def test_a_token_kind_that_no_call_reports_says_so() -> None:
    value = found(Ledger().add("model_calls", {"output_tokens": 5}, times=3), "token_mix", "cache_read")
    assert (value.value, value.state, value.missing) == (None, "unknown", "None of 3 model calls reports it.")
