"""JSON forms of values that pydantic does not know: other libraries' numbers, rows and tables, and Python's own views.

A value is recognized by its methods, so that none of the libraries is imported. The form holds the parts unchanged;
whoever writes it asks again for those that are not known either.
"""

from __future__ import annotations

import dataclasses
import operator
from collections import UserString
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import tzinfo
from numbers import Number
from types import SimpleNamespace
from typing import Protocol, cast

_MOST_ITEMS = 1_000_000
"""Items that are read of an iterator, which may have no end."""


class NoJsonForm(TypeError):
    """A value has no JSON form. The text is a clause that names it, without its contents: `it holds a Lock, ...`."""


def json_form(value: object) -> object:
    """Return the value as one that pydantic can write, or can ask this function about its parts.

    Raises:
        NoJsonForm: There is none.
        Exception: Whatever the methods of the value raise.
    """
    for convert in _CONVERTERS:
        form = convert(value)
        if form is not None:
            return None if form is _NULL else form
    raise NoJsonForm(f"it holds {_named(value)}, which has no JSON form")


def read_iterator(value: object) -> object:
    """Return the items of an iterator as a list, and any other value unchanged. Raises what the iterator raises."""
    if not isinstance(value, Iterator):
        return value
    items: list[object] = []
    for item in cast("Iterator[object]", value):
        if len(items) == _MOST_ITEMS:
            raise NoJsonForm(f"it is {_named(cast('object', value))} with more than {_MOST_ITEMS:,} items")
        items.append(item)
    return items


def holds_iterator(value: object) -> bool:
    """Return True if a container of Python's own holds an iterator, which can be read only once."""
    try:
        return _holds_iterator(value)
    except RecursionError:
        return False


def _holds_iterator(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_iterator, cast("Mapping[object, object]", value).values()))
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(_holds_iterator, cast("Collection[object]", value)))
    return isinstance(value, Iterator)


def _named(value: object) -> str:
    name = type(value).__name__
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


_TABLE_LIBRARIES = frozenset(("numpy", "pandas", "polars", "pyarrow"))
_NULL = object()
"""The form of a value that stands for a missing one: `null`."""


def _from_text_like(value: object) -> object:
    if type(value).__name__ in ("NAType", "NaTType", "MaskedConstant"):
        return _NULL
    if isinstance(value, UserString | tzinfo):
        return str(value)
    return bytes(cast("bytes", value)) if isinstance(value, memoryview | bytearray) else None


def _from_exception(value: object) -> object:
    """Return class and text of an exception that was returned, as `gather(return_exceptions=True)` does."""
    if not isinstance(value, BaseException):
        return None
    text = str(value)
    return f"{type(value).__name__}: {text}" if text else type(value).__name__


def _from_array(value: object) -> object:
    """Return the values of an array or a scalar of numpy, and of what behaves like them."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind is None or _method(value, "to_dict"):
        return None
    if kind in ("M", "m"):  # dates and spans: as plain objects they would be numbers of nanoseconds
        texts = getattr(value, "astype")(str).tolist()  # noqa: B009 - numpy is not imported here
        return _NULL if texts == "NaT" else cast("object", texts)
    names = getattr(getattr(value, "dtype", None), "names", None)
    plain: object = getattr(value, "tolist")()  # noqa: B009 - numpy is not imported here
    if plain is None:  # a masked value
        return _NULL
    if names:
        return _with_names(plain, cast("Iterable[str]", names))
    return str(plain) if type(plain) is type(value) else plain  # a number that Python has no type for


def _with_names(rows: object, names: Iterable[str]) -> object:
    if isinstance(rows, list):
        return [_with_names(row, names) for row in cast("list[object]", rows)]
    return dict(zip(names, cast("Iterable[object]", rows), strict=True))


class _Table(Protocol):
    columns: object

    def to_dict(self, *, orient: str) -> object: ...
    def reset_index(self) -> _Table: ...


def _from_table(value: object) -> object:
    """Return the rows of a data frame, with its index where that is more than a count; the values of a series."""
    if to_dicts := _method(value, "to_dicts"):
        return to_dicts()
    if to_pylist := _method(value, "to_pylist"):
        return to_pylist()
    to_dict = _method(value, "to_dict")
    index: object = getattr(value, "index", None)
    if to_dict is None or index is None or callable(index):
        return None
    is_counted = type(index).__name__ == "RangeIndex"
    if not hasattr(value, "columns"):
        if is_counted:
            return list(cast("Iterable[object]", value))
        if getattr(index, "is_unique", True):
            return to_dict()
    table = cast("_Table", value if is_counted else cast("_Table", value).reset_index())
    if getattr(table.columns, "is_unique", True):
        return table.to_dict(orient="records")
    split = cast("Mapping[str, object]", table.to_dict(orient="split"))
    return {"columns": split["columns"], "data": split["data"]}


def _from_row(value: object) -> object:
    """Return the fields of a mapping, of a row of a database, and of a record class that pydantic does not know."""
    if isinstance(value, Mapping):
        return dict(cast("Mapping[object, object]", value))
    if isinstance(mapping := getattr(value, "_mapping", None), Mapping):
        return dict(cast("Mapping[object, object]", mapping))
    if (keys := _method(value, "keys")) and hasattr(value, "__getitem__"):
        return {key: cast("Mapping[object, object]", value)[key] for key in cast("Iterable[object]", keys())}
    fields = getattr(type(value), "__attrs_attrs__", None)
    names = [field.name for field in fields] if fields is not None else getattr(type(value), "__struct_fields__", None)
    if names is not None:
        return {name: getattr(value, name) for name in cast("Iterable[str]", names)}
    if hasattr(type(value), "__pydantic_serializer__"):  # pydantic's own serializer has failed
        return None
    if (to_dict := _method(value, "dict")) and hasattr(value, "__fields__"):  # a model of pydantic's first version
        return to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return dict(vars(value)) if isinstance(value, SimpleNamespace) else None


def _from_items(value: object) -> object:
    """Return the items of a sequence, a set or a view."""
    if isinstance(value, Collection):
        return list(cast("Collection[object]", value))
    for name in ("tolist", "to_list"):
        if method := _method(value, name):
            return method()
    return None


def _from_number(value: object) -> object:
    if hasattr(type(value), "__index__"):
        return operator.index(cast("int", value))
    if item := _method(value, "item"):
        plain = item()
        return None if type(plain) is type(value) else plain
    return str(value) if isinstance(value, Number) else None


def _from_library_scalar(value: object) -> object:
    """Return the text of a span, an interval or a category of a library for tables."""
    module = type(value).__module__.partition(".")[0]
    return str(value) if module in _TABLE_LIBRARIES and not isinstance(value, type) else None


def _method(value: object, name: str) -> Callable[..., object] | None:
    """Return a method of an object, not that of a class. None: it has none of the name."""
    found: object = None if isinstance(value, type) else getattr(value, name, None)
    return found if callable(found) else None


_CONVERTERS: tuple[Callable[[object], object], ...] = (
    _from_text_like,
    _from_exception,
    _from_array,
    _from_table,
    _from_row,
    _from_number,
    _from_items,
    _from_library_scalar,
)
"""The first that returns something has the form. None: the value is of another kind."""
