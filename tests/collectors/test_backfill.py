"""A backfill reads a past range in parts, remembers them with their rows, and reads nothing twice unless asked to."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from collectors.__main__ import main
from collectors.aws import AwsAccount, AwsSettings
from collectors.backfill import backfill
from collectors.console import Quiet
from collectors.job import Asked, Job, Outcome, Place
from collectors.planning import Wanted
from collectors.settings import Settings, SourceSettings
from collectors.stop import Stop
from collectors.window import to_ms
from sql.published import read_status
from sql.warehouse import Warehouse
from tests.collectors.fake_aws import FakeAws, Fault, key_of, serving
from tests.collectors.support import NOW, ms, read, rows, span, use
from tests.usage_lines import usage

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SINCE, UNTIL = datetime(2026, 11, 5), datetime(2026, 11, 9)
SPANS = "SELECT span_id FROM raw.spans ORDER BY span_id"
USAGE = "/aws/vendedlogs/bedrock-agentcore/runtime/USAGE_LOGS/helper"
SUMS = "SELECT session_id, hour, vcpu_hours, seconds, records FROM raw.usage_hours ORDER BY ALL"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """A span every six hours for twenty days."""
    with serving(FakeAws()) as made:
        use(made, monkeypatch)
        for number in range(80):
            made.put("aws/spans", "default", ms(number * 360 + 30), span(number + 1, number * 360 + 30))
        yield made


@pytest.fixture(autouse=True)
def _unbuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of these tests look at what has landed; test_backfill_process.py builds and publishes."""
    monkeypatch.setattr("collectors.backfill.publish", lambda job, outcome: None)


def fill(
    home: Path,
    since: datetime = SINCE,
    until: datetime = UNTIL,
    *only: str,
    again: bool = False,
    now: datetime | Callable[[], datetime] = NOW,
    settings: Settings | None = None,
    stop: Stop | None = None,
) -> Outcome:
    """One backfill; of the spans unless sources are named."""
    clock = now if callable(now) else lambda: now
    with Warehouse.open(home, kind="account") as warehouse:
        places, asked = (Place(AwsAccount(AwsSettings())),), Asked(only or ("span_logs",))
        job = Job(warehouse, places, settings or Settings(home=home), clock, clock, Quiet(), asked, stop or Stop())
        return backfill(job, Wanted(since, until, again))


def windows(aws: FakeAws, group: str = "aws/spans") -> list[tuple[int, int]]:
    """The first calls over a group, as (from, to) in ms; further pages are left out."""
    asked = [each for each in aws.asked("FilterLogEvents") if "nextToken" not in each]
    return [(each["startTime"], each["endTime"] + 1) for each in asked if each["logGroupName"] == group]


def texts(outcome: Outcome, kind: str) -> list[str]:
    """The notes of one kind."""
    return [text for each, text in outcome.notes if each == kind]


def ranges(home: Path, state: str) -> list[tuple[Any, ...]]:
    """The stretches of a state."""
    return rows(home, f"SELECT from_at, to_at FROM ops.ranges WHERE state = '{state}' ORDER BY ALL")


def test_a_range_is_read_in_days_the_newest_first_and_then_nothing_is_read_again(aws: FakeAws, tmp_path: Path) -> None:
    first = fill(tmp_path)
    days = [(to_ms(UNTIL - (n + 1) * DAY), to_ms(UNTIL - n * DAY)) for n in range(4)]
    assert windows(aws) == days
    assert (first.exit_code, sum(run.rows_new for run in first.runs), len(first.runs)) == (0, 16, 4)
    assert (ranges(tmp_path, "read"), ranges(tmp_path, "asked")) == ([(SINCE, UNTIL)], [(SINCE, UNTIL)])
    assert rows(tmp_path, "SELECT count(*) FROM ops.cursors") == [(0,)], "the usual passes begin as if nothing had been"
    second = fill(tmp_path, now=NOW + HOUR)
    assert windows(aws) == days
    assert (second.exit_code, second.runs) == (0, [])
    assert texts(second, "done") == ["everything of the range that can be read has been read before"]


def test_only_what_no_pass_has_read_is_read(aws: FakeAws, tmp_path: Path) -> None:
    read(tmp_path, "span_logs", settings=Settings(home=tmp_path, first=3 * DAY))
    aws.seen.clear()
    done = fill(tmp_path, NOW - 4 * DAY, NOW)
    begin = NOW - 4 * DAY
    assert windows(aws) == [
        (to_ms(datetime(2026, 11, 17)), to_ms(NOW - 3 * DAY)),
        (to_ms(begin), to_ms(datetime(2026, 11, 17))),
    ]
    assert sum(run.rows_new for run in done.runs) == 4
    assert ranges(tmp_path, "read") == [(begin, NOW - timedelta(minutes=1))]


def test_an_end_in_the_future_is_cut_to_now_and_adds_no_range_every_time(aws: FakeAws, tmp_path: Path) -> None:
    first = fill(tmp_path, NOW - DAY, NOW + 30 * DAY)
    assert texts(first, "cut") == ["--to 2026-12-20 12:00 is in the future: the range ends now (UTC)"]
    aws.seen.clear()
    later = NOW + 5 * HOUR
    fill(tmp_path, NOW - DAY, NOW + 30 * DAY, now=later)
    minute = timedelta(minutes=1)
    assert windows(aws) == [(to_ms(NOW - minute), to_ms(later - minute))], "only the time that has passed since"
    assert ranges(tmp_path, "asked") == [(NOW - DAY, later - minute)]


def test_again_reads_everything_again_and_changes_nothing(aws: FakeAws, tmp_path: Path) -> None:
    fill(tmp_path)
    before = rows(tmp_path, SPANS)
    done = fill(tmp_path, again=True)
    assert (len(windows(aws)), sum(run.rows_new for run in done.runs)) == (8, 0)
    assert sum(run.duplicates for run in done.runs) == 16
    assert rows(tmp_path, SPANS) == before
    assert fill(tmp_path).runs == []


def test_what_failed_stays_open_and_is_read_by_the_next_try(aws: FakeAws, tmp_path: Path) -> None:
    aws.faults.append(Fault("FilterLogEvents", "ThrottlingException", passed=3, times=1))
    first = fill(tmp_path)
    assert (first.exit_code, [run.status for run in first.runs]) == (1, ["ok", "failed"])
    assert texts(first, "open") == ["span_logs aws/spans: 3 parts are left; run the same backfill again"]
    assert ranges(tmp_path, "read") == [(UNTIL - DAY, UNTIL)]
    left = read_status(tmp_path)
    assert left is not None
    assert [(each["asked_s"], each["left_s"]) for each in left["ranges"]] == [(4 * 86_400, 3 * 86_400)]
    second = fill(tmp_path)
    assert (second.exit_code, len(second.runs)) == (0, 3)
    assert len(rows(tmp_path, SPANS)) == 16


def test_a_group_that_does_not_exist_is_booked_with_its_remedy_and_closed(aws: FakeAws, tmp_path: Path) -> None:
    named = Settings(home=tmp_path, sources={"span_logs": SourceSettings(groups=("/gone",))})
    first = fill(tmp_path, settings=named)
    refused = [run for run in first.runs if run.status == "failed"]
    assert (first.exit_code, len(refused)) == (1, 1)
    assert "/gone does not exist" in str(refused[0].error_message)
    assert len(windows(aws, "/gone")) == 1, "not asked again for every part"
    said = rows(tmp_path, "SELECT from_at, to_at, remedy FROM ops.ranges WHERE state = 'unreadable'")
    assert said == [(SINCE, UNTIL, refused[0].remedy)]
    second = fill(tmp_path, settings=named, now=NOW + HOUR)
    assert (second.exit_code, second.runs) == (0, [])
    assert texts(second, "known") == ["span_logs /gone: refused as before, so it does not count as failed"]
    status = read_status(tmp_path)
    assert status is not None
    assert {each["left_s"] for each in status["ranges"]} == {0}
    aws.put("/gone", "default", to_ms(SINCE + HOUR), span(900, 0))
    back = fill(tmp_path, settings=named)
    assert (back.exit_code, sum(run.rows_new for run in back.runs)) == (0, 1)
    assert ranges(tmp_path, "unreadable") == []


def test_a_right_that_was_revoked_is_booked_and_other_groups_are_read(aws: FakeAws, tmp_path: Path) -> None:
    other = "/aws/bedrock-agentcore/runtimes/helper"
    aws.put(other, "spans", to_ms(SINCE + HOUR), span(900, 0))
    aws.faults.append(Fault("FilterLogEvents", "AccessDeniedException", group="aws/spans"))
    first = fill(tmp_path)
    assert (first.exit_code, rows(tmp_path, "SELECT count(*) FROM raw.spans")) == (1, [(1,)])
    assert fill(tmp_path).exit_code == 0
    aws.faults.clear()
    assert sum(run.rows_new for run in fill(tmp_path).runs) == 16


def test_a_group_that_was_deleted_half_way_is_closed(aws: FakeAws, tmp_path: Path) -> None:
    aws.put("/aws/bedrock-agentcore/runtimes/new", "spans", to_ms(SINCE), span(901, 0))
    aws.faults.append(Fault("FilterLogEvents", "InternalFailure", 500, group="aws/spans", passed=3, times=1))
    assert fill(tmp_path).exit_code == 1
    aws.groups.pop("aws/spans")
    aws.faults.clear()
    second = fill(tmp_path)
    assert second.exit_code == 0
    assert [text.partition(":")[0] for text in texts(second, "closed")] == ["span_logs aws/spans"]
    assert ranges(tmp_path, "unreadable") == [(SINCE, UNTIL - DAY)]
    assert fill(tmp_path).notes == [("done", "everything of the range that can be read has been read before")]


def test_what_retention_has_deleted_is_said_beforehand_and_not_asked_for(aws: FakeAws, tmp_path: Path) -> None:
    aws.retention["aws/spans"] = 14
    done = fill(tmp_path)
    assert texts(done, "gone") == [
        "span_logs aws/spans: AWS keeps 14 days, only what is after 2026-11-06 12:00 (UTC) can be read"
    ]
    assert min(windows(aws))[0] == to_ms(NOW - 14 * DAY)
    aws.retention["aws/spans"] = 7
    nothing = fill(tmp_path, again=True)
    said = "span_logs aws/spans: AWS keeps 7 days, nothing of the range is left"
    assert texts(nothing, "gone") == [said]
    assert nothing.runs == []


def test_sums_of_whole_hours_are_those_of_one_window(aws: FakeAws, tmp_path: Path) -> None:
    for second in range(0, 3 * 86_400, 1_800):
        at = to_ms(SINCE + timedelta(seconds=second))
        aws.put(USAGE, "usage", at, usage(at, vcpu=0.000001 * (second + 1), session=f"s{second % 7}"))
    named = {"usage_logs": SourceSettings(groups=(USAGE,))}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    begin, end = SINCE + timedelta(minutes=20), SINCE + 3 * DAY
    for answer in ("DescribeDeliverySources",):
        aws.answers[answer] = lambda _: (200, {"deliverySources": []})
    read(whole, asked=Asked(("usage_logs",), begin, end), settings=Settings(home=whole, sources=named))
    aws.faults.append(Fault("FilterLogEvents", "InternalFailure", 500, passed=5, times=1))
    fill(parts, begin, end, "usage_logs", settings=Settings(home=parts, sources=named))
    fill(parts, begin, end, "usage_logs", settings=Settings(home=parts, sources=named))
    fill(parts, begin, end, "usage_logs", settings=Settings(home=parts, sources=named), again=True)
    assert len(rows(parts, SUMS)) > 70
    assert rows(parts, SUMS) == rows(whole, SUMS)
    assert ranges(parts, "read") == [(SINCE, end)], "whole hours"


def test_a_budget_holds_paid_parts_back_and_says_so(aws: FakeAws, tmp_path: Path) -> None:
    metric = {"Namespace": "AWS/Bedrock", "MetricName": "Invocations",
              "Dimensions": [{"Name": "ModelId", "Value": "m"}]}  # fmt: skip
    aws.series.append(metric)
    aws.points[key_of(metric, "Sum")] = [((SINCE + HOUR).timestamp(), 3.0)]
    tight = Settings(home=tmp_path, budget_usd=0.000001)
    first = fill(tmp_path, SINCE, UNTIL, "cloudwatch_metrics", "span_logs", settings=tight)
    waits = texts(first, "waits")
    assert len(waits) == 1
    assert waits[0].startswith("cloudwatch_metrics: ")
    assert (first.exit_code, first.brake.rhythm is not None) == (0, True)
    assert len([run for run in first.runs if run.scope.source == "span_logs"]) == 4, "what is free is read"
    freed = fill(tmp_path, SINCE, UNTIL, "cloudwatch_metrics", settings=Settings(home=tmp_path))
    assert texts(freed, "waits") == []
    assert [run.status for run in freed.runs].count("ok") == 3, "the days that had waited"


def test_a_backfill_that_is_stopped_keeps_its_parts_and_builds_nothing(aws: FakeAws, tmp_path: Path) -> None:
    stop, events, calls = Stop(), aws._events, count()

    def answer(asked: dict[str, Any]) -> tuple[int, Any]:
        if next(calls) == 4:
            stop.ask()
        return events(asked)

    aws.answers["FilterLogEvents"] = answer
    stopped = fill(tmp_path, stop=stop)
    assert (stopped.stopped, stopped.published) == (True, None)
    assert len(ranges(tmp_path, "read")) == 1
    del aws.answers["FilterLogEvents"]
    rest = fill(tmp_path)
    assert 0 < len(rest.runs) < 4
    assert len(rows(tmp_path, SPANS)) == 16


def test_a_long_backfill_makes_usual_passes_in_between_so_that_new_records_do_not_wait(
    aws: FakeAws, tmp_path: Path
) -> None:
    ticks = count()
    done = fill(tmp_path, now=lambda: NOW + next(ticks) * timedelta(minutes=3))
    newest = [run for run in done.runs if run.scope.source == "span_logs" and run.window_to > NOW - HOUR]  # type: ignore[operator]
    assert newest, "the newest was read while the range was not done"
    assert done.exit_code == 0
    assert len(rows(tmp_path, SPANS)) == 62, "every span since the range began"


def test_progress_is_in_the_status_while_it_runs(aws: FakeAws, tmp_path: Path) -> None:
    seen: list[Any] = []
    events, ticks = aws._events, count()

    def answer(asked: dict[str, Any]) -> tuple[int, Any]:
        seen.append((read_status(tmp_path) or {}).get("backfill"))
        return events(asked)

    aws.answers["FilterLogEvents"] = answer
    fill(tmp_path, now=lambda: NOW + next(ticks) * timedelta(seconds=1))
    told = [each for each in seen if each]
    assert told[0]["parts"] == 4
    assert 0 < told[0]["share"] < 1
    assert told[0]["left_s"] > 0
    assert "backfill" not in (read_status(tmp_path) or {}), "it runs no more"


def test_a_range_that_ends_before_it_begins_is_a_bad_setting(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backfill", "--from", "2026-11-05", "--to", "2026-11-05", "--json"]) == 2
    assert "is not after --from" in json.loads(capsys.readouterr().out)["error"]["message"]


def test_passes_after_a_backfill_that_meets_them_begin_at_their_own_cursor(aws: FakeAws, tmp_path: Path) -> None:
    read(tmp_path, "span_logs", settings=Settings(home=tmp_path, first=2 * DAY))
    before = rows(tmp_path, "SELECT reached_at FROM ops.cursors WHERE source = 'span_logs'")
    fill(tmp_path, NOW - 5 * DAY, NOW - DAY)
    assert rows(tmp_path, "SELECT reached_at FROM ops.cursors WHERE source = 'span_logs'") == before
