"""Lambda reports over HTTP: where a function logs, which lines are taken, whose they are, and nothing else."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from collectors.window import to_ms
from sql.warehouse import Run
from tests.collectors.fake_aws import Body, FakeAws, Fault
from tests.collectors.fake_hosts import FUNCTION, SECRET, settings
from tests.collectors.support import NOW, REGION, collect, everything, fake, ms, read, rows
from tests.collectors.test_moto import endpoint as endpoint

SOURCE = "lambda_reports"
GROUP = "/aws/lambda/refund-tools"
REQUEST = "8fc6f963-411b-58b5-8483-a32130c0f45d"
TRACE = "1-61c86fa4-59b3c6d959653c527fd10966"
STREAM = "2026/11/20/[$LATEST]0a1b2c"


def text_report(request: str = REQUEST, end: str = "") -> str:
    """A report line of the text format."""
    used = "Duration: 201.67 ms\tBilled Duration: 202 ms\tMemory Size: 2048 MB\tMax Memory Used: 81 MB\t"
    return f"REPORT RequestId: {request}\t{used}{end}\n"


def json_report(request: str = REQUEST, **more: Any) -> Body:
    """A report record of the JSON format."""
    metrics = {"durationMs": 101.51, "billedDurationMs": 300, "memorySizeMB": 512, "maxMemoryUsedMB": 33}
    record = {"requestId": request, "metrics": metrics | more.pop("metrics", {}), "status": "success", **more}
    return {"time": "2026-11-20T11:00:00.000Z", "type": "platform.report", "record": record}


@contextmanager
def functions(monkeypatch: pytest.MonkeyPatch, **contents: Any) -> Iterator[tuple[FakeAws, dict[str, Body]]]:
    """A fake AWS with functions by name."""
    with fake(monkeypatch, **contents) as aws:
        held: dict[str, Body] = {"refund-tools": {"Environment": {"Variables": {"IBAN": SECRET}}}}

        def configuration(asked: Body) -> tuple[int, Body]:
            if asked["FunctionName"] not in held:
                return 404, {"__type": "ResourceNotFoundException", "message": "no such function"}
            return 200, {"FunctionName": asked["FunctionName"], **held[asked["FunctionName"]]}

        aws.answers["GetFunctionConfiguration"] = configuration
        yield aws, held


def one(home: Path, hosts: tuple[str, ...] = (FUNCTION,), minutes: float = 0, **more: Any) -> Run:
    """The only run of a pass, `minutes` after NOW."""
    now = NOW + timedelta(minutes=minutes)
    (done,) = read(home, SOURCE, now=now, settings=settings(home, SOURCE, hosts, **more)).runs
    return done


def test_reports_of_both_forms_become_rows_and_other_lines_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with functions(monkeypatch) as (aws, held):
        held["refund-tools"] |= {"Architectures": ["arm64"]}
        aws.put(GROUP, STREAM, ms(40), f"START RequestId: {REQUEST} Version: $LATEST")
        aws.put(GROUP, STREAM, ms(39), f"the customer said {SECRET}, platform.report or not")
        aws.put(
            GROUP, STREAM, ms(38), text_report(end=f"Init Duration: 480.25 ms\t\nXRAY TraceId: {TRACE}\tSegmentId: 1")
        )
        aws.put(GROUP, STREAM, ms(37), {"message": f'{SECRET} "platform.report"', "level": "INFO"})
        aws.put(GROUP, "2026/11/20/[7]9f", ms(36), json_report("j-1", metrics={"initDurationMs": 116.67}))
        done = collect(tmp_path, SOURCE, settings=settings(tmp_path, SOURCE, (FUNCTION,))).runs[0]
        patterns = {each["filterPattern"] for each in aws.asked("FilterLogEvents")}
    assert (done.status, done.rows_read, done.rows_new, done.skipped, done.rejects) == ("ok", 5, 2, 3, 0)
    assert patterns == {'?"REPORT RequestId:" ?"platform.report"'}
    assert rows(tmp_path, "SELECT * FROM raw.lambda_reports ORDER BY request_id") == [
        ("111122223333", REGION, "refund-tools", REQUEST, NOW - timedelta(minutes=38), "$LATEST", "arm64", 201.67,
         202.0, 2048, 81, 480.25, None, None, "61c86fa459b3c6d959653c527fd10966"),
        ("111122223333", REGION, "refund-tools", "j-1", NOW - timedelta(minutes=36), "7", "arm64", 101.51, 300.0, 512,
         33, 116.67, "ok", None, None),
    ]  # fmt: skip
    assert SECRET not in everything(tmp_path)


def test_a_retried_request_counts_each_attempt_and_a_second_read_adds_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with functions(monkeypatch) as (aws, _):
        for minutes_ago in (40, 38, 35):
            aws.put(GROUP, STREAM, ms(minutes_ago), text_report(end="Status: timeout"))
        aws.put(GROUP, STREAM, ms(35), text_report(end="Status: timeout"))  # delivered twice
        first, second = one(tmp_path), one(tmp_path, minutes=1)
    assert (first.rows_read, first.rows_new, first.duplicates) == (4, 3, 1)
    assert (second.rows_new, second.rows_changed) == (0, 0)
    assert rows(
        tmp_path, "SELECT request_id, count(*), min(status), max(status) FROM raw.lambda_reports GROUP BY 1"
    ) == [(REQUEST, 3, "timeout", "timeout")]


def test_in_a_group_of_several_functions_only_the_own_streams_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with functions(monkeypatch) as (aws, held):
        held["refund-tools"] |= {"LoggingConfig": {"LogGroup": "/shared", "LogFormat": "Text"}}
        for stream in ("2026/11/20/refund-tools[3]a", "2026/11/20/other[3]a", "2026/11/20/[3]a", "elsewhere"):
            aws.put("/shared", stream, ms(30), text_report(stream[11:15]))
        done = one(tmp_path)
    assert (done.rows_new, done.skipped) == (1, 3)
    assert rows(tmp_path, "SELECT request_id, function_version FROM raw.lambda_reports") == [("refu", "3")]


def test_functions_are_named_in_any_way_and_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = (
        FUNCTION.replace(REGION, "eu-west-1"),
        FUNCTION.replace("1111", "9999"),
        "arn:aws:states:x",
        "helper.DEFAULT",
    )
    with functions(monkeypatch) as (aws, held):
        held["mailer"] = {}
        aws.put(GROUP, STREAM, ms(30), text_report())
        aws.put("/aws/lambda/mailer", STREAM, ms(30), text_report())
        hosts = (FUNCTION, f"{FUNCTION}:live", "refund-tools", *elsewhere)
        options = {"functions": ("mailer", FUNCTION)}
        outcome = read(tmp_path, SOURCE, settings=settings(tmp_path, SOURCE, hosts, options=options))
    assert [(each.scope.name, each.status) for each in outcome.runs] == [("refund-tools", "ok"), ("mailer", "ok")]


def test_without_a_function_here_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with functions(monkeypatch) as (aws, _):
        done = one(tmp_path, ("arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/helper-0123456789",))
        assert {name for name, _ in aws.seen} <= {"GetCallerIdentity"}
    assert (done.status, "functions" in str(done.remedy)) == ("not_set_up", True)


def test_a_name_that_is_no_function_costs_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with functions(monkeypatch) as (_, held):
        held.clear()
        done = one(tmp_path, ("helper",))
    assert (done.status, done.api_calls) == ("not_set_up", 1)
    assert "no Lambda function helper in us-east-1" in str(done.error_message)


def test_a_function_that_never_ran_has_no_group_and_is_not_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with functions(monkeypatch):
        done = one(tmp_path)
    assert (done.status, GROUP in str(done.error_message)) == ("not_set_up", True)


@pytest.mark.parametrize(
    ("operation", "action"),
    [("GetFunctionConfiguration", "lambda:GetFunctionConfiguration"), ("FilterLogEvents", "logs:FilterLogEvents")],
)
def test_a_denied_call_fails_and_names_its_action(
    operation: str, action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with functions(monkeypatch, faults=[Fault(operation, "AccessDeniedException", 403)]) as (aws, _):
        aws.put(GROUP, STREAM, ms(30), text_report())
        done = one(tmp_path)
    assert (done.status, done.error_code) == ("failed", "AccessDeniedException")
    assert action in str(done.remedy)


def test_a_quiet_function_is_read_and_its_cursor_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with functions(monkeypatch, groups={GROUP: []}):
        done = one(tmp_path)
    assert (done.status, done.rows_read) == ("ok", 0)
    assert rows(tmp_path, "SELECT reached_at FROM ops.cursors") == [(NOW - timedelta(seconds=60),)]


def test_moto_gives_the_same(endpoint: str, tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam = boto3.client("iam", region_name=REGION)
    role = iam.create_role(RoleName="tools", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as file:
        file.writestr("app.py", "")
    boto3.client("lambda", region_name=REGION).create_function(
        FunctionName="refund-tools",
        Role=role,
        Handler="app.x",
        Runtime="python3.13",
        Code={"ZipFile": package.getvalue()},
    )
    logs = boto3.client("logs", region_name=REGION)
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    at_ms = to_ms(now - timedelta(minutes=30))
    texts = ["START RequestId: x Version: $LATEST", text_report("x", "Status: timeout"), json.dumps(json_report("y"))]
    events = [{"timestamp": at_ms + number, "message": text} for number, text in enumerate(texts)]
    logs.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=events)  # type: ignore[arg-type]
    (done,) = read(tmp_path, SOURCE, now=now, settings=settings(tmp_path, SOURCE, ("refund-tools",))).runs
    assert (done.status, done.rows_new, done.rejects) == ("ok", 2, 0)
    assert rows(
        tmp_path, "SELECT request_id, status, architecture, billed_ms FROM raw.lambda_reports ORDER BY request_id"
    ) == [("x", "timeout", "x86_64", 202.0), ("y", "ok", "x86_64", 300.0)]
