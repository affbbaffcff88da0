"""Metrics of several namespaces from moto: another implementation of the same API than our own fake."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from collectors.settings import Settings, SourceSettings
from collectors.window import floor
from tests.collectors.moto_server import moto
from tests.collectors.support import REGION, by_scope, read, rows

KEY = "cloudwatch_metrics"
CORE, LAMBDA = "AWS/Bedrock-AgentCore", "AWS/Lambda"
DENIAL = {"Mode": "ENFORCE", "OperationName": "AuthorizeAction", "TargetResource": "gateway-1", "ToolName": "refund"}


def put(at: datetime, namespace: str, metric: str, dimensions: dict[str, str], *values: float) -> None:
    """Datapoints of one series."""
    boto3.client("cloudwatch", region_name=REGION).put_metric_data(
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                "Timestamp": at,
                "Values": list(values),
                "Unit": "Count",
            }
        ],
    )


def test_wanted_series_of_several_namespaces_are_read_from_moto(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    at = floor(now, timedelta(minutes=5)) - timedelta(minutes=30)
    mine = Settings(home=tmp_path, sources={KEY: SourceSettings(hosts=("refund-tools",))})
    with moto(monkeypatch):
        put(at, CORE, "DenyDecisions", DENIAL, 1, 1, 1)
        put(at, CORE, "TakerOverCount", {"Operation": "BrowserSession", "Resource": "b-1"}, 1)
        put(at, CORE, "InboundStreamingBytesProcessed", {"Resource": "r-1"}, 900)
        put(at, LAMBDA, "Errors", {"FunctionName": "refund-tools"}, 2)
        put(at, LAMBDA, "Errors", {"FunctionName": "website"}, 5)
        runs = by_scope(read(tmp_path, KEY, settings=mine, now=now))
    assert {name.removeprefix(f"{KEY} "): (run.status, run.rows_new) for name, run in runs.items()} == {
        "AWS/ApiGateway": ("not_set_up", 0),
        "AWS/Bedrock": ("not_set_up", 0),
        "AWS/Bedrock-AgentCore": ("ok", 2),
        "AWS/Bedrock/Agents": ("not_set_up", 0),
        "AWS/Bedrock/Guardrails": ("not_set_up", 0),
        "AWS/BedrockMantle": ("not_set_up", 0),
        "AWS/Lambda": ("ok", 1),
        "AWS/States": ("not_set_up", 0),
        "Bedrock-AgentCore/Evaluations": ("not_set_up", 0),
    }
    assert runs[f"{KEY} {CORE}"].skipped == 1
    assert rows(tmp_path, "SELECT service, metric, stat, value, projection FROM raw.metric_points ORDER BY ALL") == [
        ("browser", "TakerOverCount", "Sum", 1.0, "parts"),
        ("lambda", "Errors", "Sum", 2.0, "parts"),
        ("policy", "DenyDecisions", "Sum", 3.0, "parts"),
    ]
