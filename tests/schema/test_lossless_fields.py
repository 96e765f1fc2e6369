"""Fields are shown as validation takes them, or the class is refused."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic.json_schema import SkipJsonSchema

from agentkit.errors import DefinitionError
from agentkit.schema import MISSING, Parameter, compile_parameters, compile_type


@dataclasses.dataclass
class Job:
    name: str
    log: list[str] = dataclasses.field(init=False, default_factory=list[str])


@pydantic_dataclass
class Checked:
    name: str
    size: int = Field(init=False, default=1)


class Nested(BaseModel):
    jobs: list[Job]


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)
    item_id: int = Field(alias="itemId")


class Outer(BaseModel):
    inner: ByName = Field(alias="theInner")


class Choices(BaseModel):
    first: str = Field(validation_alias=AliasChoices(AliasPath("names", 0), "given", "other"))


class OneStep(BaseModel):
    first: str = Field(validation_alias=AliasPath("names"))


class PathOrName(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    first: str = Field(validation_alias=AliasPath("names", 0))


@pytest.mark.parametrize(
    ("cls", "value"),
    [
        (Job, {"name": "a"}),
        (Checked, {"name": "a"}),
        (Nested, {"jobs": [{"name": "a"}]}),
        (ByName, {"item_id": 1}),
        (Outer, {"theInner": {"item_id": 1}}),
        (Choices, {"given": "a"}),
        (OneStep, {"names": "a"}),
        (PathOrName, {"first": "a"}),
    ],
)
def test_what_is_shown_can_be_given(cls: type, value: dict[str, Any]) -> None:
    compiled = compile_type(cls)
    assert list(compiled.schema["properties"]) == list(value)
    compiled.validate(value)


class FromPath(BaseModel):
    first: str = Field(validation_alias=AliasPath("names", 0))


class Twice(BaseModel):
    a: int = Field(alias="x")
    b: int = Field(0, alias="x")


class AliasOfAnother(BaseModel):
    a: int = Field(alias="b")
    b: int = 0


@dataclasses.dataclass
class TwiceToo:
    a: Annotated[int, Field(alias="x")]
    b: Annotated[int, Field(alias="x")] = 0


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        (FromPath, r"its field `first` is read from a path inside another field, \['names', 0\]"),
        (Twice, "`a` and `b` have the same alias `x`"),
        (AliasOfAnother, "`a` and `b` have the same alias `b`"),
        (TwiceToo, "`a` and `b` have the same alias `x`"),
    ],
)
def test_what_cannot_be_given_is_refused_with_the_field(cls: type, said: str) -> None:
    for kind in (cls, list[cls], dict[str, cls]):  # type: ignore[valid-type]  # made at run time
        with pytest.raises(DefinitionError, match=said):
            compile_type(kind)


class Hidden(BaseModel):
    a: SkipJsonSchema[int]


class HiddenWithDefault(BaseModel):
    a: int
    b: SkipJsonSchema[int] = 1


def test_a_field_that_is_hidden_needs_a_default() -> None:
    assert list(compile_type(HiddenWithDefault).schema["properties"]) == ["a"]
    with pytest.raises(DefinitionError, match="its field `a` is hidden from the schema and required"):
        compile_type(Hidden)
    for default in (MISSING, 3):
        with pytest.raises(DefinitionError, match=r"^parameter `a`: .*hidden from the schema"):
            compile_parameters([Parameter("a", SkipJsonSchema[int], default), Parameter("b", int)])


class OfTwoNames(BaseModel):
    name: str

    def __init__(self, first: str, last: str) -> None:
        super().__init__(name=f"{first} {last}")


class OfItsAlias(BaseModel):
    name: str = Field(alias="n")
    size: int = 0

    def __init__(self, n: str, **more: Any) -> None:
        super().__init__(n=n, **more)


def test_a_model_whose_own_init_takes_other_names_is_refused() -> None:
    with pytest.raises(DefinitionError, match="the `__init__` of OfTwoNames does not take what its fields are named"):
        compile_type(list[OfTwoNames])
    assert compile_type(OfItsAlias).validate({"n": "a", "size": 1}).name == "a"
