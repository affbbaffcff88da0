"""A whole pass against moto's server: another implementation of the same APIs than our own fake."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from collectors.aws import AwsAccount, AwsSettings
from collectors.console import Quiet
from collectors.run import Job, run
from collectors.settings import Settings
from collectors.window import to_ms
from sql.warehouse import Warehouse
from tests.collectors.support import REGION, by_scope, rows, span

AGENT = "refund-0123456789"


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
        outcome = run(Job(warehouse, account, Settings(home=tmp_path), lambda: now, lambda: now, Quiet()))
    runs = by_scope(outcome)
    assert account.account_id == "123456789012"
    assert {name: (run.status, run.rows_new, run.skipped) for name, run in runs.items()} == {
        "cloudwatch_metrics AWS/Bedrock": ("ok", 3, 2),
        "cloudwatch_metrics AWS/Bedrock/Guardrails": ("not_set_up", 0, 0),
        "invocation_logs /inv": ("ok", 0, 1),
        "outcome_events": ("not_set_up", 0, 0),
        "span_logs aws/spans": ("ok", 1, 0),
        "xray_traces": ("ok", 1, 0),
    }
    assert outcome.exit_code == 0
    assert rows(tmp_path, "SELECT stat, value FROM raw.metric_points ORDER BY stat") == [
        ("Average", 200.0), ("SampleCount", 2.0), ("Sum", 400.0),
    ]  # fmt: skip
