"""Every figure has a table with the same numbers, and every point of the line leads to its jobs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard import cards, data, over_time
from dashboard.components import charts
from dashboard.components.figure_table import FigureTable, csv_text, value_cells, values_html
from dashboard.data import Ledger
from dashboard.filters import FilterState, Window, read
from dashboard.view import View
from dashboard.words import zone
from metrics.run import default_period
from tests.dashboard.conftest import Open
from tests.dashboard.support import FROM, value


@pytest.fixture
def agent_view(demo_ledger: Ledger) -> View:
    """Return the demo account's busiest agents' first by name, over the last 28 complete days."""
    now = Window(*default_period(demo_ledger.published))
    known = {str(row["agent_id"]): row for row in demo_ledger.rows("agents") if row["agent_id"] != "unattributed"}
    state = FilterState(agents=(min(known),))
    return View(demo_ledger, state, now, state.before(now), known, zone("Europe/Paris"), demo_ledger.org())


@pytest.mark.parametrize(
    ("part", "count"), [("jobs", 4), ("money", 4), ("tools", 2), ("guardrails", 4), ("quality", 4)]
)
def test_every_figure_of_the_agent_page_has_a_table(part: str, count: int, open_page: Open, demo_home: Path) -> None:
    app = open_page("2_agent", demo_home, part=part)
    figures = [element.proto.id or element.proto.form_id for element in app.get("plotly_chart")]
    tables = [block for block in app.get("popover") if "Show as table" in str(block.proto)]
    assert not app.exception
    assert len(figures) == len(tables) == count


def test_the_table_shows_exact_value_n_and_interval() -> None:
    assert value_cells(value(value=0.86612, low=0.8621, high=0.8703, n=12)) == (
        "86.612\u202f%",
        "12",
        "86.210\u202f% – 87.030\u202f%",
    )
    assert value_cells(None)[0] == "—"


def test_the_csv_keeps_full_precision_leaves_unknown_empty_and_holds_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(csv_text(("a", "b"), [(0.1 + 0.2, None), ("=1+1", "-x")]))))
    assert rows == [["a", "b"], ["0.30000000000000004", ""], ["'=1+1", "'-x"]]


def test_the_table_can_be_scrolled_by_keyboard_and_names_itself() -> None:
    html = values_html(FigureTable(("Day", "Jobs"), [("1 Nov", "3")], (), ()), "Jobs per <day>")
    assert 'role="region" tabindex="0" aria-label="Jobs per &lt;day&gt;"' in html
    assert '<th scope="row">1 Nov</th><td class=num>3</td>' in html


@pytest.mark.parametrize("kpi", over_time.OVER_TIME)
def test_the_jobs_behind_a_point_are_as_many_as_its_n(kpi: str, agent_view: View) -> None:
    spec = cards.BY_KPI[kpi]
    values = [found for found in cards.daily(agent_view, spec) if found.n]
    assert values
    for found in (values[0], values[-1]):
        params = over_time.jobs_params(agent_view, spec, found.start)
        named = {name: [text] if isinstance(text, str) else text for name, text in params.items()}
        state, notes = read(named, ("show",))
        scope = data.Scope(state, state.window(FROM))
        asked = {"show": params.get("show", "all"), "search": None, "tool": None}
        counted = agent_view.ledger.rows("tasks_count", state.agents, **scope.params(), **asked)
        assert notes == []
        assert counted[0]["tasks"] == found.n


def test_a_week_is_cut_at_the_ends_of_the_view(agent_view: View) -> None:
    long = replace(agent_view, now=Window(FROM, FROM + timedelta(days=91)))
    assert over_time.window_of(long, FROM - timedelta(days=3)) == Window(FROM, FROM + timedelta(days=4))
    assert over_time.window_of(long, FROM + timedelta(days=90)).days == 1


@pytest.mark.parametrize(
    "chosen",
    [
        None,
        {"selection": {"points": []}},
        {"selection": {"points": [{"y": 1}]}},
        {"selection": {"points": [{"x": "a"}]}},
    ],
)
def test_a_click_beside_the_points_chooses_no_day(chosen: object) -> None:
    assert charts.clicked_day(chosen) is None


def test_a_click_on_a_point_chooses_its_day() -> None:
    assert charts.clicked_day({"selection": {"points": [{"x": "2026-10-26 00:00"}]}}) == FROM
