"""X-Ray over HTTP: short windows, five traces a call, and nothing where Transaction Search has taken over."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.collectors.fake_aws import FakeAws, Fault
from tests.collectors.support import NOW, by_scope, fake, ms, read, rows


def trace_id(number: int) -> str:
    """An X-Ray trace id."""
    return f"1-5759e988-{number:024x}"


def document(number: int, minutes_ago: float, **more: Any) -> dict[str, Any]:
    """One segment document of the trace with that number."""
    start = ms(minutes_ago) / 1000
    common = {"name": "refund-tools", "start_time": start, "end_time": start + 1.5, "origin": "AWS::Lambda::Function"}
    return {"trace_id": trace_id(number), "id": f"{number:016x}", **common, **more}


def add(aws: FakeAws, number: int, minutes_ago: float) -> None:
    """A trace of one segment."""
    aws.documents[trace_id(number)] = [document(number, minutes_ago)]


def test_every_trace_of_fourteen_days_is_read_in_windows_of_six_hours_and_calls_of_five(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        for number in range(23):
            add(aws, number, 10 + number * 800)
        for number in range(23, 40):
            add(aws, number, 100)
        done = by_scope(read(tmp_path, "xray_traces"))["xray_traces"]
        windows = {each["EndTime"] - each["StartTime"] for each in aws.asked("GetTraceSummaries")}
        asked = [len(each["TraceIds"]) for each in aws.asked("BatchGetTraces")]
        kinds = {each["TimeRangeType"] for each in aws.asked("GetTraceSummaries")}
    assert (done.status, done.rows_read, done.rows_new) == ("ok", 40, 40)
    assert (max(windows), max(asked), sum(asked), kinds) == (6 * 3600, 5, 40, {"Event"})
    assert rows(tmp_path, "SELECT count(*), min(dialect), min(duration_ms) FROM raw.spans") == [(40, "xray", 1500.0)]


def test_traces_left_unprocessed_are_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        for number in range(4):
            add(aws, number, 100)
        aws.unprocessed = {trace_id(1): 2}
        done = by_scope(read(tmp_path, "xray_traces"))["xray_traces"]
    assert (done.status, done.rows_new) == ("ok", 4)


def test_traces_that_stay_unprocessed_fail_the_source_and_a_retry_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        add(aws, 1, 100)
        aws.unprocessed = {trace_id(1): 100}
        done = by_scope(read(tmp_path, "xray_traces"))["xray_traces"]
    assert (done.status, done.error_code, done.retry_helps) == ("failed", "Throttled", True)
    assert f"left 1 traces unprocessed after 4 attempts, the first is {trace_id(1)}" in str(done.error_message)


def test_where_transaction_search_is_on_the_span_logs_are_relied_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch, destination={"Destination": "CloudWatchLogs", "Status": "ACTIVE"}) as aws:
        add(aws, 1, 100)
        done = by_scope(read(tmp_path, "xray_traces"))["xray_traces"]
        assert aws.asked("GetTraceSummaries") == []
    assert done.status == "not_set_up"
    assert "Transaction Search is on" in str(done.error_message)
    assert "span_logs" in str(done.remedy)


@pytest.mark.parametrize("destination", [None, {"Destination": "CloudWatchLogs", "Status": "PENDING"}])
def test_an_endpoint_without_the_call_or_a_switch_still_pending_means_classic_x_ray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, destination: dict[str, Any] | None
) -> None:
    with fake(monkeypatch, destination=destination) as aws:
        add(aws, 1, 100)
        done = by_scope(read(tmp_path, "xray_traces"))["xray_traces"]
    assert (done.status, done.rows_new) == ("ok", 1)


def test_a_denied_call_names_the_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        add(aws, 1, 100)
        aws.faults.append(Fault("BatchGetTraces", "AccessDeniedException", 403))
        done = by_scope(read(tmp_path, "xray_traces"))["xray_traces"]
    assert done.error_message == "AWS denied xray:BatchGetTraces on *."


def test_a_bad_document_is_a_reject_and_the_other_segments_land(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        add(aws, 1, 100)
        aws.documents[trace_id(1)].append(document(1, 100, id="aaaaaaaaaaaaaaaa", end_time=1.0))
        done = by_scope(read(tmp_path, "xray_traces"))["xray_traces"]
    assert (done.rows_new, done.rejects) == (1, 1)
    assert rows(tmp_path, "SELECT source, reason FROM ops.rejects") == [("xray_traces", "negative_duration")]


def test_a_segment_that_was_in_progress_is_completed_by_a_later_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        open_one = document(1, 30, in_progress=True)
        del open_one["end_time"]
        aws.documents[trace_id(1)] = [open_one]
        read(tmp_path, "xray_traces")
        aws.documents[trace_id(1)] = [document(1, 30)]
        done = by_scope(read(tmp_path, "xray_traces"))["xray_traces"]
    assert (done.rows_new, done.rows_changed) == (0, 1)
    assert rows(tmp_path, "SELECT duration_ms, status, in_progress FROM raw.spans") == [(1500.0, "OK", False)]


def unfinished(number: int, minutes_ago: float) -> dict[str, Any]:
    """A segment that is still running."""
    return {key: value for key, value in document(number, minutes_ago, in_progress=True).items() if key != "end_time"}


def cursor(home: Path) -> datetime:
    """How far the traces have been read."""
    return datetime.fromisoformat(str(rows(home, "SELECT reached_at FROM ops.cursors")[0][0]))


def test_a_trace_first_seen_partial_is_fetched_again_after_the_overlap_has_passed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        aws.documents[trace_id(1)] = [unfinished(1, 180)]
        for number in (2, 3):
            add(aws, number, 100)
        read(tmp_path, "xray_traces")
        assert NOW - timedelta(minutes=121) <= cursor(tmp_path) <= NOW - timedelta(minutes=120)
        read(tmp_path, "xray_traces", now=NOW + timedelta(hours=5))
        add(aws, 1, 180)
        later = NOW + timedelta(hours=10)
        done = by_scope(read(tmp_path, "xray_traces", now=later))["xray_traces"]
    assert (done.rows_new, done.rows_changed) == (0, 1)
    assert rows(tmp_path, "SELECT count(*) FROM raw.spans WHERE in_progress OR duration_ms IS NULL") == [(0,)]
    assert cursor(tmp_path) == later - timedelta(seconds=60)


def test_a_trace_that_stays_partial_is_waited_for_a_day_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        aws.documents[trace_id(1)] = [unfinished(1, 180)]
        begun = NOW - timedelta(minutes=180)
        stands = []
        for hours in (0, 10, 20, 22):
            now = NOW + timedelta(hours=hours)
            read(tmp_path, "xray_traces", now=now)
            stands.append(cursor(tmp_path))
    assert {each - begun for each in stands[:3]} == {timedelta(hours=1)}
    assert stands[3] == now - timedelta(seconds=60)


def test_a_partial_trace_inside_the_overlap_does_not_hold_the_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        aws.documents[trace_id(1)] = [unfinished(1, 30)]
        read(tmp_path, "xray_traces")
    assert cursor(tmp_path) == NOW - timedelta(seconds=60)
