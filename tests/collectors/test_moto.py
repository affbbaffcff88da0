"""A whole pass against moto's server: another implementation of the same APIs than our own fake."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from collectors.__main__ import main
from collectors.aws import AwsAccount, AwsSettings
from collectors.console import Quiet
from collectors.run import Job, Place, run
from collectors.settings import Settings
from collectors.source import sources
from collectors.window import to_ms
from sql.published import open_published
from sql.warehouse import Warehouse
from tests.collectors.support import REGION, by_scope, rows, span

EXAMPLE = Path(__file__).parents[2] / "ledger.example.toml"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A moto server that every client of this test talks to."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_MAX_ATTEMPTS": "1"}
    for name, value in {"AWS_ENDPOINT_URL": url, "AWS_REGION": REGION, **keys}.items():
        monkeypatch.setenv(name, value)
    yield url
    urlopen(Request(f"{url}/moto-api/reset", method="POST")).close()
    server.stop()


def fill(now: datetime) -> None:
    """An account with a span, a trace, two metrics and an invocation log group."""
    at_ms = to_ms(now - timedelta(minutes=30))
    logs = boto3.client("logs", region_name=REGION)
    bedrock = "aws/bedrock/modelinvocations"
    for group, stream, record in (("aws/spans", "default", span(1, 30)), ("/inv", bedrock, None)):
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        text = "Permissions are correctly set for Amazon Bedrock logs." if record is None else json.dumps(record)
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": at_ms, "message": text}])
    boto3.client("bedrock", region_name=REGION).put_model_invocation_logging_configuration(
        loggingConfig={
            "cloudWatchConfig": {"logGroupName": "/inv", "roleArn": "arn:aws:iam::123456789012:role/logging"}
        }
    )
    document = {"trace_id": f"1-{at_ms // 1000:08x}-{1:024x}", "id": "0" * 15 + "1", "name": "refund",
                "start_time": at_ms / 1000, "end_time": at_ms / 1000 + 2}  # fmt: skip
    boto3.client("xray", region_name=REGION).put_trace_segments(TraceSegmentDocuments=[json.dumps(document)])
    boto3.client("cloudwatch", region_name=REGION).put_metric_data(
        Namespace="AWS/Bedrock",
        MetricData=[{"MetricName": "InvocationLatency", "Dimensions": [{"Name": "ModelId", "Value": "m"}],
                     "Timestamp": now - timedelta(minutes=30), "Values": [100.0, 300.0], "Unit": "Milliseconds"}],
    )  # fmt: skip


def test_every_source_is_read_from_moto(endpoint: str, tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(tzinfo=None, second=0, microsecond=0)
    fill(now)
    account = AwsAccount(AwsSettings())
    with Warehouse.open(tmp_path, kind="account") as warehouse:
        outcome = run(Job(warehouse, (Place(account),), Settings(home=tmp_path), lambda: now, lambda: now, Quiet()))
    runs = by_scope(outcome)
    assert account.account_id == "123456789012"
    told = {name: (run.status, run.rows_new, run.skipped) for name, run in runs.items()}
    expected = {
        "cloudwatch_metrics AWS/Bedrock": ("ok", 2, 2),
        "cloudwatch_metrics AWS/Bedrock/Guardrails": ("not_set_up", 0, 0),
        "invocation_logs /inv": ("ok", 0, 1),
        "outcome_events": ("not_set_up", 0, 0),
        "span_logs aws/spans": ("ok", 1, 0),
        "xray_traces": ("ok", 1, 0),
        "price_list": ("not_set_up", 0, 0),  # what moto does not know is absent, and nothing waits for it
        "evaluations": ("not_set_up", 0, 0),
    }
    assert {name: told[name] for name in expected} == expected
    assert {run.scope.source for run in outcome.runs} == {key for key, source in sources().items() if source.enabled}
    assert outcome.failed == []
    assert outcome.exit_code == 0
    assert rows(tmp_path, "SELECT stat, value FROM raw.metric_points ORDER BY stat") == [
        ("SampleCount", 2.0), ("Sum", 400.0),
    ]  # fmt: skip


ROLE = "arn:aws:iam::222233334444:role/agent-ledger-reader"


def test_a_role_of_another_account_is_taken_and_its_rows_carry_that_account(endpoint: str, tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(tzinfo=None, second=0, microsecond=0)
    fill(now)
    taken = boto3.client("sts", region_name=REGION).assume_role(RoleArn=ROLE, RoleSessionName="writer")["Credentials"]
    logs = boto3.client(
        "logs",
        region_name=REGION,
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
    )
    logs.create_log_group(logGroupName="aws/spans")
    logs.create_log_stream(logGroupName="aws/spans", logStreamName="default")
    events = [{"timestamp": to_ms(now - timedelta(minutes=30)), "message": json.dumps(span(number, 30))}
              for number in (7, 8)]  # fmt: skip
    logs.put_log_events(logGroupName="aws/spans", logStreamName="default", logEvents=events)  # type: ignore[arg-type]
    account = AwsAccount(AwsSettings(role_arn=ROLE))
    with Warehouse.open(tmp_path, kind="account") as warehouse:
        runs = run(Job(warehouse, (Place(account),), Settings(home=tmp_path), lambda: now, lambda: now, Quiet())).runs
    assert {each.scope.account_id for each in runs} == {"222233334444"}
    assert rows(tmp_path, "SELECT span_id, account_id FROM raw.spans ORDER BY span_id") == [
        (f"{number:016x}", "222233334444") for number in (7, 8)
    ]


def test_a_folder_with_a_copy_of_the_example_settings_collects_end_to_end(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC).replace(tzinfo=None, second=0, microsecond=0)
    fill(now)
    logs = boto3.client("logs", region_name=REGION)
    for group in ("/ecs/pricing-agent/spans", "/aws/lambda/refund-outcomes"):
        logs.create_log_group(logGroupName=group)
    (tmp_path / "ledger.toml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEDGER_HOME", raising=False)
    monkeypatch.delenv("LEDGER_CONFIG", raising=False)
    monkeypatch.delenv("AWS_REGION")
    assert main(["run", "--json"]) == 0
    out = capsys.readouterr().out
    told = json.loads(out[out.index("{") :])  # moto itself prints what it lacks
    landed = {f"{each['source']} {each['scope']}".rstrip(): each["rows_new"] for each in told["runs"]}
    assert landed["span_logs aws/spans"] == 1
    assert landed["span_logs /ecs/pricing-agent/spans"] == 0
    assert landed["outcome_events /aws/lambda/refund-outcomes"] == 0
    assert Path(told["published"]).exists()
    with closing(open_published(tmp_path / "data")) as published:
        assert published.rows("SELECT agent_name, team, environment FROM agents WHERE declared") == [
            {"agent_name": "Refund agent", "team": "Customer care", "environment": "prod"}
        ]
        assert published.rows("SELECT value FROM org WHERE key = 'timezone'") == [{"value": "Europe/Berlin"}]
        assert published.rows("SELECT count(*) AS n FROM targets") == [{"n": 3}]
