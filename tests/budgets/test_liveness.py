"""A budget that suffices stops nobody: where true use stays under 60% of it and the worst cases of the calls that are
wished for at once fit into the rest, every run finishes, and four fifths of the concurrency is kept."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import pytest

from agentkit import Agent, Budget, Outcome, Retry, RunResult, Settings, stop_over_budget, tool
from agentkit.budget.budget import Amount
from agentkit.budget.prices import prices_of
from agentkit.budget.request_terms import RequestTerms
from agentkit.budget.upper_bounds import cache_write_lifetime, max_prompt_tokens
from agentkit.budget.usage import Cost
from agentkit.loop.run_limits import MIN_REPLY_TOKENS
from agentkit.messages.message import AssistantTurn, JSONObject
from agentkit.run.middleware import CallModel, ModelCall
from agentkit.simulator import Mix, Reply, Script
from tests.budgets.server import DenseSimulator, dense_usage, token_of
from tests.budgets.trees import MODELS

KINDS = {
    "max_cost_usd": "cost_usd",
    "max_input_tokens": "input_tokens",
    "max_output_tokens": "output_tokens",
    "max_requests": "requests",
}
FAULTS = ("status:529", "drop", "cut:0", "cut:300", "cut:900", "error_event:4", "delay:0.01")


@tool(effect="read")
async def look(size: int) -> str:
    """Read something of this size."""
    await anyio.sleep(0.002)
    return "found " * (size // 6)


@dataclass
class Office:
    """Some runs at once, the same ones for the same seed, with or without a budget."""

    seed: int
    budget: Budget | None = None
    results: list[RunResult[Any]] = field(default_factory=list[RunResult[Any]])
    at_once: list[int] = field(default_factory=list[int])
    """How many requests were being answered when each was."""
    worst_call: Amount = field(default_factory=Amount)
    worst_final_turn: Amount = field(default_factory=Amount)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        self.kind = chance.choice([*KINDS])
        self.wished = chance.randint(4, 20)
        self.turns = chance.randint(1, 4)
        self.is_tree = chance.random() < 0.5
        has_tools = chance.random() < 0.7
        faults = Mix(0.1, self.seed, FAULTS) if chance.random() < 0.5 else ()
        self.simulator = DenseSimulator(Script(self.answer), faults=faults)
        common: dict[str, Any] = {
            "settings": Settings(max_tokens=chance.choice([2_000, 16_000]), cache=chance.choice([None, "5m", "1h"])),
            "around_model": [self.measure],
            "retry": Retry(first_wait_s=0.001, longest_wait_s=0.01, max_attempts=8),
        }
        model, lead = chance.choice(MODELS), chance.choice(MODELS)
        self.worker = Agent("worker", model=model, tools=[look] if has_tools else [], **common)
        self.lead = Agent("lead", model=lead, tools=[self.worker.as_tool()], max_concurrent_calls=64, **common)

    async def live(self) -> None:
        client = self.simulator.client()
        with stop_over_budget(self.budget or Budget(max_requests=10**6)):
            if self.is_tree:
                self.results.append(await self.lead.run("[a] Go.", client=client))
            else:
                items = [f"[{number}] Go." for number in range(2 * self.wished)]
                done = await self.worker.map(items, concurrency=self.wished, client=client)
                self.results += [one.result for one in done if one.result]

    async def answer(self, request: JSONObject) -> Reply:
        """The lead delegates to all workers at once, twice; a worker looks a few times."""
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        chance = random.Random(f"{self.seed}/{token_of(request)}/{turn}")
        await anyio.sleep(chance.uniform(0.02, 0.05))
        self.at_once.append(self.simulator.ledger.concurrency)
        reply = self._reply(request, turn, chance)
        return reply.replace(usage=dense_usage(request, reply, chance))

    def _reply(self, request: JSONObject, turn: int, chance: random.Random) -> Reply:
        names = [param["name"] for param in request.get("tools") or ()]
        if names == ["worker"] and turn < 2:
            reply = Reply()
            for number in range(self.wished):
                reply += Reply.tool("worker", objective=f"[a.{turn}x{number}]")
            return reply
        if names == ["look"] and turn < self.turns:
            return Reply.tool("look", size=chance.choice([6, 600, 3_000]))
        return Reply.text("Well. " * chance.randint(1, 150))

    async def measure(self, call: ModelCall, go_on: CallModel) -> AssistantTurn:
        """What the call may use at the least that makes sense, and what is kept for the final turn behind it."""
        request = call.request
        prompt, writes = max_prompt_tokens(request), cache_write_lifetime(request)
        terms = RequestTerms.of_request(request, prices_of(request.options["model"]) or ())
        self.worst_call = largest(self.worst_call, terms.call_need(prompt, writes).amount_at(MIN_REPLY_TOKENS))
        if request.prefix.tools:
            final_turn = terms.final_turn_need(prompt, MIN_REPLY_TOKENS, MIN_REPLY_TOKENS, writes)
            self.worst_final_turn = largest(self.worst_final_turn, final_turn.amount_at(MIN_REPLY_TOKENS))
        return await go_on(call)

    def sufficient(self) -> Budget:
        """The smallest budget under which nobody may be stopped, by what was seen without one."""
        ledger = self.simulator.ledger
        used = replace(Amount.from_usage(ledger.usage, Cost(ledger.usd)), requests=len(ledger.rows))
        at_once = ledger.peak_concurrency
        rest = self.worst_call.times(at_once) + self.worst_final_turn.times(at_once + self.is_tree)
        true, spare = getattr(used, KINDS[self.kind]), getattr(rest, KINDS[self.kind])
        limit = max(true / 0.6, true + spare) * 1.0001
        value: Any = limit if self.kind == "max_cost_usd" else math.ceil(limit)
        limits: Any = {self.kind: value}
        return Budget(**limits)

    def ends(self) -> list[Outcome]:
        return [result.outcome for root in self.results for result in (root, *root.children)]

    def usual_concurrency(self) -> float:
        return sum(self.at_once) / len(self.at_once)


def largest(one: Amount, other: Amount) -> Amount:
    return Amount(
        max(one.cost_usd, other.cost_usd),
        max(one.input_tokens, other.input_tokens),
        max(one.output_tokens, other.output_tokens),
        max(one.requests, other.requests),
    )


async def compare(seed: int) -> tuple[Office, Office]:
    """The same runs without a budget, and with one that suffices."""
    free = Office(seed)
    await free.live()
    limited = Office(seed, free.sufficient())
    with anyio.fail_after(60):
        await limited.live()
    return free, limited


async def check(seed: int) -> None:
    free, limited = await compare(seed)
    facts = f"seed {seed}: {limited.budget}"
    assert set(free.ends()) == set(limited.ends()) == {Outcome.COMPLETED}, facts
    assert len(free.ends()) == len(limited.ends()), facts
    peaks = [office.simulator.ledger.peak_concurrency for office in (free, limited)]
    assert peaks[1] >= 0.8 * peaks[0], facts
    if not free.simulator.fault_plan.is_random:  # a fault makes some wait, and not the same ones each time
        assert limited.usual_concurrency() >= 0.7 * free.usual_concurrency(), facts


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_budget_that_suffices_stops_nobody_and_keeps_the_concurrency(backend: str) -> None:
    for seed in range(8):
        anyio.run(check, seed, backend=backend)


def test_a_budget_that_does_not_suffice_stops_some() -> None:
    async def halved(seed: int) -> Office:
        free = Office(seed)
        await free.live()
        used = len(free.simulator.ledger.rows)
        limited = Office(seed, Budget(max_requests=max(1, used // 2)))
        await limited.live()
        return limited

    offices = [anyio.run(halved, seed) for seed in range(3)]
    assert all(Outcome.BUDGET_EXHAUSTED in office.ends() for office in offices)


@pytest.mark.soak
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_budgets_that_suffice_stop_nobody_over_many_seeds(backend: str) -> None:
    for seed in range(1_000, 1_500):
        anyio.run(check, seed, backend=backend)
