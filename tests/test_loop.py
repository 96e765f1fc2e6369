"""The loop: every call answered once, in order, whatever happened; a valid conversation left behind."""

from __future__ import annotations

import json
from dataclasses import dataclass

import anyio
import pytest

from agentkit import Agent, Outcome, RunContext, RunResult, Settings, ToolError, tool
from agentkit.messages import JSONObject
from agentkit.state import ANSWER_TOOL, LAST_TURN, LAST_TURN_BY_TOOL
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


@dataclass
class Item:
    name: str
    price: float


@dataclass
class Report:
    text: str
    items: list[Item]


@tool(effect="read")
async def find_items(words: list[str]) -> list[Item]:
    """Find items by words."""
    return [Item(word, 4.0) for word in words]


@tool(effect="read")
async def broken(path: str) -> str:
    """Always fails, with a secret in its text."""
    raise RuntimeError(f"password=hunter2 in {path}")


@tool(effect="write", raises=(LookupError,))
def place_order(name: str, count: int = 1) -> str:
    """Place an order."""
    if count > 5:
        raise ToolError("Only 5 are left.", hint="Order fewer.", retryable=False)
    if name == "coffee":
        raise LookupError("no such item: coffee")
    return f"{count} x {name}"


shop = Agent("shop", model="claude-opus-5-5", tools=[find_items, broken, place_order])


def results(request: JSONObject) -> list[JSONObject]:
    """The tool results that a request ends with."""
    return [block for block in request["messages"][-1]["content"] if block["type"] == "tool_result"]


def check_pairs(result: RunResult[object]) -> None:
    """Law 1: every call is answered exactly once, in order, in the next message."""
    messages = result.messages
    for i, message in enumerate(messages):
        calls = [b["id"] for b in message["content"] if isinstance(b, dict) and b["type"] == "tool_use"]
        if message["role"] == "assistant" and calls:
            answers = [b["tool_use_id"] for b in messages[i + 1]["content"] if b["type"] == "tool_result"]
            assert answers == calls


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


class TestTypedOutput:
    """A type other than str is asked for from the first request on, and checked."""

    report = Report("Tea.", [Item("tea", 4.0)])
    agent = Agent("reporter", model="claude-opus-5-5", tools=[find_items], output=Report)

    async def test_it_comes_as_a_format_where_the_type_has_a_strict_form(self) -> None:
        with script(Reply.tool("find_items", words=["tea"]), Reply.output(self.report)) as s:
            result = await self.agent.run("Go")
        assert result.output == self.report
        formats = [request["output_config"]["format"] for request in s.requests]
        assert formats[0] == formats[1]
        assert formats[0]["type"] == "json_schema"
        assert [t["name"] for t in s.requests[0]["tools"]] == ["find_items"]

    async def test_an_answer_that_does_not_fit_goes_back_at_the_tail(self) -> None:
        with script(Reply.text('{"text": "Tea.", "items": [{"name": 4}]}'), Reply.output(self.report)) as s:
            result = await self.agent.run("Go")
        assert result.output == self.report
        said = s.requests[1]["messages"][-1]["content"][-1]["text"]
        assert "items[0].price" in said
        assert s.requests[1]["messages"][:1] == s.requests[0]["messages"]

    async def test_after_two_retries_the_outcome_says_so(self) -> None:
        with script(*[Reply.text("Not JSON.")] * 3):
            result = await self.agent.run("Go")
        assert result.outcome is Outcome.INVALID_OUTPUT
        assert "JSON" in result.reason
        with pytest.raises(Exception, match="invalid_output"):
            _ = result.output

    async def test_it_comes_by_a_tool_where_the_type_has_no_strict_form(self) -> None:
        agent = Agent("counter", model="claude-opus-5-5", tools=[find_items], output=dict[str, int])
        with script(Reply.tool("find_items", words=["tea"]), Reply.output({"tea": 4})) as s:
            result = await agent.run("Go")
        assert result.output == {"tea": 4}
        assert "output_config" not in s.requests[0]
        assert [t["name"] for t in s.requests[0]["tools"]] == ["find_items", ANSWER_TOOL]
        assert s.requests[0].get("tool_choice") is None
        check_pairs(result)

    async def test_text_instead_of_the_answer_tool_is_sent_back(self) -> None:
        agent = Agent("counter", model="claude-opus-5-5", output=dict[str, int])
        with script(Reply.text("Four."), Reply.output({"tea": 4})) as s:
            result = await agent.run("Go")
        assert result.output == {"tea": 4}
        assert ANSWER_TOOL in s.requests[1]["messages"][-1]["content"][-1]["text"]

    async def test_a_wrong_call_of_the_answer_tool_is_answered_with_what_is_wrong(self) -> None:
        agent = Agent("counter", model="claude-opus-5-5", output=dict[str, int])
        with script(Reply.tool(ANSWER_TOOL, tea="four"), Reply.output({"tea": 4})) as s:
            result = await agent.run("Go")
        assert result.output == {"tea": 4}
        (answer,) = results(s.requests[1])
        assert answer["is_error"]
        assert "tea" in answer["content"]

    @pytest.mark.parametrize("value", [5, "x", None])
    async def test_a_union_that_is_no_object_is_wrapped(self, value: int | str | None) -> None:
        agent = Agent("a", model="claude-opus-5-5", output=int | str | None)
        with script(Reply.output(value)):
            result = await agent.run("Go")
        assert result.output == value

    async def test_a_union_of_models_is_told_apart(self) -> None:
        agent = Agent("a", model="claude-opus-5-5", output=Report | Item)
        for value in (self.report, Item("tea", 4.0)):
            with script(Reply.output(value)):
                assert (await agent.run("Go")).output == value


class TestLanding:
    """On the last turn the model is told so and gives its best answer."""

    async def test_the_note_stands_behind_the_results_and_no_tool_may_be_called(self) -> None:
        agent = Agent("a", model="claude-opus-5-5", tools=[find_items], max_turns=2)
        with script(Reply.tool("find_items", words=["tea"]), Reply.text("4 EUR, I think.")) as s:
            result = await agent.run("Go")
        last = s.requests[1]
        assert [b["type"] for b in last["messages"][-1]["content"]] == ["tool_result", "text"]
        assert last["messages"][-1]["content"][-1]["text"] == LAST_TURN
        assert last["tool_choice"] == {"type": "none"}
        assert "tool_choice" not in s.requests[0]
        assert result.outcome is Outcome.MAX_TURNS
        assert result.output == "4 EUR, I think."

    async def test_with_the_answer_tool_it_is_the_only_call_that_runs(self) -> None:
        agent = Agent("a", model="claude-opus-5-5", tools=[place_order], output=dict[str, int], max_turns=1)
        with script(Reply.tool("place_order", name="tea") + Reply.tool(ANSWER_TOOL, tea=4)) as s:
            result = await agent.run("Go")
        assert "tool_choice" not in s.requests[0]
        assert s.requests[0]["messages"][-1]["content"][-1]["text"] == LAST_TURN_BY_TOOL
        assert result.output == {"tea": 4}
        assert result.messages[-1]["content"][0]["content"] == "Not executed: this was the last turn."
        check_pairs(result)

    async def test_calls_in_spite_of_it_are_answered_and_not_executed(self) -> None:
        agent = Agent("a", model="claude-opus-5-5", tools=[place_order], max_turns=1)
        with script(Reply.tool("place_order", name="tea")):
            result = await agent.run("Go")
        assert result.outcome is Outcome.MAX_TURNS
        assert result.messages[-1]["content"][0]["content"] == "Not executed: this was the last turn."
        check_pairs(result)


class TestUnfinishedTurns:
    """No call of an unfinished turn is executed, and the conversation stays one that the API takes."""

    @pytest.mark.parametrize(
        ("stop_reason", "outcome"),
        [
            ("max_tokens", Outcome.TRUNCATED),
            ("model_context_window_exceeded", Outcome.CONTEXT_EXCEEDED),
            ("refusal", Outcome.REFUSED),
            ("moonrise", Outcome.FAILED),
        ],
    )
    async def test_a_call_in_it_is_not_executed(self, stop_reason: str, outcome: Outcome) -> None:
        executed: list[str] = []

        @tool
        def remember(name: str) -> str:
            """Remember a name."""
            executed.append(name)
            return name

        chat = Agent("a", model="claude-opus-5-5", tools=[remember]).conversation()
        reply = Reply.text("Well.") + Reply.tool("remember", name="tea")
        with script(reply.replace(stop_reason=stop_reason), Reply.text("Hello again.")) as s:
            result = await chat.send("Go")
            again = await chat.send("And now?")
        assert result.outcome is outcome
        assert executed == []
        check_pairs(result)
        assert again.output == "Hello again."
        if stop_reason == "refusal":
            assert [m["role"] for m in s.requests[1]["messages"]] == ["user", "user"]
        else:
            assert [u.name for u in result.unfinished] == ["remember"]

    async def test_a_pause_is_resent_unchanged(self) -> None:
        agent = Agent("a", model="claude-opus-5-5")
        with script(Reply.text("Let me see.").replace(stop_reason="pause_turn"), Reply.text("Done.")) as s:
            result = await agent.run("Go")
        assert result.output == "Done."
        assert [m["role"] for m in s.requests[1]["messages"]] == ["user", "assistant"]
        assert s.requests[1]["messages"][1]["content"] == [{"type": "text", "text": "Let me see."}]

    async def test_an_input_that_is_not_json_is_answered_and_goes_back_empty(self) -> None:
        with script(Reply.tool_text("find_items", '{"words": ["tea"'), Reply.text("Done.")) as s:
            result = await shop.run("Go")
        assert s.requests[1]["messages"][1]["content"][0]["input"] == {}
        (answer,) = results(s.requests[1])
        assert '{"words": ["tea"' in answer["content"]
        assert answer["is_error"]
        check_pairs(result)

    async def test_silence_is_asked_about_once(self) -> None:
        with script(Reply(()), Reply.text("Here I am.")) as s:
            result = await shop.run("Go")
        assert result.output == "Here I am."
        assert [m["role"] for m in s.requests[1]["messages"]] == ["user", "user"]
        with script(Reply(()), Reply(())):
            assert (await shop.run("Go")).outcome is Outcome.EMPTY


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
    assert [t["name"] for t in s.requests[1]["tools"]] == ["secret", "find_items"]
    with script(Reply.text("Hi.")) as s:
        await agent.run("Hello", deps="Eve")
    assert [t["name"] for t in s.requests[0]["tools"]] == ["find_items"]
