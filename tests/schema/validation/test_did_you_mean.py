"""Near words are guessed freely; a certain one is certain."""

from __future__ import annotations

import pytest

from agentkit.schema.validation.did_you_mean import certain_correction, nearest_word


@pytest.mark.parametrize(
    ("word", "words", "known"),
    [
        ("quantiy", ["quantity", "price"], "quantity"),  # a letter missing
        ("quanttity", ["quantity", "price"], "quantity"),  # one too many
        ("quamtity", ["quantity", "price"], "quantity"),  # a wrong one
        ("qauntity", ["quantity", "price"], "quantity"),  # two that changed places
        ("nwe", ["new", "used"], "new"),
        ("Used", ["new", "used"], "used"),
        ("postal_code", ["postalCode", "city"], "postalCode"),
        ("in progress", ["in_progress", "done"], "in_progress"),
    ],
)
def test_one_slip_of_the_pen_is_certain(word: str, words: list[str], known: str) -> None:
    assert certain_correction(word, words) == known
    assert nearest_word(word, words) == known


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("xl", ["l", "m"]),  # too short
        ("on", ["no"]),
        ("bat", ["cat", "dog"]),  # another word
        ("item1", ["item2"]),  # another number
        ("2023", ["2024"]),
        ("c", ["c++"]),  # not mere punctuation
        ("lime", ["lines", "line", "limes"]),  # several
        ("a_b", ["ab", "a-b"]),
        ("amount", ["quantity"]),
        ("", ["a"]),
    ],
)
def test_anything_else_is_not(word: str, words: list[str]) -> None:
    assert certain_correction(word, words) is None


def test_a_guess_needs_some_likeness() -> None:
    assert nearest_word("quantities", ["quantity", "price"]) == "quantity"
    assert nearest_word("zzz", ["quantity", "price"]) is None
    assert nearest_word("x", []) is None
