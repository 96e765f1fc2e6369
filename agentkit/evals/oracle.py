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


def oracle(agent: AnyAgent) -> PerTask:
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
    places, end = _assign_calls(agent, task.solution, -1, 0)
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
    """The positions of the calls of each run, by the position of the call that starts it; -1 is the root run."""

    def __call__(self, request: Request) -> Reply:
        """Return the next call of the run, or its output."""
        failed = dict(_results(request))
        _, _, caller = request.sender.rpartition(f"/{_CALL_ID}")
        number = caller.partition("-")[0]
        for place in self.places[int(number) if number.isdecimal() and caller != request.sender else -1]:
            tries = [is_error for (made, _), is_error in failed.items() if made == place]
            if not tries or (self.solution[place].is_retried and tries == [True]):
                return self._call(place, len(tries) + 1)
        return drawn_output(request)

    def _call(self, place: int, attempt: int) -> Reply:
        call = self.solution[place]
        block = {"type": "tool_use", "id": f"{_CALL_ID}{place:03}-{attempt}", "name": call.tool}
        return Reply.block({**block, "input": dict(call.arguments)})


def _results(request: Request) -> Iterator[tuple[tuple[int, int], bool]]:
    """Yield the calls of the run that have results, by position and attempt, and True for those that failed."""
    for message in request.messages:
        for block in message.content if isinstance(message.content, list) else ():
            call_id = str(block.get("tool_use_id", ""))
            if block.get("type") == "tool_result" and call_id.startswith(_CALL_ID):
                place, _, attempt = call_id.removeprefix(_CALL_ID).partition("-")
                yield (int(place), int(attempt)), bool(block.get("is_error"))
