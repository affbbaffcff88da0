"""AgentCore: runtimes with their versions and endpoints, their configuration, gateways and memories.

AWS keeps no history of which version an endpoint served when: it is made here, from one look after the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from collectors.aws import Page
from collectors.inventory.look import Look, State, address, naive

SERVICE = "bedrock-agentcore-control"
PAGE = {"maxResults": 100}
# What a runtime speaks that does not say it.
USUAL_PROTOCOL = "HTTP"


def runtimes(look: Look) -> None:
    """Every runtime, version and endpoint."""
    for runtime in _runtimes(look):
        runtime_id = str(runtime["agentRuntimeId"])
        look.keep(_state("runtime", runtime_id, runtime))
        for each in look.items_of_one(
            SERVICE, "ListAgentRuntimeVersions", "agentRuntimes", agentRuntimeId=runtime_id, **PAGE
        ):
            look.keep(_state("runtime_version", f"{runtime_id}:{each['agentRuntimeVersion']}", each, runtime_id))
        for each in look.items_of_one(
            SERVICE, "ListAgentRuntimeEndpoints", "runtimeEndpoints", agentRuntimeId=runtime_id, **PAGE
        ):
            look.keep(_endpoint(runtime_id, each))
    look.listed("runtime", "runtime_version", "runtime_endpoint")


def runtime_details(look: Look) -> None:
    """Configuration and tags of the runtimes that changed, and once a day of all."""
    for runtime in _runtimes(look):
        if not look.is_due(naive(runtime.get("lastUpdatedAt"))):
            continue
        runtime_id = str(runtime["agentRuntimeId"])
        said = look.of_one(SERVICE, "GetAgentRuntime", agentRuntimeId=runtime_id)
        if said:
            look.keep(configuration(runtime_id, said))
        tags = look.of_one(SERVICE, "ListTagsForResource", resourceArn=runtime["agentRuntimeArn"])
        look.keep_tags("runtime", runtime_id, tags.get("tags"))
    if look.is_thorough:
        look.listed("runtime_config", "runtime_tags")


def gateways(look: Look) -> None:
    """Gateways."""
    for each in look.items(SERVICE, "ListGateways", "items", **PAGE):
        facts = {"protocol": each.get("protocolType"), "authorizer": each.get("authorizerType")}
        look.keep(
            State(
                "gateway",
                str(each["gatewayId"]),
                name=each.get("name"),
                status=each.get("status"),
                updated_at=naive(each.get("updatedAt")),
                facts=facts,
            )
        )
    look.listed("gateway")


def memories(look: Look) -> None:
    """Memories."""
    for each in look.items(SERVICE, "ListMemories", "memories", **PAGE):
        memory_id = str(each.get("id") or str(each.get("arn")).rpartition("/")[2])
        updated = naive(each.get("updatedAt"))
        look.keep(State("memory", memory_id, arn=each.get("arn"), status=each.get("status"), updated_at=updated))
    look.listed("memory")


def configuration(runtime_id: str, said: Page) -> State:
    """What is kept of GetAgentRuntime: never a value of its environment variables."""
    lifetimes = said.get("lifecycleConfiguration") or {}
    facts = {
        "role": said.get("roleArn"),
        "protocol": (said.get("protocolConfiguration") or {}).get("serverProtocol") or USUAL_PROTOCOL,
        "idle_timeout_s": lifetimes.get("idleRuntimeSessionTimeout"),
        "max_lifetime_s": lifetimes.get("maxLifetime"),
        "network": (said.get("networkConfiguration") or {}).get("networkMode"),
        "platform": said.get("platformVersion"),
        "artifact": _artifact(said.get("agentRuntimeArtifact") or {}),
    }
    return State(
        "runtime_config",
        runtime_id,
        name=said.get("agentRuntimeName"),
        arn=said.get("agentRuntimeArn"),
        version=said.get("agentRuntimeVersion"),
        status=said.get("status"),
        updated_at=naive(said.get("lastUpdatedAt")),
        facts=facts,
    )


def _runtimes(look: Look) -> Iterator[Page]:
    return look.items(SERVICE, "ListAgentRuntimes", "agentRuntimes", **PAGE)


def _artifact(said: Page) -> str | None:
    """Where the code comes from: the image, or the object in S3 with its version."""
    image = (said.get("containerConfiguration") or {}).get("containerUri")
    place = ((said.get("codeConfiguration") or {}).get("code") or {}).get("s3") or {}
    if image or not place:
        return address(image)
    version = f"@{place['versionId']}" if place.get("versionId") else ""
    return f"s3://{place.get('bucket')}/{place.get('prefix')}{version}"


def _state(kind: str, resource_id: str, said: Page, parent_id: str | None = None) -> State:
    return State(
        kind,
        resource_id,
        parent_id,
        name=said.get("agentRuntimeName"),
        arn=said.get("agentRuntimeArn"),
        version=said.get("agentRuntimeVersion"),
        status=said.get("status"),
        updated_at=naive(said.get("lastUpdatedAt")),
    )


def _endpoint(runtime_id: str, said: Page) -> State:
    return State(
        "runtime_endpoint",
        f"{runtime_id}/{said['name']}",
        runtime_id,
        name=said["name"],
        arn=said.get("agentRuntimeEndpointArn"),
        version=said.get("liveVersion"),
        status=said.get("status"),
        updated_at=naive(said.get("lastUpdatedAt")),
        facts={"target_version": said.get("targetVersion")},
    )
