"""The only place that makes a client of AWS for reading: role, region, retries, endpoint, parsers, counting.

An `Account` is what sources read. `AwsAccount` is a real one; `collectors.demo.account.DemoAccount` answers the same
calls from a seed. Operations carry the names of the AWS API (`FilterLogEvents`), which are those of IAM too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Protocol

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from botocore.loaders import Loader, create_loader
from urllib3.exceptions import NameResolutionError

from collectors.answers import Parsers
from collectors.calls import CallCount as CallCount
from collectors.errors import (
    THROTTLED,
    UNREADABLE,
    ExpiredToken,
    NoCredentials,
    NotSetUp,
    PageIncomplete,
    SourceFailed,
    Throttled,
    from_boto,
    is_web_page,
    page_incomplete,
)

# The key that an answer of each paged operation always has, be it an empty list.
ALWAYS_RETURNED = {
    ("logs", "FilterLogEvents"): "events",
    ("logs", "DescribeLogGroups"): "logGroups",
    ("cloudwatch", "ListMetrics"): "Metrics",
    ("cloudwatch", "GetMetricData"): "MetricDataResults",
    ("xray", "GetTraceSummaries"): "TraceSummaries",
    ("xray", "BatchGetTraces"): "Traces",
    ("xray", "ListRetrievedTraces"): "Traces",
    ("stepfunctions", "ListExecutions"): "executions",
    ("stepfunctions", "ListStateMachines"): "stateMachines",
    ("stepfunctions", "GetExecutionHistory"): "events",
    ("lambda", "ListFunctions"): "Functions",
    ("bedrock", "ListInferenceProfiles"): "inferenceProfileSummaries",
    ("bedrock", "ListGuardrails"): "guardrails",
    ("bedrock-agent", "ListAgents"): "agentSummaries",
    ("bedrock-agent", "ListAgentAliases"): "agentAliasSummaries",
    ("bedrock-agentcore-control", "ListAgentRuntimes"): "agentRuntimes",
    ("bedrock-agentcore-control", "ListAgentRuntimeVersions"): "agentRuntimes",
    ("bedrock-agentcore-control", "ListAgentRuntimeEndpoints"): "runtimeEndpoints",
    ("bedrock-agentcore-control", "ListOnlineEvaluationConfigs"): "onlineEvaluationConfigs",
    ("bedrock-agentcore-control", "ListEvaluators"): "evaluators",
    ("logs", "DescribeDeliveries"): "deliveries",
    ("logs", "DescribeDeliverySources"): "deliverySources",
    ("logs", "DescribeDeliveryDestinations"): "deliveryDestinations",
    ("pricing", "GetProducts"): "PriceList",
    ("ce", "GetCostAndUsage"): "ResultsByTime",
}
# The key of an answer that says there is more, and the parameter that asks for it.
PAGE_TOKENS = {
    "nextToken": "nextToken",
    "NextToken": "NextToken",
    "NextPageToken": "NextPageToken",
    "NextMarker": "Marker",
    "NextContinuationToken": "ContinuationToken",
}
# Services that answer in some regions only, and the one that is asked.
HOME_REGIONS = {"pricing": "us-east-1", "ce": "us-east-1", "bcm-data-exports": "us-east-1"}
UNKNOWN_ACCOUNT = "unknown"
PAGE_ATTEMPTS = 3

Page = dict[str, Any]


class Account(Protocol):
    """One AWS account in one region. Both methods raise collectors.errors.CollectorError."""

    @property
    def account_id(self) -> str:
        """Twelve digits, or 'unknown' at an endpoint that does not know."""

    @property
    def region(self) -> str:
        """Such as us-east-1."""

    @property
    def calls(self) -> CallCount:
        """What reading has cost so far."""

    def call(self, service: str, operation: str, **parameters: Any) -> Page:
        """One call, as AWS answers it. Times are timezone-aware datetimes."""

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[Page]:
        """Every page of a call, in order, unchanged."""


def exhaust(call: Callable[..., Page], service: str, operation: str, parameters: dict[str, Any]) -> Iterator[Page]:
    """Follow the page tokens until there is none, through empty pages. Raises PageIncomplete."""
    while True:
        page = whole_page(call, service, operation, parameters)
        yield page
        more = [(asked, page[given]) for given, asked in PAGE_TOKENS.items() if page.get(given)]
        if not more:
            return
        parameters = {**parameters, more[0][0]: more[0][1]}


def whole_page(
    call: Callable[..., Page], service: str, operation: str, parameters: dict[str, Any], attempts: int = PAGE_ATTEMPTS
) -> Page:
    """One page; a page that was cut off is asked for again with the same token. Raises PageIncomplete."""
    wanted = ALWAYS_RETURNED.get((service, operation))
    try:
        page = call(service, operation, **parameters)
        if wanted is not None and not isinstance(page.get(wanted), list):
            raise page_incomplete(service, operation, wanted)
    except PageIncomplete:
        if attempts == 1:
            raise
        return whole_page(call, service, operation, parameters, attempts - 1)
    return page


@dataclass(frozen=True)
class AwsSettings:
    """How to reach the account. None leaves a choice to the ordinary AWS configuration."""

    profile: str | None = None
    region: str | None = None
    role_arn: str | None = None
    endpoint_url: str | None = None


class AwsAccount:
    """A real account, or an endpoint that speaks the same protocols."""

    def __init__(self, settings: AwsSettings) -> None:
        self.calls = CallCount()
        self._settings = settings
        self._clients: dict[str, Any] = {}
        self._services: dict[str, str] = {}  # the name of a service in botocore's events -> that of its client

    @cached_property
    def _core(self) -> botocore.session.Session:
        core = botocore.session.Session(profile=self._settings.profile)
        core.register_component("data_loader", _models(core.get_config_variable("data_path")))
        core.register_component("response_parser_factory", Parsers())
        core.register("before-send", self._count_call)
        core.register("response-received", self._count_answer)
        if self._settings.role_arn:
            _assume(core, self._settings, self._settings.role_arn)
        return core

    @cached_property
    def region(self) -> str:
        """The region that is read. Raises BadSetting when there is none."""
        return str(self._client("logs").meta.region_name)

    @cached_property
    def account_id(self) -> str:
        """The caller's account, else the role's, else 'unknown'. Raises ExpiredToken, NoCredentials, Throttled."""
        try:
            return str(self.call("sts", "GetCallerIdentity")["Account"])
        except (ExpiredToken, NoCredentials, Throttled):
            raise
        except (SourceFailed, KeyError):
            return self._settings.role_arn.split(":")[4] if self._settings.role_arn else UNKNOWN_ACCOUNT

    def call(self, service: str, operation: str, **parameters: Any) -> Page:
        """One call with botocore's retries."""
        method = getattr(self._client(service), xform_name(operation))
        try:
            answer: Page = method(**parameters)
        except (BotoCoreError, ClientError, *UNREADABLE) as error:
            if self.calls.bytes and has_no_address(error):
                raise NotSetUp(
                    f"{service} has no address in {self.region}: AWS does not offer it there.",
                    "Nothing to do, unless this network's name service hides it.",
                ) from error
            raise from_boto(error, service, operation, parameters) from error
        if isinstance(answer, dict):  # else the page is no page, and is asked for again
            self.calls.answered(service, operation, parameters, answer)
        return answer

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[Page]:
        """Every page of a call."""
        return exhaust(self.call, service, operation, parameters)

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            try:
                self._clients[service] = self._core.create_client(
                    service,
                    region_name=HOME_REGIONS.get(service) or _region(self._settings),
                    endpoint_url=self._settings.endpoint_url,
                    config=Config(user_agent_extra="agent-ledger", **_retries(), **_addressing(self._settings)),
                )
            except BotoCoreError as error:
                raise from_boto(error, service, "CreateClient", {}) from error
            meta = self._clients[service].meta
            self._services[meta.service_model.service_id.hyphenize()] = service
            meta.events.register_first(f"needs-retry.{meta.service_model.service_id.hyphenize()}", spare_the_retries)
        return self._clients[service]

    def _count_call(self, **request: Any) -> None:
        """Called by botocore before every request, retried ones included: `before-send.<service id>.<operation>`."""
        _, service_id, operation = str(request["event_name"]).split(".")
        self.calls.request(self._services.get(service_id, service_id), operation)

    def _count_answer(self, **answer: Any) -> None:
        """Called by botocore for every answer that can be read, retried ones included."""
        received = answer.get("response_dict") or {}
        body = received.get("body")  # that of an S3 object is a stream, counted where it is read
        self.calls.bytes += len(body) if isinstance(body, bytes) else 0
        code = (answer.get("parsed_response") or {}).get("Error", {}).get("Code")
        if code in THROTTLED or received.get("status_code") == 429:
            self.calls.throttles += 1


@cache
def _models(path: str | None) -> Loader:
    """The descriptions of AWS's services, parsed once for all accounts and regions of this process."""
    return create_loader(path)


def spare_the_retries(response: Any = None, **_: Any) -> None:
    """Called by botocore before it decides on a retry: a stand-in that lacks a call will not learn it meanwhile."""
    if response is not None and is_web_page(response[0].status_code, response[0].headers):
        response[0].status_code = 501


def has_no_address(error: Exception) -> bool:
    """Whether a call failed because nobody knows the endpoint's name: a service has none where it is not offered."""
    return isinstance(error, EndpointConnectionError) and isinstance(error.kwargs.get("error"), NameResolutionError)


def has_credentials(profile: str | None = None) -> bool:
    """Whether the ordinary credential chain finds anything."""
    try:
        return botocore.session.Session(profile=profile).get_credentials() is not None
    except BotoCoreError:
        return False


def _region(settings: AwsSettings) -> str | None:
    """The region that is set. botocore itself reads AWS_DEFAULT_REGION and the profile, but not AWS_REGION."""
    return settings.region or os.environ.get("AWS_REGION") or None


def _retries() -> dict[str, Any]:
    """Patient and adaptive, unless the user has chosen with the usual AWS variables."""
    if {"AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"} & os.environ.keys():
        return {}
    return {"retries": {"mode": "adaptive", "total_max_attempts": 8}}


def _addressing(settings: AwsSettings) -> dict[str, Any]:
    """A local stand-in for S3 has no host name for each bucket."""
    local = settings.endpoint_url or os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT_URL_S3")
    return {"s3": {"addressing_style": "path"}} if local else {}


def _assume(core: botocore.session.Session, settings: AwsSettings, role_arn: str) -> None:
    """Make the session use the role, renewed whenever it is about to expire."""
    source = botocore.session.Session(profile=settings.profile)

    def client(service: str, **parameters: Any) -> Any:
        return source.create_client(
            service,
            region_name=_region(settings),
            endpoint_url=settings.endpoint_url,
            **parameters,
        )

    fetcher = AssumeRoleCredentialFetcher(
        client_creator=client,
        source_credentials=source.get_credentials(),
        role_arn=role_arn,
        extra_args={"RoleSessionName": "agent-ledger"},
    )
    core.register_component("credential_provider", CredentialResolver([_Role(fetcher)]))


class _Role(CredentialProvider):
    """Gives a session the credentials of a role."""

    METHOD = "assume-role"

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        """Credentials that fetch themselves when first used."""
        return DeferredRefreshableCredentials(method=self.METHOD, refresh_using=self._fetcher.fetch_credentials)
