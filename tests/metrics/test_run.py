"""From parts to numbers: values, intervals, states, gaps and who may see what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from metrics import stats
from metrics.model import Access, Query, QueryError, Value
from metrics.run import default_period, run
from tests.metrics.support import DAY, END, START, Ledger

ALL = Access.everything()
WEEK = Query(START, END)
FAILED = {"status": "failed"}
UNJUDGED = {"status": None, "status_source": None}


def only(ledger: Ledger, kpi: str, query: Query = WEEK, access: Access = ALL) -> Value:
    """The one value that the question has."""
    (value,) = run(ledger, kpi, query, access)
    return value


def by_slice(ledger: Ledger, kpi: str, query: Query = WEEK) -> dict[str, Value]:
    """The values by slice."""
    return {value.slice: value for value in run(ledger, kpi, query, ALL)}


def test_a_rate_comes_with_its_parts_and_its_wilson_interval() -> None:
    value = only(Ledger().add("tasks", {}, times=30).add("tasks", FAILED, times=10).build(), "success_rate")
    assert (value.value, value.n, value.numerator, value.denominator, value.coverage) == (0.75, 40, 30, 40, 1.0)
    assert (value.state, value.missing, value.unit, value.definition_version) == ("ok", None, "ratio", "2")
    assert (value.low, value.high) == stats.wilson(30, 40)
    assert (value.agent_id, value.start, value.end) == (None, START, END)


def test_too_few_tasks_fill_the_value_and_say_how_many_are_needed() -> None:
    value = only(Ledger().add("tasks", {}, times=11).build(), "success_rate")
    assert (value.value, value.state, value.missing) == (1.0, "low_n", "11 tasks; need 30 to judge.")


def test_no_verdict_at_all_is_unknown_and_no_task_is_not_applicable() -> None:
    unknown = only(Ledger().add("tasks", UNJUDGED, times=40).build(), "success_rate")
    assert (unknown.value, unknown.state, unknown.missing) == (None, "unknown", "0 of 40 tasks have a verdict.")
    nothing = only(Ledger().build(), "success_rate")
    assert (nothing.value, nothing.state, nothing.n) == (None, "not_applicable", 0)


def test_the_first_failure_free_calls_bound_the_error_rate_from_above_only() -> None:
    value = only(Ledger().add("model_calls", {}, times=100).build(), "error_rate")
    assert (value.value, value.low) == (0.0, 0.0)
    assert value.high == pytest.approx(0.0295130496)


def test_accuracy_with_a_wide_interval_shows_the_interval_only() -> None:
    labelled = {"truth_score": 1.0, "truth_weight": 1.0}
    wide = Ledger().add("tasks", labelled, times=20).add("tasks", labelled | {"truth_score": 0.0}, times=20).build()
    assert only(wide, "accuracy").state == "low_n"
    sure = only(Ledger().add("tasks", labelled, times=100).build(), "accuracy")
    assert (sure.value, sure.state, sure.n) == (1.0, "ok", 100)


def test_unequal_weights_shrink_the_sample_that_counts() -> None:
    ledger = Ledger().add("tasks", {"truth_score": 1.0, "truth_weight": 1.0}, times=60)
    ledger.add("tasks", {"truth_score": 0.0, "truth_weight": 5.0}, times=6).build()
    value = only(ledger, "accuracy")
    assert value.value == pytest.approx(60 / 90)
    effective = 90 * 90 / (60 + 150)
    assert (value.low, value.high) == pytest.approx(stats.wilson(60 / 90 * effective, effective))


def test_cost_per_task_under_95_percent_priced_is_a_lower_bound() -> None:
    ledger = Ledger().add("tasks", {}, times=36).add("tasks", {"cost_usd": None, "priced_calls": 0}, times=4).build()
    value = only(ledger, "cost_per_task")
    assert (value.value, value.coverage, value.state) == (0.45, 0.9, "unknown")
    assert value.missing == "Only 72 of 80 model calls have a known price: the number is a lower bound."
    assert value.at_least


def test_cost_per_task_without_any_model_call_is_unknown_not_free() -> None:
    ledger = Ledger().add("tasks", {"cost_usd": None, "model_calls": 0, "priced_calls": 0}, times=40).build()
    assert [(only(ledger, "cost_per_task").value, only(ledger, "cost_per_task").state)] == [(None, "unknown")]


def test_cost_per_success_is_the_ratio_of_sums_with_fiellers_interval() -> None:
    costs = [0.12, 0.3, 0.22, 0.05, 0.41, 0.18, 0.27, 0.33, 0.09, 0.15, 0.25, 0.36]
    good = [1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1]
    ledger = Ledger()
    for cost, success in zip(costs, good, strict=True):
        ledger.add("tasks", {"cost_usd": cost, "status": "success" if success else "failed"})
    value = only(ledger.build(), "cost_per_success")
    assert value.value == pytest.approx(2.73 / 9)
    assert (value.low, value.high) == pytest.approx((0.17270479570466526, 0.5557517521331874))
    assert value.state == "low_n"


def test_money_without_a_success_is_spent_and_said() -> None:
    value = only(Ledger().add("tasks", FAILED, times=4).build(), "cost_per_success")
    assert (value.value, value.state, value.numerator) == (None, "not_applicable", 2.0)
    assert value.missing == "No success yet, $2.00 spent."


def test_cost_per_success_without_a_verdict_is_unknown() -> None:
    value = only(Ledger().add("tasks", UNJUDGED, times=40).build(), "cost_per_success")
    assert (value.value, value.state, value.missing) == (None, "unknown", "No task has a verdict.")


def test_one_success_among_many_has_no_bound_and_no_verdict() -> None:
    value = only(Ledger().add("tasks", {}).add("tasks", FAILED, times=40).build(), "cost_per_success")
    assert value.value == pytest.approx(20.5)
    assert (value.low, value.high, value.state) == (None, None, "low_n")


def test_spend_counts_unattributed_money_and_splits_by_model() -> None:
    ledger = Ledger().add("model_calls", {"cost_usd": 1.5}, {"cost_usd": 0.5, "model": "haiku"})
    ledger.add("model_calls", {"cost_usd": 2.0, "agent_id": "unattributed"}).build()
    assert {name: value.value for name, value in by_slice(ledger, "spend").items()} == {
        "": 4.0,
        "haiku": 0.5,
        "nova": 3.5,
    }
    grouped = run(ledger, "spend", Query(START, END, group=("agent",)), ALL)
    assert {value.agent_id: value.value for value in grouped if not value.slice} == {
        "refunds": 2.0,
        "unattributed": 2.0,
    }


def test_token_kinds_share_one_denominator() -> None:
    used = {"uncached_input_tokens": 60, "cache_read_tokens": 30, "output_tokens": 10}
    found = by_slice(Ledger().add("model_calls", used, {}).build(), "token_mix")
    assert (found["cache_read"].value, found["cache_read"].denominator, found["cache_read"].coverage) == (0.3, 100, 0.5)
    assert (found["cache_write_1h"].value, found["cache_write_1h"].state) == (None, "unknown")


def test_reasons_share_the_denominator_of_all_ended_tasks() -> None:
    reasons = [{"escalated": True, "escalation_reason": "policy"}] * 3 + [{"escalated": True}]
    found = by_slice(Ledger().add("tasks", *reasons).add("tasks", {}, times=36).build(), "escalation_rate")
    assert {name: (value.value, value.denominator) for name, value in found.items()} == {
        "": (0.1, 40),
        "policy": (0.075, 40),
        "unknown": (0.025, 40),
    }


def test_escalation_is_unknown_where_nobody_says() -> None:
    value = only(Ledger().add("tasks", {"escalated": None}, times=40).build(), "escalation_rate")
    assert (value.value, value.state) == (None, "unknown")


def test_a_guardrail_that_never_ran_is_unknown_not_safe() -> None:
    value = only(Ledger().add("model_calls", {}, times=40).build(), "guardrail_intervention_rate")
    assert (value.value, value.state, value.coverage) == (None, "unknown", 0.0)
    assert value.missing == "0 of 40 model calls were checked by a guardrail."


def test_quantiles_come_from_buckets_within_the_values_seen() -> None:
    durations = [{"duration_ms": float(ms)} for ms in range(1, 401)]
    found = by_slice(Ledger().add("tasks", *durations).build(), "task_latency")
    assert list(found) == ["p50", "p95", "p99"]
    for name, exact in {"p50": 200, "p95": 380, "p99": 396}.items():
        assert found[name].value == pytest.approx(exact, rel=0.015)
        assert found[name].state == "ok"
        assert found[name].n == 400
    ranks = stats.quantile_order_stat_ci(400, 0.95)
    assert (found["p95"].low, found["p95"].high) == pytest.approx((ranks.lower_rank, ranks.upper_rank), rel=0.011)


def test_a_day_by_itself_has_the_quantiles_of_the_same_day_as_a_total() -> None:
    quick, slow = (
        [{"duration_ms": float(ms), "agent_version": name} for ms in range(1, 200, step)]
        for name, step in (("1", 1), ("2", 3))
    )
    ledger = (
        Ledger()
        .add("tasks", *quick, *slow, {"duration_ms": None})
        .add("tasks", {"duration_ms": None, "day": DAY + timedelta(days=1)})
        .build()
    )
    days = run(ledger, "task_latency", Query(START, END, by="day"), ALL)
    alone = [
        run(ledger, "task_latency", Query(day, day + timedelta(days=1)), ALL) for day in (DAY, DAY + timedelta(days=1))
    ]
    assert days == [*alone[0], *alone[1]]
    assert [(value.n, value.value is None) for value in days] == [(266, False)] * 3 + [(0, True)] * 3


def test_a_quantile_never_leaves_the_range_of_what_was_measured() -> None:
    found = by_slice(Ledger().add("tasks", {"duration_ms": 1000.0}, times=70).build(), "task_latency")
    assert (found["p50"].value, found["p95"].value, found["p95"].low) == (1000.0, 1000.0, 1000.0)


def test_high_quantiles_need_enough_tasks() -> None:
    found = by_slice(Ledger().add("tasks", {}, times=59).build(), "task_latency")
    assert {name: value.state for name, value in found.items()} == {"p50": "ok", "p95": "ok", "p99": "low_n"}
    fewer = by_slice(Ledger().add("tasks", {}, times=58).build(), "task_latency")
    assert (fewer["p95"].state, fewer["p95"].high) == ("low_n", None)


def test_durations_that_nobody_measured_are_unknown() -> None:
    found = by_slice(Ledger().add("tasks", {"duration_ms": None}, times=40).build(), "task_latency")
    assert {(value.value, value.state, value.coverage) for value in found.values()} == {(None, "unknown", 0.0)}


def test_a_latency_can_be_sliced_by_its_own_dimension_only() -> None:
    ledger = Ledger().add("tool_calls", {}, {"tool_name": "pay"}).build()
    assert list(by_slice(ledger, "tool_latency")) == ["p50", "p95", "p99"]
    sliced = by_slice(ledger, "tool_latency", Query(START, END, slice_by="tool"))
    assert [name for name in sliced if name.endswith("p95")] == ["p95", "lookup:p95", "pay:p95"]
    with pytest.raises(QueryError, match="only tool can be asked for"):
        run(ledger, "tool_latency", Query(START, END, slice_by="model"), ALL)
    with pytest.raises(QueryError, match="it has no slices"):
        run(ledger, "task_latency", Query(START, END, slice_by="tool"), ALL)


def test_pass_k_reproduces_a_published_table(shared: Any) -> None:
    ledger = Ledger()
    for successes, jobs in {0: 14, 1: 12, 2: 10, 3: 4, 4: 10}.items():
        for job in range(jobs):
            key = {"business_key": f"{successes}-{job}"}
            ledger.add("tasks", key, times=successes).add("tasks", key | FAILED, times=4 - successes)
    found = by_slice(ledger.build(), "pass_k")
    assert [round(value.value or 0, 3) for value in found.values()] == [0.42, 0.273, 0.22, 0.2]
    assert {value.state for value in found.values()} == {"ok"}
    assert all((value.low or 0) <= (value.value or 0) <= (value.high or 0) for value in found.values())


def test_jobs_that_came_too_rarely_are_left_out_and_counted() -> None:
    ledger = Ledger().add("tasks", {"business_key": "once"}).add("tasks", {"business_key": "twice"}, times=2).build()
    found = by_slice(ledger, "pass_k")
    assert (found["k=2"].n, found["k=2"].coverage, found["k=2"].state) == (1, 0.5, "low_n")
    assert (found["k=3"].value, found["k=3"].state) == (None, "not_applicable")


def test_jobs_that_all_failed_keep_an_interval() -> None:
    ledger = Ledger()
    for job in range(20):
        ledger.add("tasks", {"business_key": str(job)} | FAILED)
    once = by_slice(ledger.build(), "pass_k")["k=1"]
    assert (once.value, once.low, once.state) == (0.0, 0.0, "ok")
    assert once.high == pytest.approx(0.16112515805281938)


@pytest.mark.parametrize("environment", ["test", "synthetic", "replay", "load"])
def test_work_that_is_not_real_counts_only_when_asked_for(environment: str) -> None:
    ledger = Ledger().add("tasks", {}, {"environment": None}, {"environment": environment}).build()
    assert only(ledger, "task_volume").value == 2
    assert only(ledger, "task_volume", Query(START, END, all_environments=True)).value == 3
    assert only(ledger, "task_volume", Query(START, END, environments=(environment,))).value == 1


def test_days_without_work_are_gaps_for_rates_and_zeros_for_counts_that_telemetry_covers() -> None:
    late = DAY + timedelta(days=3)
    ledger = Ledger().add("tasks", {"day": DAY + timedelta(days=1)}, {"day": late})
    ledger.insert("agents", [{"agent_id": "refunds", "first_seen_at": "2026-03-03 09:00:00"}])
    daily = Query(START, END, by="day")
    assert [value.start for value in run(ledger.build(), "success_rate", daily, ALL)] == [
        START + timedelta(days=1),
        late,
    ]
    volume = run(ledger, "task_volume", daily, ALL)
    assert [(value.start.day, value.value) for value in volume] == [(3, 1), (4, 0), (5, 1), (6, 0), (7, 0), (8, 0)]
    assert {value.state for value in volume if value.value == 0} == {"ok"}


def test_a_count_that_no_telemetry_covers_is_unknown_not_zero() -> None:
    assert [(value.value, value.state) for value in run(Ledger(), "task_volume", WEEK, ALL)] == [(None, "unknown")]


@pytest.mark.parametrize(
    ("by", "starts"),
    [("week", [(2, 28), (3, 2)]), ("month", [(2, 28), (3, 1)]), ("day", [(2, 28), (3, 2)]), ("total", [(2, 28)])],
)
def test_periods_start_on_mondays_and_firsts_within_the_days_asked_for(by: Any, starts: list[tuple[int, int]]) -> None:
    before = DAY - timedelta(days=2)
    ledger = Ledger().add("tasks", {"day": before}, {}).build()
    found = run(ledger, "completion_rate", Query(before, END, by=by), ALL)
    assert [(value.start.month, value.start.day) for value in found] == starts
    assert [value.end for value in found][-1] == (DAY + timedelta(days=1) if by == "day" else END)


def test_a_period_that_the_data_do_not_reach_to_the_end_of_is_immature() -> None:
    ledger = Ledger(timezone="Europe/Paris", data_through_at="2026-03-08 22:30:00").add("tasks", {}, times=40).build()
    value = only(ledger, "success_rate")
    assert (value.value, value.state) == (1.0, "immature")
    assert value.missing == "The period ends with 2026-03-08. Data are complete to the end of 2026-03-07."
    assert only(ledger, "success_rate", Query(START, END - timedelta(days=1))).state == "ok"


def test_a_period_with_many_unfinished_tasks_is_immature() -> None:
    waiting = UNJUDGED | {"status": "in_flight", "mature": False, "ended_at": None}
    ledger = Ledger().add("tasks", {}, times=90).add("tasks", waiting, times=10).build()
    value = only(ledger, "success_rate")
    assert (value.state, value.missing) == ("immature", "10 of 100 tasks are not finished yet.")
    assert only(ledger, "task_volume").state == "ok"


def test_groups_are_separate_and_a_single_filter_names_itself() -> None:
    ledger = Ledger().add("tasks", {}, {"agent_version": "2"}, {"agent_id": "invoices", "agent_version": None}).build()
    found = run(ledger, "completion_rate", Query(START, END, group=("agent", "version")), ALL)
    assert [(value.agent_id, value.agent_version, value.n) for value in found] == [
        ("invoices", None, 1),
        ("refunds", "1", 1),
        ("refunds", "2", 1),
    ]
    one = only(ledger, "completion_rate", Query(START, END, agents=("refunds",), versions=("2",)))
    assert (one.agent_id, one.agent_version, one.n) == ("refunds", "2", 1)


def test_a_viewer_sees_only_the_agents_in_scope() -> None:
    ledger = Ledger().add("tasks", {}, {"agent_id": "secret"}).build()
    ledger.insert("agents", [{"agent_id": "secret", "first_seen_at": "2026-01-01"}])
    scope = Access.only("refunds")
    assert only(ledger, "task_volume", access=scope).value == 1
    hidden = run(ledger, "task_volume", Query(START, END, agents=("secret",)), scope)
    assert [(value.value, value.n) for value in hidden] == [(None, 0)]
    assert [v.agent_id for v in run(ledger, "task_volume", Query(START, END, group=("agent",)), scope)] == ["refunds"]


def test_the_default_period_is_the_last_28_complete_days_in_the_owners_time_zone() -> None:
    ledger = Ledger(timezone="Asia/Kolkata", data_through_at="2026-03-08T20:00:00Z")
    assert [str(day) for day in default_period(ledger)] == ["2026-02-09", "2026-03-09"]


def test_a_file_that_does_not_say_how_far_it_reaches_ends_with_its_last_day_of_work() -> None:
    ledger = Ledger().add("tasks", {}).build()
    ledger.con.execute("DELETE FROM org")
    assert default_period(ledger) == (DAY - timedelta(days=27), DAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"start": END, "end": END}, "holds no day"),
        ({"by": "hour"}, "choose one of day, week, month, total"),
        ({"group": ("colour",)}, "Cannot group by colour"),
    ],
)
def test_a_question_that_makes_no_sense_says_what_to_change(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        Query(**{"start": START, "end": END} | wrong)


def test_a_team_is_the_sum_of_its_agents_and_money_without_an_agent_is_no_teams() -> None:
    owned = [{"agent_id": "a", "team": "Care"}, {"agent_id": "b", "team": "Care"}, {"agent_id": "c", "team": "Sales"}]
    ledger = Ledger()
    ledger.insert("agents", owned)
    ledger.add("model_calls", *({"agent_id": name, "cost_usd": 1.0} for name in ("a", "b", "c", "unattributed")))
    by_team = run(ledger.build(), "spend", Query(START, END, group=("team",)), ALL)
    assert [(v.team, v.value) for v in by_team if not v.slice] == [("Care", 2.0), ("Sales", 1.0), (None, 1.0)]
    care = by_slice(ledger, "spend", Query(START, END, teams=("Care",)))[""]
    assert (care.value, care.team, care.agent_id) == (2.0, "Care", None)
    seen = run(ledger, "spend", Query(START, END, group=("team",)), Access.only("a"))
    assert [(v.team, v.value) for v in seen if not v.slice] == [("Care", 1.0)]


def test_a_quiet_day_of_a_team_is_a_true_zero_once_one_of_its_agents_is_known() -> None:
    ledger = Ledger()
    ledger.insert("agents", [{"agent_id": "a", "team": "Care", "first_seen_at": f"{DAY} 08:00:00"}])
    ledger.add("tasks", {"agent_id": "a"}).build()
    days = run(ledger, "task_volume", Query(START, END, by="day", group=("team",)), ALL)
    assert [(v.team, v.value) for v in days] == [("Care", 1.0)] + [("Care", 0.0)] * 6
