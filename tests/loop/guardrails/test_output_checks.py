"""The checks of the output: it is held back until they have seen it, and sent back once for a caution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import (
    Agent,
    Block,
    Budget,
    Caution,
    Guardrail,
    Outcome,
    Pass,
    Seen,
    TextDelta,
    ToolStarted,
    Verdict,
    tool,
)
from agentkit.messages.message import AssistantTurn
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

HAIKU = "claude-haiku-5-5"


@tool(effect="read")
async def look() -> str:
    """Look something up."""
    return "It is 4 EUR."


async def no_secret(seen: Seen) -> Verdict:
    return Block("It tells a secret.", "I cannot say.") if "secret" in seen.text else Pass()


def caller(**more: Any) -> Agent[None, Any, Any]:
    options: dict[str, Any] = {"tools": [look], "guardrails": [Guardrail(no_secret, on="output")], **more}
    return Agent("caller", model=HAIKU, **options)


async def texts_of(agent: Agent[None, Any, Any], *replies: Reply) -> tuple[list[str], Any]:
    with script(*replies):
        async with agent.stream("Go") as run:
            shown = [event async for event in run if isinstance(event, TextDelta | ToolStarted)]
    return [event.text if isinstance(event, TextDelta) else event.name for event in shown], run.result


async def test_the_output_is_shown_once_it_was_seen_and_other_turns_are_shown_as_ever() -> None:
    shown, result = await texts_of(caller(), Reply.text("I look. ") + Reply.tool("look"), Reply.text("4 EUR."))
    assert shown in (["I look. ", "look", "4 EUR."], ["look", "I look. ", "4 EUR."])
    assert result.output == "4 EUR."


async def test_a_blocked_output_is_neither_shown_nor_kept() -> None:
    shown, result = await texts_of(caller(), Reply.tool("look"), Reply.text("The secret is 4."))
    assert (shown, result.outcome, result.output, result.messages) == (["look"], Outcome.BLOCKED, "I cannot say.", ())


@pytest.mark.parametrize("strict", [True, False])
async def test_an_output_of_a_type_is_seen_as_json(strict: bool) -> None:
    output: Any = list[str] if strict else dict[str, str]
    right: Any = ["fine"] if strict else {"a": "fine"}
    wrong: Any = ["a secret"] if strict else {"a": "a secret"}
    assert (await texts_of(caller(output=output), Reply.output(right)))[1].output == right
    assert (await texts_of(caller(output=output), Reply.output(wrong)))[1].outcome is Outcome.BLOCKED


async def test_a_caution_sends_it_back_once() -> None:
    async def careful(seen: Seen) -> Verdict:
        return Caution("Say that prices may change.")

    agent = caller(guardrails=[Guardrail(careful, on="output")])
    shown, result = await texts_of(agent, Reply.text("4 EUR."), Reply.text("4 EUR, for now."))
    assert (shown, result.output) == (["4 EUR, for now."], "4 EUR, for now.")
    assert [record.note_place for record in result.verdicts] == ["tail", ""]
    assert "prices may change" in str(result.messages[2])


async def test_what_was_never_seen_is_not_shown_and_no_parent_reads_it() -> None:
    cut = Reply.text("The secret is").replace(stop_reason="max_tokens")
    lead = Agent("lead", model=HAIKU, tools=[caller(tools=[]).as_tool()])

    def reply(request: Any) -> Reply:
        if request.get("tools"):
            done = "tool_result" in str(request["messages"])
            return Reply.text("Done.") if done else Reply.tool("caller", objective="Go")
        return cut

    with script(reply) as simulator:
        async with lead.stream("Go") as run:
            shown = [event.text async for event in run if isinstance(event, TextDelta)]
    assert shown == ["Done."]
    assert "secret" not in str([one["messages"] for one in simulator.requests if one.get("tools")])


async def test_a_turn_of_middleware_is_seen_too() -> None:
    async def made_up(call: Any, next: Any) -> AssistantTurn:
        return AssistantTurn([{"type": "text", "text": "a secret"}], "end_turn", {}, model=HAIKU, id="msg_1")

    with script():
        assert (await caller(around_model=[made_up]).run("Go")).outcome is Outcome.BLOCKED


async def test_a_resumed_run_comes_to_the_same_without_another_check(tmp_path: Path) -> None:
    asked: list[str] = []

    async def careful(seen: Seen) -> Verdict:
        asked.append(seen.text)
        return Block("No.") if len(asked) == 2 else Caution("Say more.")

    agent = caller(guardrails=[Guardrail(careful, on="output")])
    with script(Reply.text("4."), Reply.text("4 EUR.")):
        first = await agent.run("Go", journal=str(tmp_path / "runs.db"), run_id="r")
        again = await agent.resume("r", journal=str(tmp_path / "runs.db"))
    assert (asked, first.outcome) == (["4.", "4 EUR."], Outcome.BLOCKED)
    assert (again.outcome, again.verdicts, again.messages, again.usage) == (
        first.outcome,
        first.verdicts,
        first.messages,
        first.usage,
    )


async def test_an_output_that_no_check_has_passed_is_not_kept() -> None:
    """The time is over, the run is cancelled, or the reply is cut off, before there is a verdict."""

    async def slow(seen: Seen) -> Verdict:
        await anyio.sleep(5)
        return Pass()

    replies = {1: Reply.text("I look.") + Reply.tool("look"), 3: Reply.text("The secret.")}
    agent = caller(guardrails=[Guardrail(slow, on="output")])
    for budget, patience_s, stop_reason in ((Budget(max_seconds=0.2), 5, ""), (None, 0.2, ""), (None, 5, "max_tokens")):

        def reply(request: Any, stop_reason: Any = stop_reason) -> Reply:
            given = replies[len(request["messages"])]
            return Reply(given.parts, stop_reason=stop_reason) if stop_reason and "secret" in str(given) else given

        with script(reply):
            chat = agent.conversation()
            with anyio.move_on_after(patience_s):
                await chat.send("Call.", budget=budget)
        assert [message["role"] for message in chat.messages] == ["user", "assistant", "user", "assistant"]
        assert ("I look." in str(chat.messages), "secret" in str(chat.messages)) == (True, False)
        assert "not checked" in str(chat.messages[-1])


@pytest.mark.parametrize("word", ["secret", "price"])
async def test_the_text_of_the_final_turn_is_the_output_whatever_it_calls(word: str) -> None:
    shown, result = await texts_of(caller(max_turns=1), Reply.text(f"The {word} is 4.") + Reply.tool("look"))
    if word == "secret":
        assert (shown, result.outcome, result.output) == ([], Outcome.BLOCKED, "I cannot say.")
    else:
        assert (sorted(shown), result.output) == (["The price is 4.", "look"], "The price is 4.")


@pytest.mark.parametrize("end", ["The price is 4.", "The secret is 4.", "It was cut"])
async def test_a_paused_reply_is_one_with_what_follows(end: str) -> None:
    search: Any = {"type": "web_search_20250305", "name": "web_search"}
    call: Any = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "tea"}}
    found: Any = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    last = Reply.block(found) + Reply.text(end)
    replies = [
        (Reply.text("I search.") + Reply.block(call)).replace(stop_reason="pause_turn"),
        last.replace(stop_reason="max_tokens") if "cut" in end else last,
        Reply.text("Goodbye."),
    ]
    with script(*replies) as simulator:
        chat = caller(tools=[search]).conversation()
        async with chat.stream("Go") as run:
            shown = [event.text async for event in run if isinstance(event, TextDelta)]
        messages = str(chat.messages)
        assert (await chat.send("Thank you.")).ok
    assert shown == (["I search.", end] if "price" in end else [])
    assert ("I search." in messages, end in messages) == ("price" in end, "price" in end)
    assert simulator.refusals == []
