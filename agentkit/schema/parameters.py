"""The parameters of a function, and the pydantic fields that are made of them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from types import GenericAlias
from typing import Annotated, Any, ClassVar, Final, NotRequired, Required, cast, get_args, get_origin

from pydantic import Field
from pydantic.fields import FieldInfo
from typing_extensions import ReadOnly

from agentkit.messages.message import JSONObject
from agentkit.schema.docs.notes import annotated_descriptions, is_included, join_texts
from agentkit.schema.stable_json import to_stable_json

_SAYING = (Annotated, ClassVar, Final, NotRequired, Required, ReadOnly)
"""The forms around a type that may say more about it."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""The default of a parameter that has no default."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function, with its annotation already resolved."""

    name: str
    annotation: object
    default: object = MISSING
    """The value when the model leaves the parameter out, or a pydantic `Field(...)`. MISSING: it is required."""
    description: str = ""
    """The text from the docstring. `Annotated[..., Field(description=)]` takes precedence."""


def is_described_by_docstring(parameter: Parameter) -> bool:
    """Return True if the docstring's text is that of the parameter: no note in the annotation or default beats it."""
    if _is_described_later(parameter):
        return True
    said = FieldInfo.from_annotation(cast("Any", parameter.annotation))
    default = parameter.default.description if isinstance(parameter.default, FieldInfo) else None
    notes = [said.description, default, *annotated_descriptions(said.metadata)]
    return not any(notes) or is_included(parameter.description, join_texts(notes))


def annotated_field(parameter: Parameter) -> object:
    """Return the annotation of a parameter with what else pydantic has to know of it: default, text and examples."""
    default = parameter.default
    annotation: Any = parameter.annotation
    if get_origin(annotation) is Iterable:
        # pydantic validates the items of an Iterable lazily, after the call was accepted; those of a list at once.
        annotation = GenericAlias(list, get_args(annotation) or (object,))
    if _is_described_later(parameter):
        return annotation if default is MISSING else Annotated[annotation, Field(default=default)]
    said = FieldInfo.from_annotation(annotation)
    extras: list[object] = []
    if isinstance(default, FieldInfo):
        extras.append(copy.copy(default))
    elif default is not MISSING:
        extras.append(Field(default=default))
    if not said.description and not (isinstance(default, FieldInfo) and default.description):
        text = join_texts(annotated_descriptions(said.metadata)) or parameter.description
        if text:
            extras.append(Field(description=text))
    examples = said.examples or (isinstance(default, FieldInfo) and default.examples)
    if examples:
        extras.append(Field(examples=cast("list[Any]", to_stable_json(examples))))
    for extra in extras:
        annotation = Annotated[annotation, extra]
    return annotation


def add_texts(schema: JSONObject, parameters: Iterable[Parameter]) -> None:
    """Add to the schema of arguments the texts that `annotated_field` has left out."""
    properties = schema["properties"]
    for parameter in parameters:
        part = properties.get(parameter.name)
        if part is not None and parameter.description and _is_described_later(parameter):
            text = join_texts([parameter.description, part.get("description")])
            properties[parameter.name] = {**part, "description": text}


def _is_described_later(parameter: Parameter) -> bool:
    """Return True if nothing but the docstring describes a parameter: `add_texts` does it, as pydantic takes longer."""
    return get_origin(parameter.annotation) not in _SAYING and not isinstance(parameter.default, FieldInfo)
