"""The loop: every call answered once, in order, whatever happened; a valid conversation left behind."""

from __future__ import annotations

import json
from itertools import pairwise

import anyio
import pytest

from agentkit import Agent, RunContext, Settings, tool
from agentkit.testing import Reply, script
from agentkit.tools.artifacts.artifact import PEEK_TOOL, READ_TOOL, SEARCH_TOOL
from tests.shop import check_pairs, find_items, results, shop

pytestmark = pytest.mark.anyio


async def test_a_question_is_answered() -> None:
    with script(Reply.text("Tea is 4 EUR.")) as s:
        result = await shop.run("What is tea?")
    assert (result.ok, result.output, str(result.outcome)) == (True, "Tea is 4 EUR.", "completed")
    assert s.requests[0]["messages"] == [{"role": "user", "content": "What is tea?"}]
    assert result.usage.requests == 1
    assert result.cost.usd is not None
    assert result.cost.usd > 0


async def test_a_failing_call_costs_no_other_call_its_result_and_the_order_is_the_models() -> None:
    calls = (
        Reply.tool("broken", path="/etc/x")
        + Reply.tool("find_items", words=["tea"])
        + Reply.tool("place_order", name="coffee")
        + Reply.tool("place_order", name="tea", count=9)
        + Reply.tool("nothing_such")
        + Reply.tool("find_items", word="tea")
    )
    with script(calls, Reply.text("Done.")) as s:
        result = await shop.run("Go")
    check_pairs(result)
    first, second, third, fourth, fifth, sixth = results(s.requests[1])
    assert first["is_error"]
    assert "internal error" in first["content"]
    assert "hunter2" not in json.dumps(s.requests[1])
    assert "RuntimeError" not in first["content"]
    assert second["content"] == '[{"name":"tea","price":4.0}]'
    assert "is_error" not in second
    assert third["content"] == "no such item: coffee"
    assert fourth["content"] == "Only 5 are left. Order fewer."
    assert "find_items" in fifth["content"]
    assert "`words`" in sixth["content"] or "words" in sixth["content"]
    assert "Nothing was executed" in sixth["content"]


async def test_all_calls_of_a_turn_run_at_once() -> None:
    running = 0
    together = anyio.Event()

    @tool(effect="read")
    async def meet(number: int) -> int:
        """Return once all four are here."""
        nonlocal running
        running += 1
        if running == 4:
            together.set()
        await together.wait()
        return number

    calls = Reply.tool("meet", number=0)
    for number in (1, 2, 3):
        calls += Reply.tool("meet", number=number)
    with script(calls, Reply.text("Done.")) as s, anyio.fail_after(10):
        await Agent("a", model="claude-opus-5-5", tools=[meet]).run("Go")
    assert [r["content"] for r in results(s.requests[1])] == ["0", "1", "2", "3"]


async def test_an_exclusive_call_runs_beside_no_other() -> None:
    running: set[str] = set()
    seen: list[frozenset[str]] = []

    async def work(name: str) -> str:
        running.add(name)
        seen.append(frozenset(running))
        await anyio.sleep(0.02)
        running.discard(name)
        return name

    @tool(effect="read")
    async def free(name: str) -> str:
        """Run beside others."""
        return await work(name)

    @tool(effect="read", exclusive=True)
    async def alone(name: str) -> str:
        """Run alone."""
        return await work(name)

    calls = Reply.tool("free", name="a") + Reply.tool("alone", name="X") + Reply.tool("free", name="b")
    calls += Reply.tool("alone", name="Y") + Reply.tool("free", name="c")
    with script(calls, Reply.text("Done.")) as s:
        await Agent("a", model="claude-opus-5-5", tools=[free, alone]).run("Go")
    assert [r["content"] for r in results(s.requests[1])] == ["a", "X", "b", "Y", "c"]
    assert all(names == {"X"} for names in seen if "X" in names)
    assert all(names == {"Y"} for names in seen if "Y" in names)


async def test_a_tool_that_hangs_is_stopped_and_its_siblings_are_not() -> None:
    @tool(effect="write", timeout_s=0.05)
    async def hang() -> str:
        """Never return."""
        await anyio.sleep_forever()
        return ""

    agent = Agent("a", model="claude-opus-5-5", tools=[hang, find_items])
    with script(Reply.tool("hang") + Reply.tool("find_items", words=[]), Reply.text("Done.")) as s:
        await agent.run("Go")
    first, second = results(s.requests[1])
    assert first["is_error"]
    assert "timed out after 0.05 s" in first["content"]
    assert "not known" in first["content"]
    assert second["content"] == "[]"


async def test_the_bytes_of_a_turn_are_a_prefix_of_the_next() -> None:
    """Law 10, on the bytes that the server got."""
    replies = [Reply.thinking("Hm.") + Reply.tool("find_items", words=[str(n)]) for n in range(5)]
    with script(*replies, Reply.text("Done.")) as s:
        await shop.run("Go")
    for earlier, later in zip(s.bodies, s.bodies[1:], strict=False):
        head = earlier[: earlier.rindex(b'],"model"')]
        assert later.startswith(head)
        assert head.startswith(b'{"tools":[')


async def test_sampling_parameters_are_never_sent() -> None:
    with script(Reply.text("Done.")) as s:
        await shop.run("Go", settings=Settings(max_tokens=100, effort="low"))
    request = s.requests[0]
    assert not {"temperature", "top_p", "top_k"} & request.keys()
    assert request["max_tokens"] == 100
    assert request["output_config"] == {"effort": "low"}
    assert request["stream"] is True


async def test_instructions_and_tools_are_rendered_once_per_conversation() -> None:
    rendered: list[str] = []
    asked: list[str] = []

    async def instructions(ctx: RunContext[str]) -> str:
        rendered.append(ctx.deps)
        return f"You serve {ctx.deps}."

    def is_open(ctx: RunContext[str]) -> bool:
        asked.append(ctx.deps)
        return ctx.deps == "Ada"

    @tool(effect="read", available=is_open)
    def secret() -> str:
        """Tell a secret."""
        return "42"

    agent = Agent("a", model="claude-opus-5-5", instructions=instructions, tools=[secret, find_items], deps=str)
    chat = agent.conversation()
    with script(Reply.text("Hi."), Reply.text("Bye.")) as s:
        await chat.send("Hello", deps="Ada")
        await chat.send("Goodbye", deps="Bob")
    assert (rendered, asked) == (["Ada"], ["Ada"])
    assert s.requests[0]["system"] == s.requests[1]["system"] == "You serve Ada."
    assert [t["name"] for t in s.requests[1]["tools"]] == ["secret", "find_items", PEEK_TOOL, SEARCH_TOOL, READ_TOOL]
    with script(Reply.text("Hi.")) as s:
        await agent.run("Hello", deps="Eve")
    assert [t["name"] for t in s.requests[0]["tools"]] == ["find_items", PEEK_TOOL, SEARCH_TOOL, READ_TOOL]


EMPTY, BLANK = Reply.text(""), Reply.text(" \n")
FIND = Reply.tool("find_items", words=["tea"])


@pytest.mark.parametrize(
    ("reply", "sent_back"),
    [
        (EMPTY + FIND, ["tool_use"]),
        (BLANK + FIND, ["text", "tool_use"]),
        (Reply.text("Tea.") + EMPTY, ["text"]),
        (Reply.thinking("Hm.") + EMPTY + FIND, ["thinking", "tool_use"]),
        (EMPTY, None),
        (BLANK + BLANK, None),
    ],
)
@pytest.mark.parametrize("thread", [False, True])
async def test_an_empty_text_does_not_go_back_and_the_conversation_goes_on(
    reply: Reply, sent_back: list[str] | None, thread: bool
) -> None:
    chat, settings = shop.conversation(), Settings(thread=thread)
    with script(lambda request: reply if len(request["messages"]) == 1 else Reply.text("Tea is 4 EUR.")) as s:
        for prompt in ("Go.", "Sure?", "And now?"):
            assert (await chat.send(prompt, settings=settings)).ok
        chat = shop.conversation(json.loads(json.dumps(chat.save())))
        assert (await chat.send("Still there?", settings=settings)).ok
    assert s.refusals == []
    types = [[block["type"] for block in one["content"]] for one in chat.messages if one["role"] == "assistant"]
    assert types == [*([sent_back] if sent_back else []), *[["text"]] * (3 + (sent_back != ["text"]))]
    for before, after in pairwise(s.requests):
        assert after["messages"][: len(before["messages"])] == before["messages"]
