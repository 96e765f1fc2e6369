"""What holds for every client of the SDK, whether it sends our bytes or rewrites the body."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import pytest

from agentkit import Agent, Outcome, Retry, Settings, tool
from agentkit.messages.message import JSONObject

pytestmark = pytest.mark.anyio

Make = Callable[[httpx2.AsyncClient], Any]


@tool(effect="read")
def price(item: str) -> int:
    """Look up a price."""
    return len(item)


agent = Agent(
    "a",
    model="claude-opus-5-5",
    instructions="Be brief.",
    tools=[price],
    retry=Retry(first_wait_s=0.001, longest_wait_s=0.001),
    settings=Settings(betas=("a-beta",)),
)


async def pass_on(request: anthropic.APIRequest, call_next: Any) -> Any:
    return await call_next(request)


class DerivedBedrock(anthropic.AsyncAnthropicBedrock):
    """A class of the application's own for the same servers."""


CLIENTS: dict[str, Make] = {
    "first party": lambda http: anthropic.AsyncAnthropic(api_key="k", http_client=http),
    "with middleware": lambda http: anthropic.AsyncAnthropic(api_key="k", http_client=http, middleware=[pass_on]),
    "Foundry": lambda http: anthropic.AsyncAnthropicFoundry(api_key="k", resource="r", http_client=http),
    "Vertex": lambda http: anthropic.AsyncAnthropicVertex(
        region="global", project_id="p", access_token="t", http_client=http
    ),
    "Bedrock": lambda http: anthropic.AsyncAnthropicBedrock(
        aws_access_key="a", aws_secret_key="s", aws_region="us-east-1", http_client=http
    ),
    "derived from Bedrock": lambda http: DerivedBedrock(
        aws_access_key="a", aws_secret_key="s", aws_region="us-east-1", http_client=http
    ),
}


def turn(block: JSONObject, delta: JSONObject, stop_reason: str) -> list[JSONObject]:
    return [
        {"type": "message_start", "message": {"id": "m", "model": "claude-opus-5-5", "usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]


CALL = turn(
    {"type": "tool_use", "id": "toolu_1", "name": "price", "input": {}},
    {"type": "input_json_delta", "partial_json": '{ "item": "tea" }'},
    "tool_use",
)
ANSWER = turn({"type": "text", "text": ""}, {"type": "text_delta", "text": "Tea."}, "end_turn")


def framed(event: JSONObject) -> bytes:
    """An event as Bedrock sends it: a frame of the AWS event stream."""
    payload = json.dumps({"bytes": base64.b64encode(json.dumps(event).encode()).decode()}).encode()
    named = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in named.items()
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", binascii.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", binascii.crc32(message))


class Server:
    """Answers in the way of whoever asks: a status, or the events of a turn."""

    def __init__(self, *answers: int | list[JSONObject]) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            error = {"type": "error", "error": {"type": "invalid_request_error", "message": "No."}}
            return httpx2.Response(answer, json=error)
        if "bedrock" in request.url.host:
            kind = "application/vnd.amazon.eventstream"
            return httpx2.Response(200, headers={"content-type": kind}, content=b"".join(map(framed, answer)))
        sse = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in answer)
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=sse.encode())

    def client(self, make: Make) -> Any:
        return make(httpx2.AsyncClient(transport=httpx2.MockTransport(self)))

    def bodies(self) -> list[JSONObject]:
        return [json.loads(request.content) for request in self.requests]


@pytest.fixture(params=CLIENTS)
def make(request: pytest.FixtureRequest) -> Make:
    return CLIENTS[request.param]


async def test_a_tool_is_called_and_the_conversation_goes_back_as_it_came(make: Make) -> None:
    server = Server(CALL, ANSWER)
    result = await agent.run("What is tea?", client=server.client(make))
    assert result.output == "Tea."
    assert result.usage.requests == 2
    first, second = server.bodies()
    assert second["messages"][1]["content"] == [
        {"type": "tool_use", "id": "toolu_1", "name": "price", "input": {"item": "tea"}}
    ]
    assert second["messages"][2]["content"][0]["content"] == "3"
    assert (first["system"], first["tools"]) == (second["system"], second["tools"])


async def test_it_carries_who_asks_and_the_betas(make: Make) -> None:
    server = Server(ANSWER)
    await agent.run("Hi", client=server.client(make))
    (request,) = server.requests
    assert request.headers.get("authorization") or request.headers.get("x-api-key") or request.headers.get("api-key")
    assert "a-beta" in request.headers.get("anthropic-beta", "") or "a-beta" in server.bodies()[0]["anthropic_beta"]


async def test_a_failure_is_made_again_by_us_and_by_nobody_else(make: Make) -> None:
    server = Server(529, 503, ANSWER)
    result = await agent.run("Hi", client=server.client(make))
    assert (result.output, len(server.requests)) == ("Tea.", 3)


async def test_an_error_has_its_type(make: Make) -> None:
    server = Server(400)
    result = await agent.run("Hi", client=server.client(make))
    assert result.outcome is Outcome.FAILED
    assert result.error is not None
    assert (result.error.status, result.error.kind) == (400, "invalid_request_error")
    assert len(server.requests) == 1


async def test_the_marker_of_the_end_is_there_once_and_not_kept(make: Make) -> None:
    server = Server(ANSWER)
    result = await agent.run("Hi", client=server.client(make))
    assert json.dumps(server.bodies()[0]).count('"cache_control"') == 1
    assert "cache_control" not in json.dumps(result.messages)
