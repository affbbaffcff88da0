"""Which dimension values stand for the hosts that ledger.toml declares. Pure.

Lambda, Step Functions and API Gateway may have thousands of series that are nobody's agent: only those of declared
hosts are listed and read. A host is an ARN, or a name as the owner writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from collectors.namespaces import Series

Dimension = tuple[str, str]
# ARN patterns of a region and an account; the group is the dimension's value.
ARNS = {
    "AWS/Lambda": (("FunctionName", r"arn:[^:]+:lambda:{region}:{account}:function:([^:]+)(?::.*)?"),),
    "AWS/States": (
        ("StateMachineArn", r"(arn:[^:]+:states:{region}:{account}:stateMachine:[^:]+)(?::.*)?"),
        ("ActivityArn", r"(arn:[^:]+:states:{region}:{account}:activity:[^:]+)"),
    ),
    "AWS/ApiGateway": (
        ("ApiId", r"arn:[^:]+:apigateway:{region}::/apis/([^/]+).*"),
        ("ApiId", r"arn:[^:]+:execute-api:{region}:{account}:([^/]+).*"),
    ),
}
# What a plain name is the value of.
NAMES = {
    "AWS/Lambda": ("FunctionName", "{name}"),
    "AWS/States": ("StateMachineArn", "arn:{partition}:states:{region}:{account}:stateMachine:{name}"),
    "AWS/ApiGateway": ("ApiName", "{name}"),
}
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def host_dimensions(namespace: str, hosts: Iterable[str], account_id: str, region: str) -> list[Dimension]:
    """The dimension values of these hosts in one account and region, each once, sorted."""
    found = (_dimension(namespace, host, account_id, region) for host in hosts)
    return sorted({each for each in found if each is not None})


def belongs_to(series: Series, hosts: Iterable[Dimension]) -> bool:
    """Whether the series is one of those hosts'."""
    return any(host in series.dimensions for host in hosts)


def _dimension(namespace: str, host: str, account_id: str, region: str) -> Dimension | None:
    if not host.startswith("arn:"):
        name, template = NAMES[namespace]
        partition = next((value for prefix, value in PARTITIONS.items() if region.startswith(prefix)), "aws")
        return name, template.format(name=host, partition=partition, region=region, account=account_id)
    account = account_id if account_id.isdigit() else r"\d{12}"
    for name, pattern in ARNS[namespace]:
        match = re.fullmatch(pattern.replace("{region}", re.escape(region)).replace("{account}", account), host)
        if match:
            return name, match[1]
    return None
