"""Every page draws over every kind of home, and the URL decides what it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dashboard.data import Ledger
from sql import journal
from tests.dashboard.conftest import Open
from tests.dashboard.support import PAGES, html_of


def headings(html: str) -> int:
    """Return how many h1 a page has."""
    return len(re.findall(r"<h1", html))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_draws_the_demo_account_without_an_error(page: str, open_page: Open, demo_home: Path) -> None:
    app = open_page(page, demo_home)
    html = html_of(app)
    assert not app.exception
    assert headings(html) == 1
    assert "DEMO" in html


@pytest.mark.parametrize("page", PAGES)
def test_a_page_over_an_empty_home_says_how_to_begin(page: str, open_page: Open, tmp_path: Path) -> None:
    app = open_page(page, tmp_path / "nothing")
    html = html_of(app)
    assert not app.exception
    assert headings(html) == 1
    assert "collectors run" in html or page == "9_kpis"
    assert 'class="mark">DEMO' not in html


@pytest.mark.parametrize("page", PAGES)
def test_a_page_over_a_broken_file_shows_the_remedy(page: str, open_page: Open, tmp_path: Path) -> None:
    folder = tmp_path / "broken" / "published"
    folder.mkdir(parents=True)
    (folder / "kpis-20260101T000000000000.duckdb").write_bytes(b"this is not a database" * 400)
    app = open_page(page, tmp_path / "broken")
    html = html_of(app)
    assert not app.exception
    assert "Run the collector once" in html or page == "9_kpis"


def test_data_health_shows_the_collectors_report_even_when_nothing_is_published(
    open_page: Open, tmp_path: Path
) -> None:
    failed = {
        "source": "span_logs",
        "scope": "aws/spans",
        "status": "failed",
        "error_message": "Access denied.",
        "remedy": "Allow logs:FilterLogEvents.",
    }
    (tmp_path / "status.json").write_text(json.dumps({"kind": "account", "scopes": [failed]}))
    html = html_of(open_page("8_data_health", tmp_path))
    assert "Access denied." in html
    assert "Allow logs:FilterLogEvents." in html


def test_the_url_sets_the_filter_and_every_link_keeps_it(open_page: Open, demo_home: Path) -> None:
    app = open_page("1_portfolio", demo_home, period="7d", compare="year")
    assert app.segmented_control(key="filter_period").value == "7d"
    links = re.findall(r'href="(agent\?[^"]*)"', html_of(app))
    assert links
    assert all("period=7d" in link and "compare=year" in link for link in links)


def test_a_change_in_the_bar_is_written_to_the_url(open_page: Open, demo_home: Path) -> None:
    app = open_page("1_portfolio", demo_home)
    app.segmented_control(key="filter_period").set_value("7d").run()
    assert dict(app.query_params)["period"] == "7d"
    app.button(key="filter_reset").click().run()
    assert "period" not in dict(app.query_params)


def test_an_unknown_parameter_gives_a_note(open_page: Open, demo_home: Path) -> None:
    app = open_page("1_portfolio", demo_home, nonsense="1", agent=["no-such-agent"])
    html = html_of(app)
    assert not app.exception
    assert "“nonsense” in the link" in html
    assert "“no-such-agent”" in html


def test_a_period_without_jobs_says_what_to_loosen(open_page: Open, demo_home: Path) -> None:
    html = html_of(open_page("1_portfolio", demo_home, period="custom", from_="2020-01-01", to="2020-01-07"))
    assert "No jobs match this view" in html
    assert "Show the last 28 days" in html


def test_a_job_that_is_not_there_is_said_so(open_page: Open, demo_home: Path) -> None:
    app = open_page("3_tasks", demo_home, task="no-such-job")
    assert not app.exception
    assert "There is no job" in html_of(app)


def test_a_label_entered_shows_at_once_and_is_in_the_journal(
    open_page: Open, demo_copy: Path, demo_ledger: Ledger
) -> None:
    task = demo_ledger.published.rows(
        "SELECT task_id, agent_id FROM tasks WHERE status = 'success' ORDER BY task_id LIMIT 1"
    )[0]
    app = open_page("3_tasks", demo_copy, task=task["task_id"])
    app.segmented_control(key="label_answer").set_value("wrong")
    app.button[-1].click().run()
    written = journal.pending(demo_copy)[-1]
    assert not app.exception
    assert "just entered" in html_of(app)
    assert (written["task.id"], written["gen_ai.agent.id"], written["gen_ai.evaluation.score.value"]) == (
        task["task_id"],
        task["agent_id"],
        0.0,
    )


def test_an_agent_that_sends_no_telemetry_is_unknown_and_says_what_to_do(open_page: Open, demo_home: Path) -> None:
    silent = html_of(open_page("2_agent", demo_home, agent="contract_review-U1v2W3x4Y5"))
    assert "This agent runs, but sends no telemetry" in silent
    assert "No jobs" not in silent
    portfolio = html_of(open_page("1_portfolio", demo_home))
    assert "10 of 11 agents." in portfolio
    row = portfolio.split("contract_review</a>")[1].split("</tr>")[0]
    assert "runs, but sends no telemetry" in row
    assert ">0<" not in row
