"""The results of runs that the code of a tool has started, as part of the tool's step: their costs and outcomes.

Such a run has no steps of its own: it is executed again if the call is. Its output and messages are not recorded.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from agentkit.budget.charges import Charge
from agentkit.run.outcome import Outcome, Unfinished
from agentkit.run.result import RunResult

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject


def result_to_json(result: RunResult[object]) -> JSONObject:
    """Return the outcome, the charges and the place of a run and of those below it."""
    return {
        "run_id": result.run_id,
        "agent": result.agent,
        "outcome": str(result.outcome),
        "reason": result.reason,
        "charges": [charge.to_json() for charge in result.charges],
        "children": [result_to_json(child) for child in result.children],
        "unfinished": [asdict(one) for one in result.unfinished],
        "tool": result.tool,
        "call_id": result.call_id,
    }


def result_from_json(value: JSONObject) -> RunResult[object]:
    """Return the result that `result_to_json` wrote, without answer and messages."""
    return RunResult(
        run_id=value["run_id"],
        agent=value["agent"],
        outcome=Outcome(value["outcome"]),
        reason=value["reason"],
        charges=tuple(map(Charge.from_json, value["charges"])),
        children=tuple(map(result_from_json, value["children"])),
        unfinished=tuple(
            Unfinished(tuple(one["path"]), one["name"], one["call_id"], one["reason"]) for one in value["unfinished"]
        ),
        tool=value["tool"],
        call_id=value["call_id"],
    )


def charges_of(result: RunResult[object]) -> list[JSONObject]:
    """Return the charges of a run and of those below it, as JSON."""
    return [
        *(charge.to_json() for charge in result.charges),
        *(charge for child in result.children for charge in charges_of(child)),
    ]
