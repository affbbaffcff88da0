"""The filter and the URL say the same thing, whatever the URL holds."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import FilterState, Window, href, keep_known, read

COMPLETE_TO = date(2026, 11, 23)
NAMES = st.lists(st.text(min_size=1, max_size=12), max_size=3, unique=True).map(tuple)


def as_query(state: FilterState) -> dict[str, list[str]]:
    """Return a filter's parameters the way a browser hands them back."""
    return {name: [value] if isinstance(value, str) else value for name, value in state.params().items()}


@given(
    period=st.sampled_from(["7d", "28d", "quarter"]),
    compare=st.sampled_from(["previous", "year"]),
    agents=NAMES,
    versions=NAMES,
    environments=NAMES,
)
def test_a_filter_survives_the_way_through_the_url(
    period: str, compare: str, agents: tuple[str, ...], versions: tuple[str, ...], environments: tuple[str, ...]
) -> None:
    state = FilterState(period, compare, None, None, agents, versions, environments)  # type: ignore[arg-type]
    assert read(as_query(state)) == (state, [])


def test_a_link_keeps_slashes_and_spaces_in_an_agent_id() -> None:
    link = href("agent", FilterState(agents=("111122223333/eu-west-1/my agent",)), task="a&b")
    assert parse_qs(link.split("?")[1]) == {"agent": ["111122223333/eu-west-1/my agent"], "task": ["a&b"]}


def test_a_custom_period_holds_both_of_its_days() -> None:
    state, notes = read({"period": ["custom"], "from": ["2026-10-01"], "to": ["2026-10-03"]})
    assert (state.window(COMPLETE_TO), notes) == (Window(date(2026, 10, 1), date(2026, 10, 4)), [])


def test_presets_end_with_the_last_complete_day() -> None:
    assert FilterState("28d").window(COMPLETE_TO) == Window(date(2026, 10, 26), COMPLETE_TO)
    assert FilterState("quarter").window(COMPLETE_TO).days == 91


def test_the_period_before_ends_where_this_one_begins_and_a_year_ago_has_the_same_weekdays() -> None:
    now = FilterState("28d").window(COMPLETE_TO)
    assert FilterState("28d").before(now) == Window(date(2026, 9, 28), date(2026, 10, 26))
    ago = FilterState("28d", "year").before(now)
    assert (ago.start.weekday(), ago.days) == (now.start.weekday(), 28)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"nonsense": ["1"]}, "nonsense"),
        ({"period": ["90y"]}, "period=90y"),
        ({"compare": ["mars"]}, "compare=mars"),
        ({"period": ["custom"]}, "needs from and to"),
        ({"period": ["custom"], "from": ["2026-10-03"], "to": ["2026-10-01"]}, "runs forward"),
        ({"period": ["custom"], "from": ["1000-01-01"], "to": ["2026-10-01"]}, "at most"),
    ],
)
def test_what_the_url_cannot_mean_gives_a_note_and_the_default(query: dict[str, list[str]], said: str) -> None:
    state, notes = read(query)
    assert state == FilterState()
    assert [said in note for note in notes] == [True]


def test_a_name_outside_the_viewers_choice_is_left_out_with_a_note() -> None:
    state, notes = keep_known(FilterState(agents=("mine", "theirs")), ["mine"], [], [])
    assert (state.agents, len(notes)) == (("mine",), 1)
