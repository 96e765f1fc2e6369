"""The oracle: an agent that makes the calls of a task's solution, to test tools and graders without a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.errors import DefinitionError
from agentkit.evals.contenders import PerTask
from agentkit.evals.schema_values import drawn_output
from agentkit.evals.scripted_model import is_sub_agent, played_by
from agentkit.simulator.replies.reply import Reply

if TYPE_CHECKING:
    from agentkit.evals.task import AnyAgent, AnyTask, SolutionCall
    from agentkit.messages.request import Request
    from agentkit.run.agent_spec import AnySpec

_CALL_ID = "toolu_oracle_"
_ROOT = -1
"""Stands for the call that starts the root run, which there is none of."""


def make_oracle(agent: AnyAgent) -> PerTask:
    """Return an agent for each task that makes the calls of `Task.solution`, in order, through the real loop and tools.

    A call of a sub-agent is followed by the calls that the sub-agent makes: those that come next in the solution, as
    long as it has their tools. Outputs are invented; where the answer is the task, the oracle does not know it.

    Args:
        agent: The agent with the tools; its model is not used.
    """
    return PerTask(lambda task: replaying(agent, task))


def replaying(agent: AnyAgent, task: AnyTask) -> AnyAgent:
    """Return the agent that makes the calls of one task's solution.

    Args:
        agent: The agent with the tools.
        task: The task.

    Raises:
        DefinitionError: The task has no solution, or no agent at its place has the tool of a call.
    """
    if not task.solution:
        raise DefinitionError(f"Task({task.name!r}): an oracle makes the calls of its `solution`, and it has none.")
    places, end = _assign_calls(agent, task.solution, _ROOT, 0)
    if end < len(task.solution):
        raise DefinitionError(
            f"Task({task.name!r}): call {end + 1} of its solution is of {task.solution[end].tool!r}, and "
            f"{agent.name!r} has no such tool there."
        )
    return played_by(agent, _Replay(tuple(task.solution), places))


def _assign_calls(
    agent: AnySpec, solution: Sequence[SolutionCall], caller: int, start: int
) -> tuple[dict[int, tuple[int, ...]], int]:
    """Return the positions of the calls of each run from `start` on, by the position of the call that starts the run.

    The second value is the position of the first call that the run cannot make.
    """
    own: list[int] = []
    below: dict[int, tuple[int, ...]] = {}
    while start < len(solution) and (tool := agent.agent_tools.tools.get(solution[start].tool)) is not None:
        own.append(start)
        start += 1
        if is_sub_agent(tool):
            places, start = _assign_calls(tool.agent, solution, own[-1], start)
            below |= places
    return {caller: tuple(own), **below}, start


@dataclass(frozen=True, slots=True)
class _Replay:
    """The turns of every run of the tree. The id of a call holds its position, and the id of a run that of its call."""

    solution: tuple[SolutionCall, ...]
    places: Mapping[int, tuple[int, ...]]
    """The positions of the calls of each run, by the position of the call that starts it."""

    def __call__(self, request: Request) -> Reply:
        """Return the next call of the run, or its output."""
        _, is_below, caller = request.sender.rpartition(f"/{_CALL_ID}")
        run = _place_of(caller) if is_below else _ROOT
        results = list(_results(request))
        for place in self.places[run]:
            failures = [is_error for made, is_error in results if made == place]
            if not failures or (self.solution[place].is_retried and failures == [True]):
                return self._call(place, len(failures) + 1)
        return drawn_output(request)

    def _call(self, place: int, attempt: int) -> Reply:
        call = self.solution[place]
        block = {"type": "tool_use", "id": f"{_CALL_ID}{place:03}-{attempt}", "name": call.tool}
        return Reply.block({**block, "input": dict(call.arguments)})


def _results(request: Request) -> Iterator[tuple[int, bool]]:
    """Yield the positions of the calls of the run that have results, each with True if it failed."""
    for message in request.messages:
        for block in message.content if isinstance(message.content, list) else ():
            call_id = str(block.get("tool_use_id", ""))
            if block.get("type") == "tool_result" and call_id.startswith(_CALL_ID):
                yield _place_of(call_id.removeprefix(_CALL_ID)), bool(block.get("is_error"))


def _place_of(number: str) -> int:
    """Return the position in the number of a call, `007-1`: position and attempt."""
    return int(number.partition("-")[0])
