"""The contract of steps: the in-memory ones keep it, so do durable ones, and broken ones are found."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

import pytest

from agentkit.errors import RunConflict
from agentkit.messages.message import JSONObject
from agentkit.run.steps import InMemorySteps, Slot, Step, StepFunction, Steps
from agentkit.testing.contracts import DurableStepsContract, StepsContract
from tests.testing.contracts.test_model import fails


class TestInMemorySteps(StepsContract):
    @pytest.fixture
    def steps(self) -> Steps:
        return InMemorySteps()


@dataclass
class Journal(Steps):
    """Steps that remember in a dict what was run."""

    is_durable: ClassVar[bool] = True
    values: dict[str, str] = field(default_factory=dict[str, str])
    intents: dict[str, str] = field(default_factory=dict[str, str])
    hashes: dict[str, str] = field(default_factory=dict[str, str])
    earlier: Journal | None = None
    prefix: str = ""
    ran: set[str] = field(default_factory=set[str])

    @property
    def is_replaying(self) -> bool:
        known = {} if self.earlier is None else self.earlier.values
        own = [name for name in known if name.startswith(self.prefix) and "/" not in name.removeprefix(self.prefix)]
        return not self.ran.issuperset(own)

    def recorded_charges(self) -> list[JSONObject]:
        before = self.earlier or Journal()
        known = {**before.intents, **before.values}
        below = [json.loads(text) for name, text in known.items() if name.startswith(self.prefix)]
        return [charge for value in below for charge in value.get("charges", [])]

    def reserve(self, step: Step) -> Slot:
        name = self.prefix + step.name
        is_recorded = name in self.values
        if is_recorded and step.request_hash and self.hashes[name] not in ("", step.request_hash):
            raise RunConflict(f"{name} asks something else")
        self.hashes.setdefault(name, step.request_hash)
        intent = None if is_recorded or name not in self.intents else json.loads(self.intents[name])
        return Slot(name, step, is_recorded, intent)

    async def announce(self, slot: Slot, intent: JSONObject) -> None:
        self.intents[slot.name] = json.dumps(intent)

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        if slot.name not in self.values:
            self.values[slot.name] = json.dumps(await effect())
        self.ran.add(slot.name)
        value: JSONObject = json.loads(self.values[slot.name])
        return value

    def under(self, slot: Slot) -> Journal:
        return replace(self, prefix=f"{slot.name}/")

    def again(self) -> Journal:
        """The steps of the next execution."""
        kept = Journal(dict(self.values), dict(self.intents), dict(self.hashes))
        return type(self)(kept.values, kept.intents, kept.hashes, Journal(dict(self.values), dict(self.intents)))


class TestJournal(DurableStepsContract):
    @pytest.fixture
    def steps(self) -> Steps:
        return Journal()

    @pytest.fixture
    def reopen(self) -> Callable[[Steps], Awaitable[Steps]]:
        async def reopen(steps: Steps) -> Steps:
            assert isinstance(steps, Journal)
            return steps.again()

        return reopen


HEAD = """
import json
from dataclasses import replace
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
            return steps.again()
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
    "intents that are lost": (
        "    async def announce(self, slot, intent):\n        pass",
        "test_the_last_intent_is_known_until_there_is_a_value",
    ),
    "the first intent of several": (
        "    async def announce(self, slot, intent):\n        self.intents.setdefault(slot.name, '{}')",
        "test_the_last_intent_is_known_until_there_is_a_value",
    ),
    "slots that do not say what is recorded": (
        "    def reserve(self, step):\n        return replace(super().reserve(step), is_recorded=False)",
        "test_a_slot_says_what_is_recorded",
    ),
    "replays that do not say so": (
        "    is_replaying = False",
        "test_a_run_replays_until_its_recorded_values_are_returned",
    ),
    "charges of intents beside those of values": (
        (
            "    def recorded_charges(self):\n        before = self.earlier or Journal()\n"
            "        known = [*before.intents.values(), *before.values.values()]\n"
            "        return [one for text in known for one in json.loads(text).get('charges', [])]"
        ),
        "test_charges_come_back_and_are_known_before_anything_runs",
    ),
    "answers to other requests": (
        "    def reserve(self, step):\n        return super().reserve(replace(step, request_hash=''))",
        "test_another_request_is_a_conflict",
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
    assert fails(pytester, f"{HEAD}\nclass Broken(Journal):\n{source}\n\nTestOurs.kind = Broken\n", test)
