"""Every KPI on rows made by hand: a new KPI without its cases fails here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metrics import drill
from metrics.behind import ADDS_UP_TO, JOBS, NO_ROWS, ROWS, rows_behind, sums
from metrics.catalogue import catalogue
from metrics.model import Access, Query, Value
from metrics.run import run
from tests.metrics.kpi_cases import CASES
from tests.metrics.support import DEFAULTS, END, START, Ledger, assert_adds_up

ALL = Access.everything()
WEEK = Query(START, END)
CONTRACT = {
    "agent_id": "refunds", "first_seen_at": "2026-03-01 00:00:00", "confidence_threshold": 0.7, "hourly_rate_usd": 48.0,
    "error_cost_usd": 25.0, "deadline_minutes": 1.0,
}  # fmt: skip
BASELINE = {"baseline_minutes": 12.0, "baseline_low_minutes": 9.0, "baseline_high_minutes": 16.0}
ACTION = {
    "action_id": "a", "agent_id": "refunds", "insight_at": "2026-03-02 00:00:00", "taken_at": "2026-03-03 00:00:00",
    "day": "2026-03-03", "verdict_at": "2026-03-05 00:00:00", "verdict": "improved",
}  # fmt: skip
TAKEN = {"picked_up_at": "2026-03-02 12:03:00", "pickup_ms": 180_000.0}
EVENING = "2026-03-02 20:00:00"


def empty() -> Ledger:
    """An agent with a full contract and no work."""
    ledger = Ledger()
    ledger.insert("agents", [CONTRACT])
    return ledger


def one() -> Ledger:
    """One task that went well, of which everything is known."""
    known = {
        "verdict": "success", "confidence": 0.9, "truth_score": 1.0, "truth_weight": 4.0, "truth_source": "human",
        "human_labels": 1, "judge_labels": 1, "outcome_labels": 1, "corrected": False, "human_minutes": 0.0,
        "output_tokens": 10,
    }  # fmt: skip
    ledger = empty().add("tasks", BASELINE | known | {"task_id": "t", "business_key": "k", "started_at": EVENING})
    said = {"task_id": "t", "rubric": "right", "score": 1.0}
    ledger.insert("labels", [
        said | {"label_id": "h", "kind": "human", "inclusion_probability": 0.25},
        said | {"label_id": "j", "kind": "judge", "good": 1.0, "judge": "nova"},
    ])  # fmt: skip
    ledger.insert("actions", [ACTION])
    ledger.add("handovers", TAKEN)
    tokens = {"uncached_input_tokens": 60, "cache_read_tokens": 30, "output_tokens": 10, "cache_write_5m_tokens": 0}
    guarded = {"guardrail_assessed": True, "guardrail_action": "none", "cache_write_1h_tokens": 0, "ttft_ms": 100.0}
    ledger.add("model_calls", tokens | guarded | {"task_id": "t", "cost_usd": 0.5, "cache_savings_usd": 0.02})
    return ledger.add("tool_calls", {"task_id": "t"})


def unknown() -> Ledger:
    """One task and its calls of which nothing is known but that they were, and an action that nobody followed."""
    ledger = Ledger()
    ledger.insert("agents", [{"agent_id": "refunds"}])
    for table, usual in DEFAULTS.items():
        ledger.add(table, dict.fromkeys(usual.keys() - {"agent_id", "day", "mature"}))
    ledger.insert(
        "actions", [{"action_id": "a", "agent_id": "refunds", "day": "2026-03-03", "taken_at": "2026-03-03 00:00:00"}]
    )
    return ledger


def in_flight() -> Ledger:
    """One task that still runs, with a call of a model and of a tool, and a hand-over that still waits."""
    running = {
        "status": "in_flight", "status_source": None, "mature": False, "ended_at": None, "duration_ms": None,
        "escalated": None, "human_touch": None, "model_calls": 1, "priced_calls": 1,
    }  # fmt: skip
    ledger = empty().add("tasks", BASELINE | running | {"task_id": "t", "business_key": "k", "started_at": EVENING})
    ledger.add("model_calls", {"task_id": "t", "cost_usd": 0.5, "output_tokens": 10})
    ledger.add("handovers", {"task_id": "t"})
    return ledger.add("tool_calls", {"task_id": "t"})


MADE: dict[str, Callable[[], Ledger]] = {"empty": empty, "one": one, "unknown": unknown, "in_flight": in_flight}


def told(ledger: Ledger, kpi: str) -> dict[str, Value]:
    """The values by slice."""
    return {value.slice: value for value in run(ledger.build(*{kpi, "task_volume"}), kpi, WEEK, ALL)}


def test_every_kpi_has_its_cases() -> None:
    assert CASES.keys() == USUAL.keys() == catalogue().keys()
    assert {name for cases in CASES.values() for name in cases} == MADE.keys()


@pytest.mark.parametrize("case", MADE)
@pytest.mark.parametrize("kpi", catalogue())
def test_a_kpi_says_what_little_work_allows(kpi: str, case: str) -> None:
    found = told(MADE[case](), kpi)
    said = {name: (None if v.value is None else round(v.value, 9), v.n, v.state) for name, v in found.items()}
    assert said == CASES[kpi][case]
    assert all(value.missing for value in found.values() if value.state != "ok")


def usual() -> Ledger:
    """Six tasks: good; wrong and unsure; handed over, late; good by its root only, unpriced; running; given up."""
    ledger = empty()
    record = {"truth_weight": 1.0, "truth_source": "outcome", "outcome_labels": 1, "duration_ms": 30_000.0}
    rows: list[dict[str, Any]] = [
        BASELINE | record | {"verdict": "success", "confidence": 0.9, "truth_score": 1.0, "business_key": "k",
                             "corrected": False, "output_tokens": 10, "started_at": "2026-03-02 08:00:00"},
        BASELINE | record | {"status": "failed", "verdict": "failed", "confidence": 0.6, "truth_score": 0.0,
                             "cost_usd": 1.5, "business_key": "k", "started_at": "2026-03-02 09:00:00"},
        BASELINE | {"status": "escalated", "status_source": "escalation", "escalated": True, "human_minutes": 6.0,
                    "escalation_reason": "policy", "confidence": 0.5, "human_touch": True, "cost_usd": 1.0,
                    "duration_ms": 120_000.0, "human_labels": 1},
        {"status_source": "root_status", "cost_usd": None, "priced_calls": 0, "duration_ms": None, "escalated": None,
         "human_touch": None},
        {"status": "in_flight", "status_source": None, "mature": False, "ended_at": None, "duration_ms": None,
         "escalated": None, "human_touch": None, "cost_usd": 0.3},
        {"status": "abandoned", "status_source": "lifecycle", "ended_at": None, "duration_ms": None, "escalated": None,
         "human_touch": None, "cost_usd": 0.2},
    ]  # fmt: skip
    for number, row in enumerate(rows, 1):
        ledger.add("tasks", row | {"task_id": f"t{number}"})
    judged = {"kind": "judge", "rubric": "right", "judge": "nova"}
    ledger.insert("labels", [
        judged | {"label_id": "1", "task_id": "t1", "score": 1.0, "good": 1.0},
        judged | {"label_id": "2", "task_id": "t2", "score": 0.2, "good": 0.2},
        {"label_id": "3", "task_id": "t3", "kind": "human", "rubric": "escalation.needed", "score": 1.0},
        {"label_id": "4", "task_id": "t4", "kind": "human", "rubric": "complaint", "score": 0.0},
        {"label_id": "5", "task_id": "t5", "kind": "human", "rubric": "thanks", "score": 1.0},
        {"label_id": "6", "task_id": "t6", "kind": "human", "rubric": "drawn", "score": 0.0,
         "inclusion_probability": 0.1},
        {"label_id": "7", "task_id": "t4", "kind": "human", "rubric": "guardrail.right", "score": 0.0},
        {"label_id": "8", "task_id": "t3", "kind": "human", "rubric": "guardrail.right", "score": 1.0},
    ])  # fmt: skip
    ledger.insert("actions", [ACTION])
    ledger.add("handovers", TAKEN, {}, {"queue": "law", "dropped_at": "2026-03-03 12:00:00"},
               {"agent_id": "others", "followed": False, "queue": None})  # fmt: skip
    return called(ledger)


def called(ledger: Ledger) -> Ledger:
    """The same with calls of models and tools: one refused, one blocked, two masked, one tried again, one untold."""
    tokens = {"uncached_input_tokens": 60, "cache_read_tokens": 30, "output_tokens": 10, "cache_write_5m_tokens": 0}
    checked = {"guardrail_assessed": True, "guardrail_action": "none"}
    ledger.add("model_calls",
        tokens | checked | {"task_id": "t1", "cost_usd": 0.5, "cache_savings_usd": 0.02, "ttft_ms": 100.0},
        {"task_id": "t1", "cost_usd": 0.0, "cache_savings_usd": -0.05, "is_error": True, "throttled": True},
        {"call_id": "c3", "task_id": "t4", "model": "other", "output_tokens": 10, "guardrail_assessed": True,
         "guardrail_action": "blocked"},
        {"task_id": "t3", "model": "other", "guardrail_assessed": True, "guardrail_action": "masked"},
        {"task_id": "t5", "model": "other", "guardrail_assessed": True, "guardrail_action": "masked"},
    )  # fmt: skip
    looked = DEFAULTS["model_calls"] | {"call_id": "c3", "task_id": "t4", "source": "input"}
    checks = [{"policy": "topic", "action": "blocked"}, {"policy": "word", "action": "detected"}]
    wanted = ("agent_id", "agent_version", "task_type", "environment", "day", "call_id", "task_id", "source")
    ledger.insert("guardrail_checks", [{name: looked[name] for name in wanted} | check for check in checks])
    return ledger.add("tool_calls",
        {"task_id": "t1", "status": "error"}, {"task_id": "t1", "is_retry": True},
        {"task_id": "t2", "tool_name": "pay"},
        {"task_id": "t2", "tool_name": "pay", "status": None},
    )  # fmt: skip


DAY_MS = 86_400_000.0
# Worked out by hand: numerator / denominator as they are counted, latencies from buckets that are 1 % wide.
USUAL: dict[str, dict[str, float | None]] = {
    "accuracy": {"": 1 / 2},
    "autonomy": {"": 2 / 4},
    "cache_hit_rate": {"": 30 / 90},
    "cache_savings": {"": 0.02 - 0.05},
    "calibration": {"over_confidence": 0.75 - 0.5, "brier": (0.1**2 + 0.6**2) / 2, "auroc": 1.0,
                    "reliability": (0.1**2 + 0.6**2) / 2, "resolution": 0.25, "uncertainty": 0.25},
    "completion_rate": {"": 4 / 5},
    "containment": {"": 2 / 3},
    "cost_per_success": {"": (0.5 + 1.5 + 1.0 + 0.3 + 0.2) / 2},
    "cost_per_task": {"": (0.5 + 1.5 + 1.0 + 0.2) / 5},
    "drift": dict.fromkeys(("", "confidence", "model", "output_tokens", "task_type", "tool")),
    "error_rate": {"": 1 / 5},
    "escalation_precision": {"": 1 / 1, "recall": 1 / (1 + 4 * 1 / 1)},
    "escalation_rate": {"": 1 / 5, "policy": 1 / 5},
    "full_cost_per_success": {"": (0.5 + (1.5 + 25) + (1.0 + 6 * 0.8) + 0.2) / 2},
    "guardrail_intervention_rate": {"": 3 / 4, "input": 1 / 4, "topic": 1 / 4},
    "guardrail_precision": {"": 1 / 2},
    "judge_agreement": {"": None, "right": None},
    "judge_score": {"": 1 / 2, "right": 1 / 2},
    "label_coverage": {"": 3 / 5, "human": 1 / 5, "judge": 0.0, "outcome": 2 / 5},
    "leakage": {"": 1 / 2},
    "loop_closed": {"": 1 / 1, "improved": 1 / 1},
    "loop_velocity": dict.fromkeys(("p50", "p95", "p99"), 3 * DAY_MS),
    "minutes_saved": {"": 60_000.0 * (12 - 6)},
    "model_latency": dict.fromkeys(("p50", "p95", "p99"), 400.0),
    "net_value": {"": 12 * 0.8 - 0.5 - (1.5 + 25) - (1.0 + 6 * 0.8)},
    "pickup_time": dict.fromkeys(("p50", "p95", "p99"), 180_000.0),
    "pass_k": {"k=1": 1 / 2, "k=2": 0.0, "k=3": None, "k=4": None},
    "reported_problems": {"": 1.0},
    "rework_rate": {"": 1 / 1},
    "sla_attainment": {"": 2 / 5},
    "spend": {"": 0.5, "nova": 0.5, "other": None},
    "success_rate": {"": 2 / 3},
    "waiting_handovers": {"": 1 / 3, "care": 1 / 2, "law": 0.0, "unknown": None},
    "task_latency": dict.fromkeys(("p50", "p95", "p99"), 30_000.0),
    "task_volume": {"": 6.0},
    "throttle_rate": {"": 1 / 5},
    "time_to_first_token": dict.fromkeys(("p50", "p95", "p99"), 100.0),
    "token_mix": {
        "": 1.0, "uncached_input": 60 / 110, "cache_read": 30 / 110, "cache_write_5m": 0.0, "cache_write_1h": None,
        "output": 20 / 110,
    },
    "tool_failures": {"": 1 / 3, "error": 1 / 3},
    "tool_first_try": {"": 1 / 2, "lookup": 0.0, "pay": 1 / 1},
    "tool_latency": dict.fromkeys(("p50", "p95", "p99"), 50.0),
    "tool_reliability": {"": 2 / 3, "lookup": 1 / 2, "pay": 1 / 1},
}  # fmt: skip


@pytest.mark.parametrize("kpi", catalogue())
def test_a_kpi_of_a_usual_mix_is_what_is_worked_out_by_hand(kpi: str) -> None:
    found = {name: value.value for name, value in told(usual(), kpi).items()}
    by_chance = {"": found[""]} if kpi == "calibration" else {}  # its error beyond chance rests on draws
    expected = USUAL[kpi] | by_chance
    assert found.keys() == expected.keys()
    within = 0.01 if catalogue()[kpi].kind == "quantile" else 1e-9
    assert {name: each for name, each in found.items() if each is not None} == pytest.approx(
        {name: each for name, each in expected.items() if each is not None}, rel=within, abs=1e-9
    )
    assert {name for name, each in found.items() if each is None} == {k for k, each in expected.items() if each is None}


def test_every_kpi_has_rows_behind_it_or_a_reason_for_having_none() -> None:
    assert JOBS.keys() | ROWS.keys() | NO_ROWS.keys() == catalogue().keys()
    assert not (JOBS.keys() | ROWS.keys()) & NO_ROWS.keys()


@pytest.mark.parametrize(("kpi", "show", "part"), [(k, s, part) for k, own in JOBS.items() for s, part in own.items()])
@pytest.mark.parametrize("case", [empty, one, unknown, in_flight, usual], ids=lambda case: case.__name__)
def test_the_jobs_behind_a_number_are_as_many_as_it_says(
    kpi: str, show: str, part: str, case: Callable[[], Ledger]
) -> None:
    ledger = case()
    value = next(iter(told(ledger, kpi).values()))
    asked = {"show": show, "search": None, "tool": None, "versions": None, "environments": None}
    (row,) = ledger.rows(drill.select_text("tasks_count"), asked | {"agents": None, "from": START, "to": END})
    assert row["tasks"] == (getattr(value, part) or 0)


@pytest.mark.parametrize("kpi", ROWS)
@pytest.mark.parametrize("case", [empty, one, unknown, in_flight, usual], ids=lambda case: case.__name__)
def test_the_rows_behind_a_number_add_up_to_it(kpi: str, case: Callable[[], Ledger]) -> None:
    ledger = case()
    values = told(ledger, kpi)
    value = values.get(ADDS_UP_TO.get(kpi, ""), next(iter(values.values())))
    assert_adds_up(sums(ledger, catalogue()[kpi], WEEK, ALL), value)
    rows = rows_behind(ledger, catalogue()[kpi], WEEK, ALL)
    assert len(rows_behind(ledger, catalogue()[kpi], WEEK, ALL, limit=1)) == min(1, len(rows))
    assert len({row["row_id"] for row in rows}) == len(rows)
