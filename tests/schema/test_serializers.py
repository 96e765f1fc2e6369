"""Aliases of results: they are written, except where a class says that it wants none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, RootModel, TypeAdapter
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import TypedDict

from agentkit.schema import compile_type
from agentkit.schema.serializers import make_serializer, with_own_names

T = TypeVar("T")
PLAIN = ConfigDict(serialize_by_alias=False)


class Own(BaseModel):
    model_config = PLAIN
    item_id: int = Field(serialization_alias="_x7")


class Aliased(BaseModel):
    item_id: int = Field(serialization_alias="itemId")


class Both(BaseModel):
    own: Own
    aliased: Aliased = Field(serialization_alias="theOther")


class OwnOutside(BaseModel):
    model_config = PLAIN
    aliased: Aliased = Field(serialization_alias="theOther")


class Page(BaseModel, Generic[T]):
    rows: list[T]


@pydantic_dataclass(config=PLAIN)
class OwnClass:
    item_id: int = Field(serialization_alias="_x7")


@dataclass
class Around:
    own: Own


class Keys(TypedDict):
    own: Own


class Node(BaseModel):
    model_config = PLAIN
    node_id: int = Field(serialization_alias="_n")
    inner: list[Node] = []


OWN, ALIASED = Own(item_id=1), Aliased(item_id=2)
NODE = Node(node_id=1, inner=[Node(node_id=2)])


def keep(value: object) -> object:
    raise TypeError(value)


ROWS: list[tuple[object, object, object]] = [
    (Own, OWN, {"item_id": 1}),
    (Aliased, ALIASED, {"itemId": 2}),
    (Both, Both(own=OWN, aliased=ALIASED), {"own": {"item_id": 1}, "theOther": {"itemId": 2}}),
    (OwnOutside, OwnOutside(aliased=ALIASED), {"aliased": {"itemId": 2}}),
    (Page[Own], Page[Own](rows=[OWN]), {"rows": [{"item_id": 1}]}),
    (list[Own | Aliased], [OWN, ALIASED], [{"item_id": 1}, {"itemId": 2}]),
    (OwnClass, OwnClass(item_id=1), {"item_id": 1}),
    (Around, Around(OWN), {"own": {"item_id": 1}}),
    (Keys, Keys(own=OWN), {"own": {"item_id": 1}}),
    (RootModel[Own], RootModel[Own](OWN), {"item_id": 1}),
    (Node, NODE, {"node_id": 1, "inner": [{"node_id": 2, "inner": []}]}),
]


@pytest.mark.parametrize(("kind", "value", "data"), ROWS)
def test_a_class_that_wants_no_aliases_has_none_and_all_others_have_them(
    kind: Any, value: object, data: object
) -> None:
    assert make_serializer(TypeAdapter(kind)).to_json_data(value, keep) == data


def test_without_a_declared_type_the_class_of_the_value_decides() -> None:
    assert with_own_names(OWN, keep) == {"item_id": 1}
    assert with_own_names(OwnClass(1), keep) == {"item_id": 1}
    assert with_own_names([OWN, ALIASED, 3], keep) == [{"item_id": 1}, ALIASED, 3]
    assert with_own_names({"a": OWN, "b": None}, keep) == {"a": {"item_id": 1}, "b": None}
    for other in ([ALIASED], {"a": 1}, "text", ALIASED):
        assert with_own_names(other, keep) is other


class Names(BaseModel):
    a: int = Field(alias="aA")
    b: int = Field(validation_alias="bB")
    c: int = Field(1, serialization_alias="cC")
    d: int = Field(1, validation_alias=AliasChoices(AliasPath("x", 0), "dd", "ddd"), serialization_alias="e")


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)
    a: int = Field(alias="A")
    inner: list[Names] = []


@dataclass
class Job:
    name: str
    inner: ByName
    log: list[str] = field(init=False, default_factory=list[str])


NAMES = {"aA": 1, "bB": 2, "c": 3, "dd": 4}


DUMPS: list[tuple[object, object]] = [
    (Names, NAMES),
    (list[Names], [NAMES]),
    (ByName, {"a": 1, "inner": [NAMES]}),
    (Job, {"name": "x", "inner": {"a": 1, "inner": [NAMES]}}),
    (Node, {"node_id": 1, "inner": [{"node_id": 2, "inner": []}]}),
    (Page[Names], {"rows": [NAMES]}),
]


@pytest.mark.parametrize(("kind", "data"), DUMPS)
def test_what_is_dumped_is_what_validation_takes(kind: Any, data: object) -> None:
    compiled = compile_type(kind)
    value = compiled.validate(data)
    assert compiled.dump(value) == data
    assert compiled.validate(compiled.dump(value)) == value
