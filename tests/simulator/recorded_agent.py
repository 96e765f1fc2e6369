"""An agent to record: its instructions and tool results hold secrets; with the servers that answer it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx2

from agentkit import Agent, tool
from agentkit.messages.message import encode
from agentkit.simulator import Recorder, RecordingProxy, Reply, Script, Simulator
from agentkit.simulator.http.http_server import serve_http
from tests.simulator.bodies import HEADERS, body

if TYPE_CHECKING:
    from pathlib import Path

    from agentkit.simulator import Replay
    from agentkit.simulator.http.wire import Server

KEY = "sk-ant-api03-" + "k3Y_" * 8
PASSWORD = "correct-horse"


@tool(effect="read")
def price(item: str, password: str) -> str:
    """Look up a price."""
    return f'{{"item": "{item}", "price": 4.0, "api_key": "{KEY}", "token": "{PASSWORD}"}}'


shop_agent = Agent("clerk", model="claude-opus-5-5", tools=[price], instructions=f"Sell. Log in with {KEY}.")
QUESTION = f"What is tea, with {KEY}?"


def shop() -> Simulator:
    """Answers the agent: two turns, the first with a tool call, in many events."""
    call = Reply.tool("price", item="tea", password=PASSWORD)
    return Simulator(Script(Reply.text(f"I look it up with {KEY} at once. ") + call, Reply.text("Tea is 4 EUR.")))


def echo(*, fails: int = 0) -> Simulator:
    """Answers every question with itself, after `fails` failures."""
    failures = [Reply.failure(529, "overloaded_error")] * fails
    answers: list[Reply] = [*failures]

    def answer(request: Mapping[str, object]) -> Reply:
        if answers:
            return answers.pop()
        messages = request["messages"]
        assert isinstance(messages, list)
        return Reply.text(f"You said: {messages[-1]['content']}")

    return Simulator(Script(answer))


def message_body(text: str, **fields: object) -> bytes:
    """The body of a request that says `text`."""
    return encode(body({"role": "user", "content": text}, **fields))


async def post(base_url: str, data: bytes, path: str = "/v1/messages") -> httpx2.Response:
    """The answer to a raw request."""
    async with httpx2.AsyncClient(timeout=60) as http:
        return await http.post(
            f"{base_url}{path}", content=data, headers={**HEADERS, "content-type": "application/json"}
        )


@asynccontextmanager
async def proxied(upstream: Server, recorder: Recorder) -> AsyncGenerator[str]:
    """The base URL of a recording proxy in front of a server."""
    async with serve_http(upstream) as url, RecordingProxy(recorder, url).serve() as base_url:
        yield base_url


async def replays_every_byte(replay: Replay) -> None:
    """Ask the replay over HTTP for everything in its recording, last things first."""
    async with replay.serve() as base_url, httpx2.AsyncClient() as http:
        for exchange in reversed(replay.recording.exchanges):
            url = f"{base_url}{exchange.path}"
            response = await http.request(exchange.method, url, content=exchange.request_body)
            assert response.status_code == exchange.status
            assert response.content == exchange.response_body
            assert exchange.response_headers.items() <= dict(response.headers).items()
    assert replay.unused() == []
    assert replay.misses == []


def assert_no_secrets(path: Path) -> None:
    """Nothing of a secret stands in the file, whole or in pieces."""
    text = path.read_text(encoding="utf-8")
    assert "[redacted]" in text
    for secret in (KEY, KEY[-12:], "sk-ant", PASSWORD, PASSWORD[-5:], "correct"):
        assert secret not in text, secret
