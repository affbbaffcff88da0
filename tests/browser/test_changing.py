"""What changes while people look: a point is chosen, a label is saved, a newer file arrives, the server ends."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.driving import settle, started, visit
from tests.dashboard.support import republish

pytestmark = pytest.mark.browser
OVER_TIME = '[class*="st-key-time_"]'
POINTS = f"{OVER_TIME} .scatterlayer .points path"


def choose_point(page: Page, place: int, *, touch: bool) -> None:
    """Click or tap a point of the line over time."""
    page.locator(POINTS).nth(place).scroll_into_view_if_needed()
    settle(page)
    box = page.locator(POINTS).nth(place).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    if touch:
        page.touchscreen.tap(x, y)
    else:
        page.mouse.click(x, y)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_point_of_the_line_leads_to_as_many_jobs_as_it_says(width: int, new_page: NewPage, demo_app: str) -> None:
    page = new_page(width)
    visit(page, f"{demo_app}/agent?kpi=success_rate")
    choose_point(page, 12, touch=width == 390)
    link = page.get_by_role("link", name=re.compile("See the .* job"))
    link.wait_for()
    said = re.search(r"See the (\d+) job", link.inner_text())
    assert said is not None
    link.click()
    page.wait_for_url("**/tasks?**period=custom**")
    settle(page)
    expect(page.locator("h1")).to_contain_text(re.compile(rf"^{said[1]} job"))
    assert "show=judged" in page.url
    assert "agent=" in page.url


def test_pointing_at_the_line_shows_value_interval_and_n(new_page: NewPage, demo_app: str) -> None:
    page = new_page()
    visit(page, f"{demo_app}/agent")
    choose_point(page, 5, touch=False)
    hover = page.locator(f"{OVER_TIME} .hoverlayer")
    expect(hover).to_contain_text(re.compile(r"\$0\.\d{6}"))
    expect(hover).to_contain_text("interval")
    expect(hover).to_contain_text(re.compile(r"n = \d+"))


def test_a_figure_opens_as_a_table_with_a_row_a_day_and_its_csv(new_page: NewPage, demo_app: str) -> None:
    page = new_page()
    visit(page, f"{demo_app}/agent")
    page.locator(".st-key-table_cost_per_success_per_day").get_by_role("button", name="Show as table").click()
    region = page.get_by_role("region", name=re.compile("Cost per good result per day"))
    expect(region.locator("tbody tr")).to_have_count(28)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    lines = waiting.value.path().read_text().splitlines()
    assert lines[0] == "day_from,day_to,value,low,high,n,coverage,state,unit"
    assert len(lines) == 29


def test_a_label_shows_at_once_and_is_still_there_after_a_reload(
    new_page: NewPage, demo_copy: Path, tmp_path: Path
) -> None:
    with started(demo_copy, tmp_path / "server.log") as (_, address):
        page = new_page()
        visit(page, f"{address}/tasks?show=good")
        page.locator(".al.rows tbody tr th a").first.click()
        page.wait_for_url("**task=**")
        settle(page)
        page.get_by_role("radio", name="Wrong").or_(page.get_by_text("Wrong", exact=True)).first.click()
        page.get_by_label("Why (a short code, no personal data)").fill("wrong_total")
        page.get_by_role("button", name="Save label").click()
        mine = page.locator(".al.rows tr", has_text="just entered")
        expect(mine).to_contain_text("wrong_total")
        page.reload()
        settle(page)
        expect(mine).to_have_count(1)
        expect(mine).to_contain_text("wrong_total")


def test_a_file_published_meanwhile_is_shown_at_the_next_click(
    new_page: NewPage, demo_copy: Path, tmp_path: Path
) -> None:
    with started(demo_copy, tmp_path / "server.log") as (_, address):
        page = new_page()
        visit(page, address)
        expect(page.locator(".al.rows", has_text="Refund Desk Renamed")).to_have_count(0)
        republish(demo_copy, "UPDATE agents SET agent_name = 'Refund Desk Renamed' WHERE agent_name = 'Refund Desk'")
        page.get_by_role("radio", name="7 days").or_(page.get_by_text("7 days", exact=True)).first.click()
        page.wait_for_url("**period=7d**")
        settle(page)
        expect(page.locator(".al.rows", has_text="Refund Desk Renamed")).to_have_count(1)
        assert page.get_by_test_id("stException").count() == 0


def test_ending_the_server_with_ctrl_c_leaves_no_trace_of_leaks(
    new_page: NewPage, demo_copy: Path, tmp_path: Path
) -> None:
    log = tmp_path / "server.log"
    with started(demo_copy, log) as (server, address):
        visit(new_page(), f"{address}/agent")
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
    said = log.read_text()
    assert "leak" not in said
    assert "Traceback" not in said
