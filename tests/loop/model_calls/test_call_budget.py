"""The reservation of a model call: the prompt is counted, and `max_tokens` shrinks, where a budget is short."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from types import FrameType

import anthropic
import anyio
import pytest
from anyio import wait_all_tasks_blocked

from agentkit import Agent, AroundModel, Budget, CallModel, ModelCall, Outcome, Retry, Settings, stop_over_budget, tool
from agentkit.budget import account as account_module
from agentkit.budget import budget, request_terms, run_budget, upper_bounds
from agentkit.budget.run_budget import RunBudget
from agentkit.errors import ModelError
from agentkit.loop.model_calls import call_budget
from agentkit.loop.model_calls.call_budget import CallBudget
from agentkit.loop.model_calls.exchange import CallResources, ModelRequest
from agentkit.messages import AssistantTurn, JSONObject, user
from agentkit.messages.message import text_block
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.models.claude import ClaudeModel
from agentkit.run.scope import RunScope
from agentkit.run.steps import InMemorySteps
from agentkit.testing import Reply, script
from tests.budget.accounts import account, reserve_call

pytestmark = pytest.mark.anyio

QUICK = Retry(first_wait_s=0.001)


agent = Agent("a", model="claude-opus-5-5", retry=QUICK)


class TestTheLength:
    """What a prompt can have at most is told by its bytes; the server is asked only where that would refuse."""

    async def test_the_server_counts_where_the_bytes_would_refuse(self) -> None:
        with script(Reply.text("Tea.")) as s:
            result = await agent.run("Hi " * 2_000, budget=Budget(max_input_tokens=3_000))
        assert result.ok
        assert len(s.requests) == 1

    async def test_max_tokens_shrinks_to_what_fits(self) -> None:
        with script(Reply.text("Tea.")) as s:
            result = await agent.run("Hi", budget=Budget(max_output_tokens=5_000))
        assert result.ok
        assert s.requests[0]["max_tokens"] == 5_000

    async def test_below_the_floor_nothing_is_sent(self) -> None:
        with script() as s:
            result = await agent.run("Hi", budget=Budget(max_output_tokens=1_000))
        assert result.outcome is Outcome.BUDGET_EXHAUSTED
        assert "max_output_tokens=1000" in result.reason
        assert s.requests == []

    async def test_a_small_limit_of_ones_own_is_its_own_floor(self) -> None:
        with script(Reply.text("Tea.")) as s:
            result = await agent.run("Hi", settings=Settings(max_tokens=50), budget=Budget(max_output_tokens=60))
        assert result.ok
        assert s.requests[0]["max_tokens"] == 50


LONG = "x " * 15_000  # about 7,500 tokens for the server
HOUR = {"type": "ephemeral", "ttl": "1h"}


@tool(effect="read")
def look(n: int = 1) -> str:
    """Look."""
    return "ok"


async def trim_first(call: ModelCall, next: CallModel) -> AssistantTurn:
    if call.turn == 1:
        call = replace(call, request=replace(call.request, messages=(user("short"),)))
    return await next(call)


async def answer_first(call: ModelCall, next: CallModel) -> AssistantTurn:
    if call.turn == 1:
        made: JSONObject = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
        return AssistantTurn([made], "tool_use", {"input_tokens": 10, "output_tokens": 5})
    return await next(call)


async def mark_options(call: ModelCall, next: CallModel) -> AssistantTurn:
    options = {**call.request.options, "cache_control": HOUR}
    return await next(replace(call, request=replace(call.request, options=options)))


async def mark_content(call: ModelCall, next: CallModel) -> AssistantTurn:
    *before, last = call.request.messages
    marked = user([{**text_block(str(last.content)), "cache_control": HOUR}])
    return await next(replace(call, request=replace(call.request, messages=(*before, marked))))


async def speed_later(call: ModelCall, next: CallModel) -> AssistantTurn:
    options = {**call.request.options, **({"speed": "fast"} if call.turn > 1 else {})}
    return await next(replace(call, request=replace(call.request, options=options)))


async def add_dear_model_later(call: ModelCall, next: CallModel) -> AssistantTurn:
    if call.turn > 1:
        call.request.options["fallbacks"].append({"model": "claude-fable-5"})
    return await next(call)


class TestMiddleware:
    """What middleware makes of a request is what is reserved, and a count of another prompt bounds none."""

    @pytest.mark.parametrize("around", [trim_first, answer_first])
    async def test_the_count_of_a_shorter_prompt_does_not_bound_the_whole_one(self, around: AroundModel) -> None:
        looking = replace(agent, tools=[look], around_model=[around])
        replies = [] if around is answer_first else [Reply.tool("look")]
        with script(*replies) as s:
            result = await looking.run(LONG, budget=Budget(max_input_tokens=5_000))
        assert result.outcome is Outcome.BUDGET_EXHAUSTED
        assert s.ledger.usage.prompt_tokens < 1_000

    @pytest.mark.parametrize("around", [trim_first, answer_first])
    async def test_where_the_whole_one_fits_the_run_goes_on(self, around: AroundModel) -> None:
        looking = replace(agent, tools=[look], around_model=[around])
        replies = [Reply.text("Tea.")] if around is answer_first else [Reply.tool("look"), Reply.text("Tea.")]
        with script(*replies) as s:
            result = await looking.run(LONG, budget=Budget(max_input_tokens=20_000))
        assert result.output == "Tea."
        assert s.ledger.usage.prompt_tokens <= 20_000

    @pytest.mark.parametrize("around", [mark_options, mark_content])
    async def test_cache_writes_that_it_asks_for_are_reserved_at_their_price(self, around: AroundModel) -> None:
        plain = replace(agent, settings=Settings(cache=None))
        budget = Budget(max_cost_usd=0.065)  # 0.03 for the prompt, twice that with the write, and 0.02 for the reply
        with script(Reply.text("Tea.")):
            assert (await plain.run(LONG, budget=budget)).ok
        with script() as s:
            result = await replace(plain, around_model=[around]).run(LONG, budget=budget)
        assert (result.outcome, s.requests) == (Outcome.BUDGET_EXHAUSTED, [])
        with script(Reply.text("Tea.")) as s:
            result = await replace(plain, around_model=[around]).run(LONG, budget=Budget(max_cost_usd=0.1))
        assert s.ledger.usage.cache_write_1h_tokens > 5_000
        assert result.cost.usd == pytest.approx(s.ledger.usd)

    async def test_a_request_unlike_the_one_before_it_is_not_taken_for_the_same(self) -> None:
        with script(Reply.tool("look")) as s:
            result = await replace(agent, tools=[look], around_model=[speed_later]).run(
                "Hi", budget=Budget(max_cost_usd=5)
            )
        assert (result.outcome, len(s.requests)) == (Outcome.FAILED, 1)
        assert "without a known price" in result.reason

    async def test_a_dear_model_that_is_added_in_place_is_reserved(self) -> None:
        extra: JSONObject = {"fallbacks": [{"model": "claude-haiku-5-5"}]}
        settings = Settings(extra=extra, betas=("server-side-fallback-2026-06-01",))
        asking = replace(agent, tools=[look], around_model=[add_dear_model_later], settings=settings)
        with script(Reply.tool("look"), Reply.text("Tea.")) as s:
            assert (await asking.run("Hi", budget=Budget(max_cost_usd=0.7))).ok
        before, after = (request["max_tokens"] for request in s.requests)
        assert before * 2 * 20e-6 < 0.7  # two models, at 20 dollars a million
        assert after * 3 * 50e-6 < 0.7


async def test_a_call_that_waits_for_a_budget_ends_when_the_credentials_are_refused() -> None:
    scope, one = RunScope("r", ("a",), InMemorySteps()), account(max_requests=1)
    await reserve_call(RunBudget((one,)))
    options = {"model": "claude-haiku-5-5", "max_tokens": 5}
    request = Request(EncodedPrefix.encode(None, ()), [user("Hi")], options)
    model = ClaudeModel("claude-haiku-5-5", anthropic.AsyncAnthropic(api_key="any"))
    waiting = CallBudget(CallResources(scope, Retry(), RunBudget((one,))), model, ModelRequest(request, 1), True)

    async def wait() -> None:
        with pytest.raises(ModelError, match="No call was made"):
            await waiting.reserve(request)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await wait_all_tasks_blocked()
            scope.stop_flag.record(ModelError("refused", kind="authentication_error", status=401))
    assert (len(one.waiters), len(one.in_flight)) == (0, 1)
    with pytest.raises(ModelError, match="No call was made"):
        await waiting.reserve(request)


MODULES = (account_module, budget, call_budget, request_terms, run_budget, upper_bounds)
RESERVING = {module.__name__ for module in MODULES}


async def count_calls_per_turn(accounts: int) -> float:
    """Return the calls of functions that a turn makes to reserve and settle in so many budgets."""
    ample = Budget(max_cost_usd=1e6, max_input_tokens=10**9, max_output_tokens=10**9, max_requests=10**6)
    calls: list[int] = []

    def count(frame: FrameType, event: str, _: object) -> None:
        calls[-1] += event == "call" and frame.f_globals.get("__name__") in RESERVING

    for turns in (2, 6):
        calls.append(0)
        with script(*[Reply.tool("look", n=n) for n in range(turns)], Reply.text("Tea.")), ExitStack() as blocks:
            for _ in range(accounts - 1):
                blocks.enter_context(stop_over_budget(ample))
            sys.setprofile(count)
            try:
                result = await replace(agent, tools=[look]).run("Hi", budget=ample)
            finally:
                sys.setprofile(None)
        assert result.ok
    return (calls[1] - calls[0]) / 4


async def test_a_turn_takes_few_steps_for_its_budget_and_few_more_for_each_around_it() -> None:
    one, three = await count_calls_per_turn(1), await count_calls_per_turn(3)
    assert 25 < one < 50
    assert three - one < 2 * 11
