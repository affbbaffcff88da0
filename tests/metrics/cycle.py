"""The demo account of exactly one cycle, in which every incident begins after 28 days without one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import duckdb

from collectors.__main__ import main as collectors
from collectors.demo.account import DemoAccount
from collectors.demo.shapes import CYCLE_DAYS, EPOCH
from collectors.demo.world import AGENTS

CYCLE = 3
FIRST = EPOCH + timedelta(days=CYCLE * CYCLE_DAYS)
END = datetime.combine(FIRST + timedelta(days=CYCLE_DAYS), datetime.min.time())
SOURCES = ("span_logs", "invocation_logs", "xray_traces", "outcome_events", "evaluations", "inventory")


def collect(folder: Path) -> None:
    """Collect the account as it stood at the end of the cycle."""
    wanted = [argument for source in SOURCES for argument in ("--source", source)]
    with (
        patch("collectors.demo.account.DemoAccount", lambda: DemoAccount(end=END)),
        patch.dict(os.environ, {"LEDGER_HOME": str(folder)}),
    ):
        assert collectors(["run", "--demo", *wanted]) == 0


def agent_of(key: str) -> str:
    """The id of an agent of the account."""
    return next(agent.agent_id for agent in AGENTS if agent.key == key)


@contextmanager
def altered(home: Path, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A later published file of another home, with the rows of this one until they are changed inside."""
    newest = sorted((home / "published").glob("*.duckdb"))[-1]
    copy = folder / "published" / f"{newest.stem}a.duckdb"
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(newest, copy)
    with duckdb.connect(str(copy)) as con:
        yield con
