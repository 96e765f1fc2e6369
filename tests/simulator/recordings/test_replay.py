"""Replay: recorded requests get their recorded answers, and anything else is said to be missing, and how."""

from __future__ import annotations

from pathlib import Path

import anyio
import httpx2
import pytest
from anthropic import BadRequestError

from agentkit import Agent
from agentkit.errors import ConfigurationError
from agentkit.messages.message import encode
from agentkit.simulator.recordings.exchange import Exchange
from agentkit.simulator.recordings.recording import Recording
from agentkit.simulator.recordings.replay import Replay
from tests.simulator.bodies import body
from tests.simulator.recorded_agent import message_body, post

pytestmark = pytest.mark.anyio

JSON_TYPE = {"content-type": "application/json"}


def recorded(
    request_body: bytes, answer: str, *, status: int = 200, path: str = "/v1/messages", origin: str = ""
) -> Exchange:
    return Exchange("POST", path, {}, request_body, status, JSON_TYPE, encode({"said": answer}), origin)


def replay(*exchanges: Exchange, strict: bool = True) -> Replay:
    return Replay(Recording(exchanges, "run.jsonl"), strict=strict)


async def answer_of(server: Replay, request_body: bytes, path: str = "/v1/messages", method: str = "POST") -> str:
    response = await server.handle(method, path, {}, request_body)
    data = b"".join([chunk async for chunk in response.chunks])
    assert int(response.headers["content-length"]) == len(data)
    value = httpx2.Response(response.status, content=data).json()
    said: str = value["said"] if "said" in value else value["error"]["message"]
    return said


async def test_equal_requests_get_their_answers_in_order_whatever_comes_between() -> None:
    server = replay(
        recorded(message_body("a"), "a1"),
        recorded(message_body("b"), "b1"),
        recorded(message_body("a"), "a2"),
        recorded(message_body("b"), "b2"),
    )
    asked = [message_body("b"), message_body("b"), message_body("a"), message_body("a")]
    assert [await answer_of(server, body) for body in asked] == ["b1", "b2", "a1", "a2"]
    assert (server.unused(), server.misses, server.report, server.answered) == ([], [], [], 4)


async def test_keys_query_and_secrets_may_stand_otherwise() -> None:
    server = replay(recorded(b'{"a":1,"api_key":"[redacted]"}', "yes", path="/v1/messages?a=1&b=2"))
    assert await answer_of(server, b'{ "api_key": "abc", "a": 1.0 }', "/v1/messages?b=2&a=1") == "yes"


async def test_a_request_that_was_not_recorded_is_refused_with_how_it_differs() -> None:
    far, near = message_body("What is coffee?", max_tokens=5), message_body("What is tea?")
    server = replay(recorded(far, "1", origin="run.jsonl:2"), recorded(near, "2", origin="run.jsonl:3"))
    response = await server.handle("POST", "/v1/messages", {}, message_body("What is cocoa?", temperature=0.5))
    assert (response.status, response.headers["x-should-retry"]) == (400, "false")
    assert await answer_of(server, message_body("What is cocoa?", temperature=0.5)) == (
        "POST /v1/messages is not in run.jsonl as it is asked for. The nearest is run.jsonl:3; what differs:\n"
        'messages.0.content: recorded "What is tea?", now "What is cocoa?"\n'
        "temperature: not recorded, now 0.5"
    )
    assert len(server.misses) == 2
    miss = server.misses[-1]
    assert miss.nearest is server.recording.exchanges[1]
    assert [difference.path for difference in miss.differences] == ["messages.0.content", "temperature"]
    assert str(miss) == miss.message
    assert len(server.unused()) == 2


async def test_many_differences_are_counted() -> None:
    server = replay(recorded(encode(list(range(20))), "1"))
    lines = (await answer_of(server, encode(list(range(20, 40))))).splitlines()
    assert lines[0].endswith("The nearest is number 1; what differs:")
    assert (len(lines), lines[-1]) == (10, "and 12 more")


@pytest.mark.parametrize("times", [1, 3])
async def test_a_request_that_is_asked_too_often_is_refused(times: int) -> None:
    server = replay(*[recorded(message_body("a"), "yes", origin=f"run.jsonl:{n + 2}") for n in range(times)])
    assert [await answer_of(server, message_body("a")) for _ in range(times)] == ["yes"] * times
    said = "once (run.jsonl:2)" if times == 1 else "3 times (run.jsonl:2)"
    assert await answer_of(server, message_body("a")) == (
        f"POST /v1/messages is in run.jsonl {said}, and is asked for once more."
    )
    assert server.misses[0].differences == ()


async def test_an_endpoint_that_was_not_recorded_is_refused_with_what_was() -> None:
    server = replay(recorded(message_body("a"), "1"), recorded(message_body("b"), "2"))
    assert await answer_of(server, b"", "/v1/models", "GET") == (
        "GET /v1/models is not in run.jsonl, which has POST /v1/messages (2)."
    )
    assert await answer_of(replay(), b"{}") == "POST /v1/messages is not in run.jsonl, which has nothing."


async def test_misses_show_no_secret() -> None:
    server = replay(recorded(message_body("Hi"), "1"))
    assert "sk-ant" not in await answer_of(server, message_body("Hi, sk-ant-abc123"))


async def test_lenient_takes_the_nearest_that_nobody_asked_for_and_reports_it() -> None:
    server = replay(
        recorded(message_body("tea"), "tea"),
        recorded(message_body("tea", max_tokens=5, temperature=1), "far tea"),
        recorded(message_body("tea", stream=True), "streamed"),
        recorded(message_body("tea"), "count", path="/v1/messages/count_tokens"),
        strict=False,
    )
    asked = [message_body("cocoa"), message_body("cocoa"), message_body("cocoa", max_tokens=5, temperature=1)]
    said = [await answer_of(server, body) for body in asked]
    assert said == ["tea", "far tea", "far tea"]  # the nearest, then what is left, then the nearest once more
    assert [[str(difference) for difference in miss.differences] for miss in server.report] == [
        ['messages.0.content: recorded "tea", now "cocoa"'],
        [
            "max_tokens: recorded 5, now 100",
            'messages.0.content: recorded "tea", now "cocoa"',
            "temperature: recorded 1, now missing",
        ],
        ['messages.0.content: recorded "tea", now "cocoa"'],
    ]
    assert [exchange.response_body for exchange in server.unused()] == [b'{"said":"streamed"}', b'{"said":"count"}']
    assert server.misses == []
    assert server.answered == 3


async def test_lenient_still_gives_equal_requests_their_own_answers() -> None:
    server = replay(recorded(message_body("a"), "a"), recorded(message_body("b"), "b"), strict=False)
    assert [await answer_of(server, message_body(text)) for text in ("b", "a")] == ["b", "a"]
    assert server.report == []
    assert await answer_of(server, message_body("b")) == "b"
    assert server.report[0].differences == ()


async def test_lenient_refuses_where_nothing_of_the_kind_was_recorded() -> None:
    server = replay(recorded(message_body("a"), "a"), strict=False)
    assert "what differs:\nstream: not recorded, now true" in await answer_of(server, message_body("a", stream=True))
    assert "GET /v1/models is not in run.jsonl" in await answer_of(server, b"", "/v1/models", "GET")
    assert len(server.misses) == 2


async def test_the_sdk_sees_a_miss_as_a_request_that_is_wrong_and_does_not_ask_again() -> None:
    server = replay(recorded(message_body("a"), "a"))
    with pytest.raises(BadRequestError, match='recorded "a", now "b"'):
        await server.client().messages.create(**body({"role": "user", "content": "b"}))
    assert len(server.misses) == 1


async def test_an_agent_that_asks_otherwise_fails_with_the_difference_as_reason() -> None:
    result = await Agent("a", model="claude-opus-5-5").run(
        "b", client=replay(recorded(message_body("a"), "a")).direct_client()
    )
    assert not result.ok
    assert 'messages.0.content: recorded "a", now "b"' in (result.reason or "")


async def test_a_failure_that_was_retried_is_retried_without_waiting() -> None:
    busy = encode({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    headers = {**JSON_TYPE, "retry-after": "600"}
    asked = encode({"model": "claude-opus-5-5", "max_tokens": 5, "messages": [{"role": "user", "content": "a"}]})
    failed = Exchange("POST", "/v1/messages", {}, asked, 529, headers, busy)
    server = replay(failed, recorded(asked, "yes"))
    with anyio.fail_after(10):
        answer = await server.client().post(
            "/v1/messages",
            body={"model": "claude-opus-5-5", "max_tokens": 5, "messages": [{"role": "user", "content": "a"}]},
            cast_to=object,
        )
    assert answer == {"said": "yes"}
    assert server.unused() == []


async def test_events_come_each_by_itself() -> None:
    events = [b"event: ping\ndata: {}\n\n", b"event: message_stop\ndata: {}\n\n"]
    headers = {"content-type": "text/event-stream; charset=utf-8", "request-id": "req_1"}
    server = replay(Exchange("POST", "/v1/messages", {}, b"{}", 200, headers, b"".join(events)))
    response = await server.handle("POST", "/v1/messages", {}, b"{}")
    assert [chunk async for chunk in response.chunks] == events
    assert dict(response.headers) == headers


async def test_parallel_clients_over_http_get_what_is_theirs() -> None:
    server = replay(*[recorded(message_body(f"number {n}"), f"answer {n}") for n in range(30)])
    async with server.serve() as base_url, anyio.create_task_group() as tasks:

        async def ask(n: int) -> None:
            assert (await post(base_url, message_body(f"number {n}"))).json() == {"said": f"answer {n}"}

        for n in reversed(range(30)):
            tasks.start_soon(ask, n)
    assert server.unused() == []


def test_a_recording_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Replay(tmp_path / "run.jsonl")
