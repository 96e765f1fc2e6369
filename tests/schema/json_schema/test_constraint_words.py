"""Constraints in plain words."""

from agentkit.schema.json_schema.constraint_words import ONE_OF, ORDER, add_sentences, phrases, words


def test_each_constraint_has_words() -> None:
    assert phrases({"maximum": 5, "minimum": 1}) == ["at least 1", "at most 5"]
    assert phrases({"exclusiveMinimum": 0, "exclusiveMaximum": 1.5}) == ["more than 0", "less than 1.5"]
    assert phrases({"minLength": 1, "maxLength": 40}) == ["at least 1 character", "at most 40 characters"]
    assert phrases({"minItems": 2, "maxItems": 2, "uniqueItems": True}) == ["exactly 2 items", "no item twice"]
    assert phrases({"multipleOf": 2.0, "pattern": "^a$"}) == [
        "a multiple of 2",
        "matching the regular expression `^a$`",
    ]
    assert phrases({ORDER: "1. integer", ONE_OF: True}) == [
        "items in this order: 1. integer",
        "fitting exactly one of the choices",
    ]


def test_a_keyword_without_words_is_quoted() -> None:
    assert words("not", {"const": 1}) == '`not`: {"const": 1}'


def test_sentences_follow_the_description() -> None:
    assert (
        add_sentences("How many", ["at least 1", "at most 5"], (3,)) == "How many. At least 1, at most 5. Default: 3."
    )
    assert add_sentences("", ["at least 1"]) == "At least 1."
    assert add_sentences("Done!", [], (None,)) == "Done! Default: null."
    assert add_sentences("As it was", []) == "As it was"
