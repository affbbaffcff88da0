"""Under fire a backfill and a catch-up lose nothing either: a part counts as read only when all of it has landed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.collectors.fake_aws import FakeAws, serving
from tests.collectors.support import NOW, read, rows, span, use
from tests.proof.account import GROUPS, ONLY, account, environment
from tests.proof.faults import Proxy, proxy
from tests.proof.killed import run
from tests.proof.tables import published_tables, raw_rows
from tests.proof.test_faults import RAW, WEATHERS, Weather

LATER = NOW + timedelta(days=6)
SPANS = 28  # one every six hours
NAMES = (
    *("throttled now and then", "resets mid-body now and then", "bodies cut now and then"),
    *("a storm from the second page on", "bodies always corrupted", "an expired token"),
)
SOME = [each for each in WEATHERS if each.name in NAMES]
READ = """
    SELECT greatest(from_at, TIMESTAMP '{since}'), least(to_at, TIMESTAMP '{until}') FROM ops.ranges
    WHERE scope = '{group}' AND state = 'read'
"""


@pytest.mark.parametrize("weather", SOME, ids=lambda each: each.name)
def test_a_part_of_a_backfill_counts_as_read_only_with_all_its_rows(weather: Weather, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    fill = ("backfill", "--from", str(today - timedelta(days=4)), "--to", str(today), *ONLY)
    with account(seed=7, waves=1) as fake, proxy(fake.aws.url) as fire:
        fake.show(1)
        home, calm = tmp_path / "home", tmp_path / "calm"
        fire.fail(weather.rule)
        ended = run(fill, environment(fire.url, home), tmp_path / "log")
        assert fire.fired(), "nothing failed"
        assert ended.code == (1 if weather.code else 0), ended.said
        for group in GROUPS.values():
            landed = set(raw_rows(home, RAW[group]))
            for begin, end in raw_rows(home, READ.format(group=group, since=today - timedelta(days=4), until=today)):
                assert isinstance(begin, datetime)
                assert isinstance(end, datetime)
                inside = fake.visible(1, group, end) - fake.visible(1, group, begin)
                assert inside <= landed, f"{group}: {begin} to {end} is said to be read"
        for each in (home, calm):
            assert run(fill, environment(fake.aws.url, each), tmp_path / "log").code == 0
    assert len(published_tables(calm)["tasks"]) > 10
    assert published_tables(home) == published_tables(calm)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """A span every six hours, from a day before NOW to six days after, behind two attempts a call."""
    with serving(FakeAws()) as made:
        use(made, monkeypatch)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")
        for number in range(SPANS):
            start = NOW - timedelta(days=1) + number * timedelta(hours=6)
            nanos = int(start.replace(tzinfo=UTC).timestamp()) * 1_000_000_000
            record = span(number + 1, 0, startTimeUnixNano=nanos, endTimeUnixNano=nanos + 5_000_000)
            made.put("aws/spans", "default", nanos // 1_000_000, record)
        yield made


@pytest.fixture
def fire(aws: FakeAws) -> Iterator[Proxy]:
    """The proxy before it."""
    with proxy(aws.url) as made:
        yield made


@pytest.mark.parametrize("weather", [each for each in SOME if "body" not in each.rule], ids=lambda each: each.name)
def test_a_catch_up_passes_no_gap_that_has_not_landed(
    weather: Weather, aws: FakeAws, fire: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(tmp_path, "span_logs")
    monkeypatch.setenv("AWS_ENDPOINT_URL", fire.url)
    # The newest is read; it fails from there on.
    fire.fail({**weather.rule, "sequence": {"pass": 2, "fail": 1 if weather.code is None else 100}, "times": 100})
    stormy = read(tmp_path, "span_logs", now=LATER)
    assert fire.fired(), "nothing failed"
    assert bool(stormy.failed) == (weather.code is not None)
    ((reached,),) = rows(tmp_path, "SELECT reached_at FROM ops.cursors WHERE source = 'span_logs'")
    before = (reached - (NOW - timedelta(days=1))) // timedelta(hours=6)
    ((landed,),) = rows(
        tmp_path, f"SELECT count(DISTINCT span_id) FROM raw.spans WHERE started_at < TIMESTAMP '{reached}'"
    )
    assert landed >= before
    fire.fail()
    read(tmp_path, "span_logs", now=LATER + timedelta(hours=1))
    assert rows(tmp_path, "SELECT count(*), count(DISTINCT span_id) FROM raw.spans") == [(SPANS, SPANS)]
