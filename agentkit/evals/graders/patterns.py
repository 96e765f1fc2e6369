"""The grader of texts by a regular expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentkit.errors import DefinitionError
from agentkit.evals.grade import Grade
from agentkit.tools.serialization import json_text

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial


@dataclass(frozen=True, slots=True)
class _Matches:
    pattern: re.Pattern[str]

    def __call__(self, trial: AnyTrial) -> Grade:
        text = trial.output if isinstance(trial.output, str) else json_text(trial.output)
        passed = self.pattern.search(text) is not None
        return Grade(passed, "" if passed else f"nothing in the answer fits {self.pattern.pattern!r}")


def matches(pattern: str | re.Pattern[str]) -> _Matches:
    """Return a grader that searches the output, as text or JSON, for a regular expression.

    Args:
        pattern: The expression, or its text.

    Raises:
        DefinitionError: The text is no regular expression.
    """
    try:
        return _Matches(re.compile(pattern))
    except re.error as error:
        raise DefinitionError(f"matches({pattern!r}): it is no regular expression ({error}).") from None
