"""What runs in the example account: runtimes with versions and endpoints, a tool server, a function, a profile."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from collectors.demo.conditions import conditions
from collectors.demo.records import role_of
from collectors.demo.shapes import ACCOUNT_ID, PROFILE_ARN, REGION, SONNET, Agent, runtime_arn
from collectors.demo.world import AGENTS, SUPPLY
from collectors.errors import NotFound

# One agent that sends no telemetry, and a server of tools, which is no agent.
SILENT_ID, TOOLS_ID = "contract_review-U1v2W3x4Y5", "erp_tools-Z6a7B8c9D0"
DAY = timedelta(days=1)

Page = dict[str, Any]


class Inventory:
    """The account's resources as they stand at `end` (naive UTC), with what changed since `begin`."""

    def __init__(self, begin: datetime, end: datetime) -> None:
        self._begin, self._end = begin, end
        self._runtimes = {agent.agent_id: agent for agent in AGENTS if ":runtime/" in agent.arn}

    def releases(self, agent: Agent) -> list[tuple[str, datetime]]:
        """Each version that served since the account began, and when it went live; the first may be older."""
        day, last, found = self._begin.date(), (self._end - timedelta(seconds=1)).date(), []
        serving: str | None = None
        while day <= last:
            version = conditions(agent, day).version
            if version != serving:
                found.append((version, _midnight(day)))
                serving = version
            day += DAY
        return found

    def list_runtimes(self, nextToken: str | None = None, maxResults: int = 100) -> Page:
        """ListAgentRuntimes."""
        rows = [self._runtime(agent_id) for agent_id in (*self._runtimes, SILENT_ID, TOOLS_ID)]
        return {"agentRuntimes": rows}

    def list_versions(self, agentRuntimeId: str, nextToken: str | None = None, maxResults: int = 100) -> Page:
        """ListAgentRuntimeVersions."""
        row = self._runtime(agentRuntimeId)
        rows = [
            {**row, "agentRuntimeVersion": version, "lastUpdatedAt": at, "status": "READY"}
            for version, at in self._history(agentRuntimeId)
        ]
        return {"agentRuntimes": rows}

    def list_endpoints(self, agentRuntimeId: str, nextToken: str | None = None, maxResults: int = 100) -> Page:
        """ListAgentRuntimeEndpoints: DEFAULT follows the newest version."""
        version, at = self._history(agentRuntimeId)[-1]
        arn = runtime_arn(agentRuntimeId)
        endpoint = {
            "name": "DEFAULT",
            "id": "DEFAULT",
            "liveVersion": version,
            "targetVersion": version,
            "agentRuntimeEndpointArn": f"{arn}/runtime-endpoint/DEFAULT",
            "agentRuntimeArn": arn,
            "status": "READY",
            "createdAt": _midnight(self._begin.date()),
            "lastUpdatedAt": at,
        }
        return {"runtimeEndpoints": [endpoint]}

    def get_runtime(self, agentRuntimeId: str, agentRuntimeVersion: str | None = None) -> Page:
        """GetAgentRuntime."""
        agent = self._runtimes.get(agentRuntimeId)
        role = role_of(agent) if agent else f"{agentRuntimeId.partition('-')[0]}-role"
        return {
            **self._runtime(agentRuntimeId),
            "createdAt": _midnight(self._begin.date()),
            "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/{role}",
            "networkConfiguration": {"networkMode": "PUBLIC"},
            "lifecycleConfiguration": {"idleRuntimeSessionTimeout": 900, "maxLifetime": 28_800},
            "protocolConfiguration": {"serverProtocol": "MCP" if agentRuntimeId == TOOLS_ID else "HTTP"},
        }

    def list_functions(self, FunctionVersion: str = "", Marker: str | None = None, MaxItems: int = 50) -> Page:
        """ListFunctions."""
        return {"Functions": [self._function()]}

    def get_function(self, FunctionName: str, Qualifier: str | None = None) -> Page:
        """GetFunctionConfiguration."""
        return self._function()

    def list_function_aliases(self, FunctionName: str, Marker: str | None = None, MaxItems: int = 50) -> Page:
        """ListAliases."""
        return {"Aliases": []}

    def list_profiles(
        self, typeEquals: str = "APPLICATION", nextToken: str | None = None, maxResults: int = 100
    ) -> Page:
        """ListInferenceProfiles: those of the account's own."""
        created = _midnight(self._begin.date())
        model = f"arn:aws:bedrock:{REGION}::foundation-model/{SONNET.removeprefix('us.')}"
        profile = {
            "inferenceProfileName": "supply-exceptions",
            "inferenceProfileArn": PROFILE_ARN,
            "inferenceProfileId": PROFILE_ARN.rpartition("/")[2],
            "models": [{"modelArn": model}],
            "createdAt": created,
            "updatedAt": created,
            "status": "ACTIVE",
            "type": "APPLICATION",
        }
        return {"inferenceProfileSummaries": [profile] if typeEquals == "APPLICATION" else []}

    def list_guardrails(
        self, guardrailIdentifier: str | None = None, nextToken: str | None = None, maxResults: int = 100
    ) -> Page:
        """ListGuardrails."""
        created = _midnight(self._begin.date())
        found = [
            {
                "id": agent.guardrail,
                "arn": f"arn:aws:bedrock:{REGION}:{ACCOUNT_ID}:guardrail/{agent.guardrail}",
                "status": "READY",
                "name": f"{agent.key}-guardrail",
                "version": "DRAFT",
                "createdAt": created,
                "updatedAt": created,
            }
            for agent in AGENTS
            if agent.guardrail and guardrailIdentifier in (None, agent.guardrail)
        ]
        return {"guardrails": found}

    def list_tags(self, **_: Any) -> Page:
        """ListTagsForResource: nobody tags anything here."""
        return {"tags": []}

    def _history(self, runtime_id: str) -> list[tuple[str, datetime]]:
        agent = self._runtimes.get(runtime_id)
        return self.releases(agent) if agent else [("1", _midnight(self._begin.date()))]

    def _runtime(self, runtime_id: str) -> Page:
        if runtime_id not in (*self._runtimes, SILENT_ID, TOOLS_ID):
            raise NotFound(
                f"bedrock-agentcore:GetAgentRuntime: {runtime_id} does not exist.", "Take one that is listed."
            )
        version, at = self._history(runtime_id)[-1]
        return {
            "agentRuntimeArn": runtime_arn(runtime_id),
            "agentRuntimeId": runtime_id,
            "agentRuntimeVersion": version,
            "agentRuntimeName": runtime_id.rpartition("-")[0],
            "description": "",
            "lastUpdatedAt": at,
            "status": "READY",
        }

    def _function(self) -> Page:
        return {
            "FunctionName": SUPPLY.key,
            "FunctionArn": SUPPLY.arn,
            "Runtime": "python3.13",
            "Role": f"arn:aws:iam::{ACCOUNT_ID}:role/{role_of(SUPPLY)}",
            "Handler": "app.handler",
            "Timeout": 900,
            "MemorySize": 1024,
            "LastModified": self._begin.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "Version": "$LATEST",
            "PackageType": "Zip",
            "Architectures": ["arm64"],
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/aws/lambda/supply-exceptions"},
        }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
