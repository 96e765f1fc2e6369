"""Read annotations whose names may not be defined yet.

From Python 3.14 on, an annotation is evaluated when it is read, and fails there if it names a class that is defined
further below, or one that is imported for type checkers only. Here such a name stays a forward reference, as a quoted
one does on every Python; the other annotations have their values.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import ForwardRef, get_args

from typing_extensions import Format, evaluate_forward_ref, get_annotations

from agentkit.errors import DefinitionError


def read_annotations(owner: Callable[..., object] | type) -> dict[str, object]:
    """Return the annotations of a function or class, inherited ones not included.

    Raises:
        DefinitionError: An annotation fails whatever its names mean.
    """
    if sys.version_info < (3, 14) and isinstance(owner, type):
        return dict(vars(owner).get("__annotations__", {}))  # all that Python has: values, and texts where they wait
    try:
        return dict(get_annotations(owner, format=Format.FORWARDREF))
    except Exception as error:  # a user's expression may raise anything
        raise _unreadable(error) from error


def read_parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    """Return the parameters of a function, with annotations as `read_annotations` returns them.

    Raises:
        DefinitionError: An annotation fails whatever its names mean.
        TypeError, ValueError: Python does not know the parameters.
    """
    if sys.version_info < (3, 14):
        return list(inspect.signature(function).parameters.values())
    try:
        return list(inspect.signature(function, annotation_format=Format.FORWARDREF).parameters.values())
    except (TypeError, ValueError):
        raise
    except Exception as error:
        raise _unreadable(error) from error


def written_form(annotation: object) -> str:
    """Return an annotation as it was written, without the marks of forward references."""
    if isinstance(annotation, ForwardRef):
        return str(evaluate_forward_ref(annotation, format=Format.STRING))
    text = annotation if isinstance(annotation, str) else repr(annotation)
    for part in get_args(annotation):
        text = text.replace(repr(part), written_form(part)) if _has_forward_reference(part) else text
    return text


def alias_value(alias: object) -> object:
    """Return the value of a `type` statement's alias, as far as its names are defined. None: Python cannot tell yet."""
    if sys.version_info >= (3, 14):
        evaluate: object = getattr(alias, "evaluate_value", None)
        if evaluate is not None:
            import annotationlib

            return annotationlib.call_evaluate_function(evaluate, Format.FORWARDREF)
    try:
        return getattr(alias, "__value__", None)
    except NameError:
        return None


def _has_forward_reference(annotation: object) -> bool:
    return isinstance(annotation, ForwardRef) or any(map(_has_forward_reference, get_args(annotation)))


def _unreadable(error: Exception) -> DefinitionError:
    return DefinitionError(f"its annotations cannot be read: {type(error).__name__}: {error}")
