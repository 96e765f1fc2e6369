"""One model call: sent again where that can help, reserved and settled each time, whatever becomes of it."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass

import anyio
import pytest

from agentkit import (
    Agent,
    Budget,
    Done,
    Event,
    Outcome,
    Retry,
    RunResult,
    TextDelta,
    TurnReset,
    Usage,
    stop_over_budget,
    tool,
)
from agentkit.budget.prices import Price
from agentkit.history.compaction import Summary
from agentkit.messages.message import JSONObject
from agentkit.messages.request import Request
from agentkit.models.claude import ClaudeModel
from agentkit.simulator import Script, Simulator
from agentkit.simulator.faults.parsing import parse_fault
from agentkit.testing import Reply, faults, script

pytestmark = pytest.mark.anyio

QUICK = Retry(first_wait_s=0.001)


@tool(effect="read")
async def look(at: str) -> str:
    """Look at something."""
    return f"{at}: fine"


agent = Agent("a", model="claude-opus-5-5", retry=QUICK)


async def streamed(of: Agent, prompt: str) -> tuple[list[Event], RunResult]:
    async with of.stream(prompt) as run:
        events = [event async for event in run]
    return events, run.result


async def test_a_summary_that_the_model_writes_is_not_shown_as_its_reply() -> None:
    full = Reply.text("And so").replace(stop_reason="model_context_window_exceeded")
    no_summary = Reply.failure(400, "invalid_request_error", "compaction: Extra inputs are not permitted")
    summary = Reply.output(asdict(Summary("Tea.", ["It is 4 EUR."], [], [], [], "", [])))
    with script(full, no_summary, summary, Reply.text("Tea is 5 EUR.")) as s:
        events, _ = await streamed(agent, "What is tea?")
    assert len(s.requests) == 4
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["And so", "Tea is 5 EUR."]


class TestAgain:
    """What may succeed later is asked for again, and only that."""

    @pytest.mark.parametrize(
        "fault",
        [
            *("status:429", "status:500", "status:502", "status:503", "status:529", "drop", "cut:0", "cut:150"),
            *("cut:600", "error_event:1", "error_event:5", "error_event:2,api_error"),
        ],
    )
    async def test_a_reply_that_did_not_come_is_asked_for_again_with_the_same_body(self, fault: str) -> None:
        with script(Reply.text("Tea is four euros, and that is a long enough answer."), faults=[fault]) as s:
            result = await agent.run("Hi")
        assert result.outcome is Outcome.COMPLETED
        assert s.bodies[0] == s.bodies[1]
        assert len(s.requests) == 2

    async def test_a_watcher_is_told_to_forget_what_came_of_it(self) -> None:
        with script(Reply.text("Tea is four euros."), faults=["cut:600"]):
            events, result = await streamed(agent, "Hi")
        kinds = [type(event).__name__ for event in events]
        reset = next(event for event in events if isinstance(event, TurnReset))
        assert (reset.turn, reset.attempt) == (1, 2)
        assert "broke off" in reset.reason
        after = [event.text for event in events[events.index(reset) :] if isinstance(event, TextDelta)]
        assert "".join(after) == result.output == "Tea is four euros."
        assert kinds.count("TurnStarted") == kinds.count("TurnFinished") == 1

    async def test_attempts_are_bounded_and_the_last_failure_is_the_reason(self) -> None:
        with script(lambda request: Reply.failure(529, "overloaded_error", "Too busy")) as s:
            result = await Agent("a", model="claude-opus-5-5", retry=Retry(max_attempts=3, first_wait_s=0)).run("Hi")
        assert (result.outcome, len(s.requests)) == (Outcome.FAILED, 3)
        assert "Too busy" in result.reason

    @pytest.mark.parametrize("status", [400, 401, 402, 403, 404])
    async def test_what_cannot_succeed_unchanged_is_not_sent_again(self, status: int) -> None:
        with script(lambda request: Reply.text("Never said."), faults=[f"status:{status}"]) as s:
            result = await agent.run("Hi")
        assert result.outcome is Outcome.FAILED
        assert str(status) in result.reason
        assert len(s.requests) == 1

    async def test_a_server_that_says_when_is_asked_then(self) -> None:
        began = time.monotonic()
        with script(Reply.text("Tea."), faults=["status:429,250ms"]) as s:
            result = await agent.run("Hi")
        assert result.ok
        assert time.monotonic() - began >= 0.25
        assert len(s.requests) == 2

    async def test_a_wait_longer_than_there_is_patience_is_not_waited(self) -> None:
        began = time.monotonic()
        with script(lambda request: Reply.text("Tea."), faults=["status:429,retry_after=3600"]):
            result = await agent.run("Hi")
        assert result.outcome is Outcome.FAILED
        assert result.error is not None
        assert result.error.retry_after_s == 3600
        assert time.monotonic() - began < 30

    async def test_a_wait_longer_than_the_budget_has_time_is_not_waited(self) -> None:
        began = time.monotonic()
        with script(lambda request: Reply.text("Tea."), faults=["status:529,retry_after=60"]):
            result = await agent.run("Hi", budget=Budget(max_seconds=20))
        assert result.outcome is Outcome.FAILED
        assert time.monotonic() - began < 15

    async def test_a_reply_that_drips_for_too_long_is_given_up(self) -> None:
        patient = Agent("a", model="claude-opus-5-5", retry=Retry(total_timeout_s=0.3, first_wait_s=0))
        with script(Reply.text("Tea."), faults=[faults.drip(1, every_s=0.01) + faults.cut(10**9)]) as s:
            result = await patient.run("Hi")
        assert result.output == "Tea."
        assert len(s.requests) == 2


class TestWhatItCosts:
    """Every attempt counts, and what is not known is said to be estimated."""

    async def test_a_broken_reply_is_charged_its_whole_prompt_and_what_had_come(self) -> None:
        with script(Reply.text("Tea is four euros. " * 40), faults=["cut:900"]):
            result = await agent.run("Hi")
        assert result.ok
        assert result.usage.requests == 1
        assert result.usage.aborted_requests == 1
        assert result.cost.usd is not None
        assert 0 < result.cost.estimated_usd < result.cost.usd

    async def test_a_refused_request_costs_nothing_and_counts_as_a_request(self) -> None:
        with script(lambda request: Reply.text("Tea."), faults=["status:529"]) as s:
            result = await agent.run("Hi", budget=Budget(max_requests=1))
        assert result.outcome is Outcome.BUDGET_EXHAUSTED
        assert len(s.requests) == 1
        assert result.cost.usd == 0

    async def test_a_price_of_ones_own_counts(self) -> None:
        own = Agent("a", model="local-model", price=Price(1_000_000, 0))
        with script(Reply.text("Tea.").replace(usage={"input_tokens": 2})):
            result = await own.run("Hi", model="claude-opus-5-5")
        assert result.cost.usd == 2.0


class TestRefusedCredentials:
    """A 401 or 403 ends all calls of the tree that are still to come."""

    @pytest.mark.parametrize("status", [401, 403])
    async def test_no_further_call_is_made_and_what_is_finished_is_returned(self, status: int) -> None:
        asked = 0

        def answer(request: JSONObject) -> Reply:
            nonlocal asked
            asked += 1
            return Reply.text("Tea.") if asked <= 2 else Reply.failure(status, "authentication_error", "No.")

        with script(answer) as s:
            results = await agent.map([str(i) for i in range(20)], concurrency=1)
        assert [isinstance(done, Done) for done in results] == [True] * 2 + [False] * 18
        assert len(s.requests) == 3
        last = results[-1].result
        assert last is not None
        assert last.error is not None
        assert last.error.status == status

    async def test_whoever_waits_is_told_at_once(self) -> None:
        busy = Retry(first_wait_s=60, longest_wait_s=60)

        def answer(request: JSONObject) -> Reply:
            is_bad = request["messages"][0]["content"] == "bad"
            return Reply.failure(401, "authentication_error") if is_bad else Reply.failure(529, "overloaded_error")

        patient = Agent("a", model="claude-opus-5-5", retry=busy)
        with script(answer), anyio.fail_after(20):
            results = await patient.map(["good", "bad"], concurrency=2)
        assert [isinstance(done, Done) for done in results] == [False, False]


async def test_a_cancelled_call_is_settled() -> None:
    spent: list[float] = []
    with (
        script(lambda request: Reply.text("Tea."), faults=["stall:700,30"]),
        stop_over_budget(Budget(max_cost_usd=1)) as spending,
    ):
        with anyio.move_on_after(0.3):
            await agent.run("Hi")
        spent.append(spending.cost_usd)
        assert (await agent.run("Hi")).ok
    assert spent[0] > 0


@dataclass
class Answering:
    """A model that answers with these events, and hangs before its first one if it is told to."""

    events: list[JSONObject]
    name: str = "claude-haiku-4-5"
    hangs: bool = False

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIterator[JSONObject]]:
        if self.hangs:
            await anyio.sleep(30)

        async def events() -> AsyncGenerator[JSONObject]:
            for event in self.events:
                yield event

        async with aclosing(events()) as given:
            yield given


def answer(model: str = "claude-haiku-4-5", **usage: object) -> list[JSONObject]:
    message: JSONObject = {"id": "msg_1", "model": model, "content": [], "usage": {"input_tokens": 1_000_000}}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "Tea."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 0, **usage}},
        {"type": "message_stop"},
    ]


@pytest.mark.parametrize(
    "events",
    [
        answer(cache_creation=5, output_tokens=10**400, input_tokens="three", iterations="none"),
        [*answer()[:1], {"type": "content_block_start", "index": 0, "content_block": "text"}],
        [{"type": "message_start", "message": 5}],
        ["nonsense"],
    ],
)
async def test_a_garbled_reply_is_settled_and_those_who_wait_for_it_go_on(events: list[JSONObject]) -> None:
    garbled = Agent("a", model=Answering(events), retry=Retry(max_attempts=1))
    with anyio.fail_after(20):
        results = await garbled.map(["1", "2", "3"], budget=Budget(max_requests=2, max_cost_usd=9))
    spent = [done for done in results if isinstance(done, Done) or "grammar" in str(done.reason)]
    assert len(spent) == 2
    assert len(results) == 3


async def test_a_cost_that_is_not_known_afterwards_is_settled_as_what_was_reserved() -> None:
    with stop_over_budget(Budget(max_cost_usd=50)) as spending:
        fast = Agent("a", model=Answering(answer(speed="fast")))
        assert (await fast.run("Go")).cost.usd is None
        assert spending.cost_usd > 0
        before = spending.cost_usd
        assert (await Agent("a", model=Answering(answer("claude-opus-4-5-20251101"))).run("Go")).cost.usd == 5
        assert spending.cost_usd == pytest.approx(before + 5)


@pytest.mark.parametrize("own", [True, False])
async def test_a_request_that_is_given_up_on_its_way_is_an_aborted_one(own: bool) -> None:
    async def hang(request: JSONObject) -> Reply:
        await anyio.sleep(30)
        return Reply.text("Tea.")

    simulator = Simulator(Script(hang))
    asked = Agent("a", model=Answering([], hangs=True) if own else ClaudeModel("claude-haiku-4-5", simulator.client()))
    with stop_over_budget(Budget(max_cost_usd=1)) as spending:
        result = await asked.run("Go", budget=Budget(max_seconds=0.3))
    assert result.usage.aborted_requests == spending.requests == 1
    assert result.cost.usd == result.cost.estimated_usd == pytest.approx(spending.cost_usd)
    assert spending.cost_usd > 0
    assert [row.is_abandoned for row in simulator.ledger.rows] == ([] if own else [True])


async def test_a_request_that_never_got_a_place_under_the_rate_limit_is_none() -> None:
    simulator = Simulator(Script(Reply.text("Tea.")), faults=[parse_fault("status:429,retry_after=30")])
    client = simulator.client()
    with stop_over_budget(Budget(max_cost_usd=1)) as spending:
        for _ in range(2):
            result = await agent.run("Go", client=client, budget=Budget(max_seconds=0.4))
            assert result.usage == Usage()
    assert spending.requests == len(simulator.ledger.rows) == 1
    assert spending.cost_usd == 0
