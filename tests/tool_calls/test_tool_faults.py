"""Whatever a tool does, its call is answered by exactly one result, and the call beside it by its own."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import anyio
import anyio.lowlevel
import pytest

from agentkit import Agent, RunContext, Tool, ToolError, tool
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from agentkit.tool_calls.failures import OUTCOME_UNKNOWN
from agentkit.tools import worker_threads as threads
from agentkit.tools.worker_threads import abandoned_threads
from tests.executing import answers, call
from tests.shop import check_pairs, results

pytestmark = pytest.mark.anyio

SECRET = "hunter2 in /home/ada/keys.txt"


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError(SECRET)


class OwnBase(BaseException):
    """As the panics of extension modules are."""


class Circle:
    """Has no JSON form, and no end either."""

    def __iter__(self) -> Iterator[Circle]:
        yield self


def group(*errors: Exception) -> ExceptionGroup[Exception]:
    return ExceptionGroup(SECRET, list(errors))


def circular() -> list[object]:
    value: list[object] = []
    value.append(value)
    return value


def deep() -> list[object]:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    return value


@dataclass(frozen=True)
class Fault:
    name: str
    act: Callable[[], object]
    said: str
    """What the result contains."""
    is_error: bool = True


def raises(error: BaseException) -> Callable[[], object]:
    def act() -> object:
        raise error

    return act


FAULTS = [
    Fault("exception", raises(ValueError(SECRET)), "failed with an internal error (error id "),
    Fault("recursion", raises(RecursionError(SECRET)), "an internal error"),
    Fault("memory", raises(MemoryError(SECRET)), "a lack of memory"),
    Fault("stop iteration", raises(StopIteration(SECRET)), "an internal error"),
    Fault("base exception", raises(OwnBase(SECRET)), "an internal error"),
    Fault("no text", raises(Unprintable()), "an internal error"),
    Fault("group of one", raises(group(ToolError("Sold out."))), "Sold out."),
    Fault("nested group of one", raises(group(group(TimeoutError(SECRET)))), "a timeout"),
    Fault("group of several", raises(group(ConnectionError(SECRET), ValueError(SECRET))), "a connection failure"),
    Fault("group with words", raises(group(ToolError("Sold out."), ValueError(SECRET))), "Sold out."),
    Fault("base group", raises(BaseExceptionGroup(SECRET, [OwnBase(SECRET), OSError(SECRET)])), "operating system"),
    Fault("surrogate in words", raises(ToolError("No \udcff.")), "No \ufffd."),
    Fault("words without end", raises(ToolError("x" * 1_000_000)), "left out here"),
    Fault("odd hint", raises(ToolError("No.", hint=cast("str", 5))), "No. 5"),
    Fault("object", object, "`act` ran; its result cannot be shown: it holds"),
    Fault("lock", threading.Lock, "`act` ran; its result cannot be shown: it holds"),
    Fault("circle", Circle, "`act` ran; its result cannot be shown: it holds"),
    Fault("circular list", circular, "`act` ran; its result cannot be shown: it holds"),
    Fault("deep list", deep, "`act` ran; its result cannot be shown: it holds"),
    Fault("class", lambda: Circle, "`act` ran; its result cannot be shown: it holds"),
    Fault("bytes", lambda: b"\xff\xfe\x00", "[3 bytes that are not UTF-8 text", is_error=False),
    Fault("bytes inside", lambda: {"a": b"\xff"}, '{"a":"_w=="}', is_error=False),
    Fault("huge", lambda: "x" * 5_000_000, "left out here", is_error=False),
    Fault("surrogates", lambda: "a\ud800b", "a\ufffdb\n[1 character", is_error=False),
    Fault("surrogates inside", lambda: {"a": ["\udfff"]}, '{"a":["\ufffd"]}\n[1 character', is_error=False),
    Fault("control characters", lambda: "a\x00\x1b[1mb", "a\ufffd\ufffd[1mb\n[2 characters", is_error=False),
    Fault("not a number", lambda: {"a": float("nan")}, '{"a":"NaN"}', is_error=False),
    Fault("nothing", lambda: None, "Done.", is_error=False),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("kind", ["async", "sync"])
async def test_it_is_one_result_and_the_call_beside_it_has_its_own(kind: str, fault: Fault) -> None:
    async def act_async() -> object:
        await anyio.lowlevel.checkpoint()
        return fault.act()

    def act_sync() -> object:
        return fault.act()

    @tool(effect="read")
    async def beside() -> str:
        """Take a little longer."""
        await anyio.sleep(0.01)
        return "untouched"

    faulty: Tool[..., object] = tool(name="act", effect="read")(act_async if kind == "async" else act_sync)
    calls = [call("beside", 1), call("act", 2), call("beside", 3)]
    before, result, after = await answers([faulty, beside], *calls)
    assert (before.content, after.content) == ("untouched", "untouched")
    assert result.is_error is fault.is_error
    assert fault.said in str(result.content)
    assert "hunter2" not in str(result.content)
    assert "/home" not in str(result.content)
    json.dumps(result.to_json(), ensure_ascii=False).encode()
    assert len(str(result.content)) < 100_000


async def test_a_sync_tool_that_never_returns_is_abandoned_counted_and_named_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    release = threading.Event()

    @tool(effect="write", timeout_s=0.05)
    def hang() -> str:
        """Hang."""
        release.wait(60)
        return "late"

    threads._reported_names.clear()  # pyright: ignore[reportPrivateUsage]  # once in a process, which this test shares with others
    before = abandoned_threads()
    with caplog.at_level(logging.WARNING, "agentkit"), anyio.fail_after(20):
        calls = [call("hang", number) for number in range(3)]
        found = await answers([hang], *calls)
        assert abandoned_threads() == before + 3
    release.set()
    text = f"`hang` timed out after 0.05 s and was stopped. {OUTCOME_UNKNOWN}"
    assert [result.content for result in found] == [text, text, text]
    named = [record.__dict__["function"] for record in caplog.records if "abandoned" in record.message]
    assert len(named) == 1
    assert named[0].endswith(".hang")
    with anyio.fail_after(10):
        while abandoned_threads() > before:
            await anyio.sleep(0.01)


async def test_an_input_that_the_tool_changes_stays_in_the_conversation_as_the_model_wrote_it() -> None:
    async def spoil(given: JSONObject) -> str:
        given["list"].append("more")
        given["dict"].clear()
        given.pop("list")
        return "spoiled"

    schema: JSONObject = {"type": "object", "properties": {"list": {"type": "array"}, "dict": {"type": "object"}}}
    spoiler = Tool.from_schema("spoil", "Spoil.", schema, spoil)
    agent = Agent("a", model="claude-opus-5-5", tools=[spoiler])
    with script(Reply.tool("spoil", list=["a"], dict={"k": 1}), Reply.text("Done.")) as s:
        result = await agent.run("Go")
    block = next(block for block in result.messages[1]["content"] if block["type"] == "tool_use")
    assert block["input"] == {"list": ["a"], "dict": {"k": 1}}
    assert results(s.requests[1])[0]["content"] == "spoiled"


async def test_a_run_goes_on_after_every_fault_with_a_history_that_the_server_takes() -> None:
    """The simulator refuses what the real server does: a surrogate, a missing or a second result."""

    @tool(effect="read")
    async def act(ctx: RunContext, index: int) -> object:
        """Do something wrong."""
        return FAULTS[index].act()

    calls = Reply.tool("act", index=0)
    for index in range(1, len(FAULTS)):
        calls += Reply.tool("act", index=index)
    with script(calls, Reply.text("Done.")) as s:
        result = await Agent("a", model="claude-opus-5-5", tools=[act]).run("Go")
    assert result.output == "Done."
    check_pairs(result)
    found = results(s.requests[1])
    assert len(found) == len(FAULTS)
    for fault, block in zip(FAULTS, found, strict=True):
        assert fault.said in str(block["content"])
