"""Imports point one way: app.py → dashboard → metrics → sql ← collectors, and delivery → metrics, sql."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

ROOMS_SEEN_FROM = {
    "app": {"dashboard"},
    "dashboard": {"metrics", "sql"},
    "metrics": {"sql"},
    "sql": set(),
    "collectors": {"sql"},
    "delivery": {"metrics", "sql"},
}
PACKAGES_KEPT_OUT_OF = {
    "app": {"boto3", "botocore", "duckdb"},
    "dashboard": {"boto3", "botocore", "duckdb", "tomllib"},
    "metrics": {"boto3", "botocore", "duckdb", "streamlit", "tomllib"},
    "sql": {"boto3", "botocore", "streamlit", "tomllib"},
    "collectors": {"streamlit", "duckdb", "plotly"},
    "delivery": {"streamlit", "duckdb"},
}
# What must not be loaded, even indirectly, once every module of the room has been imported.
NEVER_LOADED_BY = {
    "dashboard": {"boto3", "collectors"},
    "metrics": {"boto3", "streamlit", "collectors", "dashboard"},
    "sql": {"boto3", "streamlit", "plotly", "collectors", "dashboard", "metrics"},
    "collectors": {"streamlit", "plotly", "dashboard", "metrics"},
}


def modules_of(room: str) -> list[Path]:
    """Return the Python files of a room, `app` being one file."""
    return [ROOT / "app.py"] if room == "app" else sorted((ROOT / room).rglob("*.py"))


def imported_by(path: Path) -> set[str]:
    """Return the top-level names that a file imports, wherever in the file the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def dotted_names(room: str) -> list[str]:
    """Return the importable module names of a room, without its command-line entry."""
    paths = [path.relative_to(ROOT).with_suffix("") for path in modules_of(room) if path.name != "__main__.py"]
    return [".".join(path.parts).removesuffix(".__init__") for path in paths]


@pytest.mark.parametrize("room", sorted(ROOMS_SEEN_FROM))
def test_a_room_imports_only_the_rooms_to_its_right(room: str) -> None:
    others = set(ROOMS_SEEN_FROM) - {room} - ROOMS_SEEN_FROM[room]
    wrong = {str(path.relative_to(ROOT)): seen for path in modules_of(room) if (seen := imported_by(path) & others)}
    assert wrong == {}


@pytest.mark.parametrize("room", sorted(PACKAGES_KEPT_OUT_OF))
def test_a_room_imports_no_package_that_belongs_to_another_room(room: str) -> None:
    kept_out = PACKAGES_KEPT_OUT_OF[room]
    wrong = {str(path.relative_to(ROOT)): seen for path in modules_of(room) if (seen := imported_by(path) & kept_out)}
    assert wrong == {}


def test_no_room_imports_the_tests_or_the_benchmarks() -> None:
    paths = [path for room in ROOMS_SEEN_FROM for path in modules_of(room)]
    assert [path for path in paths if imported_by(path) & {"tests", "benchmarks"}] == []


def test_aws_clients_are_made_in_one_place() -> None:
    modules = {path: path.read_text(encoding="utf-8") for path in modules_of("collectors")}
    makers = [path for path, text in modules.items() if "boto3" in imported_by(path) or ".create_client(" in text]
    assert [path.relative_to(ROOT).as_posix() for path in makers] == ["collectors/aws.py"]


@pytest.mark.parametrize("room", sorted(NEVER_LOADED_BY))
def test_importing_a_room_loads_nothing_it_must_not_see(room: str) -> None:
    code = (
        "import importlib, sys\n"
        f"for name in {dotted_names(room)!r}: importlib.import_module(name)\n"
        f"print(sorted(set(sys.modules) & {NEVER_LOADED_BY[room]!r}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.stdout.strip().splitlines()[-1:], ran.returncode) == (["[]"], 0), ran.stderr
