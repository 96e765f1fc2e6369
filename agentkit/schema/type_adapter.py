"""Make pydantic's TypeAdapter of any type that may come in, `typing.TypedDict` on Python 3.11 included.

Below Python 3.12 pydantic refuses these classes, since it may not see their bases and so a configuration that they
inherit. It reads their fields as well as those of `typing_extensions.TypedDict`, which is all that counts here.
"""

from __future__ import annotations

import threading
import typing
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

from pydantic import TypeAdapter
from pydantic._internal import _generate_schema
from pydantic.errors import PydanticUserError

_SUPPORT_FLAG = "_SUPPORTS_TYPEDDICT"
_flag_lock = threading.RLock()


def make_type_adapter(annotation: object) -> TypeAdapter[object]:
    """Return the adapter of a type, complete. Raises what pydantic raises for a type that it cannot read."""
    try:
        return _make_complete_adapter(annotation)
    except PydanticUserError as error:
        if error.code != "typed-dict-version":
            raise
        with _accepting_typed_dicts():
            return _make_adapter_with_bases(annotation)


def _make_complete_adapter(annotation: object) -> TypeAdapter[object]:
    adapter = TypeAdapter(cast("type[object]", annotation))
    adapter.rebuild()  # raises when a name in the annotation is still undefined
    return adapter


def _make_adapter_with_bases(annotation: object) -> TypeAdapter[object]:
    """Make the adapter of a type with TypedDicts that inherit from others.

    Python 3.11 gives these no `__orig_bases__`, which pydantic reads; each gets the attribute, as from Python 3.12 on.
    """
    while True:
        try:
            return _make_complete_adapter(annotation)
        except AttributeError as error:
            if error.name != "__orig_bases__" or not typing.is_typeddict(error.obj):
                raise
            setattr(error.obj, "__orig_bases__", (typing.TypedDict,))  # noqa: B010 - checkers do not know it


@contextmanager
def _accepting_typed_dicts() -> Generator[None]:
    """Let pydantic read `typing.TypedDict` in the block. A version of it without the flag refuses as before."""
    with _flag_lock:
        before: object = getattr(_generate_schema, _SUPPORT_FLAG, None)
        setattr(_generate_schema, _SUPPORT_FLAG, True)
        try:
            yield
        finally:
            setattr(_generate_schema, _SUPPORT_FLAG, before)
