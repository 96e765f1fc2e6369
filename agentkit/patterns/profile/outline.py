"""The outline of a profile: a pydantic model, whose fields are the sections that are written one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from agentkit.errors import UsageError
from agentkit.messages.message import JSON

EVIDENCE_FIELD = "evidence_numbers"
"""The field beside a section that names the evidence of what has no room for numbers."""
_EMPTY: tuple[JSON, ...] = ("", [], {}, None)


class Profile(BaseModel):
    """A profile, as it is written where no other outline is given."""

    summary: str = Field("", description="What the mail says about the goal, in at most ten sentences.")
    people: list[str] = Field([], description="Who is who: a sentence for each person that matters.")
    recurring: list[str] = Field([], description="What recurs: habits, regular payments, standing orders, meetings.")
    changes: list[str] = Field([], description="What changed, from what to what, and when.")
    open_points: list[str] = Field([], description="What is undecided, or contradicts itself.")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of an outline."""

    name: str
    """The name of its field."""
    key: str
    """The key of its value where an instance of the outline is validated."""
    task: str
    """A text that says what to write in it."""
    output: type[BaseModel]
    """A model of the field alone, with the numbers of its evidence."""

    def value_in(self, output: object) -> JSON:
        """Return the value of the section in the writer's output, as JSON."""
        return cast("JSON", cast("BaseModel", output).model_dump(mode="json")[self.name])

    def numbers_in(self, output: object) -> list[int]:
        """Return the numbers of the evidence that the writer names beside the section."""
        return [int(number) for number in getattr(output, EVIDENCE_FIELD)]


def sections_of(outline: object) -> list[Section]:
    """Return the sections of an outline. Raises UsageError where it is no pydantic model, or has no fields."""
    if not isinstance(outline, type) or not issubclass(outline, BaseModel) or not outline.model_fields:
        raise UsageError(f"funnel(outline={outline!r}): it takes a pydantic model, each field of which is a section.")
    if EVIDENCE_FIELD in outline.model_fields:
        raise UsageError(f"funnel(outline={outline.__name__}): the field {EVIDENCE_FIELD!r} has another name here.")
    return [_section(outline, name, info) for name, info in outline.model_fields.items()]


def _section(outline: type[BaseModel], name: str, info: FieldInfo) -> Section:
    numbers = Field(default_factory=list[int], description="Numbers of the evidence, where the value has no room.")
    fields: dict[str, Any] = {name: (info.annotation, _plain(info)), EVIDENCE_FIELD: (list[int], numbers)}
    title = info.title or name.replace("_", " ")
    said = f"{title}: {info.description}" if info.description else title
    about = f" It is a part of: {outline.__doc__.strip()}" if outline.__doc__ else ""
    given = info.validation_alias or info.alias
    key = given if isinstance(given, str) else name
    return Section(name, key, f"{said}.{about}".replace("..", "."), create_model(f"Section_{name}", **fields))


def _plain(info: FieldInfo) -> FieldInfo:
    """Return the field with what describes and limits it, required and under its own name."""
    plain = cast("FieldInfo", Field(description=info.description))
    plain.metadata = list(info.metadata)
    return plain


def assembled(outline: type[BaseModel], sections: list[Section], values: dict[str, JSON]) -> BaseModel | None:
    """Return an instance of the outline. A section that was not written, or thrown away, has its default, or is empty.

    None: a section that was not written can neither be left out nor be empty, or its own rules refuse what was written.
    """
    given: dict[str, JSON] = {section.key: values[section.name] for section in sections if section.name in values}
    for _ in range(2 * len(sections) + 1):
        try:
            return outline.model_validate(given)
        except ValidationError as error:
            failed = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
            if thrown_away := {key for key in failed if key in given and given[key] is None}:
                given = {key: value for key, value in given.items() if key not in thrown_away}
                continue
            failed -= given.keys()
            fitting = {key: value for key in failed for value in _EMPTY if _fits(outline, {**given, key: value}, key)}
            if not fitting:
                return None
            given |= fitting
    return None


def _fits(outline: type[BaseModel], values: dict[str, JSON], key: str) -> bool:
    """Return True if no problem of these values is that of one key."""
    try:
        outline.model_validate(values)
    except ValidationError as error:
        return all(not problem["loc"] or problem["loc"][0] != key for problem in error.errors())
    return True
