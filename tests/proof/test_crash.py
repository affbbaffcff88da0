"""Killed at any moment, the collector loses nothing and doubles nothing, and readers never see a half file.

The suite kills twenty times; `make proof` sets PROOF_KILLS to two hundred.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.conftest import ROOT
from tests.proof.account import ONLY, Account, account, environment
from tests.proof.killed import UNDISTURBED, Death, Ended, run
from tests.proof.tables import published_tables, raw_rows, reading

KILLS = int(os.environ.get("PROOF_KILLS", "20"))
COMMAND = ("run", *ONLY)
STEPS_OF_MIGRATING = 60
COUNTED = "SELECT number, count(*) FROM migrations GROUP BY number ORDER BY number"


@dataclass
class Collector:
    """The collector of one home of the account under test."""

    account: Account
    home: Path
    length: Ended | None = None  # of its last run that came to its end

    def run(self, death: Death = UNDISTURBED, command: tuple[str, ...] = COMMAND) -> Ended:
        """One pass, or the beginning of one."""
        ended = run(command, environment(self.account.aws.url, self.home), self.home.with_suffix(".log"), death)
        assert ended.killed or ended.code == 0, ended.said
        if not ended.killed:
            self.length = ended
        return ended


def next_death(draw: random.Random, length: Ended) -> Death:
    """Somewhere within a run of that length: at a step, or at a moment."""
    if draw.random() < 0.5:
        return Death(step=draw.randint(1, length.steps))
    return Death(after_s=draw.uniform(0, length.seconds))


@pytest.fixture
def fake() -> Iterator[Account]:
    """An account with something new, late, repeated and reordered before every kill."""
    with account(seed=20, waves=KILLS) as made:
        yield made


def test_kills_at_random_moments_leave_the_tables_of_an_undisturbed_run(fake: Account, tmp_path: Path) -> None:
    draw = random.Random(4)
    calm, killed = Collector(fake, tmp_path / "calm"), Collector(fake, tmp_path / "killed")
    fake.show(0)
    killed.length = calm.run()
    hits = 0
    with reading(killed.home) as reader:
        for wave in range(KILLS):
            fake.show(wave)
            hits += killed.run(next_death(draw, killed.length)).killed
        fake.show(KILLS)
        killed.run()
    calm.run()
    at_once = Collector(fake, tmp_path / "at-once")
    at_once.run()
    assert (reader.wrong, reader.looks > 0) == ([], True)
    assert hits >= KILLS // 2, "a kill that comes too late proves nothing"
    expected = published_tables(at_once.home)
    assert len(expected["tasks"]) > 4 * KILLS
    assert published_tables(calm.home) == expected
    assert published_tables(killed.home) == expected


@pytest.mark.parametrize("since", ["ATTACH '", "DETACH out"], ids=["while the file is written", "while it is named"])
def test_kills_while_publishing_leave_readers_the_last_whole_file(since: str, tmp_path: Path) -> None:
    with account(seed=5, waves=1) as fake:
        fake.show(1)
        home, at_once = Collector(fake, tmp_path / "home"), Collector(fake, tmp_path / "at-once")
        for each in (home, at_once):
            each.run()
        steps = home.run(Death(since=since)).steps
        chosen = sorted({1 + n * (steps - 1) // (KILLS // 4) for n in range(KILLS // 4 + 1)})
        with reading(home.home) as reader:
            hits = [home.run(Death(step=step, since=since)).killed for step in chosen]
        assert published_tables(home.home) == published_tables(at_once.home)
        home.run()
    assert hits == [True] * len(chosen)
    assert (reader.wrong, reader.looks > 0) == ([], True)
    assert published_tables(home.home) == published_tables(at_once.home)
    assert not list((home.home / "published").glob("*.new")), "what a killed one left is cleared away"


def test_kills_of_compact_leave_the_tables_whole(tmp_path: Path) -> None:
    with account(seed=6, waves=1) as fake:
        fake.show(1)
        home = Collector(fake, tmp_path / "home")
        home.run()
        expected = published_tables(home.home)
        kill_again_and_again(home, ("compact",))
        home.run()
    assert published_tables(home.home) == expected


def test_kills_of_a_backfill_leave_the_tables_of_a_quiet_one(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    fill = ("backfill", "--from", str(today - timedelta(days=4)), "--to", str(today), *ONLY)
    with account(seed=6, waves=1) as fake:
        fake.show(1)
        home, quiet = Collector(fake, tmp_path / "home"), Collector(fake, tmp_path / "quiet")
        quiet.run(command=fill)
        kill_again_and_again(home, fill)
    assert len(published_tables(quiet.home)["tasks"]) > 10
    assert published_tables(home.home) == published_tables(quiet.home)


def kill_again_and_again(victim: Collector, command: tuple[str, ...]) -> None:
    """Kill a command at random moments and let it come to its end at last; a reader looks on."""
    draw = random.Random(8)
    other = Collector(victim.account, victim.home.with_name("other"))
    if victim.home.exists():
        shutil.copytree(victim.home, other.home)
    victim.length = other.run(command=command)  # a run that gets through leaves less to do, and makes the next shorter
    hits = 0
    with reading(victim.home) as reader:
        for _ in range(KILLS // 2):
            hits += victim.run(next_death(draw, victim.length), command).killed
        victim.run(command=command)
    assert hits >= KILLS // 4, "a kill that comes too late proves nothing"
    assert reader.wrong == []


def test_kills_while_an_older_file_is_migrated_leave_it_whole(tmp_path: Path) -> None:
    draw = random.Random(9)
    with account(seed=3, waves=1) as fake:
        fake.show(1)
        older, at_once = Collector(fake, tmp_path / "older"), Collector(fake, tmp_path / "at-once")
        at_once.run()
        write_older_file(older.home)
        hits = [older.run(Death(step=draw.randint(1, STEPS_OF_MIGRATING))).killed for _ in range(KILLS // 4)]
        older.run()
    assert hits == [True] * (KILLS // 4)
    assert published_tables(older.home) == published_tables(at_once.home)
    assert raw_rows(older.home, COUNTED) == raw_rows(at_once.home, COUNTED)


def write_older_file(home: Path) -> None:
    """A warehouse as the first version made it: the first migration only."""
    home.mkdir()
    first = next(iter(sorted((ROOT / "sql" / "migrations").glob("*.sql"))))
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        con.execute("CREATE TABLE migrations (number INTEGER, name VARCHAR, applied_at TIMESTAMP)")
        con.execute(first.read_text(encoding="utf-8"))
        con.execute("INSERT INTO migrations VALUES (1, ?, now())", [first.stem])
