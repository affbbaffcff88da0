"""The inventory against moto's server: another implementation of the same listings than our own fake."""

from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.collectors.support import REGION, by_scope, read, rows


@pytest.fixture
def moto_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
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


def test_runtimes_of_moto_land_with_version_endpoint_and_protocol(moto_account: str, tmp_path: Path) -> None:
    control = boto3.client("bedrock-agentcore-control", region_name=REGION)
    made = control.create_agent_runtime(
        agentRuntimeName="desk",
        agentRuntimeArtifact={"containerConfiguration": {"containerUri": "1.dkr.ecr.us-east-1.amazonaws.com/desk:1"}},
        roleArn="arn:aws:iam::123456789012:role/desk-role",
        networkConfiguration={"networkMode": "PUBLIC"},
        protocolConfiguration={"serverProtocol": "MCP"},
        environmentVariables={"KEY": "hidden-value"},
    )
    runs = by_scope(read(tmp_path, "inventory"))
    assert (runs["inventory runtimes"].status, runs["inventory runtime_details"].status) == ("ok", "ok")
    assert rows(tmp_path, "SELECT resource_id, arn, version FROM raw.inventory WHERE kind = 'runtime'") == [
        (made["agentRuntimeId"], made["agentRuntimeArn"], made["agentRuntimeVersion"])
    ]
    configured = "SELECT facts->>'$.protocol', facts->>'$.role' FROM raw.inventory WHERE kind = 'runtime_config'"
    assert rows(tmp_path, configured) == [("MCP", "arn:aws:iam::123456789012:role/desk-role")]
    assert rows(tmp_path, "SELECT count(*) FROM raw.inventory WHERE facts LIKE '%hidden-value%'") == [(0,)]


def test_state_machines_of_moto_land(moto_account: str, tmp_path: Path) -> None:
    made = boto3.client("stepfunctions", region_name=REGION).create_state_machine(
        name="flow", definition="{}", roleArn="arn:aws:iam::123456789012:role/flow"
    )
    runs = by_scope(read(tmp_path, "inventory"))
    assert runs["inventory state_machines"].status == "ok"
    assert rows(tmp_path, "SELECT resource_id, arn FROM raw.inventory WHERE kind = 'state_machine'") == [
        ("flow", made["stateMachineArn"])
    ]
