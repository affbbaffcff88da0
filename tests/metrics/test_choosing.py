"""A query that is cut to what was chosen gives the rows of the whole one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from metrics.choosing import cut
from metrics.drill import select_text
from metrics.run import default_period
from sql.published import Published, open_published


def subsets(name: str) -> list[str]:
    """The subsets that a query offers."""
    return re.findall(r"when '(\w+)' then ", select_text(name).partition("case $show")[2])


SHOWS = sorted(subsets("tasks_count"))
FILTERS: tuple[dict[str, object], ...] = (
    {},
    {"tool": "lookup_order", "environments": ["production"]},
    {"search": "a", "versions": ["1", "2"]},
)


@pytest.fixture(scope="module")
def demo(demo_home: Path) -> Iterator[Published]:
    """The published file of the demo account."""
    with closing(open_published(demo_home)) as published:
        yield published


def asked(demo: Published, **chosen: object) -> dict[str, Any]:
    """The parameters of the lists of tasks."""
    start, end = default_period(demo)
    usual = {"agents": None, "versions": None, "environments": None, "from": start, "to": end}
    return {**usual, "search": None, "tool": None, **chosen}


@pytest.mark.parametrize("show", [*SHOWS, "nothing_of_the_kind"])
def test_each_subset_counts_the_same_jobs(demo: Published, show: str) -> None:
    for more in FILTERS:
        values = asked(demo, show=show, **more)
        text = select_text("tasks_count")
        assert demo.rows(*cut(text, values)) == demo.rows(text, values)


@pytest.mark.parametrize("sort", ["slow", "cost", "new"])
def test_each_order_lists_the_same_jobs(demo: Published, sort: str) -> None:
    values = asked(demo, show="timed", sort=sort, limit=30, offset=5)
    text = select_text("tasks")
    found = demo.rows(*cut(text, values))
    assert found == demo.rows(text, values)
    assert len(found) == 30


def test_only_what_was_chosen_is_left(demo: Published) -> None:
    text, values = cut(select_text("tasks"), asked(demo, show="timed", sort="slow", limit=1, offset=0))
    assert "labels" not in text.partition("from tasks")[2]
    assert "tool_calls" not in text.partition("from tasks")[2]
    assert "order by duration_ms desc nulls last, started_at" in text
    assert "show" not in values


def test_both_lists_offer_the_same_subsets() -> None:
    assert subsets("tasks") == subsets("tasks_count")
    assert len(SHOWS) > 20


def test_a_query_without_choices_stays_as_it_is() -> None:
    values = {"trace": "t", "task": "k", "agents": None}
    assert cut(select_text("task_spans"), values) == (select_text("task_spans"), values)


def test_jobs_without_a_cost_come_last_on_the_page_that_reaches_them(demo: Published) -> None:
    values = asked(demo, show="all", sort="cost", search=None, limit=9000, offset=0)
    text = select_text("tasks")
    found = demo.rows(*cut(text, values))
    priced = sum(row["cost_usd"] is not None for row in found)
    assert 0 < priced < len(found) < 9000
    assert all(row["cost_usd"] is None for row in found[priced:])
    page = values | {"limit": 6, "offset": priced - 3}
    assert demo.rows(*cut(text, page)) == demo.rows(text, page) == found[priced - 3 : priced + 3]
