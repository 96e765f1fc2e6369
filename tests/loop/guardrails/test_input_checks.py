"""The input's checks: what is shown and done meanwhile, and what follows from each verdict, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit import (
    Agent,
    Block,
    Caution,
    Guardrail,
    Outcome,
    Pass,
    Retry,
    RunFinished,
    RunStarted,
    TextDelta,
    Verdict,
    VerdictGiven,
)
from tests.loop.guardrails.scenes import FAULT, Watched, World, after, calls, in_virtual_time, pause, text, watch
from tests.pacing import DONE, Moment, Paced

TIMES = st.sampled_from([0.0, 0.1, 0.25, 0.4, 1.0, 3.0])


def agent(replies: list[Sequence[Moment]], world: World, guardrails: Sequence[Guardrail] = (), **more: Any) -> Any:
    retry = Retry(first_wait_s=0.0, max_attempts=3)
    tools: Any = world.tools()
    return Agent("caller", model=Paced(replies), tools=tools, guardrails=guardrails, retry=retry, **more)


def watched(replies: list[Sequence[Moment]], *guardrails: Guardrail, world: World | None = None) -> Watched:
    one = agent(replies, world or World(), guardrails)
    return in_virtual_time(lambda: watch(one))


def shown(seen: Watched, not_before: float = 0.0) -> list[tuple[float, str]]:
    """The events but those of verdicts, without what differs from run to run; in any order at the same time."""
    return sorted(
        (max(time, not_before), str({**event.to_json(), "run_id": "", "duration_s": 0}))
        for time, event in seen.events
        if not isinstance(event, VerdictGiven)
    )


REPLIES = st.lists(
    st.one_of(
        st.builds(
            calls, st.lists(st.sampled_from(["look", "ask"]), min_size=1, max_size=3), st.sampled_from([0.0, 0.2])
        ),
        st.builds(lambda s: [pause(s), FAULT], st.sampled_from([0.0, 0.3])),
    ),
    max_size=2,
)


@given(replies=REPLIES, last=TIMES, tool_s=st.sampled_from([0.0, 0.3]), verdict_s=TIMES)
@settings(max_examples=25)
def test_after_a_pass_each_event_comes_when_it_would_have_or_at_the_verdict(
    replies: list[Sequence[Moment]], last: float, tool_s: float, verdict_s: float
) -> None:
    end = text(["Tea ", "is ", "4 EUR."], last)
    plain = watched([*replies, end], world=World(tool_s))
    guarded = watched([*replies, end], Guardrail(after(verdict_s, Pass())), world=World(tool_s))
    assert shown(guarded) == shown(plain, verdict_s)
    assert guarded.result.output == plain.result.output
    assert guarded.result.messages == plain.result.messages


@given(replies=REPLIES, rings=st.booleans(), last=TIMES, tool_s=st.sampled_from([0.0, 0.3]), verdict_s=TIMES)
@settings(max_examples=25)
def test_with_a_block_only_reads_ran_nothing_was_shown_and_the_run_ends_at_the_verdict(
    replies: list[Sequence[Moment]], rings: bool, last: float, tool_s: float, verdict_s: float
) -> None:
    world = World(tool_s)
    more = [calls(["look", "ring"], 0.1)] if rings else []
    seen = watched(
        [*replies, *more, text(["Tea ", "is "], last)],
        Guardrail(after(verdict_s, Block("It is fraud.", "I cannot do that."))),
        world=world,
    )
    assert set(world.names) <= {"look"}
    assert [type(event) for _, event in seen.events] == [RunStarted, VerdictGiven, RunFinished]
    assert {time for time, _ in seen.events} == {seen.ended} == {verdict_s}
    result = seen.result
    assert (result.outcome, result.ok, result.output, result.reason) == (
        Outcome.BLOCKED,
        False,
        "I cannot do that.",
        "It is fraud.",
    )
    assert result.messages == ()


def test_a_write_waits_for_the_verdict_and_a_read_does_not() -> None:
    world = World()
    seen = watched([calls(["look", "ring"], 0.0), DONE], Guardrail(after(2.0, Pass())), world=world)
    assert world.did == [("look", 0.0), ("ring", 2.0)]
    assert seen.result.ok


def test_before_nothing_is_asked_until_the_verdict() -> None:
    seen = watched([text(["Tea."], 0.5)], Guardrail(after(2.0, Pass()), mode="before"))
    assert seen.ended == 2.5
    blocked = watched([DONE], Guardrail(after(2.0, Block("It is fraud.")), mode="before"))
    assert (blocked.ended, blocked.model.requests, blocked.result.answer) == (2.0, [], None)


def test_the_strictest_wins_and_a_block_ends_the_waiting() -> None:
    seen = watched(
        [text(["Tea."], 9.0)],
        Guardrail(after(1.0, Pass())),
        Guardrail(after(2.0, Block("It is fraud."))),
        Guardrail(after(5.0, Caution("Ask first."))),
    )
    assert (seen.ended, seen.result.outcome) == (2.0, Outcome.BLOCKED)
    assert [record.verdict for record in seen.result.verdicts] == [Pass(), Block("It is fraud.")]
    assert [record.latency_s for record in seen.result.verdicts] == [1.0, 2.0]
    assert 15_900 < seen.result.verdicts[-1].tokens_saved < 16_000


def caution(seconds: float, **options: Any) -> Guardrail:
    return Guardrail(after(seconds, Caution("Ask who calls.")), **options)


def last_texts(request: Any) -> list[str]:
    return [
        block["text"]
        for message in request.to_dict()["messages"]
        if message["role"] == "user"
        for block in ([{"text": message["content"]}] if isinstance(message["content"], str) else message["content"])
        if "text" in block
    ]


@pytest.mark.parametrize("reply", [text(["Tea ", "is "], 0.4), calls(["ring"], 0.1), text(["Tea."], 0.1)])
def test_while_nothing_was_done_the_call_is_made_again_with_the_note(reply: list[Moment]) -> None:
    """Whether the reply is still coming, has called a tool that waits, or is the answer."""
    world = World()
    seen = watched([reply, text(["Who is it?"], 0.0)], caution(0.5), world=world)
    assert world.did == []
    assert [last_texts(request) for request in seen.model.requests] == [["Call mum."], ["Call mum.", "Ask who calls."]]
    assert seen.result.output == "Who is it?"
    assert [event.text for _, event in seen.events if isinstance(event, TextDelta)] == ["Who is it?"]
    assert {time for time, _ in seen.events} == {0.5}
    (record,) = seen.result.verdicts
    assert (record.verdict, record.note_place) == (Caution("Ask who calls."), "restart")


def test_once_reads_have_run_the_note_comes_with_their_results() -> None:
    world = World(tool_s=1.0)
    seen = watched([calls(["look", "ring"], 0.0), text(["Who is it?"], 0.0)], caution(0.5), world=world)
    assert world.names == ["look"], "the call that waited is not made: the model has not read the note"
    assert last_texts(seen.model.requests[-1]) == ["Call mum.", "Ask who calls."]
    assert [record.note_place for record in seen.result.verdicts] == ["tail"]
    assert seen.result.output == "Who is it?"


def test_a_caution_before_the_first_call_stands_behind_the_prompt() -> None:
    seen = watched([DONE], caution(0.5, mode="before"))
    assert [last_texts(request) for request in seen.model.requests] == [["Call mum.", "Ask who calls."]]
    assert [record.note_place for record in seen.result.verdicts] == ["prompt"]


@pytest.mark.parametrize(
    ("on_error", "outcome"), [("block", Outcome.BLOCKED), ("pass", Outcome.COMPLETED), ("caution", Outcome.COMPLETED)]
)
@pytest.mark.parametrize("late", [True, False])
def test_what_fails_or_is_late_follows_on_error(on_error: Any, outcome: Outcome, late: bool) -> None:
    check = after(9.0, Pass()) if late else after(0.5, ValueError("broken"))
    replies: list[Sequence[Moment]] = [text(["Tea."], 2.0), text(["Tea."], 0.0)]
    seen = watched(replies, Guardrail(check, on_error=on_error, timeout_s=1.0))
    assert seen.result.outcome is outcome
    (record,) = seen.result.verdicts
    assert record.error == ("it gave no verdict within 1 s" if late else "it raised ValueError: broken")
    assert record.latency_s == (1.0 if late else 0.5)


def test_what_is_no_verdict_follows_on_error() -> None:
    verdict: Any = True
    seen = watched([DONE], Guardrail(after(0.5, verdict)))
    assert "returned True, which is no verdict" in seen.result.reason


def test_a_run_that_fails_meanwhile_ends_with_the_verdict() -> None:
    fault = [pause(0.1), FAULT]
    passed = watched([fault, fault, fault], Guardrail(after(2.0, Pass())))
    assert (passed.ended, passed.result.outcome) == (2.0, Outcome.FAILED)
    blocked: Verdict = Block("It is fraud.")
    assert watched([fault, fault, fault], Guardrail(after(2.0, blocked))).result.outcome is Outcome.BLOCKED
