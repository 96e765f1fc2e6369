"""A guarded run on both backends: its end, its conversation, its costs, and a run that is resumed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import (
    Agent,
    Block,
    Budget,
    Caution,
    DefinitionError,
    Guardrail,
    Outcome,
    Pass,
    RunIncomplete,
    Seen,
    Settings,
    Verdict,
)
from agentkit.testing import Reply, script
from tests.loop.guardrails.phones import DONE, HAIKU, NO, Phone, guarded

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("thinking", [True, False])
@pytest.mark.parametrize("seconds", [0.0, 0.05])
async def test_the_conversation_forgets_what_was_blocked_and_goes_on(thinking: bool, seconds: float) -> None:
    phone, settings = Phone(), Settings(thinking={"type": "adaptive"}) if thinking else Settings()
    reply = (Reply.thinking("Hm.") if thinking else Reply()) + Reply.tool("look")

    async def check(seen: Seen) -> Verdict:
        await anyio.sleep(seconds)
        return NO if "mum" in seen.text else Pass()

    agent = replace(guarded(Pass(), phone, settings=settings, guardrails=[Guardrail(check)]), model="claude-opus-5-5")
    replies = [reply, DONE]

    def answer(request: Any) -> Reply:
        return replies[str(request["messages"][-1]).count("tool_result")]

    with script(answer) as simulator:
        chat = agent.conversation()
        first = await chat.send("Hello.", deps=phone)
        before = chat.messages
        assert (await chat.send("Call mum.", deps=phone)).outcome is Outcome.BLOCKED
        assert chat.messages == before == first.messages
        assert (await chat.send("Goodbye.", deps=phone)).ok
    assert all("mum" not in str(request["messages"]) for request in simulator.requests[-2:])


async def test_with_keep_it_keeps_the_message_with_the_reply() -> None:
    phone = Phone()
    with script(lambda request: DONE):
        chat = guarded(replace(NO, keep=True), phone).conversation()
        await chat.send("Call.", deps=phone)
        assert [message["role"] for message in chat.messages] == ["user", "assistant"]
        assert chat.messages[-1]["content"][0]["text"] == "I cannot do that."
        chat = guarded(Block("It is fraud.", keep=True), phone).conversation()
        with pytest.raises(RunIncomplete, match="blocked"):
            (await chat.send("Call.", deps=phone)).output  # noqa: B018
        assert len(chat.messages) == 2


async def test_what_was_never_cleared_is_forgotten_too() -> None:
    """The run is cancelled before the verdict: a message that nobody has checked must not be answered with the next."""
    phone = Phone()
    with script(lambda request: DONE):
        chat = guarded(NO, phone, seconds=5).conversation()
        async with chat.stream("Call.", deps=phone):
            await anyio.sleep(0.05)
        assert chat.messages == ()


async def test_a_reply_is_the_output_only_where_it_fits_the_type() -> None:
    for reply, fits in ((3, True), ("3", False), ("three", False)):
        agent = Agent("counter", model=HAIKU, output=int, guardrails=[Guardrail(Phone().check(Block("No.", reply)))])
        with script(lambda request: Reply.output(4)):
            result = await agent.run("Count.")
        assert (result.outcome, result.answer is not None) == (Outcome.BLOCKED, fits), reply


async def test_a_blocked_sub_agent_is_not_tried_again_and_the_parent_reads_why() -> None:
    phone = Phone()
    child = Agent("child", model=HAIKU, guardrails=[Guardrail(phone.check(Block("It is fraud.")))])

    def reply(request: Any) -> Reply:
        if "tool_result" in str(request["messages"]):
            return DONE
        return Reply.tool("child", objective="Ring.") if request.get("tools") else Reply.text("The secret.")

    with script(reply) as simulator:
        result = await Agent("lead", model=HAIKU, tools=[child.as_tool(on_failure="retry")]).run("Call.")
    assert (result.ok, phone.asked, result.children[0].outcome) == (True, 1, Outcome.BLOCKED)
    last = str(simulator.requests[-1]["messages"])
    assert "blocked" in last
    assert "secret" not in last


async def test_a_resumed_run_does_not_ask_again_and_comes_to_the_same(tmp_path: Path) -> None:
    phone, journal = Phone(), str(tmp_path / "runs.db")
    for run_id, verdict in (("pass", Pass()), ("note", Caution("Ask who calls.")), ("block", NO)):
        agent = guarded(verdict, phone)
        replies = [Reply.tool("look"), DONE]

        def reply(request: Any, replies: list[Reply] = replies) -> Reply:
            return replies[str(request["messages"][-1]).count("tool_result")]

        with script(reply):
            first = await agent.run("Call.", deps=phone, journal=journal, run_id=run_id)
            asked = phone.asked
            again = await agent.resume(run_id, deps=phone, journal=journal)
        assert phone.asked == asked
        assert (again.outcome, again.answer, again.verdicts) == (first.outcome, first.answer, first.verdicts)
        assert (again.messages, again.usage) == (first.messages, first.usage)


async def test_a_saved_result_has_the_verdicts(tmp_path: Path) -> None:
    with script(lambda request: DONE):
        (await guarded(NO, Phone()).run("Call.", deps=Phone())).save(tmp_path / "result.json")
    (record,) = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["verdicts"]
    assert (record["guardrail"], record["verdict"]["kind"], record["verdict"]["reply"]) == ("check", "block", NO.reply)


async def test_what_a_check_spends_is_part_of_the_run_and_its_budget() -> None:
    judge = Agent("judge", model=HAIKU, output=bool)

    async def judged(seen: Seen) -> Verdict:
        return Pass() if (await judge.run(seen.text)).output else NO

    agent = Agent("caller", model=HAIKU, guardrails=[Guardrail(judged, mode="before")])
    with script(lambda request: Reply.output(True) if "output_config" in request else DONE):
        result = await agent.run("Call.", budget=Budget(max_requests=10))
        broke = await agent.run("Call.", budget=Budget(max_output_tokens=1))
    assert (result.ok, [child.agent for child in result.children]) == (True, ["judge"])
    assert result.verdicts[0].cost.usd == result.children[0].cost.usd != 0
    assert (broke.outcome, "RunIncomplete" in broke.verdicts[0].error) == (Outcome.BLOCKED, True)


def test_server_tools_have_no_gate() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    check = Phone().check(Pass())
    for given in ({"tools": [search]}, {"settings": Settings(extra={"mcp_servers": []})}):
        options: dict[str, Any] = {"model": HAIKU, **given}
        with pytest.raises(DefinitionError, match='mode="before"'):
            Agent("caller", guardrails=[Guardrail(check)], **options)
        Agent("caller", guardrails=[Guardrail(check, mode="before")], **options)
        Agent("caller", guardrails=[Guardrail(check, server_tools="ignored")], **options)
    with pytest.raises(DefinitionError, match=r"guardrails=.*Guardrail\(check\)"):
        Agent("caller", model=HAIKU, guardrails=[check])  # type: ignore[list-item]


async def test_server_tools_that_a_saved_conversation_brings_wait_too() -> None:
    """Its prompt prefix stays as it was: no call is made before the verdict, or the API would search."""
    phone, search = Phone(), {"type": "web_search_20250305", "name": "web_search"}
    with script(lambda request: DONE) as simulator:
        chat = Agent("caller", model=HAIKU, tools=[search]).conversation()
        await chat.send("Hello.")
        for verdict in (NO, Pass()):
            again = guarded(verdict, phone).conversation(chat.save())
            result = await again.send("Call.", deps=phone)
            assert (result.ok, len(simulator.requests)) == (verdict is not NO, 1 if verdict is NO else 2)
        assert "web_search" in str(simulator.requests[-1]["tools"])


async def test_a_recorded_verdict_is_that_of_the_guardrail_of_its_name(tmp_path: Path) -> None:
    """The run died behind its first call; the agent has other guardrails now. One that is new is asked."""
    phone, asked = Phone(), list[str]()

    def named(name: str, verdict: Verdict) -> Any:
        async def check(seen: Seen) -> Verdict:
            asked.append(name)
            return verdict

        return check

    def guardrails(on: Any, *names: str) -> list[Guardrail]:
        return [Guardrail(named(name, NO if name == "strict" else Pass()), name=name, on=on) for name in names]

    def reply(request: Any) -> Reply:
        if len(request["messages"]) == 3 and not is_going_on:
            scope.cancel()
        return [Reply.tool("look"), Reply.tool("ring"), DONE][min(2, len(request["messages"]) // 2)]

    for on in ("input", "tool_call"):
        for number, names in enumerate((["strict", "a"], ["strict"], ["a", "strict"], ["a"])):
            agent, is_going_on, run_id = guarded(Pass(), phone), False, f"{on}{number}"
            journal = str(tmp_path / f"{run_id}.db")
            with script(reply):
                with anyio.CancelScope() as scope:
                    await replace(agent, guardrails=guardrails(on, "a")).run(
                        "Call.", deps=phone, journal=journal, run_id=run_id
                    )
                is_going_on = True
                asked.clear()
                phone.rang.clear()
                now = replace(agent, guardrails=guardrails(on, *names))
                result = await now.resume(run_id, deps=phone, journal=journal)
            is_blocked = "strict" in names
            assert (result.outcome is Outcome.BLOCKED, phone.rang == []) == (is_blocked, is_blocked), (on, names)
            assert set(names) - {"a"} <= set(asked), (on, names)
            assert on == "tool_call" or "a" not in asked, (on, names)


@pytest.mark.parametrize(("had", "has"), [("ok", "note"), ("note", "ok")])
async def test_a_changed_guardrail_changes_nothing_of_what_was_recorded(had: str, has: str, tmp_path: Path) -> None:
    """The run died behind its second call; the next execution dies behind its third one, and the last one ends."""
    phone = Phone()
    verdicts: dict[str, Verdict] = {"ok": Pass(), "note": Caution("Ask who calls.")}
    options: Any = {"deps": phone, "journal": str(tmp_path / "runs.db")}

    def named(name: str) -> Any:
        return guarded(Pass(), phone, guardrails=[Guardrail(phone.check(verdicts[name]), name=name)])

    def reply(request: Any) -> Reply:
        count = sum(message["role"] == "assistant" for message in request["messages"])
        if count == dies_at:
            process.cancel()
        return DONE if count == 4 else Reply.tool("ring", number=str(count))

    with script(reply):
        dies_at = 2
        with anyio.CancelScope() as process:
            await named(had).run("Call.", run_id="r", **options)
        dies_at = 3
        with anyio.CancelScope() as process:
            await named(has).resume("r", **options)
        dies_at = -1
        result = await named(has).resume("r", **options)
    assert (result.ok, phone.rang) == (True, ["0", "1", "2", "3"])
    assert str(result.messages).count("Ask who calls.") == 1
    assert [record.guardrail for record in result.verdicts] == [has]
