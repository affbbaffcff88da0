"""Payback and the month's end of the demo account, against what was made to happen."""

from __future__ import annotations

import pytest

from collectors.demo.truth import outlook as known
from collectors.demo.truth.truth import Truth
from collectors.demo.world import AGENTS
from metrics.catalogue import catalogue
from metrics.explain import explain
from metrics.model import Access, Query
from metrics.outlook import month_end
from metrics.payback import payback
from metrics.run import run
from sql.published import Published

ALL = Access.everything()
KEYS = [agent.key for agent in AGENTS]
PAID_BACK = {"invoice", "refund", "supply", "tagger"}
BUDGETED = {"invoice", "refund", "supply"}


def asked(truth: Truth, agent: str, span: str) -> Query:
    return Query(*truth.spans[span], agents=(truth.known[agent].agent.agent_id,))


@pytest.mark.parametrize("agent", KEYS)
def test_an_agent_has_paid_itself_back_when_its_net_value_says_so(demo: Published, truth: Truth, agent: str) -> None:
    query = asked(truth, agent, "last_28_days")
    expected = known.payback_months(truth.span(agent, truth.spans["last_28_days"]))
    found = payback(demo, query, ALL, run(demo, "net_value", query, ALL)[0])
    assert (found.state == "unknown") == (agent not in PAID_BACK)
    assert found.months == (expected if expected is None else pytest.approx(expected, rel=1e-9))
    if agent == "onboarding":
        assert "setup_cost_usd and monthly_cost_usd" in found.text


@pytest.mark.parametrize("agent", KEYS)
def test_the_month_ends_where_its_usual_days_lead(demo: Published, truth: Truth, agent: str) -> None:
    found = month_end(demo, catalogue()["spend"], asked(truth, agent, "all"), ALL, truth.until)
    expected = known.month_end(truth.span(agent, truth.spans["all"]))
    assert expected is not None
    assert found.said is not None
    assert (found.said.so_far, found.said.value) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("agent", KEYS)
def test_only_agents_with_a_budget_are_held_against_one(demo: Published, truth: Truth, agent: str) -> None:
    told = explain(demo, "spend", asked(truth, agent, "last_28_days"), ALL).outlook or ""
    assert ("Of the budget of $" in told) == (agent in BUDGETED)
    assert ("monthly_budget_usd" in told) == (agent not in BUDGETED)
