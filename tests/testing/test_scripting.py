"""`with script(...)`: what was written has to happen, and nothing else."""

from __future__ import annotations

import gc

import pytest

from agentkit import Agent, Outcome
from agentkit.client import overriding
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

    import anyio

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
    assert overriding.get() is None
    gc.collect()


def test_a_function_answers_whoever_asks() -> None:
    with script(lambda request: Reply.text(str(len(request["messages"])))) as s:
        assert agent.run_sync("Hi").output == "1"
    assert len(s.requests) == len(s.bodies) == 1


def test_a_function_may_stand_among_the_replies() -> None:
    chat = agent.conversation()

    async def twice() -> str:
        await chat.send("First")
        return (await chat.send("Second")).output

    import anyio

    with script(Reply.text("One."), lambda request: Reply.text(request["messages"][-1]["content"])):
        assert anyio.run(twice) == "Second"


@pytest.mark.anyio
async def test_it_works_inside_a_running_loop() -> None:
    with script(Reply.text("One.")):
        assert (await agent.run("Hi")).output == "One."
