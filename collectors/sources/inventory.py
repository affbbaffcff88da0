"""What the account holds of agents and of what they use, looked at every quarter of an hour and kept as history.

Each kind is a scope of its own, so that one that is denied does not lose the others. Details that a listing lacks
(configuration, tags) are read where a resource has changed, and once a day everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from collectors.aws import Account
from collectors.inventory import bedrock, hosts, runtimes
from collectors.inventory.look import Look
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Reading, Source
from sql.warehouse import Scope

KEY = "inventory"
STEP = timedelta(minutes=15)
KINDS: dict[str, Callable[[Look], None]] = {
    "runtimes": runtimes.runtimes,
    "runtime_details": runtimes.runtime_details,
    "gateways": runtimes.gateways,
    "memories": runtimes.memories,
    "bedrock_agents": bedrock.bedrock_agents,
    "bedrock_agent_details": bedrock.bedrock_agent_details,
    "inference_profiles": bedrock.inference_profiles,
    "inference_profile_tags": bedrock.inference_profile_tags,
    "guardrails": bedrock.guardrails,
    "state_machines": hosts.state_machines,
    "state_machine_tags": hosts.state_machine_tags,
    "functions": hosts.functions,
    "function_tags": hosts.function_tags,
}


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """One scope a kind."""
    return [Scope(KEY, account.account_id, account.region, kind) for kind in KINDS]


def collect(reading: Reading) -> None:
    """List one kind as it is now, whatever the window. Raises NotSetUp where the region does not offer the service."""
    KINDS[reading.scope.name](Look(reading))


SOURCE = Source(
    key=KEY,
    title="Inventory of the account",
    feeds=("inventory_states",),
    actions=(
        Grant(
            (
                "bedrock-agentcore:ListAgentRuntimes",
                "bedrock-agentcore:ListAgentRuntimeVersions",
                "bedrock-agentcore:ListAgentRuntimeEndpoints",
                "bedrock-agentcore:GetAgentRuntime",
                "bedrock-agentcore:ListGateways",
                "bedrock-agentcore:ListMemories",
                "bedrock-agentcore:ListTagsForResource",
                "bedrock:ListAgents",
                "bedrock:ListAgentAliases",
                "bedrock:GetAgent",
                "bedrock:ListInferenceProfiles",
                "bedrock:ListGuardrails",
                "bedrock:ListTagsForResource",
                "states:ListStateMachines",
                "states:ListTagsForResource",
                "lambda:ListFunctions",
                "lambda:ListAliases",
                "lambda:ListTags",
            )
        ),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(0),
    longest=None,
    grid=STEP,
    about=About(
        reads=(
            "The listings of AgentCore runtimes with versions and endpoints, gateways and memories, classic Bedrock "
            "agents and aliases, application inference profiles, guardrails, state machines and Lambda functions, as "
            "they are now. Of tags only owner, team, cost-center and agent are kept; of environment variables nothing."
        ),
        feeds=(
            "The tables inventory, inventory_rules, agents, agent_versions and changes. Without it the version of an "
            "AgentCore agent is unknown unless its spans state it, calls by an inference profile have neither model "
            "nor price unless ledger.toml says so, and agents that send no telemetry stay unseen."
        ),
        cost="Nothing: the listings are free.",
        lag=(
            "A change is seen within a quarter of an hour and dated by AWS's own time. There is no history before the "
            "first look but the times that AWS states. Tags and configuration are read again once a day."
        ),
        switch_on=(
            "Nothing to switch on: allow the actions. Tags of functions and state machines, and aliases of functions, "
            "are read where a contract names them under hosts."
        ),
    ),
)
