"""Agreement: what counts as the same answer, and what cannot work."""

from __future__ import annotations

from typing import Any

import pytest

from agentkit import DefinitionError
from agentkit.messages.message import JSON
from agentkit.patterns import Agreement
from agentkit.patterns.escalation.agreement import disagreement_text, same_answer_key


@pytest.mark.parametrize(
    ("one", "other"),
    [("42", " **42.**\n"), ("Yes!", "yes"), ("\u201cTea\u201d", "tea"), ("(a)", "A"), ("\ufb01n", "FIN"),
     ("a\nb", "A  b"), ({"x": "Tea.", "y": 1}, {"y": 1, "x": "tea"}), ([1, "A"], [1, "a"]), ("...", "...")],
)  # fmt: skip
def test_the_same_in_another_form_agrees(one: JSON, other: JSON) -> None:
    assert same_answer_key(one) == same_answer_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("5", "-5"), (".5", "5"), ("the A", "A"), ("A", "the"), ("5%", "5"), ("5", 5), (["a", "b"], ["b", "a"]), ("", "."),
     ("1,5", "15"), (True, "true")],
)  # fmt: skip
def test_what_is_not_the_same_does_not(one: JSON, other: JSON) -> None:
    assert same_answer_key(one) != same_answer_key(other)


@pytest.mark.parametrize(
    "given", [{"answers": 1}, {"answers": True}, {"agreeing": 1}, {"agreeing": 4}, {"answers": 4, "agreeing": 2}]
)
def test_numbers_that_cannot_work_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError, match=r"Agreement\(answers="):
        Agreement(**given)


def test_it_asks_for_no_more_than_can_matter() -> None:
    check = Agreement(answers=5)
    assert check.needed == 3
    assert check.missing([], 0) == 3
    assert check.missing([["a", "a"], ["b"]], 3) == 1
    assert check.missing([["a", "a"], ["b", "b"]], 4) == 1
    assert check.missing([["a"], ["b"], ["c"]], 3) == 2
    assert check.missing([["a"], ["b"], ["c"], ["d"]], 4) == 0
    assert check.missing([["a", "a", "a"]], 3) == 0
    text = disagreement_text([["a"], ["b", "b"]], 4, 3)
    assert text == "Of 4 answers at most 2 agree, and 3 have to: 2 x 'b', 1 x 'a', 1 without an answer."
