"""Bedrock: classic agents with aliases and configuration, application inference profiles, guardrails."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.aws import Page
from collectors.inventory.look import Look, State, arn, naive

AGENTS, MODELS = "bedrock-agent", "bedrock"
PAGE = {"maxResults": 100}
DRAFT = "DRAFT"


def bedrock_agents(look: Look) -> None:
    """Every classic agent and every alias with the version it leads to."""
    for agent in _agents(look):
        agent_id = str(agent["agentId"])
        look.keep(
            State(
                "bedrock_agent",
                agent_id,
                name=agent.get("agentName"),
                arn=arn(look, "bedrock", f"agent/{agent_id}"),
                version=agent.get("latestAgentVersion"),
                status=agent.get("agentStatus"),
                updated_at=naive(agent.get("updatedAt")),
                facts={"guardrail": _guardrail(agent)},
            )
        )
        for alias in look.items_of_one(AGENTS, "ListAgentAliases", "agentAliasSummaries", agentId=agent_id, **PAGE):
            look.keep(_alias(look, agent_id, alias))
    look.listed("bedrock_agent", "bedrock_alias")


def bedrock_agent_details(look: Look) -> None:
    """Configuration and tags of the classic agents that changed, and once a day of all; no instructions."""
    for agent in _agents(look):
        if not look.is_due(naive(agent.get("updatedAt"))):
            continue
        agent_id = str(agent["agentId"])
        said = look.of_one(AGENTS, "GetAgent", agentId=agent_id).get("agent")
        if said:
            look.keep(configuration(agent_id, said))
        tags = look.of_one(AGENTS, "ListTagsForResource", resourceArn=arn(look, "bedrock", f"agent/{agent_id}"))
        look.keep_tags("bedrock_agent", agent_id, tags.get("tags"))
    if look.is_thorough:
        look.listed("bedrock_agent_config", "bedrock_agent_tags")


def inference_profiles(look: Look) -> None:
    """Every application inference profile with the models behind it."""
    for profile in _profiles(look):
        models = sorted(str(each.get("modelArn")) for each in profile.get("models") or [])
        look.keep(
            State(
                "inference_profile",
                str(profile["inferenceProfileId"]),
                name=profile.get("inferenceProfileName"),
                arn=profile.get("inferenceProfileArn"),
                status=profile.get("status"),
                updated_at=naive(profile.get("updatedAt")),
                facts={"models": models},
            )
        )
    look.listed("inference_profile")


def inference_profile_tags(look: Look) -> None:
    """Tags of the profiles that changed, and once a day of all."""
    for profile in _profiles(look):
        if look.is_due(naive(profile.get("updatedAt"))):
            tags = look.of_one(MODELS, "ListTagsForResource", resourceARN=profile["inferenceProfileArn"])
            look.keep_tags("inference_profile", str(profile["inferenceProfileId"]), tags.get("tags"))
    if look.is_thorough:
        look.listed("inference_profile_tags")


def guardrails(look: Look) -> None:
    """Every guardrail (its draft) and every numbered version."""
    for draft in look.items(MODELS, "ListGuardrails", "guardrails", **PAGE):
        guardrail_id = str(draft["id"])
        look.keep(_guardrail_state("guardrail", guardrail_id, draft))
        for each in look.items_of_one(
            MODELS, "ListGuardrails", "guardrails", guardrailIdentifier=draft.get("arn") or guardrail_id, **PAGE
        ):
            if each.get("version") not in (None, DRAFT):
                look.keep(
                    _guardrail_state("guardrail_version", f"{guardrail_id}:{each['version']}", each, guardrail_id)
                )
    look.listed("guardrail", "guardrail_version")


def configuration(agent_id: str, said: Page) -> State:
    """What is kept of GetAgent: neither instruction nor prompts."""
    facts = {
        "role": said.get("agentResourceRoleArn"),
        "model": said.get("foundationModel"),
        "guardrail": _guardrail(said),
        "idle_ttl_s": said.get("idleSessionTTLInSeconds"),
        "orchestration": said.get("orchestrationType"),
    }
    return State(
        "bedrock_agent_config",
        agent_id,
        name=said.get("agentName"),
        arn=said.get("agentArn"),
        version=said.get("agentVersion"),
        status=said.get("agentStatus"),
        updated_at=naive(said.get("updatedAt")),
        facts=facts,
    )


def _agents(look: Look) -> Iterator[Page]:
    return look.items(AGENTS, "ListAgents", "agentSummaries", **PAGE)


def _profiles(look: Look) -> Iterator[Page]:
    return look.items(MODELS, "ListInferenceProfiles", "inferenceProfileSummaries", typeEquals="APPLICATION", **PAGE)


def _alias(look: Look, agent_id: str, said: Page) -> State:
    alias_id = str(said["agentAliasId"])
    routed = sorted(
        str(each["agentVersion"]) for each in said.get("routingConfiguration") or [] if each.get("agentVersion")
    )
    return State(
        "bedrock_alias",
        f"{agent_id}/{alias_id}",
        agent_id,
        name=said.get("agentAliasName"),
        arn=arn(look, "bedrock", f"agent-alias/{agent_id}/{alias_id}"),
        version=routed[0] if len(routed) == 1 else None,
        status=said.get("agentAliasStatus"),
        updated_at=naive(said.get("updatedAt")),
        facts={"routing": routed, "alias_id": alias_id},
    )


def _guardrail(said: Page) -> str | None:
    chosen = said.get("guardrailConfiguration") or {}
    if not chosen.get("guardrailIdentifier"):
        return None
    return f"{chosen['guardrailIdentifier']}:{chosen.get('guardrailVersion') or DRAFT}"


def _guardrail_state(kind: str, resource_id: str, said: Page, parent_id: str | None = None) -> State:
    return State(
        kind,
        resource_id,
        parent_id,
        name=said.get("name"),
        arn=said.get("arn"),
        version=said.get("version"),
        status=said.get("status"),
        updated_at=naive(said.get("updatedAt")),
    )
