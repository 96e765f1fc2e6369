"""The grader of the world: the state that a try left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.evals.grade import Grade
from agentkit.evals.graders.json_differences import json_differences

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial, WorldView

_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _WorldIs:
    expected: object
    part: WorldView | None

    def __call__(self, trial: AnyTrial) -> Grade:
        found = trial.world if self.part is None else self.part(trial.world)
        differences = json_differences(self.expected, found)
        more = f"; and {len(differences) - _MOST_SHOWN} more" if len(differences) > _MOST_SHOWN else ""
        return Grade(not differences, "; ".join(differences[:_MOST_SHOWN]) + more)


def world_is(expected: object, part: WorldView | None = None) -> _WorldIs:
    """Return a grader that compares the world of the try, or a part of it, with the expected state, as JSON.

    Args:
        expected: The state as it ought to be.
        part: Returns the part of the world to compare. None: all of it.
    """
    return _WorldIs(expected, part)
