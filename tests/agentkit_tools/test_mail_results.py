"""The records that the tools over mail return; what the tools do is tried in test_mail.py."""

from agentkit.patterns import Person
from agentkit_tools.mail_results import MOST_CHARS, person_of, piece_of, shown, within_limit


def test_records_are_returned_up_to_a_limit_and_at_least_one() -> None:
    assert within_limit(["x" * MOST_CHARS * 2, "y"]) == ["x" * MOST_CHARS * 2]
    assert within_limit(["x"] * 3) == ["x"] * 3


def test_fields_and_texts_are_shown_up_to_a_limit() -> None:
    assert shown("a\u202eb") == "ab"
    assert shown("x" * 301).endswith("x... [301 characters]")
    assert piece_of("abc", 1) == ("bc", "")
    assert piece_of("x" * MOST_CHARS + "y", 0)[1].endswith(f"read on with start={MOST_CHARS}.")


def test_a_person_of_many_addresses_says_how_many() -> None:
    person = person_of(Person("Eve", tuple(f"{'e' * 250}{n}@x.y" for n in range(100)), (), 1, 2, None, None))
    assert (len(person.addresses), person.addresses[-1]) == (12, "and 89 more")
