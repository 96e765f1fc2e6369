"""The table of request bodies, in the process and over raw HTTP, without our client."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.rules import Edition, refusal, refuse, refuse_headers
from tests.simulator import bodies, bodies_by_code, bodies_by_content, bodies_by_limit, bodies_by_rule, bodies_by_tool
from tests.simulator.bodies import CALL, HEADERS, HI, RESULT, JSONObject, body
from tests.simulator.bodies_by_header import WITH_HEADERS

TABLES = (bodies, bodies_by_code, bodies_by_content, bodies_by_rule, bodies_by_limit, bodies_by_tool)
GOOD = {name: row for table in TABLES for name, row in table.GOOD.items()}
BAD = {name: row for table in TABLES for name, row in table.BAD.items()}


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
    async with answering().serve() as base_url, httpx2.AsyncClient(headers=HEADERS) as http:
        for name, good in GOOD.items():
            response = await http.post(f"{base_url}/v1/messages", json=good)
            assert response.status_code == 200, name
            assert response.json()["content"] == ([{"type": "text", "text": "Yes."}] if good["max_tokens"] else [])
            assert response.headers["request-id"].startswith("req_")
        for name, (wrong, status, words) in BAD.items():
            response = await http.post(f"{base_url}/v1/messages", json=wrong)
            assert response.status_code == status, name
            answer = response.json()
            assert answer["type"] == "error"
            assert answer["error"]["message"].startswith(words)
            assert answer["request_id"] == response.headers["request-id"]
            assert response.headers["x-should-retry"] == "false"
        for name, (request, headers, status, words) in WITH_HEADERS.items():
            response = await http.post(f"{base_url}/v1/messages", json=request, headers=headers)
            assert response.status_code == status, name
            assert status == 200 or response.json()["error"]["message"].startswith(words)


def test_the_table_is_long_enough_to_be_worth_its_name() -> None:
    assert len(GOOD) + len(BAD) + len(WITH_HEADERS) > 150
    assert len(GOOD) == sum(len(table.GOOD) for table in TABLES)
    assert len(BAD) == sum(len(table.BAD) for table in TABLES)


def test_every_approximate_text_is_used() -> None:
    folder = Path(refusal.__file__).parent.parent
    code = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    assert [name for name in refusal.APPROXIMATE if f'APPROXIMATE["{name}"]' not in code] == []


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"anthropic-version": "2023-06-01"}, 401, "x-api-key header is required"),
        ({"x-api-key": "", "anthropic-version": "2023-06-01"}, 401, "x-api-key header is required"),
        ({"x-api-key": "any"}, 400, "anthropic-version: header is required"),
        (
            {"authorization": "Bearer any", "anthropic-version": "1"},
            400,
            "anthropic-version: '1' is not a valid version",
        ),
    ],
)
def test_headers_are_looked_at_first(headers: dict[str, str], status: int, words: str) -> None:
    found = refuse_headers(headers)
    assert found is not None
    assert found.status == status
    assert found.message.startswith(words)
    assert refuse_headers(HEADERS) is None


def test_betas_are_read_from_a_list() -> None:
    assert Edition.from_headers({"anthropic-beta": "a, b,,"}).betas == {"a", "b"}


@pytest.mark.parametrize("given_body", [None, [], "x", 5, True])
def test_a_body_that_is_no_object_is_refused(given_body: object) -> None:
    refusal = refuse(given_body)
    assert refusal is not None
    assert refusal.status == 400


def test_counting_takes_no_max_tokens() -> None:
    counted = {key: value for key, value in body().items() if key != "max_tokens"}
    assert refuse(counted, counting=True) is None
    refusal = refuse(body(), counting=True)
    assert refusal is not None
    assert refusal.message == "max_tokens: Extra inputs are not permitted"


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*way, key))


BLOCKS: list[object] = [{"type": "text"}, CALL, RESULT, {"type": "thinking", "thinking": "", "signature": ""}, HI]
GARBAGE: list[object] = [None, 0, -1, 1.5, 10**400, "", "x", "text", "user", [], {}, [None], [[]], {"type": 5}, True]
KEYS = (
    "cache_control",
    "type",
    "content",
    "name",
    "input_schema",
    "text",
    "tools",
    "model",
    "id",
    "$ref",
    "properties",
)
garbage = st.sampled_from([*GARBAGE, *BLOCKS])


@st.composite
def spoiled_bodies(draw: st.DrawFn) -> JSONObject:
    """A good body after a few changes: something replaced, left out, or put in where it does not belong."""
    request: JSONObject = copy.deepcopy(GOOD[draw(st.sampled_from(sorted(GOOD)))])
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([way for way in places(request) if way] or [("model",)]))
        target: Any = request
        for step in way:
            target = target[step]
        change = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if change == "replace":
            target[last] = copy.deepcopy(draw(garbage))
        elif change == "remove":
            target.pop(last, None) if isinstance(target, dict) else target.pop(last)
        elif isinstance(target, dict):
            target[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(garbage))
        else:
            target.insert(last, copy.deepcopy(draw(garbage)))
    return request


@given(spoiled_bodies(), st.booleans(), st.booleans())
@settings(max_examples=400)
def test_garbage_anywhere_is_answered_or_refused_in_the_apis_shape(
    request: JSONObject, is_streamed: bool, is_counted: bool
) -> None:
    simulator = Simulator(Script(lambda _: Reply.thinking("Hm.") + Reply.output({"a": 5}) + Reply.tool("find")))
    if is_streamed:
        request["stream"] = True
    path = "/v1/messages/count_tokens" if is_counted else "/v1/messages"

    async def post() -> tuple[int, bytes]:
        response = await simulator.handle("POST", path, HEADERS, json.dumps(request).encode())
        return response.status, b"".join([chunk async for chunk in response.chunks])

    status, data = anyio.run(post)
    assert status in (200, 400, 404)
    if status != 200:
        answer = json.loads(data)
        assert answer["type"] == "error"
        assert answer["error"]["message"].strip(": ")


@pytest.mark.parametrize("depth", [10, 200, 400, 900, 5000, 200_000])
@pytest.mark.parametrize("place", [b'"metadata":%b', b'"system":%b', b'"tools":[{"name":"x","input_schema":{"x":%b}}]'])
@pytest.mark.anyio
async def test_no_depth_of_nesting_is_a_crash(depth: int, place: bytes) -> None:
    nested = place % (b"[" * depth + b"]" * depth)
    data = b'{"model":"claude-opus-5-5","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],%b}' % nested
    response = await answering().handle("POST", "/v1/messages", HEADERS, data)
    assert response.status in (200, 400)
    await response.chunks.aclose()
