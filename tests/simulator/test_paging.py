"""Pages of a list."""

from __future__ import annotations

import pytest

from agentkit.messages.message import JSONObject
from agentkit.simulator.paging import paginate
from agentkit.simulator.rules import Refusal

ITEMS: list[JSONObject] = [{"id": name} for name in "abcde"]


def ids(query: str) -> tuple[str, bool]:
    found = paginate(ITEMS, query, what="letter")
    assert not isinstance(found, Refusal)
    assert found["first_id"] == (found["data"][0]["id"] if found["data"] else None)
    assert found["last_id"] == (found["data"][-1]["id"] if found["data"] else None)
    return "".join(item["id"] for item in found["data"]), found["has_more"]


@pytest.mark.parametrize(
    ("query", "shown", "has_more"),
    [
        ("", "abcde", False),
        ("limit=2", "ab", True),
        ("limit=2&after_id=b", "cd", True),
        ("limit=2&after_id=d", "e", False),
        ("after_id=e", "", False),
        ("limit=2&before_id=d", "bc", True),
        ("limit=2&before_id=c", "ab", False),
        ("limit=5&before_id=b", "a", False),
    ],
)
def test_a_page_is_a_part_of_the_list(query: str, shown: str, has_more: bool) -> None:
    assert ids(query) == (shown, has_more)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=many", "limit: Input should be a valid integer"),
        ("limit=0", "limit: Input should be between 1 and 1000"),
        ("after_id=z", "after_id: there is no letter with id z"),
    ],
)
def test_what_is_no_page_is_refused(query: str, words: str) -> None:
    refusal = paginate(ITEMS, query, what="letter")
    assert isinstance(refusal, Refusal)
    assert refusal.message == words
