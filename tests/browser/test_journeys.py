"""What people do in the browser: from the portfolio down to one job, with the numbers the command line gives."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from metrics import units
from metrics.run import default_period
from sql.published import open_published
from tests.browser.conftest import NewPage
from tests.browser.driving import settle, visit, widest
from tests.conftest import ROOT, clean_environment

pytestmark = pytest.mark.browser
CARDS = (
    ("task_volume", ""),
    ("success_rate", ""),
    ("accuracy", ""),
    ("cost_per_success", ""),
    ("task_latency", "p95"),
    ("escalation_rate", ""),
)
PAGES = (
    *("", "agent", "agent?agent=travel_booker-Q7r8S9t0U1", "tasks", "insights"),
    *(f"agent?part={part}" for part in ("money", "tools", "guardrails", "quality")),
    *("compare", "readiness", "data_health", "kpis"),
)


def from_command_line(home: Path, kpi: str, part: str) -> dict[str, Any]:
    """Return what `python -m metrics run` says about the last 28 complete days."""
    published = open_published(home)
    start, end = default_period(published)
    published.close()
    command = [sys.executable, "-m", "metrics", "run", kpi, "--from", str(start), "--to", str(end), "--format", "json"]
    ran = subprocess.run(command, cwd=ROOT, env=clean_environment(home), capture_output=True, text=True, check=True)
    values: list[dict[str, Any]] = json.loads(ran.stdout)
    return next(value for value in values if (value["slice"] or "") == part)


def assert_card_says(page: Page, home: Path, kpi: str, part: str) -> None:
    """Assert that the card of a KPI shows what the command line gives."""
    value = from_command_line(home, kpi, part)
    shown = page.locator(f'.al.kpi[data-kpi="{kpi}"] .value').inner_text()
    assert units.text(value["value"], value["unit"]).replace(units.THIN, "") in re.sub(r"\s", "", shown)


def test_the_six_cards_say_what_the_command_line_says(new_page: NewPage, demo_app: str, demo_home: Path) -> None:
    page = new_page()
    visit(page, demo_app)
    expect(page.locator(".al.kpi")).to_have_count(6)
    for kpi, part in CARDS:
        assert_card_says(page, demo_home, kpi, part)


def test_from_the_portfolio_to_one_job_with_the_filter_kept(new_page: NewPage, demo_app: str) -> None:
    page = new_page()
    visit(page, f"{demo_app}/?period=7d")
    page.locator(".al.rows tbody tr th a").first.click()
    page.wait_for_url("**/agent?**period=7d**")
    settle(page)
    jobs = page.locator('.al.kpi[data-kpi="task_volume"] .value').inner_text()
    page.get_by_role("link", name="See jobs").first.click()
    page.wait_for_url("**/tasks?**period=7d**")
    settle(page)
    expect(page.locator("h1")).to_contain_text(re.compile(rf"^{re.sub(r'[^0-9]', '.?', jobs)} job"))
    page.locator(".al.rows tbody tr th a").first.click()
    page.wait_for_url("**task=**")
    settle(page)
    expect(page.locator(".al.tree tbody tr").first).to_be_visible()
    page.go_back()
    page.wait_for_url(re.compile(r"tasks\?(?!.*task=)"))
    settle(page)
    assert "period=7d" in page.url


def test_the_filter_stays_when_moving_by_the_menu(new_page: NewPage, demo_app: str) -> None:
    page = new_page()
    visit(page, demo_app)
    page.get_by_role("radio", name="7 days").or_(page.get_by_text("7 days", exact=True)).first.click()
    page.wait_for_url("**period=7d**")
    settle(page)
    page.get_by_test_id("stTopNavLink").filter(has_text="Jobs").click()
    page.wait_for_url("**/tasks?period=7d")
    settle(page)
    expect(page.locator(".al.fresh")).to_be_visible()


def test_how_we_know_opens_the_definition_and_the_sql(new_page: NewPage, demo_app: str) -> None:
    page = new_page()
    visit(page, demo_app)
    page.get_by_role("button", name="How we know").nth(1).click()
    drawer = page.locator(".al.pop")
    drawer.wait_for()
    expect(drawer).to_contain_text("Wilson")
    expect(page.get_by_test_id("stCode")).to_contain_text("kpi_daily")


def test_a_threshold_is_tried_out_and_leaked_jobs_are_opened(new_page: NewPage, demo_app: str) -> None:
    page = new_page()
    visit(page, f"{demo_app}/agent?agent=refund_desk-F6g7H8i9J0")
    page.get_by_role("tab", name="Guardrails and escalation").click()
    page.wait_for_url("**part=guardrails**")
    settle(page)
    expect(page.get_by_role("heading", name=re.compile("^Below 0.60"))).to_be_visible()
    slider = page.get_by_role("slider", name="Hand over below")
    slider.press("ArrowRight")
    page.wait_for_url("**at=0.61**")
    settle(page)
    expect(page.get_by_role("heading", name=re.compile("^Below 0.61"))).to_be_visible()
    leaked = re.match(r"\d+", page.locator('.al.fig[data-kpi="leakage"] .qual').inner_text())
    assert leaked is not None
    page.locator('a[href*="show=leaked"]').click()
    page.wait_for_url("**show=leaked**")
    settle(page)
    expect(page.locator("h1")).to_contain_text(f"{leaked[0]} jobs less sure than the threshold")


def test_what_stands_behind_a_row_opens_from_the_keyboard_on_a_phone(new_page: NewPage, demo_app: str) -> None:
    page = new_page(390, "dark")
    visit(page, f"{demo_app}/agent?agent=onboarding_desk-V8w9X0y1Z2&part=tools")
    expect(page.get_by_text("Agents at work", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Guardrails and escalation").click()
    settle(page)
    page.locator('.st-key-how_row_containment_ button, [class*="how_row_containment"] button').first.focus()
    page.keyboard.press("Enter")
    page.locator(".al.pop").wait_for()
    expect(page.locator(".al.pop")).to_contain_text("no person touched")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_has_an_accessibility_violation_or_scrolls_sideways(
    width: int, scheme: str, new_page: NewPage, demo_app: str
) -> None:
    page = new_page(width, scheme)
    found: dict[str, Any] = {}
    for name in PAGES:
        visit(page, f"{demo_app}/{name}")
        content, window = widest(page)
        violations = [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in Axe().run(page).response["violations"]]
        if violations or content > window or page.locator("h1").count() != 1:
            found[name or "portfolio"] = (violations, content, window, page.locator("h1").count())
    assert found == {}
