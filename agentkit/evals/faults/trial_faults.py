"""The faults of one trial: the agent's tools, its models and its process."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

import anyio

from agentkit.evals.faults.chance import Chance
from agentkit.evals.faults.kills import DyingJournal
from agentkit.evals.faults.model_faults import FaultyModel
from agentkit.evals.faults.spec import Faults
from agentkit.evals.faults.tool_faults import ToolFaults
from agentkit.loop.opening import store_of
from agentkit.models.wrapped_models import wrap_models

if TYPE_CHECKING:
    from agentkit.agents.agent import Agent
    from agentkit.models.model import Model
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.result import RunResult

Out = TypeVar("Out")

_LAST_STEP = 12
"""The number of recorded steps behind which the process dies at the latest."""
_RUN_ID = "trial"


class TrialFaults:
    """The faults that one trial meets.

    Args:
        faults: The share of each kind.
        seed: The seed of the evaluation.
        task: The name of the task.
        number: The number of the try.
    """

    def __init__(self, faults: Faults, *, seed: int, task: str, number: int) -> None:
        self.faults = faults
        self.met = Counter[str]()
        """The faults that were met, by kind."""
        self._chance = Chance(seed, task, number)

    @contextmanager
    def models(self) -> Generator[None]:
        """Let requests of all agents that run inside the block fail, for pipelines. The other faults need `run`."""

        def wrap(model: Model) -> Model:
            return FaultyModel(model, self.faults.api, self._chance, self.met)

        with wrap_models(wrap):
            yield

    def with_tool_faults(self, agent: Agent[Any, Any, Out]) -> Agent[Any, Any, Out]:
        """Return an agent whose tool calls meet the faults.

        Args:
            agent: The agent.
        """
        middleware = ToolFaults(self.faults, self._chance, self.met)
        return replace(agent, around_tool=[*agent.around_tool, middleware])

    async def run(self, agent: Agent[Any, Any, Out], prompt: Any, **options: Unpack[RunOptions[Any]]) -> RunResult[Out]:
        """Run an agent with the faults. Where the process dies, the run is resumed; its `deps` stay as they are.

        Args:
            agent: The agent.
            prompt: The prompt, or a value of its input type.
            options: See `RunOptions`; a journal of your own is not used.
        """
        tried = self.with_tool_faults(agent)
        numbers = self._chance.draw("kill")
        with self.models():
            if next(numbers) >= self.faults.kills:
                return await tried.run(prompt, **options)
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                journal = store_of(Path(folder) / "trial.db")
                step, dies_before = 1 + int(next(numbers) * _LAST_STEP), next(numbers) < 0.5
                with anyio.CancelScope() as process:
                    dying = DyingJournal.at_step(step, journal, process.cancel, dies_before=dies_before)
                    options["run_id"], options["journal"] = options.get("run_id") or _RUN_ID, dying
                    return await tried.run(prompt, **options)
                self.met["kills"] += 1
                options["journal"] = journal
                return await tried.run(prompt, **options)
