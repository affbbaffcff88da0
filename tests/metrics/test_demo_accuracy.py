"""One agent of the demo account is estimated from people's labels and a judge together; the others are not."""

from __future__ import annotations

import pytest

from collectors.demo.truth.truth import Truth
from collectors.demo.world import AGENTS, OUTREACH
from metrics.accuracy import POWERED
from metrics.explain import explain
from metrics.model import Access, Query, Value
from metrics.run import run
from sql.published import Published

ALL = Access.everything()
SPANS = ("all", "last_28_days")


def values(demo: Published, query: Query) -> dict[str, Value]:
    return {value.slice: value for value in run(demo, "accuracy", query, ALL)}


def width(value: Value) -> float:
    assert value.low is not None
    assert value.high is not None
    return value.high - value.low


@pytest.mark.parametrize("span", SPANS)
def test_a_judge_makes_the_accuracy_of_one_agent_surer(demo: Published, truth: Truth, span: str) -> None:
    query = Query(*truth.spans[span], agents=(OUTREACH.agent_id,))
    found = values(demo, query)
    assert found[""].value == found["with_judge"].value != found["labels"].value
    assert found[""].state == "ok"
    assert width(found[""]) < width(found["labels"])
    told = explain(demo, "accuracy", query, ALL)
    assert told.method.startswith(POWERED)
    assert "verdicts on judge.on_brand" in told.method
    checked = [task for task in truth.span(OUTREACH.key, truth.spans[span]).tasks if task.truth and not task.escalated]
    assert found[""].n == len(checked) >= 100


@pytest.mark.parametrize("agent", [agent for agent in AGENTS if agent is not OUTREACH], ids=lambda agent: agent.key)
def test_no_other_agent_has_labels_enough_for_that(demo: Published, truth: Truth, agent: object) -> None:
    query = Query(*truth.spans["all"], agents=(agent.agent_id,))  # type: ignore[attr-defined]
    assert values(demo, query).keys() == {""}


def test_what_its_own_code_says_is_a_verdict_and_no_proof(demo: Published, truth: Truth) -> None:
    rows = demo.rows(
        "SELECT DISTINCT truth_source FROM tasks WHERE agent_id = $agent AND truth_score IS NOT NULL",
        {"agent": OUTREACH.agent_id},
    )
    assert rows == [{"truth_source": "human"}]
    verdicts = run(demo, "success_rate", Query(*truth.spans["all"], agents=(OUTREACH.agent_id,)), ALL)
    assert verdicts[0].n > 1000
