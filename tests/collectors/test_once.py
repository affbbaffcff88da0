"""What several sources ask in the same words reaches AWS once a pass; what was refused for now is asked again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.aws import CallCount, Page
from collectors.errors import CollectorError, NotSetUp, Throttled
from collectors.once import ASKED_ONCE, Remembering
from tests.collectors.support import NOW, collect, fake, ms, span

CONFIGURATION = ("bedrock", "GetModelInvocationLoggingConfiguration")
GROUPS = ("logs", "DescribeLogGroups")


@dataclass
class Counting:
    """An account that counts, and answers or fails as it is told."""

    error: CollectorError | None = None
    account_id: str = "111122223333"
    region: str = "us-east-1"
    calls: CallCount = field(default_factory=CallCount)
    asked: Counter[str] = field(default_factory=Counter)

    def call(self, service: str, operation: str, **parameters: Any) -> Page:
        self.asked[operation] += 1
        if self.error:
            raise self.error
        return {"number": self.asked[operation]}

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[Page]:
        yield self.call(service, operation, **parameters)
        yield {"more": str(parameters)}


def test_the_same_question_is_asked_once_and_another_one_again() -> None:
    account = Counting()
    once = Remembering(account)
    assert [once.call(*CONFIGURATION) for _ in range(3)] == [{"number": 1}] * 3
    assert list(once.pages(*GROUPS, prefix="a")) == list(once.pages(*GROUPS, prefix="a"))
    assert list(once.pages(*GROUPS, prefix="b")) != list(once.pages(*GROUPS, prefix="a"))
    assert account.asked == {"GetModelInvocationLoggingConfiguration": 1, "DescribeLogGroups": 2}


def test_records_are_never_taken_from_memory() -> None:
    account = Counting()
    once = Remembering(account)
    assert [once.call("logs", "FilterLogEvents")["number"] for _ in range(2)] == [1, 2]
    assert not {operation for _, operation in ASKED_ONCE} & {"FilterLogEvents", "GetMetricData", "BatchGetTraces"}


@pytest.mark.parametrize(("error", "times"), [(NotSetUp("none", "-"), 1), (Throttled("slow", "wait"), 3)])
def test_what_is_not_there_stays_so_and_what_was_throttled_is_tried_again(error: CollectorError, times: int) -> None:
    account = Counting(error)
    once = Remembering(account)
    for _ in range(3):
        with pytest.raises(type(error)):
            once.call(*CONFIGURATION)
    assert account.asked.total() == times


def test_a_pass_over_an_account_with_nothing_new_repeats_no_question(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with fake(monkeypatch) as aws:
        aws.put("aws/spans", "default", ms(30), span(1, 30))
        collect(tmp_path)
        aws.seen.clear()
        collect(tmp_path, now=NOW + timedelta(minutes=5))
        asked = Counter((operation, repr(sorted(body.items()))) for operation, body in aws.seen)
    assert asked[("GetModelInvocationLoggingConfiguration", "[]")] == 1
    assert [question for question, times in asked.items() if times > 1] == []
    groups = [body["logGroupNamePrefix"] for operation, body in aws.seen if operation == "DescribeLogGroups"]
    assert sorted(groups) == ["/agent-kpi/outcomes", "/aws/bedrock-agentcore/", "aws/spans"]
