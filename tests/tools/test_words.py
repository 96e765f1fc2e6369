"""Every word of a docstring or a note reaches the model: in the description of the tool, or in its schema."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NewType, Optional, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from typing_extensions import Doc, TypeAliasType

from agentkit import RunContext, tool
from agentkit.schema.json_schema.subschemas import walk_schemas
from agentkit.schema.strict.form import NotStrictable, strict_form

T = TypeVar("T")


class Marks:
    """Words that occur once."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self) -> str:
        self.made.append(f"MARK{len(self.made)}X")
        return self.made[-1]


def note(mark: str, kind: int) -> object:
    return (mark, Doc(mark), Field(description=mark))[kind]


GENERIC: dict[str, Any] = {"list": list, "dict": dict, "tuple": tuple, "sequence": Sequence, "mapping": Mapping}
MADE: dict[str, Any] = {"alias": TypeAliasType, "new type": NewType, "optional": Optional}
WRAPPED: dict[str, Callable[[Any], Any]] = {
    "bare": lambda inner: inner,
    "list": lambda inner: GENERIC["list"][inner],
    "sequence": lambda inner: GENERIC["sequence"][inner],
    "tuple": lambda inner: GENERIC["tuple"][inner, ...],
    "pair": lambda inner: GENERIC["tuple"][inner, bool],
    "dict": lambda inner: GENERIC["dict"][str, inner],
    "keys": lambda inner: GENERIC["dict"][inner, list[int]],
    "mapping": lambda inner: GENERIC["mapping"][str, GENERIC["list"][inner]],
    "optional": lambda inner: inner | None,
    "union": lambda inner: MADE["optional"][inner | bool],
    "alias": lambda inner: MADE["alias"]("Alias", inner),
    "alias of many": lambda inner: MADE["alias"]("Aliases", GENERIC["list"][T], type_params=(T,))[inner],
    "new type": lambda inner: MADE["new type"]("New", inner),
}

DOCSTRINGS: dict[str, Callable[[list[str], Callable[[], str]], str]] = {
    "google": lambda names, mark: (
        f"Do {mark()}.\n\n    Args:\n"
        + "".join(f"        {name} (str, {mark()}): It is {mark()},\n            and {mark()}.\n" for name in names)
        + f"        no: {mark()}\n\n    Returns:\n        dict: {mark()}\n\n    Raises:\n        KeyError: {mark()}\n"
    ),
    "numpy": lambda names, mark: (
        f"Do {mark()}.\n\nParameters\n----------\n"
        + "".join(f"{name} : str, {mark()}\n    It is {mark()}.\n\n    And {mark()}.\n" for name in names)
        + f"other : int\n    {mark()}\n\nReturns\n-------\n{mark()}\n    {mark()}\n\nNotes\n-----\n{mark()}\n"
    ),
    "sphinx": lambda names, mark: (
        f"Do {mark()}.\n\n"
        + "".join(f":param str {name}: It is {mark()},\n    and {mark()}.\n:type {name}: {mark()}\n" for name in names)
        + f":param other: {mark()}\n:returns: {mark()}\n:rtype: {mark()}\n:raises {mark()}: {mark()}\n"
    ),
    "epytext": lambda names, mark: (
        "".join(f"@param {name}: It is {mark()}\n@keyword {name}: {mark()}\n" for name in names)
        + f"@param other {mark()}\n@return: {mark()}\n@raise {mark()}: {mark()}\n"
    ),
    "markdown": lambda names, mark: (
        f"# {mark()}\n\n### Parameters\n\n"
        + "".join(f"- **{name}** ({mark()}): It is\n  {mark()}\n    - {mark()}\n" for name in names)
        + f"- other: {mark()}\n\n```\nArgs:\n    x: {mark()}\n```\n\n| {mark()} |\n"
    ),
    "mixed": lambda names, mark: (
        f"Do {mark()}\n\nArgs:\n    {names[0]}: {mark()}\nwhich is {mark()}\n\n:param {names[-1]}: {mark()}\n"
        f"Parameters\n----------\n`{names[0]}`\n    {mark()}\n\nYields:\n  {mark()}\n\nArguments: {mark()}\n"
    ),
}


@st.composite
def functions(draw: st.DrawFn) -> tuple[Callable[..., Any], Marks]:
    """A function with words in its docstring and in the annotations of its parameters, three levels deep."""
    marks = Marks()
    names = ["city", "unit", "limit"][: draw(st.integers(1, 3))]
    annotations: dict[str, Any] = {}
    for name in names:
        annotation: Any = draw(st.sampled_from((int, str)))
        for _ in range(draw(st.integers(0, 3))):
            wrapper = draw(st.sampled_from(sorted(WRAPPED)))
            if wrapper == "keys" and annotation not in (int, str):
                wrapper = "list"
            if draw(st.booleans()):
                annotation = Annotated[annotation, note(marks(), draw(st.integers(0, 2)))]
            annotation = WRAPPED[wrapper](annotation)
        annotations[name] = annotation
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
        for name, annotation in annotations.items()
    ]
    doc = DOCSTRINGS[draw(st.sampled_from(sorted(DOCSTRINGS)))](names, marks)

    def made(**given: object) -> None: ...

    function: Any = made
    function.__doc__, function.__signature__ = doc, inspect.Signature(parameters)
    return function, marks


@settings(deadline=None, max_examples=40)
@given(functions())
def test_every_word_of_a_docstring_and_of_notes_reaches_the_model(made: tuple[Callable[..., Any], Marks]) -> None:
    function, marks = made
    built = tool(function)
    sent = json.dumps(built.to_param())
    assert [mark for mark in marks.made if mark not in sent] == [], function.__doc__
    texts = [built.description, *(str(part.get("description")) for part in walk_schemas(built.input_schema))]
    assert [mark for mark in marks.made if any(text.count(mark) > 1 for text in texts)] == [], json.dumps(
        built.input_schema
    )
    try:
        strict = json.dumps([built.description, strict_form(built.input_schema).schema])
    except NotStrictable:
        return
    assert [mark for mark in marks.made if mark not in strict] == [], (built.input_schema, strict)


def test_notes_on_the_return_type_and_texts_that_a_note_beats_stay_in_the_description() -> None:
    def read(city: Annotated[str, "As on the map."], unit: Annotated[str, "The unit."]) -> Annotated[float, "Kelvin."]:
        """Read.

        Args:
            city: Where.
            unit: The unit.
        """
        return 1.0

    built = tool(read)
    assert built.description == "Read.\n\nArgs:\n    city: Where.\n\nReturns: Kelvin."
    assert built.input_schema["properties"]["city"]["description"] == "As on the map."


def test_texts_about_parameters_that_the_model_never_sees_are_not_sent() -> None:
    def read(ctx: RunContext[None], city: str, unit: str = "C") -> None:
        """Read.

        Args:
            ctx: The context.
            city: Where.
            unit: The unit.
        """

    built = tool(name="read")(functools.partial(read, unit="F"))
    assert (built.description, "The unit" in str(built.to_param())) == ("Read.", False)


def test_a_description_is_complete_once_late_types_are_defined() -> None:
    def read(page: Any) -> None:
        """Read.

        Args:
            page: The page.
        """

    read.__annotations__["page"] = "LatePage"
    built = tool(read)

    class LateItem(BaseModel):
        """A late item."""

    LatePage = Annotated[LateItem, "One page."]  # noqa: N806 - the annotation names it
    assert LatePage is not None
    built.resolve()
    assert built.description == "Read.\n\nArgs:\n    page: The page."
