"""Looks at the inventory and records in any order, chunks and repetitions build the same tables."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sql.warehouse import Warehouse
from tests.sql.inventory_support import PROFILE, ROLE, configured, endpoint, look, profile, runtime, tagged, version
from tests.sql.support import NOW, invocation, land, rows, warehouse
from tests.sql.test_incremental import snapshot, world
from tests.sql.test_inventory_build import PRICED_CONFIG, tasks

Step = tuple[str, Any]


def steps(seed: int) -> list[Step]:
    """Records of several agents and looks at the account that decide about them, in any order."""
    draw = random.Random(seed)
    tools = "chatty-0123456789"
    looks: list[Step] = [
        ("look", (hours, [runtime(), configured(role=draw.choice([ROLE, "r/x"])), version(hours, hours - 0.5),
                          endpoint(hours, updated=hours - draw.choice([0.2, 30])), runtime(tools, "tools"),
                          configured(tools, draw.choice(["MCP", "HTTP"])), profile(), tagged("p1", agent="helper")]))
        for hours in draw.sample(range(1, 60), 4)
    ]  # fmt: skip
    calls: list[Step] = [("record", invocation(f"by-profile-{n}", model=PROFILE, at=n * 9000.0)) for n in range(3)]
    records: list[Step] = [("record", record) for record in world(seed, size=8)]
    return [*looks, *calls, *records]


def arrive(wh: Warehouse, some: list[Step], start: int) -> None:
    """Land steps in their order of kinds."""
    land(wh, [what for kind, what in some if kind == "record"], start=start)
    for hours, states in [what for kind, what in some if kind == "look"]:
        look(wh, hours, *states, listed=["runtime", "runtime_endpoint"])


def decided(wh: Warehouse) -> dict[str, list[str]]:
    """The tables of the incremental test and those of the inventory."""
    more = {name: sorted(str(row) for row in rows(wh, f"FROM mart.{name}")) for name in ("inventory", "changes")}
    return {**snapshot(wh), **more}


@settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_looks_and_records_in_any_order_build_the_same_tables(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    found = steps(seed)
    with warehouse(tmp_path_factory.mktemp("once"), PRICED_CONFIG) as wh:
        arrive(wh, found, 0)
        wh.build(NOW)
        expected = decided(wh)
    random.Random(seed).shuffle(found)
    with warehouse(tmp_path_factory.mktemp("pieces"), PRICED_CONFIG) as wh:
        for start in range(0, len(found), len(found) // 4 + 1):
            arrive(wh, found[start : start + len(found) // 4 + 1], start)
            wh.build(NOW)
        got = decided(wh)
    assert {name: got[name] for name in expected if got[name] != expected[name]} == {}


def test_the_same_looks_again_decide_nothing_new(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        tasks(wh, 3)
        for hours in (2, 4):
            look(wh, hours, runtime(), configured(role=ROLE), endpoint(1, updated=1), profile())
            wh.build(NOW)
        report = wh.build(NOW)
        assert not report.did_something
        look(wh, 6, runtime(), configured(role=ROLE), endpoint(1, updated=1), profile())
        assert wh.build(NOW).traces == 0
