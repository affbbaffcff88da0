"""The feed of insights, what needs attention and what changed in an agent: the same findings, in the viewer's scope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import attention, insights, what_changed
from dashboard.components.insight_card import evidence_html, gate_text, insight_html, kind_of, size_of
from dashboard.data import Ledger
from dashboard.filters import FilterState, Window
from dashboard.view import View
from dashboard.words import zone
from metrics.drill import UNATTRIBUTED
from metrics.insights import store
from metrics.insights.ages import open_by_age
from metrics.insights.cards import moved
from metrics.insights.model import Because, Gate, Insight, KnownBy, Onset, Reading, Report, Segment, Worth
from metrics.insights.store import load, refresh, work_out
from metrics.model import Access
from metrics.readiness import evidence
from metrics.run import default_period
from sql import journal
from tests.dashboard.support import html_of

DAY = date(2026, 11, 2)
BEFORE = Reading(date(2026, 10, 5), DAY, 0.93, 0.9, 0.95, 492, "ratio")
AFTER = Reading(DAY, date(2026, 11, 5), 0.0, 0.0, 0.05, 73, "ratio")
FINDING = Insight(
    id="abc123",
    agent_id="supply",
    kpi="tool_reliability",
    direction="down",
    kind="sudden",
    state="open",
    verdict="worse",
    segment=Segment("tool", "portal & co"),
    before=BEFORE,
    after=AFTER,
    onset=Onset(DAY, 0.9, DAY, DAY, DAY, DAY, 0.01, DAY),
    ended_on=None,
    e_value=1e6,
    grade="D",
    because=Because("Cannot tell."),
    worth=Worth(None, None, None, 40.0, "not known"),
    known_by=KnownBy(4, None),
    gates=(Gate("feed", False, "e = 3", "30"),),
)


def test_both_numbers_of_a_finding_lead_to_their_jobs() -> None:
    html = insight_html(FINDING, "Supply <1>", [])
    assert "Supply &lt;1&gt;" in html
    assert "portal &amp; co" in html
    assert "from=2026-10-05&amp;to=2026-11-01&amp;agent=supply&amp;tool=portal+%26+co" in html
    assert "from=2026-11-02&amp;to=2026-11-04" in html


def test_a_gate_that_holds_a_finding_back_is_shown_with_what_is_needed() -> None:
    assert gate_text(FINDING.gates[0]) == "feed: e = 3, needs 30"
    assert "feed: e = 3, needs 30" in insight_html(FINDING, "Supply", [])
    assert "○ feed" in evidence_html(FINDING, {})


@pytest.mark.parametrize(
    ("kind", "verdict", "word"),
    [
        ("sudden", "worse", "Sudden"),
        ("sudden", "changed", "Changed"),
        ("sudden", "better", "Better"),
        ("level", "worse", "Level"),
        ("data", "worse", "Data"),
        ("zero", "unknown", "Zero"),
    ],
)
def test_every_kind_has_a_glyph_and_a_word(kind: str, verdict: str, word: str) -> None:
    glyph, said, role = kind_of(replace(FINDING, kind=kind, verdict=verdict))  # type: ignore[arg-type]
    assert said == word
    assert glyph
    assert role in ("bad", "good", "att", "quiet")


def test_the_size_is_what_is_at_stake_at_least() -> None:
    assert size_of(FINDING) == ("40 jobs", "a month touched")
    money = replace(FINDING, worth=Worth(120.0, 80.0, 160.0, 40.0, ""))
    assert size_of(money) == ("≥\u202f$80.00", "a month at stake")
    saved = replace(FINDING, worth=Worth(-120.0, -160.0, -80.0, 40.0, ""))
    assert size_of(saved) == ("≥\u202f$80.00", "a month saved")


@pytest.fixture(scope="module")
def report(demo_home: Path) -> Report:
    """The insights of the demo account."""
    return work_out(demo_home)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, report: Report, demo_ledger: Ledger) -> View:
    """The portfolio of the demo account, its insights worked out already."""

    class Done:
        def __init__(self) -> None:
            self.report = report
            self.thread = self

        def join(self, _seconds: float) -> None:
            """There is nothing to wait for."""

    monkeypatch.setattr(insights, "_working", lambda home, version: Done())
    now = Window(*default_period(demo_ledger.published))
    known = {str(row["agent_id"]): row for row in demo_ledger.rows("agents") if row["agent_id"] != UNATTRIBUTED}
    return View(demo_ledger, FilterState(), now, FilterState().before(now), known, zone("UTC"), demo_ledger.org())


def test_what_needs_attention_is_what_is_open_in_the_feed(shown: View, report: Report) -> None:
    found = [item for item in attention.items(shown) if item.page == "insights"]
    leading = {each.agent_id for each in report.insights if each.state == "open" and each.primary is None}
    assert {item.agent for item in found} <= leading
    assert all(item.kind in attention.KINDS for item in found)


def test_an_agent_shows_the_findings_of_the_portfolio_in_the_same_order(
    shown: View, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "MOST", 100)
    listed = [(item.agent, item.headline) for item in attention.items(shown) if item.page == "insights"]
    told = []
    for agent in shown.agents:
        own = replace(shown, state=FilterState(agents=(agent,)))
        found = what_changed.in_period(own, insights.shown(own))
        mine = [(agent, f"{shown.name(agent)}: {moved(each)}") for each in found if _calls_for_attention(each)]
        assert mine == [each for each in listed if each[0] == agent]
        told += mine
    assert sorted(told) == sorted(listed)
    feed = [each.id for each in report.insights if _calls_for_attention(each) and each.primary is None]
    assert len(feed) == len(listed) >= 4


def _calls_for_attention(insight: Insight) -> bool:
    return insight.state == "open" and insight.verdict != "better"


def test_what_somebody_put_aside_is_gone_from_the_portfolio_and_the_agent_alike(
    shown: View, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = next(each for each in report.insights if each.state == "open" and each.primary is None)
    monkeypatch.setattr(insights, "_put_aside", lambda book, insight: insight.id == first.id)
    own = replace(shown, state=FilterState(agents=(first.agent_id,)))
    assert first.id not in {each.id for each in what_changed.in_period(own, insights.shown(own))}
    headline = f"{shown.name(first.agent_id)}: {moved(first)}"
    assert headline not in {item.headline for item in attention.items(shown)}


def test_opening_the_portfolio_works_nothing_out_that_is_kept(
    open_page: Callable[..., AppTest], demo_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh(demo_copy)
    evidence.refresh(demo_copy)

    def heavy(*_: object) -> None:
        raise AssertionError("worked out again although it is kept")

    monkeypatch.setattr(store, "report", heavy)
    monkeypatch.setattr(evidence, "everything", heavy)
    html = html_of(open_page("1_portfolio", demo_copy))
    assert "Needs attention" in html
    assert 'class="pillars"' in html


def test_a_viewer_sees_findings_of_the_own_agents_alone(shown: View, report: Report) -> None:
    agent = report.insights[0].agent_id
    narrow = replace(shown, ledger=replace(shown.ledger, access=Access.only(agent)))
    found = insights.shown(narrow)
    assert found.insights
    assert {each.agent_id for each in found.insights} == {agent}
    other = next(each for each in shown.agents if each != agent)
    assert insights.shown(replace(narrow, state=FilterState(agents=(other,)))).insights == ()


def test_the_cost_bridge_of_an_agent_adds_up_to_what_its_task_costs(shown: View) -> None:
    agent = next(each for each, row in shown.agents.items() if row["agent_name"] == "Outreach Writer")
    found = what_changed.cost_bridge(replace(shown, state=FilterState(agents=(agent,))))
    assert found.withheld is None
    assert found.before.value is not None
    assert found.after.value == pytest.approx(found.before.value + sum(factor.usd for factor in found.factors))
    assert found.before.end == found.after.start == shown.now.start


def test_insights_are_worked_out_beside_the_page_and_kept(demo_copy: Path) -> None:
    working = insights.Working(demo_copy)
    working.thread.join()
    assert working.report is not None
    assert load(demo_copy) == working.report


def test_the_feed_names_the_promise_and_what_cannot_be_watched(
    open_page: Callable[..., AppTest], demo_copy: Path
) -> None:
    working = insights.Working(demo_copy)
    working.thread.join()
    html = html_of(open_page("4_insights", demo_copy))
    assert "false alarm in 90 days" in html
    assert 'class="al attn insight"' in html
    assert "cannot be watched yet" in html


def test_the_feed_says_how_long_the_open_findings_wait_and_nothing_of_other_agents(
    open_page: Callable[..., AppTest], demo_copy: Path
) -> None:
    working = insights.Working(demo_copy)
    working.thread.join()
    assert working.report is not None
    whole = open_by_age(working.report)
    assert whole.findings
    assert f"{whole.text}." in html_of(open_page("4_insights", demo_copy))
    agent = next(each.agent_id for each in working.report.insights if each.state == "open")
    own = open_by_age(working.report, [agent])
    assert 0 < (own.findings or 0) < whole.findings
    assert f"{own.text}." in html_of(open_page("4_insights", demo_copy, agent=agent))


def test_a_recorded_change_waits_in_the_journal_for_the_next_collection(tmp_path: Path) -> None:
    journal.note_change(tmp_path, {"changed_at": "2026-11-03T00:00:00Z", "kind": "threshold", "after": "0"})
    assert [(row["event.name"], row["kind"]) for row in journal.pending(tmp_path)] == [("agent.change", "threshold")]
