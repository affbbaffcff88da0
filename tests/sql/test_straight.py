"""A whole batch lands straight where all of it is good and new, and the usual way else: the tables are the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sql import straight
from sql.landing import feed, give
from sql.models import folder
from sql.rows import Scope
from sql.spool import Spool
from sql.straight import NotStraight
from sql.warehouse import Landed, Warehouse
from tests.sql.support import SCOPES, START, Record, agent_span, chat, feed_of, invocation, rows, warehouse

TABLES = ("raw.spans", "raw.invocations", "raw.touched", "ops.rejects")
EPOCH = datetime(1970, 1, 1)
NEW = [agent_span("1"), chat("1", "b", "a", at=2), chat("1", "c", "a", at=4)]


def spooled(records: Sequence[Record | str], spool: Spool, first: int = 0) -> str:
    """Put the records into the spool, a second apart, the later the later they came in; their feed."""
    begin = int((START - EPOCH) / timedelta(milliseconds=1))
    for number, record in enumerate(records, first):
        text = record if isinstance(record, str) else json.dumps(record)
        at_ms = begin + 1000 * number
        spool.add(text, at_ms=at_ms, ingested_ms=at_ms + number, event_id=f"e{number}", group="g")
    known = [record for record in records if not isinstance(record, str)]
    return feed_of(known[0])


def land(wh: Warehouse, records: Sequence[Record | str], *, straightaway: bool, first: int = 0) -> Landed:
    """Land the records as one batch, or the usual way."""
    with Spool() as spool:
        feed = spooled(records, spool, first)
        if straightaway:
            return wh.land_batch(feed, spool, SCOPES[feed])
        with wh.transaction():
            return wh.land_records(feed, spool, SCOPES[feed])


def held(wh: Warehouse) -> dict[str, list[str]]:
    """All rows of the tables, sorted."""
    return {table: sorted(map(repr, rows(wh, f"SELECT DISTINCT * FROM {table}"))) for table in TABLES}


def is_straight(wh: Warehouse, records: Sequence[Record | str]) -> bool:
    """Whether the batch can go straight; nothing of it stays."""
    with Spool() as spool:
        feed = spooled(records, spool, 0)
        try:
            with wh.transaction():
                straight.land(wh._con, feed, spool, SCOPES[feed])
                raise KeyError
        except NotStraight:
            return False
        except KeyError:
            return True


@pytest.mark.parametrize("records", [NEW, [invocation("r1"), invocation("r2", at=3)]], ids=["spans", "calls"])
def test_a_new_batch_goes_straight_and_is_what_the_usual_way_makes(tmp_path: Path, records: list[Record]) -> None:
    found = []
    for name in ("straight", "usual"):
        with warehouse(tmp_path / name) as wh:
            assert is_straight(wh, records)
            assert rows(wh, "SELECT count(*) FROM raw.spans") == [(0,)]
            found.append((land(wh, records, straightaway=name == "straight"), held(wh)))
    assert found[0] == found[1]
    assert found[0][0].rows_new == len(records)
    assert found[0][0].late_p999_ms == len(records) - 1


@pytest.mark.parametrize(
    ("before", "batch"),
    [
        ([], [*NEW, '{"cut": ']),
        ([], [*NEW, {"name": "no span"}]),
        ([], [*NEW, {**NEW[0], "spanId": ""}]),
        ([], [*NEW, NEW[0]]),
        ([NEW[1]], NEW),
        ([chat("1", "b", "a", (7, 7), at=2)], NEW),
        ([agent_span("2", at=1)], NEW),
    ],
    ids=["cut", "of another kind", "without id", "twice", "known", "known otherwise", "others at that time"],
)
def test_anything_else_goes_the_usual_way_and_counts_as_there(
    tmp_path: Path, before: list[Record], batch: list[Record | str]
) -> None:
    found = []
    for name in ("straight", "usual"):
        with warehouse(tmp_path / name) as wh:
            if before:
                land(wh, before, straightaway=False, first=90)
            assert not is_straight(wh, batch)
            found.append((land(wh, batch, straightaway=name == "straight"), held(wh)))
    assert found[0] == found[1]


def test_a_known_key_is_found_although_its_time_lies_outside_of_the_batch(tmp_path: Path) -> None:
    early = {**NEW[1], "startTimeUnixNano": NEW[1]["startTimeUnixNano"] - 10**9 * 1800}
    with warehouse(tmp_path) as wh:
        land(wh, [early], straightaway=False)
        assert not is_straight(wh, NEW)
        landed = land(wh, NEW, straightaway=True)
        assert (landed.rows_new, landed.rows_changed + landed.duplicates) == (2, 1)


def test_a_batch_that_a_sealed_day_may_hold_goes_the_usual_way(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        for days, expected in ((3, True), (1, False)):
            with wh.transaction():
                wh._con.execute("DELETE FROM sealed.days")
                wh._con.execute(
                    """INSERT INTO sealed.days (day, before_at, timezone, definitions, tasks, sealed_at)
                       VALUES ($1, $1, 'UTC', '', 0, $1)""",
                    [START - timedelta(days=days)],
                )
            assert is_straight(wh, NEW) is expected


@pytest.mark.parametrize("name", [name for name in folder("parse") if feed(name).time and not feed(name).sums])
def test_what_a_feed_gives_is_what_its_table_has(name: str, tmp_path: Path) -> None:
    source = feed(name)
    with warehouse(tmp_path) as wh, Spool() as spool:
        give(wh._con, Scope(name, "1", "r"), {"spool": str(spool.flush())})
        given = {column for column, *_ in wh._con.execute(f"DESCRIBE ({source.model.sql})").fetchall()}
        has = {column for column, *_ in wh._con.execute(f"DESCRIBE {source.qualified}").fetchall()}
    assert given - set(straight.BESIDE) <= has


def test_records_without_a_time_go_the_usual_way(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh, Spool() as spool:
        spool.add(json.dumps(NEW[0]), at_ms=None, ingested_ms=5, event_id="e", group="g")
        assert spool.times() is None
        assert wh.land_batch("span_records", spool, SCOPES["span_records"]).rows_new == 1


SPANS = st.lists(
    st.builds(
        lambda trace, span, at, tokens: chat(str(trace), f"{span:x}", "a", (tokens, 1), at=at),
        st.integers(1, 3),
        st.integers(1, 4),
        st.integers(0, 9000),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(SPANS, min_size=1, max_size=4))
def test_batches_of_any_records_come_to_the_same_tables(batches: list[list[dict[str, Any]]]) -> None:
    found = []
    for straightaway in (True, False):
        with TemporaryDirectory() as folder, warehouse(Path(folder)) as wh:
            landed = [land(wh, batch, straightaway=straightaway) for batch in batches]
            found.append((landed, held(wh)))
    assert found[0] == found[1]
