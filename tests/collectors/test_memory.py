"""However much a window holds, little of it is held at once: batches have limits, and pages come one by one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from collectors import landing as landings
from collectors.aws import CallCount, Page, exhaust
from collectors.landing import Landing
from collectors.settings import SourceSettings
from collectors.source import Reading, sources
from collectors.window import Window
from sql.spool import Spool
from sql.warehouse import Landed, Reject, Scope
from tests.collectors.support import NOW, ms, span

EVENTS, PAGE_EVENTS = 300_000, 10_000
OUTCOME = '{"event.name":"agent.outcome","event_id":"%d","timestamp":"2026-11-20T11:00:00Z","task.outcome":"success"}'


@dataclass
class LongGroup:
    """An account whose one log group holds many events, made page by page when they are asked for."""

    template: str
    events: int = EVENTS
    account_id: str = "111122223333"
    region: str = "us-east-1"
    calls: CallCount = field(default_factory=CallCount)
    pages_given: int = 0

    def call(self, service: str, operation: str, **parameters: Any) -> Page:
        """One page of FilterLogEvents; every tenth event is no record."""
        self.calls.api_calls += 1
        self.pages_given += 1
        first = int(parameters.get("nextToken", 0))
        last = min(first + PAGE_EVENTS, self.events)
        at, text = ms(90), self.template
        made = [
            {"logStreamName": "s", "timestamp": at, "ingestionTime": at, "eventId": str(number),
             "message": text % number if number % 10 else "no record"}
            for number in range(first, last)
        ]  # fmt: skip
        return {"events": made, **({"nextToken": str(last)} if last < self.events else {})}

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[Page]:
        """As a real account gives them."""
        return exhaust(self.call, service, operation, parameters)


@dataclass
class Tally:
    """Stands in for the warehouse: notes what each transaction holds, and how far the pages had come by then."""

    account: LongGroup
    held: list[tuple[int, int]] = field(default_factory=list)
    pages_at: list[int] = field(default_factory=list)
    seen: int = 0

    def transaction(self) -> Tally:
        """A transaction begins."""
        self.held.append((0, 0))
        self.pages_at.append(self.account.pages_given)
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None

    def land_records(self, feed: str, spool: Spool, scope: Scope) -> Landed:
        """Count the lines that the spool really holds."""
        lines = sizes = 0
        with spool.flush().open("rb") as file:
            for line in file:
                lines += 1
                sizes += len(line.partition(b',"m":')[2]) - 2
        return self._count(lines, sizes)

    def land_batch(self, feed: str, spool: Spool, scope: Scope, *, plain: bool) -> Landed:
        """The same in a transaction of its own."""
        with self.transaction():
            return self.land_records(feed, spool, scope)

    def count_rejects(self, scope: Scope, rejects: list[Reject]) -> Landed:
        """Count the rejects."""
        return self._count(len(rejects), sum(len(each.sample) for each in rejects))

    def land_rows(self, feed: str, rows: list[Any], rejects: list[Reject], scope: Scope) -> Landed:
        """Count the rows."""
        return self._count(len(rows), 0)

    def _count(self, events: int, size: int) -> Landed:
        before_events, before_size = self.held[-1]
        self.held[-1] = (before_events + events, before_size + size)
        self.seen += events
        return Landed(rows_read=events)


@pytest.mark.parametrize(
    ("source", "template", "batch_bytes"),
    [
        ("span_logs", json.dumps(span(0, 90)).replace("%", "%%").replace("0000000000000000", "%016x"), None),
        ("outcome_events", OUTCOME, None),
        ("outcome_events", OUTCOME.replace("success", "très bien"), 1_000_000),
    ],
)
def test_no_transaction_holds_more_than_a_batch_and_pages_are_read_one_by_one(
    source: str, template: str, batch_bytes: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if batch_bytes is not None:
        monkeypatch.setattr(landings, "BATCH_BYTES", batch_bytes)
    account = LongGroup(template)
    tally = Tally(account)
    scope = Scope(source, account.account_id, account.region, "/long")
    with Landing(tally, sources()[source].feeds, scope) as landing:  # type: ignore[arg-type]
        sources()[source].collect(Reading(account, scope, Window(NOW, NOW), landing, SourceSettings()))
        with tally.transaction():
            landing.flush()
    assert (tally.seen, account.pages_given) == (EVENTS, EVENTS // PAGE_EVENTS)
    assert max(events for events, _ in tally.held) <= landings.BATCH_EVENTS
    assert max(size for _, size in tally.held) <= landings.BATCH_BYTES
    assert len(tally.held) >= EVENTS // landings.BATCH_EVENTS
    landed: Counter[int] = Counter()  # a batch's records and its rejects land at the same page
    for pages, (events, _) in zip(tally.pages_at, tally.held, strict=True):
        landed[pages] += events
    for pages in landed:
        so_far = sum(events for at, events in landed.items() if at <= pages)
        assert pages * PAGE_EVENTS - so_far <= PAGE_EVENTS, "more than one page ahead of what has landed"


def test_one_record_that_is_larger_than_a_batch_lands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landings, "BATCH_BYTES", 300)
    account = LongGroup('{"n":%d,"more":"' + "x" * 400 + '"}', events=5)
    tally = Tally(account)
    scope = Scope("span_logs", "1", "r", "/long")
    with Landing(tally, ("span_records",), scope) as landing:  # type: ignore[arg-type]
        sources()["span_logs"].collect(Reading(account, scope, Window(NOW, NOW), landing, SourceSettings()))
        with tally.transaction():
            landing.flush()
    assert [events for events, _ in tally.held] == [1, 1, 1, 1, 1]
