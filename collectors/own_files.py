"""The owner's own SQL: KPIs and rules, each a file of a folder beside ledger.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from collectors.toml import Section
from sql.config import OwnFile

Kind = Literal["kpi", "rule"]
# The setting of [org] that names the folder, and the folder that is taken without it.
FOLDERS: dict[str, Kind] = {"kpis": "kpi", "rules": "rule"}


def own_folders(org: Section, beside: Path) -> dict[str, Path]:
    """The folders that [org] names, and those beside the settings that have the usual name. Raises BadSetting."""
    found = {}
    for setting in FOLDERS:
        named = org.text(setting)
        folder = beside / (named or setting)
        if folder.is_dir():
            found[setting] = folder.resolve()
        elif named:
            raise org.bad(setting, named, f"a folder that exists; {folder} does not")
    return found


def read_own(folders: dict[str, Path]) -> tuple[OwnFile, ...]:
    """Every SQL file of the folders, in name order; one that cannot be read says why."""
    return tuple(
        _read(FOLDERS[setting], path) for setting, folder in folders.items() for path in sorted(folder.glob("*.sql"))
    )


def _read(kind: Kind, path: Path) -> OwnFile:
    try:
        return OwnFile(kind, path.stem, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return OwnFile(kind, path.stem, None, f"{path.name}: it cannot be read ({error}). Save it as UTF-8 text.")
