"""The direct client without a socket: a run sees what it sees through the SDK's client, and leaves nothing open."""

from __future__ import annotations

import threading
from dataclasses import replace

import anyio
import pytest
from anthropic import AsyncAnthropic

from agentkit import Agent, Done, Retry, RunResult, tool
from agentkit.messages.message import user
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.models.claude import ClaudeModel
from agentkit.models.direct.client import sdk_client_of
from agentkit.simulator import Reply, Script, Simulator, UnexpectedRequest
from agentkit.testing import script

MODEL = "claude-haiku-5-5"
SAID = Reply.text("Tea is four euros. " * 4)
OPTIONS = {"model": MODEL, "max_tokens": 50, "stream": True}
QUESTION = Request(EncodedPrefix.encode("Be brief.", []), [user("Hi")], OPTIONS)
FAULTS = [
    "", "drop", "cut:0", "cut:150", "linger", "error_event", "status:529", "status:429,retry_after=0.01", "status:401",
    "status:413", "invalid_json", "truncated_json", "duplicate_keys", "max_tokens", "refusal", "empty", "pause_turn",
    "unknown_event", "context_exceeded",
]  # fmt: skip
SILENT_FAULTS = ["delay:60", "stall:0", "stall:100", "drip:1,60"]


@tool(effect="read")
def price(item: str) -> int:
    """Look up a price."""
    return len(item)


AGENT = Agent("a", model=MODEL, tools=[price])


def outcome_of(result: RunResult[str]) -> tuple[object, ...]:
    error = result.error
    told = None if error is None else (str(error), error.kind, error.status, error.is_retryable, error.retry_after_s)
    return result.messages, result.outcome, told, result.usage, result.cost.usd


@pytest.mark.anyio
async def test_a_run_sees_the_same_as_through_the_sdk() -> None:
    found: dict[tuple[str, bool], object] = {}

    async def see(fault: str, is_direct: bool) -> None:
        retry = Retry(max_attempts=1, idle_timeout_s=0.5 if fault in SILENT_FAULTS else 60)
        replies = [Reply.tool("price", item="tea"), SAID]
        simulator = Simulator(Script(*replies), faults=[fault or None])
        client = simulator.direct_client() if is_direct else simulator.client()
        result = await replace(AGENT, retry=retry).run("Tea?", client=client)
        while simulator.ledger.concurrency:
            await anyio.sleep(0.001)
        found[fault, is_direct] = outcome_of(result), simulator.requests, simulator.bodies, simulator.unapplied_faults()

    for faults in (SILENT_FAULTS, FAULTS):  # apart, since nothing else may keep the event loop busy meanwhile
        async with anyio.create_task_group() as tasks:
            for fault in faults:
                for is_direct in (True, False):
                    tasks.start_soon(see, fault, is_direct)
    for fault in (*SILENT_FAULTS, *FAULTS):
        assert found[fault, True] == found[fault, False], fault


@pytest.mark.anyio
async def test_a_reply_that_is_left_is_closed_and_the_next_one_comes_whole() -> None:
    simulator = Simulator(Script(lambda _: SAID))
    model = ClaudeModel(MODEL, simulator.direct_client())
    async with model.stream(QUESTION) as events:
        assert (await anext(events))["type"] == "message_start"
    assert [row.is_open for row in simulator.ledger.rows] == [False]
    async with model.stream(QUESTION) as events:
        assert [event["type"] async for event in events][-1] == "message_stop"


@pytest.mark.anyio
async def test_tokens_are_counted_and_batches_go_through_a_client_of_the_sdk_with_the_same_server() -> None:
    simulator = Simulator(Script(lambda _: SAID))
    client = simulator.direct_client()
    assert (await ClaudeModel(MODEL, client).count_tokens(QUESTION) or 0) > 3
    assert isinstance(sdk_client_of(client), AsyncAnthropic)
    results = await AGENT.map(["Tea?", "Ale?"], batch=True, client=client)
    assert [isinstance(result, Done) for result in results] == [True, True]
    await client.close()


@pytest.mark.anyio
async def test_the_error_of_a_responder_is_a_response() -> None:
    async def refuse(_: object) -> Reply:
        raise UnexpectedRequest("Not this.")

    result = await AGENT.run("Tea?", client=Simulator(Script(refuse)).direct_client())
    assert result.error is not None
    assert "Not this." in str(result.error)


def test_it_answers_in_every_event_loop() -> None:
    with script(lambda _: SAID) as simulator:

        def ask(backend: str) -> None:
            assert anyio.run(AGENT.run, "Tea?", backend=backend).error is None

        threads = [threading.Thread(target=ask, args=[backend]) for backend in ("asyncio", "trio", "asyncio")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ask("asyncio")
    assert len(simulator.requests) == 4
