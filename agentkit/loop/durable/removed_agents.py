"""Sub-agents of a resumed run that the agent has no more: they are not rebuilt, and what they have cost is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agentkit.budget.charges import Charge, merge_charges
from agentkit.loop.durable.run_end import EndStep
from agentkit.run.delegate import DelegatingTool
from agentkit.run.outcome import Outcome
from agentkit.run.result import RunResult
from agentkit.run.steps import Step, recorded_value
from agentkit.tool_calls.recorded_call import reserve_call

if TYPE_CHECKING:
    from agentkit.loop.durable.run_end import RunEnd
    from agentkit.messages.message import ToolCall
    from agentkit.run.steps import Steps
    from agentkit.tool_calls.call_runner import CallRunner

REMOVED = "The agent does not have this sub-agent any more: of its run, the cost is known."
"""The reason in the result of a run that is not rebuilt."""


async def removed_agent_runs(
    runner: CallRunner, calls: Sequence[ToolCall], stopped: Mapping[str, RunEnd]
) -> list[RunResult[object]]:
    """Return what earlier executions have recorded below the calls of a turn whose tool starts no sub-agent now.

    Args:
        runner: Runs the calls of the run, whose steps are durable.
        calls: All calls of the turn.
        stopped: The ends of sub-agents that were stopped with the run, by run id below that of the run.
    """
    found: list[RunResult[object]] = []
    for place, call in enumerate(calls, 1):
        tool = runner.tools.get(call.name)
        if isinstance(tool, DelegatingTool) and tool.may_start(call):
            continue
        steps = runner.scope.steps.under(reserve_call(runner, call, place))
        started = await recorded_value(steps, steps.reserve(Step("input", "input")))
        if started is None:
            continue  # what is recorded below a call of another tool are checks
        charges = [Charge.from_json(one) for one in steps.recorded_charges() or ()]
        for run_id, end in stopped.items():
            if run_id.partition(".")[0] == call.id:  # of whichever try
                charges += end.all_unrecorded_charges()
        run_id, agent = f"{runner.scope.run_id}/{call.id}", str(started["agent"])
        found.append(await _result_of(run_id, agent, call, steps, charges))
    return found


async def _result_of(
    run_id: str, agent: str, call: ToolCall, steps: Steps, charges: Sequence[Charge]
) -> RunResult[object]:
    end_step = EndStep.reserve(steps)
    end = None if end_step is None else await end_step.recorded()
    return RunResult(
        run_id=run_id,
        agent=agent,
        outcome=Outcome.CANCELLED if end is None else end.outcome,
        reason=REMOVED,
        charges=merge_charges(charges),
        tool=call.name,
        call_id=call.id,
    )
