"""The table [retention] of ledger.toml: how long each class of data is kept."""

from __future__ import annotations

from collectors.toml import Section
from sql.retention import Retention

FOREVER = "forever"
# At least so long: figures look back four weeks and compare with the four before; charges are summed by the month.
LEAST = {"spans_days": 60, "readings_days": 60, "rejects_days": 1, "runs_days": 62}
MOST, MOST_FILES = 3_650, 100


def read_retention(section: Section) -> Retention:
    """What the owner says, else the defaults. Raises BadSetting."""
    usual = Retention()
    days = {key: _days(section, key, least, getattr(usual, key)) for key, least in LEAST.items()}
    files = section.number("published_files", 2, MOST_FILES)
    section.done()
    return Retention(**days, published_files=usual.published_files if files is None else int(files))


def _days(section: Section, key: str, least: int, usual: int | None) -> int | None:
    if section.values.get(key) == FOREVER:
        return None if section.text(key) else usual
    days = section.number(key, least, MOST)
    return usual if days is None else int(days)
