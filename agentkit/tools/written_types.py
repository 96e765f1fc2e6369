"""Refuse a return type whose values can never be written for the model: the class of an ORM, a client, a lock.

Only a class that is certainly one of them is refused. A value may be of a subclass, or have methods by which it is
written (`json_forms.py`); what is not certain is left to the call.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import tzinfo
from enum import Enum
from numbers import Number
from types import SimpleNamespace, UnionType
from typing import Annotated, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.errors import PydanticUserError
from pydantic_core import SchemaError
from typing_extensions import is_protocol, is_typeddict

from agentkit.errors import DefinitionError
from agentkit.schema.type_adapter import make_type_adapter
from agentkit.tools.declared_result import CONTENT_TYPES, alias_value

_WRITABLE = (*CONTENT_TYPES, BaseModel, BaseException, Enum, Number, SimpleNamespace, tzinfo)
_TELLING = frozenset(
    (
        *("__attrs_attrs__", "__struct_fields__", "__fields__", "_mapping", "keys", "item", "dtype"),
        *("to_dict", "to_dicts", "to_pylist", "to_list", "tolist", "__get_pydantic_core_schema__"),
        *("__iter__", "__next__", "__getitem__", "__len__", "__index__", "__await__"),
        *("__getattr__", "__getattribute__", "__fspath__", "__array__"),
    )
)
"""Attributes of a class whose values may be written, or stand for other values."""
_CONTAINERS = (list, tuple, set, frozenset, dict, Sequence, Mapping, Collection, Iterable)


def require_written_form(annotation: object) -> None:
    """Raise DefinitionError for a return type with a class whose values cannot be written."""
    cls = _unwritable_class(annotation)
    if cls is not None:
        raise DefinitionError(
            f"its return type has the class {cls.__name__}, whose values cannot be written for the model; return what "
            "the model needs of it, as text, a dict, a dataclass or a pydantic model"
        )


def _unwritable_class(annotation: object) -> type | None:
    if (value := alias_value(annotation)) is not annotation:
        return _unwritable_class(value)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _unwritable_class(args[0])
    if isinstance(annotation, UnionType) or origin is Union or origin in _CONTAINERS:
        return next(filter(None, map(_unwritable_class, args)), None)
    cls = annotation if isinstance(annotation, type) and origin is None else None
    return None if cls is None or _may_be_written(cast("type[object]", cls)) else cls


def _may_be_written(cls: type[object]) -> bool:
    if cls.__module__ in ("builtins", "typing") or issubclass(cls, _WRITABLE) or inspect.isabstract(cls):
        return True
    if dataclasses.is_dataclass(cls) or is_typeddict(cls) or is_protocol(cls):
        return True
    names = {name for base in cls.__mro__[:-1] if base.__module__ != "builtins" for name in vars(base)}
    if names & _TELLING or any(map(_may_be_written, type.__subclasses__(cls))):
        return True
    try:
        make_type_adapter(cls)
    except (PydanticUserError, SchemaError, TypeError, NameError):
        return False
    return True
