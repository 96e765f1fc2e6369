"""The local Messages API: streams in their grammar, whole messages, counts, and the same bytes for the same script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import anthropic
import pytest

from agentkit.simulator import Quota, Reply, Script, Simulator
from tests.simulator.bodies import HEADERS, TOOL, body

pytestmark = pytest.mark.anyio

TURN = Reply.thinking("Hm, tea.") + Reply.text("Tea? " * 20) + Reply.tool("find", words=["tea"]) + Reply.tool("find")


async def post(
    simulator: Simulator, request: object, path: str = "/v1/messages"
) -> tuple[int, Mapping[str, str], bytes]:
    response = await simulator.handle("POST", path, HEADERS, json.dumps(request).encode())
    return response.status, response.headers, b"".join([chunk async for chunk in response.chunks])


def events_of(data: bytes) -> list[dict[str, Any]]:
    events = []
    for part in data.decode().strip().split("\n\n"):
        name, payload = part.split("\n")
        event = json.loads(payload.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    return events


async def test_a_stream_follows_the_grammar() -> None:
    _, headers, data = await post(Simulator(Script(TURN)), body(stream=True, tools=[TOOL]))
    assert headers["content-type"].startswith("text/event-stream")
    events = events_of(data)
    assert [event["type"] for event in events[:3]] == ["message_start", "content_block_start", "ping"]
    assert events[0]["message"]["content"] == []
    assert events[0]["message"]["stop_reason"] is None
    assert [event["type"] for event in events[-2:]] == ["message_delta", "message_stop"]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    assert events[-2]["usage"]["output_tokens"] > 1
    open_block = None
    starts = []
    for event in (events[1], *events[3:-2]):
        if event["type"] == "content_block_start":
            assert open_block is None
            open_block = event["index"]
            starts.append(event["content_block"]["type"])
        assert event["index"] == open_block
        if event["type"] == "content_block_stop":
            open_block = None
    assert starts == ["thinking", "text", "tool_use", "tool_use"]
    pieces = [e["delta"]["partial_json"] for e in events if e.get("delta", {}).get("type") == "input_json_delta"]
    assert pieces[0] == ""
    assert "".join(pieces) == '{"words":["tea"]}{}'


async def test_the_sdk_reads_the_stream_and_the_message_alike() -> None:
    simulator = Simulator(Script(TURN, TURN))
    client = simulator.client()
    options: Any = {"model": "claude-opus-5-5", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}
    whole = await client.messages.create(**options)
    async with client.messages.stream(**options) as stream:
        streamed = await stream.get_final_message()
    assert [block.to_dict() for block in whole.content] == [block.to_dict() for block in streamed.content]
    assert whole.stop_reason == streamed.stop_reason == "tool_use"
    assert whole.usage.output_tokens == streamed.usage.output_tokens


async def test_the_same_script_gives_the_same_bytes() -> None:
    async def answers() -> list[object]:
        quota = Quota(clock=lambda: 1e9)  # its headers say when it is full again, to the second
        return [await post(Simulator(Script(TURN), quota=quota), body(stream=stream)) for stream in (True, False)]

    assert await answers() == await answers()


async def test_tokens_are_counted() -> None:
    simulator = Simulator(Script())
    counted = {key: value for key, value in body().items() if key != "max_tokens"}
    short = json.loads((await post(simulator, counted, "/v1/messages/count_tokens"))[2])["input_tokens"]
    counted["messages"] = [{"role": "user", "content": "Hi " * 400}]
    long = json.loads((await post(simulator, counted, "/v1/messages/count_tokens"))[2])["input_tokens"]
    assert 0 < short < 20
    assert 280 < long < 320
    assert simulator.requests == []


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/messages"), ("POST", "/v1/nonsense"), ("HEAD", "/")])
async def test_other_paths_are_not_found(method: str, path: str) -> None:
    response = await Simulator(Script()).handle(method, path, HEADERS, b"")
    assert response.status == 404
    assert json.loads(b"".join([chunk async for chunk in response.chunks]))["error"]["type"] == "not_found_error"


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000])
async def test_what_is_not_json_is_refused(data: bytes) -> None:
    response = await Simulator(Script()).handle("POST", "/v1/messages", HEADERS, data)
    assert response.status == 400
    await response.chunks.aclose()


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [(429, "rate_limit_error", anthropic.RateLimitError), (529, "overloaded_error", anthropic.InternalServerError)],
)
async def test_a_scripted_failure_is_the_sdks_error(status: int, kind: str, error: type[Exception]) -> None:
    client = Simulator(Script(Reply.failure(status, kind))).client()
    with pytest.raises(error):
        await client.messages.create(
            model="claude-opus-5-5", max_tokens=5, messages=[{"role": "user", "content": "Hi"}]
        )


async def test_usage_tells_of_the_cache_in_both_forms() -> None:
    simulator = Simulator(Script(lambda _: Reply.text("Yes.")))
    request = body({"role": "user", "content": "word " * 2000}, cache_control={"type": "ephemeral"})
    first = json.loads((await post(simulator, request))[2])["usage"]
    assert (first["input_tokens"], first["cache_read_input_tokens"]) == (0, 0)
    events = events_of((await post(simulator, {**request, "stream": True}))[2])
    for usage in (events[0]["message"]["usage"], events[-2]["usage"]):
        assert usage["cache_read_input_tokens"] == first["cache_creation_input_tokens"] > 2000
        assert usage["cache_creation_input_tokens"] == 0


async def test_a_request_that_is_refused_or_fails_caches_nothing() -> None:
    simulator = Simulator(Script(Reply.failure(529, "overloaded_error"), Reply.text("Yes.")))
    request = body({"role": "user", "content": "word " * 2000}, cache_control={"type": "ephemeral"})
    assert (await post(simulator, {**request, "temperature": 1}))[0] == 400
    assert (await post(simulator, request))[0] == 529
    assert json.loads((await post(simulator, request))[2])["usage"]["cache_read_input_tokens"] == 0


async def test_thinking_that_comes_back_through_the_sdk_is_taken_and_a_changed_past_is_not() -> None:
    client = Simulator(Script(lambda _: Reply.thinking("Hm.") + Reply.text("Yes."))).client()
    messages: list[Any] = [{"role": "user", "content": "Hi"}]
    for system in ("Be brief.", "Be brief.", "Be long."):
        options: Any = {"model": "claude-opus-5-5", "max_tokens": 50, "system": system, "messages": messages}
        if system == "Be long.":
            with pytest.raises(anthropic.BadRequestError, match="bound to a different conversation"):
                await client.messages.create(**options)
            return
        message = await client.messages.create(**options)
        messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": "And?"}]


async def test_no_two_replies_have_the_same_id() -> None:
    simulator = Simulator(Script(lambda _: Reply.text("Yes.")))
    ids = [json.loads((await post(simulator, body()))[2])["id"] for _ in range(3)]
    streamed = events_of((await post(simulator, body(stream=True)))[2])[0]["message"]["id"]
    assert len({*ids, streamed}) == 4
