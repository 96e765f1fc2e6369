"""Differences between a request and a recorded one, in words."""

from __future__ import annotations

import pytest

from agentkit.messages.message import JSON, encode
from agentkit.simulator.recordings.differences import MISSING, find_differences
from agentkit.simulator.recordings.recorded_request import RecordedRequest


def request(body: JSON, path: str = "/v1/messages") -> RecordedRequest:
    return RecordedRequest.from_http("POST", path, encode(body))


def said(recorded: JSON, now: JSON) -> list[str]:
    return [str(difference) for difference in find_differences(request(recorded), request(now))]


@pytest.mark.parametrize(
    ("recorded", "now", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a: recorded 1, now 2"]),
        ({"a": 1}, {"a": True}, ["a: recorded 1, now true"]),
        ({"a": None}, {}, ["a: recorded null, now missing"]),
        ({}, {"a": None}, ["a: not recorded, now null"]),
        ({"m": [{"c": "x"}]}, {"m": [{"c": "y"}]}, ['m.0.c: recorded "x", now "y"']),
        ({"m": [1]}, {"m": [1, {"b": [2]}]}, ['m.1: not recorded, now {"b": [2]}']),
        ({"m": [1, 2]}, {"m": [1]}, ["m.1: recorded 2, now missing"]),
        ({"m": "x"}, {"m": [1]}, ['m: recorded "x", now [1]']),
        ([1], [2], ["0: recorded 1, now 2"]),
        (5, "x", ['the body: recorded 5, now "x"']),
        (
            {"b": 1, "a": 1},
            {"c": 1, "a": 2},
            ["b: recorded 1, now missing", "a: recorded 1, now 2", "c: not recorded, now 1"],
        ),
    ],
)
def test_every_place_is_named(recorded: JSON, now: JSON, expected: list[str]) -> None:
    assert said(recorded, now) == expected


def test_the_query_is_a_place_too() -> None:
    (one,) = find_differences(request({}, "/v1/x?a=1"), request({}, "/v1/x?a=2"))
    assert str(one) == 'query: recorded "a=1", now "a=2"'


def test_of_long_texts_the_part_that_differs_is_shown() -> None:
    (line,) = said({"text": "word " * 100 + "tea" + " more" * 50}, {"text": "word " * 100 + "coffee" + " more" * 50})
    assert 'recorded "…word word word word tea more' in line
    assert 'now "…word word word word coffee more' in line
    assert len(line) < 200
    (line,) = said({"text": "a" * 500}, {"text": "b" * 500})
    assert line == f'text: recorded "{"a" * 60}…", now "{"b" * 60}…"'
    (line,) = said({"text": "x" * 500}, {"text": {"y": "z" * 500}})
    assert len(line) < 200


def test_the_values_are_there_for_programs() -> None:
    (one,) = find_differences(request({}), request({"a": [1]}))
    assert (one.path, one.recorded, one.now) == ("a", MISSING, [1])
