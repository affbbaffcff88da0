"""The lower half of the agent page: value, hand-overs, quality, steadiness, in every state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard import agent_sections
from dashboard.data import Ledger, Scope, total
from dashboard.figure_rows import Row
from dashboard.filters import FilterState, Window
from dashboard.words import monograms
from metrics.run import default_period
from tests.dashboard.conftest import Open
from tests.dashboard.support import html_of, republish

REFUND, TRAVEL = "refund_desk-F6g7H8i9J0", "travel_booker-Q7r8S9t0U1"
ONBOARDING, INVOICE = "onboarding_desk-V8w9X0y1Z2", "invoice_processor-A1b2C3d4E5"
ROWS = (*agent_sections.VALUE, *agent_sections.HAND_OVERS, *agent_sections.QUALITY, *agent_sections.STEADY)
PARTS = {
    "jobs": ("How jobs ended", "How long jobs took", "Latest jobs"),
    "money": ("What it spends", "Value"),
    "tools": ("Tools",),
    "guardrails": ("Guardrails and escalation",),
    "quality": ("Quality and people", "Consistency, rework, drift"),
}


def scope_of(ledger: Ledger, agent: str) -> Scope:
    return Scope(FilterState(agents=(agent,)), Window(*default_period(ledger.published)))


def shown(html: str, kpi: str) -> str:
    """Return the first row of a KPI."""
    return html.split('class="al fig ', 1)[1].split(f'data-kpi="{kpi}" data-state="', 1)[1].split('class="al fig ')[0]


def test_only_the_open_part_is_drawn_and_all_parts_hold_every_row(open_page: Open, demo_home: Path) -> None:
    kpis: set[str] = set()
    for part in PARTS:
        html = html_of(open_page("2_agent", demo_home, agent=REFUND, part=part))
        found = re.findall(r"<h2>(.*?)</h2>", html)
        assert tuple(found[-len(PARTS[part]) :]) == PARTS[part]
        assert not {name for other, names in PARTS.items() if other != part for name in names} & set(found)
        assert html.count('class="al kpi') == 6
        kpis |= set(re.findall(r'class="al fig [a-z]*" data-kpi="([a-z_]+)"', html))
    assert {row.kpi for row in ROWS} | {"pass_k"} == kpis


@pytest.mark.parametrize("asked", ["", "nonsense"])
def test_a_part_that_is_none_opens_the_first(asked: str, open_page: Open, demo_home: Path) -> None:
    app = open_page("2_agent", demo_home, agent=REFUND, part=asked)
    assert not app.exception
    assert "<h2>Latest jobs</h2>" in html_of(app)


@pytest.mark.parametrize("row", [row for row in ROWS if row.show], ids=lambda r: r.kpi)
@pytest.mark.parametrize("agent", [REFUND, INVOICE])
def test_the_jobs_behind_a_row_are_as_many_as_it_counted(row: Row, agent: str, demo_ledger: Ledger) -> None:
    scope = scope_of(demo_ledger, agent)
    found = total(demo_ledger, row.kpi, scope.query(), row.part)
    assert found is not None
    asked = {"show": row.show, "search": None, "tool": None}
    jobs = demo_ledger.rows("tasks_count", (agent,), **scope.params(), **asked)[0]["tasks"]
    assert jobs == (found.numerator if row.kpi in ("leakage", "rework_rate", "reported_problems") else found.n)


def test_value_says_on_whose_assumption_it_rests(open_page: Open, demo_home: Path) -> None:
    html = html_of(open_page("2_agent", demo_home, agent=REFUND, part="money"))
    assert 'data-kpi="net_value" data-state="modelled"' in html
    assert "hours of work." in shown(html, "minutes_saved")
    assert "Assumed: 9 min a job (6–12), estimated; $32.00 an hour; $18.00 for an error nobody caught." in html
    assert "Declared in ledger.toml by Service lead." in html


def test_a_tiny_agent_without_a_baseline_is_told_what_is_missing(open_page: Open, demo_home: Path) -> None:
    html = "".join(html_of(open_page("2_agent", demo_home, agent=TRAVEL, part=part)) for part in PARTS)
    assert 'data-kpi="net_value" data-state="not_measured"' in html
    assert "name baseline_minutes" in shown(html, "minutes_saved")
    assert 'data-kpi="containment" data-state="too_few"' in html
    assert "too few to say more" in html
    assert "The contract names no threshold." in html
    assert "No job came" in shown(html, "pass_k") or "need 20 to judge" in shown(html, "pass_k")


def test_a_failed_source_is_named_on_the_rows_that_need_it(open_page: Open, demo_copy: Path) -> None:
    republish(
        demo_copy,
        "UPDATE collector_runs SET status = 'failed', error_code = 'AccessDeniedException'"
        " WHERE source = 'outcome_events'",
    )
    html = html_of(open_page("2_agent", demo_copy, agent=REFUND, part="guardrails"))
    assert "outcome_events: access denied." in shown(html, "containment")
    assert 'data-kpi="guardrail_intervention_rate" data-state="broken"' not in html


def test_an_agent_whose_jobs_state_no_confidence_gets_no_slider(open_page: Open, demo_copy: Path) -> None:
    republish(demo_copy, "UPDATE tasks SET confidence = NULL")
    app = open_page("2_agent", demo_copy, agent=REFUND, part="guardrails")
    assert "states how sure the agent was" in html_of(app)
    assert not app.slider


def test_the_threshold_is_kept_in_the_link_and_moves_the_sentence(open_page: Open, demo_home: Path) -> None:
    app = open_page("2_agent", demo_home, agent=REFUND, part="guardrails")
    assert app.slider(key="confidence_at").value == 0.6
    assert "Below 0.60" in html_of(app)
    app.slider(key="confidence_at").set_value(0.8).run()
    assert dict(app.query_params)["at"] in ("0.80", ["0.80"])
    html = html_of(app)
    assert "Below 0.80" in html
    assert "Proven at 95" in html


@pytest.mark.parametrize("asked", ["much", "7", "-1", "nan"])
def test_a_threshold_in_the_link_that_is_none_does_no_harm(asked: str, open_page: Open, demo_home: Path) -> None:
    app = open_page("2_agent", demo_home, agent=REFUND, part="guardrails", at=asked)
    assert not app.exception
    assert app.slider(key="confidence_at").value == 0.6


def test_agents_that_work_together_are_listed_with_what_each_did(open_page: Open, demo_home: Path) -> None:
    html = html_of(open_page("2_agent", demo_home, agent=ONBOARDING, part="tools"))
    crew = html.split("Agents at work, the owner of the jobs first")[1].split("</table>")[0]
    assert [name in crew for name in ("Onboarding Desk", "Policy Answers", "Access Planner")] == [True] * 3
    assert crew.count("works for it") == 2


def test_no_two_agents_share_their_letters() -> None:
    names = {"a": "Refund Desk", "b": "Retail Data", "c": "retail_desk", "d": "Rd", "e": "R", "f": "…", "g": "R 2 D"}
    found = monograms(names)
    assert found["a"] == "RD"
    assert len(set(found.values())) == len(found)
    assert all(1 <= len(letters) <= 2 for letters in found.values())


def test_numbers_that_rest_on_too_few_jobs_have_no_bar_and_say_so(open_page: Open, demo_home: Path) -> None:
    html = html_of(open_page("2_agent", demo_home, agent=TRAVEL, part="quality"))
    assert "Too few jobs to judge drift" in html


PRICE = "UPDATE prices SET usd_per_mtok = {} WHERE model LIKE 'northwind.%'"


def spent_on_input(open_page: Open, home: Path) -> tuple[str, str]:
    """What the heading says of the spend of Meeting Notes, and the money beside its input."""
    app = open_page("2_agent", home, agent="meeting_notes-L2m3N4o5P6", part="money")
    section = html_of(app).split("<h2>What it spends</h2>")[1].split("<h2>Value</h2>")[0]
    (told,) = {chart.proto.alt for chart in app.get("plotly_chart") if chart.proto.alt.startswith("Spend by kind")}
    return section.split("<h3>")[1].split("</h3>")[0], told.split("Input, not cached ")[1].split(",")[0]


def test_a_price_of_zero_is_neither_no_price_nor_money(open_page: Open, demo_copy: Path) -> None:
    assert spent_on_input(open_page, demo_copy) == ("What has a price costs $0", "$0"), "as the demo declares it"
    republish(demo_copy, "DELETE FROM prices WHERE model LIKE 'northwind.%'")
    assert spent_on_input(open_page, demo_copy) == ("No part of this has a price", "—")


def test_what_is_spent_moves_with_the_price(open_page: Open, demo_copy: Path) -> None:
    found = []
    for price in (20, 40):
        republish(demo_copy, PRICE.format(price))
        finding, money = spent_on_input(open_page, demo_copy)
        assert finding.startswith("Input, not cached: ")
        found.append(float(money.removeprefix("$")))
    assert found[1] == pytest.approx(2 * found[0], rel=0.01)
