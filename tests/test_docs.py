"""Documentation that can be wrong is generated or tested."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")),
]
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


def run_module(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run one of our command lines and return what it printed."""
    command = [sys.executable, "-m", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def text_of_all_pages() -> str:
    """Return README, CONTRIBUTING and docs as one text."""
    return "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)


def commands_named_in(text: str, module: str) -> set[str]:
    """Return the subcommands that a text shows for `python -m <module>`."""
    return set(re.findall(rf"-m {module} ([a-z_]+)", text))


@pytest.mark.parametrize("room", ["metrics", "sql"])
def test_the_generated_reference_is_current(room: str) -> None:
    ran = run_module(room, "docs", "--check")
    assert ran.returncode == 0, f"run `make docs` and look at the difference:\n{ran.stdout}{ran.stderr}"


def test_the_iam_page_holds_the_policy_that_the_collectors_declare(tmp_path: Path) -> None:
    ran = run_module("collectors", "iam", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() in (ROOT / "docs" / "iam.md").read_text(encoding="utf-8"), "run `make docs`"


def test_the_page_of_the_sources_is_what_the_modules_say(tmp_path: Path) -> None:
    ran = run_module("collectors", "sources", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == (ROOT / "docs" / "sources.md").read_text(encoding="utf-8").strip(), "run `make docs`"


def test_the_truth_of_the_demo_account_is_written_down_as_it_is(tmp_path: Path) -> None:
    ran = run_module("collectors", "truth", "--write", str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    for name in ("demo-truth.md", "demo-truth.json"):
        written = (tmp_path / name).read_text(encoding="utf-8")
        assert written == (ROOT / "docs" / name).read_text(encoding="utf-8"), "run `make docs`"


@pytest.mark.parametrize("module", ["collectors", "metrics", "sql", "benchmarks"])
def test_every_command_that_the_pages_show_exists(module: str) -> None:
    usage = run_module(module, "--help").stdout
    assert usage
    assert {
        name for name in commands_named_in(text_of_all_pages(), module) if not re.search(rf"\b{name}\b", usage)
    } == set()


def test_every_make_target_that_the_pages_show_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text_of_all_pages())) <= targets


def test_make_alone_lists_every_target_with_what_it_does() -> None:
    ran = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.findall(r"^  make ([a-z]+) +\S", ran.stdout, re.MULTILINE) == targets


@pytest.mark.parametrize("page", PAGES)
def test_every_link_between_pages_leads_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    targets = LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    assert [target for target in targets if not (folder / target).exists()] == []


def test_the_readme_stays_short_enough_to_be_read() -> None:
    assert Path(ROOT / "README.md").read_text(encoding="utf-8").count("\n") < 200
