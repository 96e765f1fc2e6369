"""Names of properties that the API takes."""

from __future__ import annotations

import pytest

from agentkit.schema.json_schema.property_names import (
    has_unwritable_letters,
    is_valid_property_name,
    valid_property_name,
    valid_property_names,
)


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("größe", "grosse"),
        ("$top", "_top"),
        ("filter[name]", "filter_name_"),
        ("@type", "_type"),
        ("Ünal", "Unal"),
        ("a b/c", "a_b_c"),
        ("x" * 70, "x" * 64),
        ("", "_"),
        ("a.b-c_D9", "a.b-c_D9"),
    ],
)
def test_the_nearest_name_is_used(name: str, valid: str) -> None:
    assert valid_property_name(name) == valid
    assert is_valid_property_name(valid)
    assert is_valid_property_name(name) == (name == valid)


def test_names_that_would_be_the_same_are_numbered_and_a_valid_one_stays() -> None:
    names = ["$a", "_a", "@a", "имя", "год", "x" * 65, "x" * 66]
    valid = valid_property_names(names)
    assert list(valid.values())[:5] == ["_a_2", "_a", "_a_3", "___", "____2"]
    assert len(set(valid.values())) == len(names)
    assert all(map(is_valid_property_name, valid.values()))


def test_letters_of_other_scripts_are_lost() -> None:
    assert has_unwritable_letters("имя")
    assert not has_unwritable_letters("größe")
    assert not has_unwritable_letters("$top")
