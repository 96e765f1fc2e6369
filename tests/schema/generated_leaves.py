"""Types without parts, for property tests: each with its own Python values."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import itertools
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from hypothesis import strategies as st
from pydantic import Field

# What a type checker can only follow in source text is built here at run time.
make_enum: Any = enum.Enum
make_int_enum: Any = enum.IntEnum

_number = itertools.count(1)


def fresh_name(stem: str) -> str:
    return f"{stem}{next(_number)}"


@dataclasses.dataclass(frozen=True)
class Generated:
    """A type and a strategy of its Python values."""

    annotation: Any
    values: st.SearchStrategy[Any]
    is_hashable: bool = False


Leaf = Callable[[st.DataObject], Generated]
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


def _plain(annotation: Any, values: st.SearchStrategy[Any]) -> Leaf:
    return lambda data: Generated(annotation, values, is_hashable=True)


def _enum(data: st.DataObject) -> Generated:
    members: dict[str, Any] = {"A": data.draw(TEXT), "B": 7, "C": "see"}
    cls: Any = make_enum(fresh_name("Colour"), members)
    return Generated(cls, st.sampled_from(list(cls)), is_hashable=True)


def _int_enum(data: st.DataObject) -> Generated:
    cls: Any = make_int_enum(fresh_name("Level"), {"LOW": data.draw(st.integers(-9, 9)), "HIGH": 10})
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
    return Generated(
        Annotated[str, Field(pattern=pattern)], st.from_regex(pattern, fullmatch=True).map(str.strip), True
    )


def _constrained_decimal(data: st.DataObject) -> Generated:
    low, high = data.draw(st.sampled_from([(0, 10), (-3, 250), (99, 101)]))
    places = data.draw(st.sampled_from([None, 2]))
    values = st.decimals(low, high, places=places, allow_nan=False, allow_infinity=False)
    return Generated(Annotated[Decimal, Field(ge=low, le=high, decimal_places=places)], values, is_hashable=True)


def _constrained_date(data: st.DataObject) -> Generated:
    low = data.draw(st.dates())
    high = max(low, data.draw(st.dates()))
    return Generated(Annotated[datetime.date, Field(ge=low, le=high)], st.dates(low, high), is_hashable=True)


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
