"""The page of the sources: every source, in its own words, with all that it needs."""

from datetime import timedelta

import pytest

from collectors.reference import page, section, span
from collectors.source import sources


@pytest.mark.parametrize("key", list(sources()))
def test_a_source_says_what_it_reads_feeds_costs_and_needs(key: str) -> None:
    source = sources()[key]
    text = section(source)
    assert all(sentence in text for sentence in vars(source.about).values())
    assert all(f"`{action}`" in text for grant in source.actions for action in grant.actions)
    assert all(f"`{option.name}`" in text for option in source.options)


@pytest.mark.parametrize("key", list(sources()))
def test_its_sentences_end_like_sentences(key: str) -> None:
    wrong = {name: text for name, text in vars(sources()[key].about).items() if not text.endswith((".", ")"))}
    assert wrong == {}


def test_the_page_lists_every_source_once_with_a_link() -> None:
    text = page(sources().values())
    assert [text.count(f"\n## {key}\n") for key in sources()] == [1] * len(sources())
    assert all(f"[{key}](#{key})" in text for key in sources())


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(days=14), "14 days"),
        (timedelta(seconds=45), "45 seconds"),
        (timedelta(0), "0 seconds"),
    ],
)
def test_a_duration_is_said_in_its_largest_whole_unit(length: timedelta, words: str) -> None:
    assert span(length) == words
