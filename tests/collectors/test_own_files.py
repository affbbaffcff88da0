"""The owner's own folders: named in ledger.toml or found beside it, read whole, and never a reason to stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.accounts import choices, demo_account
from collectors.errors import BadSetting
from collectors.settings import Settings, load, load_file
from sql.config import OwnFile

TARGET = """[[agents]]
id = 'a'
targets = [{ kpi = 'mine', target = 0.9, limit = 'min', from = 2026-01-01 }]
"""


def settings(folder: Path, text: str = "") -> Settings:
    """The settings of a ledger.toml with this text in `folder`."""
    path = folder / "ledger.toml"
    path.write_text(text, encoding="utf-8")
    return load_file(path, folder / "home", choices())


def put(folder: Path, *names: str) -> None:
    """Files with something in them."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(f"-- {name}", encoding="utf-8")


def test_the_usual_folders_beside_the_settings_are_taken(tmp_path: Path) -> None:
    assert settings(tmp_path).tables.own_files == ()
    put(tmp_path / "kpis", "b.sql", "a.sql", "notes.txt")
    put(tmp_path / "rules", "r.sql")
    tables = settings(tmp_path).tables
    assert [(each.kind, each.name) for each in tables.own_files] == [("kpi", "a"), ("kpi", "b"), ("rule", "r")]
    assert tables.org["kpis_folder"] == str(tmp_path / "kpis")


def test_another_folder_can_be_named_from_the_settings_file(tmp_path: Path) -> None:
    put(tmp_path / "sql" / "mine", "a.sql")
    assert settings(tmp_path, "[org]\nkpis = 'sql/mine'").tables.own_files == (OwnFile("kpi", "a", "-- a.sql"),)
    with pytest.raises(BadSetting, match="kpis is 'sql/other'"):
        settings(tmp_path, "[org]\nkpis = 'sql/other'")


def test_a_target_may_name_a_kpi_of_the_owners(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="kpi is 'mine'"):
        settings(tmp_path, TARGET)
    put(tmp_path / "kpis", "mine.sql")
    assert [target.kpi for target in settings(tmp_path, TARGET).tables.targets] == ["mine"]


def test_a_file_that_is_no_text_is_handed_over_with_its_fault(tmp_path: Path) -> None:
    put(tmp_path / "kpis")
    (tmp_path / "kpis" / "odd.sql").write_bytes(b"\xff\xfe\x00")
    (odd,) = settings(tmp_path).tables.own_files
    assert odd.text is None
    assert "odd.sql: it cannot be read" in str(odd.fault)
    assert "Save it as UTF-8" in str(odd.fault)


def test_without_settings_and_on_the_demo_account_the_current_folder_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "kpis", "a.sql")
    monkeypatch.chdir(tmp_path)
    assert [each.name for each in load({}, choices()).tables.own_files] == ["a"]
    _, demo, _ = demo_account()
    assert [each.name for each in demo.tables.own_files] == ["a"]
