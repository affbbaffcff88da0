"""One look at an account: its listings as states of resources, and what is kept of a resource.

Every answer of AWS carries the moment at which AWS gave it. The first one dates the whole look, by the same clock that
dates AWS's own changes; the time of the window would not do, for a listing says what is, not what was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from urllib3.exceptions import NameResolutionError

from collectors.aws import UNKNOWN_ACCOUNT, Page
from collectors.errors import EndpointUnreachable, NotFound, NotSetUp
from collectors.source import Reading

# Tags that say whose a resource is. Others are not kept; nor are e-mail addresses.
KEPT_TAGS = ("owner", "team", "cost-center", "agent", "agent-id", "agent-name")
SAME_TAGS = {
    "cost-centre": "cost-center",
    "costcenter": "cost-center",
    "agentid": "agent-id",
    "agentname": "agent-name",
}
# A secret in an address: a password before the host, or what follows the question mark.
IN_ADDRESS = re.compile(r"(?<=//)[^/@]+@|[?#].*$")


@dataclass(frozen=True)
class State:
    """A resource as one listing shows it. `updated_at` is AWS's own time of its last change, naive UTC."""

    kind: str
    resource_id: str
    parent_id: str | None = None
    name: str | None = None
    arn: str | None = None
    version: str | None = None
    status: str | None = None
    updated_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def row(self, seen_at: datetime) -> dict[str, Any]:
        """The row of the feed inventory_states. Facts that are unknown are left out."""
        known = {key: value for key, value in self.facts.items() if value not in (None, "")}
        return {**vars(self), "facts": json.loads(json.dumps(known, sort_keys=True)), "seen_at": seen_at}


class Look:
    """Reads listings and hands over states. `seen_at` is known once AWS has answered."""

    def __init__(self, reading: Reading) -> None:
        self.settings = reading.settings
        self.account = reading.account
        self._window = reading.window
        self._landing = reading.landing
        self.seen_at: datetime | None = None

    def items(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Page]:
        """Every item of a listing. Raises NotSetUp where the region does not offer the service, and SourceFailed."""
        try:
            for page in self.account.pages(service, operation, **parameters):
                self._date(page)
                yield from page.get(key) or []
        except EndpointUnreachable as error:
            if self.account.account_id == UNKNOWN_ACCOUNT or not has_no_name(error):
                raise
            raise NotSetUp(
                f"{self.account.region} does not offer {service}.", "Nothing to do: other regions are read as usual."
            ) from error

    def of_one(self, service: str, operation: str, **parameters: Any) -> Page:
        """What AWS says of one resource; empty where it has gone since it was listed."""
        try:
            answer = self.account.call(service, operation, **parameters)
        except NotFound:
            self._landing.skip("gone_while_listing")
            return {}
        self._date(answer)
        return answer

    def items_of_one(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Page]:
        """The parts of one resource; none where it has gone since it was listed."""
        try:
            yield from self.items(service, operation, key, **parameters)
        except NotFound:
            self._landing.skip("gone_while_listing")

    def keep(self, state: State) -> None:
        """Hand over a resource."""
        self._landing.row(state.row(self._moment()))

    def listed(self, *kinds: str) -> None:
        """Everything of these kinds has been handed over: what was not is gone."""
        for kind in kinds:
            self.keep(State("listing", kind))

    @property
    def is_thorough(self) -> bool:
        """Whether details are read of everything: once a day, in the first window that holds a midnight (UTC)."""
        return self._window.end.date() > self._window.start.date()

    def is_due(self, updated_at: datetime | None) -> bool:
        """Whether the details of a resource are read: when it has changed since the window began, and once a day."""
        return self.is_thorough or (updated_at is not None and updated_at >= self._window.start)

    def keep_tags(self, kind: str, resource_id: str, tags: object) -> None:
        """Hand over the kept tags of a resource, none included."""
        self.keep(State(f"{kind}_tags", resource_id, facts=kept_tags(tags)))

    def _date(self, page: Page) -> None:
        if self.seen_at is None:
            self.seen_at = answered_at(page) or self._window.end

    def _moment(self) -> datetime:
        return self._window.end if self.seen_at is None else self.seen_at


def has_no_name(error: EndpointUnreachable) -> bool:
    """Whether the endpoint's name does not exist. While AWS itself is reached, such a region lacks the service."""
    return isinstance(getattr(error.__cause__, "kwargs", {}).get("error"), NameResolutionError)


def answered_at(page: Page) -> datetime | None:
    """When AWS gave this answer, by the clock of its header; None where it has none."""
    text = page.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return naive(parsedate_to_datetime(text)) if text else None
    except ValueError:
        return None


def naive(moment: datetime | str | None) -> datetime | None:
    """A moment of an answer as naive UTC, whole seconds and below; None for what is no time."""
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            return None
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def kept_tags(tags: object) -> dict[str, str]:
    """The tags that say whose a resource is, from a map or from a list of pairs, with keys spelled one way."""
    if isinstance(tags, Mapping):
        pairs = [(str(key), str(value)) for key, value in tags.items()]
    else:
        listed = tags if isinstance(tags, list) else []
        pairs = [
            (str(each.get("key") or each.get("Key")), str(each.get("value") or each.get("Value"))) for each in listed
        ]
    spelled = {_spelled(key): value for key, value in sorted(pairs)}
    return {key: value for key, value in spelled.items() if key in KEPT_TAGS and "@" not in value}


def _spelled(key: str) -> str:
    plain = key.lower().replace("_", "-").replace(" ", "-")
    return SAME_TAGS.get(plain, plain)


def address(uri: str | None) -> str | None:
    """An address without anything in it that lets somebody in."""
    return IN_ADDRESS.sub("", uri) if uri else None


def arn(look: Look, service: str, resource: str) -> str:
    """The ARN of a resource whose listing does not give it."""
    region = look.account.region
    partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return f"arn:{partition}:{service}:{region}:{look.account.account_id}:{resource}"
