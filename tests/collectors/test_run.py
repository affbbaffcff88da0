"""A whole pass: one failing source never stops the others, keeps its cursor, and says what to do."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collectors.run import Asked
from collectors.source import sources
from sql.errors import HomeNotWritable, LedgerLocked, WrongHome
from sql.warehouse import Warehouse
from tests.collectors.fake_aws import FakeAws, Fault, key_of
from tests.collectors.support import NOW, by_scope, collect, everything, fake, ms, read, rows, span

OUTCOME = {
    "event.name": "agent.outcome", "schema_version": "1.0", "event_id": "e1", "timestamp": "2026-11-20T11:00:00Z",
    "gen_ai.agent.name": "helper", "session.id": "s1", "task.outcome": "success", "label.source": "system",
}  # fmt: skip


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """An account with spans, outcomes and invocation logs, and nothing else."""
    with fake(
        monkeypatch, logging={"loggingConfig": {"cloudWatchConfig": {"logGroupName": "/inv", "roleArn": "r"}}}
    ) as made:
        made.put("aws/spans", "default", ms(60), span(1, 60))
        made.put("/agent-kpi/outcomes", "app", ms(60), OUTCOME)
        made.groups["/inv"] = []
        yield made


def test_one_pass_reads_every_source_and_publishes(aws: FakeAws, tmp_path: Path) -> None:
    outcome = collect(tmp_path)
    told = {name: run.status for name, run in by_scope(outcome).items()}
    assert {name for name, status in told.items() if status == "ok" and not name.startswith("inventory")} == {
        "invocation_logs /inv",
        "outcome_events /agent-kpi/outcomes",
        "span_logs aws/spans",
        "xray_traces",
    }
    assert set(told.values()) == {"ok", "not_set_up"}
    assert {run.scope.source for run in outcome.runs} == {key for key, each in sources().items() if each.enabled}
    assert outcome.exit_code == 0
    assert outcome.published is not None
    assert (tmp_path / "kpis.duckdb").exists()
    assert len(json.loads((tmp_path / "status.json").read_text())["scopes"]) == len(told)


def test_a_change_and_a_load_beside_outcomes_land_once_in_the_release_ledger_and_among_the_loads(
    aws: FakeAws, tmp_path: Path
) -> None:
    event = {"event.name": "agent.change", "gen_ai.agent.id": "helper", "changed_at": "2026-11-20T03:00:00Z"}
    for number in range(2):
        aws.put(
            "/agent-kpi/outcomes", "etl", ms(50 - number), event | {"event_id": "l", "kind": "load", "resource": "kb"}
        )
    aws.put("/agent-kpi/outcomes", "etl", ms(48), event | {"event_id": "c", "kind": "prompt", "after": "v2"})
    assert by_scope(collect(tmp_path))["outcome_events /agent-kpi/outcomes"].rejects == 0
    assert rows(tmp_path, "SELECT agent_id, resource FROM mart.data_loads") == [("helper", "kb")]
    assert rows(tmp_path, "SELECT kind, after_value FROM mart.changes WHERE source = 'people'") == [("prompt", "v2")]
    assert rows(tmp_path, "SELECT count(*) FROM raw.outcomes") == [(1,)]


@pytest.mark.parametrize(
    ("code", "status", "error", "remedy", "again"),
    [
        (
            "AccessDeniedException",
            400,
            "AWS denied logs:FilterLogEvents on aws/spans.",
            "Allow logs:FilterLogEvents",
            False,
        ),
        ("ExpiredTokenException", 400, "The AWS session has expired", "Sign in again", False),
        ("UnrecognizedClientException", 400, "AWS does not accept the credentials", "Check the access key", False),
        ("ThrottlingException", 400, "AWS throttled logs:FilterLogEvents on aws/spans", "Run again later", True),
        ("ResourceNotFoundException", 400, "aws/spans does not exist", "Check the name and the region", False),
        ("InternalFailure", 500, "logs:FilterLogEvents on aws/spans failed", "Run again", True),
    ],
)
def test_a_source_that_aws_refuses_fails_alone_with_its_remedy(
    aws: FakeAws, tmp_path: Path, code: str, status: int, error: str, remedy: str, again: bool
) -> None:
    aws.faults.append(Fault("FilterLogEvents", code, status, group="aws/spans"))
    outcome = collect(tmp_path)
    failed = by_scope(outcome)["span_logs aws/spans"]
    assert (failed.status, failed.retry_helps, outcome.exit_code) == ("failed", again, 1)
    assert error in str(failed.error_message)
    assert remedy in str(failed.remedy)
    assert by_scope(outcome)["outcome_events /agent-kpi/outcomes"].rows_new == 1
    assert outcome.published is not None
    assert rows(tmp_path, "SELECT scope FROM ops.cursors WHERE source = 'span_logs'") == []


def test_a_page_that_was_cut_in_half_is_a_failure_and_never_an_empty_page(aws: FakeAws, tmp_path: Path) -> None:
    aws.faults.append(Fault("FilterLogEvents", group="aws/spans", cut=True, times=3))
    failed = by_scope(read(tmp_path))["span_logs aws/spans"]
    assert (failed.status, failed.error_code, failed.retry_helps) == ("failed", "PageIncomplete", True)
    assert (failed.api_calls, failed.rows_read) == (3, 0)
    assert "without `events`" in str(failed.error_message)
    assert rows(tmp_path, "SELECT scope FROM ops.cursors WHERE source = 'span_logs'") == []
    mended = by_scope(read(tmp_path))["span_logs aws/spans"]
    assert (mended.status, mended.rows_new) == ("ok", 1)


@pytest.mark.parametrize("instead", [None, '{"note": "a proxy says hello"}', '{"events": null}', "", "[]", "<html>"])
def test_a_page_that_was_cut_twice_is_asked_for_again_with_the_same_token(
    aws: FakeAws, tmp_path: Path, instead: str | None
) -> None:
    for number in range(2, 6):
        aws.put("aws/spans", "default", ms(50 - number), span(number, 50 - number))
    aws.faults.append(Fault("FilterLogEvents", group="aws/spans", cut=True, times=2, instead=instead, passed=1))
    done = by_scope(read(tmp_path, "span_logs"))["span_logs aws/spans"]
    assert (done.status, done.rows_new, done.api_calls) == ("ok", 5, 5)
    tokens = [each.get("nextToken") for each in aws.asked("FilterLogEvents")]
    assert tokens == [None, "3", "3", "3", "3e1"]


def test_pages_of_points_and_traces_that_were_cut_are_asked_for_again(aws: FakeAws, tmp_path: Path) -> None:
    add_trace(aws)
    add_points(aws)
    for operation in ("GetMetricData", "BatchGetTraces", "GetTraceSummaries", "ListMetrics"):
        aws.faults.append(Fault(operation, cut=True, times=2))
    runs = by_scope(read(tmp_path, "cloudwatch_metrics", "xray_traces"))
    assert [(runs[name].status, runs[name].rows_new) for name in ("cloudwatch_metrics AWS/Bedrock", "xray_traces")] == [
        ("ok", 1), ("ok", 1),
    ]  # fmt: skip
    assert (len(aws.asked("GetMetricData")), len(aws.asked("BatchGetTraces"))) == (3, 3)


def add_trace(aws: FakeAws) -> None:
    """One trace of one segment."""
    trace_id = "1-5759e988-bd862e3fe1be46a994272793"
    times = {"start_time": ms(40) / 1000, "end_time": ms(39) / 1000}
    aws.documents[trace_id] = [{"trace_id": trace_id, "id": "defdfd9912dc5a56", "name": "fn", **times}]


def add_points(aws: FakeAws) -> None:
    """One datapoint."""
    metric = {"Namespace": "AWS/Bedrock", "MetricName": "Invocations", "Dimensions": []}
    aws.series.append(metric)
    aws.points[key_of(metric, "Sum")] = [(ms(60) / 1000, 7.0)]


@pytest.mark.parametrize(
    ("operation", "source"),
    [
        ("DescribeLogGroups", "span_logs"),
        ("ListMetrics", "cloudwatch_metrics AWS/Bedrock"),
        ("GetTraceSummaries", "xray_traces"),
        ("BatchGetTraces", "xray_traces"),
        ("GetMetricData", "cloudwatch_metrics AWS/Bedrock"),
    ],
)
def test_every_paged_answer_that_was_cut_fails_its_source(
    aws: FakeAws, tmp_path: Path, operation: str, source: str
) -> None:
    add_trace(aws)
    add_points(aws)
    aws.faults.append(Fault(operation, cut=True))
    assert by_scope(read(tmp_path))[source].error_code == "PageIncomplete"


def test_a_whole_account_with_an_expired_token_is_recorded_source_by_source(aws: FakeAws, tmp_path: Path) -> None:
    aws.faults.append(Fault("*", "ExpiredTokenException", 403))
    outcome = collect(tmp_path)
    absent = {run.scope.source for run in outcome.runs if run.status == "not_set_up"}
    assert {run.scope.source for run in outcome.failed} >= {
        "cloudwatch_metrics", "evaluations", "inventory", "invocation_logs", "outcome_events", "price_list",
        "span_logs", "usage_logs", "xray_traces",
    }  # fmt: skip
    # What asks AWS nothing, because ledger.toml names nothing to ask for.
    assert absent >= {"bedrock_agent_traces", "cost_usage_report", "outcome_files", "step_functions", "lambda_reports"}
    assert {run.error_message and run.error_message.split(" (")[0] for run in outcome.failed} == {
        "The AWS session has expired"
    }
    assert {run.scope.account_id for run in outcome.failed} == {"unknown"}
    shown = json.loads((tmp_path / "status.json").read_text())["scopes"]
    assert all("Sign in again" in each["remedy"] for each in shown if each["status"] == "failed")


def test_an_endpoint_without_sts_is_read_under_an_unknown_account(aws: FakeAws, tmp_path: Path) -> None:
    aws.faults.append(Fault("GetCallerIdentity", "UnknownOperationException", 404))
    runs = read(tmp_path, "span_logs").runs
    assert [(run.scope.account_id, run.status, run.rows_new) for run in runs] == [("unknown", "ok", 1)]


def test_an_account_that_cannot_be_told_for_throttling_is_not_taken_for_another(
    aws: FakeAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
    monkeypatch.setattr("tests.collectors.fake_aws.IDENTITY", throttled)
    monkeypatch.setattr("tests.collectors.fake_aws.IDENTITY_STATUS", 400)
    done = read(tmp_path, "span_logs").runs
    assert [(run.status, run.error_code, run.retry_helps) for run in done] == [("failed", "Throttling", True)]


def test_what_nobody_foresaw_in_one_source_is_told_and_the_others_land(
    aws: FakeAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("in the reader")

    monkeypatch.setattr("collectors.sources.span_logs.read_group", broken)
    runs = by_scope(read(tmp_path))
    assert runs["span_logs aws/spans"].error_code == "ZeroDivisionError"
    assert "the window is read again" in str(runs["span_logs aws/spans"].remedy)
    assert runs["outcome_events /agent-kpi/outcomes"].status == "ok"


def test_the_older_half_first_and_the_rest_later_gives_the_same_rows(aws: FakeAws, tmp_path: Path) -> None:
    for number in range(2, 40):
        aws.put("aws/spans", "default", ms(number * 400), span(number, number * 400))
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    read(whole, "span_logs")
    read(halves, asked=Asked(only=("span_logs",), until=NOW - timedelta(days=6)))
    read(halves, "span_logs")
    query = "FROM raw.spans ORDER BY span_id"
    assert rows(halves, query) == rows(whole, query)
    assert rows(halves, "SELECT reached_at FROM ops.cursors") == rows(whole, "SELECT reached_at FROM ops.cursors")


def test_a_window_in_the_past_does_not_move_the_cursor(aws: FakeAws, tmp_path: Path) -> None:
    read(tmp_path, "span_logs")
    before = rows(tmp_path, "SELECT reached_at FROM ops.cursors")
    past = Asked(
        only=("span_logs",), since=datetime.fromisoformat("2026-11-01"), until=datetime.fromisoformat("2026-11-02")
    )
    done = by_scope(read(tmp_path, asked=past))["span_logs aws/spans"]
    assert (done.window_from, done.window_to) == (past.since, past.until)
    assert rows(tmp_path, "SELECT reached_at FROM ops.cursors") == before


def test_a_failed_check_stops_publishing_and_the_last_good_file_stays(
    aws: FakeAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = collect(tmp_path).published
    monkeypatch.setattr(Warehouse, "publish", lambda self, now: None)
    monkeypatch.setattr(Warehouse, "check", lambda self: [_failing_check()])
    outcome = collect(tmp_path)
    assert (outcome.exit_code, outcome.published) == (1, None)
    assert [check.check_name for check in outcome.blockers] == ["rows_add_up"]
    assert good is not None
    assert good.exists()
    assert json.loads((tmp_path / "status.json").read_text())["published"] is None


def _failing_check() -> object:
    from sql.warehouse import CheckResult

    return CheckResult("rows_add_up", "fail", 3, None, "Rows do not add up.")


def test_nothing_of_the_drop_list_is_kept(aws: FakeAws, tmp_path: Path) -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "aws.auth.account.access_key": "ASIAQWERTYUIOPASDFGH",
        "http.url": "https://api.example.com/pay?card=4111111111111111",
        "http.request.header.authorization": "Bearer tok-9f8e7d",
        "gen_ai.prompt": "the secret prompt of Jane",
        "net.peer.ip": "203.0.113.77",
    }
    aws.put("aws/spans", "default", ms(50), span(9, 50, attributes=attributes))
    aws.documents["1-5759e988-bd862e3fe1be46a994272793"] = [
        {
            "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
            "id": "defdfd9912dc5a56",
            "start_time": ms(40) / 1000,
            "end_time": ms(39) / 1000,
            "name": "https://api.example.com/pay?card=4111111111111111",
            "user": "jane.doe@example.com",
            "http": {"request": {"url": "https://a.example/x?token=abc987", "client_ip": "203.0.113.78"}},
            "metadata": {"debug": {"note": "keep this out"}},
            "sql": {"sanitized_query": "SELECT pin FROM t"},
            "fault": True,
            "cause": {
                "exceptions": [
                    {"id": "1", "type": "KeyError", "message": "card 4111 of Jane", "stack": [{"path": "/srv/a.py"}]}
                ]
            },
        }
    ]
    collect(tmp_path)
    text = everything(tmp_path)
    assert rows(tmp_path, "SELECT count(*) FROM raw.spans") == [(3,)]
    leaks = ("ASIAQWERTY", "card=", "tok-9f8e7d", "secret prompt", "203.0.113", "jane.doe", "abc987", "keep this out",
             "SELECT pin", "card 4111", "/srv/a.py")  # fmt: skip
    assert [leak for leak in leaks if leak in text] == []


def test_a_warehouse_that_another_collector_writes_is_named_with_the_process(aws: FakeAws, tmp_path: Path) -> None:
    collect(tmp_path, "span_logs")
    path = tmp_path / "warehouse.duckdb"
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LedgerLocked, match=f"process {other.pid}") as caught:
            collect(tmp_path, "span_logs")
        other.stdin.close()
    assert caught.value.retry_helps is True


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeNotWritable, match=r"LEDGER_HOME .*file/home cannot be written"):
        Warehouse.open(tmp_path / "file" / "home", kind="account")


def test_a_home_of_the_demo_never_takes_account_data(aws: FakeAws, tmp_path: Path) -> None:
    Warehouse.open(tmp_path, kind="demo").close()
    with pytest.raises(WrongHome, match="holds demo data"):
        collect(tmp_path)
