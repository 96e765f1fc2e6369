"""The outline of a profile: a pydantic model, whose fields are the sections that are written one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, Field, RootModel, TypeAdapter, ValidationError, create_model
from pydantic.fields import FieldInfo

from agentkit.errors import UsageError
from agentkit.messages.message import JSON, encode
from agentkit.patterns.sources import Gap
from agentkit.schema.user_code import error_of_user_code, guarded_validator

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
    task: str
    """A text that says what to write in it."""
    output: type[BaseModel]
    """A model of the field alone, with the numbers of its evidence."""

    def value_in(self, output: object) -> JSON:
        """Return the value of the section in the writer's output, as JSON; all fields have their own names."""
        dumped = cast("BaseModel", output).model_dump(mode="json", by_alias=False, round_trip=True)
        return cast("JSON", dumped[self.name])

    def numbers_in(self, output: object) -> list[int]:
        """Return the numbers of the evidence that the writer names beside the section."""
        return [int(number) for number in getattr(output, EVIDENCE_FIELD)]


def sections_of(outline: object) -> list[Section]:
    """Return the sections of an outline. Raises UsageError where it is no pydantic model, or has no fields."""
    if not isinstance(outline, type) or not issubclass(outline, BaseModel) or not outline.model_fields:
        raise UsageError(f"funnel(outline={outline!r}): it takes a pydantic model, each field of which is a section.")
    if issubclass(outline, RootModel):
        raise UsageError(
            f"funnel(outline={outline.__name__}): a RootModel has no field with a name; it takes a BaseModel."
        )
    if EVIDENCE_FIELD in outline.model_fields:
        raise UsageError(f"funnel(outline={outline.__name__}): the field {EVIDENCE_FIELD!r} has another name here.")
    return [_section(outline, name, info) for name, info in outline.model_fields.items()]


def _section(outline: type[BaseModel], name: str, info: FieldInfo) -> Section:
    numbers = Field(default_factory=list[int], description="Numbers of the evidence, where the value has no room.")
    fields: dict[str, Any] = {name: (info.annotation, _plain(info)), EVIDENCE_FIELD: (list[int], numbers)}
    title = info.title or name.replace("_", " ")
    said = f"{title}: {info.description}" if info.description else title
    about = f" It is a part of: {outline.__doc__.strip()}" if outline.__doc__ else ""
    return Section(name, f"{said}.{about}".replace("..", "."), create_model(f"Section_{name}", **fields))


def _plain(info: FieldInfo) -> FieldInfo:
    """Return the field with what describes and limits it, required and under its own name."""
    plain = cast("FieldInfo", Field(description=info.description))
    plain.metadata = list(info.metadata)
    return plain


def assembled(outline: type[BaseModel], values: dict[str, JSON]) -> tuple[BaseModel | None, list[Gap]]:
    """Return an instance of the outline, and the sections that it refuses.

    A section that has no value, or one that the outline refuses, has its default, or is empty. None: it can be neither,
    or the outline refuses the sections together; the last gap says so.

    Args:
        outline: The outline.
        values: The values of the sections by name.
    """
    given, written, gaps = dict(values), {*values}, list[Gap]()
    while True:
        instance, problems = _validated(outline, given)
        if instance is not None:
            return instance, gaps
        if refused := {name: said for name, said in problems.items() if name in written}:
            gaps += (Gap(f"section {name}", f"the outline refuses it: {said}") for name, said in refused.items())
            written -= refused.keys()
            given = {name: value for name, value in given.items() if name not in refused}
            continue
        missing = problems.keys() - given.keys() - {""}
        empty = {name: value for name in missing for value in _EMPTY if _fits(outline, {**given, name: value}, name)}
        if not empty:
            return None, [*gaps, *(_unfilled(name, said) for name, said in problems.items())]
        given |= empty


def _unfilled(name: str, said: str) -> Gap:
    if not name:
        return Gap("profile", f"the outline refuses its sections: {said}")
    return Gap(f"section {name}", f"it has no value, no default, and cannot be empty ({said})")


def _validated(outline: type[BaseModel], values: dict[str, JSON]) -> tuple[BaseModel | None, dict[str, str]]:
    """Return an instance; or what is wrong with each section, that of the whole under an empty name.

    The values are JSON under the names of the fields: a strict model takes a date as a text from JSON alone, and an
    alias may be a path. Whatever the outline's own validators raise is wrong with the section.
    """
    adapter = TypeAdapter(outline)
    validator = guarded_validator(adapter) or adapter.validator
    try:
        return cast("BaseModel", validator.validate_json(encode(values), by_name=True, by_alias=False)), {}
    except ValidationError as error:
        problems = error.errors(include_url=False)
    except Exception as error:  # noqa: BLE001 - a default factory of the outline may raise anything
        problems = error_of_user_code(values, error).errors(include_url=False)
    said = {str(one["loc"][0]) if one["loc"] else "": one["msg"].rstrip(".") for one in reversed(problems)}
    return None, {name: said[name] for name in outline.model_fields if name in said} or {"": problems[0]["msg"]}


def _fits(outline: type[BaseModel], values: dict[str, JSON], name: str) -> bool:
    """Return True if no problem of these values is that of one section."""
    return name not in _validated(outline, values)[1]
