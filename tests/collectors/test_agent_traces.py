"""Trace parts of classic Bedrock Agents over HTTP: named groups are read, none is not set up, refusal is a failure."""

from pathlib import Path

import pytest

from collectors.settings import Settings, SourceSettings
from tests.collectors.fake_aws import Fault
from tests.collectors.support import fake, ms, read, rows

KEY = "bedrock_agent_traces"
GROUP = "/aws/lambda/caller"
STEP = "3d2335cc-1111-2222-3333-444455556666-0"


def part(number: int) -> dict[str, object]:
    """One line of the contract: number tells the InvokeAgent call."""
    return {
        "event.name": "bedrock.agent.trace",
        "agentId": "AGENT00001",
        "agentAliasId": "ALIAS00001",
        "agentVersion": "3",
        "sessionId": f"s-{number}",
        "trace": {"orchestrationTrace": {"rationale": {"traceId": STEP, "text": "SECRET"}}},
    }


def chosen_groups(home: Path) -> Settings:
    """Settings that name one group."""
    return Settings(home=home, sources={KEY: SourceSettings(groups=(GROUP,))})


def test_without_a_named_group_nothing_is_called_and_the_contract_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        [done] = read(tmp_path, KEY).runs
        assert aws.asked("FilterLogEvents") == aws.asked("DescribeLogGroups") == []
    assert done.status == "not_set_up"
    assert '"event.name": "bedrock.agent.trace"' in str(done.remedy)
    assert "enableTrace=true" in str(done.remedy)


def test_the_parts_in_a_named_group_land_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        for number in range(5):
            aws.put(GROUP, f"stream-{number % 2}", ms(30 - number), part(number))
        aws.put(GROUP, "stream-0", ms(5), {"level": "INFO", "message": "bedrock.agent.trace"})
        [first] = read(tmp_path, KEY, settings=chosen_groups(tmp_path)).runs
        asked = aws.asked("FilterLogEvents")
        [again] = read(tmp_path, KEY, settings=chosen_groups(tmp_path)).runs
    assert (first.status, first.rows_read, first.rows_new, first.skipped, first.rejects) == ("ok", 6, 5, 1, 0)
    assert (again.rows_new, again.rows_changed) == (0, 0)
    assert asked[0]["filterPattern"] == '"bedrock.agent.trace"'
    assert len(asked) > 2, "short pages and empty ones are read to the end"
    assert rows(tmp_path, "SELECT count(DISTINCT trace_id) FROM raw.spans") == [(5,)]


def test_an_empty_group_is_read_and_the_cursor_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        aws.groups[GROUP] = []
        [done] = read(tmp_path, KEY, settings=chosen_groups(tmp_path)).runs
    assert (done.status, done.rows_read) == ("ok", 0)
    assert rows(tmp_path, "SELECT reached_at IS NOT NULL FROM ops.cursors") == [(True,)]


def test_a_refusal_is_a_failure_that_names_the_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        aws.groups[GROUP] = []
        aws.faults.append(Fault("FilterLogEvents", code="AccessDeniedException", status=400))
        [done] = read(tmp_path, KEY, settings=chosen_groups(tmp_path)).runs
    assert (done.status, done.error_code) == ("failed", "AccessDeniedException")
    assert "logs:FilterLogEvents" in str(done.error_message) + str(done.remedy)
