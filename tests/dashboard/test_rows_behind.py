"""The rows in the drawer of a number: as many as it counted, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.components import rows_behind
from dashboard.data import Ledger
from dashboard.filters import FilterState, Window
from dashboard.view import View
from dashboard.words import zone
from metrics.behind import NO_ROWS, ROWS
from metrics.catalogue import catalogue
from metrics.run import default_period

REFUND = "refund_desk-F6g7H8i9J0"
Drawn = Callable[[str], tuple[list[str], str]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, demo_ledger: Ledger) -> Drawn:
    """Return a function that draws the rows of a KPI and gives what is said above them, and their HTML."""
    state, now = FilterState(agents=(REFUND,)), Window(*default_period(demo_ledger.published))
    view = View(demo_ledger, state, now, state.before(now), {}, zone("UTC"), demo_ledger.org())

    def made(kpi: str) -> tuple[list[str], str]:
        said: list[str] = []
        html: list[Any] = []
        monkeypatch.setattr(rows_behind.st, "caption", said.append)
        monkeypatch.setattr(rows_behind.st, "html", html.append)
        rows_behind.rows_behind(view, catalogue()[kpi], view.scope.query())
        return said, "".join(html)

    return made


@pytest.mark.parametrize("kpi", ROWS)
def test_the_drawer_says_what_the_rows_add_up_to_and_shows_the_largest(kpi: str, drawn: Drawn) -> None:
    said, html = drawn(kpi)
    if not said:  # this agent has none of it
        assert kpi in {"cache_savings", "pass_k", "loop_velocity", "loop_closed", "guardrail_precision"}
        return
    (line,) = said
    assert ("is read from" if catalogue()[kpi].kind == "quantile" else "add up to") in line
    assert 1 <= html.count('<th scope="row">') <= rows_behind.MOST
    if ROWS[kpi] in ("calls", "tools", "tasks", "handovers"):
        assert f"agent={REFUND}&amp;" in html
        assert "task=" in html


@pytest.mark.parametrize("kpi", NO_ROWS)
def test_a_number_without_rows_says_why(kpi: str, drawn: Drawn) -> None:
    assert drawn(kpi) == ([NO_ROWS[kpi]], "")


def test_a_number_with_a_list_of_jobs_needs_no_rows(drawn: Drawn) -> None:
    assert drawn("success_rate") == ([], "")
