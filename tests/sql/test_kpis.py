"""Every KPI file: rows in, exact additive parts out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from metrics.catalogue import Kpi, catalogue
from tests.metrics.support import DAY, Ledger

GRAIN = ["agent_id", "agent_version", "day", "task_type", "environment"]
PARTS = {
    "ratio": {"numerator", "denominator", "n"},
    "weighted_ratio": {"numerator", "denominator", "denominator_sq", "cross_sum", "n"},
    "accuracy": {"numerator", "denominator", "denominator_sq", "numerator_sq", "cross_sum", "n"},
    "mean": {"numerator", "numerator_sq", "denominator", "n"},
    "cost_ratio": {"numerator", "numerator_sq", "denominator", "denominator_sq", "cross_sum", "n"},
    "count": {"numerator", "n"},
    "sum": {"numerator", "n"},
    "quantile": {"bucket", "n", "sum_ms", "min_ms", "max_ms"},
    "pass_k": {"group_key", "numerator", "denominator"},
    "agreement": {"numerator", "denominator", "denominator_sq", "cross_sum", "n"},
    "precision_recall": {"numerator", "denominator", "numerator_sq", "denominator_sq", "cross_sum", "n"},
    "calibration": {"numerator", "denominator", "cross_sum", "n"},
    "mix": {"numerator", "n"},
}
BY_INTERVAL = {
    "clustered_wilson": {"numerator_sq", "denominator_sq", "cross_sum"},
    "monte_carlo": {"denominator", "numerator_sq", "denominator_sq", "cross_sum"},
}
KPIS = list(catalogue().values())
ON_TASKS = [kpi for kpi in KPIS if kpi.needs == ("tasks",)]


def parts(ledger: Ledger, kpi: str, *columns: str) -> list[tuple[Any, ...]]:
    """The parts that a KPI file gives on the marts: the named columns, in order of all of them."""
    rows = ledger.rows(f"SELECT {', '.join(columns)} FROM ({catalogue()[kpi].sql}) ORDER BY ALL")
    return [tuple(row.values()) for row in rows]


def judged(**changes: Any) -> dict[str, Any]:
    """A task without any verdict, changed as given."""
    return {"status": None, "status_source": None} | changes


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_a_kpi_file_gives_the_grain_and_the_parts_of_its_kind(kpi: Kpi) -> None:
    columns = [row["column_name"] for row in Ledger().rows(f"DESCRIBE {kpi.sql}")]
    assert columns[:5] == GRAIN
    wanted = PARTS[kpi.kind] | BY_INTERVAL.get(kpi.interval, set())
    extra = set(columns[5:]) - wanted
    assert set(columns[5:]) >= wanted
    assert extra <= {"slice", "covered", "eligible"}
    assert ("slice" in extra) == (kpi.slices not in (None, "k"))


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_no_rows_in_give_no_parts_out(kpi: Kpi) -> None:
    assert Ledger().rows(kpi.sql) == []


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_parts_of_two_days_are_the_parts_of_each_day(kpi: Kpi) -> None:
    later = DAY + timedelta(days=1)
    both, first, second = Ledger(), Ledger(), Ledger()
    for ledger, days in ((both, (DAY, later)), (first, (DAY,)), (second, (later,))):
        for day in days:
            ledger.add("tasks", {"day": day, "business_key": "k", "truth_score": 1.0, "truth_weight": 2.0})
            ledger.add("model_calls", {"day": day, "cost_usd": 0.25, "output_tokens": 7}).add(
                "tool_calls", {"day": day}
            )
    query = f"SELECT * FROM ({kpi.sql}) ORDER BY ALL"
    assert sorted(map(str, both.rows(query))) == sorted(map(str, first.rows(query) + second.rows(query)))


@pytest.mark.parametrize("kpi", ON_TASKS, ids=lambda kpi: kpi.id)
def test_a_task_in_flight_never_counts_as_done(kpi: Kpi) -> None:
    waiting = judged(status="in_flight", mature=False, ended_at=None, duration_ms=None, cost_usd=None, escalated=None)
    rows = Ledger().add("tasks", waiting).rows(kpi.sql)
    if kpi.id == "task_volume":
        assert [(row["numerator"], row["covered"], row["eligible"]) for row in rows] == [(1, 0, 1)]
    else:
        assert [row for row in rows if row.get("numerator") or row.get("denominator")] == []


def test_completion_keeps_abandoned_tasks_in_and_cancelled_ones_out() -> None:
    ledger = Ledger().add(
        "tasks",
        {"status": "failed"},
        judged(),
        {"status": "abandoned", "ended_at": None},
        {"status": "cancelled"},
        judged(status="escalated"),
    )
    assert parts(ledger, "completion_rate", "numerator", "denominator", "n") == [(3, 4, 4)]


def test_success_counts_verdicts_and_roots_that_the_contract_lets_count() -> None:
    ledger = Ledger().add(
        "tasks",
        {"status": "success"},
        {"status": "failed"},
        {"status": "success", "status_source": "root_status"},
        {"status": "abandoned", "status_source": "lifecycle"},
        judged(status="escalated", status_source="escalation"),
        judged(),
    )
    assert parts(ledger, "success_rate", "numerator", "denominator", "n", "covered", "eligible") == [(2, 3, 3, 3, 6)]


def test_accuracy_weights_each_label_and_leaves_escalations_and_convenience_labels_out() -> None:
    ledger = Ledger().add(
        "tasks",
        {"truth_score": 1.0, "truth_weight": 4.0},
        {"truth_score": 0.0, "truth_weight": 2.0},
        {"truth_score": 1.0, "truth_weight": None},
        {"truth_score": 0.0, "truth_weight": 1.0, "escalated": True},
        {},
    )
    wanted = ("numerator", "denominator", "denominator_sq", "cross_sum", "n", "covered", "eligible")
    assert parts(ledger, "accuracy", *wanted) == [(4.0, 6.0, 20.0, 1.0, 2, 2, 4)]


def test_accuracy_without_a_label_has_no_parts_rather_than_zeros() -> None:
    assert parts(Ledger().add("tasks", {}), "accuracy", "numerator", "denominator", "n") == [(None, None, 0)]


def test_label_coverage_splits_by_kind_of_label() -> None:
    ledger = Ledger().add("tasks", {"human_labels": 1}, {"judge_labels": 2, "human_labels": 1}, {}, {"mature": False})
    assert parts(ledger, "label_coverage", "slice", "numerator", "denominator") == [
        ("", 2, 3),
        ("human", 2, 3),
        ("judge", 1, 3),
        ("outcome", 0, 3),
    ]


def test_cost_per_task_counts_every_finished_task_and_says_how_many_calls_are_priced() -> None:
    ledger = Ledger().add(
        "tasks", {"cost_usd": 0.5}, {"cost_usd": 1.5, "priced_calls": 1}, {"cost_usd": None, "priced_calls": 0}
    )
    wanted = ("numerator", "numerator_sq", "denominator", "n", "covered", "eligible")
    assert parts(ledger, "cost_per_task", *wanted) == [(2.0, 2.5, 3, 3, 3, 6)]


@pytest.mark.parametrize("kpi", ["cost_per_task", "cost_per_success"])
def test_a_task_with_nothing_recorded_below_its_agent_lowers_what_is_known_of_the_cost(kpi: str) -> None:
    bare = {"cost_usd": None, "model_calls": None, "priced_calls": None}
    ledger = Ledger().add("tasks", {"cost_usd": 0.5, "model_calls": 1, "priced_calls": 1}, bare)
    assert parts(ledger, kpi, "numerator", "n", "covered", "eligible") == [(0.5, 2, 1, 2)]


def test_cost_per_success_carries_the_cost_of_all_tasks() -> None:
    ledger = Ledger().add(
        "tasks", {"cost_usd": 0.5}, {"cost_usd": 2.0, "status": "failed"}, judged(cost_usd=1.0, mature=False)
    )
    wanted = ("numerator", "numerator_sq", "denominator", "denominator_sq", "cross_sum", "n")
    assert parts(ledger, "cost_per_success", *wanted) == [(3.5, 5.25, 1, 1, 0.5, 3)]


def test_without_any_verdict_the_number_of_successes_is_unknown() -> None:
    assert parts(Ledger().add("tasks", judged()), "cost_per_success", "denominator", "n") == [(None, 1)]


def test_spend_keeps_unattributed_money_on_its_own_line_and_splits_by_model() -> None:
    ledger = Ledger().add(
        "model_calls",
        {"cost_usd": 0.25},
        {"cost_usd": None, "model": None},
        {"cost_usd": 1.0, "agent_id": "unattributed", "agent_version": None},
    )
    found = parts(ledger, "spend", "agent_id", "slice", "numerator", "n", "covered", "eligible")
    assert [(*row[:2], None if row[2] is None else float(row[2]), *row[3:]) for row in found] == [
        ("refunds", "", 0.25, 2, 1, 2),
        ("refunds", "nova", 0.25, 1, 1, 1),
        ("refunds", "unknown", None, 1, 0, 1),
        ("unattributed", "", 1.0, 1, 1, 1),
        ("unattributed", "nova", 1.0, 1, 1, 1),
    ]


def test_token_mix_measures_each_kind_against_all_tokens() -> None:
    used = {"uncached_input_tokens": 60, "cache_read_tokens": 30, "cache_write_5m_tokens": 0, "output_tokens": 10}
    ledger = Ledger().add("model_calls", used, {})
    assert parts(ledger, "token_mix", "slice", "numerator", "denominator", "covered", "eligible") == [
        ("", 100, 100, 1, 2),
        ("cache_read", 30, 100, 1, 2),
        ("cache_write_1h", None, 100, 1, 2),
        ("cache_write_5m", 0, 100, 1, 2),
        ("output", 10, 100, 1, 2),
        ("uncached_input", 60, 100, 1, 2),
    ]


def test_a_call_that_does_not_report_cache_reads_is_not_a_call_without_them() -> None:
    ledger = Ledger().add(
        "model_calls",
        {"uncached_input_tokens": 50, "cache_read_tokens": 40, "cache_write_1h_tokens": 10},
        {"uncached_input_tokens": 1000, "cache_read_tokens": None},
    )
    assert parts(ledger, "cache_hit_rate", "numerator", "denominator", "n", "covered", "eligible") == [
        (40, 100, 1, 1, 2)
    ]


def test_a_duration_that_was_not_measured_has_no_bucket() -> None:
    ledger = Ledger().add("tasks", {"duration_ms": 100.0}, {"duration_ms": 100.5}, {"duration_ms": None})
    wanted = ("bucket", "n", "sum_ms", "min_ms", "max_ms")
    assert parts(ledger, "task_latency", *wanted) == [(231, 2, 200.5, 100.0, 100.5), (None, 1, None, None, None)]


@pytest.mark.parametrize(
    ("kpi", "table", "column"),
    [
        ("model_latency", "model_calls", "duration_ms"),
        ("time_to_first_token", "model_calls", "ttft_ms"),
        ("tool_latency", "tool_calls", "duration_ms"),
    ],
)
def test_call_latencies_come_as_a_whole_and_by_model_or_tool(kpi: str, table: str, column: str) -> None:
    ledger = Ledger().add(table, {column: 1.0})
    name = {"model_calls": "nova", "tool_calls": "lookup"}[table]
    assert parts(ledger, kpi, "slice", "bucket", "n") == [("", 0, 1), (name, 0, 1)]


@pytest.mark.parametrize(("kpi", "column"), [("error_rate", "is_error"), ("throttle_rate", "throttled")])
def test_failure_rates_count_attempts_that_say_how_they_ended(kpi: str, column: str) -> None:
    ledger = Ledger().add("model_calls", {column: True}, {column: False}, {column: None})
    assert parts(ledger, kpi, "numerator", "denominator", "n", "covered", "eligible") == [(1, 2, 2, 2, 3)]


def test_tool_reliability_counts_every_kind_of_failure_against_the_tool() -> None:
    failures = [{"status": status} for status in ("error", "timeout", "invalid_args", "denied", "empty")]
    ledger = Ledger().add("tool_calls", {}, *failures, {"status": None, "tool_name": None})
    assert parts(ledger, "tool_reliability", "slice", "numerator", "denominator", "covered", "eligible") == [
        ("", 1, 6, 6, 7),
        ("lookup", 1, 6, 6, 6),
        ("unknown", 0, 0, 0, 1),
    ]


@pytest.mark.parametrize(
    ("kpi", "table", "event", "other"),
    [
        ("error_rate", "model_calls", {"is_error": True}, {}),
        ("throttle_rate", "model_calls", {"throttled": True}, {}),
        (
            "guardrail_intervention_rate",
            "model_calls",
            {"guardrail_assessed": True, "guardrail_action": "blocked"},
            {"guardrail_assessed": True},
        ),
        ("tool_reliability", "tool_calls", {}, {"status": "error"}),
    ],
)
def test_rates_of_calls_keep_how_the_calls_of_one_task_go_together(
    kpi: str, table: str, event: dict[str, Any], other: dict[str, Any]
) -> None:
    ledger = Ledger().add(table, event | {"task_id": "a"}, times=3).add(table, other | {"task_id": "a"})
    ledger.add(table, event | {"task_id": "b"}, other | {"task_id": "b"}).add(table, event, other)
    wanted = ("numerator", "denominator", "numerator_sq", "cross_sum", "denominator_sq")
    assert parts(ledger, kpi, *wanted)[0] == (5, 8, 9 + 1 + 1, 12 + 2 + 1, 16 + 4 + 1 + 1)


def test_one_task_that_calls_two_tools_is_a_cluster_of_each() -> None:
    ledger = Ledger().add("tool_calls", {"task_id": "a"}, {"task_id": "a", "tool_name": "pay"})
    assert parts(ledger, "tool_reliability", "slice", "denominator_sq") == [("", 4), ("lookup", 1), ("pay", 1)]


def test_escalation_counts_ended_tasks_and_names_a_missing_reason() -> None:
    ledger = Ledger().add(
        "tasks",
        {"escalated": True, "escalation_reason": "policy"},
        {"escalated": True},
        {},
        judged(escalated=None),
        judged(status="success", escalated=None),
    )
    assert parts(ledger, "escalation_rate", "slice", "numerator", "denominator", "covered", "eligible") == [
        ("", 2, 4, 3, 4),
        ("policy", 1, 1, 1, 1),
        ("unknown", 1, 1, 1, 1),
    ]


def test_escalation_is_unknown_where_no_task_says_whether_it_was_escalated() -> None:
    ledger = Ledger().add("tasks", {"escalated": None})
    assert parts(ledger, "escalation_rate", "numerator", "denominator", "covered") == [(None, 1, 0)]


def test_guardrails_count_interventions_among_assessed_calls() -> None:
    actions = ("none", "detected", "masked", "blocked", "intervened")
    assessed = [{"guardrail_assessed": True, "guardrail_action": action} for action in actions]
    ledger = Ledger().add("model_calls", *assessed, {}, {"guardrail_assessed": None})
    wanted = ("numerator", "denominator", "covered", "eligible")
    assert parts(ledger, "guardrail_intervention_rate", *wanted) == [(3, 5, 5, 7)]


def test_pass_k_counts_judged_tries_by_business_key() -> None:
    ledger = Ledger().add(
        "tasks",
        {"business_key": "a"},
        {"business_key": "a", "status": "failed"},
        {"business_key": None},
        judged(business_key="a"),
    )
    assert parts(ledger, "pass_k", "group_key", "numerator", "denominator") == [("a", 1, 2)]


@pytest.mark.parametrize("kpi", ON_TASKS, ids=lambda kpi: kpi.id)
def test_a_task_of_which_nothing_is_known_gives_no_success_and_no_cost(kpi: Kpi) -> None:
    nothing = dict.fromkeys(
        ("status", "status_source", "duration_ms", "cost_usd", "escalated", "human_touch", "ended_at")
    )
    rows = Ledger().add("tasks", nothing).rows(kpi.sql)
    if kpi.id != "task_volume":
        assert [row for row in rows if row.get("numerator")] == []
