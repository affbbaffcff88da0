"""After an outage the newest is read first and the gap in parts; late records widen the overlap and are looked for."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from collectors.aws import AwsAccount, AwsSettings
from collectors.console import Quiet, status_lines
from collectors.job import Asked, Job, Outcome, Place
from collectors.run import run, run_places
from collectors.settings import Settings, SourceSettings
from collectors.window import to_ms
from sql.models import ROOT
from sql.published import open_published, read_status
from sql.warehouse import Warehouse
from tests.collectors.fake_aws import FakeAws, Fault, serving
from tests.collectors.support import NOW, read, rows, span, use

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BACK = NOW + 10 * DAY
CURSOR = "SELECT reached_at FROM ops.cursors WHERE source = 'span_logs'"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """A span every six hours from a day before NOW to ten days after."""
    with serving(FakeAws()) as made:
        use(made, monkeypatch)
        for number in range(44):
            put(made, number + 1, NOW - DAY + number * 6 * HOUR)
        yield made


def put(aws: FakeAws, number: int, at: datetime, late: timedelta = MINUTE) -> None:
    """One span of that moment, delivered so much later."""
    start = to_ms(at) * 1_000_000
    record = span(number, 0, startTimeUnixNano=start, endTimeUnixNano=start + 5_000_000)
    aws.put("aws/spans", "default", to_ms(at), record, late_ms=int(late / timedelta(milliseconds=1)))


def ticking(begin: datetime, step: timedelta) -> Callable[[], datetime]:
    """A clock that goes on whenever somebody looks at it."""
    ticks = count()
    return lambda: begin + next(ticks) * step


def one_pass(home: Path, clock: Callable[[], datetime], now: datetime, whole: bool = False, **more: Any) -> Outcome:
    """A pass over the spans: reading only, or with building and publishing."""
    with Warehouse.open(home, kind="account") as warehouse:
        places = (Place(AwsAccount(AwsSettings())),)
        settings = Settings(home=home, **more)
        job = Job(warehouse, places, settings, clock, lambda: now, Quiet(), Asked(("span_logs",)))
        return run(job) if whole else Outcome(runs=run_places(job))


def windows(outcome: Outcome) -> list[tuple[datetime | None, datetime | None]]:
    """What was read, in order."""
    return [(each.window_from, each.window_to) for each in outcome.runs]


def test_after_an_outage_the_newest_day_is_read_first_and_the_gap_oldest_first(aws: FakeAws, tmp_path: Path) -> None:
    read(tmp_path, "span_logs")
    done = read(tmp_path, "span_logs", now=BACK)
    end = BACK - MINUTE
    midnight = datetime(2026, 11, 21)
    gap = [(NOW - MINUTE - 2 * HOUR, midnight)]
    gap += [(midnight + n * DAY, midnight + (n + 1) * DAY) for n in range(8)]
    assert windows(done) == [(end - DAY, end), *gap, (datetime(2026, 11, 29), end - DAY)]
    assert rows(tmp_path, "SELECT count(*), count(DISTINCT span_id) FROM raw.spans") == [(44, 44)]
    assert rows(tmp_path, CURSOR) == [(end,)]
    assert windows(read(tmp_path, "span_logs", now=BACK + HOUR)) == [(end - 2 * HOUR, end + HOUR)]


def test_a_pass_gives_the_past_its_share_only_and_says_what_is_missing(aws: FakeAws, tmp_path: Path) -> None:
    read(tmp_path, "span_logs")
    first = one_pass(tmp_path, ticking(BACK, MINUTE), BACK, whole=True)
    parts = len(first.runs)
    assert 1 < parts < 6
    assert rows(tmp_path, "SELECT max(started_at) > TIMESTAMP '2026-11-29 12:00' FROM raw.spans") == [(True,)]
    status = read_status(tmp_path)
    assert status is not None
    with closing(open_published(tmp_path)) as published:
        gaps = published.rows("SELECT source, reason, from_at, to_at FROM gaps")
        through = published.rows("SELECT value FROM org WHERE key = 'data_through_at'")[0]["value"]
    assert [(each["source"], each["reason"], each["to_at"]) for each in gaps] == [
        ("span_logs", "catch_up", BACK - MINUTE - DAY)
    ]
    assert through == str(gaps[0]["from_at"]), "nothing after the gap counts as complete"
    assert f"gap        span_logs aws/spans: {gaps[0]['from_at']:%Y-%m-%d %H:%M} to 2026-11-29 11:59 UTC" in "\n".join(
        status_lines(status, BACK)
    )
    for number in range(1, 20):
        more = one_pass(tmp_path, ticking(BACK + number * HOUR, MINUTE), BACK + number * HOUR)
        if len(more.runs) == 1:
            break
        assert more.runs[0].window_to == BACK + number * HOUR - MINUTE, "the newest comes first in every pass"
    assert rows(tmp_path, "SELECT count(*), count(DISTINCT span_id) FROM raw.spans") == [(44, 44)]
    assert rows(tmp_path, CURSOR) == [(more.runs[0].window_to,)]


def test_a_part_that_fails_keeps_the_cursor_before_the_gap(aws: FakeAws, tmp_path: Path) -> None:
    read(tmp_path, "span_logs")
    aws.faults.append(Fault("FilterLogEvents", "InternalFailure", 500, passed=8, times=1))
    broken = read(tmp_path, "span_logs", now=BACK)
    assert broken.failed
    reached = rows(tmp_path, CURSOR)[0][0]
    assert NOW - MINUTE < reached < BACK - DAY
    read(tmp_path, "span_logs", now=BACK + HOUR)
    assert rows(tmp_path, "SELECT count(*), count(DISTINCT span_id) FROM raw.spans") == [(44, 44)]
    assert rows(tmp_path, CURSOR) == [(BACK + HOUR - MINUTE,)]


def test_a_group_that_was_deleted_holds_the_published_freshness_back_for_a_day_at_most(
    aws: FakeAws, tmp_path: Path
) -> None:
    aws.groups["/aws/bedrock-agentcore/runtimes/old"] = []
    one_pass(tmp_path, lambda: NOW, NOW, whole=True)
    del aws.groups["/aws/bedrock-agentcore/runtimes/old"]
    later = NOW + DAY + HOUR
    one_pass(tmp_path, lambda: later, later, whole=True)
    with closing(open_published(tmp_path)) as published:
        assert published.rows("SELECT value FROM org WHERE key = 'data_through_at'") == [{"value": str(later - MINUTE)}]


def test_measured_lateness_widens_the_next_windows_and_brings_what_the_overlap_would_miss(
    aws: FakeAws, tmp_path: Path
) -> None:
    aws.groups["aws/spans"].clear()
    put(aws, 1, NOW - HOUR, late=5 * HOUR)
    read(tmp_path, "span_logs")
    assert rows(tmp_path, "SELECT late_p999_ms FROM ops.cursors WHERE source = 'span_logs'") == [(5 * 3_600_000,)]
    put(aws, 2, NOW - 4 * HOUR, late=4 * HOUR)  # there is now what was not there at the first pass
    second = read(tmp_path, "span_logs", now=NOW + 10 * MINUTE)
    assert windows(second) == [(NOW - MINUTE - 5 * HOUR, NOW + 9 * MINUTE)]
    assert rows(tmp_path, "SELECT count(*) FROM raw.spans") == [(2,)]
    put(aws, 3, NOW - 30 * MINUTE, late=90 * HOUR)
    read(tmp_path, "span_logs", now=NOW + 20 * MINUTE)
    bounded = read(tmp_path, "span_logs", now=NOW + 30 * MINUTE)
    assert windows(bounded) == [(NOW + 19 * MINUTE - DAY, NOW + 29 * MINUTE)], "a day at most"


def test_lateness_is_forgotten_by_half_a_day_not_by_one_punctual_window(aws: FakeAws, tmp_path: Path) -> None:
    def lateness() -> float:
        ((found,),) = rows(tmp_path, "SELECT late_p999_ms FROM ops.cursors WHERE source = 'span_logs'")
        return float(found)

    aws.groups["aws/spans"].clear()
    put(aws, 1, NOW - HOUR, late=8 * HOUR)
    read(tmp_path, "span_logs")
    put(aws, 2, NOW + 9 * HOUR)
    read(tmp_path, "span_logs", now=NOW + 10 * HOUR)
    assert lateness() == 8 * 3_600_000, "the overlap has read the late one again"
    read(tmp_path, "span_logs", now=NOW + 22 * HOUR)
    assert lateness() == pytest.approx(8 * 3_600_000 * 0.5**0.5)
    put(aws, 3, NOW + 34 * HOUR, late=7 * HOUR)
    read(tmp_path, "span_logs", now=NOW + 36 * HOUR)
    assert lateness() == 7 * 3_600_000, "a greater one is taken at once"


def test_outcomes_of_two_weeks_are_read_again_once_a_week_and_count_once(aws: FakeAws, tmp_path: Path) -> None:
    def outcome(number: int, at: datetime) -> None:
        record = {"event.name": "agent.outcome", "schema_version": "1.0", "event_id": f"e{number}",
                  "trace_id": f"{number:032x}", "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                  "task.outcome": "success", "label.source": "system"}  # fmt: skip
        aws.put("/agent-kpi/outcomes", "o", to_ms(at), record)

    outcome(1, NOW - HOUR)
    first = read(tmp_path, "outcome_events")
    outcome(2, NOW - 3 * DAY)  # written down days late: no overlap reaches it
    for hours in (1, 24, 6 * 24):
        usual = read(tmp_path, "outcome_events", now=NOW + hours * HOUR)
        assert [each.rows_new for each in usual.runs][:1] == [0]
    deep = read(tmp_path, "outcome_events", now=NOW + 7 * DAY)
    again = read(tmp_path, "outcome_events", now=NOW + 7 * DAY + HOUR)
    assert (first.runs[0].rows_new, deep.runs[0].rows_new, deep.runs[0].duplicates) == (1, 1, 1)
    assert deep.runs[0].window_from == NOW + 7 * DAY - 14 * DAY
    assert again.runs[0].window_from == NOW + 7 * DAY - MINUTE - DAY, "once a week"
    assert rows(tmp_path, "SELECT event_id FROM raw.outcomes ORDER BY 1") == [("e1",), ("e2",)]


def test_sums_after_an_outage_are_whole_hours_whatever_overlap_the_owner_sets(aws: FakeAws, tmp_path: Path) -> None:
    aws.answers["DescribeDeliverySources"] = lambda _: (200, {"deliverySources": []})
    aws.groups["/usage"] = []
    named = SourceSettings(groups=("/usage",), overlap=timedelta(minutes=90))
    settings = Settings(home=tmp_path, sources={"usage_logs": named})
    read(tmp_path, "usage_logs", settings=settings)
    done = read(tmp_path, "usage_logs", now=NOW + 3 * DAY + 20 * MINUTE, settings=settings)
    edges = [at for window in windows(done) for at in window if at is not None]
    assert len(done.runs) > 2
    assert [at for at in edges if at.minute or at.second] == []


def test_windows_read_before_the_migration_count_as_far_as_the_cursor_vouches(tmp_path: Path) -> None:
    text = (ROOT / "migrations" / "0022_ranges.sql").read_text()
    con = duckdb.connect()
    con.execute((ROOT / "migrations" / "0001_initial.sql").read_text())
    at = [datetime(2026, 11, day) for day in range(1, 8)]
    con.execute("INSERT INTO ops.cursors VALUES ('span_logs', '1', 'r', 'g', ?, NULL, NULL, NULL)", [at[5]])
    for number, (start, end, status) in enumerate(
        [(at[0], at[2], "ok"), (at[1], at[3], "ok"), (at[3], at[4], "failed"), (at[4], at[6], "ok")]
    ):
        con.execute(
            """INSERT INTO ops.collector_runs
                   (run_id, source, account_id, region, scope, status, window_from, window_to)
               VALUES (?, 'span_logs', '1', 'r', 'g', ?, ?, ?)""",
            [str(number), status, start, end],
        )
    con.execute(text)
    found = con.execute("SELECT state, from_at, to_at FROM ops.ranges ORDER BY from_at").fetchall()
    assert found == [("read", at[0], at[3]), ("read", at[4], at[5])]
    con.close()
