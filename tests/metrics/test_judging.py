"""Judges, escalations, confidence, drift and value: rows made by hand in, exact numbers out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from metrics import stats
from metrics.model import Access, Query, Value
from metrics.run import run
from tests.metrics.support import DAY, END, START, Ledger

ALL = Access.everything()
WEEK = Query(START, END)


def values(ledger: Ledger, kpi: str, query: Query = WEEK) -> dict[str, Value]:
    """The values of a KPI by slice."""
    return {value.slice: value for value in run(ledger.build(kpi), kpi, query, ALL)}


def test_a_review_of_an_escalation_says_nothing_of_the_result() -> None:
    ledger = Ledger()
    judged(ledger, 1.0, 1.0, 30)
    judged(ledger, 0.0, 0.0, 30)
    for number in range(40):
        ledger.add("tasks", {"task_id": f"e{number}"})
        ledger.insert("labels", [
            {"task_id": f"e{number}", "kind": "human", "rubric": "escalation.needed", "score": 0.0},
            {"task_id": f"e{number}", "kind": "judge", "rubric": "right", "score": 1.0, "good": 1.0},
        ])  # fmt: skip
    found = values(ledger, "judge_agreement")[""]
    assert (found.value, found.n) == (1.0, 60)


def judged(ledger: Ledger, person: float | None, judge: float | None, times: int = 1, **label: Any) -> None:
    """Tasks with a person's and a judge's label."""
    for _ in range(times):
        task = f"task-{ledger.added}"
        ledger.add("tasks", {"task_id": task})
        if person is not None:
            ledger.insert("labels", [{"task_id": task, "kind": "human", "rubric": "right", "score": person}])
        if judge is not None:
            said = {"task_id": task, "kind": "judge", "rubric": "right", "score": judge, "good": judge}
            ledger.insert("labels", [said | label])


def test_agreement_is_kappa_with_its_error_and_what_stands_beside_it() -> None:
    ledger = Ledger()
    for person, judge, times in ((0.0, 0.2, 20), (0.0, 0.9, 5), (1.0, 0.1, 10), (0.5, 0.5, 15)):
        judged(ledger, person, judge, times)
    judged(ledger, None, 1.0, 50)
    found = values(ledger, "judge_agreement")
    assert found[""].value == pytest.approx(0.4)
    assert (found[""].low, found[""].high) == pytest.approx((0.151092290476661, 0.6489077095233389))
    assert found[""].n == 50
    assert found[""].coverage == pytest.approx(0.5)
    assert found[""].state == "ok"
    assert found["ac1"].value == pytest.approx(0.40594059405940586)
    assert found["agreement"].value == pytest.approx(0.7)
    assert found["sensitivity"].value == pytest.approx(15 / 25)
    assert found["specificity"].value == pytest.approx(20 / 25)
    assert found["right"].value == found[""].value


def test_a_judge_of_harm_agrees_when_it_scores_low_what_is_right() -> None:
    ledger = Ledger()
    judged(ledger, 1.0, 0.0, 30, good=1.0)
    judged(ledger, 0.0, 1.0, 30, good=0.0)
    judged(ledger, 0.0, 1.0, 30, good=None)
    found = values(ledger, "judge_agreement")[""]
    assert (found.value, found.n) == (1.0, 60)
    score = values(ledger, "judge_score")[""]
    assert (score.value, score.n, score.coverage) == (0.5, 60, pytest.approx(60 / 90))


def test_kappa_of_hardly_any_failures_is_not_trusted() -> None:
    ledger = Ledger()
    judged(ledger, 1.0, 1.0, 60)
    judged(ledger, 0.0, 0.0, 9)
    found = values(ledger, "judge_agreement")[""]
    assert found.state == "low_n"
    assert "kappa says little" in (found.missing or "")


def test_a_task_passes_when_every_judge_passes_it() -> None:
    ledger = Ledger().add("tasks", {"task_id": "a"}, {"task_id": "b"}, {"task_id": "c"})
    for task, rubric, score in (("a", "tone", 1.0), ("a", "facts", 0.4), ("b", "tone", 0.5), ("b", "facts", 0.8)):
        ledger.insert("labels", [{"task_id": task, "kind": "judge", "rubric": rubric, "good": score}])
    found = values(ledger, "judge_score")
    assert {name: (value.numerator, value.denominator) for name, value in found.items()} == {
        "": (1, 2), "tone": (2, 2), "facts": (1, 2),
    }  # fmt: skip
    assert found[""].coverage == pytest.approx(2 / 3)


def test_escalation_recall_needs_an_audit_of_what_was_not_handed_over() -> None:
    ledger = Ledger()
    review = {"kind": "human", "rubric": "escalation.needed"}
    for number in range(60):
        ledger.add("tasks", {"task_id": f"e{number}", "escalated": True})
        ledger.insert("labels", [review | {"task_id": f"e{number}", "score": float(number < 45)}])
    ledger.add("tasks", {"escalated": True}, times=90)
    unaudited = values(ledger, "escalation_precision")
    assert unaudited[""].value == 0.75
    assert unaudited["recall"].value is None
    assert unaudited["recall"].state == "unknown"
    for number in range(200):
        ledger.add("tasks", {"task_id": f"a{number}"})
        drawn = {"kind": "human", "rubric": "right", "inclusion_probability": 0.2, "score": float(number >= 6)}
        ledger.insert("labels", [drawn | {"task_id": f"a{number}"}])
    ledger.add("tasks", {}, times=650)
    ledger.con.execute("DELETE FROM kpi_daily")
    found = values(ledger, "escalation_precision")
    assert found["recall"].value == pytest.approx(0.8152173913043478)
    assert found["recall"].low < 0.8152 < found["recall"].high  # type: ignore[operator]
    assert found["recall"].n == 200


def test_calibration_takes_chance_off_and_says_how_far_too_sure_it_is() -> None:
    ledger = Ledger()
    known = {"truth_weight": 1.0, "truth_source": "outcome"}
    for right, times in ((1.0, 140), (0.0, 60)):
        ledger.add("tasks", known | {"confidence": 0.95, "truth_score": right}, times=times)
    for right, times in ((1.0, 140), (0.0, 60)):
        ledger.add("tasks", known | {"confidence": 0.7, "truth_score": right}, times=times)
    ledger.add("tasks", known | {"truth_score": 1.0}, times=100)
    by_rows = stats.calibration([0.95] * 200 + [0.7] * 200, ([1] * 140 + [0] * 60) * 2)
    found = values(ledger, "calibration")
    assert found[""].n == 400
    assert found[""].coverage == pytest.approx(0.8)
    assert found[""].value == pytest.approx(0.125, abs=0.03)
    assert found[""].low <= found[""].value <= found[""].high  # type: ignore[operator]
    assert found["over_confidence"].value == pytest.approx(0.125)
    assert found["brier"].value == pytest.approx(by_rows.brier)
    assert found["auroc"].value == pytest.approx(0.5)
    parts = (by_rows.reliability, by_rows.resolution, by_rows.uncertainty)
    assert tuple(found[name].value for name in ("reliability", "resolution", "uncertainty")) == pytest.approx(parts)
    assert by_rows.brier == pytest.approx(parts[0] - parts[1] + parts[2])


def test_a_calibrated_agent_shows_no_error_beyond_chance() -> None:
    ledger = Ledger()
    for percent in range(55, 100, 5):
        for number in range(100):
            right = float(number < percent)
            ledger.add("tasks", {"confidence": percent / 100, "truth_score": right, "truth_weight": 1.0})
    found = values(ledger, "calibration")[""]
    assert found.value == 0
    assert found.low == 0


def test_drift_compares_with_as_many_days_before() -> None:
    ledger = Ledger()
    before = {"day": DAY - timedelta(days=3)}
    for kind, first, now in (("a", 150, 120), ("b", 90, 90), ("c", 60, 90)):
        ledger.add("tasks", before | {"task_type": kind}, times=first)
        ledger.add("tasks", {"task_type": kind}, times=now)
    found = values(ledger, "drift")
    assert found["task_type"].value == pytest.approx(0.06286086594223739)
    assert found[""].value == found["task_type"].value
    assert (found["task_type"].n, found["task_type"].state) == (300, "ok")


def test_drift_without_a_period_before_is_unknown() -> None:
    found = values(Ledger().add("tasks", {}, times=300), "drift")
    assert found["task_type"].value is None
    assert found["task_type"].missing == "0 of 300 can be compared with the period before."


def test_drift_by_day_compares_with_the_day_before() -> None:
    ledger = Ledger()
    for place, counts in enumerate(((150, 90, 60), (120, 90, 90))):
        for kind, times in zip("abc", counts, strict=True):
            ledger.add("tasks", {"day": DAY + timedelta(days=place), "task_type": kind}, times=times)
    found = run(ledger.build("drift"), "drift", Query(START, END, by="day"), ALL)
    values = {value.start: value.value for value in found if value.slice == "task_type"}
    assert values[DAY] is None
    assert values[DAY + timedelta(days=1)] == pytest.approx(0.06286086594223739)


def worth() -> Ledger:
    """Ten tasks of an agent whose contract says what they are worth."""
    ledger = Ledger()
    ledger.insert("agents", [{"agent_id": "refunds", "hourly_rate_usd": 48.0, "error_cost_usd": 25.0}])
    usual = {"baseline_minutes": 12.0, "baseline_low_minutes": 9.0, "baseline_high_minutes": 16.0}
    alone = usual | {"cost_usd": 0.21, "human_touch": False}
    helped = alone | {"human_touch": True}
    ledger.add("tasks", alone, times=7)
    ledger.add("tasks", helped | {"escalated": True, "human_minutes": 7.0})
    ledger.add("tasks", alone | {"status": "failed"})
    return ledger.add("tasks", helped | {"status": "failed", "corrected": True, "human_minutes": 18.0})


def test_time_saved_is_the_baseline_of_successes_less_what_people_spent() -> None:
    found = values(worth(), "minutes_saved")[""]
    assert found.value == 60_000 * (8 * 12 - 25)
    gross = tuple(60_000.0 * 8 * minutes for minutes in (9, 12, 16))
    assert (found.low, found.high) == stats.value_monte_carlo(8, 10, gross, 60_000 * 25.0)  # type: ignore[arg-type]
    assert found.n == 10


def test_net_value_pays_the_agent_people_and_uncaught_errors() -> None:
    found = values(worth(), "net_value")[""]
    assert found.value == pytest.approx(8 * 12 * 0.8 - 2.1 - 25 * 0.8 - 25)
    gross = tuple(8 * minutes * 0.8 for minutes in (9, 12, 16))
    expected = stats.value_monte_carlo(8, 10, gross, 47.1)  # type: ignore[arg-type]
    assert (found.low, found.high) == pytest.approx(expected)


def test_without_a_success_nobody_knows_what_one_is_worth() -> None:
    ledger = Ledger()
    ledger.insert("agents", [{"agent_id": "refunds", "hourly_rate_usd": 48.0}])
    ledger.add("tasks", {"baseline_minutes": 12.0, "status": "failed"}, times=40)
    found = values(ledger, "net_value")[""]
    assert (found.value, found.state, found.low) == (-20.0, "low_n", None)
    assert found.missing == "No task has ended in success yet: what one is worth is not known."


def test_a_good_result_costs_people_and_uncaught_errors_too() -> None:
    found = values(worth(), "full_cost_per_success")[""]
    assert found.value == pytest.approx((2.1 + 25 * 0.8 + 25) / 8)
    assert (found.numerator, found.denominator, found.n) == (pytest.approx(47.1), 8, 10)


@pytest.mark.parametrize(
    ("kpi", "lacks"),
    [("minutes_saved", "baseline_minutes"), ("net_value", "hourly_rate_usd"), ("sla_attainment", "deadline_minutes"),
     ("leakage", "confidence_threshold")],
)  # fmt: skip
def test_without_the_owners_word_a_value_is_unknown_and_says_which_word(kpi: str, lacks: str) -> None:
    ledger = Ledger().add("tasks", {}, times=40)
    ledger.insert("agents", [{"agent_id": "refunds"}])
    found = values(ledger, kpi)[""]
    assert (found.value, found.state) == (None, "unknown")
    assert lacks in (found.missing or "")


def test_minutes_of_people_count_where_nobody_gave_a_verdict() -> None:
    unjudged = {"baseline_minutes": 12.0, "status": None, "status_source": None, "human_minutes": 30.0}
    ledger = worth().add("tasks", unjudged | {"human_touch": True})
    assert values(ledger, "minutes_saved")[""].value == 60_000 * (8 * 12 - 25 - 30)


def test_a_net_value_with_unpriced_calls_is_no_lower_bound() -> None:
    ledger = worth().add("tasks", {"baseline_minutes": 12.0, "cost_usd": 0.1, "model_calls": 100, "priced_calls": 97})
    found = values(ledger, "net_value")[""]
    assert found.coverage is not None
    assert found.coverage < 1
    assert not found.at_least
    assert "lower bound" not in (found.missing or "")


@pytest.mark.parametrize(("kpi", "right"), [("containment", 30), ("autonomy", 25)])
def test_a_human_touch_ends_containment_and_unknown_stays_unknown(kpi: str, right: int) -> None:
    ledger = Ledger().add("tasks", {"human_touch": False}, times=25)
    ledger.add("tasks", {"human_touch": False, "status": "failed"}, times=5)
    ledger.add("tasks", {"human_touch": True}, {"human_touch": True, "status": "escalated"}, times=5)
    ledger.add("tasks", {"human_touch": None, "status": None, "status_source": None}, times=10)
    ledger.add("tasks", {"status": "abandoned"}, {"status": "cancelled"}, {"status": "in_flight", "mature": False})
    found = values(ledger, kpi)[""]
    assert (found.numerator, found.denominator) == (right, 40)
    assert found.coverage == pytest.approx(0.8)


def test_a_task_of_which_nobody_says_whether_it_was_handed_over_has_not_leaked() -> None:
    ledger = Ledger()
    ledger.insert("agents", [{"agent_id": "refunds", "confidence_threshold": 0.7}])
    unsure = {"confidence": 0.4, "escalated": None}
    ledger.add("tasks", unsure | {"verdict": None, "status": None, "status_source": None}, times=6)
    assert values(ledger, "leakage")[""].state == "unknown"
    ledger.add("tasks", unsure | {"verdict": "failed"}, {"confidence": 0.4, "escalated": True})
    ledger.con.execute("DELETE FROM kpi_daily")
    found = values(ledger, "leakage")[""]
    assert (found.numerator, found.denominator) == (1, 2)
    assert found.coverage == pytest.approx(2 / 8)


def test_a_service_level_is_kept_in_time_and_rightly() -> None:
    ledger = Ledger()
    ledger.insert("agents", [{"agent_id": "refunds", "deadline_minutes": 1.0, "confidence_threshold": 0.6}])
    ledger.add("tasks", {"duration_ms": 60_000.0}, times=30)
    ledger.add("tasks", {"duration_ms": 60_001.0}, {"status": "failed"}, {"confidence": 0.5})
    ledger.add("tasks", {"status": "escalated", "escalated": True, "confidence": 0.5})
    ledger.add("tasks", {"ended_at": None, "duration_ms": None, "status": "abandoned"})
    ledger.add("tasks", {"status": None, "status_source": None}, {"status": "cancelled"})
    found = values(ledger, "sla_attainment")[""]
    assert (found.numerator, found.denominator) == (31, 35)
    assert found.coverage == pytest.approx(35 / 36)


def test_leakage_of_none_has_the_exact_upper_bound() -> None:
    ledger = Ledger()
    ledger.insert("agents", [{"agent_id": "refunds", "confidence_threshold": 0.7}])
    ledger.add("tasks", {"confidence": 0.4, "escalated": True}, times=100)
    ledger.add("tasks", {"confidence": 0.7}, times=5)
    found = values(ledger, "leakage")[""]
    assert (found.value, found.n) == (0, 100)
    assert found.high == pytest.approx(0.029513049607039932)


def test_rework_is_a_job_tried_again_within_seven_days_or_a_correction() -> None:
    ledger = Ledger()
    week = DAY + timedelta(days=7)
    for number, (key, at, more) in enumerate((
        ("k1", "2026-03-02 08:00:00", {}),
        ("k1", "2026-03-09 08:00:00", {"day": week}),
        ("k2", "2026-03-02 08:00:00", {}),
        ("k2", "2026-03-09 08:00:00.000001", {"day": week, "status": "failed"}),
        (None, "2026-03-02 08:00:00", {"corrected": True}),
        (None, "2026-03-02 08:00:00", {"corrected": False}),
        (None, "2026-03-02 08:00:00", {}),
    )):  # fmt: skip
        ledger.add("tasks", {"task_id": f"t{number}", "business_key": key, "started_at": at} | more)
    found = values(ledger, "rework_rate")[""]
    assert (found.numerator, found.denominator) == (2, 4)
    assert found.coverage == pytest.approx(4 / 5)


def test_rework_of_the_last_days_waits() -> None:
    ledger = Ledger(data_through_at="2026-03-10 00:00:00").add("tasks", {"corrected": False}, times=40)
    assert values(ledger, "rework_rate")[""].state == "immature"
    old = Ledger(data_through_at="2026-03-16 00:00:00").add("tasks", {"corrected": False}, times=40)
    assert values(old, "rework_rate")[""].state == "ok"


def test_the_loop_is_unknown_until_an_action_is_recorded() -> None:
    for kpi in ("loop_velocity", "loop_closed"):
        for nothing in values(Ledger(), kpi).values():
            assert (nothing.value, nothing.state) == (None, "unknown")
            assert "No action is recorded yet" in (nothing.missing or "")


def acted() -> Ledger:
    """Seven actions an hour apart, a day after their insights; the last has no verdict, half of the others helped."""
    ledger = Ledger()
    for hours in range(1, 8):
        open_still = hours == 7
        ledger.insert("actions", [{
            "action_id": f"a{hours}", "agent_id": "refunds", "insight_at": "2026-03-02 00:00:00",
            "day": "2026-03-03",
            "taken_at": f"2026-03-03 0{hours}:00:00", "verdict_at": None if open_still else "2026-03-05 00:00:00",
            "verdict": None if open_still else "improved" if hours % 2 else "worse",
        }])  # fmt: skip
    return ledger


def test_the_speed_of_the_loop_is_a_median_of_whole_times_and_of_its_two_steps() -> None:
    hour, ledger = 3_600_000, acted()
    whole = values(ledger, "loop_velocity")["p50"]
    assert (whole.value, whole.n, whole.state) == (72 * hour, 6, "ok")
    assert whole.coverage == pytest.approx(6 / 7)
    asked = run(ledger, "loop_velocity", replace(WEEK, slice_by="step"), ALL)
    steps = {value.slice: value for value in asked}
    assert steps["insight_to_action:p50"].value == pytest.approx(28 * hour, rel=0.01)
    assert steps["insight_to_action:p50"].n == 7
    assert steps["action_to_verdict:p50"].value == pytest.approx(44 * hour, rel=0.01)


def test_actions_without_a_verdict_count_and_improved_is_a_share_of_verdicts() -> None:
    found = values(acted(), "loop_closed")
    assert (found[""].numerator, found[""].denominator) == (6, 7)
    assert (found["improved"].numerator, found["improved"].denominator) == (3, 6)
