"""A journal that cannot be written pauses the run: nothing is done after that, nothing is lost, it goes on later."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agentkit import Agent, Failed, Journal, JournalError, Outcome, Slot, Step, Steps, tool
from agentkit.messages.message import JSONObject
from agentkit.run.steps import StepFunction
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

made: list[str] = []


@tool(effect="write")
async def pay(amount: int) -> str:
    """Pay."""
    made.append(f"pay {amount}")
    return "paid"


child = Agent("child", model="claude-haiku-5-5", tools=[pay])
lead = Agent("lead", model="claude-opus-5-5", tools=[child.as_tool(), pay])


def answers(request: JSONObject) -> Reply:
    if len(request["messages"]) > 1:
        return Reply.text("Done.")
    if "child" in {param["name"] for param in request["tools"]}:
        return Reply.tool("child", objective="pay") + Reply.tool("pay", amount=1)
    return Reply.tool("pay", amount=2)


@dataclass
class FullDisk:
    """A journal whose disk is full after some records."""

    journal: Journal
    room: int
    failed: bool = False

    @asynccontextmanager
    async def open_run(self, run_id: str) -> AsyncGenerator[Steps]:
        async with self.journal.open_run(run_id) as steps:
            yield LimitedSteps(self, steps)

    @asynccontextmanager
    async def open_runs(self, run_id: str) -> AsyncGenerator[Sequence[JSONObject]]:
        async with self.journal.open_runs(run_id) as charges:
            yield charges

    def reopen(self, run_id: str) -> None:
        self.journal.reopen(run_id)

    def take(self) -> None:
        self.room -= 1
        self.failed = self.failed or self.room < 0
        if self.failed:
            raise JournalError("The disk is full.")


@dataclass
class LimitedSteps(Steps):
    disk: FullDisk
    steps: Steps
    is_durable: bool = field(default=True, init=False)

    @property
    def is_replaying(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.steps.is_replaying

    def recorded_charges(self) -> Sequence[JSONObject] | None:
        return self.steps.recorded_charges()

    def reserve(self, step: Step) -> Slot:
        return self.steps.reserve(step)

    async def announce(self, slot: Slot, intent: JSONObject) -> None:
        self.disk.take()
        await self.steps.announce(slot, intent)

    async def run(self, slot: Slot, effect: StepFunction) -> JSONObject:
        async def effect_with_room() -> JSONObject:
            value = await effect()
            self.disk.take()
            return value

        return await self.steps.run(slot, effect_with_room)

    def under(self, slot: Slot) -> Steps:
        return LimitedSteps(self.disk, self.steps.under(slot))


@pytest.mark.parametrize("room", range(14))
async def test_a_full_disk_pauses_a_run_which_goes_on_later(tmp_path: Path, room: int) -> None:
    journal = Journal(tmp_path / "runs.db")
    made.clear()
    with script(answers):
        first = await lead.run("Go", journal=FullDisk(journal, room), run_id="r")
    assert first.outcome is Outcome.PAUSED
    assert "disk is full" in first.reason
    before = [*made]
    with script(answers):
        again = await lead.run("Go", journal=journal, run_id="r")
    assert again.output == "Done."
    assert len(made) == len(set(made)), f"nothing is paid twice: {before}, then {made}"


async def test_an_item_of_a_map_is_paused_alone(tmp_path: Path) -> None:
    disk = FullDisk(Journal(tmp_path / "runs.db"), 5)
    with script(lambda request: Reply.text("Well.")):
        done = await child.map(["1", "2"], journal=disk, run_id="m", concurrency=1)
    assert isinstance(done[1], Failed)
    assert done[1].outcome is Outcome.PAUSED
