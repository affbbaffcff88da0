"""What people enter about actions and findings: it lands once, moves states, and changes nothing written before."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from metrics.actions.book import Book, read_book
from metrics.actions.entries import action_record, note_record, step_record
from metrics.actions.model import Guard, Plan
from metrics.model import Access, QueryError
from sql import journal
from sql.published import open_published
from tests.sql.support import warehouse

NOW = datetime(2026, 11, 28, 12)
PLAN = Plan("success_rate", "up", 0.02, (Guard("cost_per_task", 0.01),), date(2026, 10, 1), date(2026, 10, 29))
EVERYTHING = Access.everything()
Record = dict[str, Any]


def registered(home: Path, **more: Any) -> str:
    record = action_record("refunds", "Raise the threshold", PLAN, "AP lead", owner="Ida")
    return str(journal.append(home, record | {"insight_at": "2026-11-01T00:00:00Z", **more})["event_id"])


def stepped(home: Path, action: str, step: str, **more: Any) -> None:
    journal.append(home, {"event.name": "action.step", "action_id": action, "step": step, "entered_by": "Ida", **more})


def shipped(home: Path, action: str, at: str = "2026-11-03T00:00:00Z") -> None:
    stepped(home, action, "accepted")
    stepped(home, action, "shipped", changed_at=at, change_id="refunds@4")


def published(home: Path, query: str = "FROM actions", times: int = 1) -> list[Record]:
    with warehouse(home) as wh:
        for _ in range(times):
            wh.land_journal()
        wh.build(NOW)
        wh.publish(NOW)
    found = open_published(home)
    rows = found.rows(query)
    found.close()
    return rows


def book_of(home: Path, *, fresh: bool) -> Book:
    found = open_published(home)
    book = read_book(found, EVERYTHING, journal.pending(home) if fresh else ())
    found.close()
    return book


def test_an_action_lands_once_with_what_it_has_to_change(tmp_path: Path) -> None:
    action = registered(tmp_path)
    (row,) = published(tmp_path, times=3)
    assert (row["action_id"], row["agent_id"], row["state"], row["owner"]) == (action, "refunds", "proposed", "Ida")
    assert (row["kpi"], row["direction"], row["materiality"]) == ("success_rate", "up", 0.02)
    assert row["guards"] == '[{"kpi":"cost_per_task","slice":"","margin":0.01}]'
    assert (row["taken_at"], row["day"], row["verdict"], row["verdict_at"]) == (None, None, None, None)


@pytest.mark.parametrize("landed_between", [True, False])
def test_a_second_record_under_the_same_id_changes_nothing(tmp_path: Path, *, landed_between: bool) -> None:
    action = registered(tmp_path)
    if landed_between:
        published(tmp_path)
    later = {"event_id": action, "materiality": 0.9, "kpi": "spend", "title": "Z", "baseline_from": "2026-11-20",
             "baseline_to": "2026-11-25"}  # fmt: skip
    journal.append(tmp_path, action_record("refunds", "Z", PLAN, "Eve") | later)
    (row,) = published(tmp_path)
    assert (row["kpi"], row["materiality"], row["title"]) == ("success_rate", 0.02, "Raise the threshold")
    for fresh in (True, False):
        (found,) = book_of(tmp_path, fresh=fresh).actions
        assert found.plan == PLAN


def test_an_action_in_effect_gives_the_speed_of_the_loop_and_a_verdict_brings_its_day_up_to_date(
    tmp_path: Path,
) -> None:
    speed = "SELECT slice, n, sum_ms FROM latency_buckets WHERE kpi = 'loop_velocity' AND sum_ms > 0 ORDER BY slice"
    action = registered(tmp_path)
    shipped(tmp_path, action)
    day_ms = 86_400_000
    first = {row["slice"]: (row["n"], row["sum_ms"]) for row in published(tmp_path, speed)}
    assert first == {"insight_to_action": (1, 2 * day_ms)}
    at = {"timestamp": "2026-11-13T00:00:00Z"}
    stepped(tmp_path, action, "verdict", verdict="improved", as_of="2026-11-12", effect=0.05, **at)
    then = {row["slice"]: (row["n"], row["sum_ms"]) for row in published(tmp_path, speed)}
    assert then == {"": (1, 12 * day_ms), "action_to_verdict": (1, 10 * day_ms), "insight_to_action": (1, 2 * day_ms)}


def test_the_first_verdict_gives_its_moment_and_the_newest_its_word(tmp_path: Path) -> None:
    action = registered(tmp_path)
    shipped(tmp_path, action)
    for day, word in ((13, "improved_size_unclear"), (20, "improved")):
        stepped(tmp_path, action, "verdict", verdict=word, timestamp=f"2026-11-{day}T00:00:00Z")
    (row,) = published(tmp_path)
    assert (row["verdict"], row["verdict_at"]) == ("improved", datetime(2026, 11, 13))


def test_the_first_change_linked_counts(tmp_path: Path) -> None:
    action = registered(tmp_path)
    shipped(tmp_path, action)
    stepped(tmp_path, action, "shipped", changed_at="2026-11-09T00:00:00Z", change_id="another")
    (row,) = published(tmp_path)
    assert (row["change_id"], row["taken_at"]) == ("refunds@4", datetime(2026, 11, 3))


def test_entries_of_one_millisecond_keep_their_order(tmp_path: Path) -> None:
    times = [journal.append(tmp_path, {"event.name": "agent.change"})["timestamp"] for _ in range(50)]
    assert len(set(times)) == 50
    assert times == sorted(times)


def test_table_and_book_agree_on_the_state_after_any_steps_in_any_order(tmp_path: Path) -> None:
    chance = random.Random(11)
    names = ("accepted", "shipped", "kept", "reverted", "dismissed")
    for number in range(40):
        action = registered(tmp_path, title=f"action {number}")
        for step in chance.choices(names, k=chance.randrange(7)):
            more = {"changed_at": "2026-11-03T00:00:00Z"} if step == "shipped" else {"reason": "so"}
            stepped(tmp_path, action, step, **more)
    rows = {row["action_id"]: row["state"] for row in published(tmp_path)}
    for fresh in (True, False):
        assert {each.action_id: each.state for each in book_of(tmp_path, fresh=fresh).actions} == rows
    assert set(rows.values()) >= {"proposed", "accepted", "shipped", "dismissed"}


def test_what_was_entered_a_moment_ago_stands_over_what_landed(tmp_path: Path) -> None:
    action = registered(tmp_path)
    published(tmp_path)
    shipped(tmp_path, action)
    assert [each.state for each in book_of(tmp_path, fresh=False).actions] == ["proposed"]
    (found,) = book_of(tmp_path, fresh=True).actions
    assert found.state == "shipped"
    assert found.shipped is not None
    assert found.shipped.changed_at == datetime(2026, 11, 3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"materiality": 0}, "missing_materiality"),
        ({"direction": "sideways"}, "unknown_direction"),
        ({"baseline_to": "2026-10-01"}, "missing_baseline"),
        ({"entered_by": " "}, "missing_person"),
        ({"design": "crystal_ball"}, "unknown_design"),
        ({"design": "split", "split": 1}, "missing_split"),
        ({"design": "agent", "control_agent": "refunds"}, "missing_control"),
        ({"design": "kinds"}, "missing_kind"),
        ({"gen_ai.agent.id": ""}, "missing_agent"),
    ],
)
def test_an_action_that_could_not_be_judged_is_rejected_with_the_reason(
    tmp_path: Path, change: Record, reason: str
) -> None:
    registered(tmp_path, **change)
    assert published(tmp_path) == []
    assert [row["reason"] for row in published(tmp_path, "SELECT reason FROM rejects")] == [reason]


def test_a_dismissal_without_a_reason_and_an_unknown_verdict_are_rejected(tmp_path: Path) -> None:
    action = registered(tmp_path)
    stepped(tmp_path, action, "dismissed")
    stepped(tmp_path, action, "verdict", verdict="great")
    assert [row["state"] for row in published(tmp_path)] == ["proposed"]
    reasons = {row["reason"] for row in published(tmp_path, "SELECT reason FROM rejects")}
    assert reasons == {"missing_reason", "unknown_verdict"}


def test_a_grade_is_given_once_and_the_share_worth_raising_has_its_interval(tmp_path: Path) -> None:
    def graded(insight: str, reason: str | None, *, worth: bool) -> None:
        said = {"worth_raising": worth, "reason": reason}
        journal.append(tmp_path, note_record("refunds", "insight", insight, "s", "grade", "Ida", said))

    graded("one", None, worth=True)
    graded("one", "on second thoughts", worth=False)
    graded("two", "a test run", worth=False)
    published(tmp_path)
    for fresh in (True, False):
        found = book_of(tmp_path, fresh=fresh).precision
        assert (found.worth, found.graded) == (1, 2)
        assert found.limits is not None
        assert found.limits.lo < 0.5 < found.limits.hi


def test_entries_that_cannot_stand_are_refused_before_they_are_written(tmp_path: Path) -> None:
    registered(tmp_path)
    published(tmp_path)
    (action,) = book_of(tmp_path, fresh=True).actions
    with pytest.raises(QueryError, match="cannot become kept"):
        step_record(action, "kept", "Ida")
    with pytest.raises(QueryError, match="why it is dismissed"):
        step_record(action, "dismissed", "Ida")
    with pytest.raises(QueryError, match="no verdict yet"):
        step_record(action, "verdict", "Ida")
    with pytest.raises(QueryError, match="Say why"):
        note_record("refunds", "insight", "one", "s", "grade", "Ida", {"worth_raising": False})
    with pytest.raises(QueryError, match="above 0"):
        action_record("refunds", "x", Plan("spend", "up", 0.0, (), date(2026, 1, 1), date(2026, 2, 1)), "Ida")


def test_what_was_promised_reads_the_same_landed_or_not(tmp_path: Path) -> None:
    guards = (Guard("task_latency", 900.0, "p95"),)
    plan = replace(PLAN, kpi="task_latency", slice="p50", direction="down", materiality=500.0, guards=guards)
    plans = [
        replace(plan, design="split", grade="A", split=0.25),
        replace(plan, design="agent", grade="B", control_agent="claims"),
        replace(plan, design="kinds", grade="B", task_type="refund"),
        plan,
    ]
    for each in plans:
        journal.append(tmp_path, action_record("refunds", "x", each, "Ida"))
    published(tmp_path)
    for fresh in (False, True):
        assert [each.plan for each in reversed(book_of(tmp_path, fresh=fresh).actions)] == plans
    (row, *_) = published(tmp_path)
    assert (row["design"], row["split"], row["control_agent"], row["task_type"]) == ("split", 0.25, None, None)


def test_an_action_written_down_before_there_were_designs_is_before_and_after(tmp_path: Path) -> None:
    record = action_record("refunds", "x", PLAN, "Ida")
    journal.append(tmp_path, {name: value for name, value in record.items() if name != "design"})
    (row,) = published(tmp_path)
    assert row["design"] == "before_after"
    assert [each.plan for each in book_of(tmp_path, fresh=False).actions] == [PLAN]


def test_the_day_of_an_action_is_that_of_the_organisation(tmp_path: Path) -> None:
    action = registered(tmp_path)
    late = datetime(2026, 11, 3, 23, 30, tzinfo=UTC) + timedelta(hours=1)
    shipped(tmp_path, action, late.isoformat())
    (row,) = published(tmp_path)
    assert row["day"] == date(2026, 11, 4)


def test_parts_of_an_action_stay_single_when_another_day_is_built(tmp_path: Path) -> None:
    parts = "SELECT day, count(*) AS rows, sum(n) AS n FROM kpi_daily WHERE kpi = 'loop_closed' GROUP BY ALL ORDER BY 1"
    days = []
    for day in ("2026-11-03", "2026-11-05", "2026-11-07"):
        shipped(tmp_path, registered(tmp_path), at=f"{day}T00:00:00Z")
        days.append(date.fromisoformat(day))
        assert published(tmp_path, parts) == [{"day": each, "rows": 1, "n": 1} for each in days]
