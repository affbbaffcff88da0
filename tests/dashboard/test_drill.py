"""The rows behind a number: as many as the number says, and never another viewer's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dashboard.cards import SPECS, Spec
from dashboard.data import Ledger, Scope, open_ledger, scope_key, total
from dashboard.filters import FilterState, Window
from metrics import drill
from metrics.model import Access
from metrics.run import default_period
from tests.dashboard.conftest import Open
from tests.dashboard.support import html_of, republish

EVERYTHING = {"show": "all", "search": None, "tool": None}


def scope_of(ledger: Ledger) -> Scope:
    """Return the last 28 complete days, unfiltered."""
    return Scope(FilterState(), Window(*default_period(ledger.published)))


def count(ledger: Ledger, **asked: Any) -> int:
    """Return how many jobs the list holds."""
    return int(ledger.rows("tasks_count", (), **scope_of(ledger).params(), **(EVERYTHING | asked))[0]["tasks"])


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kpi)
def test_the_job_list_holds_as_many_jobs_as_the_card_counted(spec: Spec, demo_ledger: Ledger) -> None:
    card = total(demo_ledger, spec.kpi, scope_of(demo_ledger).query(), spec.part)
    assert card is not None
    assert count(demo_ledger, show=spec.show) == card.n > 0


def test_good_and_escalated_jobs_are_the_numerators(demo_ledger: Ledger) -> None:
    query = scope_of(demo_ledger).query()
    for kpi, show in (("success_rate", "good"), ("escalation_rate", "escalated")):
        card = total(demo_ledger, kpi, query)
        assert card is not None
        assert count(demo_ledger, show=show) == card.numerator


def test_endings_put_every_job_in_exactly_one_column(demo_ledger: Ledger) -> None:
    rows = demo_ledger.rows("endings", (), **scope_of(demo_ledger).params())
    names = ("confirmed", "assumed", "running", "escalated", "failed", "abandoned", "unknown")
    assert [sum(row[name] for name in names) for row in rows] == [row["tasks"] for row in rows]
    assert sum(row["tasks"] for row in rows) == count(demo_ledger)


def test_spend_by_kind_and_model_adds_up_to_the_spend_kpi(demo_ledger: Ledger) -> None:
    scope = scope_of(demo_ledger)
    parts = demo_ledger.rows("spend_parts", (), **scope.params())
    spend = total(demo_ledger, "spend", scope.query())
    assert spend is not None
    assert sum(row["usd"] or 0 for row in parts) == pytest.approx(spend.numerator, rel=1e-9)


def test_every_query_about_agents_takes_the_viewers_scope() -> None:
    without = {name for name in drill.names() if "$agents" not in drill.select_text(name)}
    assert without == drill.WITHOUT_AGENTS


@pytest.mark.parametrize("name", ["agents", "versions", "targets", "endings", "tasks", "price_states", "undeclared"])
def test_a_viewer_never_sees_the_rows_of_an_agent_outside_the_scope(name: str, demo_ledger: Ledger) -> None:
    mine = str(demo_ledger.rows("agents")[0]["agent_id"])
    narrow = replace(demo_ledger, access=Access.only(mine))
    params: dict[str, Any] = scope_of(demo_ledger).params()
    paging = {"sort": "new", "limit": 500, "offset": 0}
    given = {
        "endings": params,
        "tasks": params | EVERYTHING | paging,
        "targets": {"from": params["from"], "to": params["to"]},
        "price_states": {"from": params["from"], "to": params["to"]},
    }.get(name, {})
    assert demo_ledger.rows(name, (), **given)
    assert {row["agent_id"] for row in narrow.rows(name, (), **given)} <= {mine}
    assert narrow.rows(name, ("another-agent",), **given) == []


def test_one_job_of_another_agent_cannot_be_opened_by_its_id(demo_ledger: Ledger) -> None:
    task = demo_ledger.published.rows("SELECT task_id, agent_id FROM tasks ORDER BY task_id LIMIT 1")[0]
    stranger = replace(demo_ledger, access=Access.only("somebody-else"))
    assert demo_ledger.rows("task", (), task=task["task_id"])
    assert stranger.rows("task", (), task=task["task_id"]) == []


def test_the_cache_key_holds_scope_and_file(demo_home: Path) -> None:
    wide, narrow = (open_ledger(demo_home, access) for access in (Access.everything(), Access.only("a", "b")))
    assert scope_key(wide.access) != scope_key(narrow.access) != scope_key(Access.only("a"))
    query = scope_of(wide).query()
    first = total(wide, "task_volume", query)
    second = total(narrow, "task_volume", query)
    assert first is not None
    assert first.value
    assert second is None or not second.value


SHARED_JOB = """
    INSERT INTO task_agents BY NAME
    SELECT task_id, agent_id, name AS acting_agent_id, name AS acting_agent_name, name = agent_id AS is_root,
        agent_version, task_type, environment, day, CASE WHEN name = agent_id THEN 750.0 ELSE 250.0 END AS exclusive_ms,
        2 AS model_calls, CASE WHEN name = 'Reader' THEN 1 ELSE 2 END AS priced_calls, 0.5 AS cost_usd,
        4 AS tool_calls, 1 AS tool_errors
    FROM (SELECT * FROM tasks WHERE agent_id = '{agent}' AND task_id = '{task}'),
        (VALUES ('{agent}'), ('Reader')) AS names (name)
"""


def test_agents_that_share_a_job_are_shown_with_their_own_cost_and_time(
    open_page: Open, demo_copy: Path, demo_ledger: Ledger
) -> None:
    (job,) = demo_ledger.published.rows(
        "SELECT task_id, agent_id FROM tasks WHERE day < $open ORDER BY started_at DESC, task_id LIMIT 1",
        {"open": default_period(demo_ledger.published)[1]},
    )
    republish(demo_copy, SHARED_JOB.format(agent=job["agent_id"], task=job["task_id"]))
    for page, params in (
        ("2_agent", {"agent": job["agent_id"], "part": "tools"}),
        ("3_tasks", {"task": job["task_id"]}),
    ):
        html = html_of(open_page(page, demo_copy, **params))
        crew = html.split("Agents at work, the owner of the jobs first")[1].split("</table>")[0]
        assert "works for it" in crew
        assert "1 of 4" in crew
        assert "75.0\u202f%" in crew
        assert "≥ " in crew
        assert "The owner and 1 agent below it." in html


def test_a_job_of_one_agent_has_no_table_of_agents(open_page: Open, demo_home: Path) -> None:
    assert "Agents at work" not in html_of(open_page("2_agent", demo_home, part="tools"))


def test_an_agent_of_which_no_call_has_a_price_costs_nothing_known(demo_copy: Path, demo_ledger: Ledger) -> None:
    (agent,) = demo_ledger.published.rows("SELECT min(agent_id) AS agent_id FROM agents")
    row = "'{id}', '{agent}', 'Reader', 'Reader', false, DATE '2026-01-02', 5.0, {calls}, 0, {usd}, 0, 0"
    values = [
        row.format(id=job, agent=agent["agent_id"], calls=calls, usd=usd)
        for job, calls, usd in (("quiet", 0, "0"), ("unpriced", 2, "NULL"))
    ]
    columns = (
        "task_id, agent_id, acting_agent_id, acting_agent_name, is_root, day, exclusive_ms, model_calls, "
        "priced_calls, cost_usd, tool_calls, tool_errors"
    )
    republish(demo_copy, f"INSERT INTO task_agents ({columns}) VALUES ({'), ('.join(values)})")
    ledger = open_ledger(demo_copy, Access.everything())
    days = {"from": date(2026, 1, 1), "to": date(2026, 2, 1), "versions": None, "environments": None}
    (found,) = ledger.rows("crew", (agent["agent_id"],), **days, task=None)
    assert (found["tasks"], found["model_calls"], found["cost_usd"]) == (2, 2, None)
