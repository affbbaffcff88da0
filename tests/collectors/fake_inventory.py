"""An account with something of every kind, behind the fake's HTTP: short pages, empty pages, things that vanish."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tests.collectors.fake_aws import ACCOUNT_ID, Answer, Body, FakeAws
from tests.collectors.support import NOW, REGION, fake, ms

RUNTIME, TOOLS = "refund-Ab1Cd2Ef3G", "tools-Hi4Jk5Lm6N"
SECRET = "value-that-nobody-may-see"
PROFILE = f"arn:aws:bedrock:{REGION}:{ACCOUNT_ID}:application-inference-profile/p1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:desk"
LISTINGS = {
    "ListAgentRuntimes": "agentRuntimes",
    "ListAgentRuntimeVersions": "agentRuntimes",
    "ListAgentRuntimeEndpoints": "runtimeEndpoints",
    "ListGateways": "items",
    "ListMemories": "memories",
    "ListAgents": "agentSummaries",
    "ListAgentAliases": "agentAliasSummaries",
    "ListInferenceProfiles": "inferenceProfileSummaries",
    "ListGuardrails": "guardrails",
    "ListStateMachines": "stateMachines",
}


def arn(runtime_id: str) -> str:
    """The ARN of a runtime."""
    return f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT_ID}:runtime/{runtime_id}"


def when(hours_ago: float, *, iso: bool = True) -> Any:
    """A moment as AWS writes it: ISO text in REST-JSON with that format, else epoch seconds."""
    moment = NOW - timedelta(hours=hours_ago)
    return moment.isoformat() + "Z" if iso else ms(hours_ago * 60) / 1000


@dataclass
class Holdings:
    """What the account holds, by operation; parts by the id of what they are part of."""

    found: dict[str, list[Body]] = field(default_factory=dict)
    parts: dict[tuple[str, str], list[Body]] = field(default_factory=dict)
    said: dict[str, Body] = field(default_factory=dict)
    tags: Body = field(default_factory=dict)

    def answers(self, aws: FakeAws) -> dict[str, Answer]:
        """What the fake answers to each call."""
        listings = {operation: self._listing(aws, operation, key) for operation, key in LISTINGS.items()}
        # The fake takes the path of a tags call with a slash in its ARN for one of S3.
        return {
            **listings,
            "GetAgentRuntime": lambda asked: self._of(asked["agentRuntimeId"]),
            "GetAgent": lambda asked: self._of(asked["agentId"]),
            "ListTagsForResource": self._tags,
            "GetObject": self._tags,
            "ListFunctions": lambda asked: aws.paged(
                self.found.get("ListFunctions", []), marked(asked), "Functions", "NextMarker"
            ),
            "ListAliases": lambda asked: aws.paged(
                self.parts.get(("ListAliases", asked["FunctionName"]), []), marked(asked), "Aliases", "NextMarker"
            ),
            "ListTags": lambda asked: (200, {"Tags": self.tags}),
        }

    def _listing(self, aws: FakeAws, operation: str, key: str) -> Answer:
        def answer(asked: Body) -> tuple[int, Body]:
            part_of = next(
                (asked[name] for name in ("agentRuntimeId", "agentId", "guardrailIdentifier") if name in asked), None
            )
            if part_of is not None and (operation, part_of) not in self.parts:
                return 404, {"__type": "ResourceNotFoundException", "message": "gone"}
            found = self.found.get(operation, []) if part_of is None else self.parts[operation, part_of]
            return aws.paged(found, asked, key)

        return answer

    def _of(self, name: str) -> tuple[int, Body]:
        if name not in self.said:
            return 404, {"__type": "ResourceNotFoundException", "message": "gone"}
        return 200, self.said[name]

    def _tags(self, asked: Body) -> tuple[int, Body]:
        if "resourceARN" in asked or ":states:" in str(asked.get("resourceArn")):
            return 200, {"tags": [{"key": key, "value": value} for key, value in self.tags.items()]}
        return 200, {"tags": self.tags}


def marked(asked: Body) -> Body:
    """Lambda asks with Marker for what it answered as NextMarker."""
    return {**asked, **({"NextMarker": asked["Marker"]} if "Marker" in asked else {})}


@contextmanager
def holding(monkeypatch: pytest.MonkeyPatch, held: Holdings, now: datetime = NOW) -> Iterator[FakeAws]:
    """A fake AWS that holds this and whose clock shows `now`."""
    at_clock(monkeypatch, now)
    with fake(monkeypatch) as aws:
        aws.answers |= held.answers(aws)
        yield aws


def at_clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Let every answer carry this moment."""
    text = format_datetime(now).replace("-0000", "GMT")
    monkeypatch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda *_: text)


def runtime(runtime_id: str = RUNTIME, version: str = "3", hours_ago: float = 30) -> Body:
    """One item of ListAgentRuntimes."""
    return {
        "agentRuntimeArn": arn(runtime_id),
        "agentRuntimeId": runtime_id,
        "agentRuntimeVersion": version,
        "agentRuntimeName": runtime_id.partition("-")[0],
        "description": SECRET,
        "lastUpdatedAt": when(hours_ago),
        "status": "READY",
    }


def endpoint(name: str = "DEFAULT", live: str = "3", hours_ago: float = 30, runtime_id: str = RUNTIME) -> Body:
    """One item of ListAgentRuntimeEndpoints."""
    return {
        "name": name,
        "id": name,
        "liveVersion": live,
        "targetVersion": live,
        "agentRuntimeEndpointArn": f"{arn(runtime_id)}/runtime-endpoint/{name}",
        "agentRuntimeArn": arn(runtime_id),
        "status": "READY",
        "createdAt": when(99),
        "lastUpdatedAt": when(hours_ago),
    }


def configuration(runtime_id: str = RUNTIME, protocol: str | None = "HTTP") -> Body:
    """What GetAgentRuntime says."""
    return {
        **runtime(runtime_id),
        "createdAt": when(99),
        "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/service/refund-role",
        "networkConfiguration": {"networkMode": "PUBLIC"},
        "lifecycleConfiguration": {"idleRuntimeSessionTimeout": 900, "maxLifetime": 28800},
        "environmentVariables": {"API_KEY": SECRET},
        "agentRuntimeArtifact": {
            "containerConfiguration": {"containerUri": "1.dkr.ecr.us-east-1.amazonaws.com/r@sha256:ab"}
        },
        **({"protocolConfiguration": {"serverProtocol": protocol}} if protocol else {}),
    }


def whole() -> Holdings:
    """One of everything, and two runtimes of which one serves tools."""
    tags = {"Owner": "Refund desk", "cost_center": "C7", "Team": "x@example.com", "Secret": SECRET}
    return Holdings({**_of_agents(), **_of_hosts()}, _parts(), _said(), tags)


MADE = {"createdAt": when(50), "updatedAt": when(50)}
MODELS = [{"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/a.m"}]
DRAFT = {"id": "gr1", "arn": "gr1", "status": "READY", "name": "polite", "version": "DRAFT", **MADE}


def _of_agents() -> dict[str, list[Body]]:
    attached = {"guardrailIdentifier": "gr1", "guardrailVersion": "1"}
    return {
        "ListAgentRuntimes": [runtime(), runtime(TOOLS, "1", 40)],
        "ListGateways": [{"gatewayId": "g1", "name": "erp", "status": "READY", "authorizerType": "CUSTOM_JWT",
                          "protocolType": "MCP", **MADE}],
        "ListMemories": [{"arn": f"{arn('x')}/memory/m1", "id": "m1", "status": "ACTIVE", **MADE}],
        "ListAgents": [{"agentId": "AG1", "agentName": "Desk", "agentStatus": "PREPARED", "latestAgentVersion": "2",
                        "updatedAt": when(50), "guardrailConfiguration": attached}],
        "ListInferenceProfiles": [{"inferenceProfileName": "refund", "inferenceProfileArn": PROFILE, "models": MODELS,
                                   "inferenceProfileId": "p1", "status": "ACTIVE", "type": "APPLICATION", **MADE}],
        "ListGuardrails": [DRAFT],
    }  # fmt: skip


def _of_hosts() -> dict[str, list[Body]]:
    return {
        "ListStateMachines": [{"stateMachineArn": f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:flow",
                               "name": "flow", "type": "STANDARD", "creationDate": when(50, iso=False)}],
        "ListFunctions": [{"FunctionName": "desk", "FunctionArn": FUNCTION, "Runtime": "python3.13",
                           "Role": "arn:aws:iam::1:role/r", "MemorySize": 512, "Timeout": 30, "CodeSha256": "abc",
                           "LastModified": "2026-11-18T10:00:00.000+0000", "Version": "$LATEST", "PackageType": "Zip",
                           "Environment": {"Variables": {"KEY": SECRET}},
                           "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/aws/lambda/desk"}}],
    }  # fmt: skip


def _parts() -> dict[tuple[str, str], list[Body]]:
    return {
        ("ListAgentRuntimeVersions", RUNTIME): [runtime(version=str(n), hours_ago=90 - 20 * n) for n in (1, 2, 3)],
        ("ListAgentRuntimeVersions", TOOLS): [runtime(TOOLS, "1", 40)],
        ("ListAgentRuntimeEndpoints", RUNTIME): [endpoint(), endpoint("prod", "2", 45)],
        ("ListAgentRuntimeEndpoints", TOOLS): [endpoint(live="1", runtime_id=TOOLS)],
        ("ListAgentAliases", "AG1"): [{"agentAliasId": "AL1", "agentAliasName": "live", "agentAliasStatus": "PREPARED",
                                       "routingConfiguration": [{"agentVersion": "2"}], **MADE}],
        ("ListGuardrails", "gr1"): [{**DRAFT, "version": version} for version in ("DRAFT", "1")],
        ("ListAliases", "desk"): [{"AliasArn": f"{FUNCTION}:live", "Name": "live", "FunctionVersion": "4",
                                   "RevisionId": "rev", "RoutingConfig": {"AdditionalVersionWeights": {"5": 0.1}}}],
    }  # fmt: skip


def _said() -> dict[str, Body]:
    classic = {
        "agentId": "AG1",
        "agentName": "Desk",
        "agentArn": "arn:agent",
        "agentVersion": "DRAFT",
        "instruction": SECRET,
        "agentStatus": "PREPARED",
        "foundationModel": "a.m",
        "idleSessionTTLInSeconds": 600,
        "agentResourceRoleArn": "arn:aws:iam::1:role/desk",
        **MADE,
    }
    return {RUNTIME: configuration(protocol=None), TOOLS: configuration(TOOLS, "MCP"), "AG1": {"agent": classic}}
