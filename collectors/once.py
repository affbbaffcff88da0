"""What several sources ask of an account in the same words is asked once a pass."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from collectors.aws import Account, CallCount, Page
from collectors.errors import AccessDenied, CallUnknown, CollectorError, NotSetUp

# How the account is set up: it is the same for every source of a pass, and small.
ASKED_ONCE = frozenset(
    {
        ("bedrock", "GetModelInvocationLoggingConfiguration"),
        ("bedrock", "ListInferenceProfiles"),
        ("bedrock-agent", "ListAgents"),
        ("bedrock-agentcore-control", "ListAgentRuntimes"),
        ("bedrock-agentcore-control", "ListOnlineEvaluationConfigs"),
        ("logs", "DescribeLogGroups"),
        ("xray", "GetTraceSegmentDestination"),
    }
)
# What will not be otherwise a moment later.
_LASTING = (NotSetUp, CallUnknown, AccessDenied)


class Remembering:
    """An account that keeps what it answered to such questions, as long as it lives: for one pass."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._answers: dict[str, list[Page] | CollectorError] = {}

    @property
    def account_id(self) -> str:
        """That of the account."""
        return self._account.account_id

    @property
    def region(self) -> str:
        """That of the account."""
        return self._account.region

    @property
    def calls(self) -> CallCount:
        """Those of the account."""
        return self._account.calls

    def call(self, service: str, operation: str, **parameters: Any) -> Page:
        """One call, or what it answered before."""
        if (service, operation) not in ASKED_ONCE:
            return self._account.call(service, operation, **parameters)
        asked = json.dumps(["call", service, operation, parameters], sort_keys=True, default=str)
        return self._known(asked, lambda: [self._account.call(service, operation, **parameters)])[0]

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[Page]:
        """Every page of a call, or those that came before."""
        if (service, operation) not in ASKED_ONCE:
            yield from self._account.pages(service, operation, **parameters)
            return
        asked = json.dumps(["pages", service, operation, parameters], sort_keys=True, default=str)
        yield from self._known(asked, lambda: list(self._account.pages(service, operation, **parameters)))

    def _known(self, asked: str, ask: Callable[[], list[Page]]) -> list[Page]:
        if asked not in self._answers:
            try:
                self._answers[asked] = ask()
            except _LASTING as error:
                self._answers[asked] = error
        answer = self._answers[asked]
        if isinstance(answer, CollectorError):
            raise answer
        return answer
