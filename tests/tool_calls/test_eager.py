"""Calls that begin while the reply still comes: which, when, and what becomes of their answers."""

from __future__ import annotations

import json
from collections.abc import Sequence

import anyio
import pytest

from agentkit import Agent, Event, Outcome, Retry, RunResult, Settings, ToolFinished, ToolStarted, tool
from agentkit.errors import ModelError
from tests.pacing import DONE, TOOLS, Desk, Moment, Paced, begins, block, ends, look, says, send
from tests.run.test_steps import Recording
from tests.shop import check_pairs

pytestmark = pytest.mark.anyio

IMPATIENT = Retry(first_wait_s=0.001, longest_wait_s=0.001, max_attempts=2)
CUT = ModelError("The connection closed.", kind="stream_interrupted", is_retryable=True)


async def ran(
    desk: Desk,
    *replies: Sequence[Moment],
    settings: Settings | None = None,
    events: list[Event] | None = None,
    max_turns: int = 50,
    max_concurrent_calls: int = 16,
) -> RunResult[str]:
    """The run over these replies."""
    agent = Agent(
        "a",
        model=Paced(list(replies)),
        tools=TOOLS,
        deps=Desk,
        retry=IMPATIENT,
        settings=settings or Settings(),
        max_turns=max_turns,
        max_concurrent_calls=max_concurrent_calls,
    )
    with anyio.fail_after(10):
        async with agent.stream("Go", deps=desk) as run:
            async for event in run:
                if events is not None:
                    events.append(event)
    check_pairs(run.result)
    return run.result


def answers(result: RunResult[str]) -> list[str]:
    return [
        block["content"]
        for message in result.messages
        if isinstance(message["content"], list)
        for block in message["content"]
        if block["type"] == "tool_result"
    ]


def balanced(events: list[Event]) -> bool:
    """Whether every call that started finished, as often."""
    started = sorted(event.call_id for event in events if isinstance(event, ToolStarted))
    finished = sorted(event.call_id for event in events if isinstance(event, ToolFinished))
    return started == finished


class TestWhen:
    """A call begins when the model has moved on from it."""

    async def test_a_read_runs_while_the_next_block_comes(self) -> None:
        desk = Desk()
        turn = [
            *begins(), *block(0, "look", name="tea"), *block(1, "send", name="letter")[:1],
            lambda: desk.has_begun("tea"), *block(1, "send", name="letter")[1:], *ends(),
        ]  # fmt: skip
        result = await ran(desk, turn, DONE)
        assert desk.began == ["tea", "letter"]
        assert answers(result) == ["did tea", "did letter"]

    async def test_at_its_own_stop_it_does_not_begin(self) -> None:
        desk = Desk()
        turn = [*begins(), *block(0, "look", name="tea"), lambda: desk.has_not_begun("tea"), *ends()]
        await ran(desk, turn, DONE)
        assert desk.began == ["tea"]

    async def test_the_last_one_begins_with_the_stop_reason(self) -> None:
        desk = Desk()
        last, stop = ends()
        await ran(desk, [*begins(), *block(0, "look", name="tea"), last, lambda: desk.has_begun("tea"), stop], DONE)
        assert desk.began == ["tea"]

    @pytest.mark.parametrize("name", ["put", "send", "alone", "later"])
    async def test_others_wait_for_the_whole_turn(self, name: str) -> None:
        desk = Desk()
        turn = [*begins(), *block(0, name, name="x"), *block(1, "send", name="y")]
        last, stop = ends()
        await ran(desk, [*turn, last, lambda: desk.has_not_begun("x"), stop], DONE)
        assert set(desk.began) == {"x", "y"}

    async def test_nothing_begins_early_where_the_settings_say_so(self) -> None:
        desk = Desk()
        last, stop = ends()
        turn = [*begins(), *block(0, "look", name="tea"), last, lambda: desk.has_not_begun("tea"), stop]
        await ran(desk, turn, DONE, settings=Settings(eager=False))
        assert desk.began == ["tea"]

    async def test_what_comes_behind_an_exclusive_call_waits_for_it(self) -> None:
        desk = Desk()
        last, stop = ends()
        turn = [
            *begins(), *block(0, "look", name="before"), *block(1, "alone", name="alone"),
            *block(2, "look", name="behind"), last, lambda: desk.has_not_begun("behind"), stop,
        ]  # fmt: skip
        await ran(desk, turn, DONE)
        assert desk.began == ["before", "alone", "behind"]

    async def test_a_call_that_has_the_id_of_another_one_does_not_begin(self) -> None:
        desk = Desk()
        once = block(0, "look", "toolu_0", name="tea")
        twice = [*begins(), *once, *block(1, "look", "toolu_0", name="cup"), *ends()]
        await ran(desk, twice, [*begins(), *once, *ends()], DONE)
        assert desk.began == ["tea"]

    async def test_no_more_run_at_once_than_the_agent_allows(self) -> None:
        desk = Desk()
        desk.hangs = {"first"}
        last, stop = ends()
        turn = [*begins(), *block(0, "look", name="first"), *block(1, "look", name="second")]
        with anyio.move_on_after(0.3):
            await ran(desk, [*turn, last, lambda: desk.has_not_begun("second"), stop], max_concurrent_calls=1)
        assert desk.began == ["first"]

    async def test_on_the_last_turn_nothing_begins(self) -> None:
        desk = Desk()
        turn = [*begins(), *block(0, "look", name="tea"), *block(1, "look", name="milk"), *ends()]
        result = await ran(desk, turn, max_turns=1)
        assert result.outcome is Outcome.MAX_TURNS
        assert desk.began == []


EVERY = [
    *begins(),
    *(
        moment
        for index, name in enumerate(["look", "send", "look", "put", "look", "send", "put", "look"])
        for moment in block(index, name, name=f"{name}-{index}")
    ),
    *ends(),
]


class TestCut:
    """A turn that breaks off: what only reads may have begun, and is not done twice."""

    @pytest.mark.parametrize("at", range(len(EVERY)))
    async def test_nothing_but_reads_had_begun_wherever_the_stream_was_cut(self, at: int) -> None:
        desk = Desk()
        has_stopped = any(isinstance(one, dict) and one["type"] == "message_delta" for one in EVERY[:at])
        model = Paced([[*EVERY[:at], anyio.wait_all_tasks_blocked, CUT]])
        agent = Agent("a", model=model, tools=TOOLS, deps=Desk, retry=Retry(max_attempts=1))
        result = await agent.run("Go", deps=desk)
        assert result.outcome is Outcome.FAILED
        passed = sum(1 for one in EVERY[:at] if isinstance(one, dict) and one["type"] == "content_block_start") - 1
        reads = [f"look-{index}" for index in (0, 2, 4, 7) if index < passed + has_stopped]
        assert desk.began == reads

    @pytest.mark.parametrize("at", range(0, len(EVERY), 5))
    async def test_the_turn_that_comes_instead_has_the_answers_of_what_had_begun(self, at: int) -> None:
        desk = Desk()
        again = json.loads(json.dumps(EVERY).replace("toolu_", "toolu_again_"))
        events: list[Event] = []
        result = await ran(desk, [*EVERY[:at], anyio.wait_all_tasks_blocked, CUT], again, DONE, events=events)
        assert balanced(events)
        assert sorted(desk.began) == sorted({name.removeprefix("did ") for name in answers(result)})
        assert len(desk.began) == 8

    async def test_another_call_at_its_place_does_not_get_its_answer(self) -> None:
        desk = Desk()
        desk.hangs = {"tea"}
        cut = [*begins(), *block(0, "look", name="tea"), *block(1, "look", name="x")[:1]]
        whole = [*begins(), *block(0, "look", name="milk"), *ends()]
        events: list[Event] = []
        result = await ran(desk, [*cut, lambda: desk.has_begun("tea"), CUT], whole, DONE, events=events)
        assert (desk.began, desk.stopped) == (["tea", "milk"], ["tea"])
        assert answers(result) == ["did milk"]
        assert balanced(events)
        assert any(isinstance(event, ToolFinished) and event.text.startswith("Thrown away") for event in events)

    @pytest.mark.parametrize("stop_reason", ["refusal", "max_tokens", "moonrise"])
    async def test_of_a_turn_that_does_not_count_nothing_is_told(self, stop_reason: str) -> None:
        desk = Desk()
        desk.hangs = {"tea"}
        turn = [*begins(), *block(0, "look", name="tea"), *block(1, "send", name="letter")]
        reply = [*turn, lambda: desk.has_begun("tea"), *ends(stop_reason)]
        settings = Settings(max_tokens=128_000)
        result = await ran(desk, reply, DONE, settings=settings)
        assert (desk.began, desk.stopped) == (["tea"], ["tea"])
        assert not any(answer.startswith("did") for answer in answers(result))


class TestRuns:
    """What a begun call is to the run around it."""

    async def test_a_cancelled_run_leaves_none_behind(self) -> None:
        desk = Desk()
        desk.hangs = {"tea"}
        turn: list[Moment] = [*begins(), *block(0, "look", name="tea"), *block(1, "look", name="x")[:1]]
        with anyio.CancelScope() as scope:

            async def leave() -> None:
                await desk.has_begun("tea")
                scope.cancel()

            await ran(desk, [*turn, leave, anyio.sleep_forever])
        assert (desk.began, desk.stopped) == (["tea"], ["tea"])

    async def test_a_failure_is_told_in_its_place(self) -> None:
        @tool(effect="read")
        def broken(n: int) -> str:
            """Fails."""
            raise RuntimeError(n)

        model = Paced([[*begins(), *block(0, "broken", n=1), *block(1, "broken", n="x"), *ends()], DONE])
        result = await Agent("a", model=model, tools=[broken]).run("Go")
        first, second = answers(result)
        assert "failed with an internal error" in first
        assert "n: expected an integer" in second

    async def test_steps_that_are_kept_know_of_it_only_what_the_turn_claims(self) -> None:
        desk, steps = Desk(), Recording()
        turn = [*begins(), *block(0, "look", name="tea"), *block(1, "look", name="milk"), *ends()]
        cut = [*begins(), *block(0, "look", "gone", name="tea"), *block(1, "look", name="x")[:1]]
        model = Paced([[*cut, lambda: desk.has_begun("tea"), CUT], turn, DONE])
        agent = Agent("a", model=model, tools=TOOLS, deps=Desk, retry=IMPATIENT)
        await agent.run("Go", deps=desk, steps=steps)
        assert sorted(desk.began) == ["milk", "tea"]
        assert sorted(steps.journal) == ["end", "input", "model:1", "model:2", "prefix", "tool:toolu_0", "tool:toolu_1"]

    async def test_handles_of_long_results_count_calls_as_ever(self) -> None:
        @tool(effect="read", max_result_tokens=100)
        def long(n: int) -> str:
            """Much."""
            return f"{n} " * 5_000

        @tool(max_result_tokens=100)
        def write(n: int) -> str:
            """Much."""
            return f"{n} " * 5_000

        turn = [*begins(), *block(0, "write", n=1), *block(1, "long", n=2), *block(2, "long", n=3), *ends()]
        more = [*begins(), *block(0, "long", "toolu_9", n=4), *ends()]
        result = await Agent("a", model=Paced([turn, more, DONE]), tools=[long, write]).run("Go")
        assert [f"artifact-{i}" in answer for i, answer in enumerate(answers(result), 1)] == [True] * 4


class TestChildren:
    """A sub-agent that reaches nothing but reads begins early, too."""

    @pytest.mark.parametrize("is_durable", [False, True])
    async def test_it_runs_while_the_reply_comes(self, is_durable: bool) -> None:
        desk, steps = Desk(), Recording() if is_durable else None
        child_turn = [*begins(), *block(0, "look", name="tea"), *ends()]
        child = Agent("child", model=Paced([child_turn, says("Tea is there.")]), tools=[look], deps=Desk)
        turn = [
            *begins(), *block(0, "child", objective="Look."), *block(1, "send", name="letter")[:1],
            lambda: desk.has_begun("tea"), *block(1, "send", name="letter")[1:], *ends(),
        ]  # fmt: skip
        lead = Agent("lead", model=Paced([turn, DONE]), tools=[child.as_tool(), send], deps=Desk)
        result = await lead.run("Go", deps=desk, steps=steps)
        assert answers(result) == ["Tea is there.", "did letter"]
        assert [one.agent for one in result.children] == ["child"]

    async def test_one_that_was_thrown_away_costs_what_it_cost_and_is_not_unfinished(self) -> None:
        desk = Desk()
        desk.hangs = {"tea"}
        child_turn = [*begins(100), *block(0, "look", name="tea"), *ends()]
        child = Agent("child", model=Paced([child_turn]), tools=[look], deps=Desk)
        cut = [*begins(), *block(0, "child", objective="Look."), *block(1, "look", name="x")[:1]]
        model = Paced([[*cut, lambda: desk.has_begun("tea"), CUT], DONE])
        lead = Agent("lead", model=model, tools=[child.as_tool(), look], deps=Desk, retry=IMPATIENT)
        result = await lead.run("Go", deps=desk)
        assert result.output == "Done."
        assert result.unfinished == ()
        assert (result.usage.requests, result.own_usage.requests) == (2, 1)

    async def test_another_call_with_the_id_of_one_that_was_thrown_away_is_its_first_try(self) -> None:
        desk = Desk()
        child = Agent("child", model=Paced([DONE, [ModelError("Gone.", kind="api_error")]]), tools=[look], deps=Desk)
        cut = [*begins(), *block(0, "child", "call_0", objective="Tea."), *block(1, "look", name="x")[:1]]
        turn = [*begins(), *block(0, "child", "call_0", objective="Milk."), *ends()]
        model = Paced([[*cut, anyio.wait_all_tasks_blocked, CUT], turn, DONE])
        lead = Agent("lead", model=model, tools=[child.as_tool(), look], deps=Desk, retry=IMPATIENT)
        result = await lead.run("Go", deps=desk)
        assert [one.call_id for one in result.children] == ["call_0@1", "call_0"]
        assert "tries" not in answers(result)[0]
