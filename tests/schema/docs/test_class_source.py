"""Strings below fields and members are read from the source of their class."""

import enum
import sys
import types

from agentkit.schema.docs.class_source import strings_below_fields


class Item:
    """An item."""

    name: str
    "The name."
    size: int = 1
    kind = "plain"
    """Of no field."""


class Colour(enum.Enum):
    RED = "r"
    """Like a
    rose."""
    BLUE = "b"

    @property
    def is_warm(self) -> bool:
        """Of no member."""
        return self is Colour.RED


def test_strings_below_fields_and_members() -> None:
    assert strings_below_fields(Item) == {"name": "The name."}
    assert strings_below_fields(Colour) == {"RED": "Like a\nrose."}


def test_a_class_without_source_has_none() -> None:
    module = types.ModuleType("typed_at_a_prompt")
    sys.modules["typed_at_a_prompt"] = module
    exec('class Local:\n    x: int\n    "below"\n', module.__dict__)
    assert strings_below_fields(module.Local) == {}
    del sys.modules["typed_at_a_prompt"]
