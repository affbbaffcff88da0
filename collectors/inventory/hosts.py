"""Where agents run besides AgentCore: state machines and Lambda functions."""

from __future__ import annotations

from typing import Any

from collectors.aws import Page
from collectors.inventory.look import Look, State, naive

MACHINES, FUNCTIONS = "stepfunctions", "lambda"


def state_machines(look: Look) -> None:
    """Every state machine."""
    for each in look.items(MACHINES, "ListStateMachines", "stateMachines", maxResults=1000):
        look.keep(
            State(
                "state_machine",
                str(each["name"]),
                name=each["name"],
                arn=each.get("stateMachineArn"),
                updated_at=naive(each.get("creationDate")),
                facts={"type": each.get("type")},
            )
        )
    look.listed("state_machine")


def state_machine_tags(look: Look) -> None:
    """Once a day the tags of the state machines that a contract names."""
    named = [arn for arn in look.settings.hosts if ":states:" in arn and f":{look.account.region}:" in arn]
    for machine in named if look.is_thorough else []:
        said = look.of_one(MACHINES, "ListTagsForResource", resourceArn=machine)
        look.keep_tags("state_machine", machine.rpartition(":")[2], said.get("tags"))
    if named and look.is_thorough:
        look.listed("state_machine_tags")


def functions(look: Look) -> None:
    """Every function, and the aliases of those that a contract names."""
    for each in look.items(FUNCTIONS, "ListFunctions", "Functions"):
        look.keep(function(each))
        if _is_named(look, each):
            for alias in look.items_of_one(FUNCTIONS, "ListAliases", "Aliases", FunctionName=each["FunctionName"]):
                look.keep(_alias(str(each["FunctionName"]), alias))
    look.listed("function", "function_alias")


def function_tags(look: Look) -> None:
    """Once a day the tags of the functions that a contract names."""
    if not look.settings.hosts or not look.is_thorough:
        return
    for each in look.items(FUNCTIONS, "ListFunctions", "Functions"):
        if _is_named(look, each):
            said = look.of_one(FUNCTIONS, "ListTags", Resource=each["FunctionArn"])
            look.keep_tags("function", str(each["FunctionName"]), said.get("Tags"))
    look.listed("function_tags")


def function(said: Page) -> State:
    """What is kept of a function: nothing of its environment."""
    logging: dict[str, Any] = said.get("LoggingConfig") or {}
    facts = {
        "role": said.get("Role"),
        "runtime": said.get("Runtime"),
        "memory_mb": said.get("MemorySize"),
        "timeout_s": said.get("Timeout"),
        "package": said.get("PackageType"),
        "code_sha256": said.get("CodeSha256"),
        "log_group": logging.get("LogGroup"),
        "log_format": logging.get("LogFormat"),
        "tracing": (said.get("TracingConfig") or {}).get("Mode"),
    }
    name = str(said["FunctionName"])
    return State(
        "function",
        name,
        name=name,
        arn=said.get("FunctionArn"),
        version=said.get("Version"),
        status=said.get("State"),
        updated_at=naive(said.get("LastModified")),
        facts=facts,
    )


def _alias(function_name: str, said: Page) -> State:
    weights = (said.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    shares = ", ".join(f"{version} {share:.0%}" for version, share in sorted(weights.items()))
    return State(
        "function_alias",
        f"{function_name}:{said['Name']}",
        function_name,
        name=said["Name"],
        arn=said.get("AliasArn"),
        version=said.get("FunctionVersion"),
        facts={"weights": shares, "revision": said.get("RevisionId")},
    )


def _is_named(look: Look, said: Page) -> bool:
    return said.get("FunctionArn") in look.settings.hosts or said.get("FunctionName") in look.settings.hosts
