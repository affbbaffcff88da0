"""What the pages say when a source failed, when data have only begun, and when a newer file arrives."""

from __future__ import annotations

import gc
import os
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard import attention
from dashboard.data import Ledger, open_ledger
from metrics import units
from metrics.model import Access
from metrics.run import default_period
from tests.dashboard.conftest import Open
from tests.dashboard.support import html_of, republish

OUTCOMES_DENIED = """
    UPDATE collector_runs SET status = 'failed', error_code = 'AccessDeniedException', retry_helps = false,
        error_message = 'AWS denied logs:FilterLogEvents on /agent-kpi/outcomes.',
        remedy = 'Allow it for the role; `python -m collectors iam` prints the policy.'
    WHERE source = 'outcome_events'
"""
TABLES = ("tasks", "kpi_daily", "latency_buckets", "kpi_groups", "model_calls", "tool_calls")


def test_a_failed_source_is_named_in_the_freshness_line_on_its_cards_and_under_needs_attention(
    open_page: Open, demo_copy: Path
) -> None:
    republish(demo_copy, OUTCOMES_DENIED)
    html = html_of(open_page("1_portfolio", demo_copy))
    assert "■ outcome_events not read" in html
    assert "outcome_events (/agent-kpi/outcomes) could not be read" in html
    assert "<code>python -m collectors iam</code>" in html
    assert 'data-kpi="success_rate" data-state="broken"' in html
    assert "outcome_events: access denied." in html
    assert 'data-kpi="task_volume" data-state="broken"' not in html


def test_a_card_with_a_failed_source_keeps_the_number_it_has(open_page: Open, demo_copy: Path) -> None:
    republish(demo_copy, OUTCOMES_DENIED)
    card = html_of(open_page("1_portfolio", demo_copy)).split('data-kpi="success_rate"')[1].split("</section>")[0]
    assert "value weak" not in card.split('data-kpi="accuracy"')[0]


def test_data_health_shows_what_failed_and_what_to_do(open_page: Open, demo_copy: Path) -> None:
    republish(demo_copy, OUTCOMES_DENIED)
    html = html_of(open_page("8_data_health", demo_copy))
    assert "Two problems" in html, "what failed, and what the examination calls an error"
    assert "AWS denied logs:FilterLogEvents on /agent-kpi/outcomes." in html
    assert "<code>python -m collectors iam</code> prints the policy." in html


def test_data_health_names_the_stretches_that_are_missing_and_who_reads_them(open_page: Open, demo_copy: Path) -> None:
    assert "Stretches of time that are missing" not in html_of(open_page("8_data_health", demo_copy))
    republish(
        demo_copy,
        """INSERT INTO gaps BY NAME SELECT * FROM (VALUES
            ('span_logs', 'aws/spans', 'catch_up', TIMESTAMP '2026-11-10 08:00', TIMESTAMP '2026-11-19', NULL),
            ('span_logs', '/gone', 'unreadable', TIMESTAMP '2026-11-01', TIMESTAMP '2026-11-02', 'Check the name.'))
        AS t (source, scope, reason, from_at, to_at, remedy)""",
    )
    html = html_of(open_page("8_data_health", demo_copy)).split("Stretches of time that are missing")[1]
    assert "read by the next passes; what is newer is there already" in html
    assert "Check the name." in html
    assert "10 Nov" in html


def test_findings_are_shown_with_their_fix_and_when_aws_was_asked(open_page: Open, demo_copy: Path) -> None:
    html = html_of(open_page("8_data_health", demo_copy))
    assert "agent without telemetry" in html
    assert "AWS asked" in html
    assert "with 1 error and" in html
    republish(demo_copy, "DELETE FROM findings")
    nothing = html_of(open_page("8_data_health", demo_copy))
    assert "Nothing was found." in nothing
    assert "finding and" not in nothing
    republish(demo_copy, "DELETE FROM org WHERE key = 'examined_at'")
    assert "AWS was not asked yet" in html_of(open_page("8_data_health", demo_copy))


def test_sources_that_failed_for_one_reason_are_one_thing_to_do(open_page: Open, demo_copy: Path) -> None:
    republish(
        demo_copy,
        "UPDATE collector_runs SET status = 'failed', error_code = 'ExpiredToken', error_message = 'Expired.', "
        "remedy = 'Sign in again.'",
    )
    html = html_of(open_page("1_portfolio", demo_copy))
    assert html.count("could not be read") == 1
    assert "Sign in again." in html


@pytest.mark.parametrize(("later", "failed"), [(True, 0), (False, 1)])
def test_a_failure_before_the_places_were_known_ends_with_the_next_good_pass(
    later: bool, failed: int, demo_copy: Path
) -> None:
    shift = "-" if later else "+"
    republish(
        demo_copy,
        "INSERT INTO collector_runs BY NAME SELECT * REPLACE ('' AS scope, 'failed' AS status, 'other' AS run_id, "
        f"started_at {shift} INTERVAL 1 DAY AS started_at) FROM collector_runs WHERE source = 'outcome_events' LIMIT 1",
    )
    rows = open_ledger(demo_copy, Access.everything()).rows("collector_runs")
    assert sum(row["status"] == "failed" for row in rows) == failed


@pytest.mark.parametrize("status", ["failed", "not_set_up"])
def test_what_is_missing_in_one_region_is_not_hidden_by_another(status: str, demo_copy: Path) -> None:
    republish(
        demo_copy,
        f"INSERT INTO collector_runs BY NAME SELECT * REPLACE ('' AS scope, '{status}' AS status, 'other' AS run_id, "
        "'eu-central-1' AS region, started_at - INTERVAL 1 DAY AS started_at) FROM collector_runs "
        "WHERE source = 'outcome_events' LIMIT 1",
    )
    rows = open_ledger(demo_copy, Access.everything()).rows("collector_runs")
    assert [row["status"] for row in rows if row["region"] == "eu-central-1"] == [status]


def test_what_was_not_set_up_is_gone_once_a_file_of_no_region_was_read(demo_copy: Path) -> None:
    republish(
        demo_copy,
        "INSERT INTO collector_runs BY NAME SELECT * REPLACE ('/bills' AS scope, 'ok' AS status, 'other' AS run_id, "
        "'' AS region, '' AS account_id, started_at + INTERVAL 1 DAY AS started_at) FROM collector_runs "
        "WHERE source = 'cost_usage_report' LIMIT 1",
    )
    rows = open_ledger(demo_copy, Access.everything()).rows("collector_runs")
    assert [row["status"] for row in rows if row["source"] == "cost_usage_report"] == ["ok"]


def test_what_is_missing_for_different_reasons_names_its_regions(open_page: Open, demo_copy: Path) -> None:
    republish(
        demo_copy,
        "INSERT INTO collector_runs BY NAME SELECT * REPLACE ('eu-central-1' AS region, 'other' AS run_id, "
        "'Nothing here either.' AS error_message) FROM collector_runs WHERE source = 'usage_logs' LIMIT 1",
    )
    html = html_of(open_page("8_data_health", demo_copy))
    row = html.split('<span class="b">usage_logs</span>')[1].split("</tr>")[0]
    assert "eu-central-1, us-east-1" in row


def test_a_bill_stands_beside_the_estimate_and_what_is_unknown_is_no_zero(open_page: Open, demo_copy: Path) -> None:
    assert "Estimate and bill" not in html_of(open_page("8_data_health", demo_copy))
    bill = "INSERT INTO reconciliation BY NAME SELECT DATE '2026-11-02' AS day, 4 AS calls, {} AS state"
    republish(
        demo_copy,
        "DELETE FROM reconciliation",
        bill.format("'compared'") + ", 'seen' AS model, 3.0 AS estimated_usd, 4.0 AS billed_usd, 1.0 AS gap_usd, "
        "true AS provisional",
        bill.format("'unpriced'") + ", 'dear' AS model, 7.0 AS billed_usd, false AS provisional",
    )
    html = html_of(open_page("8_data_health", demo_copy)).split("Estimate and bill")[1].split("</table>")[0]
    seen, dear = (html.split(f">{model}<")[1].split("</tr>")[0] for model in ("seen", "dear"))
    assert all(text in seen for text in ("$3.00", "$4.00 (not final)", "$1.00", "25.0"))
    assert "no call has a price" in dear
    assert dear.count(units.NOTHING) == 3  # the estimate, the gap and its share
    assert "$0" not in dear


def test_a_judge_that_errs_is_shown_with_its_share_of_scores(open_page: Open, demo_copy: Path) -> None:
    republish(demo_copy, "UPDATE judge_results SET status = 'errored', error_type = 'NoTraces', score = NULL")
    html = html_of(open_page("8_data_health", demo_copy)).split("Builtin.Correctness")[1].split("</tr>")[0]
    assert "Usual error: <code>NoTraces</code>" in html
    assert 'data-l="Scored">0<' in html


def test_a_newer_file_is_read_at_the_next_rerun_and_the_old_one_is_closed(open_page: Open, demo_copy: Path) -> None:
    app = open_page("9_kpis", demo_copy)
    old = open_files(demo_copy)
    new = republish(demo_copy, "UPDATE org SET value = 'account' WHERE key = 'kind'")
    app.run()
    gc.collect()
    assert 'class="mark">DEMO' not in html_of(app)
    assert len(old) == 1
    assert open_files(demo_copy) == {new.name}


def test_a_page_in_the_middle_keeps_reading_the_file_it_began_with(demo_copy: Path) -> None:
    reader = open_ledger(demo_copy, Access.everything())
    republish(demo_copy, "DELETE FROM agents")
    assert open_ledger(demo_copy, Access.everything()).rows("agents") == []
    assert reader.rows("agents")
    assert reader.rows("versions")


def test_with_one_day_of_data_nothing_is_compared_and_the_page_says_when_that_starts(
    open_page: Open, demo_copy: Path, demo_ledger: Ledger
) -> None:
    _, end = default_period(demo_ledger.published)
    keep_from(demo_copy, str(end - timedelta(days=1)))
    app = open_page("1_portfolio", demo_copy)
    html = html_of(app)
    assert not app.exception
    assert "comparisons over 28 days start on" in html
    assert html.count("no comparison yet") >= 6
    assert "■ no change" not in html


def test_the_very_first_day_is_shown_before_it_is_over(open_page: Open, demo_copy: Path, demo_ledger: Ledger) -> None:
    (newest,) = demo_ledger.published.rows("SELECT max(day) AS day FROM tasks")
    keep_from(demo_copy, str(newest["day"]))
    html = html_of(open_page("1_portfolio", demo_copy))
    assert "No jobs match" not in html
    assert 'data-kpi="task_volume"' in html


def test_calls_without_token_counts_are_not_called_unpriced(demo_copy: Path, open_page: Open) -> None:
    republish(
        demo_copy,
        "UPDATE model_calls SET token_source = NULL, is_error = false, price_state = 'unpriced', cost_usd = NULL, "
        "uncached_input_tokens = NULL, output_tokens = NULL",
    )
    html = html_of(open_page("1_portfolio", demo_copy))
    assert "with no token counts reported" in html
    assert "without a price" not in html


def test_a_long_list_of_models_is_cut() -> None:
    assert attention._cut(["a", "b", "c", "d", "e"]) == "a, b, c +2 more"
    assert attention._cut(["a", "b"]) == "a, b"
    assert attention._cut([]) == "the model"


def test_a_few_agents_have_no_search_box_and_many_have_one(open_page: Open, demo_copy: Path) -> None:
    few = open_page("1_portfolio", demo_copy, agent="refund_desk-F6g7H8i9J0")
    assert not any(box.key == "agents_find" for box in few.text_input)
    republish(
        demo_copy,
        "INSERT INTO agents BY NAME SELECT * REPLACE (agent_id || '-2' AS agent_id, "
        "agent_name || ' Two' AS agent_name) FROM agents WHERE agent_id <> 'unattributed'",
    )
    many = open_page("1_portfolio", demo_copy)
    many.text_input(key="agents_find").set_value("desk two").run()
    html = html_of(many)
    assert dict(many.query_params)["find"] == "desk two"
    assert "Refund Desk Two" in html.split("<table>")[-1]
    assert "Policy Answers" not in html.split("<table>")[-1]
    many.text_input(key="agents_find").set_value("zzz").run()
    assert "holds “zzz”" in html_of(many)


def keep_from(home: Path, day: str) -> None:
    """Publish only what happened from a day on, as if the agents had begun then."""
    cuts = [f"DELETE FROM {table} WHERE day < DATE '{day}'" for table in TABLES]
    republish(home, *cuts, f"UPDATE agents SET first_seen_at = TIMESTAMP '{day} 08:00:00'")


def open_files(home: Path) -> set[str]:
    """Return the names of the published files of a home that this process holds open."""
    held = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith(str(home / "published")):
            held.add(Path(target).name)
    return held
