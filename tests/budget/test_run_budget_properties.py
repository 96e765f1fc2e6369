"""Random runs over random budgets: never too much, nobody forgotten, nothing left behind."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, fields

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit.budget.account import Account, OverBudget
from agentkit.budget.budget import Amount, Budget, Need
from agentkit.budget.run_budget import RunBudget

_TOLERANCE = 1e-6


@dataclass
class World:
    """Some budgets in one another, and the runs that spend from them."""

    chance: random.Random
    accounts: list[Account] = field(default_factory=list[Account])
    refused: int = 0
    served: int = 0

    def limit(self) -> Budget:
        chance = self.chance
        return Budget(
            max_cost_usd=chance.choice([None, chance.uniform(0.5, 30)]),
            max_input_tokens=chance.choice([None, chance.randint(500, 20_000)]),
            max_output_tokens=chance.choice([None, chance.randint(50, 4_000)]),
            max_requests=chance.choice([None, chance.randint(1, 40)]),
        )

    def run_budget(self) -> RunBudget:
        """A run under the outermost budget and some of those inside it."""
        inner = [one for one in self.accounts[1:3] if self.chance.random() < 0.6]
        own = [Account(self.limit(), "the agent")] if self.chance.random() < 0.3 else []
        self.accounts += own
        return RunBudget((self.accounts[0], *inner, *own))

    def need(self) -> Need:
        chance = self.chance
        fixed = Amount(chance.uniform(0, 0.5), chance.randint(10, 400), 0, 1)
        return Need(fixed, chance.uniform(0, 0.01), chance.choice([0, 1]), 1)

    def check(self) -> None:
        """Nothing is promised twice: what is spent, reserved and set aside fits into every limit."""
        for one in self.accounts:
            promised = one.spent + one.reserved + one.final_turn_reserve
            for part in fields(Amount):
                limit = getattr(one.budget.to_amount(), part.name)
                assert getattr(promised, part.name) <= limit + _TOLERANCE, (one.budget, part.name, promised)
                for what in (one.spent, one.reserved, one.final_turn_reserve):
                    assert getattr(what, part.name) >= -_TOLERANCE
            assert one.idle_runs >= 0

    def used(self, most: Amount) -> Amount:
        """What a call used that may use so much: nothing, all of it, or something between."""
        share = self.chance.choice([0.0, 1.0, self.chance.random()])
        return Amount(most.cost_usd * share, int(most.input_tokens * share), int(most.output_tokens * share), 1)


async def run(world: World) -> None:
    """One run: some calls with a final turn set aside, perhaps the final turn, perhaps cut short."""
    chance, run_budget = world.chance, world.run_budget()
    try:
        with anyio.CancelScope() as scope:
            for _ in range(chance.randint(1, 5)):
                if chance.random() < 0.2:
                    scope.deadline = anyio.current_time() + chance.choice([0, 0.0001, 0.001])
                final_turn = Need(world.need().fixed, 0.001, 1) if chance.random() < 0.6 else None
                await call(world, run_budget, final_turn)
    except OverBudget:
        world.refused += 1
    finally:
        run_budget.close()
        world.check()


async def call(world: World, run_budget: RunBudget, final_turn: Need | None) -> None:
    chance = world.chance
    least = chance.randint(1, 60)
    need = world.need()
    reservation = await run_budget.reserve(need, chance.randint(least, 400), least, final_turn)
    assert reservation.max_tokens >= least
    world.check()
    used = Amount(requests=1)
    try:
        for _ in range(chance.randint(0, 6)):
            await checkpoint()
        used = world.used(need.amount_at(reservation.max_tokens))
    finally:
        reservation.settle(used)
        world.check()
    world.served += 1


async def live(seed: int) -> World:
    chance = random.Random(seed)
    world = World(chance)
    world.accounts = [Account(world.limit(), name) for name in ("the run", "the block", "the delegation")]
    with anyio.fail_after(30):  # a waiter that is forgotten waits for ever
        async with anyio.create_task_group() as tasks:
            for _ in range(chance.randint(2, 12)):
                tasks.start_soon(run, world)
                if chance.random() < 0.3:
                    await checkpoint()
    return world


def tell_left_over(world: World) -> list[str]:
    """What is still held although every run has ended."""
    return [
        f"{one.owner}: {one.reserved} {one.final_turn_reserve} {len(one.in_flight)} {one.idle_runs} {len(one.waiters)}"
        for one in world.accounts
        if len(one.in_flight) or one.idle_runs or one.waiters or one.reserved != Amount() or any(
            abs(getattr(one.final_turn_reserve, part.name)) > _TOLERANCE for part in fields(Amount)
        )
    ]  # fmt: skip


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_no_sequence_of_calls_and_cancels_promises_too_much_or_forgets_anyone(backend: str) -> None:
    @settings(max_examples=max(60, settings().max_examples // 10))
    @given(st.integers(0, 10**9))
    def sequences(seed: int) -> None:
        assert tell_left_over(anyio.run(live, seed, backend=backend)) == []

    sequences()


def test_the_random_runs_are_served_and_refused() -> None:
    worlds = [anyio.run(live, seed) for seed in range(40)]
    assert sum(world.served for world in worlds) > 200
    assert sum(world.refused for world in worlds) > 40
