"""The ledger against the truth of the demo account: every KPI, every incident, and an agent without any."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import pytest

from collectors.demo.conditions import conditions
from collectors.demo.incidents import HEALTHY, INCIDENTS
from collectors.demo.shapes import NOTES_ALIAS
from collectors.demo.truth.document import unknown
from collectors.demo.truth.figures import FIGURES
from collectors.demo.truth.span import Figure
from collectors.demo.truth.truth import Days, Truth
from collectors.demo.world import AGENTS, CLAIMS, INVOICE, NOTES, OUTREACH, POLICY, REFUND, SUPPLY, TAGGER
from metrics.catalogue import catalogue
from metrics.change import compare
from metrics.model import Access, Query, Value
from metrics.run import run
from sql.published import Published
from tests.conftest import ROOT

ALL = Access.everything()
KEYS = [agent.key for agent in AGENTS]
SPANS = ("all", "last_28_days")
LATENCIES = [kpi.id for kpi in catalogue().values() if kpi.kind == "quantile"]  # read from buckets 1 % wide
NO_ACTIONS = ("loop_velocity", "loop_closed")
NOT_BY_WEEK = (
    *("drift", "calibration", "tool_latency", "tool_reliability", "tool_first_try", "tool_failures"), *NO_ACTIONS,
    "guardrail_precision",
)  # fmt: skip


def values(
    demo: Published, truth: Truth, kpi: str, agent: str, days: Days, task_type: str | None = None
) -> dict[str, Value]:
    """What the ledger says, by slice."""
    query = Query(*days, agents=(truth.known[agent].agent.agent_id,), task_types=(task_type,) if task_type else None)
    return {value.slice: value for value in run(demo, kpi, query, ALL)}


def assert_is(found: Value | None, expected: Figure, kpi: str) -> None:
    """Numerator, denominator, n exactly (fractions to 9 digits), latencies to 1 %, draws to 0.2 points."""
    if expected.value is None and expected.denominator is None:
        assert found is None or found.value is None
        return
    assert found is not None
    if (kpi, found.slice) == ("calibration", ""):  # the ledger draws what chance shows, the truth works it out
        assert found.value == pytest.approx(expected.value, abs=0.002)
    else:
        assert found.value == about(expected.value, 0.01 if kpi in LATENCIES else 1e-9)
    assert expected.numerator is None or found.numerator == about(expected.numerator, 1e-9)
    assert expected.denominator is None or found.denominator == about(expected.denominator, 1e-9)
    assert expected.n is None or found.n == expected.n


def about(number: float | None, rel: float) -> Any:
    return number if number is None else pytest.approx(number, rel=rel, abs=1e-9)


def test_the_truth_holds_every_kpi_of_the_catalogue() -> None:
    assert set(FIGURES) == set(catalogue())


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("agent", KEYS)
@pytest.mark.parametrize("kpi", FIGURES)
def test_every_number_is_what_was_made_to_happen(
    demo: Published, truth: Truth, kpi: str, agent: str, span: str
) -> None:
    days = truth.spans[span]
    expected = FIGURES[kpi](truth.span(agent, days))
    found = values(demo, truth, kpi, agent, days)
    for name, figure in expected.items():
        assert_is(found.get(name), figure, kpi)
    told = {name for name, value in found.items() if value.value is not None}
    assert told == {name for name, figure in expected.items() if figure.value is not None}


@pytest.mark.parametrize("agent", KEYS)
def test_what_an_agent_lacks_leaves_numbers_unknown(demo: Published, truth: Truth, agent: str) -> None:
    lacking = unknown(truth, agent)
    taken = any(each.agent.key == agent and each.taken_at for each in truth.actions)
    assert ("loop_closed" in lacking) is not taken
    for kpi in lacking:
        found = values(demo, truth, kpi, agent, truth.spans["all"])
        assert {value.value for value in found.values()} == {None}
        assert {value.state for value in found.values()} <= {"unknown", "not_applicable"}
        assert all(value.missing for value in found.values())


@pytest.mark.parametrize(
    ("kpi", "agent", "named"),
    [
        ("escalation_precision", POLICY, "escalations were reviewed"),
        ("loop_velocity", TAGGER, "No action is recorded"),
        ("pickup_time", SUPPLY, "escalation.picked_up_at"),
        ("waiting_handovers", SUPPLY, "escalation.picked_up_at"),
        ("leakage", NOTES, "confidence_threshold"),
        ("minutes_saved", CLAIMS, "baseline_minutes"),
        ("net_value", OUTREACH, "hourly_rate_usd"),
        ("sla_attainment", OUTREACH, "deadline_minutes"),
        ("judge_score", NOTES, "judged"),
        ("guardrail_intervention_rate", INVOICE, "guardrail"),
        ("cache_hit_rate", SUPPLY, "cache reads"),
        ("time_to_first_token", POLICY, "0 of"),
    ],
)
def test_an_agent_without_the_input_of_a_number_is_told_so(
    demo: Published, truth: Truth, kpi: str, agent: Any, named: str
) -> None:
    found = next(iter(values(demo, truth, kpi, agent.key, truth.spans["all"]).values()))
    assert (found.value, found.state) == (None, "unknown")
    assert named in (found.missing or "")


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda each: each.id)
def test_every_incident_is_seen_in_its_number_with_its_exact_figures(
    demo: Published, truth: Truth, incident: Any
) -> None:
    found = truth.occurrence(incident)
    kinds = [kind.name for kind in truth.known[incident.agent].agent.types]
    for days in (found.during, found.usual):
        for kind in (None, *kinds):
            expected = FIGURES[incident.kpi](truth.span(incident.agent, days, kind))
            said = values(demo, truth, incident.kpi, incident.agent, days, kind)
            for name, figure in expected.items():
                assert_is(said.get(name), figure, incident.kpi)


def moved(
    demo: Published, truth: Truth, incident_id: str, part: str = "", kind: str | None = None
) -> tuple[Value, Value]:
    """The number that an incident moves, on usual days and during it."""
    incident = next(each for each in INCIDENTS if each.id == incident_id)
    found = truth.occurrence(incident)
    usual, during = (
        values(demo, truth, incident.kpi, incident.agent, days, kind)[part] for days in (found.usual, found.during)
    )
    return usual, during


def amount(value: Value) -> float:
    assert value.value is not None
    return value.value


def test_a_version_halves_accuracy_in_one_kind_of_task_only(demo: Published, truth: Truth) -> None:
    usual, during = moved(demo, truth, "accuracy_halved", kind="invoice_without_po")
    other, still = moved(demo, truth, "accuracy_halved", kind="invoice_with_po")
    assert 0.35 < amount(during) / amount(usual) < 0.65
    assert abs(amount(still) - amount(other)) < 0.08


def test_the_version_with_the_fault_is_one_of_its_own(demo: Published, truth: Truth) -> None:
    incident = next(each for each in INCIDENTS if each.id == "accuracy_halved")
    found = truth.occurrence(incident)
    tasks = truth.span(incident.agent, found.during).tasks
    (version,) = {each.task.version for each in tasks}
    rows = demo.rows(
        "SELECT agent_version, count(*) AS tasks FROM tasks WHERE agent_id = $agent AND environment = 'prod'"
        " AND day >= $first AND day < $until GROUP BY agent_version",
        {"agent": INVOICE.agent_id, "first": found.during[0], "until": found.during[1]},
    )
    assert rows == [{"agent_version": version, "tasks": len(tasks)}]


def test_longer_prompts_cost_more_for_the_same_answers(demo: Published, truth: Truth) -> None:
    usual, during = moved(demo, truth, "longer_prompts")
    assert 1.4 < amount(during) / amount(usual) < 3.0  # more where a cheaper model follows


def test_a_tool_that_is_down_never_works_and_the_others_do(demo: Published, truth: Truth) -> None:
    usual, during = moved(demo, truth, "tool_outage", "supplier_portal")
    _, other = moved(demo, truth, "tool_outage", "stock_levels")
    assert (during.numerator, during.value) == (0, 0)
    assert (during.denominator or 0) >= 10
    assert amount(usual) > 0.85
    assert amount(other) > 0.9


def test_a_slow_model_takes_1_8_times_as_long(demo: Published, truth: Truth) -> None:
    usual, during = moved(demo, truth, "slow_model", "p50")
    assert 1.6 < amount(during) / amount(usual) < 2.0


def test_a_shift_of_work_moves_the_whole_and_no_kind_of_task(demo: Published, truth: Truth) -> None:
    whole = moved(demo, truth, "mix_shift")
    kinds = [moved(demo, truth, "mix_shift", kind=name) for name in ("simple_claim", "complex_claim")]
    assert [amount(value) for value in whole] == pytest.approx([10 / 15, 8 / 15])
    assert [amount(value) for pair in kinds for value in pair] == pytest.approx([0.8, 0.8, 0.4, 0.4])


def test_another_model_answers_without_a_new_version(demo: Published, truth: Truth) -> None:
    incident = next(each for each in INCIDENTS if each.id == "silent_model_change")
    found = truth.occurrence(incident)
    assert amount(values(demo, truth, "drift", NOTES.key, found.during)["model"]) > 1
    seen: dict[str, list[dict[str, Any]]] = {}
    for name, days in (("usual", found.usual), ("during", found.during)):
        seen[name] = demo.rows(
            "SELECT DISTINCT model, agent_version FROM model_calls"
            " WHERE agent_id = $agent AND day >= $first AND day < $until",
            {"agent": NOTES.agent_id, "first": days[0], "until": days[1]},
        )
    assert incident.models is not None
    version = conditions(NOTES, found.began - timedelta(days=1)).version
    assert {row["model"] for row in seen["usual"]} == {incident.models[0]}
    assert seen["during"] == [{"model": incident.models[1], "agent_version": version}]
    noted = demo.rows(
        "SELECT kind, before_value, after_value, resource, source FROM changes"
        " WHERE agent_id = $agent AND changed_at::DATE BETWEEN $day AND $day + 3",
        {"agent": NOTES.agent_id, "day": found.began},
    )
    facts = ("kind", "before_value", "after_value", "resource", "source")
    assert noted == [dict(zip(facts, ("model", *incident.models, NOTES_ALIAS, "telemetry"), strict=True))]


def test_hand_overs_at_low_confidence_stop_and_leakage_rises_from_nothing(demo: Published, truth: Truth) -> None:
    usual, during = moved(demo, truth, "no_hand_over")
    assert (usual.numerator, usual.value) == (0, 0)
    assert amount(during) > 0.5
    incident = next(each for each in INCIDENTS if each.id == "no_hand_over")
    days = truth.occurrence(incident)
    reasons = [values(demo, truth, "escalation_rate", REFUND.key, each) for each in (days.usual, days.during)]
    assert ["low_confidence" in found for found in reasons] == [True, False]


def test_a_judge_that_errors_leaves_not_one_score(demo: Published, truth: Truth) -> None:
    usual, during = moved(demo, truth, "judge_errors", "judge")
    assert 0.2 < amount(usual) < 0.4
    assert (during.numerator, during.value) == (0, 0)
    found = truth.occurrence(next(each for each in INCIDENTS if each.id == "judge_errors"))
    rows = demo.rows(
        "SELECT DISTINCT status FROM judge_results WHERE agent_id = $agent AND day >= $first AND day < $until",
        {"agent": REFUND.agent_id, "first": found.during[0], "until": found.during[1]},
    )
    assert rows == [{"status": "errored"}]


def weeks(truth: Truth, left_out: int = 2) -> Days:
    """Whole weeks, without the last ones, of which some outcomes have not arrived."""
    first = truth.first + timedelta(days=-truth.first.weekday() % 7)
    until = truth.until - timedelta(days=truth.until.weekday() + 7 * left_out)
    return first, until


@pytest.mark.parametrize("kpi", [kpi for kpi in FIGURES if kpi not in NOT_BY_WEEK])
def test_every_week_of_the_healthy_agent_is_the_same(demo: Published, truth: Truth, kpi: str) -> None:
    query = Query(*weeks(truth), agents=(TAGGER.agent_id,), by="week")
    by_week: dict[date, Counter[tuple[Any, ...]]] = defaultdict(Counter)
    for value in run(demo, kpi, query, ALL):
        told = (None if each is None else round(each, 9) for each in (value.numerator, value.denominator, value.value))
        by_week[value.start][value.slice, *told, value.n] += 1
    assert len(by_week) >= 8
    assert len({frozenset(found.items()) for found in by_week.values()}) == 1


@pytest.mark.parametrize("kpi", [kpi for kpi in FIGURES if kpi not in NO_ACTIONS])
def test_nothing_says_that_the_healthy_agent_changed(demo: Published, truth: Truth, kpi: str) -> None:
    until = weeks(truth)[1]
    middle = until - timedelta(days=28)
    before = values(demo, truth, kpi, HEALTHY, (middle - timedelta(days=28), middle))
    now = values(demo, truth, kpi, HEALTHY, (middle, until))
    assert before.keys() == now.keys()
    verdicts = {compare(kpi, now[part], before[part]).verdict for part in now}
    assert verdicts <= {"no_change", "cannot_tell"}


def test_the_healthy_agent_has_not_drifted_at_all(demo: Published, truth: Truth) -> None:
    until = weeks(truth)[1]
    found = values(demo, truth, "drift", HEALTHY, (until - timedelta(days=28), until))
    assert found[""].state == "ok"
    assert {value.value for value in found.values()} == {0.0}


@pytest.mark.parametrize("agent", ["invoice", "supply", "policy"])
def test_standing_jobs_come_again_however_they_ended(demo: Published, truth: Truth, agent: str) -> None:
    found = values(demo, truth, "pass_k", agent, truth.spans["all"])
    assert [found[f"k={k}"].state for k in range(1, 5)] == ["ok"] * 4
    assert found["k=4"].n >= 20
    assert 0 < amount(found["k=4"]) < amount(found["k=2"]) < 1
    assert values(demo, truth, "pass_k", agent, truth.spans["last_28_days"])["k=2"].state == "ok"


def test_a_free_agent_costs_nothing_and_is_not_unpriced(demo: Published, truth: Truth) -> None:
    found = values(demo, truth, "cost_per_task", NOTES.key, truth.spans["all"])[""]
    assert (found.value, found.coverage, found.state) == (0.0, 1.0, "ok")


def test_a_tiny_agent_has_too_few_tasks_for_most_numbers(demo: Published, truth: Truth) -> None:
    found = values(demo, truth, "success_rate", "travel", truth.spans["last_28_days"])[""]
    assert found.state == "low_n"


@pytest.mark.parametrize("span", SPANS)
def test_calls_of_nobody_cost_what_they_cost_on_a_line_of_their_own(demo: Published, truth: Truth, span: str) -> None:
    days = truth.spans[span]
    calls = truth.unattributed(days)
    priced = [call.cost_usd for call in calls if call.cost_usd is not None]
    found = {value.slice: value for value in run(demo, "spend", Query(*days, agents=("unattributed",)), ALL)}[""]
    assert (found.n, found.value) == (len(calls), pytest.approx(float(sum(priced)), rel=1e-9))
    assert found.coverage == len(priced) / len(calls) < 1


def test_calls_of_a_model_without_a_price_stay_without_one(demo: Published, truth: Truth) -> None:
    days = truth.spans["all"]
    calls = truth.span(OUTREACH.key, days).calls
    found = values(demo, truth, "spend", OUTREACH.key, days)[""]
    assert 0 < sum(call.cost_usd is None for call in calls) < 0.05 * len(calls)
    assert found.coverage == sum(call.cost_usd is not None for call in calls) / len(calls)


def test_some_judgements_come_more_than_a_day_late(demo: Published, truth: Truth) -> None:
    (row,) = demo.rows(
        "SELECT count(*) FILTER (l.labelled_at > t.ended_at + INTERVAL 1 DAY) AS late, count(*) AS labels"
        " FROM labels AS l JOIN tasks AS t USING (task_id) WHERE l.kind = 'human'"
    )
    assert 0 < row["late"] < row["labels"]


def test_work_follows_the_days_of_the_week(truth: Truth) -> None:
    for agent in (INVOICE, OUTREACH, CLAIMS):
        days = Counter(each.day.weekday() >= 5 for each in truth.span(agent.key, truth.spans["all"]).tasks)
        assert days[True] / 2 < 0.3 * days[False] / 5


def test_a_heavy_cache_is_seen(demo: Published, truth: Truth) -> None:
    assert amount(values(demo, truth, "cache_hit_rate", INVOICE.key, truth.spans["all"])[""]) > 0.5


def test_the_written_truth_names_every_agent_kpi_and_incident() -> None:
    written = json.loads((ROOT / "docs" / "demo-truth.json").read_text(encoding="utf-8"))
    assert [each["id"] for each in written["incidents"]] == [each.id for each in INCIDENTS]
    assert set(written["agents"]) == {agent.agent_id for agent in AGENTS}
    for agent in written["agents"].values():
        assert all(set(agent[span]) == set(catalogue()) for span in SPANS)
