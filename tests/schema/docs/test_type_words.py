"""Types in docstrings: those that the annotation has already, and those that say more."""

import pytest

from agentkit.schema.docs.type_words import adds_to_annotation


@pytest.mark.parametrize(
    "text",
    [
        "str",
        "str, optional",
        "list of Line",
        "list[Line]",
        "Line | None",
        "typing.Optional[int]",
        "int or None",
        "Line",
    ],
)
def test_a_type_adds_nothing(text: str) -> None:
    assert not adds_to_annotation(text, "list[Line]")


@pytest.mark.parametrize(
    "text", ["{'C', 'F'}", "Literal['a']", "Kelvin", "int, default 3", "str, as ISO 8601", "Where it is", "(", "a [b"]
)
def test_everything_else_adds_something(text: str) -> None:
    assert adds_to_annotation(text, "list[Line]")
