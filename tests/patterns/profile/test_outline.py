"""An outline is written section by section, and assembled again."""

from __future__ import annotations

from pydantic import BaseModel

from agentkit.messages.message import JSON
from agentkit.patterns.profile.outline import Section, assembled, sections_of
from tests.patterns.profile.test_writing import Person


def test_sections_of_an_outline_with_aliases_and_rules_are_assembled() -> None:
    class Strict(BaseModel):
        who: str
        names: list[str]
        age: int
        deep: Person

    sections: list[Section] = sections_of(Strict)
    whole: dict[str, JSON] = {"age": 3, "deep": {"name": "Ben"}}
    assert assembled(Strict, sections, whole) == Strict(who="", names=[], age=3, deep=Person(name="Ben"))
    assert assembled(Strict, sections, {"who": "x", "names": []}) is None


def test_a_number_that_names_no_evidence_has_its_default() -> None:
    class Scored(BaseModel):
        who: str | None
        score: int = 3
        deep: Person = Person(name="Eva")

    sections: list[Section] = sections_of(Scored)
    thrown_away: dict[str, JSON] = {"who": None, "score": None, "deep": None}
    assert assembled(Scored, sections, thrown_away) == Scored(who=None, score=3, deep=Person(name="Eva"))
