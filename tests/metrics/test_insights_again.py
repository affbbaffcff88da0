"""The account looked at again: only agents of which something changed are worked out, and the answer is the same."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from collectors.demo.incidents import HEALTHY
from metrics import drill
from metrics.insights import gather
from metrics.insights.model import Report
from metrics.insights.report import report
from sql.published import open_published
from tests.metrics.cycle import CYCLE_DAYS, FIRST, agent_of, altered

LAST = FIRST + timedelta(days=CYCLE_DAYS)


@pytest.fixture(scope="module")
def before(cycle_home: Path) -> Report:
    """The insights of the account."""
    with closing(open_published(cycle_home)) as published:
        return report(published)


def looked_at(folder: Path, previous: Report | None) -> tuple[Report, list[str], list[list[str] | None]]:
    """The report of a home's newest file, the queries that it took, and whose streams it read."""
    asked: list[str] = []
    agents: list[list[str] | None] = []

    def rows(published, name, access, wanted=None, **params):  # type: ignore[no-untyped-def]
        asked.append(name)
        if name == "insight_rates":
            agents.append(wanted)
        return real(published, name, access, wanted, **params)

    real = drill.rows
    with closing(open_published(folder)) as published, patch.object(drill, "rows", rows):
        return report(published, previous), asked, agents


def test_a_file_with_nothing_new_takes_a_fingerprint_and_nothing_else(
    cycle_home: Path, tmp_path: Path, before: Report
) -> None:
    """Not even where the day that is not complete has more rows by now."""
    with altered(cycle_home, tmp_path) as con:
        con.execute("INSERT INTO kpi_daily BY NAME SELECT * REPLACE ($1::DATE AS day) FROM kpi_daily LIMIT 50", [LAST])
    again, asked, _ = looked_at(tmp_path, before)
    assert sorted(asked) == ["insight_digests", "insight_gaps", "insight_lags"]
    assert again.published != before.published
    assert again == replace(before, published=again.published)


@pytest.mark.parametrize("key", ["refund", "outreach", HEALTHY])
def test_one_agent_that_changed_is_worked_out_alone_with_the_same_answer(
    cycle_home: Path, tmp_path: Path, before: Report, key: str
) -> None:
    agent = agent_of(key)
    with altered(cycle_home, tmp_path) as con:
        con.execute(
            """UPDATE kpi_daily SET numerator = numerator * 0.4
               WHERE kpi = 'success_rate' AND agent_id = $1 AND day >= $2""",
            [agent, LAST - timedelta(days=20)],
        )
    again, _, agents = looked_at(tmp_path, before)
    whole, _, _ = looked_at(tmp_path, None)
    assert agents[0] is not None
    assert agent in agents[0]
    # The others have findings of their own on the same model: what did not change is their control.
    assert {each for each in agents[0] if each != agent} <= {
        each.agent_id for each in before.insights if before.models.get(each.agent_id) == before.models.get(agent)
    }
    assert {each.id: each for each in again.insights} == {each.id: each for each in whole.insights}
    assert again == whole
    assert [each for each in again.insights if each.agent_id == agent and each.kpi == "success_rate"]


def test_what_all_agents_share_is_a_reason_to_look_at_all(cycle_home: Path, tmp_path: Path, before: Report) -> None:
    with altered(cycle_home, tmp_path) as con:
        con.execute("UPDATE prices SET usd_per_mtok = usd_per_mtok * 2")
    _, _, agents = looked_at(tmp_path, before)
    assert agents == [None]


def test_a_new_target_is_a_reason_to_look_at_its_agent(cycle_home: Path, tmp_path: Path, before: Report) -> None:
    agent = agent_of("travel")
    with altered(cycle_home, tmp_path) as con:
        con.execute(
            "INSERT INTO targets BY NAME SELECT * REPLACE ($1 AS agent_id) FROM targets LIMIT 1", [agent]
        )  # fmt: skip
    _, _, agents = looked_at(tmp_path, before)
    assert agents[0] is not None
    assert agent in agents[0]
    assert agent_of("refund") not in agents[0]


def test_streams_of_one_number_are_those_among_all(cycle_home: Path) -> None:
    with closing(open_published(cycle_home)) as published:
        access, end = gather.Access.everything(), LAST
        outside = gather.Outside.read(published, access, end)
        every = gather.read_streams(published, access, end, outside)
        for kpi in ("model_latency", "accuracy", "cost_per_task", "drift", "task_volume"):
            only = {kpi, gather.CLUSTER_OF.get(kpi, kpi)}
            found = [
                each for each in gather.read_streams(published, access, end, outside, None, only) if each.kpi == kpi
            ]
            assert [(each.agent_id, each.name, each.cluster) for each in found] == [
                (each.agent_id, each.name, each.cluster) for each in every if each.kpi == kpi
            ]


def test_what_stops_in_the_account_is_a_finding_about_data_and_never_good_news(
    cycle_home: Path, tmp_path: Path
) -> None:
    """Verdicts of one agent are told no more, another agent does nothing more, a third escalates nothing more."""
    refund, tagger, invoice = (agent_of(key) for key in ("refund", HEALTHY, "invoice"))
    with altered(cycle_home, tmp_path) as con:
        con.execute(
            """UPDATE kpi_daily SET numerator = 0, denominator = 0, n = 0, covered = 0
               WHERE kpi = 'success_rate' AND agent_id = $1 AND day >= $2""",
            [refund, LAST - timedelta(days=4)],
        )
        for table in ("kpi_daily", "latency_buckets", "tasks", "model_calls"):
            con.execute(f"DELETE FROM {table} WHERE agent_id = $1 AND day >= $2", [tagger, LAST - timedelta(days=20)])
        con.execute(
            "UPDATE kpi_daily SET numerator = 0 WHERE kpi = 'escalation_rate' AND agent_id = $1 AND day >= $2",
            [invoice, LAST - timedelta(days=25)],
        )
    found, _, _ = looked_at(tmp_path, None)
    made = [each for each in found.insights if each.state == "open" and each.primary is None]
    said = {(each.agent_id, each.kpi): (each.kind, each.verdict) for each in made if each.verdict == "unknown"}
    assert said[refund, "success_rate"] == ("data", "unknown")
    assert said[tagger, "task_volume"] == ("data", "unknown")
    assert said[invoice, "escalation_rate"] == ("zero", "unknown")
    assert len([each for each in made if each.agent_id == tagger]) == 1
