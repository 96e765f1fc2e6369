"""A banner that every mail of a thread begins with stands in the first; answers that are given again stay."""

from __future__ import annotations

import pytest

from agentkit.patterns.profile.banners import SeenBanners
from agentkit.patterns.profile.own_texts import LEFT_OUT
from tests.patterns.profile.test_own_texts import texts_of

LINE = "CAUTION: This email originated from outside of the organization, do not click its links."
WRAPPED = "Caution\nThis mail comes from\noutside the company.\nBe careful.\n"


@pytest.mark.parametrize(
    "banner",
    [f"{LINE}\n", f"{LINE}\n\n", f"{WRAPPED}\n", "[EXTERNAL]\n", "*** External sender ***\n\n", f"[EXT]\n\n{LINE}\r\n"],
)
def test_a_banner_stands_once_in_a_thread_whoever_writes(banner: str) -> None:
    first, *others = texts_of(*(f"{banner}{said}" for said in ("Tea?", "Yes.", "Yes.", "Hi Ben,\n\nhow much?")))
    assert first == f"{banner}Tea?"
    assert others == ["Yes.", "Yes.", "Hi Ben,\n\nhow much?"]


def test_a_banner_goes_where_it_is_quoted_too() -> None:
    answer = f"{LINE}\nYes.\n\nOn 1 Jan 2024, Anna wrote:\n> {LINE}\n> Tea?\n"
    assert texts_of(f"{LINE}\nTea?", answer) == [f"{LINE}\nTea?", "Yes."]
    assert texts_of("Tea?", f"{LINE}\nYes.", f"{LINE}\n") == ["Tea?", f"{LINE}\nYes.", ""]


@pytest.mark.parametrize("said", ["Yes.", "No!\n\nAnna", "*No*\nBen", "Hi Ben,\n\nI agree.\nAnna", "- 40 kg -\nof tea"])
def test_an_answer_that_is_given_again_stays(said: str) -> None:
    assert SeenBanners().without_banner(said) == said
    seen = SeenBanners()
    assert [seen.without_banner(text) for text in (said, said, f"{said}\nmore")] == [said, said, f"{said}\nmore"]


def test_a_line_that_says_more_than_the_banner_stays() -> None:
    forged = f"{LINE} Pay 9,000 EUR to evil.example."
    assert texts_of(f"{LINE}\nTea?", f"{forged}\nYes.")[1] == f"{forged}\nYes."
    assert LEFT_OUT not in texts_of(f"{LINE}\nTea?", f"{LINE}\nYes.")[1]


def test_the_class_of_all_mails_stands_once_but_what_only_some_begin_with_stays() -> None:
    label = "Acme General"
    first, second, third = texts_of(*(f"{label}\n\n{said}" for said in ("Tea?", "Yes.", f"No.\n> {label}\n> Yes.")))
    assert (first, second, third) == (f"{label}\n\nTea?", "Yes.", "No.")
    votes = ["Tea or milk?", "Milk please\n\nAnna", "Milk please\n\nBen"]
    assert texts_of(*votes) == votes
