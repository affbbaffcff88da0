"""Each declared incident is made exactly as large as it says, and touches nothing else."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from collectors.demo.contracts import CONTRACTS
from collectors.demo.evaluations import result_lines
from collectors.demo.facts import ModelCall, Task
from collectors.demo.incidents import HEALTHY, INCIDENTS, Incident
from collectors.demo.shapes import CYCLE_DAYS, EPOCH, Agent
from collectors.demo.tasks import tasks_of_day
from collectors.demo.world import AGENTS
from metrics.catalogue import catalogue

SEED = 7
CYCLES = 3


def named(incident_id: str) -> tuple[Incident, Agent]:
    incident = next(each for each in INCIDENTS if each.id == incident_id)
    return incident, next(agent for agent in AGENTS if agent.key == incident.agent)


def days(incident: Incident, before: int = 0) -> list[date]:
    """The days of the incident in the third cycle, or as many that end `before` days before it begins."""
    begins = EPOCH + timedelta(days=CYCLES * CYCLE_DAYS + incident.first_day - before)
    return [begins + timedelta(days=number) for number in range(incident.days)]


def drawn(incident_id: str, incidents: tuple[Incident, ...] = INCIDENTS) -> list[Task]:
    """Every task of the incident's days."""
    incident, agent = named(incident_id)
    return [task for day in days(incident) for task in tasks_of_day(SEED, agent, day, incidents)]


def calls(tasks: list[Task]) -> list[ModelCall]:
    return [call for task in tasks for step in task.steps for call in step.calls if not call.error]


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda each: each.id)
def test_an_incident_names_an_agent_a_number_and_days_of_a_cycle(incident: Incident) -> None:
    assert incident.kpi in catalogue()
    assert incident.agent in {agent.key for agent in AGENTS} - {HEALTHY}
    assert 0 < incident.first_day < incident.first_day + incident.days <= CYCLE_DAYS
    assert all((incident.title, incident.seen_as, incident.cause))


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda each: each.id)
def test_a_release_comes_with_an_incident_only_where_it_says_so(incident: Incident) -> None:
    _, agent = named(incident.id)
    into, begins = 0, set()
    for release in agent.releases:
        begins.add(into)
        into += release.days
    assert into == CYCLE_DAYS
    assert (incident.first_day in begins) == incident.with_release


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda each: each.id)
def test_days_without_an_incident_are_as_if_there_were_none(incident: Incident) -> None:
    _, agent = named(incident.id)
    day = days(incident, before=incident.days + 1)[0]
    assert not any(each.agent == agent.key and each.holds_on(day) for each in INCIDENTS)
    assert tasks_of_day(SEED, agent, day) == tasks_of_day(SEED, agent, day, ())


def test_any_twelve_weeks_hold_every_incident_for_all_its_days() -> None:
    for start in (EPOCH, EPOCH + timedelta(days=31), EPOCH + timedelta(days=200)):
        shown = [start + timedelta(days=number) for number in range(CYCLE_DAYS)]
        assert {each.id: sum(each.holds_on(day) for day in shown) for each in INCIDENTS} == {
            each.id: each.days for each in INCIDENTS
        }


def test_every_second_right_answer_of_the_kind_is_wrong() -> None:
    incident, _ = named("accuracy_halved")
    spoilt, sound = drawn(incident.id), drawn(incident.id, ())
    for kind, least, most in ((incident.task_type, 0.42, 0.58), ("invoice_with_po", 0.95, 1.05)):
        shares = [
            sum(task.good for task in tasks if task.kind.name == kind) / sum(task.kind.name == kind for task in tasks)
            for tasks in (spoilt, sound)
        ]
        assert least < shares[0] / shares[1] < most


def test_prompts_are_exactly_twice_as_long_and_answers_are_not() -> None:
    longer, usual = calls(drawn("longer_prompts")), calls(drawn("longer_prompts", ()))
    assert [call.fresh_tokens for call in longer] == [2 * call.fresh_tokens for call in usual]
    assert [call.output_tokens for call in longer] == [call.output_tokens for call in usual]
    assert len(longer) > 500


def test_a_slow_answer_takes_exactly_1_8_times_as_long() -> None:
    slow, usual = (
        sorted(calls(tasks), key=lambda call: call.request) for tasks in (drawn("slow_model"), drawn("slow_model", ()))
    )
    assert [call.took_ms for call in slow] == pytest.approx([1.8 * call.took_ms for call in usual], rel=1e-12)
    assert [call.output_tokens for call in slow] == [call.output_tokens for call in usual]


def test_every_call_of_the_broken_tool_times_out() -> None:
    incident, _ = named("tool_outage")
    tools = [tool for task in drawn(incident.id) for step in task.steps for tool in step.tools]
    assert {tool.outcome for tool in tools if tool.name == incident.tool} == {"timeout"}
    assert {tool.outcome for tool in tools if tool.name == "stock_levels"} >= {"ok"}


def test_the_mix_of_work_is_as_declared_on_every_working_day() -> None:
    incident, agent = named("mix_shift")
    for before, plan in ((0, incident.daily), (incident.days, agent.daily)):
        for day in days(incident, before):
            tasks = tasks_of_day(SEED, agent, day)
            found = Counter((task.kind.name, task.good) for task in tasks)
            wanted = {} if day.weekday() >= 5 else plan or {}
            assert {kind: (found[kind, True] + found[kind, False], found[kind, True]) for kind in wanted} == wanted
            assert bool(tasks) == bool(wanted)


def test_another_model_answers_at_twice_the_length() -> None:
    incident, agent = named("silent_model_change")
    moved, usual = calls(drawn(incident.id)), calls(drawn(incident.id, ()))
    assert incident.models == (agent.answers_as, moved[0].answered_by)
    assert {call.answered_by for call in moved} == {incident.models[1]}
    assert {call.model for call in moved} == {call.model for call in usual}
    assert [call.output_tokens for call in moved] == [2 * call.output_tokens for call in usual]
    assert {task.version for task in drawn(incident.id)} == {
        task.version for task in tasks_of_day(SEED, agent, days(incident, before=2)[0])
    }


def test_below_its_threshold_an_agent_hands_over_until_it_does_not() -> None:
    incident, agent = named("no_hand_over")
    (threshold,) = (each.confidence_threshold for each in CONTRACTS if each.agent_id == agent.agent_id)
    assert agent.holds_below == threshold
    usual = [task for day in days(incident, before=incident.days) for task in tasks_of_day(SEED, agent, day)]
    unsure = [task for task in usual if task.confidence is not None and task.confidence < threshold]
    assert len(unsure) > 10
    assert all(task.escalation for task in unsure)
    assert "low_confidence" not in {task.escalation for task in drawn(incident.id)}


def test_every_judgement_of_those_days_is_an_error() -> None:
    def judged(tasks: list[Task]) -> list[dict[str, Any]]:
        return [json.loads(line.text)["attributes"] for task in tasks for line in result_lines(task)]

    errored, usual = judged(drawn("judge_errors")), judged(drawn("judge_errors", ()))
    assert len(errored) == len(usual) > 50
    assert all("error.type" in each and "gen_ai.evaluation.score.value" not in each for each in errored)
    assert sum("error.type" in each for each in usual) < 0.1 * len(usual)


def test_two_weeks_of_the_healthy_agent_differ_only_in_ids_and_dates() -> None:
    agent = next(each for each in AGENTS if each.key == HEALTHY)

    def facts(day: date) -> list[tuple[Any, ...]]:
        return [
            (task.kind, task.took_ms, task.good, task.outcome, task.escalation, task.confidence, len(task.judgements))
            for task in tasks_of_day(SEED, agent, day)
        ]

    for weekday in range(7):
        day = EPOCH + timedelta(days=weekday)
        one, other = (tasks_of_day(SEED, agent, day + timedelta(days=later)) for later in (7, 49))
        assert facts(day + timedelta(days=7)) == facts(day + timedelta(days=49))
        assert {task.trace for task in one}.isdisjoint(task.trace for task in other)
        assert {call.request for call in calls(one)}.isdisjoint(call.request for call in calls(other))


def test_finished_work_comes_again_under_its_key() -> None:
    agent = next(each for each in AGENTS if each.key == "policy")
    tasks = [task for number in range(60) for task in tasks_of_day(SEED, agent, EPOCH + timedelta(days=number))]
    good = Counter(task.key for task in tasks if task.good)
    assert sum(times >= 2 for times in good.values()) >= 10
