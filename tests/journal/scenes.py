"""Steps and effects that the tests of the journal share."""

from __future__ import annotations

from pathlib import Path

from agentkit import Step
from agentkit.messages.message import JSONObject
from agentkit.run.steps import StepFunction, Steps


def files(folder: Path) -> list[str]:
    """The names of the files in a folder."""
    return sorted(file.name for file in folder.iterdir())


def call(name: str, position: int = 1) -> Step:
    """A tool call."""
    return Step(f"tool:{name}", "tool", position=position)


def returning(value: JSONObject) -> StepFunction:
    """An effect."""

    async def effect() -> JSONObject:
        return value

    return effect


async def must_not_run() -> JSONObject:
    raise AssertionError("an effect that was executed before is executed again")


async def run(steps: Steps, step: Step, value: JSONObject | None = None) -> JSONObject:
    """Reserve a step and run it. Without a value, it must have been recorded."""
    return await steps.run(steps.reserve(step), must_not_run if value is None else returning(value))


async def play(steps: Steps) -> None:
    """A small run: input, prefix, a turn with two calls, the first of which is a sub-agent, an end."""
    await run(steps, Step("input", "input"), {"agent": "reader", "given": "0"})
    await run(steps, Step("prefix", "prefix"), {"system": "Be brief. " * 200})
    model = Step("model:1", "model", request_hash="1", describe=lambda: "How much is tea?")
    await run(steps, model, {"text": "Tea is 4 EUR."})
    slots = [steps.reserve(call(name, position)) for name, position in (("a", 1), ("b", 2))]
    await steps.announce(slots[1], {"name": "order"})
    await steps.run(slots[1], returning({"text": "b" * 100}))
    below = steps.under(slots[0])
    await run(below, Step("model:1", "model"), {"text": "Read."})
    await run(below, Step("end", "end"), {"outcome": "completed"})
    await steps.run(slots[0], returning({"kept": [{"handle": "artifact-1", "text": "k" * 5000}]}))
    await run(steps, Step("time:1", "time"), {"is_over": False})
    await run(steps, Step("end", "end"), {"outcome": "completed"})
