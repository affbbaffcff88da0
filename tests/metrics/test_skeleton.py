"""python -m metrics new: the file it writes keeps the contract as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrics import __main__ as cli
from metrics.skeleton import KINDS, Wanted, text_of
from sql.contract import as_file, violations


@pytest.fixture
def own(demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An owner's folder, not made yet, in a home with the demo account published."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "published").symlink_to(demo_home / "published")
    monkeypatch.setenv("LEDGER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "kpis"


def test_a_new_kpi_of_every_kind_passes_the_check_at_once(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in KINDS:
        assert cli.main(["new", f"my_{kind}", "--kind", kind]) == 0
    assert sorted(path.stem for path in own.glob("*.sql")) == sorted(f"my_{kind}" for kind in KINDS)
    capsys.readouterr()
    code = cli.main(["check", *(f"my_{kind}" for kind in KINDS)])
    assert (code, capsys.readouterr().out) == (0, "6 files, 0 violations.\n")


def test_unit_question_and_folder_are_as_asked_for(tmp_path: Path) -> None:
    arguments = ["--kind", "sum", "--unit", "tokens", "--question", "How much?", "--folder", str(tmp_path / "mine")]
    assert cli.main(["new", "used_up", *arguments]) == 0
    text = (tmp_path / "mine" / "used_up.sql").read_text(encoding="utf-8")
    assert "-- unit: tokens\n" in text
    assert "-- question: How much?\n" in text


def test_a_file_that_exists_stays_as_it_is(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own.mkdir()
    (own / "mine.sql").write_text("precious", encoding="utf-8")
    assert cli.main(["new", "mine"]) == 2
    assert "exists and stays as it is" in capsys.readouterr().err
    assert (own / "mine.sql").read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("kpi", ["Mine", "9lives", "a", "with space", "../up", "x" * 41])
def test_a_bad_id_is_refused(own: Path, capsys: pytest.CaptureFixture[str], kpi: str) -> None:
    assert cli.main(["new", kpi]) == 2
    assert "is no id: take 2 to 40 small letters" in capsys.readouterr().err
    assert not own.exists()


def test_an_id_of_ours_is_refused(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new", "success_rate"]) == 2
    assert "success_rate is a KPI of Agent Ledger" in capsys.readouterr().err
    assert not own.exists()


def test_what_is_written_keeps_the_contract_without_any_data() -> None:
    assert [violations(as_file("mine.sql", text_of("mine", Wanted(kind=kind)))) for kind in KINDS] == [[]] * len(KINDS)
