"""The contract of steps: the in-memory ones keep it, so do durable ones, and broken ones are found."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from agentkit.messages.message import JSONObject
from agentkit.run.steps import InMemorySteps, Slot, Step, StepFunction, Steps
from agentkit.testing.contracts import DurableStepsContract, StepsContract
from tests.testing.contracts.test_model import failed


class TestInMemorySteps(StepsContract):
    @pytest.fixture
    def steps(self) -> Steps:
        return InMemorySteps()


@dataclass
class Journal(Steps):
    """Steps that remember in a dict what was run."""

    is_durable: ClassVar[bool] = True
    values: dict[str, str] = field(default_factory=dict[str, str])
    prefix: str = ""

    def reserve(self, step: Step) -> Slot:
        return Slot(self.prefix + step.name, step)

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        if slot.name not in self.values:
            self.values[slot.name] = json.dumps(await effect())
        value: JSONObject = json.loads(self.values[slot.name])
        return value

    def under(self, slot: Slot) -> Journal:
        return Journal(self.values, f"{slot.name}/")


class TestJournal(DurableStepsContract):
    @pytest.fixture
    def steps(self) -> Steps:
        return Journal()

    @pytest.fixture
    def reopen(self) -> Callable[[Steps], Awaitable[Steps]]:
        async def reopen(steps: Steps) -> Steps:
            assert isinstance(steps, Journal)
            return Journal(steps.values)

        return reopen


HEAD = """
import pytest
from agentkit.testing.contracts import DurableStepsContract, StepsContract
from tests.testing.contracts.test_steps import Journal

class TestOurs(DurableStepsContract):
    kind = Journal

    @pytest.fixture
    def steps(self):
        return self.kind()

    @pytest.fixture
    def reopen(self):
        async def reopen(steps):
            return type(steps)(steps.values)
        return reopen
"""

BROKEN = {
    "not durable by their own words": ("    is_durable = False", "test_they_are_known_as_durable"),
    "an effect that is run twice": (
        "    async def run(self, slot, effect):\n        await effect()\n        return await effect()",
        "test_an_effect_is_run_once_and_its_value_comes_back",
    ),
    "places without the child's": (
        "    def under(self, slot):\n        return self",
        "test_places_have_names_of_their_own",
    ),
    "places that are awaited": (
        "    async def reserve(self, name):\n        return super().reserve(name)",
        "test_a_place_is_fixed_without_waiting",
    ),
    "exceptions that are wrapped": (
        (
            "    async def run(self, slot, effect):\n        try:\n            return await super().run(slot, effect)\n"
            "        except Exception as error:\n            raise RuntimeError from error"
        ),
        "test_an_exception_of_an_effect_passes_as_it_is",
    ),
    "one step at a time": (
        (
            "    import anyio\n    lock = anyio.Semaphore(1)\n    async def run(self, slot, effect):\n"
            "        async with self.lock:\n            return await super().run(slot, effect)"
        ),
        "test_the_steps_of_a_child_run_below_its_place",
    ),
    "nothing remembered": (
        "    async def run(self, slot, effect):\n        return await effect()",
        "test_what_was_run_is_not_run_again",
    ),
    "places by number": (
        (
            "    def reserve(self, name):\n        self.count = getattr(self, 'count', 0) + 1\n"
            "        return super().reserve('x')"
        ),
        "test_a_place_is_fixed_without_waiting",
    ),
}


@pytest.mark.parametrize("way", BROKEN)
def test_steps_that_break_it_fail_the_test_that_is_about_it(
    pytester: pytest.Pytester, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, test = BROKEN[way]
    monkeypatch.setattr("agentkit.testing.contracts.steps._TIMEOUT_S", 0.5)
    assert test in failed(pytester, f"{HEAD}\nclass Broken(Journal):\n{source}\n\nTestOurs.kind = Broken\n")
