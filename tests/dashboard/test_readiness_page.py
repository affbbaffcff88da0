"""The readiness page: verdicts in words, the query one click away, waivers entered and shown at once; and Compare."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import readiness
from dashboard.data import Ledger, open_ledger
from metrics.model import Access
from metrics.readiness.criteria import criteria
from sql import journal
from tests.dashboard.conftest import Open
from tests.dashboard.support import html_of

INVOICES = "invoice_processor-A1b2C3d4E5"
SILENT = "contract_review-U1v2W3x4Y5"


def test_every_criterion_stands_with_its_verdict_and_what_to_do(open_page: Open, demo_home: Path) -> None:
    app = open_page("6_readiness", demo_home, agent=INVOICES)
    html = html_of(app)
    assert not app.exception
    assert html.count('class="al criterion"') == len(criteria())
    for criterion in criteria():
        assert criterion in html
    assert "■ fails" in html
    assert "○ not recorded" in html
    assert "In the way:" in html


def test_an_agent_without_telemetry_is_not_assessed_and_each_criterion_says_how_to_record_it(
    open_page: Open, demo_home: Path
) -> None:
    html = html_of(open_page("6_readiness", demo_home, agent=SILENT))
    assert "is not assessed" in html
    assert "● passes" not in html
    assert "■ fails" not in html
    assert html.count('class="todo"') == len(criteria())


def test_a_waiver_entered_shows_at_once_with_who_and_until_when(open_page: Open, demo_copy: Path) -> None:
    ledger = open_ledger(demo_copy, Access.everything())
    before = readiness.cards(ledger)[INVOICES]
    finding = next(each for each in before.findings if each.criterion.id == "P3.2")
    until = datetime(datetime.now(UTC).year + 1, 1, 31).date()
    readiness.waive(ledger, finding, until, "The canary starts in spring", "AP lead")
    assert journal.pending(demo_copy)[-1]["event.name"] == "readiness.waiver"
    after = readiness.cards(ledger)[INVOICES]
    assert next(each for each in after.findings if each.criterion.id == "P3.2").state == "waived"
    assert [pillar.passed for pillar in after.pillars] == [pillar.passed for pillar in before.pillars]
    html = html_of(open_page("6_readiness", demo_copy, agent=INVOICES))
    assert f"Waived by AP lead until 31 Jan {until.year}: The canary starts in spring" in html


def waiving(open_page: Open, home: Path, **fields: str) -> AppTest:
    """Fill in the form that waives P3.2, and send it."""
    app = open_page("6_readiness", home, agent=INVOICES)
    app.session_state["know_P3_2"] = True
    app.run()
    for name, text in fields.items():
        next(each for each in app.text_input if each.key == f"{name}_P3_2").set_value(text)
    next(each for each in app.button if "waive_P3_2" in str(each.key)).click()
    app.run()
    assert not app.exception
    return app


def test_a_waiver_without_a_name_is_refused_and_one_that_cannot_be_written_says_what_to_do(
    open_page: Open, demo_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = waiving(open_page, demo_copy, why="In spring")
    assert [each.value for each in app.warning] == ["A waiver needs a reason and a name."]
    monkeypatch.setattr(journal, "_write_line", full_disk)
    app = waiving(open_page, demo_copy, why="In spring", who="AP lead")
    assert "Make room on that disk, then enter it again." in app.error[0].value
    monkeypatch.undo()
    assert journal.pending(demo_copy) == []


def full_disk(path: Path, line: str) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_parts_that_differ_are_told_apart_and_the_agent_has_its_monogram(open_page: Open, demo_home: Path) -> None:
    html = html_of(open_page("6_readiness", demo_home, agent=INVOICES))
    tools = html.split("Tools work</div>")[1].split("Do next")[0].split("todo")[0]
    assert 'title="passes">●' in tools
    assert 'title="fails">■' in tools
    assert ">IP</span>" in html


def test_the_portfolio_and_the_agent_page_lead_to_the_scorecard(open_page: Open, demo_home: Path) -> None:
    for page in ("1_portfolio", "2_agent"):
        html = html_of(open_page(page, demo_home))
        assert 'href="readiness?agent=' in html
        assert "pillar 1" in html


def test_the_portfolio_reads_all_scorecards_once_however_many_agents_there_are(
    open_page: Open, demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Mock(wraps=readiness.cards)
    monkeypatch.setattr(readiness, "cards", read)
    assert not open_page("1_portfolio", demo_home).exception
    assert read.call_count == 1


def test_a_viewer_sees_the_scorecards_of_his_agents_only(demo_home: Path) -> None:
    ledger = Ledger(demo_home, open_ledger(demo_home, Access.everything()).published, Access.only(INVOICES))
    assert set(readiness.cards(ledger)) == {INVOICES}


def test_versions_are_compared_with_dates_verdict_and_design(open_page: Open, demo_home: Path) -> None:
    app = open_page("5_compare", demo_home, agent=INVOICES)
    html = html_of(app)
    assert not app.exception
    assert "Design" in html
    assert "no split was declared" in html
    assert "Cost per task" in html


def test_an_agent_with_one_version_says_so_and_offers_two_periods(open_page: Open, demo_home: Path) -> None:
    html = html_of(open_page("5_compare", demo_home, agent=SILENT))
    assert "only version 1 was ever seen" in html
    assert "what=periods" in html


def test_agents_and_periods_are_chosen_by_the_url(open_page: Open, demo_home: Path) -> None:
    for what, said in (("periods", "this period against the period before"), ("agents", "Invoice Processor against")):
        html = html_of(open_page("5_compare", demo_home, agent=INVOICES, what=what, measure="accuracy"))
        assert "Accuracy" in html
        assert said in html
