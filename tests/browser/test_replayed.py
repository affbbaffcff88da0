"""The app over real, replayed agent runs: what is shown is what the command line says, and unknown stays unknown."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sql.published import open_published
from tests.browser.conftest import NewPage
from tests.browser.driving import settle, visit
from tests.browser.test_journeys import assert_card_says

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def replay_app(serve: Callable[[Path], str], replay_home: Path) -> str:
    return serve(replay_home)


def test_the_cards_say_what_the_command_line_says(new_page: NewPage, replay_app: str, replay_home: Path) -> None:
    page = new_page()
    visit(page, replay_app)
    for kpi, part in (
        ("task_volume", ""),
        ("success_rate", ""),
        ("accuracy", ""),
        ("task_latency", "p95"),
        ("escalation_rate", ""),
    ):
        assert_card_says(page, replay_home, kpi, part)


def test_models_without_a_price_leave_the_cost_unknown_never_zero(new_page: NewPage, replay_app: str) -> None:
    page = new_page()
    visit(page, replay_app)
    expect(page.locator('.al.kpi[data-kpi="cost_per_success"] .value')).to_have_text("—")
    expect(page.get_by_text(re.compile("model calls without a price")).first).to_be_visible()
    assert "$0" not in page.locator("body").inner_text()


def test_real_data_carries_no_demo_mark(new_page: NewPage, replay_app: str) -> None:
    page = new_page()
    visit(page, replay_app)
    assert page.get_by_text("DEMO").count() == 0


def test_every_agent_of_the_replay_has_its_page(new_page: NewPage, replay_app: str, replay_home: Path) -> None:
    agents = open_published(replay_home).rows("SELECT agent_name FROM agents WHERE discovered ORDER BY 1")
    page = new_page()
    visit(page, replay_app)
    links = page.locator(".al.rows tbody tr th a")
    assert sorted(links.all_inner_texts()) == [row["agent_name"] for row in agents]
    links.filter(has_text="swe-bench-verified").click()
    page.wait_for_url("**/agent?**")
    settle(page)
    expect(page.locator('.al.kpi[data-kpi="task_latency"] .value')).to_have_text("—")
