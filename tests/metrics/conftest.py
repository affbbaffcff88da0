"""Property tests: the same examples every time, and no clock. And the demo account, with its truth and of one cycle."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import settings

from collectors.demo.truth.truth import Truth
from sql.published import Published, open_published
from tests.conftest import locked
from tests.metrics.cycle import collect

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def cycle_home(run_folder: Path) -> Path:
    """A home with the demo account of one whole cycle."""
    folder = run_folder / "cycle-home"
    with locked(run_folder / "cycle-home.lock"):
        if not (folder / "kpis.duckdb").exists():
            collect(folder)
    return folder


@pytest.fixture(scope="module")
def demo(demo_home: Path) -> Iterator[Published]:
    """The published file of the demo account."""
    with closing(open_published(demo_home)) as published:
        yield published


@pytest.fixture(scope="module")
def truth(demo: Published) -> Truth:
    """What is true of the account that was collected."""
    (row,) = demo.rows("SELECT value FROM org WHERE key = 'data_through_at'")
    return Truth(datetime.fromisoformat(row["value"]))
