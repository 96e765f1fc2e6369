"""The way to the model: bytes where they go through, a dict where the client rewrites it, errors by name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import anthropic
import httpx2
import pytest

from agentkit import Agent, ConfigurationError, DefinitionError, ModelError, Outcome, Retry, Settings
from agentkit.messages.message import user
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.models.claude import ClaudeModel
from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.http.transport import SimulatorTransport
from tests.pacing import DONE, Paced

pytestmark = pytest.mark.anyio

agent = Agent("a", model="claude-opus-5-5", retry=Retry(first_wait_s=0.001))
Answer = Callable[[httpx2.Request], Coroutine[None, None, httpx2.Response]]

SSE = b"".join(
    b"event: %b\ndata: %b\n\n" % (str(event["type"]).encode(), json.dumps(event).encode())
    for event in (
        {"type": "message_start", "message": {"id": "m", "model": "claude-opus-5-5", "usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Tea."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    )
)


def http(answer: Answer) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.MockTransport(answer))


class Wire:
    """What a client put on the wire, answered with one streamed reply."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=SSE)

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.requests[-1].content)
        return body


def client(answer: Answer, **options: Any) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(api_key="k", max_retries=0, http_client=http(answer), **options)


async def test_the_first_party_client_sends_the_prepared_bytes() -> None:
    wire = Wire()
    request = Request(
        EncodedPrefix.encode("Be brief.", []), [user("Hi")], {"model": "claude-opus-5-5", "max_tokens": 5}
    )
    async with ClaudeModel("claude-opus-5-5", client(wire)).stream(request) as events:
        assert [event["type"] async for event in events][-1] == "message_stop"
    assert wire.requests[0].content == request.to_bytes()
    assert wire.requests[0].headers["authorization"] == "Bearer k"
    assert wire.requests[0].headers["content-type"] == "application/json"
    assert wire.requests[0].headers["anthropic-version"]


async def test_betas_travel_in_their_header() -> None:
    wire = Wire()
    await agent.run("Hi", client=client(wire), settings=Settings(betas=("a-1", "b-2")))
    assert wire.requests[0].headers["anthropic-beta"] == "a-1,b-2"


async def test_a_client_with_middleware_sees_the_body_as_a_dict() -> None:
    wire = Wire()
    seen: list[object] = []

    async def look(request: anthropic.APIRequest, call_next: Any) -> Any:
        seen.append(request.json)
        return await call_next(request)

    result = await agent.run("Hi", client=client(wire, middleware=[look]))
    assert result.output == "Tea."
    (body,) = seen
    assert isinstance(body, dict)
    assert body["messages"] == [{"role": "user", "content": "Hi"}]


async def test_an_unknown_subclass_gets_a_dict() -> None:
    class Own(anthropic.AsyncAnthropic):
        pass

    wire = Wire()
    result = await agent.run("Hi", client=Own(api_key="k", http_client=http(wire)))
    assert result.output == "Tea."


async def test_vertex_rewrites_the_body_and_gets_its_cache_marker_on_the_last_block() -> None:
    wire = Wire()
    vertex = anthropic.AsyncAnthropicVertex(region="global", project_id="p", access_token="t", http_client=http(wire))
    chat = agent.conversation()
    result = await chat.send("Hi", client=vertex)
    assert result.output == "Tea."
    assert wire.requests[0].url.path.endswith("claude-opus-5-5:streamRawPredict")
    marker = {"type": "ephemeral"}
    assert wire.body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": marker}]}
    ]
    assert "cache_control" not in wire.body
    assert chat.messages[0] == {"role": "user", "content": "Hi"}


class Own(anthropic.AsyncAnthropic):
    """A subclass that we know nothing of."""


async def pass_on(request: anthropic.APIRequest, call_next: Any) -> Any:
    return await call_next(request)


@pytest.mark.parametrize(
    "make",
    [
        lambda http_client: Own(api_key="k", http_client=http_client),
        lambda http_client: anthropic.AsyncAnthropic(api_key="k", http_client=http_client, middleware=[pass_on]),
        lambda http_client: anthropic.AsyncAnthropicFoundry(api_key="k", resource="r", http_client=http_client),
        lambda http_client: anthropic.AsyncAnthropicVertex(
            region="global", project_id="p", access_token="t", http_client=http_client
        ),
    ],
)
async def test_a_client_whose_server_holds_no_threads_sends_the_conversation_whole(
    make: Callable[[httpx2.AsyncClient], anthropic.AsyncAnthropic],
) -> None:
    wire = Wire()
    given, chat = make(http(wire)), agent.conversation()
    for prompt in ("Hi", "And?"):
        assert (await chat.send(prompt, client=given, settings=Settings(thread=True))).output == "Tea."
    assert not ClaudeModel("m", given).holds_threads
    assert ClaudeModel("m", client(wire)).holds_threads
    assert len(wire.body["messages"]) == 3
    assert "thread" not in wire.body
    assert "anthropic-beta" not in wire.requests[-1].headers


async def test_so_does_a_model_of_ones_own() -> None:
    model = Paced([DONE, DONE])
    chat = Agent("a", model=model, settings=Settings(thread=True)).conversation()
    for prompt in ("Hi", "And?"):
        await chat.send(prompt)
    assert [(request.thread, len(request.messages)) for request in model.requests] == [(None, 1), (None, 3)]


async def test_a_given_client_is_neither_changed_nor_closed() -> None:
    given = client(Wire())
    options = (given.max_retries, given.base_url, given.timeout)
    await agent.run("Hi", client=given)
    await agent.run("Hi", client=given)
    assert (given.max_retries, given.base_url, given.timeout) == options
    assert not given.is_closed()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, "invalid_request_error", "400"),
        (401, "authentication_error", "401"),
        (429, "rate_limit_error", "429"),
        (529, "overloaded_error", "529"),
    ],
)
async def test_an_error_of_the_api_is_the_outcome_failed_with_its_type(status: int, kind: str, words: str) -> None:
    simulator = Simulator(Script(lambda request: Reply.failure(status, kind, "No.")))
    result = await agent.run("Hi", client=simulator.client())
    assert result.outcome is Outcome.FAILED
    assert isinstance(result.error, ModelError)
    assert (result.error.kind, result.error.status) == (kind, status)
    assert result.error.is_retryable is (status in (429, 529))
    assert len(simulator.requests) == (6 if result.error.is_retryable else 1)
    assert words in result.reason
    assert "No." in result.reason
    assert result.error.request_id


async def test_a_model_that_the_server_does_not_know_is_named_with_similar_ones() -> None:
    result = await agent.run("Hi", client=Simulator(Script()).client(), model="claude-opus-5.5")
    assert result.outcome is Outcome.FAILED
    assert "'claude-opus-5.5'" in result.reason
    assert "claude-opus-5-5" in result.reason


async def test_a_stream_that_breaks_off_is_named_and_nothing_of_it_is_kept() -> None:
    async def broken(request: httpx2.Request) -> httpx2.Response:
        async def chunks() -> AsyncIterator[bytes]:
            yield SSE[:400]
            raise httpx2.RemoteProtocolError("peer closed connection")

        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=chunks())

    result = await agent.run("Hi", client=client(broken))
    assert result.outcome is Outcome.FAILED
    assert result.error is not None
    assert result.error.kind == "stream_interrupted"
    assert [message["role"] for message in result.messages] == ["user"]


async def test_an_error_event_inside_a_stream_is_named_by_its_type() -> None:
    async def overloaded(request: httpx2.Request) -> httpx2.Response:
        error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        data = b"event: error\ndata: %b\n\n" % json.dumps(error).encode()
        return httpx2.Response(
            200, headers={"content-type": "text/event-stream"}, content=SSE[: SSE.index(b"event: message_delta")] + data
        )

    result = await agent.run("Hi", client=client(overloaded))
    assert result.outcome is Outcome.FAILED
    assert result.error is not None
    assert result.error.kind == "overloaded_error"
    assert result.error.is_retryable


async def test_an_event_that_is_not_json_is_the_servers_fault() -> None:
    async def garbled(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=SSE[:300] + b"\n\n" + SSE)

    result = await agent.run("Hi", client=client(garbled))
    assert result.error is not None
    assert result.error.kind == "protocol_error"


async def test_a_stream_out_of_order_is_left_in_good_order() -> None:
    async def confused(request: httpx2.Request) -> httpx2.Response:
        data = SSE[SSE.index(b"event: content_block_delta") :]
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=data)

    result = await agent.run("Hi", client=client(confused))
    assert result.error is not None
    assert result.error.kind == "protocol_error"


async def test_a_server_that_cannot_be_reached_is_said_so() -> None:
    async def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("Connection refused")

    result = await agent.run("Hi", client=client(refuse))
    assert result.error is not None
    assert result.error.kind == "connection_error"
    assert "Connection refused" in result.reason


async def test_without_credentials_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")
    with pytest.raises(ConfigurationError, match="ANTHROPIC_API_KEY"):
        await agent.run("Hi")


async def test_an_aiohttp_client_on_trio_is_refused_in_words(anyio_backend: str) -> None:
    async def no_loop(request: httpx2.Request) -> httpx2.Response:
        raise RuntimeError("no running event loop")

    with pytest.raises(ConfigurationError, match="aiohttp"):
        await agent.run("Hi", client=client(no_loop))


async def test_the_in_process_transport_serves_any_sdk_client() -> None:
    simulator = Simulator(Script(Reply.text("Tea.")))
    own = anthropic.AsyncAnthropic(api_key="k", http_client=httpx2.AsyncClient(transport=SimulatorTransport(simulator)))
    message = await own.messages.create(
        model="claude-opus-5-5", max_tokens=5, messages=[{"role": "user", "content": "Hi"}]
    )
    assert message.content[0].to_dict() == {"type": "text", "text": "Tea."}


async def test_the_id_of_a_model_with_half_a_surrogate_pair_is_named() -> None:
    with pytest.raises(DefinitionError, match=r"The id of the model, 'caf\\udce9', holds"):
        await agent.run("Hi", model="caf\udce9")
    with pytest.raises(DefinitionError, match="The id of the model"):
        await Agent("a", model="caf\udce9").run("Hi")
