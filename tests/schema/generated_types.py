"""Types around types, for property tests: every construct around every other.

A construct is a name and a builder: leaves build a type from nothing, wrappers build one around another type.
"""

from __future__ import annotations

import dataclasses
import datetime
import sys
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, Optional, TypeVar, Union
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel, create_model
from typing_extensions import TypedDict

from tests.schema.generated_leaves import LEAVES, TEXT, Generated, fresh_name

T = TypeVar("T")
# What a type checker can only follow in source text is built here at run time.
make_model: Any = create_model
make_typed_dict: Any = TypedDict
make_named_tuple: Any = NamedTuple
any_list: Any = list
any_tuple: Any = tuple
any_dict: Any = dict
any_optional: Any = Optional
any_union: Any = Union
any_root: Any = RootModel

Wrapper = Callable[[st.DataObject, Generated], Generated]


def _model(data: st.DataObject, inner: Generated) -> Generated:
    frozen = inner.is_hashable
    cls: Any = make_model(
        fresh_name("Model"), __config__=ConfigDict(frozen=frozen), title=(inner.annotation, ...), note=(str, "")
    )
    return Generated(cls, st.builds(cls, title=inner.values, note=TEXT), frozen)


def _open_model(data: st.DataObject, inner: Generated) -> Generated:
    cls: Any = make_model(fresh_name("Open"), __config__=ConfigDict(extra="allow"), known=(inner.annotation, ...))
    return Generated(cls, st.builds(lambda known, extra: cls(known=known, extra=extra), inner.values, st.integers()))


def _dataclass(data: st.DataObject, inner: Generated) -> Generated:
    fields: list[Any] = [("first", inner.annotation), ("count", int, dataclasses.field(default=3))]
    cls = dataclasses.make_dataclass(fresh_name("Data"), fields, frozen=inner.is_hashable)
    return Generated(cls, st.builds(cls, first=inner.values, count=st.integers(-9, 9)), inner.is_hashable)


def _typed_dict(data: st.DataObject, inner: Generated) -> Generated:
    cls: Any = make_typed_dict(fresh_name("Typed"), {"must": int, "may": NotRequired[inner.annotation]})
    return Generated(cls, st.fixed_dictionaries({"must": st.integers()}, optional={"may": inner.values}))


def _named_tuple(data: st.DataObject, inner: Generated) -> Generated:
    cls: Any = make_named_tuple(fresh_name("Named"), [("left", inner.annotation), ("right", str)])
    return Generated(cls, st.builds(cls, left=inner.values, right=TEXT), inner.is_hashable)


def _list(data: st.DataObject, inner: Generated) -> Generated:
    low = data.draw(st.sampled_from([0, 0, 1, 2]))
    items: Any = any_list[inner.annotation]
    annotation = Annotated[items, Field(min_length=low, max_length=low + 3)]
    return Generated(annotation, st.lists(inner.values, min_size=low, max_size=low + 3))


def _set(data: st.DataObject, inner: Generated) -> Generated:
    if not inner.is_hashable:
        return _list(data, inner)
    kind: Any = data.draw(st.sampled_from([set, frozenset]))
    return Generated(kind[inner.annotation], st.frozensets(inner.values, max_size=3).map(kind), kind is frozenset)


def _tuple(data: st.DataObject, inner: Generated) -> Generated:
    if data.draw(st.booleans()):
        values = st.tuples(inner.values, st.integers(), inner.values)
        return Generated(any_tuple[inner.annotation, int, inner.annotation], values, inner.is_hashable)
    return Generated(any_tuple[inner.annotation, ...], st.lists(inner.values, max_size=3).map(tuple), inner.is_hashable)


def _optional(data: st.DataObject, inner: Generated) -> Generated:
    return Generated(any_optional[inner.annotation], st.none() | inner.values, inner.is_hashable)


def _union(data: st.DataObject, inner: Generated) -> Generated:
    other = data.draw(st.sampled_from([int, bool, str]))
    others: dict[type, st.SearchStrategy[Any]] = {int: st.integers(), bool: st.booleans(), str: TEXT}
    annotation = any_union[inner.annotation, other]
    return Generated(annotation, inner.values | others[other], inner.is_hashable)


def _discriminated(data: st.DataObject, inner: Generated) -> Generated:
    stem = fresh_name("")
    cat: Any = make_model(f"Cat{stem}", kind=(Literal["cat"], "cat"), lives=(inner.annotation, ...))
    dog: Any = make_model(f"Dog{stem}", kind=(Literal["dog", "puppy"], ...), name=(str, "Rex"))
    annotation: Any = Annotated[cat | dog, Field(discriminator="kind")]
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
    return Generated(any_dict[key, inner.annotation], st.dictionaries(key_values, inner.values, max_size=3))


def _recursive(data: st.DataObject, inner: Generated) -> Generated:
    module = _module()
    name = fresh_name("Tree")
    cls: Any = make_model(name, __module__=module.__name__, leaf=(inner.annotation, ...), kids=(f"list[{name}]", []))
    setattr(module, name, cls)
    cls.model_rebuild()
    twigs = st.builds(cls, leaf=inner.values)
    return Generated(cls, st.builds(cls, leaf=inner.values, kids=st.lists(twigs, max_size=2)))


def _forward(data: st.DataObject, inner: Generated) -> Generated:
    module = _module()
    stem = fresh_name("")
    early: Any = make_model(f"Early{stem}", __module__=module.__name__, late=(f"Late{stem}", ...))
    late: Any = make_model(f"Late{stem}", __module__=module.__name__, x=(inner.annotation, ...))
    setattr(module, f"Late{stem}", late)
    return Generated(early, st.builds(lambda x: early(late=late(x=x)), inner.values))


def _generic(data: st.DataObject, inner: Generated) -> Generated:
    class Page(BaseModel, Generic[T]):
        """A page."""

        items: list[T]
        """What is on it."""
        total: int = 0

    page: Any = Page
    cls = page[inner.annotation]
    return Generated(cls, st.builds(cls, items=st.lists(inner.values, max_size=2)))


def _root(data: st.DataObject, inner: Generated) -> Generated:
    cls: Any = types.new_class(fresh_name("Root"), (any_root[any_list[inner.annotation]],))
    return Generated(cls, st.lists(inner.values, max_size=2).map(cls))


def _aliased(data: st.DataObject, inner: Generated) -> Generated:
    fields: dict[str, Any] = {
        "class_": (inner.annotation, Field(alias="class")),
        "x_id": (int, Field(default_factory=lambda: 4, alias="X-Id")),
    }
    cls: Any = make_model(fresh_name("Aliased"), **fields)
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
    leaf = construct if construct in LEAVES else data.draw(st.sampled_from(sorted(LEAVES)), label="leaf")
    built = LEAVES[leaf](data)
    if construct in WRAPPERS:
        built = WRAPPERS[construct](data, built)
    for name in outer:
        built = WRAPPERS[name](data, built)
    return built
