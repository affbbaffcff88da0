"""Agents of AgentCore that have no log group at all."""

from __future__ import annotations

from collectors.doctor.probe import Patient, Probe
from collectors.logs import group_names
from sql.finding import Finding

PREFIX = "/aws/bedrock-agentcore/runtimes/"
UNKNOWN = ("task_volume", "success_rate", "error_rate", "task_latency", "cost_per_task")


def examine(patient: Patient) -> list[Finding]:
    """Compare the runtimes that the account lists with the groups found."""
    pages = patient.account.pages("bedrock-agentcore-control", "ListAgentRuntimes")
    runtimes = [each for page in pages for each in page["agentRuntimes"]]
    groups = group_names(patient.account, PREFIX) if runtimes else []
    return [
        patient.finding(
            "runtime_without_log_group",
            "warning",
            each["agentRuntimeId"],
            wrong="This agent has no log group: it was never called, or it sends its telemetry nowhere.",
            evidence=f"status {each.get('status', 'not said')}; no group starts with {PREFIX}{each['agentRuntimeId']}-",
            unknown=UNKNOWN,
            fix="Call it once. If no group appears: AgentCore console > Agents > the agent > Observability, and "
            "let its role write logs (logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents).",
        )
        for each in runtimes
        if not any(name.startswith(f"{PREFIX}{each['agentRuntimeId']}-") for name in groups)
        and _is_agent(patient, each["agentRuntimeId"])
    ]


def _is_agent(patient: Patient, runtime_id: str) -> bool:
    """Tool servers (MCP) are runtimes too, and leave no telemetry of agents."""
    whole = patient.account.call("bedrock-agentcore-control", "GetAgentRuntime", agentRuntimeId=runtime_id)
    protocol = (whole.get("protocolConfiguration") or {}).get("serverProtocol")
    return protocol != "MCP"


PROBE = Probe(
    key="runtimes",
    title="Agents of AgentCore",
    actions=("bedrock-agentcore:ListAgentRuntimes", "bedrock-agentcore:GetAgentRuntime", "logs:DescribeLogGroups"),
    unknown=UNKNOWN,
    examine=examine,
)
