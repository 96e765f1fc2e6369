"""Our loop against a Messages API that we did not write: llama.cpp's, with a model that says random things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import anyio
import pytest
from annotated_types import MinLen
from anthropic import AsyncAnthropic
from xllamacpp import CommonParams, Server

from agentkit import Agent, ModelError, Outcome, RunResult, Settings, tool
from agentkit.messages.message import Message
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.models.claude import ClaudeModel
from agentkit.simulator.rules import refuse
from tests.real_server.tiny_model import make

pytestmark = pytest.mark.once

RUNS, MANY_RUNS = 10, 25
"""On each backend: in the ordinary suite, and in the long sweep."""
LEAST_ROUND_TRIPS = 0.6
"""Of the runs."""
ran: Counter[str] = Counter()


@dataclass
class Line:
    item: str
    count: int


@tool(effect="read")
async def order(lines: Annotated[list[Line], MinLen(1)], note: str | None = None) -> list[str]:
    """Order items."""
    ran["order"] += 1
    return [f"{line.count} x {line.item}" for line in lines]


@tool(effect="read")
def look_up(word: str) -> str:
    """Look a word up."""
    ran["look_up"] += 1
    return f"{word} is a word."


agent = Agent(
    "clerk",
    model="tiny",
    tools=[order, look_up],
    max_turns=5,
    settings=Settings(max_tokens=500),
    artifacts=False,  # a model that calls whatever there is would call these most of the time
)


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """One thread is enough for a model of 70 KB: several wait for one another most of the time."""
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    make(path)
    server = Server(params(path, seed=7))
    yield server.listening_address
    del server  # it stops serving when it goes


def is_valid(result: RunResult[str]) -> bool:
    """Whether the API would take the conversation up again: every call answered once, in order, at once."""
    more = {"role": "user", "content": "Go on."}
    body = {"model": "claude-sonnet-4-5", "max_tokens": 1, "messages": [*result.messages, more]}
    return refuse(body) is None


def has_round_trip(result: RunResult[str]) -> bool:
    """Whether a tool's result went back and was answered."""
    return any(
        block["type"] == "tool_result" and not block.get("is_error")
        for message in result.messages[:-1]
        if message["role"] == "user" and isinstance(message["content"], list)
        for block in message["content"]
    )


@pytest.mark.anyio
@pytest.mark.timeout(300)
@pytest.mark.parametrize("count", [RUNS, pytest.param(MANY_RUNS, marks=pytest.mark.soak)])
async def test_seeded_runs_neither_hang_nor_raise_and_most_hold_a_conversation(
    count: int, tmp_path: Path, anyio_backend: str
) -> None:
    """Other seeds on each backend, every fifth with few tokens; the server is llama.cpp's own, in this process."""
    make(tmp_path / "tiny.gguf")
    results: list[RunResult[str]] = []
    ran.clear()
    for n in range(count):
        server = Server(params(tmp_path / "tiny.gguf", seed=n + count * (anyio_backend == "trio")))
        clerk = replace(agent, settings=Settings(max_tokens=60 if n % 5 == 0 else 600))
        async with AsyncAnthropic(base_url=server.listening_address, api_key="any") as client:
            with anyio.fail_after(60):
                results.append(await clerk.run(f"Order {n} things.", client=client))
        del server
    assert [result.messages for result in results if not is_valid(result)] == []
    outcomes = Counter(result.outcome for result in results)
    assert outcomes.keys() <= {Outcome.COMPLETED, Outcome.TRUNCATED, Outcome.MAX_TURNS, Outcome.EMPTY}, outcomes
    assert len(outcomes) >= 3
    assert sum(map(has_round_trip, results)) >= LEAST_ROUND_TRIPS * count, outcomes
    assert ran["order"]
    assert ran["look_up"]


def params(model: Path, seed: int) -> CommonParams:
    given = CommonParams()
    given.model.path = str(model)
    given.hostnames, given.port = ["127.0.0.1"], 0
    given.n_ctx, given.n_parallel = 8192, 1
    given.cpuparams.n_threads = 1
    given.verbosity = 0
    given.sampling.seed = seed
    return given


def said(result: RunResult[str]) -> list[object]:
    """What the model said, without the ids of its calls, which are random."""
    turns = [message["content"] for message in result.messages if message["role"] == "assistant"]
    return [{key: block[key] for key in block if key != "id"} for turn in turns for block in turn]


@pytest.mark.anyio
async def test_the_same_prompt_gets_the_same_answer(base_url: str) -> None:
    async with AsyncAnthropic(base_url=base_url, api_key="any") as client:
        first, second = [await agent.run("Order tea.", client=client) for _ in range(2)]
    assert len(first.messages) > 1
    assert said(first) == said(second)


@pytest.mark.anyio
async def test_it_counts_tokens_tools_included(base_url: str) -> None:
    async with AsyncAnthropic(base_url=base_url, api_key="any") as client:
        count = client.messages.count_tokens
        bare = await count(model="tiny", messages=[{"role": "user", "content": "Hi"}])
        params: list[object] = [order.to_param()]
        with_tools = await count(model="tiny", messages=[{"role": "user", "content": "Hi"}], tools=params)  # type: ignore[arg-type]  # the API's own dictionaries
    assert with_tools.input_tokens > bare.input_tokens + 100


@pytest.mark.anyio
async def test_a_prompt_beyond_its_window_is_made_short_or_an_error_that_says_so(base_url: str) -> None:
    prompt = "word " * 20_000
    async with AsyncAnthropic(base_url=base_url, api_key="any") as client:
        result = await agent.run(prompt, client=client)
    is_short = sum(len(str(message)) for message in result.messages[:1]) < len(prompt)
    assert is_short or (result.outcome is Outcome.CONTEXT_EXCEEDED and "context" in result.reason)


@pytest.mark.anyio
async def test_a_stream_that_is_left_leaves_the_server_in_order(base_url: str) -> None:
    options = {"model": "tiny", "max_tokens": 300, "stream": True}
    request = Request(EncodedPrefix.encode(None, ()), (Message.of("user", "Say something."),), options)
    async with AsyncAnthropic(base_url=base_url, api_key="any") as client:
        model = ClaudeModel("tiny", client)
        for _ in range(5):
            async with model.stream(request) as stream:
                assert (await anext(stream))["type"] == "message_start"


@pytest.mark.anyio
async def test_a_server_that_is_gone_is_a_model_error() -> None:
    request = Request(
        EncodedPrefix.encode(None, ()), (Message.of("user", "Hi"),), {"model": "tiny", "max_tokens": 9, "stream": True}
    )
    async with AsyncAnthropic(base_url="http://127.0.0.1:9", api_key="any", max_retries=0) as client:
        with pytest.raises(ModelError, match="could not be reached"):
            async with ClaudeModel("tiny", client).stream(request):
                pass
