"""What can go wrong between us and AWS, and what to do about it.

CollectorError                 message, remedy, retry_helps, code
├── BadSetting                 ledger.toml or the environment (exit code 2)
├── NoAccount                  neither credentials nor ledger.toml (exit code 2)
├── BadSource                  a module in sources/ breaks the contract of source.py
├── NotSetUp                   the account does not have this; not a failure
├── Stopped                    a signal asked for the end; not a failure
└── SourceFailed               one source cannot be read now; the others go on
    ├── AccessDenied           the IAM action and the resource are named
    ├── NoCredentials          none found, or AWS does not accept them
    ├── ExpiredToken           the session ended
    ├── Throttled              still throttled after all retries
    ├── PageIncomplete         an answer lacks what its API always returns, three times in a row
    ├── NotFound               the named resource does not exist
    ├── EndpointUnreachable    no connection
    └── AwsRefused             any other answer that is an error
        └── CallUnknown        the endpoint does not know the call at all: booked as not set up
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized"}
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
REFUSED_KEYS = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "AuthFailure",
    }
)
THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "LimitExceededException",
        "SlowDown",
        "BandwidthLimitExceeded",
    }
)
UNKNOWN = frozenset({"UnknownOperationException", "UnknownOperation", "NotImplemented", "CallUnknown"})
ABSENT = frozenset({"ResourceNotFoundException", "ResourceNotFound", "NotFoundException"})
# What botocore raises for a body that is cut inside a character, no XML, or of another shape than an object.
UNREADABLE = (ResponseParserError, UnicodeDecodeError, AttributeError, TypeError)
RESOURCE_PARAMETERS = (
    "logGroupName",
    "logGroupNamePrefix",
    "Namespace",
    "Bucket",
    "stateMachineArn",
    "executionArn",
    "FunctionName",
    "agentRuntimeId",
    "onlineEvaluationConfigId",
    "agentId",
)
# Where the prefix of an IAM action is not the name of the service's client, and actions that are named otherwise.
IAM_PREFIXES = {"stepfunctions": "states", "bedrock-agentcore-control": "bedrock-agentcore", "bedrock-agent": "bedrock"}
IAM_ACTIONS = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
}


class CollectorError(Exception):
    """An error with a remedy; `retry_helps` says whether doing the same again may work."""

    def __init__(self, message: str, remedy: str, *, retry_helps: bool = False, code: str | None = None) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy
        self.retry_helps = retry_helps
        self.code = code or type(self).__name__


class BadSetting(CollectorError):
    """A setting names something unknown or has a value that is not allowed."""


class NoAccount(CollectorError):
    """There is nothing to collect from: no credentials and no ledger.toml."""


class BadSource(CollectorError):
    """A module in sources/ lacks part of the contract."""


class NotSetUp(CollectorError):
    """The account does not have what this source reads."""


class Stopped(CollectorError):
    """The process was asked to end; the cursor stays, and nothing of an unfinished batch landed."""


class SourceFailed(CollectorError):
    """One source could not be read to the end; its cursor stays."""


class AccessDenied(SourceFailed):
    """The role may not call the API."""


class NoCredentials(SourceFailed):
    """There are no credentials, or AWS does not accept them."""


class ExpiredToken(SourceFailed):
    """The session token is no longer valid."""


class Throttled(SourceFailed):
    """AWS still throttled after every retry."""


class PageIncomplete(SourceFailed):
    """An answer lacks a key that its API always returns, or cannot be read at all."""


class NotFound(SourceFailed):
    """The resource does not exist."""


class EndpointUnreachable(SourceFailed):
    """There is no connection to the endpoint."""


class AwsRefused(SourceFailed):
    """AWS answered with an error that is none of the others."""


class CallUnknown(AwsRefused):
    """The endpoint does not know the call: a region without it, or a local stand-in that lacks it."""


def defect(error: Exception) -> SourceFailed:
    """The error for what nobody foresaw; the other sources go on."""
    return SourceFailed(
        f"Reading stopped at an unforeseen {type(error).__name__}: {error}",
        "Nothing was lost: the window is read again next time. If it repeats, report it with this text.",
        retry_helps=True,
        code=type(error).__name__,
    )


def page_incomplete(service: str, operation: str, key: str) -> PageIncomplete:
    """The error for an answer without `key`."""
    return _cut(f"{service}:{operation} answered without `{key}`, which it always returns: the page was cut off.")


def _cut(message: str) -> PageIncomplete:
    return PageIncomplete(
        message,
        "Run again: the same window is read once more. If it repeats, look for a proxy that cuts answers.",
        retry_helps=True,
    )


def from_boto(error: Exception, service: str, operation: str, parameters: Mapping[str, Any]) -> CollectorError:
    """Translate what botocore raised during one call, naming the IAM action and the resource.

    Another operation than the one asked for is botocore's own: it takes the role first.
    """
    made = getattr(error, "operation_name", operation)
    action = iam_action(service, operation) if made == operation else f"sts:{made}"
    resource = next((str(parameters[name]) for name in RESOURCE_PARAMETERS if name in parameters), "*")
    if isinstance(error, boto.ClientError):
        return _from_answer(error, action, resource)
    if isinstance(error, UNREADABLE):
        return _cut(f"{action} gave an answer that cannot be read: it was cut off.")
    return _from_client(error, action)


def is_web_page(status: int, headers: Mapping[str, str]) -> bool:
    """Whether this is the page with which the stand-in moto answers calls that it lacks."""
    named = str(headers.get("server", "")).lower()
    return status == 500 and named.startswith("werkzeug") and "text/html" in str(headers.get("content-type", ""))


def iam_action(service: str, operation: str) -> str:
    """The IAM action behind a call."""
    action = f"{IAM_PREFIXES.get(service, service)}:{operation}"
    return IAM_ACTIONS.get(action, action)


def _from_answer(error: boto.ClientError, action: str, resource: str) -> CollectorError:
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    answer = error.response.get("ResponseMetadata", {})
    status = int(answer.get("HTTPStatusCode", 0))
    if code in UNKNOWN or is_web_page(status, answer.get("HTTPHeaders", {})):
        return CallUnknown(
            f"This endpoint does not know {action}.",
            "Nothing to do, unless AWS offers it in this region: then look at the endpoint that is set.",
            code="CallUnknown",
        )
    if code in DENIED:
        return _denied(action, resource, code)
    if code in EXPIRED:
        return _expired(action, code)
    if code in REFUSED_KEYS:
        return NoCredentials(
            f"AWS does not accept the credentials ({code} from {action}).",
            "Check the access key, the secret and the machine's clock, then run again.",
            code=code,
        )
    if code in THROTTLED or status == 429:
        return Throttled(
            f"AWS throttled {action} on {resource} and did not relent ({code}).",
            "Run again later, or less often; the quota is shared with every other reader of the account.",
            retry_helps=True,
            code=code,
        )
    if code in ABSENT:
        return NotFound(
            f"{action}: {resource} does not exist.", "Check the name and the region in ledger.toml.", code=code
        )
    text = str(error.response.get("Error", {}).get("Message", ""))[:200]
    again = status >= 500
    remedy = "Run again." if again else "Check what ledger.toml names for this source."
    return AwsRefused(f"{action} on {resource} failed: {code} {text}".rstrip(), remedy, retry_helps=again, code=code)


def _denied(action: str, resource: str, code: str) -> AccessDenied:
    return AccessDenied(
        f"AWS denied {action} on {resource}.",
        f"Allow {action} on it for the collector's role; `python -m collectors iam` prints the whole policy.",
        code=code,
    )


def _expired(action: str, code: str) -> ExpiredToken:
    return ExpiredToken(
        f"The AWS session has expired ({code} from {action}).",
        "Sign in again (for example `aws sso login`) or renew the role's session, then run again.",
        code=code,
    )


def _from_client(error: Exception, action: str) -> CollectorError:
    code = type(error).__name__
    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError | boto.CredentialRetrievalError):
        return NoCredentials(
            f"No usable AWS credentials were found for {action}: {error}".rstrip(".") + ".",
            "Set a profile in ledger.toml ([aws] profile), or give the machine a role, then run again.",
            code=code,
        )
    if isinstance(error, boto.SSOError | boto.TokenRetrievalError):
        return _expired(action, code)
    if isinstance(error, boto.ProfileNotFound):
        return BadSetting(
            f"{error}.".replace("..", "."), "Set [aws] profile in ledger.toml or AWS_PROFILE to a profile that exists."
        )
    if isinstance(error, boto.NoRegionError):
        return BadSetting(
            "No AWS region is set.", "Set [aws] region in ledger.toml, or AWS_REGION or AWS_DEFAULT_REGION."
        )
    if isinstance(error, boto.HTTPClientError | boto.ConnectionError):
        return EndpointUnreachable(
            f"There is no connection for {action}: {error}",
            "Check the network, the proxy and [aws] endpoint_url, then run again.",
            retry_helps=True,
            code=code,
        )
    return AwsRefused(f"{action} could not be called: {error}", "Check [aws] in ledger.toml.", code=code)
