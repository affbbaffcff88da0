"""Reading log groups over HTTP: to the end, whatever the pages look like, and only what belongs here."""

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.aws import AwsAccount, AwsSettings
from collectors.settings import SourceSettings
from collectors.source import sources
from collectors.sources.span_logs import feed_of
from collectors.window import to_ms
from sql import straight
from sql.spool import Spool
from sql.warehouse import Landed, Scope
from tests.collectors.fake_aws import Answer, Fault
from tests.collectors.support import NOW, TRACE, by_scope, fake, ms, read, rows, span

RUNTIME = "/aws/bedrock-agentcore/runtimes/helper-0123456789-DEFAULT"


def test_every_event_of_interleaved_streams_is_read_through_empty_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        for number in range(20):
            aws.put("aws/spans", f"stream-{number % 3}", ms(100 - number), span(number, 100 - number))
        outcome = read(tmp_path, "span_logs")
        pages = len(aws.asked("FilterLogEvents"))
    done = by_scope(outcome)["span_logs aws/spans"]
    assert (done.status, done.rows_read, done.rows_new, done.rejects) == ("ok", 20, 20, 0)
    assert pages == 13, "seven pages with events and six empty ones between them"
    assert done.api_calls == pages
    assert done.bytes > 20 * 500
    assert rows(tmp_path, "SELECT count(*) FROM raw.spans") == [(20,)]


def test_the_request_is_half_open_in_milliseconds_and_asks_for_full_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        aws.put("aws/spans", "default", ms(5), span(1, 5))
        done = by_scope(read(tmp_path, "span_logs"))["span_logs aws/spans"]
        asked = aws.asked("FilterLogEvents")[0]
    assert done.window_from is not None
    assert done.window_to is not None
    assert asked == {
        "logGroupName": "aws/spans",
        "startTime": to_ms(done.window_from),
        "endTime": to_ms(done.window_to) - 1,
        "limit": 10_000,
    }


def test_a_second_pass_over_the_same_window_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        for number in range(7):
            aws.put("aws/spans", "default", ms(60 - number), span(number, 60 - number))
        aws.put("aws/spans", "default", ms(30), "not a record")
        read(tmp_path, "span_logs")
        before = rows(tmp_path, "FROM raw.spans ORDER BY span_id")
        again = by_scope(read(tmp_path, "span_logs"))["span_logs aws/spans"]
    assert (again.rows_read, again.rows_new, again.rows_changed, again.duplicates) == (8, 0, 0, 7)
    assert rows(tmp_path, "FROM raw.spans ORDER BY span_id") == before
    assert rows(tmp_path, "SELECT reason, count(*) FROM ops.rejects GROUP BY reason") == [("not_json", 1)]


def test_only_the_streams_of_spans_and_events_of_a_runtime_group_are_asked_for_and_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        aws.put(RUNTIME, "spans", ms(9), span(1, 9))
        aws.put(RUNTIME, "otel-rt-logs", ms(8), event(1, 8))
        aws.put(RUNTIME, "otel-rt-logs", ms(8), {"_aws": {"CloudWatchMetrics": []}})
        aws.put(RUNTIME, "[runtime-logs] 1", ms(7), "plain text")
        done = by_scope(read(tmp_path, "span_logs"))[f"span_logs {RUNTIME}"]
        prefixes = [each.get("logStreamNamePrefix") for each in aws.asked("FilterLogEvents")]
    assert prefixes == ["spans", "otel-rt-logs"]
    assert (done.rows_read, done.rows_new, done.skipped, done.rejects) == (3, 2, 1, 0)
    assert rows(tmp_path, "SELECT stop_reason, roles FROM raw.span_events") == [("end_turn", '["assistant","user"]')]


def test_an_event_record_beside_spans_of_the_shared_group_lands_as_an_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        aws.put("aws/spans", "default", ms(9), span(1, 9))
        aws.put("aws/spans", "default", ms(8), event(1, 8))
        done = by_scope(read(tmp_path, "span_logs"))["span_logs aws/spans"]
        again = by_scope(read(tmp_path, "span_logs"))["span_logs aws/spans"]
    assert (done.rows_read, done.rows_new, done.skipped, done.rejects) == (2, 2, 0, 0)
    assert (again.rows_read, again.rows_new, again.rows_changed) == (2, 0, 0)
    assert rows(tmp_path, "SELECT count(*) FROM raw.spans") == rows(tmp_path, "SELECT count(*) FROM raw.span_events")


def event(number: int, minutes_ago: float) -> dict[str, Any]:
    """The event record that split delivery writes beside span `number`."""
    said = {"role": "assistant", "content": {"message": "Hello", "finish_reason": "end_turn"}}
    return {
        "scope": {"name": "strands.telemetry.tracer"},
        "timeUnixNano": ms(minutes_ago) * 1_000_000,
        "body": {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "output": {"messages": [said]}},
        "attributes": {"event.name": "strands.telemetry.tracer", "session.id": "s1"},
        "traceId": TRACE,
        "spanId": f"{number:016x}",
    }


def test_what_is_no_json_is_rejected_with_a_scrubbed_sample_and_the_permission_line_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "key AKIAIOSFODNN7EXAMPLE of jane.doe@example.com, card 4111111111111111"
    with fake(
        monkeypatch, logging={"loggingConfig": {"cloudWatchConfig": {"logGroupName": "/inv", "roleArn": "r"}}}
    ) as aws:
        aws.put("/inv", "aws/bedrock/modelinvocations", ms(9), "Permissions are correctly set for Amazon Bedrock logs.")
        aws.put("/inv", "aws/bedrock/modelinvocations", ms(8), secret)
        aws.put("/inv", "aws/bedrock/modelinvocations", ms(7), "")
        done = by_scope(read(tmp_path, "invocation_logs"))["invocation_logs /inv"]
    kept = rows(tmp_path, "SELECT reason, sample FROM ops.rejects ORDER BY sample")
    assert (done.rows_read, done.skipped, done.rejects) == (3, 1, 2)
    assert [reason for reason, _ in kept] == ["not_json", "not_json"]
    text = " ".join(sample for _, sample in kept)
    assert [each for each in ("AKIA", "jane.doe", "4111") if each in text] == []


def test_a_broken_record_in_braces_is_a_reject_and_does_not_stop_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        aws.put("aws/spans", "default", ms(9), '{"traceId": "69e9')
        aws.put("aws/spans", "default", ms(8), '{\n  "pretty": "printed"\n}')
        aws.put("aws/spans", "default", ms(7), span(1, 7))
        done = by_scope(read(tmp_path, "span_logs"))["span_logs aws/spans"]
    assert (done.status, done.rows_read, done.rows_new) == ("ok", 3, 1)
    assert done.rejects + done.skipped == 2


def test_full_batches_land_one_by_one_and_the_cursor_moves_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collectors.landing.BATCH_EVENTS", 4)
    with fake(monkeypatch, page_events=5) as aws:
        for number in range(11):
            aws.put("aws/spans", "default", ms(60 - number), span(number, 60 - number))
        read(tmp_path, "span_logs")
        assert rows(tmp_path, "SELECT count(*) FROM raw.spans") == [(11,)]
        before = rows(tmp_path, "SELECT reached_at FROM ops.cursors")
        for number in range(11, 21):
            aws.put("aws/spans", "default", ms(60 - number), span(number, 60 - number))
        aws.faults.append(_cut_on_call(5))
        failed = by_scope(read(tmp_path, "span_logs"))["span_logs aws/spans"]
    assert (failed.status, failed.error_code) == ("failed", "PageIncomplete")
    assert failed.rows_read == 8, "two full batches of the first two pages had landed"
    assert rows(tmp_path, "SELECT reached_at FROM ops.cursors") == before


def test_after_a_batch_with_a_bad_record_the_next_is_not_tried_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def counted(con: Any, name: str, spool: Spool, scope: Scope) -> Landed:
        tried.append(spool.events)
        return straightaway(con, name, spool, scope)

    straightaway = straight.land
    monkeypatch.setattr(straight, "land", counted)
    monkeypatch.setattr("collectors.landing.BATCH_EVENTS", 4)
    with fake(monkeypatch, page_events=50) as aws:
        for number in range(24):
            text = "{" if number == 5 else span(number, 60 - number)
            aws.put("aws/spans", "default", ms(60 - number), text)
        done = by_scope(read(tmp_path, "span_logs"))["span_logs aws/spans"]
    assert (done.rows_new, done.rejects) == (23, 1)
    assert tried == [4, 4, 4, 4], "the first, the second in vain, not the third, the fourth and the fifth"


def _cut_on_call(number: int) -> Fault:
    """A fault that cuts the n-th page from now on."""

    class Later(Fault):
        calls = 0

        def fits(self, operation: str, asked: dict[str, Any]) -> bool:
            self.calls += operation == "FilterLogEvents"
            return operation == "FilterLogEvents" and self.calls >= number

    return Later("FilterLogEvents", cut=True)


def test_lateness_is_measured_and_widens_the_next_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        aws.put("aws/spans", "default", ms(6 * 60), span(1, 6 * 60), late_ms=5 * 3_600_000)
        first = by_scope(read(tmp_path, "span_logs"))["span_logs aws/spans"]
        second = by_scope(read(tmp_path, "span_logs"))["span_logs aws/spans"]
    assert first.window_to is not None
    assert second.window_from is not None
    assert (first.window_to - second.window_from).total_seconds() == 5 * 3600


def test_a_group_of_a_class_that_cannot_be_read_is_reported_by_its_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        aws.put("aws/spans", "default", ms(9), span(1, 9))
        aws.put(RUNTIME, "spans", ms(8), span(2, 8))
        aws.classes[RUNTIME] = "DELIVERY"
        runs = by_scope(read(tmp_path, "span_logs"))
    assert runs["span_logs aws/spans"].status == "ok"
    assert runs[f"span_logs {RUNTIME}"].status == "failed"
    assert f"{RUNTIME} has the class DELIVERY" in str(runs[f"span_logs {RUNTIME}"].error_message)


@pytest.mark.parametrize(
    ("logging", "message", "remedy"),
    [
        ({}, "Model invocation logging is off", "Model invocation logging, on"),
        (
            {"loggingConfig": {"s3Config": {"bucketName": "logs-here"}}},
            "only to the S3 bucket logs-here",
            "Nothing is to be done while that source is switched on",
        ),
    ],
)
def test_invocation_logs_that_are_off_or_only_in_s3_are_not_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logging: dict[str, Any], message: str, remedy: str
) -> None:
    with fake(monkeypatch, logging=logging):
        outcome = read(tmp_path, "invocation_logs")
    done = by_scope(outcome)["invocation_logs"]
    assert (done.status, outcome.exit_code) == ("not_set_up", 0)
    assert message in str(done.error_message)
    assert remedy in str(done.remedy)


def test_groups_of_the_settings_are_read_besides_or_in_place_of_the_found_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = SourceSettings(groups=("/mine",))
    empty = {"onlineEvaluationConfigs": [], "deliverySources": [], "deliveries": [], "deliveryDestinations": []}
    operations = ("ListOnlineEvaluationConfigs", "DescribeDeliverySources", "DescribeDeliveries")
    answers: dict[str, Answer] = {name: lambda _: (200, empty) for name in operations}
    with fake(monkeypatch, answers=answers) as aws:
        for group in ("aws/spans", "aws/spans-other", "/agent-kpi/outcomes", "/agent-kpi/outcomes-old", RUNTIME):
            aws.put(group, "default", to_ms(NOW), "{}")
        account = AwsAccount(AwsSettings())
        found = {key: [each.name for each in source.scopes(account, mine)]
                 for key, source in sources().items() if source.takes_groups and key != "step_functions"}  # fmt: skip
    assert found == {
        "invocation_logs": ["/mine"],
        "span_logs": ["aws/spans", RUNTIME, "/mine"],
        "outcome_events": ["/agent-kpi/outcomes", "/mine"],
        "bedrock_agent_traces": ["/mine"],
        "evaluations": ["/mine"],
        "usage_logs": ["/mine"],
    }


def test_a_text_cut_in_an_emoji_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        aws.put("aws/spans", "default", ms(5), span(1, 5))
        aws.put("aws/spans", "default", ms(5), json.dumps(span(2, 5)).replace("chat", "chat \ud83d"))
        aws.put("aws/spans", "default", ms(5), "no JSON \ud83d")
        aws.put("aws/spans", "default", ms(5), '{"cut": "\ud83d')
        done = by_scope(read(tmp_path, "span_logs"))["span_logs aws/spans"]
    assert (done.status, done.rows_new, done.rejects) == ("ok", 2, 2)
    assert rows(tmp_path, "SELECT count(*) FROM raw.spans WHERE name LIKE 'chat ?%'") == [(1,)]
    assert rows(tmp_path, "SELECT reason, sample FROM ops.rejects ORDER BY 1") == [
        ("malformed_json", '{"cut": "?'),
        ("not_json", "no JSON ?"),
    ]


@pytest.mark.parametrize("resource", [0, 700])
def test_event_records_are_told_from_spans_however_much_is_told_of_their_resource(resource: int) -> None:
    told = {"resource": {"attributes": {"service.name": "x" * resource}}}
    started = {"startTimeUnixNano": 1, "attributes": {"more": "y" * 700}}
    ends = [(started, "span_records"), ({"body": {}}, "span_events"), (started | {"body": {}}, "span_records")]
    for rest, feed in ends:
        assert feed_of(json.dumps(told | rest, separators=(",", ":"))) == feed
        assert feed_of(json.dumps(rest | told, separators=(",", ":"))) == feed, "in whatever order"
