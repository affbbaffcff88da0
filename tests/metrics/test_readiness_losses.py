"""Taking evidence away never turns a criterion into a pass: any criterion, whatever is lost of what is known."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.catalogue import catalogue
from metrics.model import Access
from metrics.readiness.criteria import criteria, read_criterion
from metrics.readiness.judge import judge
from metrics.readiness.model import WORST_FIRST, State
from metrics.readiness.score import evidence_of
from tests.metrics.evidence import AGENT, BY_TASK, KPIS, WINDOW, Evidence, good
from tests.metrics.support import store_parts
from tests.metrics.test_readiness import SPOILT

# LOSSES=400 hunts for minutes; a run of the suite tries a few of each.
EXAMPLES = int(os.environ.get("LOSSES", "12"))
# What a record may lack, by table. Each criterion is tried with every column of every table that it reads.
COLUMNS = {
    "tasks": ("business_key", "ended_at", "status", "escalated", "human_touch", "confidence", "end_user_hash",
              "segment", "truth_score", "truth_weight", "verdict", "task_type", "agent_version"),
    "model_calls": ("price_state", "guardrail_action"),
    "guardrail_checks": ("source", "action"),
    "tool_calls": ("status", "duration_ms", "tool_version", "tool_name", "is_retry"),
    "data_calls": ("is_empty", "kind", "resource_id"),
    "data_loads": ("resource", "loaded_at"),
    "escalations": ("reason", "escalated_at"),
    "handovers": ("picked_up_at",),
    "labels": ("score", "rubric", "labelled_at", "inclusion_probability", "good"),
    "agents": ("owner", "trigger", "done_when", "confidence_threshold", "data_max_age_days"),
    "baselines": ("valid_from", "source"),
    "targets": ("target",),
    "reconciliation": ("billed_usd", "gap_usd"),
    "changes": ("changed_at", "change_id"),
    "actions": ("verdict", "change_id"),
    "policy_decisions": ("tool_name",),
}  # fmt: skip
OF_KPI = {
    "completion_rate": ("tasks",),
    "leakage": ("tasks", "agents"),
    "accuracy": ("tasks",),
    "judge_agreement": ("labels",),
    "tool_first_try": ("tool_calls",),
}


def tables_of(criterion: str) -> dict[str, tuple[str, ...]]:
    """The tables that a criterion reads, by itself and through the parts of numbers."""
    text = criteria()[criterion].sql
    named = {table for table in COLUMNS if table in text}
    for kpi, tables in OF_KPI.items():
        named |= set(tables) if f"'{kpi}'" in text else set()
    return {table: COLUMNS[table] for table in sorted(named)}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """The good agent; each example spoils and loses within a transaction that is rolled back."""
    return good(tmp_path_factory.mktemp("good"))


def state_of(evidence: Evidence, criterion: str) -> State:
    """What the evidence says of one criterion."""
    found = criteria()[criterion]
    if "kpi_daily" in found.sql:
        evidence.con.execute("DELETE FROM kpi_daily")
        evidence.con.execute(BY_TASK)
        for kpi in KPIS:
            if f"'{kpi}'" in found.sql:
                store_parts(evidence.con, catalogue()[kpi])
    rows = [row for row in evidence_of(evidence, found, WINDOW, Access.everything()) if row["agent_id"] == AGENT]
    states: list[State] = []
    for part in found.parts:
        own = [judge(part, row, 28, 28).state for row in rows if row["part"] == part.id]
        states += own or ["unknown"]
    return min(states, key=WORST_FIRST.index)


@pytest.mark.parametrize("criterion", sorted(criteria()))
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_criterion_passes_because_something_is_not_told_any_more(
    criterion: str, filled: Evidence, data: st.DataObject
) -> None:
    columns = [(table, column) for table, names in tables_of(criterion).items() for column in ("every row", *names)]
    table, column = data.draw(st.sampled_from(columns), label="lost")
    share = data.draw(st.sampled_from([1, 2, 3, 7, 20]), label="of so many one")
    place = data.draw(st.integers(0, 50), label="which")
    harm = data.draw(st.lists(st.sampled_from(sorted(SPOILT.values())), max_size=3, unique=True), label="spoilt")
    if criterion in SPOILT and data.draw(st.booleans(), label="spoilt itself"):
        harm.append(SPOILT[criterion])
    filled.con.execute("BEGIN")
    try:
        for statement in harm:
            filled.con.execute(statement)
        before = state_of(filled, criterion)
        if column == "every row":
            filled.con.execute(f"DELETE FROM {table}")
        else:
            filled.con.execute(f'UPDATE {table} SET "{column}" = NULL WHERE hash(rowid + {place}) % {share} = 0')
        after = state_of(filled, criterion)
    finally:
        filled.con.execute("ROLLBACK")
    assert not (after == "pass" and before != "pass")


def row(yes: int, no: int, untold: int) -> dict[str, float]:
    """So many known to be so, known not to be, and not told."""
    return {"yes": float(yes), "no": float(no), "n": float(yes + no + untold)}


@given(
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(0, 300),
    st.sampled_from(["census", "interval"]),
    st.sampled_from([">= 0.9", ">= 27/28", "<= 0.02"]),
)
def test_no_count_passes_because_cases_are_not_told_any_more(
    yes: int, no: int, untold: int, lost_yes: int, lost_no: int, method: str, limit: str
) -> None:
    head = "-- label: l\n-- question: q\n-- pillar: 1\n-- star: no\n-- do_next: d\n-- version: 1\n"
    asked = read_criterion("P9.9.sql", f"{head}-- part: x | {method} | {limit} | cases | m\nSELECT 1").parts[0]
    gone = (min(lost_yes, yes), min(lost_no, no))
    before = judge(asked, row(yes, no, untold), 28, 28).state
    after = judge(asked, row(yes - gone[0], no - gone[1], untold + sum(gone)), 28, 28).state
    assert not (after == "pass" and before != "pass")
    assert not (after == "fail" and before == "pass")
