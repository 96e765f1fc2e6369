"""One conversation, message after message, through faults, budgets and cancels: the laws are its invariants."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from agentkit.simulator import Mix
from agentkit.simulator.faults.plan import FaultPlan
from tests.laws import leaks
from tests.laws.laws import broken
from tests.laws.scenes import AMONG, Scene
from tests.laws.test_laws import check_that_it_goes_on

MOST_MESSAGES = 8


class Talk(RuleBasedStateMachine):
    """A person who says something, waits or does not, and says something more."""

    backend = "asyncio"
    scene: Scene

    @initialize(seed=st.integers(0, 10**6))
    def begin(self, seed: int) -> None:
        self.scene = Scene(seed, rate=0.0)
        self.scene.diary.strike_at = None
        self.scene.budget = None
        self.seed = seed

    @rule(rate=st.sampled_from([0.0, 0.0, 0.3, 0.7]), strike=st.none() | st.integers(1, 30), is_limited=st.booleans())
    def say(self, rate: float, strike: int | None, is_limited: bool) -> None:
        scene = self.scene
        scene.simulator.fault_plan = FaultPlan(Mix(rate, self.seed, AMONG))
        scene.budget = scene.some_budget() if is_limited else None
        if strike is not None:
            scene.strike_after(strike)
        anyio.run(self._say, backend=self.backend)
        assert leaks.threads_of_tools() == []

    async def _say(self) -> None:
        leaks.same_order(self.seed)
        before = leaks.tasks()
        with anyio.fail_after(60):
            await self.scene.live("[a] Go." if not self.scene.chat.messages else "And then?")
        assert leaks.tasks() == before

    @rule()
    def go_on(self) -> None:
        anyio.run(check_that_it_goes_on, self.scene, backend=self.backend)

    @invariant()
    def every_law_holds(self) -> None:
        if hasattr(self, "scene"):
            assert broken(self.scene) == []


class TalkOnTrio(Talk):
    backend = "trio"


@pytest.mark.parametrize("machine", [Talk, TalkOnTrio])
def test_a_conversation_keeps_the_laws_message_after_message(machine: type[Talk]) -> None:
    few = settings(max_examples=6, stateful_step_count=MOST_MESSAGES, deadline=None)
    run_state_machine_as_test(machine, settings=few)


@pytest.mark.soak
@pytest.mark.parametrize("machine", [Talk, TalkOnTrio])
def test_hundreds_of_conversations_keep_the_laws(machine: type[Talk]) -> None:
    many = settings(max_examples=200, stateful_step_count=2 * MOST_MESSAGES, deadline=None)
    run_state_machine_as_test(machine, settings=many)
