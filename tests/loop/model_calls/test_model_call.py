"""Middleware around a model call, and the attempts inside it."""

from __future__ import annotations

import pytest

from agentkit import Agent, Budget, Retry
from agentkit.messages.message import AssistantTurn
from agentkit.run.middleware import CallModel, ModelCall
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

QUICK = Retry(first_wait_s=0.001)


agent = Agent("a", model="claude-opus-5-5", retry=QUICK)


class TestMiddleware:
    """Functions around the whole call, all its attempts included."""

    async def test_it_sees_one_call_however_often_it_is_sent(self) -> None:
        seen: list[str] = []

        async def watch(call: ModelCall, go_on: CallModel) -> AssistantTurn:
            turn = await go_on(call)
            seen.append(f"{call.path} {call.turn} {turn.text}")
            return turn

        watched = Agent("a", model="claude-opus-5-5", retry=QUICK, around_model=[watch])
        with script(Reply.text("Tea."), faults=["status:529"]):
            assert (await watched.run("Hi")).output == "Tea."
        assert seen == ["('a',) 1 Tea."]

    async def test_it_may_answer_by_itself_and_that_costs_nothing(self) -> None:
        async def remembered(call: ModelCall, go_on: CallModel) -> AssistantTurn:
            return AssistantTurn([{"type": "text", "text": "From memory."}], "end_turn", {})

        with script() as s:
            result = await Agent("a", model="claude-opus-5-5", around_model=[remembered]).run("Hi")
        assert (result.output, result.usage.requests, s.requests) == ("From memory.", 0, [])

    async def test_calling_twice_asks_twice_and_both_count(self) -> None:
        async def twice(call: ModelCall, go_on: CallModel) -> AssistantTurn:
            await go_on(call)
            return await go_on(call)

        with script(Reply.text("One."), Reply.text("Two.")):
            result = await Agent("a", model="claude-opus-5-5", around_model=[twice]).run("Hi")
        assert (result.output, result.usage.requests) == ("Two.", 2)

    async def test_what_it_changes_in_place_is_what_goes_back(self) -> None:
        async def correct(call: ModelCall, go_on: CallModel) -> AssistantTurn:
            turn = await go_on(call)
            turn.content[0]["text"] = turn.content[0]["text"].replace("Tea", "Coffee")
            return turn

        conversation = Agent("a", model="claude-opus-5-5", around_model=[correct]).conversation()
        with script(Reply.text("Tea."), Reply.text("Gladly.")) as s:
            assert (await conversation.send("Hi")).output == "Coffee."
            await conversation.send("Please")
        assert s.requests[1]["messages"][1]["content"] == [{"type": "text", "text": "Coffee."}]

    async def test_it_may_change_what_is_sent(self) -> None:
        async def briefly(call: ModelCall, go_on: CallModel) -> AssistantTurn:
            import dataclasses

            return await go_on(dataclasses.replace(call, request=call.request.with_max_tokens(77)))

        with script(Reply.text("Tea.")) as s:
            await Agent("a", model="claude-opus-5-5", around_model=[briefly]).run("Hi", budget=Budget(max_requests=1))
        assert s.requests[0]["max_tokens"] == 77
