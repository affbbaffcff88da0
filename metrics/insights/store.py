"""The insights kept beside the published file: read at once, worked out anew where a newer file was published."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from metrics.insights.model import Report
from metrics.insights.plain import from_plain, to_plain
from metrics.insights.report import report
from sql import beside
from sql.published import newest_version, open_published


def load(home: Path) -> Report | None:
    """The newest insights there are, be they of the newest published file or of one before; None without any.

    `report.published` is the version of the file they are of.
    """
    found = beside.newest(home, "insights")
    return None if found is None else from_plain(found[1])


def is_current(home: Path, report: Report | None) -> bool:
    """Whether a report is of the newest published file."""
    return report is not None and report.published == newest_version(home)


def refresh(home: Path) -> Report:
    """The insights of the newest published file, worked out unless they are kept already, and kept.

    Raises NotPublished, OlderPublished or HomeNotWritable.
    """
    kept = load(home)
    if kept is not None and is_current(home, kept):
        return kept
    made = work_out(home, kept)
    save(home, made)
    return made


def work_out(home: Path, kept: Report | None = None) -> Report:
    """The insights of the newest published file, not kept. Raises NotPublished or OlderPublished."""
    with closing(open_published(home)) as published:
        return report(published, kept)


def save(home: Path, report: Report) -> Path:
    """Keep a report. Raises HomeNotWritable."""
    return beside.write(home, "insights", report.published, to_plain(report))
