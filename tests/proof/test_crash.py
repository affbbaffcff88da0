"""Killed at any moment, the collector loses nothing and doubles nothing, and readers never see a half file.

The suite kills twenty times; `make proof` sets PROOF_KILLS to two hundred.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
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

    def run(self, death: Death = UNDISTURBED) -> Ended:
        """One pass, or the beginning of one."""
        ended = run(COMMAND, environment(self.account.aws.url, self.home), self.home.with_suffix(".log"), death)
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
