"""The prefix of a conversation: rendered once, strict where it fits, never changed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentkit import Agent, Outcome, RunContext, tool
from agentkit.history.open_transcript import open_transcript
from agentkit.history.transcript import Transcript
from agentkit.messages.message import AssistantTurn, text_block
from agentkit.run.steps import InMemorySteps
from agentkit.simulator import Reply, Script, Simulator
from agentkit.tools.artifacts.artifact import PEEK_TOOL, READ_TOOL, SEARCH_TOOL
from agentkit.tools.reserved_names import ANSWER_TOOL

pytestmark = pytest.mark.anyio

CTX: RunContext[None] = RunContext(deps=None)


@dataclass
class Report:
    title: str


@tool(effect="read")
def strictable(word: str) -> str:
    """Take a word."""
    return word


@tool(effect="read")
def open_ended(counts: dict[str, int]) -> str:
    """Take counts."""
    return str(counts)


@tool(effect="read", strict=False)
def loose(word: str) -> str:
    """Take a word, loosely."""
    return word


async def render(agent: Agent[None, str, object]) -> Transcript:
    return await open_transcript(agent, CTX, InMemorySteps())


async def test_tools_are_strict_where_their_schema_allows_it_and_keep_their_order() -> None:
    tools = (await render(Agent("a", model="m", tools=[open_ended, strictable, loose]))).prefix.tools
    assert [(param["name"], param.get("strict")) for param in tools] == [
        ("open_ended", None),
        ("strictable", True),
        ("loose", None),
        (PEEK_TOOL, None),
        (SEARCH_TOOL, None),
        (READ_TOOL, None),
    ]


async def test_the_apis_own_tools_come_behind_ours_as_they_are() -> None:
    web = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
    transcript = await render(Agent("a", model="m", tools=[web, strictable]))
    assert transcript.prefix.tools[1] == web
    assert list(transcript.tools) == ["strictable", PEEK_TOOL, SEARCH_TOOL, READ_TOOL]


async def test_an_output_has_a_format_or_the_answer_tool_never_both() -> None:
    with_format = await render(Agent("a", model="m", output=Report))
    by_tool = await render(Agent("a", model="m", output=dict[str, int]))
    text = await render(Agent("a", model="m"))
    assert (with_format.answer_format is not None, with_format.answers_by_tool) == (True, False)
    assert (by_tool.answer_format, by_tool.answers_by_tool) == (None, True)
    assert [param["name"] for param in by_tool.prefix.tools] == [ANSWER_TOOL]
    assert (text.answer_format, text.answers_by_tool) == (None, False)


async def test_an_output_that_exceeds_the_limits_comes_by_tool() -> None:
    fields = {f"field_{n}": (int, 0) for n in range(30)}
    from pydantic import create_model

    wide = create_model("Wide", **fields)  # type: ignore[call-overload]  # thirty optional fields
    assert (await render(Agent("a", model="m", output=wide))).answers_by_tool


async def test_no_instructions_is_no_system_prompt() -> None:
    assert (await render(Agent("a", model="m"))).prefix.system is None
    assert (await render(Agent("a", model="m", instructions="Be brief."))).prefix.system == "Be brief."


async def test_a_turn_with_an_unknown_delta_cannot_go_back_and_the_run_says_so() -> None:
    chat = Agent("a", model="claude-opus-5-5").conversation()
    simulator = Simulator(Script(Reply.text("One."), Reply.text("Two.")))
    await chat.send("First", client=simulator.client())
    transcript = chat._chat.transcript  # pyright: ignore[reportPrivateUsage]  # no server of ours sends such a delta
    assert transcript is not None
    transcript.append_turn(AssistantTurn([text_block("x")], "end_turn", {}, unknown_delta="hologram_delta"))
    result = await chat.send("Second", client=simulator.client())
    assert result.outcome is Outcome.FAILED
    assert "hologram_delta" in result.reason
    assert len(simulator.requests) == 1


@tool(effect="read", defer_loading=True)
def rare(word: str) -> str:
    """Do what is rarely needed."""
    return word


@tool(effect="read", examples=[{"word": "tea"}])
def shown(word: str) -> str:
    """Do what is shown by example."""
    return word


async def test_the_apis_search_comes_with_tools_that_have_to_be_searched_for() -> None:
    tools = (await render(Agent("a", model="m", tools=[shown, rare], artifacts=False))).prefix.tools
    assert [param["name"] for param in tools] == ["shown", "rare", "tool_search_tool_bm25"]
    assert [param.get("defer_loading") for param in tools] == [None, True, None]


async def test_a_search_that_is_given_is_kept() -> None:
    regex = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
    tools = (await render(Agent("a", model="m", tools=[rare, regex], artifacts=False))).prefix.tools
    assert list(tools[1:]) == [regex]


async def test_examples_are_left_out_where_there_is_a_search() -> None:
    with_search = (await render(Agent("a", model="m", tools=[shown, rare]))).prefix.tools
    without = (await render(Agent("a", model="m", tools=[shown]))).prefix.tools
    assert "input_examples" not in with_search[0]
    assert without[0]["input_examples"] == [{"word": "tea"}]
