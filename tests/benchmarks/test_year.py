"""A few weeks of the year in which nobody looks after the ledger; `make year` goes through all of it."""

from benchmarks.year import Plan, lines, lived


def test_some_weeks_with_outages_late_records_retention_and_changes_leave_the_tables_of_an_undisturbed_run() -> None:
    plan = Plan(days=30, passes=1, tasks=6, spans_days=14)
    year = lived(plan)
    assert year.faults == []
    assert len(year.sealed) >= 10
    assert year.rebuilt == 2, "the first build, and the one after the settings changed"
    assert len(year.passes) < plan.days, "there were outages"
    assert "sealed" in "\n".join(lines(plan, year))
