"""What judges said in the marts: beside the verdicts, never in them, with errors apart from low scores."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sql.config import ConfigTables, Contract
from sql.warehouse import Scope, Warehouse
from tests.judged import ACCOUNT, BATCH_GROUP, CONFIG_ID, CUSTOM_ARN, CUSTOM_ID, REGION, batch, builtin, failed, result
from tests.sql.support import NOW, START, agent_span, land, nanos, one, outcome, rows, tool, warehouse
from tests.sql.test_parse_evaluations import land as land_results
from tests.sql.test_parse_evaluations import told

HELPER = "helper-0123456789"
KPIS = ("success_rate", "accuracy", "escalation_rate", "completion_rate", "task_volume")


def ns(seconds: float) -> int:
    """Epoch nanoseconds of that many seconds after START."""
    return nanos(START + timedelta(seconds=seconds))


def at(seconds: float) -> datetime:
    """That many seconds after START."""
    return START + timedelta(seconds=seconds)


def a_small_world() -> list[dict[str, Any]]:
    """Three tasks in two sessions, one with a verdict."""
    return [
        agent_span("1", session__id="s1"),
        tool("1", "b", "a"),
        agent_span("2", session__id="s1", at=100),
        agent_span("3", session__id="s2", at=200),
        outcome("e1", trace="1", escalation__escalated=False),
    ]


def test_judgements_become_labels_of_their_tasks_with_evaluator_level_and_probability(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, a_small_world())
        drawn = {"sampling": 0.1, "runtime": HELPER}
        answers = [
            told(result(at_ns=ns(900), trace="1", span="a"), **drawn),
            told(
                result("Builtin.ToolSelectionAccuracy", 0, "No", at_ns=ns(901), trace="1", span="b", level="Span"),
                **drawn,
            ),
            told(result("Builtin.GoalSuccessRate", 1, "Yes", at_ns=ns(902), level="Session"), **drawn),
        ]
        land_results(wh, answers)
        land_results(wh, [batch(at_ns=ns(5000), trace="3", session="s2")], BATCH_GROUP)
        wh.build(NOW)
        found = rows(
            wh,
            """SELECT task_id, agent_id, kind, rubric, value, score, label_source, inclusion_probability, evaluator,
                level, labelled_at, source FROM mart.labels WHERE kind <> 'outcome' ORDER BY labelled_at""",
        )
    one_, two, three = ("1".rjust(32, "0"), "2".rjust(32, "0"), "3".rjust(32, "0"))
    judge = (HELPER, "judge")
    assert found == [
        (one_, *judge, "Builtin.Helpfulness", "Very Helpful", 0.83, "llm", 0.1, builtin("Helpfulness"), "Trace",
         at(900), "evaluations"),
        (one_, *judge, "Builtin.ToolSelectionAccuracy", "No", 0.0, "llm", 0.1, builtin("ToolSelectionAccuracy"),
         "ToolCall", at(901), "evaluations"),
        (two, *judge, "Builtin.GoalSuccessRate", "Yes", 1.0, "llm", 0.1, builtin("GoalSuccessRate"), "Session", at(902),
         "evaluations"),
        (three, *judge, "Builtin.Correctness", "Correct", 1.0, "llm", None, builtin("Correctness"), "Trace", at(5000),
         "evaluations"),
    ]  # fmt: skip


def test_no_judgement_changes_a_verdict_or_a_kpi_but_the_coverage_by_judges(tmp_path: Path) -> None:
    verdicts = """SELECT task_id, status, status_source, verdict, reason, escalated, agent_version, environment,
        task_type, truth_score, truth_weight, truth_source, human_labels, outcome_labels
        FROM mart.tasks ORDER BY task_id"""
    parts = f"SELECT * FROM mart.kpi_daily WHERE kpi IN {KPIS} ORDER BY ALL"
    covered = (
        "SELECT slice, sum(numerator) FROM mart.kpi_daily WHERE kpi = 'label_coverage' GROUP BY slice ORDER BY slice"
    )
    with warehouse(tmp_path) as wh:
        land(wh, a_small_world())
        wh.build(NOW)
        before = [rows(wh, query) for query in (verdicts, parts)]
        assert rows(wh, covered) == [("", 1.0), ("human", 0.0), ("judge", 0.0), ("outcome", 1.0)]
        loud: dict[str, Any] = {"task__outcome": "failure", "escalation__escalated": True, "label__source": "system"}
        land_results(
            wh,
            [
                told(result(score=0.0, at_ns=ns(900), trace="1", **loud), sampling=0.5),
                told(result(score=0.0, at_ns=ns(901), trace="2"), sampling=0.5),
                failed(at_ns=ns(902), trace="3"),
            ],
        )
        wh.build(NOW)
        assert [rows(wh, query) for query in (verdicts, parts)] == before
        assert rows(wh, covered) == [("", 2.0), ("human", 0.0), ("judge", 2.0), ("outcome", 1.0)]
        assert rows(wh, "SELECT judge_labels FROM mart.tasks ORDER BY task_id") == [(1,), (1,), (0,)]
        assert rows(wh, "FROM mart.escalations") == []


def test_a_thing_judged_twice_has_one_label_and_counts_its_revisions(tmp_path: Path) -> None:
    answers = [
        result(score=0.83, at_ns=ns(900), trace="1"),
        result(score=0.2, at_ns=ns(4000), trace="1"),
        failed("Builtin.Helpfulness", at_ns=ns(5000), trace="1"),
        result(score=0.5, at_ns=ns(901), trace="2"),
    ]
    with warehouse(tmp_path) as wh:
        land(wh, a_small_world())
        for number in (1, 3, 0, 2):
            land_results(wh, [answers[number]], start=number)
            wh.build(NOW)
        assert rows(
            wh, "SELECT status, score, revisions, is_current FROM mart.judge_results ORDER BY trace_id, judged_at"
        ) == [
            ("scored", 0.83, 3, False),
            ("scored", 0.2, 3, True),
            ("errored", None, 3, False),
            ("scored", 0.5, 1, True),
        ]
        assert rows(wh, "SELECT score FROM mart.labels WHERE kind = 'judge' ORDER BY score") == [(0.2,), (0.5,)]


def test_a_session_nobody_has_seen_is_judged_twice_and_one_of_them_is_current(tmp_path: Path) -> None:
    early, late = (
        told(result(score=score, at_ns=ns(then), session="far", level="Session"), runtime=HELPER)
        for score, then in ((0.9, 900), (0.1, 4000))
    )
    current = "SELECT score, is_current FROM mart.judge_results ORDER BY score"
    with warehouse(tmp_path) as wh:
        land(wh, a_small_world())
        for number, answer in enumerate((early, late)):
            land_results(wh, [answer], start=number)
            wh.build(NOW)
        assert rows(wh, current) == [(0.1, True), (0.9, False)]
        assert rows(wh, "SELECT score, task_id FROM mart.labels WHERE kind = 'judge'") == [(0.1, None)]
        land(wh, [agent_span("9", session__id="far")], start=50)
        wh.build(NOW)
        assert rows(wh, current) == [(0.1, True), (0.9, False)]
        assert rows(wh, "SELECT score, task_id FROM mart.labels WHERE kind = 'judge'") == [(0.1, "9".rjust(32, "0"))]


def test_a_session_result_finds_its_task_by_the_service_name_where_no_runtime_is_known(tmp_path: Path) -> None:
    unnamed = agent_span("1", session__id="s1")
    del unnamed["attributes"]["gen_ai.agent.name"]
    other = agent_span("2", session__id="s1", runtime="other-0123456789", at=50)
    with warehouse(tmp_path) as wh:
        land(wh, [unnamed, other])
        land_results(wh, [result(at_ns=ns(900), level="Session")])
        wh.build(NOW)
        assert rows(wh, "SELECT task_id, agent_id FROM mart.judge_results") == [("1".rjust(32, "0"), HELPER)]


def test_every_result_of_a_judge_shows_what_became_of_it(tmp_path: Path) -> None:
    with warehouse(tmp_path, ConfigTables(org={"timezone": "Asia/Kolkata"})) as wh:
        land(wh, a_small_world())
        scale = {"scale": [1, 5], "sampling": 0.25}
        land_results(
            wh,
            [
                told(result("politeness", 4, None, at_ns=ns(40_000), trace="1", span="a", arn=CUSTOM_ARN), **scale),
                failed(at_ns=ns(901), trace="2"),
                failed(at_ns=ns(902), trace="404", throttle=1),
            ],
        )
        wh.build(NOW)
        found = rows(
            wh,
            """SELECT task_id, agent_id, service_name, evaluator, evaluator_arn, level, channel, config, status,
                error_type, score, score_share, label, label_source, inclusion_probability, session_id, span_id, day,
                judged_at FROM mart.judge_results ORDER BY status DESC""",
        )
    place = ("Trace", "online", CONFIG_ID)
    day = START.date()
    assert found == [
        (None, None, "helper.DEFAULT", "Builtin.Correctness", builtin("Correctness"), *place, "throttled",
         "AgentSpanMappingException", None, None, None, "llm", None, "s1", None, day, at(902)),
        ("1".rjust(32, "0"), HELPER, "helper.DEFAULT", "politeness", CUSTOM_ARN, *place, "scored", None, 4.0, 0.75,
         None, "llm", 0.25, "s1", "a".rjust(16, "0"), day + timedelta(days=1), at(40_000)),
        ("2".rjust(32, "0"), HELPER, "helper.DEFAULT", "Builtin.Correctness", builtin("Correctness"), *place, "errored",
         "AgentSpanMappingException", None, None, None, "llm", None, "s1", None, day, at(901)),
    ]  # fmt: skip


def test_a_custom_score_on_an_unknown_scale_is_a_label_without_a_number_from_0_to_1(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, a_small_world())
        land_results(wh, [result("politeness", 4, None, at_ns=ns(900), trace="1", arn=CUSTOM_ARN)])
        wh.build(NOW)
        assert rows(wh, "SELECT value, score FROM mart.labels WHERE kind = 'judge'") == [("4.0", None)]


def test_people_who_judge_in_the_same_shape_are_human_labels_and_no_judges(tmp_path: Path) -> None:
    own = result(
        "thumbs", 1.0, "pass", at_ns=ns(900), trace="1", microsoft__gen_ai__human_evaluation__source="end_user"
    )
    with warehouse(tmp_path) as wh:
        land(wh, a_small_world())
        land_results(wh, [own])
        wh.build(NOW)
        assert rows(wh, "SELECT kind, rubric, label_source FROM mart.labels WHERE kind <> 'outcome'") == [
            ("human", "thumbs", "human_end_user")
        ]
        assert rows(wh, "FROM mart.judge_results") == []


def land_judges(wh: Warehouse) -> None:
    """Two versions of one configuration and of one evaluator, as the collector hands them over."""
    scope = Scope("evaluators", ACCOUNT, REGION)
    config = {"config_id": CONFIG_ID, "config_name": "nightly_quality", "execution_status": "ENABLED", "filters": 0,
              "evaluators": ["Builtin.Helpfulness", CUSTOM_ID], "destination": "DEDICATED_LOG_GROUP"}  # fmt: skip
    judge = {"evaluator_arn": CUSTOM_ARN, "evaluator_name": "politeness", "evaluator_type": "Custom",
             "provider": "Custom", "level": "Trace", "rating_scale": "numerical", "scale_min": 1,
             "judge_model": "m"}  # fmt: skip
    old, new = "2026-11-01 00:00:00", "2026-11-02 00:00:00"
    with wh.transaction():
        for moment, percent, best, way in ((new, 10.0, 5, "higher_is_better"), (old, 50.0, 3, "unknown")):
            wh.land_rows(
                "evaluation_configs", [{**config, "updated_at": moment, "sampling_percentage": percent}], (), scope
            )
            wh.land_rows("evaluators", [{**judge, "updated_at": moment, "scale_max": best, "polarity": way}], (), scope)


def test_the_judges_are_listed_as_they_stand_with_sampling_polarity_and_health(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, a_small_world())
        land_judges(wh)
        land_results(
            wh,
            [result("politeness", 4, None, at_ns=ns(900), trace="1", arn=CUSTOM_ARN), failed(at_ns=ns(901), trace="2")],
        )
        land_results(wh, [batch("politeness", 4, at_ns=ns(950), trace="1", arn=CUSTOM_ARN)], BATCH_GROUP)
        wh.build(NOW)
        found = rows(
            wh,
            """SELECT evaluator_arn, evaluator, level, evaluator_type, rating_scale, scale_min, scale_max, polarity,
                judge_model, config, config_name, execution_status, sampling, filters, results, scored, last_result_at
                FROM mart.evaluators ORDER BY evaluator, config""",
        )
    custom = (CUSTOM_ARN, "politeness", "Trace", "Custom", "numerical", 1.0, 5.0, "higher_is_better", "m")
    running = (CONFIG_ID, "nightly_quality", "ENABLED", 0.1, 0)
    assert found == [
        (builtin("Correctness"), "Builtin.Correctness", "Trace", None, None, None, None, "unknown", None, *running, 1,
         0, at(901)),
        (*custom, *running, 1, 1, at(900)),
        (*custom, None, None, None, None, None, 1, 1, at(950)),
    ]  # fmt: skip


def land_polarity(wh: Warehouse, way: str) -> None:
    """What AWS says of one evaluator."""
    with wh.transaction():
        row = {"evaluator_arn": builtin("Helpfulness"), "updated_at": "2026-11-01 00:00:00", "polarity": way}
        wh.land_rows("evaluators", [row], (), Scope("evaluators", ACCOUNT, REGION))


@pytest.mark.parametrize(("way", "good"), [("higher_is_better", 0.83), ("lower_is_better", 0.17), ("unknown", None)])
def test_a_score_is_good_only_by_what_aws_says_of_its_judge_whenever_that_comes(
    tmp_path: Path, way: str, good: float | None
) -> None:
    query = "SELECT good FROM mart.labels WHERE kind = 'judge'"
    with warehouse(tmp_path) as wh:
        land(wh, a_small_world())
        land_results(wh, [told(result(at_ns=ns(900), trace="1"), runtime=HELPER)])
        wh.build(NOW)
        assert one(wh, query) == (None,)
        assert rows(wh, "SELECT sum(n) FROM mart.kpi_daily WHERE kpi = 'judge_score' AND slice = ''") == [(0,)]
        land_polarity(wh, way)
        wh.build(NOW)
        assert one(wh, query) == (good if good is None else pytest.approx(good),)
        (count,) = one(wh, "SELECT sum(n) FROM mart.kpi_daily WHERE kpi = 'judge_score' AND slice = ''")
        assert count == (0 if good is None else 1)


def test_a_judge_that_only_errs_is_warned_of_until_it_scores(tmp_path: Path) -> None:
    day = 86_400.0

    def warned(wh: Warehouse) -> list[tuple[str, str]]:
        wh.build(NOW)
        return [(each.code, each.subject) for each in wh.findings_in_data() if each.code == "judge_only_errors"]

    with warehouse(tmp_path) as wh:
        land(wh, a_small_world())
        good = result("Builtin.Correctness", 1.0, "Correct", at_ns=ns(0), trace="1")
        land_results(wh, [good, failed(at_ns=ns(8 * day), trace="2"), result(at_ns=ns(8 * day), trace="2")])
        assert warned(wh) == [("judge_only_errors", "Builtin.Correctness")]
        land_results(wh, [result("Builtin.Correctness", 0.0, "Incorrect", at_ns=ns(7 * day), trace="3")], start=9)
        assert warned(wh) == []


def test_a_result_lands_before_its_task_and_is_joined_when_the_spans_come(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land_results(
            wh, [told(result(at_ns=ns(900), level="Session"), runtime=HELPER), result(at_ns=ns(901), trace="1")]
        )
        wh.build(NOW)
        assert rows(wh, "SELECT DISTINCT task_id FROM mart.labels") == [(None,)]
        land(wh, [agent_span("1", session__id="s1")])
        wh.build(NOW)
        assert rows(wh, "SELECT DISTINCT task_id FROM mart.labels") == [("1".rjust(32, "0"),)]
        assert one(wh, "SELECT judge_labels, status FROM mart.tasks") == (2, None)


TABLES = ("tasks", "labels", "judge_results", "evaluators", "escalations", "kpi_daily", "kpi_groups")
CONFIG = ConfigTables(
    org={"timezone": "Asia/Kolkata"},
    contracts=(Contract(HELPER, "Helper", task="session"), Contract("keyed-0123456789", "Keyed", task="key")),
)


def judged_world(seed: int, size: int = 10) -> list[tuple[str, Any]]:
    """(kind, record): tasks, verdicts and results of judges: repeated, errored, by trace or session, of unseen work."""
    draw = random.Random(seed)
    found: list[tuple[str, Any]] = []
    makers: list[Callable[..., dict[str, Any]]] = [result, failed, batch]
    for n in range(size):
        marks = {"session__id": f"s{n % 4}", "task__id": f"k{n % 3}"}
        found.append(
            (
                "span",
                agent_span(f"{n + 1:x}", at=n * 9000.0, runtime=draw.choice([HELPER, "keyed-0123456789"]), **marks),
            )
        )
        if draw.random() < 0.5:
            found.append(("span", outcome(f"e{n}", at=n * 9000.0 + 60, trace=f"{n + 1:x}")))
        for _ in range(draw.randint(0, 3)):
            about: dict[str, Any] = draw.choice(
                [{"trace": f"{n + 1:x}"}, {"level": "Session", "session": f"s{n % 6}"}, {"trace": f"{n + 90:x}"}]
            )
            when = {"at_ns": ns(n * 9000.0 + draw.choice([900, 4000, 90_000]))}
            make = draw.choice(makers)
            found.append(("result", told(make(**about, **when), runtime=HELPER, sampling=0.5)))
    return found


def pour(wh: Warehouse, records: list[tuple[str, Any]], start: int) -> None:
    """Land a mixed batch and build."""
    land(wh, [record for kind, record in records if kind == "span"], start=start)
    if answers := [record for kind, record in records if kind == "result"]:
        land_results(wh, answers, start=start)
    wh.build(NOW)
    assert [check for check in wh.check() if check.severity == "fail"] == []


def snapshot(wh: Warehouse) -> dict[str, list[str]]:
    """Every table that judgements reach, as sorted text."""
    return {table: sorted(str(row) for row in rows(wh, f"FROM mart.{table}")) for table in TABLES}


@settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True)
@given(seed=st.integers(0, 10_000), chunks=st.integers(2, 4))
def test_judgements_in_any_order_and_chunks_build_the_same_tables(
    tmp_path_factory: pytest.TempPathFactory, seed: int, chunks: int
) -> None:
    records = judged_world(seed)
    with warehouse(tmp_path_factory.mktemp("once"), CONFIG) as wh:
        pour(wh, records, 0)
        expected = snapshot(wh)
    shuffled = records + random.Random(seed).choices(records, k=6)
    random.Random(seed + 1).shuffle(shuffled)
    size = len(shuffled) // chunks + 1
    with warehouse(tmp_path_factory.mktemp("pieces"), CONFIG) as wh:
        for start in range(0, len(shuffled), size):
            pour(wh, shuffled[start : start + size], start)
        got = snapshot(wh)
    assert {t: got[t] for t in TABLES if got[t] != expected[t]} == {}
