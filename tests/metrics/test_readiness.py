"""Readiness: criteria judged from evidence, ranges for scores, one blocker, nothing gained by losing evidence."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import pytest

from metrics import stats
from metrics.readiness.criteria import CriterionError, Part, criteria, read_criterion
from metrics.readiness.judge import fewest_to_pass, judge, progress
from metrics.readiness.model import Scorecard
from metrics.readiness.score import waiver_record
from tests.metrics.evidence import AGENT, Evidence, good, in_memory


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the good agent."""
    made = good(tmp_path_factory.mktemp("good"))
    path = tmp_path_factory.mktemp("filled") / "good.duckdb"
    made.con.execute(f"ATTACH '{path}' AS kept")
    made.con.execute("COPY FROM DATABASE memory TO kept")
    made.con.execute("DETACH kept")
    return path


@pytest.fixture
def evidence(filled: Path) -> Evidence:
    """The good agent, to be spoilt."""
    copy = Evidence.__new__(Evidence)
    copy.over(in_memory(filled))
    return copy


def states(card: Scorecard) -> dict[str, str]:
    return {each.criterion.id: each.state for each in card.findings}


def part(text: str) -> Part:
    head = "-- label: l\n-- question: q\n-- pillar: 1\n-- star: no\n-- do_next: d\n-- version: 1\n"
    return read_criterion("P9.9.sql", f"{head}-- part: {text}\nSELECT 1").parts[0]


def test_the_criteria_and_their_stars_are_those_of_the_specification(shared: Path) -> None:
    text = (shared / "kpis" / "kpis.md").read_text(encoding="utf-8")
    wanted = {name: bool(star) for name, star in re.findall(r"^\|(P\d\.\d)(★?)\|", text, re.MULTILINE)}
    assert len(wanted) == 25
    assert {name: each.star for name, each in criteria().items()} == wanted


def test_an_agent_with_two_hundred_good_tasks_passes_every_criterion(evidence: Evidence) -> None:
    card = evidence.card()
    assert set(states(card).values()) == {"pass"}
    assert (card.badge, card.blocker) == ("ready", None)
    assert [(pillar.low, pillar.high) for pillar in card.pillars] == [(1, 1)] * 4


def test_an_agent_of_which_nothing_is_known_scores_from_none_to_all(evidence: Evidence) -> None:
    evidence.run("DELETE FROM agents WHERE agent_id <> 'unattributed'")
    evidence.add("agents", {"agent_id": "silent", "agent_name": "Silent", "declared": False})
    card = evidence.card()
    assert set(states(card).values()) == {"unknown"}
    assert [(pillar.low, pillar.high, pillar.badge) for pillar in card.pillars] == [(0, 1, "not_assessed")] * 4
    assert card.badge == "not_assessed"


def test_twenty_of_twenty_is_not_enough_for_ninety_five_percent_and_73_would_be() -> None:
    asked = part("x | interval | >= 0.95 | worked | m")
    found = judge(asked, {"yes": 20, "n": 20}, 28, 28)
    limits = stats.wilson(20, 20)
    assert limits is not None
    assert round(limits.lo, 3) == 0.839
    assert (found.state, found.needed) == ("insufficient", 73)
    assert "20 of 73" in found.text
    assert judge(asked, {"yes": 73, "n": 73}, 28, 28).state == "pass"
    assert judge(asked, {"yes": 72, "n": 72}, 28, 28).state == "insufficient"


def test_progress_says_how_many_days_are_left_or_that_the_pace_is_too_slow() -> None:
    assert progress(34, 50, 14, 28) == " 34 of 50, about 7 days at this pace."
    assert progress(34, 50, 28, 28) == " 34 of 50; at this pace 28 days hold about 34: more are needed a day."
    assert progress(0, 50, 28, 28) == " 0 of 50."


@pytest.mark.parametrize("tasks", [200, 1_000, 50_000, 1_000_000])
def test_every_gate_can_be_reached_at_every_volume(tasks: int) -> None:
    out_of_reach = {}
    for name, criterion in criteria().items():
        for each in criterion.parts:
            needed = fewest_to_pass(each, 1.0)
            if needed is None or needed > tasks:
                out_of_reach[name, each.id] = needed
    assert out_of_reach == {}


def test_no_event_in_few_cases_shows_its_interval_and_passes_nothing(evidence: Evidence) -> None:
    evidence.run("DELETE FROM tool_calls WHERE substr(task_id, 2)::INTEGER >= 50")
    finding = evidence.finding("P2.4")
    assert finding.state == "insufficient"
    assert "0 of 50" in finding.decisive.text
    assert "7.1" in finding.decisive.text


def test_a_census_needs_thirty_cases_and_then_compares_the_value_itself(evidence: Evidence) -> None:
    evidence.run("UPDATE tasks SET confidence = NULL WHERE task_id IN ('t1', 't2', 't3')")
    assert evidence.finding("P3.3").state == "pass"
    evidence.run("DELETE FROM tasks WHERE task_id LIKE 't%' AND substr(task_id, 2)::INTEGER >= 29")
    assert evidence.finding("P3.3").state == "insufficient"


def test_one_model_without_a_price_spoils_only_the_cost(evidence: Evidence) -> None:
    before = states(evidence.card())
    evidence.run("UPDATE model_calls SET price_state = 'unpriced' WHERE call_id IN ('t1', 't2', 't3', 't4')")
    after = states(evidence.card())
    assert {name for name in after if after[name] != before[name]} == {"P4.1"}
    assert after["P4.1"] == "fail"


SPOILT = {
    "P1.1": "UPDATE tasks SET business_key = NULL WHERE task_id IN ('t1', 't2', 't3', 't4', 't5')",
    "P1.2": "UPDATE tasks SET ended_at = NULL, status = 'abandoned' WHERE task_id IN ('t1', 't2', 't3', 't5', 't6')",
    "P1.3": "UPDATE agents SET owner = NULL",
    "P1.4": "UPDATE labels SET score = 0 WHERE rubric = 'correct' AND kind = 'human' AND hash(task_id) % 2 = 0",
    "P1.5": "UPDATE tasks SET ended_at = NULL WHERE task_type LIKE 'rare%' AND hash(task_id) % 2 = 0",
    "P1.6": "UPDATE tasks SET business_key = 'k' || (substr(task_id, 2)::INTEGER // 2) WHERE environment = 'prod'",
    "P2.1": "UPDATE tool_calls SET status = 'error' WHERE substr(task_id, 2)::INTEGER % 8 = 0",
    "P2.2": "UPDATE tool_calls SET duration_ms = 2000 WHERE substr(task_id, 2)::INTEGER % 8 = 0",
    "P2.3": "UPDATE tool_calls SET status = 'denied' WHERE task_id IN ('t1', 't2', 't3')",
    "P2.4": "UPDATE tool_calls SET status = 'invalid_args' WHERE substr(task_id, 2)::INTEGER % 10 = 0",
    "P2.5": "UPDATE data_calls SET is_empty = true WHERE substr(task_id, 2)::INTEGER % 8 = 0",
    "P2.6": "UPDATE tool_calls SET tool_version = NULL WHERE substr(task_id, 2)::INTEGER % 8 = 0",
    "P3.1": "DELETE FROM guardrail_checks WHERE source = 'output' AND call_id IN ('t1', 't2', 't3')",
    "P3.2": "UPDATE model_calls SET guardrail_action = 'none' WHERE call_id IN ('canary3', 'canary4')",
    "P3.3": "UPDATE tasks SET confidence = NULL WHERE substr(task_id, 2)::INTEGER % 8 = 0 AND environment = 'prod'",
    "P3.4": "UPDATE tasks SET escalated = false, verdict = 'success' WHERE task_id = 't4'",
    "P3.5": "UPDATE tasks SET truth_score = 0 WHERE substr(task_id, 2)::INTEGER % 7 = 1 AND environment = 'prod'",
    "P3.6": "UPDATE escalations SET reason = NULL WHERE task_id IN ('t0', 't4')",
    "P3.7": "UPDATE tasks SET human_touch = false WHERE task_id = 't4'",
    "P4.1": "UPDATE reconciliation SET gap_usd = 2",
    "P4.3": "UPDATE labels SET good = 1 - good WHERE kind = 'judge' AND hash(task_id) % 2 = 0",
    "P4.4": "UPDATE baselines SET valid_from = DATE '2026-01-01'",
    "P4.5": "UPDATE actions SET verdict = NULL",
    "P4.6": "UPDATE labels SET labelled_at = labelled_at + INTERVAL 20 DAY",
}


@pytest.mark.parametrize("criterion", SPOILT)
def test_a_criterion_fails_where_its_evidence_says_so(criterion: str, evidence: Evidence) -> None:
    evidence.run(SPOILT[criterion])
    finding = evidence.finding(criterion)
    assert finding.state == "fail", [each.text for each in finding.judged]
    assert finding.do_next == finding.criterion.do_next


UNFOLLOWED = "UPDATE handovers SET picked_up_at = NULL, followed = false"
PICKED_UP = {
    "as it is": ("", "pass"),
    "late": (
        "UPDATE handovers SET picked_up_at = handed_over_at + INTERVAL 25 HOUR WHERE hash(task_id) % 2 = 0",
        "fail",
    ),
    "never": ("UPDATE handovers SET picked_up_at = NULL", "fail"),
    "dropped": ("UPDATE handovers SET picked_up_at = NULL, dropped_at = handed_over_at", "fail"),
    "not followed, but reviewed within hours": (UNFOLLOWED, "pass"),
    "not followed and not reviewed": (
        f"{UNFOLLOWED}; DELETE FROM labels WHERE rubric = 'escalation.needed'",
        "unknown",
    ),
}


@pytest.mark.parametrize("case", PICKED_UP)
def test_a_hand_over_counts_as_taken_by_what_is_recorded(case: str, evidence: Evidence) -> None:
    change, state = PICKED_UP[case]
    evidence.run(*filter(None, change.split("; ")))
    (found,) = [each for each in evidence.finding("P3.6").judged if each.part == "pickup"]
    assert found.state == state, found.text


def freshness(evidence: Evidence) -> dict[str, tuple[str, str]]:
    """State and text of the age of each resource."""
    return {each.slice: (each.state, each.text) for each in evidence.finding("P2.5").judged if each.part == "fresh"}


def test_data_that_is_older_than_declared_fails_and_undeclared_or_unreported_it_is_not_recorded(
    evidence: Evidence,
) -> None:
    assert freshness(evidence) == {"kb-1": ("pass", "kb-1: 2.9 days since the data was last loaded; at most 7.")}
    evidence.run("UPDATE data_loads SET loaded_at = loaded_at - INTERVAL 5 DAY")
    assert freshness(evidence)["kb-1"][0] == "fail"
    evidence.run("UPDATE agents SET data_max_age_days = 30")
    assert freshness(evidence)["kb-1"][0] == "pass"
    evidence.run("DELETE FROM data_loads")
    assert [state for state, _ in freshness(evidence).values()] == ["unknown"]
    assert "`load`" in evidence.finding("P2.5").do_next
    evidence.run("UPDATE agents SET data_max_age_days = NULL")
    assert [state for state, _ in freshness(evidence).values()] == ["unknown"]


def test_each_resource_that_is_looked_up_needs_a_load_of_its_own(evidence: Evidence) -> None:
    evidence.run("UPDATE data_calls SET resource_id = 'kb-2' WHERE substr(task_id, 2)::INTEGER % 2 = 0")
    assert {name: state for name, (state, _) in freshness(evidence).items()} == {"kb-1": "pass", "kb-2": "unknown"}
    old = {"load_id": "m", "agent_id": None, "resource": "kb-2", "loaded_at": datetime(2026, 11, 1)}
    evidence.add("data_loads", old)
    evidence.write()
    assert {name: state for name, (state, _) in freshness(evidence).items()} == {"kb-1": "pass", "kb-2": "fail"}
    evidence.run("UPDATE data_calls SET resource_id = NULL WHERE substr(task_id, 2)::INTEGER % 3 = 0")
    assert freshness(evidence)[""][0] == "fail", "one without a name is as old as the oldest"
    evidence.run("UPDATE data_loads SET resource = NULL WHERE resource = 'kb-2'")
    assert freshness(evidence)["kb-2"][0] == "unknown", "a load of no known resource is not taken for this one's"


def test_an_action_answers_for_the_change_that_is_linked_to_it_and_for_no_other(evidence: Evidence) -> None:
    assert evidence.finding("P4.5").state == "pass"
    other = {"change_id": "d", "agent_id": AGENT, "changed_at": datetime(2026, 10, 1, 15), "kind": "prompt"}
    evidence.add("changes", other)
    evidence.write()
    (judged,) = evidence.finding("P4.5").judged
    assert (judged.state, judged.row["yes"], judged.row["n"]) == ("fail", 1, 2), "of the same agent, on the same day"


def test_first_tries_are_those_of_the_number_on_the_page(evidence: Evidence) -> None:
    evidence.run(
        "UPDATE tool_calls SET status = 'error' WHERE substr(task_id, 2)::INTEGER % 8 = 0",
        "UPDATE tool_calls SET is_retry = true WHERE substr(task_id, 2)::INTEGER % 8 = 1",
        "UPDATE tool_calls SET is_retry = NULL WHERE substr(task_id, 2)::INTEGER % 8 = 2",
    )
    (judged,) = evidence.finding("P2.1").judged
    parts = evidence.rows("SELECT * FROM kpi_daily WHERE kpi = 'tool_first_try' AND slice = 'lookup'")
    assert judged.row["yes"] == sum(row["numerator"] for row in parts) == 125
    assert judged.row["n"] == sum(row["eligible"] for row in parts) == 175
    assert judged.row["yes"] + judged.row["no"] == sum(row["denominator"] for row in parts) == 150


def test_accuracy_known_too_loosely_says_how_many_answers_it_needs(evidence: Evidence) -> None:
    evidence.run(
        "UPDATE tasks SET truth_weight = NULL WHERE substr(task_id, 2)::INTEGER >= 60 AND environment = 'prod'",
        "UPDATE tasks SET truth_score = 0 WHERE substr(task_id, 2)::INTEGER % 2 = 0 AND environment = 'prod'",
    )
    finding = evidence.finding("P4.2")
    assert finding.state == "insufficient"
    assert finding.decisive.needed is not None
    assert finding.decisive.needed > 45
    assert f"of {finding.decisive.needed}" in finding.decisive.text


@pytest.mark.parametrize(("right", "n"), [(59, 59), (58, 59), (90, 93), (91, 93), (140, 155), (200, 205)])
def test_a_threshold_is_certified_where_learn_then_test_proves_it(right: int, n: int) -> None:
    found = judge(part("x | certified | | right | m"), {"yes": right, "n": n, "target": 0.95}, 28, 28)
    proven = stats.threshold_fixed_sequence([0.6], [(right, n)], 0.95).chosen is not None
    assert (found.state == "pass") == proven
    if found.needed is not None:
        grown = (found.needed - (n - right), found.needed)
        assert stats.threshold_fixed_sequence([0.6], [grown], 0.95).chosen is not None


def lower_ends(card: Scorecard) -> list[int]:
    return [pillar.passed for pillar in card.pillars]


def waiver(criterion: str, until: date, event: str, reason: str = "starts next month") -> dict[str, str]:
    return waiver_record(AGENT, criterion, until, reason, "AP lead") | {"event_id": event, "timestamp": event}


def test_a_waiver_shows_who_until_when_and_why_and_changes_no_score(evidence: Evidence) -> None:
    evidence.run(SPOILT["P3.2"])
    before = evidence.card()
    after = evidence.card(entered=[waiver("P3.2", date(2026, 12, 31), "1")])
    finding = next(each for each in after.findings if each.criterion.id == "P3.2")
    assert (finding.state, finding.evidence_state) == ("waived", "fail")
    assert finding.waiver is not None
    assert (finding.waiver.waived_by, finding.waiver.until, finding.waiver.reason) == (
        "AP lead", date(2026, 12, 31), "starts next month",
    )  # fmt: skip
    assert lower_ends(after) == lower_ends(before)
    assert after.badge == "not_ready"


def test_a_waiver_ends_with_its_day_and_the_latest_entry_holds(evidence: Evidence) -> None:
    evidence.run(SPOILT["P3.2"])
    one = waiver("P3.2", date(2026, 11, 23), "1")
    assert evidence.finding("P3.2", entered=[one]).state == "waived"
    assert evidence.finding("P3.2", entered=[one], today=date(2026, 11, 24)).state == "fail"
    assert evidence.finding("P3.2", entered=[one, waiver("P3.2", date(2026, 11, 22), "2")]).state == "fail"
    landed = {"waiver_id": "3", "agent_id": AGENT, "criterion": "P3.2", "until_day": date(2026, 12, 1), "reason": "r",
              "waived_by": "b", "entered_at": None}  # fmt: skip
    evidence.add("waivers", landed)
    assert evidence.finding("P3.2").state == "waived"


def test_one_blocker_is_named_a_failing_star_before_all_else(evidence: Evidence) -> None:
    evidence.run(SPOILT["P2.6"], SPOILT["P3.3"], "DELETE FROM reconciliation")
    blocker = evidence.card().blocker
    assert blocker is not None
    assert blocker.criterion.id == "P3.3"
    assert evidence.card().badge == "not_ready"


def test_an_agent_may_be_ready_although_one_criterion_without_a_star_is_open(evidence: Evidence) -> None:
    evidence.run(SPOILT["P2.6"])
    card = evidence.card()
    assert (card.badge, card.blocker) == ("ready", None)
    assert card.pillars[1].low == pytest.approx(5 / 6)
    evidence.run(SPOILT["P2.4"])
    two = evidence.card()
    assert two.badge == "not_ready"
    assert two.blocker is not None
    assert two.blocker.criterion.pillar == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x | felt | >= 1 | w | m", "method is one of"),
        ("x | census | about 1 | w | m", "is not"),
        ("x | census | >= 1 | w", "is not"),
    ],
)
def test_a_criterion_file_that_breaks_the_contract_is_named(text: str, said: str) -> None:
    with pytest.raises(CriterionError, match=said):
        part(text)


@pytest.mark.parametrize(("criterion", "part_id"), [("P1.4", "agreed"), ("P4.2", "known")])
def test_equal_weights_count_as_whole_answers_in_whatever_order_they_are_summed(
    evidence: Evidence, criterion: str, part_id: str
) -> None:
    evidence.run("UPDATE labels SET inclusion_probability = 0.7", "UPDATE tasks SET truth_weight = 1 / 0.7")
    (judged,) = [each for each in evidence.finding(criterion).judged if each.part == part_id]
    yes, n = judged.row["yes"], judged.row["n"]
    assert (yes, n) == (round(yes), round(n)), "13.999999999999993 of 14 would be one too few, and not always"
