"""Agents that work together in the demo account: each has its own calls, cost and time, and they add up to the jobs."""

from __future__ import annotations

import pytest

from collectors.demo.truth.crew import crew
from collectors.demo.truth.truth import Truth
from collectors.demo.world import AGENTS, ONBOARDING, POLICY
from metrics import drill
from metrics.model import Access
from sql.published import Published

ALL = Access.everything()
KEYS = [agent.key for agent in AGENTS]
SPANS = ("all", "last_28_days")


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("agent", KEYS)
def test_agents_at_work_have_exactly_their_own_calls_cost_and_time(
    demo: Published, truth: Truth, agent: str, span: str
) -> None:
    first, until = truth.spans[span]
    agent_id = truth.known[agent].agent.agent_id
    rows = drill.rows(
        demo,
        "crew",
        ALL,
        (agent_id,),
        **{"from": first, "to": until, "task": None, "versions": None, "environments": None},
    )
    found = {row["acting_agent_name"]: row for row in rows}
    expected = crew(truth.span(agent, truth.spans[span]))
    assert set(found) == set(expected)
    assert bool(expected) is (agent == ONBOARDING.key)
    for name, own in expected.items():
        for what, amount in vars(own).items():
            assert float(found[name][what]) == pytest.approx(amount, rel=1e-6)


def test_the_parts_of_agents_that_work_together_add_up_to_the_jobs(demo: Published) -> None:
    rows = demo.rows(
        "SELECT sum(w.exclusive_ms) AS parts_ms, any_value(t.duration_ms) AS whole_ms, sum(w.cost_usd) AS parts_usd,"
        " any_value(t.cost_usd) AS whole_usd FROM task_agents AS w JOIN tasks AS t USING (task_id) GROUP BY w.task_id"
    )
    assert len(rows) > 300
    for row in rows:
        assert row["parts_ms"] == pytest.approx(row["whole_ms"], abs=0.1)
        assert row["parts_usd"] == row["whole_usd"]


def test_a_shared_agents_calls_are_its_own_and_its_tasks_are_not_counted_twice(demo: Published, truth: Truth) -> None:
    lent = demo.rows(
        "SELECT c.agent_id, count(*) AS calls, count(DISTINCT c.task_id) AS tasks, max(c.agent_version) AS version"
        " FROM model_calls AS c JOIN tasks AS t USING (task_id) WHERE c.agent_id <> t.agent_id GROUP BY c.agent_id"
    )
    (row,) = lent
    assert (row["agent_id"], row["version"]) == (POLICY.agent_id, None)  # the caller's version is not the shared one's
    assert row["calls"] >= row["tasks"] > 300
