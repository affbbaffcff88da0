"""The evidence of the criteria is read once for a published file, kept beside it, and the same for every viewer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from metrics.model import Access
from metrics.readiness import evidence
from metrics.readiness.score import scorecards
from sql import beside
from sql.published import Published, open_published
from tests.metrics.cycle import altered


@pytest.fixture
def home(cycle_home: Path, tmp_path: Path) -> Path:
    """A home of its own with a copy of the account's file."""
    with altered(cycle_home, tmp_path):
        pass
    return tmp_path


@pytest.fixture
def published(home: Path) -> Iterator[Published]:
    with closing(open_published(home)) as found:
        yield found


def test_cards_made_of_kept_evidence_are_those_made_of_the_file(home: Path, published: Published) -> None:
    evidence.refresh(home)
    kept = evidence.load(home, published)
    assert kept is not None
    for access in (Access.everything(), Access.only(scorecards(published, Access.everything())[0].agent_id)):
        assert scorecards(published, access, evidence=kept) == scorecards(published, access)


def test_it_is_read_once(home: Path, published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    first = evidence.keep(home, published)

    def again(_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(evidence, "everything", again)
    assert evidence.keep(home, published) == first
    evidence.refresh(home)


def test_evidence_of_another_file_or_of_other_criteria_is_not_used(
    home: Path, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence.keep(home, published)
    monkeypatch.setattr(evidence, "window_sql", lambda: "another")
    assert evidence.load(home, published) is None
    monkeypatch.undo()
    beside.write(home, "readiness", "20990101T1", {"format": evidence.FORMAT})
    assert evidence.load(home, published) is None


def test_a_home_that_cannot_be_written_to_still_has_cards(
    home: Path, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "write_json", _refuse)
    assert evidence.keep(home, published)
    assert beside.kept(home, "readiness") == []


def _refuse(*_: object) -> None:
    raise OSError("read-only")
