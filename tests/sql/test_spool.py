"""A spool lies in memory where there is room for it, holds each record in one line, and leaves nothing behind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sql import spool as spools
from sql.spool import ROOM_BYTES, Spool


class Usage(NamedTuple):
    """What the system says of a file system."""

    total: int
    used: int
    free: int


def folder_with(monkeypatch: pytest.MonkeyPatch, memory: Path, free: int) -> Path:
    """The folder of a spool where the memory-backed space has so many bytes free."""
    monkeypatch.setattr(spools, "MEMORY", memory)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free, 0, free))
    with Spool() as spool:
        return spool.path.parent


def added(spool: Spool, record: str, number: int = 0) -> None:
    spool.add(record, at_ms=number, ingested_ms=None, event_id=f"e{number}", group="g")


def read(spool: Spool) -> list[dict[str, Any]]:
    return [json.loads(line) for line in spool.flush().read_text(encoding="utf-8").splitlines()]


def test_it_lies_in_memory_only_where_a_batch_fits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert folder_with(monkeypatch, tmp_path, ROOM_BYTES).parent == tmp_path
    assert folder_with(monkeypatch, tmp_path, 64 * 1024 * 1024).parent != tmp_path, "what a container gets by default"


def test_each_record_is_one_line_with_what_is_known_of_it() -> None:
    with Spool() as spool:
        added(spool, '{"a":\n "é"}', 1)
        spool.add('{"b":2}', at_ms=None, ingested_ms=7, event_id='"', group="a/b")
        assert read(spool) == [
            {"t": 1, "i": None, "e": "e1", "g": "g", "m": {"a": "é"}},
            {"t": None, "i": 7, "e": '"', "g": "a/b", "m": {"b": 2}},
        ]


def test_half_a_pair_of_surrogates_does_not_stop_the_batch() -> None:
    with Spool() as spool:
        added(spool, '{"cut":"\ud83d"}')
        added(spool, '{"whole":"\U0001f600"}', 1)
        assert [each["m"] for each in read(spool)] == [{"cut": "?"}, {"whole": "\U0001f600"}]


def test_a_cleared_spool_holds_only_what_comes_after(tmp_path: Path) -> None:
    with Spool() as spool:
        for number in range(1000):
            added(spool, '{"long":"' + "x" * 100 + '"}', number)
        assert len(read(spool)) == spool.events == 1000
        spool.clear()
        added(spool, '{"short":1}', 5)
        assert [each["e"] for each in read(spool)] == ["e5"]
        added(spool, '{"short":2}', 6)
        assert [each["e"] for each in read(spool)] == ["e5", "e6"]


def test_nothing_is_left_behind() -> None:
    with Spool() as spool:
        added(spool, '{"a":1}')
        folder = spool.flush().parent
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
