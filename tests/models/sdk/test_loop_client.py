"""A client that was given, in several event loops: its connections stay in theirs, and nothing is sent twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import anthropic
import anyio
import httpx2
import pytest

from agentkit import Agent, RunResult, UsageError
from agentkit.messages.message import JSONObject
from agentkit.models.claude import ClaudeModel
from agentkit.models.client import lease_client
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing.serving import served
from tests.other_loop import in_other_loop

BACKENDS = ("asyncio", "trio")


def play(request: JSONObject) -> Reply:
    return Reply.text("Tea.")


@pytest.fixture
def server() -> Generator[tuple[Simulator, str]]:
    simulator = Simulator(Script(play))
    with served(simulator) as url:
        yield simulator, url


def agent_with(client: anthropic.AsyncAnthropic, *, as_model: bool = False) -> Agent:
    model = ClaudeModel("claude-haiku-4-5", client)
    return Agent("a", model=model) if as_model else Agent("a", model="claude-haiku-4-5", client=client)


# A program of its own: an event loop that ends leaves connections open, which pytest would find.
ONE_AFTER_ANOTHER = """
import sys, anthropic, anyio
from agentkit import Agent, ClaudeModel
kept = []  # the SDK closes a client that is collected while a loop runs, and its old loop is gone
for backend in ("asyncio", "trio"):
    for is_by_hand in (False, True):
        for is_model in (False, True):
            http_client = anthropic.DefaultAsyncHttpxClient() if is_by_hand else None
            client = anthropic.AsyncAnthropic(api_key="k", base_url=sys.argv[1], http_client=http_client)
            kept.append(client)
            model = ClaudeModel("claude-haiku-4-5", client) if is_model else "claude-haiku-4-5"
            agent = Agent("a", model=model, client=None if is_model else client)
            print([anyio.run(agent.run, "Go", backend=backend).usage.requests for _ in range(3)], client.is_closed())
"""


def test_one_event_loop_after_another(server: tuple[Simulator, str]) -> None:
    """As `run_sync` does: a pool would take the dead connections of the loop before for usable ones."""
    simulator, url = server
    program = [sys.executable, "-c", ONE_AFTER_ANOTHER, url]
    done = subprocess.run(program, capture_output=True, text=True, timeout=100, check=False)
    assert (done.stdout, done.stderr) == ("[1, 1, 1] False\n" * 8, "")
    assert len(simulator.ledger.rows) == 24


@pytest.mark.parametrize("as_model", [False, True])
@pytest.mark.parametrize("backend", BACKENDS)
def test_many_event_loops_at_once(server: tuple[Simulator, str], backend: str, *, as_model: bool) -> None:
    simulator, url = server
    client = anthropic.AsyncAnthropic(api_key="k", base_url=url)
    agent = agent_with(client, as_model=as_model)

    def run(number: int) -> RunResult[str]:
        other = BACKENDS[number % 2]
        return anyio.run(agent.run, "Go", backend=other)

    async def main() -> list[RunResult[str]]:
        await agent.run("First.")
        with ThreadPoolExecutor(6) as pool:
            futures = [pool.submit(run, number) for number in range(12)]
            while not all(future.done() for future in futures):
                await agent.run("Beside them.")
        await client.close()
        return [future.result() for future in futures]

    results = anyio.run(main, backend=backend)
    assert [result.outcome for result in results] == ["completed"] * 12
    assert len(simulator.requests) == len(simulator.ledger.rows)


@pytest.mark.anyio
@pytest.mark.parametrize("other", BACKENDS)
async def test_a_copy_is_shared_and_closed_and_the_original_is_left_alone(other: str) -> None:
    given = anthropic.AsyncAnthropic(api_key="k", max_retries=7)

    async def lease() -> bool:
        async with lease_client(given) as one, lease_client(given.with_options(timeout=3)) as changed:
            async with lease_client(given) as two:
                assert one is two is not given
            assert isinstance(one, anthropic.AsyncAnthropic)
            assert isinstance(changed, anthropic.AsyncAnthropic)
            assert (str(one.base_url), one.max_retries, changed.timeout) == (str(given.base_url), 7, 3)
            assert not one.is_closed()
        return one.is_closed()

    async with lease_client(given) as here:
        assert here is given
        assert await in_other_loop(lease, other)
    assert not given.is_closed()
    await given.close()


@pytest.mark.anyio
@pytest.mark.parametrize("other", BACKENDS)
async def test_an_http_client_made_by_hand_is_refused_beside_its_event_loop(other: str) -> None:
    """Its proxies and certificates cannot be copied. One without connections works in any loop."""
    by_hand = anthropic.AsyncAnthropic(api_key="k", http_client=anthropic.DefaultAsyncHttpxClient())
    replaying = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(500)))
    unbound = anthropic.AsyncAnthropic(api_key="k", http_client=replaying)

    async def lease(client: anthropic.AsyncAnthropic) -> bool:
        async with lease_client(client) as leased:
            return leased is client

    for client in (by_hand, unbound):
        assert await lease(client)
    with pytest.raises(UsageError, match="an `http_client` of its own, whose connections belong to another event loop"):
        await in_other_loop(lambda: lease(by_hand), other)
    assert await in_other_loop(lambda: lease(unbound), other)
    await by_hand.close()


def test_an_aiohttp_session_is_refused_in_the_next_event_loop() -> None:
    pytest.importorskip("aiohttp")
    client = anthropic.AsyncAnthropic(api_key="k", http_client=anthropic.DefaultAioHttpClient())

    async def lease() -> None:
        async with lease_client(client):
            pass

    anyio.run(lease)
    with pytest.raises(UsageError, match="make a client in each event loop"):
        anyio.run(lease)
