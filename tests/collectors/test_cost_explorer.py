"""Cost Explorer over HTTP: off by default, whole days, the total true, a restated day replaced by the later answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collectors.aws import AwsAccount, AwsSettings
from collectors.run import switched_on
from collectors.settings import Settings, SourceSettings
from collectors.source import sources
from collectors.sources import cost_explorer
from collectors.window import Window
from tests.collectors.fake_aws import FakeAws, Fault
from tests.collectors.fake_billing import Group, costs, day
from tests.collectors.support import NOW, fake, read, rows

INPUT: Group = ("Amazon Bedrock", "USE1-Claude4.6Sonnet-input-tokens", "5.000000001")
RUNTIME: Group = ("Amazon Bedrock AgentCore", "USE1-Runtime:Consumption-based:vCPU", "0.25")
HAIKU: Group = ("Claude Haiku 4.5 (Amazon Bedrock Edition)", "USE1-MP:USE1_InputTokenCount-Units", "2")
OLD_HAIKU: Group = ("AWS Marketplace", "USE1-MP:USE1_input_tokens_standard-Units", "1.2E-7")
BOX: Group = ("Amazon Elastic Compute Cloud - Compute", "USE1-BoxUsage:t3.micro", "3.5")
CREDIT: Group = ("AWS Support", "Credit", "-0.5")
LINES = "SELECT day::VARCHAR, service, usage_type, reading.usd::VARCHAR FROM raw.bill_days ORDER BY ALL"


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer is asked for an hour after the one before."""
    times = (datetime.fromisoformat("2026-11-20T12:00") + timedelta(hours=n) for n in range(1000))
    monkeypatch.setattr(cost_explorer, "asked_at", lambda: next(times))


def telling(aws: FakeAws, *days: object) -> None:
    """Let Cost Explorer say this."""
    aws.answers["GetCostAndUsage"] = costs(aws, *days)  # type: ignore[arg-type]


def test_it_is_off_until_the_owner_switches_it_on(tmp_path: Path) -> None:
    source = sources()["cost_explorer"]
    assert not switched_on(Settings(home=tmp_path), source)
    on = {"cost_explorer": SourceSettings(enabled=True)}
    assert switched_on(Settings(home=tmp_path, sources=on), source)
    assert "0.01 USD" in source.about.cost


def test_lines_about_agents_stay_and_everything_else_is_one_line_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch, page_events=1) as aws:
        telling(aws, day("2026-11-18", INPUT, BOX, RUNTIME, HAIKU, CREDIT, OLD_HAIKU), day("2026-11-19", BOX))
        (done,) = read(tmp_path, "cost_explorer").runs
        asked = aws.asked("GetCostAndUsage")[0]
    assert (done.status, done.rows_new, done.rejects) == ("ok", 6, 0)
    assert rows(tmp_path, LINES) == [
        ("2026-11-18", *OLD_HAIKU[:2], "0.000000120"),
        ("2026-11-18", *INPUT[:2], "5.000000001"),
        ("2026-11-18", *RUNTIME[:2], "0.250000000"),
        ("2026-11-18", *HAIKU[:2], "2.000000000"),
        ("2026-11-18", "other", "", "3.000000000"),
        ("2026-11-19", "other", "", "3.500000000"),
    ]
    assert asked["Granularity"] == "DAILY"
    assert asked["Metrics"] == ["UnblendedCost", "UsageQuantity"]
    assert [each["Key"] for each in asked["GroupBy"]] == ["SERVICE", "USAGE_TYPE"]
    assert asked["Filter"] == {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["111122223333"]}}
    assert asked["TimePeriod"]["End"] == "2026-11-20"


def test_the_last_35_days_are_read_again_and_the_later_answer_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        telling(aws, day("2026-11-18", INPUT, RUNTIME, estimated=True))
        read(tmp_path, "cost_explorer")
        telling(aws, day("2026-11-18", ("Amazon Bedrock", INPUT[1], "4")))
        (done,) = read(tmp_path, "cost_explorer", now=NOW + timedelta(days=1)).runs
        asked = aws.asked("GetCostAndUsage")[-1]
    assert asked["TimePeriod"] == {"Start": "2026-10-16", "End": "2026-11-21"}
    assert (done.rows_new, done.rows_changed) == (0, 2)
    state = "SELECT service, reading.usd::DOUBLE, reading.estimated FROM raw.bill_days ORDER BY 1"
    assert rows(tmp_path, state) == [
        ("Amazon Bedrock", 4.0, False),
        ("Amazon Bedrock AgentCore", 0.25, True),
        ("other", 0.0, False),
    ]


def test_nothing_is_asked_twice_in_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        telling(aws, day("2026-11-18", INPUT))
        read(tmp_path, "cost_explorer")
        assert read(tmp_path, "cost_explorer", now=NOW + timedelta(hours=5)).runs == []
        assert len(aws.asked("GetCostAndUsage")) == 1


def test_member_accounts_are_read_each_on_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"cost_explorer": SourceSettings(enabled=True, options={"accounts": ("444455556666", "777788889999")})}
    with fake(monkeypatch) as aws:
        telling(aws, day("2026-11-18", INPUT))
        done = read(tmp_path, "cost_explorer", settings=Settings(home=tmp_path, sources=own)).runs
    assert [(each.scope.account_id, each.scope.name) for each in done] == [
        ("111122223333", "444455556666"),
        ("111122223333", "777788889999"),
    ]
    assert rows(tmp_path, "SELECT account_id, count(*) FROM raw.bill_days GROUP BY 1 ORDER BY 1") == [
        ("444455556666", 2),
        ("777788889999", 2),
    ]


def test_a_day_without_a_cent_is_known_to_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        telling(aws, day("2026-11-18"))
        (done,) = read(tmp_path, "cost_explorer").runs
    assert done.status == "ok"
    assert rows(tmp_path, LINES) == [("2026-11-18", "other", "", "0.000000000")]


def test_an_empty_answer_is_no_failure_and_moves_the_cursor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        telling(aws)
        (done,) = read(tmp_path, "cost_explorer").runs
    assert (done.status, done.rows_new) == ("ok", 0)
    assert rows(tmp_path, "SELECT reached_at::VARCHAR FROM ops.cursors") == [("2026-11-20 00:00:00",)]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("AccessDeniedException", "User not enabled for cost explorer access"),
        ("DataUnavailableException", "The requested data is unavailable"),
    ],
)
def test_an_account_that_never_opened_cost_explorer_is_not_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, text: str
) -> None:
    with fake(monkeypatch) as aws:
        aws.answers["GetCostAndUsage"] = lambda _: (400, {"__type": code, "message": text})
        (done,) = read(tmp_path, "cost_explorer").runs
        assert len(aws.asked("GetCostAndUsage")) == 1
    assert (done.status, done.rows_new) == ("not_set_up", 0)
    assert "Open Billing and Cost Management" in str(done.remedy)


def test_a_denied_call_names_the_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        aws.faults.append(Fault("GetCostAndUsage", "AccessDeniedException", 400))
        (done,) = read(tmp_path, "cost_explorer").runs
    assert (done.status, done.error_message) == ("failed", "AWS denied ce:GetCostAndUsage on *.")


def test_an_answer_that_breaks_off_changes_no_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch, page_events=1) as aws:
        telling(aws, day("2026-11-18", INPUT, RUNTIME))
        aws.faults.append(Fault("GetCostAndUsage", "InternalFailure", 500, passed=1))
        (done,) = read(tmp_path, "cost_explorer").runs
    assert done.status == "failed"
    assert rows(tmp_path, "FROM raw.bill_days") == []


def test_another_currency_or_no_number_is_a_reject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        telling(aws, day("2026-11-17", INPUT, unit="CNY"), day("2026-11-18", ("Amazon Bedrock", "a", "much"), RUNTIME))
        (done,) = read(tmp_path, "cost_explorer").runs
    assert (done.rejects, done.rows_new) == (2, 3)


def test_an_account_that_does_not_say_who_it_is_is_asked_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        telling(aws)
        window = Window(NOW - timedelta(days=1), NOW)
        (page,) = cost_explorer.fetch_costs(AwsAccount(AwsSettings()), "unknown", window)
        assert page["ResultsByTime"] == []
        assert "Filter" not in aws.asked("GetCostAndUsage")[0]
