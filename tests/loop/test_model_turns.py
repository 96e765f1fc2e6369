"""What a run says and hears: prefixes that stay, repairs of refused calls, the fallback model."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from agentkit import Agent, Budget, Compacted, ConfigurationError, FellBack, Outcome, Retry, RunFinished, Settings, tool
from agentkit.budget.prices import Price
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from agentkit.tools.reserved_names import ANSWER_TOOL
from tests.shop import Item, Report, find_items, results, shop

pytestmark = pytest.mark.anyio

OPUS, SONNET, HAIKU = "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"
QUICK = Retry(first_wait_s=0.001)
TOO_COMPLEX = "output_config.format.schema: Schema is too complex for structured outputs."


def kinds(request: JSONObject) -> list[str]:
    """The types of all blocks of a conversation."""
    contents: list[str | list[JSONObject]] = [message["content"] for message in request["messages"]]
    return [block["type"] for content in contents if isinstance(content, list) for block in content]


async def test_charges_are_counted_once_however_often_they_are_read() -> None:
    look, answer = Reply.tool("find_items", words=["tea"]), Reply.text("Tea is 4 EUR.")
    with script(look, look, answer):
        async with Agent("a", model=OPUS, tools=[find_items]).stream("Hi") as run:
            ends = [event.usage async for event in run if isinstance(event, RunFinished)]
    (charge,) = run.result.charges
    assert charge.usage == run.result.usage == ends[0]
    assert charge.usage.requests == 3


class TestTheFallback:
    """Another model goes on where the first refuses, is overloaded or does not exist."""

    async def test_it_gets_the_conversation_without_any_thinking(self) -> None:
        agent = Agent("a", model=OPUS, tools=[find_items], fallback=SONNET)
        first = Reply.thinking("Let me look.") + Reply.tool("find_items", words=["tea"])
        with script(first, Reply.refusal("Not this."), Reply.text("Tea is 4 EUR.")) as s:
            async with agent.stream("Hi") as run:
                events = [event async for event in run]
        assert run.result.output == "Tea is 4 EUR."
        assert [request["model"] for request in s.requests] == [OPUS, OPUS, SONNET]
        assert "thinking" in kinds(s.requests[1])
        assert kinds(s.requests[2]) == ["tool_use", "tool_result"]
        assert s.refusals == []
        (fell,) = [event for event in events if isinstance(event, FellBack)]
        assert (fell.model, fell.reason) == (SONNET, "The model declined: general_harms: Not this.")

    async def test_one_that_refuses_too_is_the_outcome(self) -> None:
        with script(Reply.refusal("No."), Reply.refusal("No.")):
            result = await Agent("a", model=OPUS, fallback=SONNET).run("Hi")
        assert result.outcome is Outcome.REFUSED

    async def test_it_takes_over_from_a_model_that_stays_overloaded(self) -> None:
        def answer(request: JSONObject) -> Reply:
            return Reply.text("Tea.") if request["model"] == SONNET else Reply.failure(529, "overloaded_error")

        agent = Agent("a", model=OPUS, fallback=SONNET, retry=Retry(max_attempts=2, first_wait_s=0))
        with script(answer) as s:
            result = await agent.run("Hi")
        assert result.output == "Tea."
        assert [request["model"] for request in s.requests] == [OPUS, OPUS, SONNET]

    async def test_it_takes_over_from_a_model_that_does_not_exist(self) -> None:
        with script(Reply.text("Tea.")) as s:
            result = await Agent("a", model="claude-opus-9", fallback=SONNET).run("Hi")
        assert result.output == "Tea."
        assert [request["model"] for request in s.requests] == [SONNET]

    @pytest.mark.parametrize("status", [400, 401, 403])
    async def test_it_is_not_asked_what_it_cannot_do_better(self, status: int) -> None:
        with script(lambda request: Reply.failure(status, "some_error")) as s:
            result = await Agent("a", model=OPUS, fallback=SONNET).run("Hi")
        assert result.outcome is Outcome.FAILED
        assert len(s.requests) == 1

    async def test_its_price_is_its_own(self) -> None:
        agent = Agent("a", model="local", price=Price(1, 1), fallback="other")
        with script(), pytest.raises(ConfigurationError, match="'other'"):
            await agent.run("Hi", budget=Budget(max_cost_usd=1))


class TestRepairs:
    """A refused call is never sent again as it was."""

    async def test_schemas_that_are_too_complex_are_sent_in_their_lossless_form(self) -> None:
        agent = Agent("a", model=OPUS, tools=[find_items], output=Report)
        report = Report("Tea", [Item("tea", 4.0)])
        with script(Reply.failure(400, "invalid_request_error", TOO_COMPLEX), Reply.output(report)) as s:
            result = await agent.run("Hi")
        assert result.output == report
        first, second = s.requests
        assert "format" in first["output_config"]
        assert first["tools"][0]["strict"]
        assert "output_config" not in second
        assert not any(each.get("strict") for each in second["tools"])
        assert ANSWER_TOOL in [each["name"] for each in second["tools"]]

    async def test_the_same_refusal_after_the_repair_is_the_outcome(self) -> None:
        with script(lambda request: Reply.failure(400, "invalid_request_error", TOO_COMPLEX)) as s:
            result = await Agent("a", model=OPUS, output=Report).run("Hi")
        assert result.outcome is Outcome.FAILED
        assert len(s.requests) == 2

    @pytest.mark.parametrize(
        "text",
        [
            TOO_COMPLEX,
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.",
            "something else",
        ],
    )
    async def test_what_a_repair_would_not_change_is_not_sent_again(self, text: str) -> None:
        with script(lambda request: Reply.failure(400, "invalid_request_error", text)) as s:
            result = await Agent("a", model=OPUS).run("Hi")
        assert result.outcome is Outcome.FAILED
        assert len(s.requests) == 1
        assert text.rstrip(".") in result.reason

    async def test_schemas_are_repaired_only_before_the_model_has_spoken(self) -> None:
        agent = Agent("a", model=OPUS, tools=[find_items])
        replies = (Reply.tool("find_items", words=["tea"]), Reply.failure(400, "invalid_request_error", TOO_COMPLEX))
        with script(*replies) as s:
            result = await agent.run("Hi")
        assert result.outcome is Outcome.FAILED
        assert len(s.requests) == 2


class TestLivelock:
    """The same failing call is not made for ever."""

    async def test_the_third_failure_says_so_and_the_fourth_call_is_not_executed(self) -> None:
        calls = 0

        @tool(effect="read")
        async def broken(path: str) -> str:
            """Always fails."""
            nonlocal calls
            calls += 1
            raise RuntimeError

        agent = Agent("a", model=OPUS, tools=[broken])
        with script(lambda request: Reply.tool("broken", path="x")) as s:
            result = await agent.run("Go")
        assert result.outcome is Outcome.LIVELOCK
        assert "`broken`" in result.reason
        assert (calls, len(s.requests)) == (3, 4)
        texts = [results(request)[0]["content"] for request in s.requests[1:]]
        assert ["has now failed 3 times" in text for text in texts] == [False, False, True]
        assert [unfinished.name for unfinished in result.unfinished] == ["broken"]


class TestLanding:
    """A run whose budget is nearly used up gives its best answer with what was set aside for that."""

    async def test_the_model_is_told_and_lands(self) -> None:
        replies = (Reply.tool("find_items", words=["tea"]), Reply.text("Tea is 4 EUR, as far as I got."))
        with script(*replies) as s:
            result = await shop.run("Go", budget=Budget(max_requests=2))
        assert result.outcome is Outcome.BUDGET_EXHAUSTED
        assert result.output == "Tea is 4 EUR, as far as I got."
        assert "max_requests=2" in result.reason
        note = s.requests[1]["messages"][-1]["content"][-1]["text"]
        assert "budget" in note
        assert "last turn" in note
        assert s.requests[1]["tool_choice"] == {"type": "none"}

    async def test_money_is_set_aside_for_it(self) -> None:
        def answer(request: JSONObject) -> Reply:
            is_last = request.get("tool_choice") == {"type": "none"}
            return Reply.text("Done.") if is_last else Reply.tool("find_items", words=["tea"])

        with script(answer):
            result = await shop.run("Go", budget=Budget(max_cost_usd=0.12))
        assert (result.outcome, result.output) == (Outcome.BUDGET_EXHAUSTED, "Done.")
        assert result.cost.usd is not None
        assert result.cost.usd <= 0.12
        assert result.usage.requests > 2

    async def test_ten_delegations_under_three_requests(self) -> None:
        reader = Agent("reader", model=HAIKU)
        lead = Agent("lead", model=OPUS, tools=[reader.as_tool()])
        calls = Reply(())
        for i in range(10):
            calls += Reply.tool("reader", objective=f"Read {i}")

        def answer(request: JSONObject) -> Reply:
            if request["model"] == HAIKU:
                return Reply.text("Read.")
            return Reply.text("One of ten.") if len(request["messages"]) > 1 else calls

        with script(answer) as s:
            result = await lead.run("Go", budget=Budget(max_requests=3))
        assert len(s.requests) == 3
        assert (result.outcome, result.output) == (Outcome.BUDGET_EXHAUSTED, "One of ten.")
        assert len(result.unfinished) == 9
        assert {unfinished.name for unfinished in result.unfinished} == {"reader"}
        assert [child.ok for child in result.children].count(True) == 1


class TestCompaction:
    """A conversation that no longer fits goes on, once, from a summary of itself."""

    async def test_a_full_window_is_summarised_by_the_server_and_the_run_goes_on(self) -> None:
        full = Reply.text("And so").replace(stop_reason="model_context_window_exceeded")
        call = Reply.tool("find_items", words=["tea"])
        with script(call, full, Reply.text("Tea was looked up: 4 EUR."), Reply.text("Tea is 4 EUR.")) as s:
            async with shop.stream("What is tea?") as run:
                events = [event async for event in run]
        assert run.result.output == "Tea is 4 EUR."
        assert s.requests[2]["compaction"]["type"] == "summarize"
        assert kinds(s.requests[3])[0] == "compaction"
        assert s.requests[3]["tools"] == s.requests[0]["tools"]
        (compacted,) = [event for event in events if isinstance(event, Compacted)]
        assert compacted.messages_before == 3
        assert run.result.usage.requests == 4

    async def test_a_prompt_that_is_too_long_is_summarised_once_and_then_it_is_the_outcome(self) -> None:
        too_long = "prompt is too long: 1200000 tokens > 1000000 maximum"
        with script(lambda request: Reply.failure(400, "invalid_request_error", too_long)) as s:
            result = await shop.run("What is tea?")
        assert result.outcome is Outcome.CONTEXT_EXCEEDED
        assert "prompt is too long" in result.reason
        bodies = [json.dumps(request) for request in s.requests]
        assert len(set(bodies)) == len(bodies)

    async def test_a_budget_that_has_nothing_for_a_summary_does_without_a_model(self) -> None:
        full = Reply.text("And so").replace(stop_reason="model_context_window_exceeded")
        with script(full, Reply.text("Tea is 4 EUR.")) as s:
            result = await Agent("a", model=OPUS).run("What is tea?", budget=Budget(max_requests=2))
        assert len(s.requests) == 2
        assert result.output == "Tea is 4 EUR."


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("any", [{"type": "any"}, None, {"type": "none"}]),
        ({"type": "tool", "name": "find_items"}, [{"type": "tool", "name": "find_items"}, None, {"type": "none"}]),
        ("auto", [{"type": "auto"}, {"type": "auto"}, {"type": "none"}]),
    ],
)
async def test_a_tool_choice_holds_as_the_api_allows_and_the_final_turn_has_its_own(choice: Any, sent: object) -> None:
    settings = Settings(tool_choice=choice, thinking={"type": "disabled"})
    agent = Agent("a", model=HAIKU, tools=[find_items], settings=settings, max_turns=3)
    calls = [Reply.tool("find_items", words=["tea"]), Reply.tool("find_items", words=["milk"])]
    with script(*calls, Reply.text("4 EUR."), *calls, Reply.text("5 EUR.")) as s:
        chat = agent.conversation()
        assert (await chat.send("Tea?")).output == "4 EUR."
        assert (await chat.send("Milk?")).output == "5 EUR."
    assert [request.get("tool_choice") for request in s.requests] == [*sent, *sent]  # type: ignore[misc]
    assert s.refusals == []


async def test_a_fallback_that_always_thinks_is_not_made_to_call() -> None:
    settings, retry = Settings(tool_choice="any"), Retry(first_wait_s=0.001, max_attempts=1)
    agent = Agent("a", model=HAIKU, tools=[find_items], settings=settings, retry=retry)
    failure, call = Reply.failure(529, "overloaded_error"), Reply.tool("find_items", words=["tea"])
    with script(failure, call, Reply.text("4 EUR.")) as s:
        assert (await replace(agent, fallback=OPUS).run("Tea?")).output == "4 EUR."
    assert [request.get("tool_choice") for request in s.requests if request["model"] == OPUS] == [None, None]
    with script():
        result = await agent.run("Tea?", model=OPUS)
    assert (result.outcome, "tool_choice" in result.reason) == (Outcome.FAILED, True)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_forced_call_is_for_the_agent_whose_setting_it_is(streamed: bool) -> None:
    reader = Agent("reader", model=HAIKU, tools=[find_items], settings=Settings(tool_choice="any"))
    lead = Agent("lead", model=HAIKU, tools=[reader.as_tool()])

    def answer(request: JSONObject) -> Reply:
        if len(request["messages"]) > 1:
            return Reply.text("Done.")
        is_lead = any(tool["name"] == "reader" for tool in request["tools"])
        return Reply.tool("reader", objective="Read.") if is_lead else Reply.tool("find_items", words=["tea"])

    forced, no_choice = {"type": "any"}, Settings()
    for settings, first in ((no_choice, None), (Settings(tool_choice="any"), forced)):
        with script(answer) as s:
            if streamed:
                async with lead.stream("Go", settings=settings) as run:
                    async for _ in run:
                        pass
                assert run.result.ok
            else:
                assert (await lead.run("Go", settings=settings)).ok
        assert [request.get("tool_choice") for request in s.requests] == [first, forced, None, None]
    with script(Reply.text("Nothing.")) as s:
        assert (await reader.run("Go", settings=no_choice)).ok
    assert "tool_choice" not in s.requests[0]
