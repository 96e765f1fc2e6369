"""The grader of outputs by a type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from agentkit.evals.grade import Grade

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial


@dataclass(frozen=True, slots=True)
class _FitsType:
    type: object

    def __call__(self, trial: AnyTrial) -> Grade:
        from pydantic import TypeAdapter, ValidationError

        adapter: TypeAdapter[object] = TypeAdapter(cast("type[object]", self.type))
        try:
            if isinstance(trial.output, str):
                adapter.validate_json(trial.output)
            else:
                adapter.validate_python(trial.output)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            return Grade(passed=False, reason=f"{place or 'the answer'}: {first['msg']}")
        return Grade(passed=True)


def fits_type(type_: object) -> _FitsType:
    """Return a grader that validates the output against a type; a text is read as JSON.

    Args:
        type_: Any type that pydantic knows.
    """
    return _FitsType(type_)
