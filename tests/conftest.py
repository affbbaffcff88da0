"""What every test gets: an empty environment, the reference folder and a home with the demo account collected."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment for a subprocess: no AWS settings of the machine, LEDGER_HOME at `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LEDGER_"))}
    nowhere = str(home / "no-such-file")
    return kept | {
        "LEDGER_HOME": str(home),
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`, so that only one test worker prepares what all of them share."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests on one worker, and all browser tests on one: they share a server and a browser."""
    for item in items:
        group = "browser" if item.get_closest_marker("browser") else item.path.relative_to(ROOT).as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give each test its own LEDGER_HOME and none of the machine's AWS settings."""
    wanted = clean_environment(tmp_path / "home") | {
        name: os.environ[name] for name in ("LEDGER_SHARED",) if name in os.environ
    }
    for name in set(os.environ) - set(wanted):
        monkeypatch.delenv(name)
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the reference folder that LEDGER_SHARED names (default: `shared` beside the repository).

    A test that needs it is skipped where it is absent, and fails there under REQUIRE_SHARED=1.
    """
    folder = Path(os.environ.get("LEDGER_SHARED") or ROOT.parent / "shared")
    if folder.is_dir():
        return folder.resolve()
    message = f"the reference folder {folder} does not exist; LEDGER_SHARED names another"
    if os.environ.get("REQUIRE_SHARED") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def demo_home(run_folder: Path) -> Path:
    """Return a LEDGER_HOME with the demo account collected once for the whole run. Read it; never write to it."""
    home = run_folder / "demo-home"
    done = run_folder / "demo-home.done"
    with locked(run_folder / "demo-home.lock"):
        if not done.exists():
            shutil.rmtree(home, ignore_errors=True)
            collect_demo(home)
            done.touch()
    return home


@pytest.fixture(scope="session")
def replay_home(run_folder: Path, shared: Path) -> Path:
    """Return a LEDGER_HOME with the replayed runs collected once for the whole run. Read it; never write to it."""
    from tests.replaying import collect, replayed

    home = run_folder / "replay-home"
    with locked(run_folder / "replay-home.lock"):
        if not (home / "kpis.duckdb").exists():
            home.mkdir(exist_ok=True)
            with replayed(shared) as url:
                collect(url, home)
    return home


@pytest.fixture
def demo_copy(demo_home: Path, tmp_path: Path) -> Path:
    """Return a copy of the demo home that the test may write to."""
    return shutil.copytree(demo_home, tmp_path / "demo-copy")


def collect_demo(home: Path) -> None:
    """Collect the demo account into `home` and look for insights, the way `make run` does."""
    for words in (("collectors", "run", "--demo"), ("metrics", "insights", "--refresh")):
        command = [sys.executable, "-m", *words]
        ran = subprocess.run(
            command, cwd=ROOT, env=clean_environment(home), capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
