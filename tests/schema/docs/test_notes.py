"""Notes are put on the part of the schema that they stand on, or else on the nearest one around it."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from typing_extensions import Doc, TypeAliasType

from agentkit.schema.docs.notes import is_included, join_texts, own_notes, place_notes

Note = Annotated[int, "note"]
Alias = TypeAliasType("Alias", list[Note])
Plain = TypeAliasType("Plain", Note)
NOTED = {"type": "integer", "description": "note"}


@pytest.mark.parametrize(
    ("annotation", "schema", "described"),
    [
        (Note, {}, {"description": "note"}),
        (Note, {"description": "A number."}, {"description": "A number.\nnote"}),
        (Note, {"description": "note."}, {"description": "note."}),
        (list[Note], {"items": {"type": "integer"}}, {"items": NOTED}),
        (tuple[Note, str], {"prefixItems": [{"type": "integer"}, {}]}, {"prefixItems": [NOTED, {}]}),
        (dict[str, Note], {"additionalProperties": {"type": "integer"}}, {"additionalProperties": NOTED}),
        (dict[Note, int], {}, {"description": "note"}),
        (Note | None, {"anyOf": [{"type": "integer"}, {}]}, {"anyOf": [NOTED, {}]}),
        (Note | None, {"type": ["integer", "null"]}, {"type": ["integer", "null"], "description": "note"}),
        (Literal["note"], {}, {}),
        (Annotated[int, Doc("a"), Field(description="b"), 5], {}, {"description": "a\nb"}),
        (list[list[Note]], {"items": {}}, {"items": {"description": "note"}}),
        (Alias, {"items": {}}, {"items": {"description": "note"}}),
    ],
)
def test_where_a_note_is_put(annotation: Any, schema: dict[str, Any], described: dict[str, Any]) -> None:
    place_notes(schema, annotation, lambda part: None)
    assert schema == described


def test_an_alias_is_described_at_its_definition() -> None:
    definition: dict[str, Any] = {"type": "integer"}
    place_notes({"$ref": "#/$defs/Alias"}, Plain, lambda part: definition)
    assert definition == NOTED


def test_notes_further_in_are_not_those_of_the_whole() -> None:
    assert own_notes(Annotated[list[Note], "outer"]) == ["outer"]
    assert own_notes(list[Note]) == []


def test_texts_of_one_thing_are_joined_without_repetition() -> None:
    assert join_texts(["a b", None, "c", "a\nb", ""]) == "a b\nc"
    assert join_texts(["a", "a and b"]) == "a and b"
    assert is_included("a\nb", "b or a")
    assert not is_included("a", None)
