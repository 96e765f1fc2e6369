"""Earlier conversations as examples: prompt by prompt, with whole tool calls, in whatever form they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from agentkit import Agent, tool
from agentkit.errors import UsageError
from agentkit.patterns import Demonstration, Examples, Gap
from agentkit.patterns.few_shot.earlier_messages import demonstrations_in
from agentkit.testing import Reply, script


@tool(effect="read")
def price(item: str) -> str:
    """Look up a price."""
    return "4 EUR" if item == "tea" else "none"


@dataclass
class Price:
    euros: int


clerk = Agent("clerk", model="claude-haiku-5-5", tools=[price])


@pytest.mark.anyio
async def test_a_conversation_becomes_its_exchanges_in_every_form() -> None:
    chat = clerk.conversation()
    with script(
        Reply.thinking("Hm") + Reply.text("Hello!"), Reply.tool("price", item="tea"), Reply.text("It is 4 EUR.")
    ):
        await chat.send("Hi")
        result = await chat.send("How much is tea?")
    first, second = sorted(Examples.from_messages(chat), key=lambda one: one.name)
    assert first == Demonstration("Hello!", "Hi", "prompt 1")
    assert (second.input, second.output) == ("How much is tea?", "It is 4 EUR.")
    assert [turn["role"] for turn in second.messages()] == ["user", "assistant", "user", "assistant"]
    assert "cache_control" not in second.turns
    for same in (chat.save(), chat.messages, result, list(result.messages)):
        assert Examples.from_messages(same) == Examples.from_messages(chat)
    (whole,) = Examples.from_messages(chat, whole=True)
    assert [turn["role"] for turn in whole.messages()] == ["user", "assistant"] * 3
    with script(Reply.text("Bye.")) as api:  # the simulator has the API's rules
        examples = Examples.from_messages(chat)
        assert (await clerk.conversation(examples.messages()).send("Bye")).ok
    assert len(api.requests[0]["messages"]) == 7


@pytest.mark.anyio
async def test_an_answer_by_the_answer_tool_is_the_output() -> None:
    agent = Agent("adder", model="claude-haiku-4-5", output=dict[str, Any], tools=[price])
    with script(Reply.output({"euros": 4})) as api:
        result = await agent.run("Tea?")
    assert api.requests[0]["tools"][-1]["name"] == "give_answer"
    (only,) = Examples.from_messages(result)
    assert "4" in only.output
    assert (only.input, only.turns) == ("Tea?", "")


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": "Hi"}],
        [{"role": "assistant", "content": "Hello"}],
        [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "price", "input": {}}]},
        ],
    ],
)
def test_a_prompt_without_an_answer_is_no_example(messages: list[dict[str, Any]]) -> None:
    found = list(demonstrations_in(messages, "chat"))
    assert all(isinstance(one, Gap) for one in found)
    with pytest.raises(UsageError, match="no example"):
        Examples.from_messages(messages)
    answered = [{"role": "user", "content": "Ho"}, {"role": "assistant", "content": "Ha"}]
    assert len(Examples.from_messages([*answered, *messages[:1]])) == 1


def test_roles_alternate_and_other_forms_are_refused() -> None:
    chat = [
        {"role": "user", "content": "One"},
        {"role": "user", "content": "Two"},
        {"role": "assistant", "content": "Three"},
        {"role": "assistant", "content": "Four"},
    ]
    (only,) = Examples.from_messages(chat)
    assert [turn["role"] for turn in only.messages()] == ["user", "assistant"]
    assert (only.input, only.output) == ("One\nTwo", "ThreeFour")
    for bad in ("text", {"role": "user"}, [{"role": "clerk", "content": "x"}]):
        with pytest.raises(UsageError):
            Examples.from_messages(bad)  # type: ignore[arg-type]
