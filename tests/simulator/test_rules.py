"""The table of request bodies, in the process and over raw HTTP, without our client."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.rules import refuse
from tests.simulator.bodies import BAD, GOOD, JSONObject, body


def answering() -> Simulator:
    return Simulator(Script(lambda _: Reply.text("Yes.")))


@pytest.mark.parametrize("name", GOOD)
def test_what_the_api_takes_is_answered(name: str) -> None:
    assert refuse(GOOD[name]) is None


@pytest.mark.parametrize("name", BAD)
def test_what_the_api_refuses_is_refused_in_its_words(name: str) -> None:
    wrong, status, words = BAD[name]
    refusal = refuse(wrong)
    assert refusal is not None
    assert refusal.status == status
    assert refusal.kind == ("not_found_error" if status == 404 else "invalid_request_error")
    assert refusal.message.startswith(words)


@pytest.mark.anyio
async def test_the_whole_table_over_raw_http() -> None:
    async with answering().serve() as base_url, httpx2.AsyncClient() as http:
        for name, good in GOOD.items():
            response = await http.post(f"{base_url}/v1/messages", json=good)
            assert response.status_code == 200, name
            assert response.json()["content"] == [{"type": "text", "text": "Yes."}]
            assert response.headers["request-id"].startswith("req_")
        for name, (wrong, status, words) in BAD.items():
            response = await http.post(f"{base_url}/v1/messages", json=wrong)
            assert response.status_code == status, name
            answer = response.json()
            assert answer["type"] == "error"
            assert answer["error"]["message"].startswith(words)
            assert answer["request_id"] == response.headers["request-id"]
            assert response.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("given_body", [None, [], "x", 5, True])
def test_a_body_that_is_no_object_is_refused(given_body: object) -> None:
    refusal = refuse(given_body)
    assert refusal is not None
    assert refusal.status == 400


def test_counting_needs_no_max_tokens() -> None:
    counted = {key: value for key, value in body().items() if key != "max_tokens"}
    assert refuse(counted, counting=True) is None


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*way, key))


garbage: st.SearchStrategy[object] = st.sampled_from(
    [None, 0, -1, 1.5, "", "x", [], {}, [None], [[]], {"type": 5}, {"a": None}, True, "\ud800"]
)


@given(st.sampled_from(sorted(GOOD)), garbage, st.data())
def test_garbage_anywhere_is_answered_or_refused_and_never_a_crash(
    name: str, value: object, data: st.DataObject
) -> None:
    wrong: JSONObject = copy.deepcopy(GOOD[name])
    way = data.draw(st.sampled_from([way for way in places(wrong) if way]))
    target: Any = wrong
    for step in way[:-1]:
        target = target[step]
    target[way[-1]] = value
    refusal = refuse(wrong)
    assert refusal is None or refusal.status in (400, 404)


@given(st.sampled_from(sorted(GOOD)), garbage, st.data())
@pytest.mark.anyio
async def test_the_server_survives_garbage_too(name: str, value: object, data: st.DataObject) -> None:
    wrong: JSONObject = copy.deepcopy(GOOD[name])
    way = data.draw(st.sampled_from([way for way in places(wrong) if way]))
    target: Any = wrong
    for step in way[:-1]:
        target = target[step]
    target[way[-1]] = value
    response = await answering().handle("POST", "/v1/messages", {}, json.dumps(wrong).encode())
    assert response.status in (200, 400, 404)
    assert json.loads(b"".join([chunk async for chunk in response.chunks])) if not wrong.get("stream") else True
