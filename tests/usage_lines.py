"""AgentCore USAGE_LOGS records as the services write them, one a session and second."""

from __future__ import annotations

from typing import Any

RUNTIME = "arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/helper-AbCdEf1234"
BROWSER = "arn:aws:bedrock-agentcore:us-east-1:111122223333:browser-custom/shopper-XyZ9876543"
CODE = "arn:aws:bedrock-agentcore:us-east-1:111122223333:code-interpreter-custom/sums-QrS1234567"
PREFIXES = {"runtime": "agent.runtime", "browser": "browser", "code_interpreter": "codeInterpreter"}
RESOURCES = {"runtime": f"{RUNTIME}/runtime-endpoint/DEFAULT", "browser": BROWSER, "code_interpreter": CODE}


def usage(
    at_ms: int,
    vcpu: float | None = 0.000002,
    gb: float | None = 0.000275552058724,
    *,
    session: str = "session-1",
    kind: str = "runtime",
    elapsed: str = "time_elapsed_seconds",
    **more: Any,
) -> dict[str, Any]:
    """One record. `elapsed`: how the attribute of the elapsed seconds is spelled."""
    amounts = {"vcpu.hours.used": vcpu, "memory.gb_hours.used": gb}
    named = {"agent.name": "helper"} if kind == "runtime" else {}
    return {
        "resource_arn": RUNTIME if kind == "runtime" else RESOURCES[kind],
        "event_timestamp": at_ms,
        "resource": {"cloud.provider": "aws", "service.name": "AgentCore.Runtime", "cloud.region": "us-east-1"},
        "attributes": {
            "account.id": "111122223333",
            elapsed: 1.0,
            "region": "us-east-1",
            "session.id": session,
            "resource.id": RESOURCES[kind],
            **named,
        },
        "metrics": {f"{PREFIXES[kind]}.{name}": value for name, value in amounts.items() if value is not None},
        **more,
    }
