"""`with script(...)`: what was written has to happen, and nothing else."""

from __future__ import annotations

import gc
from dataclasses import dataclass

import anyio
import pytest

from agentkit import Agent, Outcome, TextDelta, tool
from agentkit.messages.message import JSONObject
from agentkit.models.overriding_client import overriding_client
from agentkit.testing import Reply, script

agent = Agent("a", model="claude-opus-5-5")


def test_a_reply_that_no_request_asked_for_fails_with_what_was_asked() -> None:
    with pytest.raises(AssertionError, match="not asked for") as caught, script(Reply.text("One."), Reply.text("Two.")):
        agent.run_sync("Hello there")
    text = str(caught.value)
    assert "Two." in text
    assert "reply 2" in text
    assert "Hello there" in text


def test_a_request_that_was_not_expected_fails_with_the_request() -> None:
    chat = agent.conversation()

    async def twice() -> None:
        await chat.send("First")
        result = await chat.send("Second")
        assert result.outcome is Outcome.FAILED

    with pytest.raises(AssertionError, match="not expected") as caught, script(Reply.text("One.")):
        anyio.run(twice)
    assert "Second" in str(caught.value)


def test_an_error_in_the_block_is_not_masked() -> None:
    with pytest.raises(ZeroDivisionError), script(Reply.text("Never asked for.")):
        _ = 1 / 0


def test_an_error_in_the_block_carries_what_went_wrong_before_it() -> None:
    with pytest.raises(Exception, match="no output") as caught, script():
        _ = agent.run_sync("Hi").output
    assert "not expected" in "".join(caught.value.__notes__)


def test_scripts_nest_and_leave_nothing_behind() -> None:
    with script(Reply.text("Outer.")):
        with script(Reply.text("Inner.")):
            assert agent.run_sync("Hi").output == "Inner."
        assert agent.run_sync("Hi").output == "Outer."
    assert overriding_client() is None
    gc.collect()


def test_an_inner_script_that_fails_leaves_the_outer_one_in_force() -> None:
    with script(Reply.text("Outer.")):
        with pytest.raises(AssertionError, match="Never asked for"), script(Reply.text("Never asked for.")):
            pass
        assert agent.run_sync("Hi").output == "Outer."


def test_a_function_answers_whoever_asks() -> None:
    with script(lambda request: Reply.text(str(len(request["messages"])))) as s:
        assert agent.run_sync("Hi").output == "1"
    assert len(s.requests) == len(s.bodies) == 1


def test_a_function_may_stand_among_the_replies() -> None:
    chat = agent.conversation()

    async def twice() -> str:
        await chat.send("First")
        return (await chat.send("Second")).output

    with script(Reply.text("One."), lambda request: Reply.text(request["messages"][-1]["content"])):
        assert anyio.run(twice) == "Second"


@pytest.mark.anyio
async def test_it_works_inside_a_running_loop() -> None:
    with script(Reply.text("One.")):
        assert (await agent.run("Hi")).output == "One."


@pytest.mark.anyio
async def test_agents_of_a_tree_are_answered_by_one_script() -> None:
    reader = Agent("reader", model="claude-haiku-5-5", description="Reads.")
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool()])

    def answer(request: JSONObject) -> Reply:
        if request["model"] == "claude-haiku-5-5":
            return Reply.text("It is green.")
        if len(request["messages"]) > 1:
            return Reply.text(f"{len(request['messages'][-1]['content'])} readers say so.")
        brief = {"objective": "Look.", "output_format": "A sentence."}
        return Reply.tool("reader", **brief) + Reply.tool("reader", **brief)

    with script(answer) as simulator:
        result = await lead.run("What colour is tea?")
    assert result.output == "2 readers say so."
    assert sorted(request["model"] for request in simulator.requests) == [
        "claude-haiku-5-5",
        "claude-haiku-5-5",
        "claude-opus-5-5",
        "claude-opus-5-5",
    ]
    assert simulator.refusals == []
    assert simulator.failures == []


def test_what_a_function_asserts_comes_out_at_the_end() -> None:
    def answer(request: JSONObject) -> Reply:
        assert request["model"] == "claude-haiku-5-5", "the wrong model was asked"
        return Reply.text("Yes.")

    with pytest.raises(AssertionError, match="the wrong model was asked") as caught, script(answer):
        assert agent.run_sync("Hi").outcome is Outcome.FAILED
    assert isinstance(caught.value.__cause__, AssertionError)
    assert caught.value.__cause__.__traceback__ is not None


def test_what_a_function_raised_stands_beside_an_error_of_the_block() -> None:
    def answer(request: JSONObject) -> Reply:
        raise KeyError(request["no such field"])

    with pytest.raises(Exception, match="no output") as caught, script(answer):
        _ = agent.run_sync("Hi").output
    [note] = caught.value.__notes__
    assert note.startswith("The script itself raised KeyError: 'no such field' (test_scripting.py:")


def test_a_request_that_broke_a_rule_is_told_beside_the_reply_it_did_not_get() -> None:
    with pytest.raises(AssertionError, match="not asked for") as caught, script(Reply.text("One.")):
        Agent("a", model="claude-9").run_sync("Hi")
    assert "refused: model: claude-9" in str(caught.value)


@dataclass
class Item:
    """A thing."""

    name: str
    price: float


OUTPUTS = [
    (Item, Item("tea", 2.5)),
    (list[Item], [Item("tea", 2.5), Item("cup", 1)]),
    (Item | None, None),
    (int, 5),
    (dict[str, int], {"tea": 5}),
    (dict[str, int], {"answer": 5}),
    (str, "plain"),
]


@pytest.mark.parametrize(("kind", "value"), OUTPUTS)
@pytest.mark.anyio
async def test_an_output_arrives_as_it_was_scripted_whatever_its_type(kind: type[object], value: object) -> None:
    with script(Reply.output(value), Reply.thinking("Hm.") + Reply.output(value)):
        typed = Agent("a", model="claude-opus-5-5", output=kind)
        assert (await typed.run("Hi")).output == value
        assert (await typed.run("Hi")).output == value


@pytest.mark.anyio
async def test_an_output_of_a_wrong_type_can_be_repaired() -> None:
    with script(Reply.output("five"), Reply.output(5)) as simulator:
        assert (await Agent("a", model="claude-opus-5-5", output=int).run("Hi")).output == 5
    assert len(simulator.requests) == 2


@pytest.mark.anyio
async def test_a_run_that_is_cancelled_in_the_middle_leaves_nothing_open() -> None:
    @tool
    async def wait() -> str:
        """Wait."""
        scope.cancel()
        await anyio.sleep_forever()
        return "never"

    waiting = Agent("a", model="claude-opus-5-5", tools=[wait])
    with script(Reply.tool("wait")):
        with anyio.CancelScope() as scope:
            await waiting.run("Hi")
        assert scope.cancelled_caught
    with script(Reply.text("word " * 5000)):
        with anyio.CancelScope() as scope:
            async with agent.stream("Hi") as run:
                async for event in run:
                    if isinstance(event, TextDelta):
                        scope.cancel()
        assert scope.cancelled_caught
    gc.collect()


@pytest.mark.anyio
async def test_scripts_of_tasks_that_run_at_once_are_their_own() -> None:
    async def ask(said: str) -> None:
        with script(Reply.text(said)):
            await anyio.sleep(0.001)
            assert (await agent.run("Hi")).output == said

    async with anyio.create_task_group() as tasks:
        for n in range(5):
            tasks.start_soon(ask, f"script {n}")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it_may_be_opened_outside_of_the_loop_that_runs_inside(backend: str) -> None:
    async def run() -> str:
        return (await agent.run("Hi")).output

    with script(Reply.text("One."), Reply.text("Two.")):
        assert anyio.run(run, backend=backend) == "One."
        assert anyio.run(run, backend=backend) == "Two."
    gc.collect()
