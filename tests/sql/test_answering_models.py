"""Which model answered is a fact of its own, and another one behind the same name is a change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sql.support import NOW, Record, agent_span, chat, land, rows, tool, warehouse

ALIAS, OLD, NEW = "us.acme.small-v1:0", "acme.small-2026-01", "acme.small-2026-06"
DAY_S = 86_400.0
CHANGES = "SELECT kind, resource, before_value, after_value, source FROM mart.changes ORDER BY changed_at, change_id"


def a_day(number: int, *answered: str | None) -> list[Record]:
    """Return one task of a day, with a call for each answer."""
    trace, at = str(number), number * DAY_S
    calls = [
        chat(trace, f"c{place}", "a", model=ALIAS, at=at + place, **({"gen_ai__response__model": name} if name else {}))
        for place, name in enumerate(answered)
    ]
    return [agent_span(trace, "a", at=at), *calls]


def built(home: Path, records: list[Record], query: str = CHANGES) -> list[Any]:
    with warehouse(home) as wh:
        land(wh, records)
        wh.build(NOW)
        return rows(wh, query)


def test_another_model_behind_the_same_name_is_a_change_that_nobody_deployed(tmp_path: Path) -> None:
    records = [*a_day(-3, OLD), *a_day(-2, OLD), *a_day(-1, NEW), *a_day(0, NEW)]
    assert built(tmp_path, records) == [("model", "acme.small-v1:0", OLD, NEW, "telemetry")]


def test_a_change_taken_back_is_two_changes(tmp_path: Path) -> None:
    records = [*a_day(-2, OLD), *a_day(-1, NEW), *a_day(0, OLD)]
    assert [row[2:4] for row in built(tmp_path, records)] == [(OLD, NEW), (NEW, OLD)]


def test_answers_shared_between_models_are_no_change_and_the_day_of_the_turn_is_its_first_answer(
    tmp_path: Path,
) -> None:
    mixed = [*a_day(-2, OLD, NEW), *a_day(-1, NEW, OLD), *a_day(0, OLD, NEW)]
    assert built(tmp_path / "mixed", mixed) == []
    turning = [*a_day(-2, OLD), *a_day(-1, OLD, NEW), *a_day(0, NEW)]
    first = f"(SELECT min(started_at) FROM mart.model_calls WHERE model_answered = '{NEW}')"
    query = f"SELECT after_value, changed_at = {first} FROM mart.changes"
    assert built(tmp_path / "turning", turning, query) == [(NEW, True)]


def test_answers_that_name_no_model_leave_it_unknown(tmp_path: Path) -> None:
    query = "SELECT DISTINCT model, model_requested, model_answered FROM mart.model_calls"
    name = "acme.small-v1:0"
    assert built(tmp_path, [*a_day(-1, None), *a_day(0, None)], query) == [(name, name, None)]


def test_the_calls_of_an_agent_that_works_for_another_do_not_carry_the_callers_version(tmp_path: Path) -> None:
    other = "search-abcdefghij"
    records = [
        agent_span("1", "a", gen_ai__agent__version="7"),
        chat("1", "b", "a"),
        chat("1", "c", "a", runtime=other, at=0.2),
        tool("1", "d", "a", runtime=other, at=0.3),
    ]
    query = """SELECT agent_id, agent_version FROM mart.model_calls
        UNION ALL SELECT agent_id, agent_version FROM mart.tool_calls ORDER BY 1, 2"""
    assert built(tmp_path, records, query) == [("helper-0123456789", "7"), (other, None), (other, None)]
