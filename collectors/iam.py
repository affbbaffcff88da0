"""The least-privilege IAM policy, put together from what each source says it needs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from collectors.settings import Settings
from collectors.source import Source

INVOCATION_PLACEHOLDER = "<MODEL_INVOCATION_GROUP>"


def policy(found: Iterable[Source], settings: Settings | None = None) -> dict[str, Any]:
    """One statement per set of resources. Log groups that the settings name are added."""
    resources: dict[str, set[str]] = {}
    for source in found:
        named = _named(source, settings)
        for grant in source.actions:
            for action in grant.actions:
                extra = named if action == "logs:FilterLogEvents" else set()
                resources.setdefault(action, set()).update(_known(grant.resources, extra) | extra)
    statements: dict[tuple[str, ...], list[str]] = {}
    for action in sorted(resources):
        statements.setdefault(tuple(sorted(resources[action])), []).append(action)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": f"AgentLedger{number}", "Effect": "Allow", "Action": actions, "Resource": _short(where)}
            for number, (where, actions) in enumerate(sorted(statements.items()), 1)
        ],
    }


def page(found: list[Source], settings: Settings | None = None) -> str:
    """The policy as a page of the documentation."""
    rows = "\n".join(
        f"| {source.title} | {', '.join(f'`{action}`' for grant in source.actions for action in grant.actions)} |"
        for source in found
    )
    return (
        "# IAM policy\n\n"
        "Made by `python -m collectors iam --write docs/iam.md`; do not edit. Everything is read-only.\n"
        f"Put the log group of your model invocation logs in place of `{INVOCATION_PLACEHOLDER}`.\n\n"
        f"```json\n{text(policy(found, settings))}\n```\n\n"
        "To read through a role (`[aws] role_arn`), allow `sts:AssumeRole` on that role as well.\n\n"
        f"| source | actions |\n|---|---|\n{rows}\n"
    )


def text(document: dict[str, Any]) -> str:
    """The policy as AWS takes it."""
    return json.dumps(document, indent=2)


def _named(source: Source, settings: Settings | None) -> set[str]:
    groups = settings.source(source.key).groups if settings and source.takes_groups else ()
    return {f"arn:aws:logs:*:*:log-group:{group}:*" for group in groups}


def _known(resources: Iterable[str], named: set[str]) -> set[str]:
    """The resources a source always reads; the placeholder goes where the settings name the group."""
    return {each for each in resources if not (named and INVOCATION_PLACEHOLDER in each)}


def _short(where: tuple[str, ...]) -> str | list[str]:
    return where[0] if len(where) == 1 else list(where)
