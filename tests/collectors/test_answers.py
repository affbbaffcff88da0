"""Answers that JSON gives as they are take a short way, and come out as botocore would have given them."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.parsers import JSONParser, ResponseParserError

from collectors.answers import Parsers, is_plain

MODELS = botocore.session.Session()
HEADERS = {"x-amzn-requestid": "r-1", "Content-Type": "application/x-amz-json-1.1"}
EVENT = {"logStreamName": "s", "timestamp": 1, "message": '{"a":"\\n\u00e9"}', "ingestionTime": 2, "eventId": "e"}


def shape(service: str, operation: str) -> Any:
    """What an operation gives back, as botocore describes it."""
    return MODELS.get_service_model(service).operation_model(operation).output_shape


def answered(body: bytes, status: int = 200) -> dict[str, Any]:
    return {"status_code": status, "headers": dict(HEADERS), "body": body, "context": {}}


def both(body: bytes, service: str = "logs", operation: str = "FilterLogEvents", status: int = 200) -> list[Any]:
    """The answer by our parser and by botocore's, or the errors that they raise."""
    found: list[Any] = []
    for parser in (Parsers().create_parser("json"), JSONParser()):
        try:
            found.append(parser.parse(answered(body, status), shape(service, operation)))
        except (ResponseParserError, AttributeError, TypeError) as error:
            found.append(type(error))
    return found


@pytest.mark.parametrize(
    ("service", "operation", "answer"),
    [
        ("logs", "FilterLogEvents", {"events": [EVENT, EVENT], "searchedLogStreams": [], "nextToken": "n"}),
        ("logs", "FilterLogEvents", {"events": [], "nextToken": None}),
        ("logs", "DescribeLogGroups", {"logGroups": [{"logGroupName": "g", "retentionInDays": 7}]}),
        ("cloudwatch", "ListMetrics", {"Metrics": [{"Namespace": "n", "Dimensions": [{"Name": "a", "Value": "b"}]}]}),
        ("pricing", "GetProducts", {"PriceList": ['{"product":{}}'], "FormatVersion": "aws_v1"}),
    ],
)
def test_answers_are_those_of_botocore(service: str, operation: str, answer: dict[str, Any]) -> None:
    ours, theirs = both(json.dumps(answer).encode(), service, operation)
    assert ours == theirs
    assert ours["ResponseMetadata"]["RequestId"] == "r-1"


def test_half_a_pair_of_surrogates_is_read_too() -> None:
    ours, theirs = both(b'{"events":[{"message":"{\\"a\\":\\"cut \\ud83d"}]}')
    assert ours == theirs
    assert ours["events"][0]["message"].endswith("cut \ud83d")


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"null", b'{"events":"text"}', b'{"events":[1]}', b'{"ev'])
def test_what_is_not_as_described_ends_as_with_botocore(body: bytes) -> None:
    ours, theirs = both(body)
    assert ours == theirs


def test_an_error_is_read_as_botocore_reads_it() -> None:
    ours, theirs = both(b'{"__type":"ThrottlingException","message":"slow"}', status=400)
    assert ours == theirs
    assert ours["Error"]["Code"] == "ThrottlingException"


def test_times_become_datetimes_where_an_operation_has_any() -> None:
    body = b'{"MetricDataResults":[{"Id":"m","Timestamps":[1732100000],"Values":[1.5]}]}'
    ours, theirs = both(body, "cloudwatch", "GetMetricData")
    assert ours == theirs


def test_the_short_way_is_taken_only_where_nothing_richer_than_json_can_come() -> None:
    for service, operation, plain in (
        ("logs", "FilterLogEvents", True),
        ("cloudwatch", "GetMetricData", False),
        ("stepfunctions", "ListExecutions", False),
        ("dynamodb", "GetItem", False),
    ):
        assert is_plain(shape(service, operation)) is plain, operation
