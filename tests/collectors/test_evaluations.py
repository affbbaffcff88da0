"""AgentCore Evaluations over HTTP: found where configurations put them, and told what is known of their judges."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.settings import Settings, SourceSettings
from tests.collectors.fake_aws import Fault
from tests.collectors.fake_evaluations import LIKERT, POLITENESS, RUNTIME_GROUP, config, control_plane, evaluator, judge
from tests.collectors.support import NOW, by_scope, fake, ms, read, rows, span
from tests.judged import (
    ACCOUNT,
    BATCH_GROUP,
    CONFIG_ID,
    CUSTOM_ARN,
    CUSTOM_ID,
    DEFAULT_GROUP,
    REGION,
    SECRET,
    batch,
    builtin,
    failed,
    result,
)

MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
PATTERN = '"gen_ai.evaluation.result"'


def ns(minutes_ago: float) -> int:
    """Epoch nanoseconds of that many minutes before NOW."""
    return ms(minutes_ago) * 1_000_000


def with_groups(home: Path, *groups: str) -> Settings:
    """Settings that add log groups of one's own."""
    return Settings(home=home, sources={"evaluations": SourceSettings(groups=groups)})


def test_results_are_read_from_every_place_through_empty_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = config("custom-0123456789", output={"logGroupName": "/my/results"})
    inside = config("inside-0123456789", output={"resultDestination": "SOURCE_LOG_GROUP"})
    silent = config("silent-0123456789")
    with fake(monkeypatch) as aws:
        control_plane(aws, [config(), named, inside, silent])
        for number in range(7):
            aws.put(DEFAULT_GROUP, "default", ms(60 - number), result(at_ns=ns(60 - number), trace=f"{number + 1}"))
        aws.put("/my/results", "default", ms(50), failed(at_ns=ns(50), trace="a"))
        aws.put(RUNTIME_GROUP, "spans", ms(41), span(1, 41))
        aws.put(
            RUNTIME_GROUP, "default", ms(40), result("Builtin.GoalSuccessRate", 1, "Yes", at_ns=ns(40), level="Session")
        )
        aws.put(BATCH_GROUP, "job-1", ms(30), batch(at_ns=ns(30), trace="b"))
        aws.put("/aws/bedrock-agentcore/evaluations-of-others/x", "default", ms(30), "{}")
        outcome = read(tmp_path, "evaluations")
        again = read(tmp_path, "evaluations")
        patterns = {each["logGroupName"]: each.get("filterPattern") for each in aws.asked("FilterLogEvents")}
    runs = by_scope(outcome)
    assert {name.partition(" ")[2]: (run.status, run.rows_new, run.skipped) for name, run in runs.items()} == {
        BATCH_GROUP: ("ok", 1, 0),
        DEFAULT_GROUP: ("ok", 7, 0),
        "/my/results": ("ok", 1, 0),
        RUNTIME_GROUP: ("ok", 1, 1),
    }
    assert patterns == {BATCH_GROUP: None, DEFAULT_GROUP: None, "/my/results": PATTERN, RUNTIME_GROUP: PATTERN}
    assert [(run.rows_new, run.rows_changed) for run in again.runs] == [(0, 0)] * 4
    found = rows(
        tmp_path,
        """SELECT evaluation_channel, judge_error, count(*), min(inclusion_probability), max(agent_id) FROM raw.outcomes
        GROUP BY ALL ORDER BY ALL""",
    )
    assert found == [
        ("batch", False, 1, None, None),
        ("online", False, 8, 0.1, "helper-0123456789"),
        ("online", True, 1, 0.1, None),
    ]


def test_groups_of_prefixes_and_of_the_settings_are_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = {"logGroupNamePrefixes": ["/agents/"], "serviceNames": ["helper.DEFAULT"]}
    with fake(monkeypatch) as aws:
        control_plane(aws, [config(output={"resultDestination": "SOURCE_LOG_GROUP"}, logs=logs)])
        aws.put("/agents/a", "default", ms(9), result(at_ns=ns(9), trace="1"))
        aws.put("/agents/b", "default", ms(8), "nothing to see")
        aws.put("/mine", "default", ms(7), result("thumbs", 1, "up", at_ns=ns(7), trace="2", label__source="human"))
        runs = by_scope(read(tmp_path, "evaluations", settings=with_groups(tmp_path, "/mine")))
    assert {name: run.status for name, run in runs.items()} == dict.fromkeys(
        ("evaluations /agents/a", "evaluations /agents/b", "evaluations /mine"), "ok"
    )
    assert rows(tmp_path, "SELECT evaluation_name, label_source FROM raw.outcomes ORDER BY 1") == [
        ("Builtin.Helpfulness", "llm"),
        ("thumbs", "human_expert"),
    ]


def test_a_judge_is_asked_about_once_a_window_and_only_where_results_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = evaluator("checker-0123456789", CUSTOM_ARN.replace(CUSTOM_ID, "checker-0123456789"), "CustomCode",
        codeBased={"lambdaConfig": {"lambdaArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:check"}})  # fmt: skip
    with fake(monkeypatch) as aws:
        control_plane(aws, [config()], [POLITENESS, code])
        for number in range(4):
            answer = result("politeness", 4, "Good", at_ns=ns(9 - number), trace=f"{number}", arn=CUSTOM_ARN)
            aws.put(DEFAULT_GROUP, "default", ms(9 - number), answer)
        aws.put(
            DEFAULT_GROUP,
            "default",
            ms(4),
            result("checker", 1, None, at_ns=ns(4), trace="9", arn=code["evaluatorArn"]),
        )
        aws.put(DEFAULT_GROUP, "default", ms(3), result(at_ns=ns(3), trace="8"))
        read(tmp_path, "evaluations")
        asked = [each["evaluatorId"] for each in aws.asked("GetEvaluator")]
    assert asked == [CUSTOM_ID, "checker-0123456789"]
    assert rows(
        tmp_path,
        """SELECT evaluation_name, label_source, score, evaluation_score, count(*) FROM raw.outcomes
        GROUP BY ALL ORDER BY ALL""",
    ) == [
        ("Builtin.Helpfulness", "llm", 0.83, 0.83, 1),
        ("checker", "code", None, 1.0, 1),
        ("politeness", "llm", 0.75, 4.0, 4),
    ]
    assert SECRET not in str(rows(tmp_path, "SELECT to_json(o)::VARCHAR FROM raw.outcomes o"))


def test_a_sampling_that_changed_is_not_told_of_results_from_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        control_plane(aws, [config() | {"updatedAt": ms(30) / 1000}])
        for number, ago in enumerate((40, 20)):
            aws.put(DEFAULT_GROUP, "default", ms(ago), result(at_ns=ns(ago), trace=f"{number + 1}"))
        read(tmp_path, "evaluations")
    assert rows(tmp_path, "SELECT inclusion_probability FROM raw.outcomes ORDER BY happened_at") == [(None,), (0.1,)]


def test_an_encrypted_definition_and_a_deleted_configuration_leave_their_facts_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        control_plane(aws, [])
        hidden = POLITENESS | {"evaluatorConfig": {"llmAsAJudge": judge()}}
        denied = (403, {"__type": "AccessDeniedException", "message": "kms"})
        aws.answers["GetEvaluator"] = lambda asked: (200, hidden) if asked.get("includedData") else denied
        aws.put(
            DEFAULT_GROUP, "default", ms(9), result("politeness", 4, "Good", at_ns=ns(9), trace="1", arn=CUSTOM_ARN)
        )
        done = by_scope(read(tmp_path, "evaluations"))[f"evaluations {DEFAULT_GROUP}"]
    assert (done.status, done.rows_new, done.error_message) == ("ok", 1, None)
    assert rows(tmp_path, "SELECT score, evaluation_score, inclusion_probability FROM raw.outcomes") == [
        (None, 4.0, None)
    ]


@pytest.mark.parametrize(("minutes", "hours"), [(15, 3 + 40 / 60), (600, 3 + 10 + 25 / 60), (1440, 23 + 58 / 60)])
def test_the_next_window_reaches_back_as_far_as_sessions_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: int, hours: float
) -> None:
    with fake(monkeypatch) as aws:
        control_plane(aws, [config(sessionConfig={"sessionTimeoutMinutes": minutes})])
        aws.put(DEFAULT_GROUP, "default", ms(9), result(at_ns=ns(9), trace="1"))
        first = read(tmp_path, "evaluations").runs[0]
        second = read(tmp_path, "evaluations", now=NOW + timedelta(minutes=5)).runs[0]
    assert first.window_to is not None
    assert second.window_from is not None
    assert (first.window_to - second.window_from).total_seconds() / 3600 == pytest.approx(hours, abs=1 / 60)


def test_late_results_are_found_by_the_next_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        control_plane(aws, [config()])
        aws.put(DEFAULT_GROUP, "default", ms(9), result(at_ns=ns(9), trace="1"))
        read(tmp_path, "evaluations")
        aws.put(DEFAULT_GROUP, "default", ms(200), result(at_ns=ns(200), trace="2"))
        again = read(tmp_path, "evaluations", now=NOW + timedelta(minutes=5)).runs[0]
    assert (again.rows_new, again.duplicates) == (1, 1)


def test_an_account_without_judges_costs_two_cheap_calls_and_is_not_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        control_plane(aws)
        outcome = read(tmp_path, "evaluations")
        calls = [name for name, _ in aws.seen if name != "GetCallerIdentity"]
    done = outcome.runs[0]
    assert (done.status, outcome.exit_code, done.scope.name) == ("not_set_up", 0, "")
    assert "no judge looks at the work" in str(done.error_message)
    assert "Online evaluation" in str(done.remedy)
    assert calls == ["ListOnlineEvaluationConfigs", "DescribeLogGroups"]


def test_configurations_without_a_result_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        control_plane(aws, [config(), config("other-0123456789", output={"logGroupName": "/my/results"})])
        done = read(tmp_path, "evaluations").runs[0]
    assert done.status == "not_set_up"
    assert "2 online evaluation configurations exist, and none has written a result yet" in str(done.error_message)


def test_an_empty_group_is_read_and_its_cursor_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch, groups={DEFAULT_GROUP: []}) as aws:
        control_plane(aws, [config()])
        done = read(tmp_path, "evaluations").runs[0]
    assert (done.status, done.rows_read, done.rows_new) == ("ok", 0, 0)
    assert rows(tmp_path, "SELECT reached_at FROM ops.cursors") == [(done.window_to,)]


@pytest.mark.parametrize(
    ("source", "operation"),
    [
        ("evaluations", "ListOnlineEvaluationConfigs"),
        ("evaluations", "GetOnlineEvaluationConfig"),
        ("evaluations", "GetEvaluator"),
        ("evaluators", "ListEvaluators"),
        ("evaluators", "GetEvaluator"),
    ],
)
def test_a_denied_call_fails_and_names_the_action(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, operation: str
) -> None:
    with fake(monkeypatch, faults=[Fault(operation, "AccessDeniedException", 403)]) as aws:
        control_plane(aws, [config()])
        aws.put(
            DEFAULT_GROUP, "default", ms(9), result("politeness", 4, "Good", at_ns=ns(9), trace="1", arn=CUSTOM_ARN)
        )
        outcome = read(tmp_path, source)
    done = outcome.runs[0]
    assert (done.status, done.error_code, outcome.exit_code) == ("failed", "AccessDeniedException", 1)
    assert f"bedrock-agentcore:{operation}" in str(done.remedy)
    assert rows(tmp_path, "SELECT count(*) FROM ops.cursors") == [(0,)]


def test_a_denied_log_group_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch, faults=[Fault("FilterLogEvents", "AccessDeniedException", 403, group=BATCH_GROUP)]) as aws:
        control_plane(aws, [config()])
        aws.put(DEFAULT_GROUP, "default", ms(9), result(at_ns=ns(9), trace="1"))
        aws.put(BATCH_GROUP, "default", ms(9), batch(at_ns=ns(9), trace="1"))
        runs = by_scope(read(tmp_path, "evaluations"))
    assert runs[f"evaluations {DEFAULT_GROUP}"].status == "ok"
    assert "logs:FilterLogEvents" in str(runs[f"evaluations {BATCH_GROUP}"].remedy)


def test_the_judges_themselves_are_listed_once_an_hour_without_their_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        chosen: dict[str, Any] = {"key": "x", "operator": "Equals", "value": {"stringValue": SECRET}}
        control_plane(aws, [config(filters=[chosen], sessionConfig={"sessionTimeoutMinutes": 60})])
        done = read(tmp_path, "evaluators", now=NOW + timedelta(minutes=5)).runs[0]
        asked = [each["evaluatorId"] for each in aws.asked("GetEvaluator")]
        listed = len(aws.asked("ListEvaluators"))
        soon = read(tmp_path, "evaluators", now=NOW + timedelta(minutes=35))
        assert len(aws.asked("ListEvaluators")) == listed
        later = read(tmp_path, "evaluators", now=NOW + timedelta(minutes=90)).runs[0]
    assert (done.status, done.rows_new, [run.rows_new for run in soon.runs], later.rows_new) == ("ok", 5, [], 0)
    assert asked == ["Builtin.Refusal", CUSTOM_ID]
    of_aws, plain = ("Builtin", "AWS"), ("ACTIVE", None, 0, 1)
    assert rows(
        tmp_path,
        """SELECT evaluator_arn, evaluator_name, evaluator_type, provider, level, status, rating_scale, scale_min,
            scale_max, polarity, judge_model FROM raw.evaluators ORDER BY evaluator_name""",
    ) == [
        (builtin("Helpfulness"), "Builtin.Helpfulness", *of_aws, "Trace", *plain, "higher_is_better", None),
        (builtin("Refusal"), "Builtin.Refusal", *of_aws, "Trace", *plain, "unknown", MODEL),
        (builtin("ToolSelectionAccuracy"), "Builtin.ToolSelectionAccuracy", *of_aws, "ToolCall", *plain,
         "higher_is_better", None),
        (CUSTOM_ARN, "politeness", "Custom", "Custom", "Trace", "ACTIVE", "numerical", 1, 5, "higher_is_better", MODEL),
    ]  # fmt: skip
    assert rows(
        tmp_path,
        """SELECT config_id, config_name, status, execution_status, sampling_percentage, filters,
            session_timeout_minutes, service_name, evaluators, destination, metrics_namespace
            FROM raw.evaluation_configs""",
    ) == [
        (CONFIG_ID, "nightly_quality", "ACTIVE", "ENABLED", 10.0, 1, 60, "helper.DEFAULT",
         ["Builtin.Helpfulness", CUSTOM_ID], "DEDICATED_LOG_GROUP", None)
    ]  # fmt: skip
    texts = rows(
        tmp_path,
        """SELECT to_json(e)::VARCHAR FROM raw.evaluators e
        UNION ALL SELECT to_json(c)::VARCHAR FROM raw.evaluation_configs c""",
    )
    assert SECRET not in str(texts)


def test_a_changed_scale_is_another_version_of_the_evaluator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wider = {"numerical": [*LIKERT["numerical"], {"value": 9, "label": "Perfect", "definition": ""}]}
    with fake(monkeypatch) as aws:
        control_plane(aws, [config()], [POLITENESS])
        read(tmp_path, "evaluators")
        changed = POLITENESS | {"updatedAt": ms(10) / 1000, "evaluatorConfig": {"llmAsAJudge": judge(wider)}}
        control_plane(aws, [config()], [changed])
        read(tmp_path, "evaluators", now=NOW + timedelta(hours=2))
    assert rows(tmp_path, "SELECT scale_max FROM raw.evaluators ORDER BY updated_at") == [(5.0,), (9.0,)]


def test_evaluators_that_are_all_of_aws_and_run_by_nobody_are_not_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        control_plane(aws, [], [evaluator("Builtin.Helpfulness", builtin("Helpfulness"))])
        outcome = read(tmp_path, "evaluators")
        calls = [name for name, _ in aws.seen if name != "GetCallerIdentity"]
    assert ([run.status for run in outcome.runs], outcome.exit_code) == (["not_set_up"], 0)
    assert calls == ["ListOnlineEvaluationConfigs", "ListEvaluators"]
