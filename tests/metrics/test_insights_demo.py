"""Every planted incident of the demo account is found: right number, day, version and part, within the stated delay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from collectors.demo.incidents import HEALTHY, INCIDENTS, Incident
from collectors.demo.shapes import CYCLE_DAYS
from metrics.catalogue import published_kpis
from metrics.insights.ages import open_by_age
from metrics.insights.context import Context
from metrics.insights.gather import Outside
from metrics.insights.model import Insight, Report, Segment
from metrics.insights.report import lead_insights, report
from metrics.insights.store import load, refresh, save
from metrics.insights.watched import way_of
from metrics.model import Access
from metrics.run import default_period
from sql.published import Published, open_published
from tests.metrics.cycle import FIRST, agent_of


@dataclass(frozen=True)
class Expected:
    """What must be found: the number, its part, within so many days, with which kinds of recorded change."""

    kpi: str
    direction: str
    segment: Segment
    days: int
    changes: tuple[str, ...] = ()


EXPECTED = {
    "accuracy_halved": Expected("accuracy", "down", Segment("task_type", "invoice_without_po"), 9, ("agent",)),
    "longer_prompts": Expected("cost_per_task", "up", Segment(), 4, ("agent",)),
    "tool_outage": Expected("tool_reliability", "down", Segment("tool", "supplier_portal"), 2),
    "slow_model": Expected("model_latency", "up", Segment(), 3),
    "mix_shift": Expected("drift", "up", Segment("task_type", "complex_claim"), 8),
    "silent_model_change": Expected("drift", "up", Segment("model", "northwind.notes-7b-2026-09"), 4),
    "no_hand_over": Expected("leakage", "up", Segment(), 7),
    "judge_errors": Expected("label_coverage", "down", Segment("label kind", "judge"), 3),
}


@pytest.fixture(scope="module")
def published(cycle_home: Path) -> Iterator[Published]:
    with closing(open_published(cycle_home)) as found:
        yield found


@pytest.fixture(scope="module")
def found(published: Published) -> Report:
    return report(published)


def begins(incident: Incident) -> date:
    return FIRST + timedelta(days=incident.first_day)


def finding(found: Report, incident: Incident) -> Insight:
    """The finding that leads for an incident."""
    wanted = EXPECTED[incident.id]
    own = [
        each
        for each in lead_insights(found.of(agent_of(incident.agent)))
        if (each.kpi, each.direction) == (wanted.kpi, wanted.direction) and each.kind in ("sudden", "data")
        and each.onset is not None and each.onset.day == begins(incident)
    ]  # fmt: skip
    assert len(own) == 1, [(each.kpi, each.onset) for each in found.of(agent_of(incident.agent))]
    return own[0]


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda each: each.id)
def test_an_incident_is_found_with_its_part_within_the_stated_delay(found: Report, incident: Incident) -> None:
    wanted, insight = EXPECTED[incident.id], finding(found, incident)
    assert insight.onset is not None
    assert insight.segment == wanted.segment
    assert insight.held_by is None
    assert insight.onset.delay_days <= wanted.days
    assert insight.onset.first <= begins(incident) <= insight.onset.last
    assert tuple(each.kind for each in insight.because.candidates) == wanted.changes


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda each: each.id)
def test_an_incident_that_ends_is_over_on_its_day(found: Report, incident: Incident) -> None:
    insight, last = finding(found, incident), FIRST + timedelta(days=incident.first_day + incident.days)
    if last.toordinal() >= FIRST.toordinal() + CYCLE_DAYS:
        assert insight.ended_on is None
    else:
        # A weekend without work between belongs to neither; leakage has about two cases a day.
        assert insight.ended_on is not None
        assert abs((insight.ended_on - last).days) <= 2


def test_a_release_that_goes_with_a_change_is_named_with_its_versions(found: Report) -> None:
    for key in ("accuracy_halved", "longer_prompts"):
        incident = next(each for each in INCIDENTS if each.id == key)
        (candidate,) = finding(found, incident).because.candidates
        assert candidate.on == begins(incident)
        assert candidate.before != candidate.after
        assert candidate.chance > 0.5


def test_longer_prompts_are_the_factor_that_made_tasks_dearer(found: Report) -> None:
    incident = next(each for each in INCIDENTS if each.id == "longer_prompts")
    insight = finding(found, incident)
    assert insight.because.bridge is not None
    assert [each.name for each in insight.because.bridge.factors if each.moved] == ["Length of input"]
    assert insight.because.bridge.residual == pytest.approx(0, abs=1e-9)
    assert insight.worth.low is not None
    assert insight.worth.low > 0


def test_the_mix_shift_is_told_as_mix_and_never_as_a_drop_of_quality(found: Report) -> None:
    incident = next(each for each in INCIDENTS if each.id == "mix_shift")
    mix = finding(found, incident).because.mix
    assert mix is not None
    assert mix.mix.clear
    assert not mix.rate.clear
    assert mix.mix.amount == pytest.approx(mix.total, abs=0.02)
    quality = {"accuracy", "success_rate", "autonomy"}
    assert not [each for each in found.of(agent_of("claims")) if each.kpi in quality and each.kind == "sudden"]


def test_nothing_is_said_of_the_healthy_agent(found: Report) -> None:
    assert [(each.kpi, each.kind) for each in found.of(agent_of(HEALTHY)) if each.state != "held"] == []


def test_nothing_else_is_found_than_what_was_made_to_happen(found: Report) -> None:
    """Beside the incidents only a release of Outreach Writer, which takes another model to begin and end its cycle."""
    planted = {finding(found, incident).id for incident in INCIDENTS}
    others = [
        each for each in lead_insights(found.insights)
        if each.kind in ("sudden", "data") and each.state != "held" and each.id not in planted
    ]  # fmt: skip
    assert {(each.agent_id, each.kpi, each.segment.dimension) for each in others} <= {
        (agent_of("outreach"), "drift", "model")
    }


def test_what_moved_together_goes_with_the_finding_that_leads(found: Report) -> None:
    lead = finding(found, next(each for each in INCIDENTS if each.id == "tool_outage"))
    together = {each.kpi for each in found.insights if each.primary == lead.id}
    assert {"tool_latency", "task_latency"} <= together


def test_a_cheaper_model_lowers_the_spend_by_the_cost_of_a_task_and_goes_with_the_model(found: Report) -> None:
    (spend,) = (each for each in found.of(agent_of("outreach")) if (each.kpi, each.direction) == ("spend", "down"))
    lead = found.named(spend.primary or "")
    assert lead is not None
    assert lead.kpi == "drift"
    assert spend.because.bridge is not None
    assert [each.name for each in spend.because.bridge.factors if each.moved] == ["Cost of one task"]
    assert (spend.verdict, spend.before.per) == ("better", "day")
    assert spend.worth.high is not None
    assert spend.worth.high < 0
    assert " a day" in spend.card.moved


def test_open_findings_by_age_are_the_incidents_that_last_with_the_days_since_they_began(found: Report) -> None:
    lasting = {
        each.agent: CYCLE_DAYS - each.first_day for each in INCIDENTS if each.first_day + each.days >= CYCLE_DAYS
    }
    assert lasting == {"claims": 28, "notes": 24}
    never_hands_over = {"claims"}  # a zero that lasts for all of its 28 days
    for agent, days in lasting.items():
        said = open_by_age(found, [agent_of(agent)])
        assert (said.findings, said.oldest_days) == (1 + (agent in never_hands_over), days)
        assert [each.findings for each in said.ages] == [0, said.findings, 0]
    healthy = open_by_age(found, [agent_of(HEALTHY)])
    assert (healthy.findings, healthy.watched) == (0, 1)
    whole = open_by_age(found)
    assert whole.findings == sum(each.state == "open" for each in lead_insights(found.insights))
    assert whole.findings == sum(each.findings for each in whole.ages)


def test_ids_stay_when_the_account_is_looked_at_again(published: Published, found: Report) -> None:
    again = report(published, found)
    assert {each.id for each in again.insights} == {each.id for each in found.insights}
    assert len({each.id for each in found.insights}) == len(found.insights)


def test_kept_insights_are_those_of_the_newest_file(cycle_home: Path, found: Report, tmp_path: Path) -> None:
    save(tmp_path, found)
    assert load(tmp_path) == found
    assert refresh(cycle_home).insights == found.insights


def test_the_promise_counts_every_stream_in_both_directions(found: Report) -> None:
    assert found.budget.threshold == found.budget.streams * found.budget.days / found.budget.false_alarms
    assert found.budget.streams > 100
    assert all(each.name.count("|") == 2 and not each.passed for each in found.not_watched)


def test_every_kpi_that_is_watched_has_a_stream_in_the_account(published: Published) -> None:
    end = default_period(published)[1]
    context = Context.read(published, end, Outside.read(published, Access.everything(), end))
    streams = {stream.kpi for stream in context.streams}
    assert {kpi.id for kpi in published_kpis(published).values() if way_of(kpi) not in (None, "part")} == streams
