"""Names that one room uses of another are names that the other has."""

from collectors.source import sources
from metrics.catalogue import catalogue
from sql.models import folder


def test_every_source_that_a_kpi_names_is_a_source_of_the_collectors() -> None:
    named = {source for kpi in catalogue().values() for source in kpi.sources}
    assert named
    assert named <= set(sources())


def test_every_mart_that_a_kpi_needs_exists() -> None:
    marts = {model.need("table") for model in folder("marts").values()} | set(folder("by_task"))
    needed = {mart for kpi in catalogue().values() for mart in kpi.needs}
    assert needed
    assert needed <= marts


def test_every_feed_of_a_source_is_a_parse_file() -> None:
    feeds = {feed for source in sources().values() for feed in source.feeds}
    assert feeds <= set(folder("parse"))
