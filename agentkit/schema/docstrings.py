"""Find the docstring that describes a function, a callable object or a class, and read it.

Two rules for this file: reading never raises, and a docstring that Python made up says nothing.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from agentkit.schema.docs.sections import divide_docstring
from agentkit.schema.json_schema.subschemas import is_object

_OF_ANY_CALL = inspect.getdoc(type.__call__)
"""The docstring that Python gives to every `__call__` without one."""
_OF_PYTHON = frozenset(
    ("builtins", "functools", "typing", "typing_extensions", "pydantic", "enum", "abc", "collections")
)
_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ParsedDocstring:
    """The parts of a docstring that become descriptions."""

    description: str = ""
    """The docstring as written, without the texts of `parameters`."""
    parameters: Mapping[str, str] = field(default_factory=lambda: _NO_PARAMETERS)
    """Text by parameter or attribute name, with each paragraph of prose on one line."""


def parse_docstring(text: str | None, parameters: Mapping[str, object]) -> ParsedDocstring:
    """Parse the text of a docstring.

    Args:
        text: The docstring, without the indentation of the source. None: there is none.
        parameters: The annotations of the parameters or fields whose texts are taken out of the description. What the
            docstring says about other names stays in it.
    """
    if not text or not text.strip():
        return ParsedDocstring()
    description, found = divide_docstring(text, parameters)
    return ParsedDocstring(description, MappingProxyType(found))


def callable_docstring(function: Callable[..., object]) -> str | None:
    """Return the docstring of a function, method, partial or callable object, with clean indentation.

    What is written nearest to the callable wins: a docstring of its own, that of `__call__`, of the function that it
    wraps, of its class. None: nobody wrote one.
    """
    if isinstance(cast("object", function), staticmethod | classmethod):
        return callable_docstring(cast("Callable[..., object]", getattr(function, "__func__")))  # noqa: B009 - it may be either
    return next((inspect.cleandoc(text) for text in _candidates(function) if text and text.strip()), None)


def _candidates(function: Callable[..., object]) -> Iterator[str | None]:
    """Yield the docstrings that may describe a callable, the nearest first."""
    is_partial = isinstance(cast("object", function), functools.partial)
    inner: object = getattr(function, "func" if is_partial else "__wrapped__", None)
    classes = cast("type[object]", type(function)).__mro__
    is_object = is_partial or not inspect.isroutine(function)  # a partial is a method descriptor from Python 3.14 on
    if is_object:
        own: object = getattr(function, "__dict__", {}).get("__doc__")
        yield own if isinstance(own, str) else None
        for cls in classes:
            yield _routine_docstring(cls.__dict__.get("__call__"))
    else:
        yield _routine_docstring(function)
    if callable(inner):
        yield callable_docstring(inner)
    if is_object:
        yield from (own_docstring(cls) for cls in classes if is_user_defined(cls))


def _routine_docstring(function: object) -> str | None:
    text = inspect.getdoc(function) if inspect.isroutine(function) else None
    return None if text == _OF_ANY_CALL else text


def own_docstring(cls: type) -> str | None:
    """Return the docstring written in the class itself. None: there is none, or Python generated it.

    A generic pydantic model with its arguments, `Page[int]`, has the docstring of `Page`.
    """
    generic: object = cls.__dict__.get("__pydantic_generic_metadata__")
    origin: object = generic.get("origin") if is_object(generic) else None
    if isinstance(origin, type):
        return own_docstring(origin) if is_user_defined(origin) else None
    text = cls.__dict__.get("__doc__")
    if not isinstance(text, str) or _is_made_up(text, cls):
        return None
    return inspect.cleandoc(text)


def is_user_defined(cls: type) -> bool:
    """Return False for the classes of Python and pydantic on which others are built."""
    return cls.__module__.partition(".")[0] not in _OF_PYTHON


def _is_made_up(text: str, cls: type) -> bool:
    """Return True for what `dataclass`, `NamedTuple` and `Enum` generate: `Point(x: int, y: int)`."""
    if text == "An enumeration.":
        return True
    start = f"{cls.__name__}("
    is_record = hasattr(cls, "_fields") or dataclasses.is_dataclass(cls)
    if not is_record or not text.startswith(start):
        return False
    outside = re.sub(r"'[^']*'|\"[^\"]*\"", "", text.removeprefix(start))
    depth = 1
    for at, character in enumerate(outside):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return at == len(outside) - 1
    return False
