"""What is written about fields: below them, in the class's docstring, in Annotated."""

import dataclasses
import sys
import types
from typing import Annotated, Generic, NamedTuple, TypeVar

from pydantic import BaseModel
from typing_extensions import Doc, TypedDict

from agentkit.schema.field_docs import class_texts

T = TypeVar("T")


class Item(BaseModel):
    """An item.

    Attributes:
        name: From the docstring.
        size: From the docstring.
    """

    name: str
    size: int = 1
    """Below the field,
    on two lines."""
    weight: Annotated[int, Doc("In Annotated.")] = 0
    """Below."""


class Child(Item):
    colour: str
    """Its colour."""
    size: int = 2
    """The child's."""


class Typed(TypedDict):
    a: int
    """The a."""


class MoreTyped(Typed):
    b: int
    """The b."""


class Pair(NamedTuple):
    left: int
    """The left one."""


@dataclasses.dataclass
class Data:
    """Data.

    :param x: The x.
    """

    x: int


class Page(BaseModel, Generic[T]):
    items: list[T]
    """What is on it."""


def test_the_nearest_text_wins() -> None:
    assert class_texts(Item).fields == {
        "name": "From the docstring.",
        "size": "Below the field,\non two lines.",
        "weight": "In Annotated.\nBelow.",
    }


@dataclasses.dataclass
class Sheet(Generic[T]):
    """A sheet.

    Attributes:
        size: Any size.
    """

    size: int


@dataclasses.dataclass
class SmallSheet(Sheet[int]):
    """A small sheet.

    Attributes:
        size: At most ten.
    """


class LastSheet(SmallSheet):
    """The last one."""


def test_a_class_is_nearer_than_the_generic_one_it_is_made_of() -> None:
    assert class_texts(LastSheet).fields == {"size": "At most ten."}


def test_fields_are_inherited_with_their_texts() -> None:
    assert class_texts(Child).fields == {**class_texts(Item).fields, "colour": "Its colour.", "size": "The child's."}
    assert class_texts(MoreTyped).fields == {"a": "The a.", "b": "The b."}


def test_every_kind_of_class_is_read() -> None:
    assert class_texts(Pair).fields == {"left": "The left one."}
    assert class_texts(Data).fields == {"x": "The x."}
    assert class_texts(Page[int]).fields == {"items": "What is on it."}


def test_local_classes_of_one_name_are_told_apart_by_their_fields() -> None:
    def one() -> type:
        class Local(BaseModel):
            x: int
            """The x."""

        return Local

    def other() -> type:
        class Local(BaseModel):
            y: int
            """The y."""

        return Local

    assert class_texts(one()).fields == {"x": "The x."}
    assert class_texts(other()).fields == {"y": "The y."}


def test_classes_that_cannot_be_told_apart_get_no_text_rather_than_the_wrong_one() -> None:
    if sys.version_info >= (3, 13):
        return  # classes know their line there
    classes: list[type] = []
    for flag in (True, False):
        if flag:

            class Same(BaseModel):  # pyright: ignore[reportRedeclaration]
                x: int
                """One."""

            classes.append(Same)
        else:

            class Same(BaseModel):  # type: ignore[no-redef]
                x: int
                """Other."""

            classes.append(Same)
    assert [class_texts(cls).fields for cls in classes] == [{}, {}]


def test_a_class_without_source_has_its_docstring_alone() -> None:
    module = types.ModuleType("typed_at_a_prompt")
    sys.modules["typed_at_a_prompt"] = module
    source = 'class Local:\n    """It.\n\n    Attributes:\n        x: The x.\n    """\n    x: int\n    "below"\n'
    exec(source, module.__dict__)
    assert class_texts(module.Local).fields == {"x": "The x."}
    del sys.modules["typed_at_a_prompt"]
