"""A server that repeats the key that it was sent: the key is in nothing that a run returns, reports, raises or logs."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager

import pytest
from anthropic import AsyncAnthropic

from agentkit import Agent, Failed, ModelError, Retry, RunContext, RunResult, tool
from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request
from agentkit.run.events import Event
from agentkit.simulator import Reply, Script, Simulator, faults
from agentkit.simulator.faults.fault import Fault

pytestmark = pytest.mark.anyio

KEY = "gw_7f3c9a21d4e84b55a0c1"
MODEL = "claude-haiku-5-5"
Responder = Callable[[dict[str, object]], Reply]
QUICK = Retry(first_wait_s=0.01, max_attempts=2)
FAILURES: dict[str, Callable[[], Reply]] = {
    "refused key": lambda: Reply.failure(401, "authentication_error", f"invalid key {KEY}"),
    "bad request": lambda: Reply.failure(400, "invalid_request_error", f"not with Bearer {KEY}"),
    "overload": lambda: Reply.failure(529, "overloaded_error", f"{KEY} has to wait"),
    "refusal": lambda: Reply.refusal(f"Not for {KEY}."),
    "unknown model": lambda: Reply.failure(404, "not_found_error", f"nothing for {KEY}"),
}


class FormatsItself(logging.Handler):
    """Writes all of a record, with the traceback formatted from `exc_info`."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.written = ""

    def emit(self, record: logging.LogRecord) -> None:
        traced = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self.written += f"{self.format(record)} {record.__dict__} {traced}\n"


@pytest.fixture
def log() -> Generator[FormatsItself]:
    """All that is logged in a test."""
    handler, logger = FormatsItself(), logging.getLogger("agentkit")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


@asynccontextmanager
async def client_of(*replies: Reply | Responder, broken: Sequence[Fault] = ()) -> AsyncGenerator[AsyncAnthropic]:
    """A client of a real server, with the key."""
    server = Simulator(Script(*replies), faults=broken).serve()
    async with server as url, AsyncAnthropic(api_key=KEY, base_url=url) as client:
        yield client


def everything(result: RunResult[str]) -> str:
    """All that a result says, with the traceback of its error."""
    traced = "".join(traceback.format_exception(result.error)) if result.error else ""
    return f"{result!r} {result.messages} {result.unfinished} {result.reason} {traced} {result.children}"


@pytest.mark.parametrize("failure", FAILURES)
async def test_neither_results_nor_events_nor_the_log_have_the_key(failure: str, log: FormatsItself) -> None:
    events: list[Event] = []
    async with client_of(lambda _: FAILURES[failure]()) as client:
        agent = Agent("a", model=MODEL, client=client, retry=QUICK, fallback="claude-sonnet-5-5")
        async with agent.stream("hi") as run:
            events += [event async for event in run]
        items = await agent.map(["hi"])
    seen = f"{everything(run.result)} {events} {[event.to_json() for event in events]} {items} {log.written}"
    assert KEY not in seen
    assert "[redacted]" in seen
    assert isinstance(items[0], Failed)


async def test_a_parent_reads_nothing_of_a_childs_key(log: FormatsItself) -> None:
    async with client_of(lambda _: FAILURES["refused key"]()) as client:
        reader = Agent("reader", model="claude-opus-5-5", client=client, description="Reads.", retry=QUICK)
        lead_client = Simulator(Script(Reply.tool("reader", objective="Read."), Reply.text("No."))).client()
        result = await Agent("lead", model=MODEL, client=lead_client, tools=[reader.as_tool()]).run("hi")
    assert KEY not in everything(result) + log.written
    assert "invalid key [redacted]" in everything(result)


async def test_a_reply_that_breaks_off_with_an_error_event_has_no_key() -> None:
    error = faults.error_event(message=f"failed for {KEY}")
    async with client_of(lambda _: Reply.text("ok"), broken=[error, error]) as client:
        result = await Agent("a", model=MODEL, client=client, retry=QUICK).run("hi")
    assert not result.ok
    assert KEY not in everything(result)


async def test_what_tools_and_items_say_has_no_key(log: FormatsItself) -> None:
    @tool(effect="read", retries=1)
    async def load(ctx: RunContext[None], path: str) -> str:
        """Load a file."""
        ctx.progress(f"asking with {KEY}")
        raise OSError(f"no access with {KEY}")

    def render(number: int) -> str:
        raise ValueError(f"no item {number} with {KEY}")

    events: list[Event] = []
    async with client_of(Reply.tool("load", path="a"), Reply.text("Done.")) as client:
        agent = Agent("a", model=MODEL, client=client, tools=[load])
        async with agent.stream("hi") as run:
            events += [event async for event in run]
        failing = Agent("b", model=MODEL, client=client, input=int, render=render)
        items = await failing.map([1])
    assert "ToolProgress" in str(events)
    seen = f"{everything(run.result)} {events} {items} {log.written}"
    assert KEY not in seen
    assert isinstance(items[0], Failed)
    assert "ValueError: no item 1 with [redacted]" in items[0].reason


class Failing:
    """A model of one's own, which fails with a text of its own."""

    name = MODEL

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        raise ModelError(f"no reply for sk-ant-{KEY}", kind="x")
        yield aiter(())


async def test_an_error_of_a_model_of_ones_own_is_redacted() -> None:
    result = await Agent("a", model=Failing()).run("hi")
    assert result.reason == "no reply for [redacted]"
    assert KEY not in everything(result)
