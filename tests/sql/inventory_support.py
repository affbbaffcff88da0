"""Looks at an account, as the inventory hands them over, and what they are landed with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from collectors.inventory.look import State
from sql.warehouse import Landed, Scope, Warehouse
from tests.sql.support import ACCOUNT, REGION, START

PLACE = Scope("inventory", ACCOUNT, REGION, "runtimes")
RUNTIME = "helper-0123456789"
RUNTIME_ARN = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/{RUNTIME}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service/helper-role"
PROFILE = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/p1"
MODELS = [f"arn:aws:bedrock:{region}::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"
          for region in ("us-east-1", "us-west-2")]  # fmt: skip


def at(hours: float) -> datetime:
    """That many hours after START."""
    return START + timedelta(hours=hours)


def look(wh: Warehouse, hours: float, *states: State, listed: Iterable[str] = ()) -> Landed:
    """Land what one look showed; `listed` are the kinds that it saw whole."""
    seen = [*states, *(State("listing", kind) for kind in listed)]
    with wh.transaction():
        return wh.land_rows("inventory_states", [state.row(at(hours)) for state in seen], (), PLACE)


def runtime(runtime_id: str = RUNTIME, name: str = "helper", **more: Any) -> State:
    """A runtime as ListAgentRuntimes shows it."""
    arn = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/{runtime_id}"
    return State("runtime", runtime_id, name=name, arn=arn, status="READY", **more)


def version(number: int, updated: float, runtime_id: str = RUNTIME, status: str = "READY") -> State:
    """A version of it, made that many hours after START."""
    return State("runtime_version", f"{runtime_id}:{number}", runtime_id, version=str(number), status=status,
                 updated_at=at(updated))  # fmt: skip


def endpoint(live: int, updated: float | None = None, name: str = "DEFAULT", runtime_id: str = RUNTIME) -> State:
    """An endpoint of it that serves a version."""
    moment = None if updated is None else at(updated)
    return State(
        "runtime_endpoint", f"{runtime_id}/{name}", runtime_id, name=name, version=str(live), updated_at=moment
    )


def configured(runtime_id: str = RUNTIME, protocol: str = "HTTP", **facts: Any) -> State:
    """What GetAgentRuntime said of it."""
    return State("runtime_config", runtime_id, facts={"protocol": protocol, **facts})


def profile(arn: str = PROFILE, name: str = "p", models: list[str] | None = None) -> State:
    """An application inference profile."""
    return State("inference_profile", arn.rpartition("/")[2], name=name, arn=arn, facts={"models": models or MODELS})


def tagged(resource_id: str, kind: str = "inference_profile", **tags: str) -> State:
    """The kept tags of a resource."""
    return State(f"{kind}_tags", resource_id, facts={key.replace("_", "-"): value for key, value in tags.items()})
