"""What validators say goes beside the problems of the schema, each once, and nothing of what the schema says better."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from agentkit.schema import compile_type
from agentkit.schema.validation.problems import Problem, find_problems
from agentkit.schema.validation.validator_problems import user_exceptions, validator_problems


def fails(value: Any) -> Any:
    raise KeyError("x")


def refuses(value: Any) -> Any:
    raise ValueError("not on Sundays")


class Visit(BaseModel):
    name: Annotated[str, BeforeValidator(fails)]
    day: Annotated[str, AfterValidator(refuses)]
    id: int = Field(default_factory=lambda: fails(None))


def problems_of(given: Any) -> tuple[list[Problem], list[Exception]]:
    schema = compile_type(Visit)
    with pytest.raises(ValidationError) as caught:
        schema.validate(given)
    known = find_problems(given, schema.schema)
    return validator_problems(caught.value, given, (), known, schema.schema), user_exceptions(caught.value)


def test_a_general_failure_is_left_out_where_the_schema_has_a_reason() -> None:
    said, raised = problems_of({"name": 5, "day": "Sunday", "id": 1})
    assert said == [Problem("day", "not on Sundays")]
    assert [type(error) for error in raised] == [KeyError]


def test_it_is_told_where_the_schema_has_none() -> None:
    said, _ = problems_of({"name": "Ada", "day": "Sunday", "id": 1})
    assert said == [Problem("name", "could not be checked (KeyError)"), Problem("day", "not on Sundays")]


def test_a_default_that_fails_is_told_at_its_field() -> None:
    said, raised = problems_of({"name": "Ada", "day": "Sunday"})
    assert Problem("id", "no default could be made for it (KeyError)") in said
    assert [type(error) for error in raised] == [KeyError]
