"""Constraints in plain words."""

from agentkit.schema.json_schema.constraint_words import (
    ITEM_ORDER,
    ONE_OF,
    append_constraints,
    describe_constraint,
    describe_constraints,
)


def test_each_constraint_has_words() -> None:
    assert describe_constraints({"maximum": 5, "minimum": 1}) == ["at least 1", "at most 5"]
    assert describe_constraints({"exclusiveMinimum": 0, "exclusiveMaximum": 1.5}) == ["more than 0", "less than 1.5"]
    assert describe_constraints({"minLength": 1, "maxLength": 40}) == ["at least 1 character", "at most 40 characters"]
    assert describe_constraints({"minItems": 2, "maxItems": 2, "uniqueItems": True}) == [
        "exactly 2 items",
        "no item twice",
    ]
    assert describe_constraints({"multipleOf": 2.0, "pattern": "^a$"}) == [
        "a multiple of 2",
        "matching the regular expression `^a$`",
    ]
    assert describe_constraints({ITEM_ORDER: "1. integer", ONE_OF: True}) == [
        "items in this order: 1. integer",
        "fitting exactly one of the choices",
    ]


def test_a_keyword_without_words_is_quoted() -> None:
    assert describe_constraint("not", {"const": 1}) == '`not`: {"const": 1}'


def test_sentences_follow_the_description() -> None:
    assert (
        append_constraints("How many", ["at least 1", "at most 5"], (3,))
        == "How many. At least 1, at most 5. Default: 3."
    )
    assert append_constraints("", ["at least 1"]) == "At least 1."
    assert append_constraints("Done!", [], (None,)) == "Done! Default: null."
    assert append_constraints("As it was", []) == "As it was"
