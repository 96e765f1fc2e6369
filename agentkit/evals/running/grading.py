"""The grading of a trial: every grader of its task looks at it."""

from __future__ import annotations

from collections.abc import Sequence

from agentkit.errors import ConfigurationError
from agentkit.evals.grade import Grade
from agentkit.evals.grader import Grader, grade_of, grader_name
from agentkit.evals.trial import AnyTrial


async def grade_trial(trial: AnyTrial, graders: Sequence[Grader]) -> AnyTrial:
    """Return the trial with the grades of these graders, or with the problem of the first that cannot judge it.

    Args:
        trial: The trial.
        graders: The graders of its task.
    """
    grades: list[Grade] = []
    for grader in graders:
        try:
            grades.append(await grade_of(grader, trial))
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001 - a grader may raise anything; it is reported
            return trial.graded(grades, f"The grader {grader_name(grader)} raised {type(error).__name__}: {error}")
    return trial.graded(grades)
