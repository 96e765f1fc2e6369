"""The grading of a trial: every grader of its task looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentkit.errors import ConfigurationError
from agentkit.evals.grade import Grade
from agentkit.evals.grader import Grader, grade_of, grader_name
from agentkit.evals.running.pipeline_work import collected_runs
from agentkit.evals.running.program_failures import failure_text, is_failure
from agentkit.evals.trial import AnyTrial

if TYPE_CHECKING:
    from agentkit.models.overriding_client import Client


async def grade_trial(
    trial: AnyTrial, graders: Sequence[Grader], client: Client | None = None, known: Sequence[Grade | None] = ()
) -> tuple[AnyTrial, float]:
    """Return the trial with its grades, or the problem of the first grader that cannot judge it; and what they spent.

    Args:
        trial: The trial.
        graders: The graders of its task.
        client: The client of graders that are agents. None: their own.
        known: The grades that are known already, in the order of the graders. Empty: none are.
    """
    grades: list[Grade] = []
    known = known or [None] * len(graders)
    if None not in known:
        return trial.graded([grade for grade in known if grade is not None]), 0.0
    problem = ""
    async with collected_runs("graders", f"graders of {trial.task}, {trial.agent}, {trial.number}", client) as runs:
        for grader, grade in zip(graders, known, strict=True):
            try:
                grades.append(grade or await grade_of(grader, trial))
            except ConfigurationError:
                raise
            except BaseException as error:
                if not is_failure(error):
                    raise
                problem = f"The grader {grader_name(grader)} raised {failure_text(error)}"
                break
    return trial.graded(grades, problem), sum(run.cost.usd or 0.0 for run in runs)
