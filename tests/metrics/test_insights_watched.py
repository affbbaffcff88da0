"""Every KPI is watched, or says why not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from metrics import reference
from metrics.catalogue import catalogue
from metrics.insights import watched
from metrics.insights.watched import BY_KIND, KIND_REASONS, NOTES, OTHERWISE, PART_OF, REASONS, way_of, why_not
from sql.contract import CHOICES


@pytest.mark.parametrize("kpi", catalogue().values(), ids=lambda kpi: kpi.id)
def test_a_kpi_of_ours_is_watched_or_gives_a_reason_of_its_own(kpi: watched.Kpi) -> None:
    assert (way_of(kpi) is None) == (kpi.id in REASONS), f"{kpi.id}: name a way, or a reason, in watched.py"
    assert f"| `{kpi.id}` |" in watched.table([kpi])


def test_what_is_said_of_a_kpi_is_said_of_one_that_exists() -> None:
    assert {*REASONS, *OTHERWISE, *PART_OF, *NOTES} <= {*catalogue()}
    assert not {*REASONS} & {*OTHERWISE, *PART_OF, *NOTES}
    assert all(way_of(catalogue()[whole]) not in (None, "part") for whole, _ in PART_OF.values())


def test_a_reason_that_names_a_watched_number_names_one_that_is() -> None:
    for kpi, reason in REASONS.items():
        for named in re.findall(r"`(\w+)`", reason):
            assert way_of(catalogue()[named]) or named in REASONS, f"{kpi}: {named}"
        assert "watched" in reason or "Insights & actions" in reason, kpi


@pytest.mark.parametrize("kind", sorted(CHOICES["kind"]))
def test_a_kpi_of_ones_own_is_watched_by_its_kind_or_its_kind_says_why_not(kind: str) -> None:
    own = replace(catalogue()["success_rate"], id="refund_rate", kind=kind, own=True)
    assert way_of(own) == BY_KIND.get(kind)
    assert why_not(own) == KIND_REASONS.get(kind)
    assert (way_of(own) is None) != (why_not(own) is None)


def test_a_page_that_has_lost_its_marks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "insights.md"
    page.write_text("# Insights\n", encoding="utf-8")
    monkeypatch.setattr(reference, "INSIGHTS", page)
    with pytest.raises(ValueError, match="needs each of these lines once"):
        reference.pages()
