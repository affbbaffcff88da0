"""An account that fills up while it is read: late, repeated and reordered records of a few agents.

Every record has a wave. The records of the first wave are days old and there from the start; later waves bring records
whose own time lies within the overlap of their source, some of them known already under another event id.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.collectors.fake_aws import Body, FakeAws, serving
from tests.collectors.support import REGION
from tests.conftest import clean_environment
from tests.sql.support import START, Record, agent_span, chat, feed_of, invocation, outcome, tool

SOURCES = ("span_logs", "invocation_logs", "outcome_events")
ONLY = tuple(word for source in SOURCES for word in ("--source", source))
GROUPS = {
    "span_records": "aws/spans",
    "invocation_records": "/bedrock/invocations",
    "outcome_records": "/agent-kpi/outcomes",
}
# What tells two records of a group apart.
KEYS = {
    "aws/spans": ("traceId", "spanId"),
    "/bedrock/invocations": ("requestId",),
    "/agent-kpi/outcomes": ("event_id",),
}
STREAMS = {"invocation_records": "aws/bedrock/modelinvocations"}
LATEST, EARLIEST = timedelta(minutes=5), timedelta(minutes=80)  # how long ago a record of a later wave happened
PAGE_EVENTS = 40


@dataclass(frozen=True)
class Arrival:
    """A record, the wave in which it becomes visible, and its time in epoch milliseconds."""

    wave: int
    at_ms: int
    record: Record

    @property
    def group(self) -> str:
        """The log group that it lies in."""
        return GROUPS[feed_of(self.record)]


def arrivals(seed: int, waves: int, now: datetime, size: int = 30) -> list[Arrival]:
    """The whole story of the account: `size` old tasks, then four a wave, and now and then one again."""
    draw = random.Random(seed)
    found: list[Arrival] = []
    for n in range(size + 4 * waves):
        wave = 0 if n < size else 1 + (n - size) // 4
        ago = timedelta(hours=draw.uniform(20, 70)) if wave == 0 else draw.uniform(0, 1) * (EARLIEST - LATEST) + LATEST
        begins = (now - ago - START).total_seconds()
        for record, after in one_task(draw, n, begins):
            later = draw.choice((0, 0, 0, 1, 2)) if wave else 0
            at = START + timedelta(seconds=begins + after)
            found.append(Arrival(min(wave + later, waves), _ms(at), record))
    again = [Arrival(min(each.wave + 1, waves), each.at_ms, each.record) for each in found if draw.random() < 0.1]
    return found + [each for each in again if each.wave > 1]


def one_task(draw: random.Random, n: int, begins: float) -> Iterator[tuple[Record, float]]:
    """The records of task n with their seconds after its start: spans, invocation records, what came of it."""
    trace, runtime = f"{n + 1:x}", draw.choice(("helper-0123456789", "other-0123456789"))
    marks = {"session__id": f"s{n % 7}", "task__id": f"k{n % 9}"}
    yield agent_span(trace, at=begins, runtime=runtime, gen_ai__agent__version=str(n % 2), **marks), 1.0
    for call in range(draw.randint(1, 3)):
        request = f"r{n}-{call}"
        yield (
            chat(trace, f"c{call}", "a", (90 * n, call), at=begins + call, runtime=runtime, aws__request_id=request),
            call,
        )
        if draw.random() < 0.8:
            yield invocation(request, at=begins + call, tokens=(90 * n, call + 1)), call
        if draw.random() < 0.5:
            yield tool(trace, f"d{call}", "a", at=begins + call, runtime=runtime), call
    if draw.random() < 0.9:
        result = draw.choice(("success", "failure", "unknown"))
        yield outcome(f"e{n}", at=begins + 9, result=result, trace=trace), 9.0
        if draw.random() < 0.2:
            yield outcome(f"f{n}", at=begins + 11, result="failure", trace=trace, supersedes=f"e{n}"), 11.0


def _ms(at: datetime) -> int:
    return int(at.replace(tzinfo=UTC).timestamp() * 1000)


class Account:
    """A fake AWS that shows the records up to one wave, in an order of its own."""

    def __init__(self, aws: FakeAws, story: list[Arrival]) -> None:
        self.aws = aws
        self._story = story
        aws.page_events = PAGE_EVENTS
        aws.logging = {"loggingConfig": {"cloudWatchConfig": {"logGroupName": GROUPS["invocation_records"]}}}
        aws.groups = {group: [] for group in GROUPS.values()}
        self._ordered = aws._events
        aws.answers["FilterLogEvents"] = self._shuffled

    def show(self, wave: int) -> None:
        """Let everything up to this wave be visible."""
        self.aws.groups = {group: [] for group in GROUPS.values()}
        for each in self._story:
            if each.wave <= wave:
                stream = STREAMS.get(feed_of(each.record), "default")
                self.aws.put(each.group, stream, each.at_ms, json.dumps(each.record))

    def visible(self, wave: int, group: str, before: datetime) -> set[tuple[str, ...]]:
        """The keys of the records of a group that happened before a moment and are visible in a wave."""
        return {
            tuple(str(each.record[name]) for name in KEYS[group])
            for each in self._story
            if each.group == group and each.at_ms < _ms(before) and each.wave <= wave
        }

    def _shuffled(self, asked: Body) -> tuple[int, Body]:
        """One page; the order of the events differs from window to window, and is the same within one."""
        mark = f"{asked['startTime']}-{asked['endTime']}"
        events = self.aws.groups.get(asked["logGroupName"], [])
        stirred = sorted(events, key=lambda each: hashlib.sha256(f"{mark}{each['eventId']}".encode()).hexdigest())
        chosen = [
            each
            for each in stirred
            if asked["startTime"] <= each["timestamp"] <= asked["endTime"]
            and each["logStreamName"].startswith(asked.get("logStreamNamePrefix", ""))
        ]
        return self.aws.paged(chosen, asked, "events")


@contextmanager
def account(seed: int, waves: int, size: int = 30) -> Iterator[Account]:
    """Such an account behind a real endpoint; nothing is visible before `show`."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with serving(FakeAws()) as aws:
        yield Account(aws, arrivals(seed, waves, now, size))


def environment(url: str, home: Path) -> dict[str, str]:
    """What a collector of this home is started with; the home is made."""
    home.mkdir(exist_ok=True)
    settings = home / "ledger.toml"
    settings.touch()
    return clean_environment(home) | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_MAX_ATTEMPTS": "4",
        "LEDGER_CONFIG": str(settings),
    }
