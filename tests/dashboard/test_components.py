"""The small pieces: what they draw, and what they do with odd input."""

from __future__ import annotations

import csv
import io
from base64 import b64decode
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dashboard import agents, attention, shell, theme
from dashboard.components.crew_table import crew_table
from dashboard.components.outcome import ENDINGS, outcome_bar
from dashboard.components.spark import sparkline
from dashboard.components.waterfall import waterfall
from dashboard.data import Ledger
from dashboard.filters import FilterState, Window
from dashboard.view import View
from dashboard.words import money_change, zone
from metrics.run import default_period

START = datetime(2026, 11, 1, 12)


@pytest.fixture
def demo_view(demo_ledger: Ledger) -> View:
    """Return the portfolio of the demo account over the last 28 complete days."""
    now = Window(*default_period(demo_ledger.published))
    known = {str(row["agent_id"]): row for row in demo_ledger.rows("agents") if row["agent_id"] != "unattributed"}
    return View(
        demo_ledger, FilterState(), now, FilterState().before(now), known, zone("Europe/Paris"), demo_ledger.org()
    )


def span(name: str, parent: str | None, at_ms: int = 0, **changes: object) -> dict[str, object]:
    """Return one span of a job, 10 ms long."""
    facts: dict[str, object] = {
        "span_id": name,
        "parent_span_id": parent,
        "name": name,
        "operation": "chat",
        "started_at": START + timedelta(milliseconds=at_ms),
        "duration_ms": 10.0,
        "status": "OK",
        "error_type": None,
    }
    return facts | changes


def test_a_sparkline_leaves_gaps_where_nothing_is_known_and_names_itself() -> None:
    image = sparkline([1.0, None, 3.0, 2.0], theme.LIGHT, "Success per day")
    svg = b64decode(image.split("base64,")[1].split('"')[0]).decode()
    assert 'alt="Success per day"' in image
    assert svg.count("M") == 3


def test_one_known_point_is_no_line() -> None:
    assert sparkline([None, 1.0, None], theme.LIGHT, "x") == ""


def test_the_outcome_bar_says_its_shares_in_words() -> None:
    counts = {name: 0 for name, _, _ in ENDINGS} | {"tasks": 4, "confirmed": 3, "failed": 1}
    bar = outcome_bar(counts)
    assert 'role="img"' in bar
    assert "good, confirmed 75.0" in bar
    assert bar.count("<i ") == 2


def test_a_loop_of_parents_is_drawn_once_each() -> None:
    html = waterfall([span("a", "b"), span("b", "a"), span("c", "c")])
    assert html.count("<tr>") - 1 == 3


def test_a_span_without_its_parent_and_one_without_a_duration_are_both_drawn() -> None:
    html = waterfall([span("root", "elsewhere"), span("child", "root", 5, duration_ms=None, error_type="Timeout")])
    assert "Timeout" in html
    assert "—" in html


@pytest.mark.parametrize(
    ("dollars", "words"), [(0.04, "4 cents"), (0.01, "1 cent"), (0.005, "0.5 cents"), (1.2, "$1.20")]
)
def test_a_difference_in_money_reads_as_people_say_it(dollars: float, words: str) -> None:
    assert money_change(dollars) == words


def test_a_file_is_a_page_and_its_number_the_place_in_the_menu() -> None:
    titles = [shell.page_title(path) for path in shell.page_files()]
    assert titles == [
        *("Portfolio", "Agent", "Jobs", "Insights & actions", "Compare", "Readiness"),
        *("Data health", "KPIs"),
    ]
    assert shell.page_name(Path("8_data_health.py")) == "data_health"


def test_the_csv_holds_every_agent_with_all_its_numbers(demo_view: View) -> None:
    endings = demo_view.ledger.rows("endings", (), **demo_view.scope.params())
    rows = list(csv.DictReader(io.StringIO(agents.as_csv(demo_view, endings))))
    assert {row["agent_id"] for row in rows} == set(demo_view.agents)
    assert sum(int(row["tasks"] or 0) for row in rows) == sum(row["tasks"] for row in endings)
    seen = {agent_id for agent_id, agent in demo_view.agents.items() if agent["discovered"]}
    told = [row for row in rows if row["agent_id"] in seen]
    assert all(row["success_rate_n"] and row["task_latency_p95_unit"] == "ms" for row in told)
    silent = [row for row in rows if row["agent_id"] not in seen]
    assert [(row["tasks"], row["failed"]) for row in silent] == [("", "")]  # unknown is never zero


@pytest.mark.parametrize("text", ["=1+1", "@cmd", "-2"])
def test_text_in_the_csv_cannot_become_a_formula(text: str, demo_view: View) -> None:
    first = next(iter(demo_view.agents))
    known = demo_view.agents | {first: demo_view.agents[first] | {"agent_name": text}}
    written = agents.as_csv(replace(demo_view, agents=known), [])
    assert f",'{text}," in written


def test_what_needs_attention_is_at_most_five_and_the_largest_comes_first(demo_view: View) -> None:
    found = attention.items(demo_view)
    assert 0 < len(found) <= attention.MOST
    assert [item.weight for item in found] == sorted((item.weight for item in found), reverse=True)


def test_an_agents_colour_does_not_depend_on_the_filter(demo_view: View) -> None:
    narrow = replace(demo_view, state=FilterState(agents=(next(iter(demo_view.agents)),)))
    slots = [demo_view.slot(agent) for agent in demo_view.agents]
    assert slots == [narrow.slot(agent) for agent in demo_view.agents]
    assert len(set(slots)) == min(len(slots), len(theme.LIGHT.identity))


def agent_at_work(name: str, calls: int, priced: int, usd: float | None) -> dict[str, object]:
    """Return what one agent did in shared jobs."""
    counts = {"tasks": 3, "model_calls": calls, "priced_calls": priced, "tool_calls": 0, "tool_errors": 0}
    whose = {"acting_agent_id": name, "acting_agent_name": name, "is_root": name == "owner"}
    return whose | counts | {"cost_usd": usd, "exclusive_ms": 500.0}


def test_agents_at_work_show_shares_of_a_cost_only_where_all_of_it_is_known() -> None:
    known = crew_table([agent_at_work("owner", 1, 1, 0.25), agent_at_work("reader", 3, 3, 0.75)])
    assert "25.0\u202f%" in known
    partly = crew_table([agent_at_work("owner", 1, 1, 0.25), agent_at_work("reader", 3, 2, 0.75)])
    assert "≥ $0.750" in partly
    assert "25.0\u202f%" not in partly
    nothing = crew_table([agent_at_work("owner", 1, 1, 0.25), agent_at_work("reader", 3, 0, None)])
    assert '<td class="num" data-l="Cost">—</td>' in nothing
