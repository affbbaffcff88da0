"""What people decide by: the scorecard on paper and with its query, and two versions side by side."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.driving import settle, started, visit, widest
from tests.dashboard.findings import nobody_acted, planted

pytestmark = pytest.mark.browser
INVOICES = "invoice_processor-A1b2C3d4E5"


def test_from_the_portfolio_to_a_criterion_and_its_query(new_page: NewPage, demo_app: str) -> None:
    page = new_page()
    visit(page, demo_app)
    page.locator(".al.rows tbody tr", has_text="Invoice Processor").locator("a.bare").click()
    page.wait_for_url("**/readiness?**")
    settle(page)
    expect(page.locator("h1")).to_contain_text("Invoice Processor is not ready")
    page.locator(".st-key-act_P2_1").get_by_role("button", name="How we know").click()
    expect(page.get_by_test_id("stCode")).to_contain_text("main.tool_calls")


def test_a_scorecard_is_printed_on_two_pages_of_a4(new_page: NewPage, demo_app: str) -> None:
    page = new_page()
    visit(page, f"{demo_app}/readiness?agent={INVOICES}")
    printed = page.pdf(format="A4", print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) <= 2


def test_a_waiver_is_entered_in_the_drawer_and_stands_on_the_page(
    new_page: NewPage, demo_copy: Path, tmp_path: Path
) -> None:
    with started(demo_copy, tmp_path / "server.log") as (_, address):
        page = new_page()
        visit(page, f"{address}/readiness?agent={INVOICES}")
        page.locator(".st-key-act_P3_2").get_by_role("button", name="How we know").click()
        page.get_by_label("Why", exact=True).fill("The canary starts in spring")
        page.get_by_label("Who accepts it").fill("AP lead")
        page.get_by_role("button", name="Waive").click()
        expect(page.locator(".al.criterion", has_text="P3.2")).to_contain_text("Waived by AP lead")


def test_two_versions_are_chosen_and_the_link_keeps_them(new_page: NewPage, demo_app: str) -> None:
    page = new_page()
    visit(page, f"{demo_app}/compare?agent={INVOICES}&a=16&b=17")
    expect(page.locator("h1")).to_contain_text("Success of version 17 against version 16: worse")
    page.get_by_role("radio", name="Accuracy").or_(page.get_by_text("Accuracy", exact=True)).first.click()
    page.wait_for_url("**measure=accuracy**")
    settle(page)
    assert "a=16" in page.url
    page.reload()
    settle(page)
    expect(page.locator("h1")).to_contain_text("Accuracy of version 17 against version 16")


def test_an_action_is_proposed_on_a_finding_and_moved_on_and_the_drawer_closes(
    new_page: NewPage, demo_copy: Path, tmp_path: Path
) -> None:
    found = planted(nobody_acted(demo_copy))["cost"]
    with started(demo_copy, tmp_path / "server.log") as (_, address):
        page = new_page(width=390)
        visit(page, f"{address}/insights")
        page.locator(f".st-key-propose_{found.id}").get_by_role("button", name="Propose an action").click()
        page.get_by_label("What is done").fill("Shorten the prompt")
        page.get_by_label("Who enters it").fill("Ida")
        page.get_by_role("button", name="Propose", exact=True).click()
        expect(page.get_by_label("What is done")).to_have_count(0)
        expect(page.locator(f'[data-decided="{found.id}"]')).to_contain_text("Action “Shorten the prompt”: proposed")
        visit(page, f"{address}/insights?part=actions")
        expect(page.locator("h1")).to_have_text("No action has taken effect yet.")
        page.get_by_role("button", name="Move on").click()
        page.get_by_label("Who says so").fill("Ida")
        page.get_by_role("button", name="Enter").click()
        expect(page.locator(".al.insight", has_text="Shorten the prompt")).to_contain_text("Accepted")
        content, window = widest(page)
        assert content <= window
