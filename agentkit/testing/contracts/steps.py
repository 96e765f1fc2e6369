"""Contract tests for `Steps`: reserve slots at once, run each step once, let exceptions and cancellations pass.

Those of durable steps are the one suite for every store: what was run is known after a crash, what was only announced,
too, and what it has cost.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio
import anyio.lowlevel
import pytest

from agentkit.errors import RunConflict
from agentkit.messages.message import JSONObject
from agentkit.run.steps import Slot, Step, StepFunction, Steps

_TIMEOUT_S = 60.0
_VALUE: JSONObject = {"text": "grüezi \u2028 \x00", "number": 1.5, "big": 2**70, "list": [None, True, {"a": []}]}


_CHARGE: JSONObject = {"model": "m", "price": [1.0, 2.0, 0], "usage": {"input_tokens": 10}}
_OTHER_CHARGE: JSONObject = {**_CHARGE, "usage": {"input_tokens": 20}}

_Reopen: TypeAlias = Callable[[Steps], Awaitable[Steps]]


class _StepFailed(Exception):
    """Raised by a step of these tests."""


def _step_returning(value: JSONObject, ran: list[str] | None = None, name: str = "") -> StepFunction:
    async def effect() -> JSONObject:
        if ran is not None:
            ran.append(name)
        await anyio.lowlevel.checkpoint()
        return json.loads(json.dumps(value))  # type: ignore[no-any-return]  # a copy

    return effect


async def _must_not_run() -> JSONObject:
    raise AssertionError("an effect that had been run before was run again")


@pytest.mark.anyio
class StepsContract:
    """Tests for `Steps`. Inherit it, and give the fixture `steps`: fresh ones for each test."""

    @pytest.fixture
    def steps(self) -> Steps:
        """The steps under test, with nothing run yet."""
        raise NotImplementedError("give the contract a fixture `steps`: fresh ones for each test")

    async def test_a_place_is_fixed_without_waiting(self, steps: Steps) -> None:
        """`reserve` is no coroutine: slots are reserved in the model's order."""
        slot = steps.reserve(Step("model:1", "model"))
        assert not inspect.isawaitable(slot), "reserve is a plain method"
        assert "model:1" in slot.name

    async def test_places_have_names_of_their_own(self, steps: Steps) -> None:
        """Different steps, and equal ones of different children, have different names."""
        first, second = steps.reserve(Step("tool:a", "tool")), steps.reserve(Step("tool:b", "tool"))
        below = [steps.under(slot).reserve(Step("model:1", "model")) for slot in (first, second)]
        names = [slot.name for slot in (first, second, *below)]
        assert len(set(names)) == len(names)

    async def test_an_effect_is_run_once_and_its_value_comes_back(self, steps: Steps) -> None:
        """A value comes back as equal JSON, whatever text and numbers are in it."""
        ran: list[str] = []
        assert await steps.run(steps.reserve(Step("model:1", "model")), _step_returning(_VALUE, ran)) == _VALUE
        assert len(ran) == 1

    async def test_steps_at_once_keep_apart(self, steps: Steps) -> None:
        """The calls of a turn run at the same time; each gets its own value."""
        slots = [steps.reserve(Step(f"tool:{n}", "tool", position=n + 1)) for n in range(20)]
        values: dict[str, JSONObject] = {}

        async def run(n: int) -> None:
            values[slots[n].name] = await steps.run(slots[n], _step_returning({"n": n}))

        with anyio.fail_after(_TIMEOUT_S):
            async with anyio.create_task_group() as tasks:
                for n in reversed(range(20)):
                    tasks.start_soon(run, n)
        assert [values[slot.name]["n"] for slot in slots] == [*range(20)]

    async def test_the_steps_of_a_child_run_below_its_place(self, steps: Steps) -> None:
        """A child's steps run at any depth, while the step above them is still running."""
        outer = steps.reserve(Step("tool:a", "agent"))

        async def child() -> JSONObject:
            below = steps.under(outer)
            inner = below.reserve(Step("tool:b", "agent"))
            deep = below.under(inner)
            return await deep.run(deep.reserve(Step("model:1", "model")), _step_returning({"depth": 2}))

        with anyio.fail_after(_TIMEOUT_S):
            assert await steps.run(outer, child) == {"depth": 2}

    async def test_an_exception_of_an_effect_passes_as_it_is(self, steps: Steps) -> None:
        """The agent loop handles the exception, so it must not be wrapped."""

        async def fail() -> JSONObject:
            raise _StepFailed("no such luck")

        with pytest.raises(_StepFailed, match="no such luck"):
            await steps.run(steps.reserve(Step("model:1", "model")), fail)

    async def test_a_cancellation_passes(self, steps: Steps) -> None:
        """A step that waits is cancelled at once, and others can still run."""
        slot, other = steps.reserve(Step("tool:a", "tool")), steps.reserve(Step("tool:b", "tool"))

        async def wait() -> JSONObject:
            await anyio.sleep_forever()
            return {}

        with anyio.fail_after(_TIMEOUT_S):
            with anyio.move_on_after(0.05) as scope:
                await steps.run(slot, wait)
            assert scope.cancelled_caught
            assert await steps.run(other, _step_returning({"n": 1})) == {"n": 1}


class DurableStepsContract(StepsContract):
    """The same tests and more for durable steps, which survive a crash; give the fixture `reopen`, too."""

    @pytest.fixture
    def reopen(self) -> _Reopen:
        """A function from used steps to those of the next execution of the same run, as after a crash."""
        raise NotImplementedError("give the contract a fixture `reopen`: the steps of the next execution of a run")

    async def test_they_are_known_as_durable(self, steps: Steps) -> None:
        """Only values of durable steps are converted to JSON, and `InMemorySteps` are not durable."""
        assert steps.is_durable, "`is_durable` is False: the steps would not be run at all"

    async def test_what_was_run_is_not_run_again(self, steps: Steps, reopen: _Reopen) -> None:
        """Each step returns its value of the first execution, at every depth, in whatever order the steps run."""

        async def execute(current: Steps, effect_of: Callable[[JSONObject], StepFunction]) -> list[JSONObject]:
            slots = [current.reserve(Step(name, "tool")) for name in ("model:1", "tool:a", "tool:b")]
            below = current.under(slots[1])
            slots.append(below.reserve(Step("model:1", "model")))
            runners = [current, current, current, below]
            order = [2, 0, 3, 1]
            values = {n: await runners[n].run(slots[n], effect_of({"n": n})) for n in order}
            return [values[n] for n in range(4)]

        first = await execute(steps, _step_returning)
        second = await execute(await reopen(steps), lambda _: _must_not_run)
        assert first == second == [{"n": n} for n in range(4)]

    async def test_what_was_not_run_is_run(self, steps: Steps, reopen: _Reopen) -> None:
        """A run that stopped in the middle continues from there."""
        assert await steps.run(steps.reserve(Step("model:1", "model")), _step_returning({"n": 1})) == {"n": 1}
        again = await reopen(steps)
        assert await again.run(again.reserve(Step("model:1", "model")), _must_not_run) == {"n": 1}
        ran: list[str] = []
        assert await again.run(again.reserve(Step("model:2", "model")), _step_returning({"n": 2}, ran)) == {"n": 2}
        assert len(ran) == 1

    async def test_a_slot_says_what_is_recorded(self, steps: Steps, reopen: _Reopen) -> None:
        """A slot of a step with a value is recorded, any other is not, and neither has an intent."""
        await steps.run(steps.reserve(Step("model:1", "model")), _step_returning({}))
        again = await reopen(steps)
        slots = [again.reserve(Step(f"model:{n}", "model")) for n in (1, 2)]
        assert [(slot.is_recorded, slot.intent) for slot in slots] == [(True, None), (False, None)]

    async def test_the_last_intent_is_known_until_there_is_a_value(self, steps: Steps, reopen: _Reopen) -> None:
        """A step that was announced may have happened or not; one with a value has ended."""
        slot = steps.reserve(Step("tool:a", "tool", "write", position=1))
        await steps.announce(slot, {"n": 1})
        await steps.announce(slot, _VALUE)
        steps = await reopen(steps)
        slot = steps.reserve(Step("tool:a", "tool", "write", position=1))
        assert (slot.is_recorded, slot.intent) == (False, _VALUE)
        assert await steps.run(slot, _step_returning({"n": 2})) == {"n": 2}
        again = (await reopen(steps)).reserve(Step("tool:a", "tool", "write", position=1))
        assert (again.is_recorded, again.intent) == (True, None)

    async def test_a_run_replays_until_its_recorded_values_are_returned(self, steps: Steps, reopen: _Reopen) -> None:
        """Each run of the tree by itself: a sub-agent that begins anew replays nothing."""

        def reserve_all(current: Steps) -> list[tuple[Steps, Slot]]:
            model = current.reserve(Step("model:1", "model"))
            calls = [current.reserve(Step(f"tool:{n}", "agent", position=n)) for n in (1, 2)]
            below = current.under(calls[0])
            return [(current, model), (below, below.reserve(Step("model:1", "model"))), (current, calls[0])]

        assert not steps.is_replaying
        for one, slot in reserve_all(steps):
            await one.run(slot, _step_returning({}))
        assert not steps.is_replaying
        again = await reopen(steps)
        assert again.is_replaying
        (_, model), (below, model_below), (_, call) = reserve_all(again)
        for one, slot in (again, model), (below, model_below), (again, call):
            assert one.is_replaying
            await one.run(slot, _must_not_run)
        assert not again.is_replaying
        assert not below.is_replaying
        other = again.reserve(Step("tool:2", "agent", position=2))
        assert not again.under(other).is_replaying

    async def test_charges_come_back_and_are_known_before_anything_runs(self, steps: Steps, reopen: _Reopen) -> None:
        """Of a step with a value those of the value count, of any other those of its intent; or all are unknown."""
        call = steps.reserve(Step("tool:a", "agent"))
        below = steps.under(call)
        model, lost = (below.reserve(Step(f"model:{n}", "model")) for n in (1, 2))
        await below.announce(model, {"charges": [_OTHER_CHARGE]})
        value = {"text": "Tea.", "charges": [_CHARGE]}
        assert await below.run(model, _step_returning(value)) == value
        await below.announce(lost, {"charges": [_OTHER_CHARGE, _CHARGE]})
        own = steps.reserve(Step("model:1", "model"))
        await steps.run(own, _step_returning({"charges": [_OTHER_CHARGE]}))
        assert not steps.recorded_charges()
        again = await reopen(steps)
        below = again.under(again.reserve(Step("tool:a", "agent")))
        found, found_below = again.recorded_charges(), below.recorded_charges()
        assert (found is None) == (found_below is None), "either they are known everywhere or nowhere"
        if found is not None and found_below is not None:
            assert sorted(one["usage"]["input_tokens"] for one in found_below) == [10, 10, 20]
            assert sorted(one["usage"]["input_tokens"] for one in found) == [10, 10, 20, 20]
        assert await below.run(below.reserve(Step("model:1", "model")), _must_not_run) == value

    async def test_another_request_is_a_conflict(self, steps: Steps, reopen: _Reopen) -> None:
        """A recorded value answers the request that was made; where a hash is not known, it is not compared."""
        await steps.run(steps.reserve(Step("model:1", "model", request_hash="a")), _step_returning({"n": 1}))
        again = await reopen(steps)
        with pytest.raises(RunConflict):
            again.reserve(Step("model:1", "model", request_hash="b", describe=lambda: "How much is tea?"))
        for same in (Step("model:1", "model", request_hash="a"), Step("model:1", "model")):
            assert again.reserve(same).is_recorded

    async def test_time_is_counted_from_one_execution_to_the_next(self, steps: Steps, reopen: _Reopen) -> None:
        """Nothing was worked before the first execution, and never less than nothing."""
        assert steps.worked_s == 0
        for n in (1, 2):
            await steps.run(steps.reserve(Step(f"model:{n}", "model")), _step_returning({}))
        again = await reopen(steps)
        assert again.worked_s >= 0
        assert again.under(again.reserve(Step("tool:a", "agent"))).worked_s == 0
