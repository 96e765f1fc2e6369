"""Types for property tests: each with its own Python values, every construct around every other.

A construct is a name and a builder: leaves build a type from nothing, wrappers build one around another type.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import itertools
import sys
import types
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, Optional, TypeVar, Union
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel, create_model
from typing_extensions import NotRequired, TypedDict

T = TypeVar("T")
_number = itertools.count(1)


def _name(stem: str) -> str:
    return f"{stem}{next(_number)}"


@dataclasses.dataclass(frozen=True)
class Generated:
    """A type and a strategy of its Python values."""

    annotation: Any
    values: st.SearchStrategy[Any]
    is_hashable: bool = False


Leaf = Callable[[st.DataObject], Generated]
Wrapper = Callable[[st.DataObject, Generated], Generated]

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


def _plain(annotation: Any, values: st.SearchStrategy[Any]) -> Leaf:
    return lambda data: Generated(annotation, values, is_hashable=True)


def _enum(data: st.DataObject) -> Generated:
    members: dict[str, Any] = {"A": data.draw(TEXT), "B": 7, "C": "see"}
    cls: Any = enum.Enum(_name("Colour"), members)
    return Generated(cls, st.sampled_from(list(cls)), is_hashable=True)


def _int_enum(data: st.DataObject) -> Generated:
    cls: Any = enum.IntEnum(_name("Level"), {"LOW": data.draw(st.integers(-9, 9)), "HIGH": 10})
    return Generated(cls, st.sampled_from(list(cls)), is_hashable=True)


def _literal(data: st.DataObject) -> Generated:
    choices = data.draw(st.lists(st.sampled_from(["a", "b", 1, 2, None]), min_size=1, max_size=4, unique=True))
    return Generated(Literal[tuple(choices)], st.sampled_from(choices), is_hashable=True)


def _constrained_int(data: st.DataObject) -> Generated:
    low = data.draw(st.integers(-50, 50))
    high = low + data.draw(st.integers(3, 60))
    step = data.draw(st.sampled_from([None, 2, 3]))
    values = st.integers(low, high - 1).filter(lambda n: step is None or n % step == 0)
    return Generated(Annotated[int, Field(ge=low, lt=high, multiple_of=step)], values, is_hashable=True)


def _constrained_float(data: st.DataObject) -> Generated:
    low = data.draw(st.integers(-5, 5))
    values = st.floats(low, low + 4, exclude_min=True)
    return Generated(Annotated[float, Field(gt=low, le=low + 4)], values, is_hashable=True)


def _constrained_str(data: st.DataObject) -> Generated:
    low = data.draw(st.integers(0, 3))
    if data.draw(st.booleans()):
        values = st.text(st.sampled_from("abé"), min_size=low, max_size=low + 4)
        return Generated(Annotated[str, Field(min_length=low, max_length=low + 4)], values, is_hashable=True)
    pattern = rf"^[a-c]{{{low},{low + 2}}}-[0-9]+$"
    return Generated(Annotated[str, Field(pattern=pattern)], st.from_regex(pattern, fullmatch=True).map(str.strip), True)


def _constrained_decimal(data: st.DataObject) -> Generated:
    low, high = data.draw(st.sampled_from([(0, 10), (-3, 250), (99, 101)]))
    places = data.draw(st.sampled_from([None, 2]))
    values = st.decimals(low, high, places=places, allow_nan=False, allow_infinity=False)
    return Generated(Annotated[Decimal, Field(ge=low, le=high, decimal_places=places)], values, is_hashable=True)


def _constrained_date(data: st.DataObject) -> Generated:
    low = data.draw(st.dates())
    high = max(low, data.draw(st.dates()))
    return Generated(Annotated[datetime.date, Field(ge=low, le=high)], st.dates(low, high), is_hashable=True)


_zones = st.none() | st.timezones().map(lambda _: datetime.UTC)
LEAVES: Mapping[str, Leaf] = {
    "bool": _plain(bool, st.booleans()),
    "int": _plain(int, st.integers(-(10**20), 10**20)),
    "float": _plain(float, st.floats(allow_nan=False, allow_infinity=False)),
    "str": _plain(str, TEXT),
    "enum": _enum,
    "int enum": _int_enum,
    "literal": _literal,
    "date": _plain(datetime.date, st.dates()),
    "datetime": _plain(datetime.datetime, st.datetimes(timezones=st.sampled_from([None, datetime.UTC]))),
    "time": _plain(datetime.time, st.times()),
    "timedelta": _plain(datetime.timedelta, st.timedeltas(datetime.timedelta(-900), datetime.timedelta(900))),
    "uuid": _plain(UUID, st.uuids()),
    "decimal": _plain(Decimal, st.decimals(allow_nan=False, allow_infinity=False)),
    "bytes": _plain(bytes, TEXT.map(str.encode)),
    "constrained int": _constrained_int,
    "constrained float": _constrained_float,
    "constrained str": _constrained_str,
    "constrained decimal": _constrained_decimal,
    "constrained date": _constrained_date,
}


def _model(data: st.DataObject, inner: Generated) -> Generated:
    frozen = inner.is_hashable
    cls: Any = create_model(
        _name("Model"), __config__=ConfigDict(frozen=frozen), title=(inner.annotation, ...), note=(str, "")
    )
    return Generated(cls, st.builds(cls, title=inner.values, note=TEXT), frozen)


def _open_model(data: st.DataObject, inner: Generated) -> Generated:
    cls: Any = create_model(_name("Open"), __config__=ConfigDict(extra="allow"), known=(inner.annotation, ...))
    return Generated(cls, st.builds(lambda known, extra: cls(known=known, extra=extra), inner.values, st.integers()))


def _dataclass(data: st.DataObject, inner: Generated) -> Generated:
    fields: list[Any] = [("first", inner.annotation), ("count", int, dataclasses.field(default=3))]
    cls = dataclasses.make_dataclass(_name("Data"), fields, frozen=inner.is_hashable)
    return Generated(cls, st.builds(cls, first=inner.values, count=st.integers(-9, 9)), inner.is_hashable)


def _typed_dict(data: st.DataObject, inner: Generated) -> Generated:
    cls: Any = TypedDict(_name("Typed"), {"must": int, "may": NotRequired[inner.annotation]})  # type: ignore[operator]
    return Generated(cls, st.fixed_dictionaries({"must": st.integers()}, optional={"may": inner.values}))


def _named_tuple(data: st.DataObject, inner: Generated) -> Generated:
    cls: Any = NamedTuple(_name("Named"), [("left", inner.annotation), ("right", str)])  # type: ignore[misc]
    return Generated(cls, st.builds(cls, left=inner.values, right=TEXT), inner.is_hashable)


def _list(data: st.DataObject, inner: Generated) -> Generated:
    low = data.draw(st.sampled_from([0, 0, 1, 2]))
    annotation = Annotated[list[inner.annotation], Field(min_length=low, max_length=low + 3)]  # type: ignore[name-defined]
    return Generated(annotation, st.lists(inner.values, min_size=low, max_size=low + 3))


def _set(data: st.DataObject, inner: Generated) -> Generated:
    if not inner.is_hashable:
        return _list(data, inner)
    kind = data.draw(st.sampled_from([set, frozenset]))
    return Generated(kind[inner.annotation], st.frozensets(inner.values, max_size=3).map(kind), kind is frozenset)


def _tuple(data: st.DataObject, inner: Generated) -> Generated:
    if data.draw(st.booleans()):
        values = st.tuples(inner.values, st.integers(), inner.values)
        return Generated(tuple[inner.annotation, int, inner.annotation], values, inner.is_hashable)  # type: ignore[name-defined]
    return Generated(tuple[inner.annotation, ...], st.lists(inner.values, max_size=3).map(tuple), inner.is_hashable)  # type: ignore[name-defined]


def _optional(data: st.DataObject, inner: Generated) -> Generated:
    return Generated(Optional[inner.annotation], st.none() | inner.values, inner.is_hashable)  # noqa: UP045 (a value)


def _union(data: st.DataObject, inner: Generated) -> Generated:
    other = data.draw(st.sampled_from([int, bool, str]))
    others: dict[type, st.SearchStrategy[Any]] = {int: st.integers(), bool: st.booleans(), str: TEXT}
    annotation = Union[inner.annotation, other]  # noqa: UP007 (a value)
    return Generated(annotation, inner.values | others[other], inner.is_hashable)


def _discriminated(data: st.DataObject, inner: Generated) -> Generated:
    stem = _name("")
    cat: Any = create_model(f"Cat{stem}", kind=(Literal["cat"], "cat"), lives=(inner.annotation, ...))
    dog: Any = create_model(f"Dog{stem}", kind=(Literal["dog", "puppy"], ...), name=(str, "Rex"))
    annotation = Annotated[cat | dog, Field(discriminator="kind")]
    values = st.builds(cat, lives=inner.values) | st.builds(dog, kind=st.sampled_from(["dog", "puppy"]), name=TEXT)
    return Generated(annotation, values)


def _dict(data: st.DataObject, inner: Generated) -> Generated:
    keys: list[tuple[Any, st.SearchStrategy[Any]]] = [
        (str, TEXT),
        (int, st.integers()),
        (datetime.date, st.dates()),
        (UUID, st.uuids()),
        (Annotated[str, Field(pattern="^k[0-9]$")], st.from_regex("k[0-9]", fullmatch=True)),
        (Literal["x", "y"], st.sampled_from(["x", "y"])),
    ]
    key, key_values = data.draw(st.sampled_from(keys))
    return Generated(dict[key, inner.annotation], st.dictionaries(key_values, inner.values, max_size=3))  # type: ignore[valid-type, name-defined]


def _recursive(data: st.DataObject, inner: Generated) -> Generated:
    module = _module()
    name = _name("Tree")
    cls: Any = create_model(name, __module__=module.__name__, leaf=(inner.annotation, ...), kids=(f"list[{name}]", []))
    setattr(module, name, cls)
    cls.model_rebuild()
    twigs = st.builds(cls, leaf=inner.values)
    return Generated(cls, st.builds(cls, leaf=inner.values, kids=st.lists(twigs, max_size=2)))


def _forward(data: st.DataObject, inner: Generated) -> Generated:
    module = _module()
    stem = _name("")
    early: Any = create_model(f"Early{stem}", __module__=module.__name__, late=(f"Late{stem}", ...))
    late: Any = create_model(f"Late{stem}", __module__=module.__name__, x=(inner.annotation, ...))
    setattr(module, f"Late{stem}", late)
    return Generated(early, st.builds(lambda x: early(late=late(x=x)), inner.values))


def _generic(data: st.DataObject, inner: Generated) -> Generated:
    class Page(BaseModel, Generic[T]):
        """A page."""

        items: list[T]
        """What is on it."""
        total: int = 0

    cls = Page[inner.annotation]
    return Generated(cls, st.builds(cls, items=st.lists(inner.values, max_size=2)))


def _root(data: st.DataObject, inner: Generated) -> Generated:
    class Root(RootModel[list[inner.annotation]]):  # type: ignore[name-defined]
        """A list of things."""

    return Generated(Root, st.lists(inner.values, max_size=2).map(Root))


def _aliased(data: st.DataObject, inner: Generated) -> Generated:
    fields: dict[str, Any] = {
        "class_": (inner.annotation, Field(alias="class")),
        "x_id": (int, Field(default_factory=lambda: 4, alias="X-Id")),
    }
    cls: Any = create_model(_name("Aliased"), **fields)
    return Generated(cls, st.builds(lambda a, b: cls(**{"class": a, "X-Id": b}), inner.values, st.integers()))


def _module() -> types.ModuleType:
    """A module of this run's own, in which generated classes find one another by name."""
    name = "tests_generated_names"
    return sys.modules.setdefault(name, types.ModuleType(name))


WRAPPERS: Mapping[str, Wrapper] = {
    "model": _model,
    "open model": _open_model,
    "dataclass": _dataclass,
    "typed dict": _typed_dict,
    "named tuple": _named_tuple,
    "list": _list,
    "set": _set,
    "tuple": _tuple,
    "optional": _optional,
    "union": _union,
    "discriminated union": _discriminated,
    "dict": _dict,
    "recursive model": _recursive,
    "forward reference": _forward,
    "generic model": _generic,
    "root model": _root,
    "aliases and default_factory": _aliased,
}


def generated_with(data: st.DataObject, construct: str) -> Generated:
    """A type in which `construct` stands below two wrappers: nested to depth three."""
    outer = [data.draw(st.sampled_from(sorted(WRAPPERS)), label="wrapper") for _ in range(2)]
    if construct in WRAPPERS:
        leaf = LEAVES[data.draw(st.sampled_from(sorted(LEAVES)), label="leaf")](data)
        built = WRAPPERS[construct](data, leaf)
    else:
        built = LEAVES[construct](data)
    for name in outer:
        built = WRAPPERS[name](data, built)
    return built
