"""Every way to the API is given the same by the same server: outcome, error, retries and connections."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import anthropic
import anyio
import anyio.abc
import pytest

from agentkit import Agent, ConfigurationError, Retry
from agentkit.models.claude import ClaudeModel
from agentkit.models.direct.client import DirectClient
from agentkit.models.direct.way import DirectWay, choose_way
from agentkit.models.overriding_client import Client
from agentkit.models.sdk.client import open_sdk_client
from tests.models.misbehaving.scene import Scene
from tests.models.misbehaving.scenes import SCENES
from tests.models.misbehaving.server import MisbehavingServer
from tests.models.wire.certificates import certificates
from tests.models.wire.raw_server import serving

pytestmark = pytest.mark.anyio

_CONTEXT = ssl.create_default_context()


@asynccontextmanager
async def sdk_client(url: str) -> AsyncGenerator[Client]:
    http_client = anthropic.DefaultAsyncHttpxClient(verify=_CONTEXT)
    async with anthropic.AsyncAnthropic(api_key="k", base_url=url, http_client=http_client) as client:
        yield client


@asynccontextmanager
async def sdk_client_over_our_connections(url: str) -> AsyncGenerator[Client]:
    async with open_sdk_client(api_key="k", base_url=url) as client:
        yield client


@asynccontextmanager
async def direct_client(url: str) -> AsyncGenerator[Client]:
    way = choose_way({"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url}, {})
    assert isinstance(way, DirectWay)
    client = DirectClient(way)
    yield client
    await client.close()


@pytest.fixture(autouse=True)
def our_authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every client trusts the authority that has signed the server's certificate."""
    authority = tmp_path / "authority.pem"
    authority.write_text(certificates().authority)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    monkeypatch.setattr("tests.models.test_messages_endpoint._CONTEXT", certificates().client)


OpenClient = Callable[[str], AbstractAsyncContextManager[Client]]
WAYS: dict[str, OpenClient] = {
    "the SDK": sdk_client,
    "the SDK over our connections": sdk_client_over_our_connections,
    "direct": direct_client,
}


async def seen_by(
    open_client: OpenClient, scene: Scene, kept: int, tls: ssl.SSLContext | None
) -> tuple[set[str], int, int]:
    """Return what a client sees of a scene, and check that no connection of it is left.

    Args:
        open_client: Opens the client.
        scene: What the server does.
        kept: Connections that are expected to be open after the last run: those that close may take a moment.
        tls: The server's TLS. None: none.
    """
    server = MisbehavingServer(scene.play, scene.reads_body, tls)
    retry = Retry(max_attempts=2, first_wait_s=0.001, max_seconds=60, idle_timeout_s=0.5 if scene.stalls else 30)
    async with server.serving():
        async with open_client(server.url) as client:
            model = ClaudeModel("claude-haiku-5-5", client, retry.idle_timeout_s)
            agent = Agent("a", model=model, retry=retry)
            found = {await outcome_of(agent, scene.prompt, server.url) for _ in range(scene.runs)}
            await connections_of(server, kept)
            seen = found, server.requests, server.raw.open
        assert await connections_of(server, 0) == 0
    return seen


async def connections_of(server: MisbehavingServer, expected: int) -> int:
    with anyio.move_on_after(20):  # a loaded machine is slow to see that a connection closes
        while server.raw.open > expected:
            await anyio.sleep(0.005)
    return server.raw.open


async def outcome_of(agent: Agent[None, str, str], prompt: str, url: str) -> str:
    try:
        result = await agent.run(prompt)
    except ConfigurationError as mistake:
        origin = "URL: " if url in str(mistake) else ""
        return origin + str(mistake).split("help: ", 1)[-1].split(".")[0].split(",")[0]
    error = result.error
    if error is None:
        return str(result.output)
    again = "again" if error.is_retryable else None
    told = (error.kind, error.status, error.code, error.request_id, again, error.retry_after_s)
    return " ".join(str(one) for one in told if one is not None)


@pytest.mark.filterwarnings("ignore:.*PoolByteStream:pytest.PytestUnraisableExceptionWarning")  # httpcore2: broken gzip
@pytest.mark.parametrize(("way", "is_tls"), [*((way, False) for way in WAYS), ("direct", True)])
async def test_every_way_sees_the_same(way: str, is_tls: bool) -> None:
    tls = certificates().server if is_tls else None
    found: dict[str, object] = {}
    expected: dict[str, object] = {}

    async def see(name: str, scene: Scene) -> None:
        outcome, requests, kept = scene.outcome, scene.requests, scene.kept
        if way == "the SDK" and scene.sdks_own is not None:
            outcome, requests, kept = scene.sdks_own
        if way == "direct" and scene.redirects:
            requests += 1
        expected[name] = {outcome}, requests, kept
        found[name] = await seen_by(WAYS[way], scene, kept, tls)

    for stalls in (False, True):  # these apart, since nothing else may keep the event loop busy meanwhile
        async with anyio.create_task_group() as tasks:
            for name, scene in SCENES.items():
                if scene.stalls == stalls and not (way == "the SDK" and scene.is_for_ours):
                    tasks.start_soon(see, name, scene)
    assert found == expected


# -- before there is a connection --------------------------------------------------------------------------------------

WRONG_WAYS = {
    "refused": ("http://127.0.0.1:9", "connection_error again"),
    "unknown host": ("http://no.such.host.invalid", "connection_error again"),
    "a name that is not in the certificate": ("https://127.0.0.1:{tls}", "URL: [SSL: CERTIFICATE_VERIFY_FAILED]"),
    "no tls for a server that speaks it": ("http://localhost:{tls}", "connection_error again"),
    "tls for a server that speaks none": ("https://localhost:{plain}", "URL: [SSL: "),
    "right": ("https://localhost:{tls}", "Tea."),
}


async def refuse(stream: anyio.abc.ByteStream) -> None:
    await stream.receive()
    await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_sees_the_same_where_no_connection_comes_about(way: str) -> None:
    found: dict[str, str] = {}
    good = MisbehavingServer(SCENES["sized"].play, tls=certificates().server)
    async with good.serving(), serving(refuse) as plain:
        for name, (pattern, _) in WRONG_WAYS.items():
            url = pattern.format(tls=good.raw.port, plain=plain.port)
            async with WAYS[way](url) as client:
                retry = Retry(max_attempts=2, first_wait_s=0.001)
                agent = Agent("a", model=ClaudeModel("claude-haiku-5-5", client), retry=retry)
                found[name] = await outcome_of(agent, "Hi", url)
        assert await connections_of(good, 0) == 0
    expected = {name: said for name, (_, said) in WRONG_WAYS.items()}
    assert {name: one[: len(expected[name])] for name, one in found.items()} == expected
