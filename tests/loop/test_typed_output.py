"""Typed outputs and the last turn: asked for from the first request on, checked, sent back, landed."""

from __future__ import annotations

import pytest

from agentkit import Agent, Outcome
from agentkit.loop.texts_for_model import FINAL_TURN_BY_TOOL_NOTE, FINAL_TURN_NOTE
from agentkit.testing import Reply, script
from agentkit.tools.artifacts.artifact import PEEK_TOOL, READ_TOOL, SEARCH_TOOL
from agentkit.tools.reserved_names import ANSWER_TOOL
from tests.shop import Item, Report, check_pairs, find_items, place_order, results

pytestmark = pytest.mark.anyio


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
        assert [t["name"] for t in s.requests[0]["tools"]] == ["find_items", PEEK_TOOL, SEARCH_TOOL, READ_TOOL]

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
        assert [t["name"] for t in s.requests[0]["tools"]] == [
            "find_items",
            PEEK_TOOL,
            SEARCH_TOOL,
            READ_TOOL,
            ANSWER_TOOL,
        ]
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


async def test_an_answer_by_tool_alone_needs_no_landing() -> None:
    agent = Agent("a", model="claude-opus-5-5", output=dict[str, int], max_turns=1)
    with script(Reply.output({"tea": 4})) as s:
        result = await agent.run("Go")
    assert result.ok
    assert s.requests[0]["messages"] == [{"role": "user", "content": "Go"}]


class TestLanding:
    """On the last turn the model is told so and gives its best answer."""

    async def test_the_note_stands_behind_the_results_and_no_tool_may_be_called(self) -> None:
        agent = Agent("a", model="claude-opus-5-5", tools=[find_items], max_turns=2)
        with script(Reply.tool("find_items", words=["tea"]), Reply.text("4 EUR, I think.")) as s:
            result = await agent.run("Go")
        last = s.requests[1]
        assert [b["type"] for b in last["messages"][-1]["content"]] == ["tool_result", "text"]
        assert last["messages"][-1]["content"][-1]["text"] == FINAL_TURN_NOTE
        assert last["tool_choice"] == {"type": "none"}
        assert "tool_choice" not in s.requests[0]
        assert result.outcome is Outcome.MAX_TURNS
        assert result.output == "4 EUR, I think."

    async def test_with_the_answer_tool_it_is_the_only_call_that_runs(self) -> None:
        agent = Agent("a", model="claude-opus-5-5", tools=[place_order], output=dict[str, int], max_turns=1)
        with script(Reply.tool("place_order", name="tea") + Reply.tool(ANSWER_TOOL, tea=4)) as s:
            result = await agent.run("Go")
        assert "tool_choice" not in s.requests[0]
        assert s.requests[0]["messages"][-1]["content"][-1]["text"] == FINAL_TURN_BY_TOOL_NOTE
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
