"""What the example account does not have, asked for by one cheap call each: (service, operation) → the empty answer."""

from __future__ import annotations

from typing import Any

EMPTY: dict[tuple[str, str], dict[str, Any]] = {
    ("logs", "DescribeDeliverySources"): {"deliverySources": []},
    ("bedrock-agentcore-control", "ListGateways"): {"items": []},
    ("bedrock-agentcore-control", "ListMemories"): {"memories": []},
    ("bedrock-agent", "ListAgents"): {"agentSummaries": []},
    ("stepfunctions", "ListStateMachines"): {"stateMachines": []},
    ("pricing", "GetProducts"): {"FormatVersion": "aws_v1", "PriceList": []},
    ("xray", "GetIndexingRules"): {"IndexingRules": []},
    ("lambda", "ListTags"): {"Tags": {}},
}
