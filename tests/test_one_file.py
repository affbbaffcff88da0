"""A KPI is one file: added to our folder or to the owner's, it is everywhere without another edit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from metrics.skeleton import Wanted, text_of
from tests.conftest import ROOT

TEXT = text_of("ended_well", Wanted("ratio", question="How many end well?", better="higher"))
PAGE = """
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=120)
app.switch_page("dashboard/pages/9_kpis.py")
app.run()
assert not app.exception, app.exception
print("".join(each.proto.body for each in app.get("html")), [str(each.proto) for each in app.get("popover")])
"""


def ran(folder: Path, code: Path, home: Path, *command: str) -> str:
    """What a command prints that is typed in `folder`, with the program of `code`."""
    env = os.environ | {"LEDGER_HOME": str(home), "PYTHONPATH": str(code)}
    done = subprocess.run([sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(params=["ours", "the owner's"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """Where commands are typed and where the program is, after the one file was written."""
    if request.param == "ours":
        code = tmp_path / "program"
        for name in ("app.py", "collectors", "sql", "metrics", "dashboard", "docs"):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, code / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                code.mkdir(exist_ok=True)
                shutil.copy(source, code / name)
        (code / "sql" / "kpis" / "ended_well.sql").write_text(TEXT, encoding="utf-8")
        return code, code
    folder = tmp_path / "owner"
    (folder / "kpis").mkdir(parents=True)
    (folder / "kpis" / "ended_well.sql").write_text(TEXT, encoding="utf-8")
    return folder, ROOT


def test_one_file_is_enough_for_command_line_reference_view_and_page(
    places: tuple[Path, Path], demo_copy: Path
) -> None:
    folder, code = places
    ran(folder, code, demo_copy, "-m", "collectors", "run", "--demo")
    assert "How many end well?" in ran(folder, code, demo_copy, "-m", "metrics", "list")
    assert "definition 1" in ran(folder, code, demo_copy, "-m", "metrics", "show", "ended_well")
    (value,) = json.loads(ran(folder, code, demo_copy, "-m", "metrics", "run", "ended_well", "--format", "json"))
    assert value["state"] == "ok"
    query = f"""SELECT sum(numerator)::DOUBLE AS k, sum(denominator) AS n FROM kpi_ended_well_v1
        WHERE day >= '{value["from"]}' AND day < '{value["to"]}' AND environment NOT IN ('test', 'synthetic')"""
    (row,) = json.loads(ran(folder, code, demo_copy, "-m", "metrics", "query", query, "--format", "json"))
    assert row["k"] / row["n"] == value["value"]
    if folder == code:
        ran(folder, code, demo_copy, "-m", "metrics", "docs")
        reference = (code / "docs" / "kpis.md").read_text(encoding="utf-8")
    else:
        reference = ran(folder, code, demo_copy, "-m", "metrics", "docs", "--own")
    assert "## ended_well" in reference
    html = ran(code, code, demo_copy, "-c", PAGE)
    assert 'id="ended_well"' in html
    assert "kpi_ended_well_v1" in html
    assert ('data-kpi="ended_well"' in html) == (folder != code)
