"""The least-privilege IAM policy, put together from what each source, and the examination, says it needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from collectors.doctor.probe import probes
from collectors.settings import Settings
from collectors.source import Source

BUCKET = re.compile(r"^s3://([^/]+)")


def policy(found: Iterable[Source], settings: Settings | None = None) -> dict[str, Any]:
    """One statement per set of resources. Log groups that the settings name are added."""
    resources: dict[str, set[str]] = {}
    for probe in probes():
        for action in probe.actions:
            resources.setdefault(action, set()).update(probe.grant.resources)
    for source in found:
        for grant in source.actions:
            for action in grant.actions:
                extra = _named(source, settings, action)
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
    examined = ", ".join(f"`{action}`" for action in sorted({each for probe in probes() for each in probe.actions}))
    return (
        "# IAM policy\n\n"
        "Made by `python -m collectors iam --write docs/iam.md`; do not edit. Everything is read-only.\n"
        "Put your own names in place of what stands in angle brackets; leave out what you do not have.\n\n"
        f"```json\n{text(policy(found, settings))}\n```\n\n"
        "To read through a role (`[aws] role_arn`), allow `sts:AssumeRole` on that role as well.\n\n"
        f"| source | actions |\n|---|---|\n{rows}\n"
        f"| The daily examination (doctor) | {examined} |\n"
    )


def text(document: dict[str, Any]) -> str:
    """The policy as AWS takes it."""
    return json.dumps(document, indent=2)


def _named(source: Source, settings: Settings | None, action: str) -> set[str]:
    """The log groups and buckets that the settings name for a source."""
    if settings is None:
        return set()
    own = settings.source(source.key)
    if action == "logs:FilterLogEvents":
        return {f"arn:aws:logs:*:*:log-group:{group}:*" for group in own.groups if source.takes_groups}
    buckets = {found for each in _texts(own.options) for found in BUCKET.findall(each)}
    if action == "s3:ListBucket":
        return {f"arn:aws:s3:::{bucket}" for bucket in buckets}
    return {f"arn:aws:s3:::{bucket}/*" for bucket in buckets} if action == "s3:GetObject" else set()


def _texts(value: object) -> list[str]:
    """Every text inside a setting."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in _texts(each)]
    return [text for each in value for text in _texts(each)] if isinstance(value, tuple) else []


def _known(resources: Iterable[str], named: set[str]) -> set[str]:
    """The resources a source always reads; a placeholder goes where the settings name what stands for it."""
    return {each for each in resources if not (named and "<" in each)}


def _short(where: tuple[str, ...]) -> str | list[str]:
    return where[0] if len(where) == 1 else list(where)
