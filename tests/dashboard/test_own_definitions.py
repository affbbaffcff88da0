"""What the app says of the owner's files, and of numbers that were shown otherwise before."""

from __future__ import annotations

from pathlib import Path

from tests.dashboard.conftest import Open
from tests.dashboard.support import html_of, republish

AGENT = "(SELECT min(agent_id) FROM kpi_daily WHERE kpi = 'success_rate' AND day = '2026-11-20')"
RESTATED = f"""INSERT INTO restatements
    SELECT 'success_rate', {AGENT}, '2026-11-20', '', 'definition', 0.5, 0.75, '1', '2', '2026-11-25 08:00:00'"""
LATE = RESTATED.replace("2026-11-20", "2026-11-19").replace("'definition'", "'late_data'").replace("08:00", "07:00")
REFUSED = """INSERT INTO definitions (kind, name, own, state, reason)
    VALUES ('kpi', 'my_rate', true, 'refused', 'my_rate.sql:5: unit is ''percent''. Choose one of ratio, count.')"""


def test_a_restated_number_carries_its_mark_and_says_what_it_was(open_page: Open, demo_copy: Path) -> None:
    assert "↻" not in html_of(open_page("1_portfolio", demo_copy))
    republish(demo_copy, RESTATED, LATE)
    html = html_of(open_page("1_portfolio", demo_copy))
    assert "↻ restated" in html
    assert "Was 50.0\u202f% on 20 Nov" in html
    assert "before 25 Nov" in html
    assert "(definition 1, now 2); 1 more value of a day restated." in html


def test_a_number_of_other_days_carries_no_mark(open_page: Open, demo_copy: Path) -> None:
    republish(demo_copy, RESTATED.replace("'2026-11-20', ''", "'2026-09-20', ''"))
    assert "↻" not in html_of(open_page("1_portfolio", demo_copy))


def test_data_health_shows_a_refused_file_with_its_reason(open_page: Open, demo_copy: Path) -> None:
    assert "Your own KPIs and rules" not in html_of(open_page("8_data_health", demo_copy))
    republish(demo_copy, REFUSED)
    html = html_of(open_page("8_data_health", demo_copy))
    assert "Your own KPIs and rules" in html
    assert "my_rate" in html
    assert "my_rate.sql:5: unit is" in html
    assert "■ refused" in html
