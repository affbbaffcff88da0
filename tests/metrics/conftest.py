"""Property tests: the same examples every time, and no clock. The demo account of one cycle."""

from pathlib import Path

import pytest
from hypothesis import settings

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
