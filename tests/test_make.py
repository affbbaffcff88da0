"""`make run` and the browser finder, with a stand-in for Python that writes down how it is called."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

STAND_IN = """#!/bin/sh
echo "$*" >> calls.log
case "$*" in
    "-m collectors mode") echo "${MODE:-demo}"; exit "${MODE_EXIT:-0}" ;;
    "-m collectors run"*) exit "${RUN_EXIT:-0}" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with spaces in its name that holds the Makefile and an environment with the stand-in."""
    folder = tmp_path / "a folder with spaces"
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, folder)
    python = folder / ".venv" / "bin" / "python"
    python.write_text(STAND_IN)
    python.chmod(0o755)
    return folder


def make(folder: Path, target: str, **variables: str) -> tuple[int, list[str]]:
    """Run `make target` and return its exit code and the calls of the stand-in, oldest first."""
    log = folder / "calls.log"
    log.unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("PORT", "MAKEFLAGS", "PYTHON")}
    ran = subprocess.run(
        ["make", target], cwd=folder, env=environment | variables, capture_output=True, text=True, check=False
    )
    return ran.returncode, log.read_text().splitlines()


def test_a_first_run_installs_collects_and_serves(checkout: Path) -> None:
    code, calls = make(checkout, "run")
    assert code == 0
    assert [call.split(" --")[0] for call in calls] == [
        "-m pip install",
        "-m collectors mode",
        "-m collectors run",
        "-m metrics insights",
        "-m streamlit run app.py",
    ]


def test_a_second_run_installs_nothing(checkout: Path) -> None:
    make(checkout, "run")
    _, calls = make(checkout, "run")
    assert not any("pip" in call for call in calls)


def test_changed_requirements_are_installed_again(checkout: Path) -> None:
    make(checkout, "run")
    with (checkout / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    _, calls = make(checkout, "run")
    assert any("pip install" in call for call in calls)


def test_without_an_account_the_demo_is_collected(checkout: Path) -> None:
    assert "-m collectors run --demo" in make(checkout, "run", MODE="demo")[1]


def test_with_an_account_the_demo_is_not_collected(checkout: Path) -> None:
    assert "-m collectors run" in make(checkout, "run", MODE="account")[1]


def test_a_failed_source_does_not_keep_the_dashboard_from_serving(checkout: Path) -> None:
    code, calls = make(checkout, "run", RUN_EXIT="1")
    assert (code, calls[-1].split(" --")[0]) == (0, "-m streamlit run app.py")


@pytest.mark.parametrize("variables", [{"RUN_EXIT": "2"}, {"MODE_EXIT": "2"}], ids=["run", "mode"])
def test_bad_settings_stop_before_serving(checkout: Path, variables: dict[str, str]) -> None:
    code, calls = make(checkout, "run", **variables)
    assert code != 0
    assert not any("streamlit" in call for call in calls)


def test_the_port_can_be_chosen(checkout: Path) -> None:
    assert "--server.port 8600" in make(checkout, "run", PORT="8600")[1][-1]


def find_browser(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run the browser finder with nothing but the given variables."""
    return subprocess.run(
        ["/bin/sh", str(ROOT / ".ci" / "chromium")], env=variables, capture_output=True, text=True, check=False
    )


def test_the_variable_chromium_names_the_browser() -> None:
    assert find_browser(PATH="/nowhere", CHROMIUM="/bin/sh").stdout.strip() == "/bin/sh"


def test_a_named_browser_that_does_not_exist_is_an_error_that_says_so() -> None:
    ran = find_browser(PATH="/nowhere", CHROMIUM="/no/such/browser")
    assert ran.returncode == 1
    assert "/no/such/browser" in ran.stderr


def test_without_a_browser_and_without_apt_the_message_names_what_to_install() -> None:
    ran = find_browser(PATH="/nowhere")
    assert ran.returncode == 1
    assert "Chromium" in ran.stderr
    assert "CHROMIUM" in ran.stderr
