"""Whatever a check does, a verdict comes of it: it never ends the run without one, and never lets it pass."""

from __future__ import annotations

import asyncio
import time
from typing import Any, get_args

import anyio
import anyio.lowlevel
import pytest
import sniffio

from agentkit import Agent, Block, Caution, Check, Guardrail, Outcome, Pass, RunResult, Seen, Verdict
from agentkit.run.guardrails.verdicts import Place
from agentkit.testing import Reply, script
from tests.loop.guardrails.phones import HAIKU, Phone, ring

pytestmark = pytest.mark.anyio


class _Wordless(Exception):
    def __str__(self) -> str:
        raise ValueError("It has no words.")


def _cancellation() -> BaseException:
    on_asyncio = sniffio.current_async_library() == "asyncio"
    return asyncio.CancelledError() if on_asyncio else RuntimeError("trio has none of its own")


async def awaits_what_was_cancelled(seen: Seen) -> Verdict:
    raise _cancellation()


async def cancels_its_task(seen: Seen) -> Verdict:
    if sniffio.current_async_library() == "asyncio":
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(1)
    raise _cancellation()


async def raises_a_group_of_cancellations(seen: Seen) -> Verdict:
    raise BaseExceptionGroup("Both.", [_cancellation(), _cancellation()])


async def raises_without_words(seen: Seen) -> Verdict:
    raise _Wordless


async def raises_generator_exit(seen: Seen) -> Verdict:
    raise GeneratorExit


async def leaves_a_scope_open(seen: Seen) -> Verdict:
    anyio.CancelScope().__enter__()
    await anyio.lowlevel.checkpoint()
    return Pass()


async def leaves_a_task_group_open(seen: Seen) -> Verdict:
    tasks = await anyio.create_task_group().__aenter__()
    tasks.start_soon(anyio.sleep, 60)
    await anyio.lowlevel.checkpoint()
    return Pass()


async def swallows_the_timeout(seen: Seen) -> Verdict:
    try:
        await anyio.sleep(5)
    except BaseException:  # noqa: BLE001 - as checks of others do
        return Pass()
    raise AssertionError


async def cannot_be_stopped(seen: Seen) -> Verdict:
    with anyio.CancelScope(shield=True):
        await anyio.sleep(0.05)
    return Pass()


async def blocks_the_loop(seen: Seen) -> Verdict:
    time.sleep(0.05)  # noqa: ASYNC251 - as checks of others do
    return Pass()


async def _passes(seen: Seen) -> Verdict:
    return Pass()


async def _guarded_run(*checks: Check, on: Place, timeout_s: float = 30) -> tuple[RunResult[str], Phone]:
    phone = Phone()
    guardrails = [Guardrail(check, on=on, timeout_s=timeout_s) for check in checks]
    agent: Agent[Phone, str, str] = Agent("caller", model=HAIKU, deps=Phone, tools=[ring], guardrails=guardrails)

    def reply(request: Any) -> Reply:
        return Reply.text("Done.") if "tool_result" in str(request["messages"]) else Reply.tool("ring")

    with script(reply):
        return await agent.run("Call.", deps=phone), phone


@pytest.mark.parametrize("on", get_args(Place))
@pytest.mark.parametrize("is_alone", [True, False])
@pytest.mark.parametrize(
    "check",
    [
        awaits_what_was_cancelled,
        cancels_its_task,
        raises_a_group_of_cancellations,
        raises_without_words,
        raises_generator_exit,
        leaves_a_scope_open,
        leaves_a_task_group_open,
    ],
)
async def test_a_check_that_ends_otherwise_has_failed(check: Check, is_alone: bool, on: Place) -> None:
    result, phone = await _guarded_run(check, *([] if is_alone else [_passes]), on=on)
    assert (result.outcome, result.answer) == (Outcome.BLOCKED, None)
    assert any(record.error.startswith("it ") for record in result.verdicts)
    assert phone.rang == ([] if on in ("input", "tool_call") else ["1"])


@pytest.mark.parametrize("check", [swallows_the_timeout, cannot_be_stopped, blocks_the_loop])
async def test_a_verdict_that_comes_late_is_none(check: Check) -> None:
    result, phone = await _guarded_run(check, on="input", timeout_s=0.02)
    assert (result.outcome, phone.rang) == (Outcome.BLOCKED, [])
    assert "within 0.02 s" in result.verdicts[0].error


@pytest.mark.parametrize("on", get_args(Place))
async def test_a_cancelled_check_takes_no_other_verdict_with_it(on: Place) -> None:
    async def blocks(seen: Seen) -> Verdict:
        await anyio.sleep(0.02)
        return Block("It is fraud.")

    guardrails = [Guardrail(awaits_what_was_cancelled, on=on, on_error="pass"), Guardrail(blocks, on=on)]
    with script(lambda request: Reply.tool("ring") if len(request["messages"]) == 1 else Reply.text("Done.")):
        result = await Agent("caller", model=HAIKU, deps=Phone, tools=[ring], guardrails=guardrails).run(
            "Call.", deps=Phone()
        )
    assert (result.outcome, result.reason) == (Outcome.BLOCKED, "It is fraud.")


async def test_the_cancellation_of_the_run_is_none_of_the_check() -> None:
    """Nobody swallows it: the run ends as cancelled, not as blocked."""
    with anyio.move_on_after(0.05) as scope:
        await _guarded_run(swallows_the_timeout, on="input")
    assert scope.cancelled_caught


async def test_an_exit_of_the_program_is_passed_on() -> None:
    async def leaves(seen: Seen) -> Verdict:
        raise SystemExit(3)

    if sniffio.current_async_library() == "trio":  # asyncio ends the whole loop
        with pytest.raises(SystemExit):
            await _guarded_run(leaves, on="tool_result")


async def test_a_check_that_blocks_without_waiting_costs_no_request() -> None:
    async def blocks(seen: Seen) -> Verdict:
        return Block("It is fraud.")

    with script(lambda request: Reply.text("Done.")) as simulator:
        result = await Agent("caller", model=HAIKU, guardrails=[Guardrail(blocks)]).run("Call.")
    assert (result.outcome, len(simulator.requests)) == (Outcome.BLOCKED, 0)


async def test_a_task_that_is_cancelled_while_it_waits_for_a_check_is_cancelled() -> None:
    if sniffio.current_async_library() == "asyncio":
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_guarded_run(swallows_the_timeout, on="tool_call"), 0.05)
        agent = Agent("caller", model=HAIKU, guardrails=[Guardrail(swallows_the_timeout, mode="before")])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(agent.run("Call."), 0.05)


async def test_a_check_changes_only_what_it_was_given() -> None:
    async def tidies(seen: Seen) -> Verdict:
        assert isinstance(seen.content, dict)
        seen.content["number"] = "evil"
        seen.messages[0]["content"] = "Another prompt."
        return Pass()

    async def is_right(seen: Seen) -> Verdict:
        await anyio.sleep(0.01)
        is_as_it_was = (seen.content, seen.messages[0]["content"]) == ({"number": "7"}, "Call.")
        return Pass() if is_as_it_was else Block("It was changed.")

    phone, guardrails = Phone(), [Guardrail(one, on="tool_call") for one in (tidies, is_right)]
    with script(Reply.tool("ring", number="7"), Reply.text("Done.")):
        result = await Agent("caller", model=HAIKU, deps=Phone, tools=[ring], guardrails=guardrails).run(
            "Call.", deps=phone
        )
    assert (result.outcome, phone.rang, result.messages[0]["content"]) == (Outcome.COMPLETED, ["7"], "Call.")
    assert result.messages[1]["content"][0]["input"] == {"number": "7"}


async def test_a_check_is_not_asked_about_a_run_of_its_own() -> None:
    """A check that runs its own guarded agent, itself or one made anew, would go on without an end."""
    asked = list[int]()

    async def asks_itself(seen: Seen) -> Verdict:
        asked.append(1)
        return Pass() if (await agent.run(seen.text)).ok else Block("It was blocked below.")

    def anew() -> Agent[None, str, str]:
        async def check(seen: Seen) -> Verdict:
            asked.append(1)
            return Pass() if (await anew().run(seen.text)).ok else Block("It was blocked below.")

        return Agent("caller", model=HAIKU, guardrails=[Guardrail(check)])

    agent: Agent[None, str, str] = Agent("caller", model=HAIKU, guardrails=[Guardrail(asks_itself)])
    for guarded, most in ((agent, 1), (anew(), 4)):
        asked.clear()
        with script(lambda request: Reply.text("Done.")):
            assert ((await guarded.run("Call.")).outcome, len(asked)) == (Outcome.BLOCKED, most)


@pytest.mark.parametrize("on", get_args(Place))
async def test_what_cannot_be_sent_is_replaced(on: Place) -> None:
    """A check may quote what it has seen, half of a surrogate pair included."""

    def reply(request: Any) -> Reply:
        return Reply.text("Done.") if "tool_result" in str(request["messages"]) else Reply.tool("ring")

    for verdict in (Caution("He said \ud83d."), Block("He said \ud83d.", "Not \ud83d.", keep=True)):

        async def check(seen: Seen, verdict: Verdict = verdict) -> Verdict:
            return verdict

        agent = Agent("caller", model=HAIKU, deps=Phone, tools=[ring], guardrails=[Guardrail(check, on=on)])
        with script(reply):
            chat = agent.conversation()
            result = await chat.send("Call.", deps=Phone())
        assert result.ok is (verdict.kind == "caution")
        assert (
            verdict.kind == "caution" or str(chat.messages[-1]["content"][0]["text"]) == result.output == "Not \ufffd."
        )


async def test_a_reply_without_a_json_form_is_no_output() -> None:
    for given in (float("nan"), b"\xff", object()):
        no = Block("It is fraud.", given, keep=True)

        async def check(seen: Seen, verdict: Verdict = no) -> Verdict:
            return verdict

        with script(lambda request: Reply.text("The secret.")):
            chat = Agent("caller", model=HAIKU, guardrails=[Guardrail(check, on="output")]).conversation()
            result = await chat.send("Call.")
        assert (result.outcome, result.answer, "secret" in str(chat.messages)) == (Outcome.BLOCKED, None, False)
