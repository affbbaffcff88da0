"""Retrieval jobs over HTTP: only where span logs are out of reach, waited for, read to the end, and one row a span."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from collectors.sources import xray_retrieval
from collectors.sources.xray_retrieval import plain
from sql.warehouse import Run
from tests.collectors.fake_aws import FakeAws, Fault
from tests.collectors.fake_hosts import Jobs, settings
from tests.collectors.support import NOW, fake, ms, read, rows, span

SOURCE = "xray_retrieval"
SEARCH = {"Destination": "CloudWatchLogs", "Status": "ACTIVE"}
TOKENS = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 1200, "gen_ai.usage.output_tokens": 80}


def trace_id(number: int) -> str:
    """An X-Ray trace id."""
    return f"1-5759e988-{number:024x}"


def hex_id(number: int) -> str:
    """The same as W3C writes it."""
    return f"5759e988{number:024x}"


def segment(number: int, minutes_ago: float, **more: Any) -> dict[str, Any]:
    """A segment, also what the summary of the trace is made from."""
    start = ms(minutes_ago) / 1000
    times = {"start_time": start, "end_time": start + 1.5}
    return {"trace_id": trace_id(number), "id": f"{number + 1:016x}", "name": "refund-tools", **times, **more}


def record(number: int, minutes_ago: float, **more: Any) -> dict[str, Any]:
    """A span of the trace with that number, in the shape of aws/spans."""
    return span(number + 1, minutes_ago, traceId=hex_id(number), attributes=TOKENS, **more)


@contextmanager
def retrieving(
    monkeypatch: pytest.MonkeyPatch, destination: dict[str, str] = SEARCH, **contents: Any
) -> Iterator[tuple[FakeAws, Jobs, list[float]]]:
    """A fake AWS with Transaction Search and no aws/spans. Waiting is noted instead of done."""
    waited: list[float] = []
    monkeypatch.setattr(xray_retrieval, "pause", waited.append)
    with fake(monkeypatch, destination=destination, **contents) as aws:
        jobs = Jobs(aws)
        aws.answers |= jobs.answers()
        yield aws, jobs, waited


def add(aws: FakeAws, jobs: Jobs, number: int, minutes_ago: float, **more: Any) -> None:
    """A trace of one OpenTelemetry span."""
    aws.documents[trace_id(number)] = [segment(number, minutes_ago, **more)]
    jobs.traces[trace_id(number)] = [json.dumps(record(number, minutes_ago))]


def one(home: Path, minutes: float = 0, **options: Any) -> Run:
    """The only run of a pass, `minutes` after NOW."""
    (done,) = read(
        home, SOURCE, now=NOW + timedelta(minutes=minutes), settings=settings(home, SOURCE, options=options)
    ).runs
    return done


def test_traces_are_retrieved_by_the_hundred_waited_for_and_read_over_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with retrieving(monkeypatch, page_events=40) as (aws, jobs, waited):
        for number in range(130):
            add(aws, jobs, number, 100)
        done = one(tmp_path)
        asked = [len(each["TraceIds"]) for each in aws.asked("StartTraceRetrieval")]
        formats = {each["TraceFormat"] for each in aws.asked("ListRetrievedTraces")}
    assert (done.status, done.rows_read, done.rows_new, done.rejects) == ("ok", 130, 130, 0)
    assert (asked, formats, waited) == ([100, 30], {"OTEL"}, [1, 2, 4, 1, 2, 4])
    assert rows(
        tmp_path, "SELECT count(DISTINCT trace_id), min(source), min(operation), sum(input_tokens) FROM raw.spans"
    ) == [(130, "span_log", "chat", 130 * 1200)]


def test_the_time_of_a_job_reaches_from_the_first_beginning_to_the_last_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with retrieving(monkeypatch) as (aws, jobs, _):
        add(aws, jobs, 1, 100)
        inside = segment(1, 100)
        aws.documents[trace_id(1)] = [segment(1, 24 * 60), inside]
        one(tmp_path)
        (job,) = (each for each in aws.asked("StartTraceRetrieval") if each["EndTime"] > ms(100) / 1000)
        part = next(each for each in aws.asked("GetTraceSummaries") if each["EndTime"] > ms(100) / 1000)
    assert job["StartTime"] == ms(24 * 60) / 1000 < part["StartTime"]
    assert job["EndTime"] == part["EndTime"]


def test_a_span_that_the_logs_hold_too_is_one_row_and_a_second_read_adds_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with retrieving(monkeypatch) as (aws, jobs, _):
        aws.put("aws/spans", "default", ms(100), record(1, 100))
        read(tmp_path, "span_logs")
        before = rows(tmp_path, "SELECT * FROM raw.spans")
        add(aws, jobs, 1, 100)
        first, second = one(tmp_path, always=True), one(tmp_path, 1, always=True)
    assert [(each.status, each.rows_new, each.rows_changed) for each in (first, second)] == [("ok", 0, 0)] * 2
    assert rows(tmp_path, "SELECT * FROM raw.spans") == before


def test_segments_of_x_ray_itself_among_them_become_rows_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with retrieving(monkeypatch) as (aws, jobs, _):
        add(aws, jobs, 1, 100)
        jobs.traces[trace_id(1)] += [json.dumps(segment(7, 100, trace_id=trace_id(1))), "nothing that anybody knows"]
        done = one(tmp_path)
    assert (done.rows_new, done.rejects) == (2, 1)
    assert rows(tmp_path, "SELECT DISTINCT trace_id, source FROM raw.spans ORDER BY source") == [
        (hex_id(1), "span_log"),
        (hex_id(1), "xray"),
    ]


def test_attributes_that_come_as_pairs_are_read_like_those_of_the_span_logs() -> None:
    known = record(1, 100, events=[{"name": "exception", "attributes": {"exception.type": "Declined"}}])
    pairs = [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": 1200}},
        {"key": "gen_ai.usage.output_tokens", "value": {"intValue": 80}},
    ]
    events = [{"name": "exception", "attributes": [{"key": "exception.type", "value": {"stringValue": "Declined"}}]}]
    assert json.loads(plain(json.dumps(known | {"attributes": pairs, "events": events}))) == known
    assert plain(json.dumps(known)) == json.dumps(known)
    assert plain('{"attributes": [') == '{"attributes": ['


@pytest.mark.parametrize("end", ["FAILED", "TIMEOUT", "CANCELLED"])
def test_a_job_that_fails_fails_the_source_with_a_remedy_and_the_cursor_stays(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with retrieving(monkeypatch) as (aws, jobs, _):
        add(aws, jobs, 1, 100)
        jobs.end = end
        failed = one(tmp_path)
        assert rows(tmp_path, "SELECT * FROM ops.cursors") == []
        jobs.end = "COMPLETE"
        again = one(tmp_path, 1)
    assert (failed.status, failed.retry_helps, f"ended with {end}" in str(failed.error_message)) == (
        "failed",
        True,
        True,
    )
    assert "read once more" in str(failed.remedy)
    assert (again.status, again.rows_new) == ("ok", 1)


def test_a_job_is_not_waited_for_longer_than_eight_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with retrieving(monkeypatch) as (aws, jobs, waited):
        add(aws, jobs, 1, 100)
        jobs.states = ("RUNNING",) * 1000
        done = one(tmp_path)
    assert (done.status, done.error_code, done.retry_helps) == ("failed", "RetrievalSlow", True)
    assert (sum(waited), len(waited)) == (480, 20)


def test_pages_that_break_off_fail_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with retrieving(monkeypatch) as (aws, jobs, _):
        add(aws, jobs, 1, 100)
        jobs.states = ()
        usual = aws.answers["ListRetrievedTraces"]
        looks = chain([usual], repeat(lambda asked: (200, {"RetrievalStatus": "COMPLETE"})))
        aws.answers["ListRetrievedTraces"] = lambda asked: next(looks)(asked)
        done = one(tmp_path)
    assert (done.status, done.error_code) == ("failed", "PageIncomplete")


def test_a_trace_that_is_listed_and_not_retrieved_is_counted_and_a_partial_one_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with retrieving(monkeypatch) as (aws, jobs, _):
        add(aws, jobs, 1, 100, in_progress=True)
        aws.documents[trace_id(2)] = [segment(2, 50)]
        done = one(tmp_path)
    assert (done.rows_new, done.skipped) == (1, 1)
    assert rows(tmp_path, "SELECT reached_at FROM ops.cursors") == [(NOW - timedelta(minutes=40),)]


@pytest.mark.parametrize(
    ("destination", "reader"),
    [
        ({"Destination": "XRay", "Status": "ACTIVE"}, "xray_traces"),
        ({"Destination": "CloudWatchLogs", "Status": "PENDING"}, "xray_traces"),
        (SEARCH, "span_logs"),
    ],
)
def test_where_another_source_reads_the_traces_this_one_is_not_set_up(
    destination: dict[str, str], reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with retrieving(monkeypatch, destination, groups={"aws/spans": []}) as (aws, jobs, _):
        add(aws, jobs, 1, 100)
        done = one(tmp_path)
        assert aws.asked("GetTraceSummaries") == []
    assert (done.status, reader in str(done.remedy)) == ("not_set_up", True)


def test_the_three_ways_to_traces_never_leave_one_out_and_never_read_one_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classic, pending = {"Destination": "XRay", "Status": "ACTIVE"}, SEARCH | {"Status": "PENDING"}
    found = {}
    for name, destination, groups in (
        ("classic", classic, {}),
        ("pending", pending, {}),
        ("search", SEARCH, {"aws/spans": []}),
        ("search elsewhere", SEARCH, {}),
    ):
        with retrieving(monkeypatch, destination, groups=dict(groups)):
            runs = read(tmp_path / name, "span_logs", SOURCE, "xray_traces").runs
            found[name] = [each.scope.source for each in runs if each.status == "ok"]
    assert found == {
        "classic": ["xray_traces"],
        "pending": ["xray_traces"],
        "search": ["span_logs"],
        "search elsewhere": [SOURCE],
    }


@pytest.mark.parametrize(
    "operation", ["GetTraceSegmentDestination", "GetTraceSummaries", "StartTraceRetrieval", "ListRetrievedTraces"]
)
def test_a_denied_call_fails_and_names_its_action(
    operation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with retrieving(monkeypatch, faults=[Fault(operation, "AccessDeniedException", 403)]) as (aws, jobs, _):
        add(aws, jobs, 1, 100)
        done = one(tmp_path)
    assert (done.status, done.error_code) == ("failed", "AccessDeniedException")
    assert f"xray:{operation}" in str(done.remedy)


def test_a_quiet_account_is_read_and_its_cursor_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with retrieving(monkeypatch) as (aws, _, _):
        done = one(tmp_path)
        assert aws.asked("StartTraceRetrieval") == []
    assert (done.status, done.rows_read) == ("ok", 0)
    assert rows(tmp_path, "SELECT reached_at FROM ops.cursors") == [(NOW - timedelta(seconds=60),)]
