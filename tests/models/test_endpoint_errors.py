"""Mistakes in a client's address, certificate or headers are told at once; what may pass is tried again."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

import anthropic
import anyio
import anyio.abc
import httpx2
import pytest
from anthropic import AsyncAnthropic, DefaultAioHttpClient

from agentkit import Agent, ConfigurationError, Failed, Outcome, Retry, tool
from agentkit.models.endpoint_errors import EndpointError, endpoint_error, innermost_text
from agentkit.run.events import Event, TurnReset
from agentkit.simulator import Reply, Script, Simulator

MODEL = "claude-haiku-5-5"
URL = httpx2.URL("https://ann:hunter2@api.example:8443/v1/messages?key=tea")


def raised(*errors: BaseException) -> anthropic.APIConnectionError:
    """An error of the SDK, raised from the first error, that one from the next, and so on."""
    outer: BaseException = anthropic.APIConnectionError(request=httpx2.Request("POST", URL))
    first, current = outer, outer
    for error in errors:
        current.__cause__, current = error, error
    assert isinstance(first, anthropic.APIConnectionError)
    return first


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] something (_ssl.c:1006)")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        (
            [ValueError("Cannot combine AUTHORIZATION header with AUTH argument or credentials encoded in URL")],
            "the user and password in its address do not go with the header `authorization`",
        ),
        (
            [httpx2.ConnectError("x"), ssl.SSLCertVerificationError(1, "self-signed")],
            "self-signed. Check the server's cert",
        ),
        ([httpx2.ConnectError(""), OSError(""), tls("WRONG_VERSION_NUMBER")], "WRONG_VERSION_NUMBER"),
        ([httpx2.ConnectError(""), tls("TLSV13_ALERT_CERTIFICATE_REQUIRED")], "CERTIFICATE_REQUIRED"),
        ([ExceptionGroup("tasks", [ExceptionGroup("more", [OverflowError("port must be 0-65535")])])], "port must be"),
        ([httpx2.TooManyRedirects("Exceeded maximum allowed redirects.")], "redirects. Check the scheme"),
        ([httpx2.LocalProtocolError("Illegal header value b'tea-token'")], "a header has a character"),
        ([ValueError("Forbidden control character detected in headers.")], "a header has a character"),
        ([httpx2.RemoteProtocolError("illegal status line: bytearray(b'SSH')")], "does not speak HTTP"),
        ([RuntimeError("400, message: Bad status line")], "does not speak HTTP"),
    ],
)
def test_a_mistake_is_told_with_its_innermost_reason_and_without_secrets(
    errors: list[BaseException], said: str
) -> None:
    found = endpoint_error(raised(*errors), URL)
    assert isinstance(found, ConfigurationError)
    assert said in str(found)
    assert str(found).startswith(
        "The API at https://api.example:8443 cannot be reached, and trying again does not help"
    )
    assert "tea" not in str(found)


@pytest.mark.parametrize(
    "errors",
    [
        [httpx2.ConnectError("x"), tls("SSLV3_ALERT_HANDSHAKE_FAILURE")],
        [httpx2.ConnectError("x"), tls("UNEXPECTED_EOF_WHILE_READING")],
        [httpx2.ConnectError("All connection attempts failed"), ConnectionRefusedError(111, "refused")],
        [httpx2.ConnectError("Name or service not known")],
        [httpx2.RemoteProtocolError("Server disconnected without sending a response.")],
        [httpx2.LocalProtocolError("Can't send data when our state is ERROR")],
        [httpx2.ReadError("")],
        [ValueError("something else")],
    ],
)
def test_what_may_pass_is_no_mistake(errors: list[BaseException]) -> None:
    assert endpoint_error(raised(*errors), URL) is None


def test_an_exception_of_the_program_around_the_run_says_nothing_about_the_endpoint() -> None:
    error = raised(httpx2.ConnectError("refused"))
    try:
        raise ssl.SSLCertVerificationError(1, "of another server")
    except ssl.SSLCertVerificationError:
        with pytest.raises(anthropic.APIConnectionError):
            raise error from error.__cause__
    assert isinstance(error.__context__, ssl.SSLCertVerificationError)
    assert endpoint_error(error, URL) is None
    assert innermost_text(error) == "refused"
    assert innermost_text(httpx2.ReadError("")) == "ReadError"


# -- in runs ---------------------------------------------------------------------------------------------------------

Breaking = Callable[[str], dict[str, object]]
MISTAKES: dict[str, tuple[Breaking, str]] = {
    "no scheme": (lambda url: {"base_url": url.removeprefix("http://")}, "does not begin with http:// or https://"),
    "another scheme": (lambda url: {"base_url": url.replace("http", "htp")}, "does not begin with http:// or https://"),
    "https for http": (lambda url: {"base_url": url.replace("http", "https")}, "WRONG_VERSION_NUMBER|RECORD_LAYER"),
    "no such port": (lambda _: {"base_url": "http://localhost:99999"}, "no port 99999"),
    "key": (lambda url: {"base_url": url, "api_key": "gw_7f3c9a21d4e8\n"}, "`api_key` has a line end"),
    "header": (lambda url: {"base_url": url, "default_headers": {"x-user": "J\u00f6rg"}}, "'x-user' .* not ASCII"),
}


@asynccontextmanager
async def mistaken_client(name: str, *, is_fast: bool = False) -> AsyncGenerator[AsyncAnthropic]:
    async with Simulator(Script(lambda _: Reply.text("ok"))).serve() as url:
        options: dict[str, object] = {"api_key": "any", **MISTAKES[name][0](url)}
        http = {"http_client": DefaultAioHttpClient()} if is_fast else {}
        async with AsyncAnthropic(**options, **http) as client:  # type: ignore[arg-type]
            yield client


@pytest.mark.anyio
@pytest.mark.parametrize("name", MISTAKES)
async def test_a_run_a_stream_and_a_map_tell_a_mistake_at_the_first_try(name: str) -> None:
    said = MISTAKES[name][1]
    seen: list[Event] = []
    async with mistaken_client(name) as client:
        agent = Agent("a", model=MODEL, client=client)
        with anyio.fail_after(20):
            with pytest.raises(ConfigurationError, match=said) as caught:
                await agent.run("hi")
            with pytest.raises(ConfigurationError, match=said):
                async with agent.stream("hi") as run:
                    seen += [event async for event in run]
            items = await agent.map(["hi", "ho"])
    assert not any(isinstance(event, TurnReset) for event in seen)
    assert [isinstance(item, Failed) and item.reason == str(caught.value) for item in items] == [True, True]
    assert "gw_7f3c9a21d4e8" not in f"{caught.value!r} {seen} {items}"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("name", ["no scheme", "https for http", "no such port", "key"])
async def test_the_transport_of_aiohttp_tells_the_same(name: str) -> None:
    async with mistaken_client(name, is_fast=True) as client:
        with pytest.raises(EndpointError, match=MISTAKES[name][1]):
            await Agent("a", model=MODEL, client=client).run("hi")


class TurnsToTls(httpx2.AsyncHTTPTransport):
    """Sends the first request as it is, and all further ones with TLS, which the server does not speak."""

    count = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.count += 1
        if self.count > 1:
            request.url = request.url.copy_with(scheme="https")
        return await super().handle_async_request(request)


@tool(effect="read")
def look() -> str:
    """Look."""
    return "seen"


@pytest.mark.anyio
async def test_once_something_was_answered_the_run_keeps_its_result() -> None:
    async with Simulator(Script(lambda _: Reply.tool("look"))).serve() as url:
        transport = TurnsToTls()
        http = httpx2.AsyncClient(transport=transport)
        async with AsyncAnthropic(api_key="any", base_url=url, http_client=http) as client:
            result = await Agent("a", model=MODEL, client=client, tools=[look]).run("hi")
    assert (result.outcome, result.usage.requests, transport.count) == (Outcome.FAILED, 1, 2)
    assert result.error is not None
    assert (result.error.kind, result.error.is_retryable) == ("configuration_error", False)
    assert result.reason == str(result.error)
    assert "cannot be reached, and trying again does not help" in result.reason


@pytest.mark.anyio
async def test_a_sub_agents_mistake_is_its_own_failure() -> None:
    async with mistaken_client("no such port") as client:
        reader = Agent("reader", model="claude-opus-5-5", client=client, description="Reads.")
        lead_client = Simulator(Script(Reply.tool("reader", objective="Read."), Reply.text("No."))).client()
        result = await Agent("lead", model=MODEL, client=lead_client, tools=[reader.as_tool()]).run("hi")
    (child,) = result.children
    assert (result.outcome, child.outcome) == (Outcome.COMPLETED, Outcome.FAILED)
    assert "no port 99999" in child.reason
    assert "no port 99999" in str(result.messages)


WRONG_ANSWERS = {
    "a web page": b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=x\r\nconnection: close\r\n\r\n<html></html>",
    "a message": b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{"type": "message"}',
    "another protocol": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
}


@asynccontextmanager
async def answering(answer: bytes) -> AsyncGenerator[tuple[str, list[int]]]:
    """Yield the address of a server that gives this answer to every request, and the count of its connections."""
    connections: list[int] = []

    async def handle(stream: anyio.abc.SocketStream) -> None:
        connections.append(1)
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            async with stream:
                await stream.receive()
                await stream.send(answer)
                await stream.send_eof()
                while True:
                    await stream.receive()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        yield f"http://127.0.0.1:{port}", connections
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
@pytest.mark.parametrize("answer", WRONG_ANSWERS)
async def test_a_server_of_another_kind_is_asked_once(answer: str) -> None:
    async with (
        answering(WRONG_ANSWERS[answer]) as (url, connections),
        AsyncAnthropic(api_key="any", base_url=url) as client,
    ):
        with pytest.raises(ConfigurationError, match="trying again does not help"):
            await Agent("a", model=MODEL, client=client).run("hi")
    assert len(connections) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("/v1", "/v1/v1/messages: leave /v1 out of the client's `base_url`"),
        ("/eu/v1/messages/", "/eu/v1/messages/v1/messages: leave /v1/messages out of the client's `base_url`"),
        ("/claude", "/claude/v1/messages. Check the host and the path of the client's `base_url`"),
    ],
)
async def test_a_path_that_the_server_does_not_know_is_named(path: str, advice: str) -> None:
    answer = b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>nothing</html>"
    async with answering(answer) as (url, connections), AsyncAnthropic(api_key="any", base_url=url + path) as client:
        result = await Agent("a", model=MODEL, client=client).run("hi")
    assert (result.outcome, len(connections)) == (Outcome.FAILED, 1)
    assert f"{url}{advice}" in result.reason


@pytest.mark.anyio
async def test_a_stream_that_breaks_off_at_once_is_asked_for_again() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
    async with answering(answer) as (url, connections), AsyncAnthropic(api_key="any", base_url=url) as client:
        result = await Agent("a", model=MODEL, client=client, retry=Retry(first_wait_s=0.01, max_attempts=3)).run("hi")
    assert (result.outcome, len(connections)) == (Outcome.FAILED, 3)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANTHROPIC_BASE_URL", "http://localhost:abc"),
        ("SSL_CERT_FILE", "/no/such/file.pem"),
        ("ANTHROPIC_API_KEY", "gw_7f3c9a21d4e8\n"),
    ],
)
async def test_a_mistake_in_the_environment_is_told_without_its_secret(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://127.0.0.1:9")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        await Agent("a", model=MODEL, retry=Retry(max_attempts=1)).run("hi")
    assert "gw_7f3c9a21d4e8" not in str(caught.value)
