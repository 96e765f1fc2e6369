"""Values of other libraries and of Python's own views are written as what they stand for."""

from __future__ import annotations

import collections
import datetime
import fractions
import itertools
import json
import sqlite3
import threading
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, overload

import attrs
import numpy as np
import pytest
from pydantic import BaseModel, computed_field

from agentkit.tools.json_forms import NoJsonForm, holds_iterator, read_iterator
from agentkit.tools.serialization import json_text


class Int64:
    """Behaves as a number of numpy."""

    def __index__(self) -> int:
        return 3

    def item(self) -> int:
        return 3


class Scalar:
    """Behaves as a tensor with one value."""

    def item(self) -> float:
        return 0.5


class Words(Sequence[str]):
    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return ["tea", "milk"][index]

    def __len__(self) -> int:
        return 2


class RangeIndex:
    """Stands for the index of a data frame that only counts; the library is recognized by the name."""


class Labels:
    """Stands for an index with labels."""

    def __init__(self, *, is_unique: bool = True) -> None:
        self.is_unique = is_unique


class Frame:
    """Behaves as a data frame of pandas."""

    columns: object = Labels()

    def __init__(self, index: object, rows: list[dict[str, object]]) -> None:
        self.index = index
        self.rows = rows

    def to_dict(self, orient: str) -> object:
        if orient == "split":
            return {"index": [0], "columns": ["n", "n"], "data": [[1, 2]]}
        return self.rows

    def reset_index(self) -> Frame:
        return Frame(RangeIndex(), [{"city": f"c{n}", **row} for n, row in enumerate(self.rows)])


class DoubledFrame(Frame):
    columns = Labels(is_unique=False)


class Column:
    """Behaves as a series of pandas."""

    def __init__(self, index: object) -> None:
        self.index = index

    def to_dict(self) -> dict[str, int]:
        return {"a": 1}

    def reset_index(self) -> Frame:
        return Frame(RangeIndex(), [{"index": "a", "n": 1}, {"index": "a", "n": 2}])


@attrs.define
class Point:
    x: int
    where: set[str]


@dataclass
class Report:
    total: object
    rows: Mapping[str, Any]


class Model(BaseModel):
    name: str


class Pair(NamedTuple):
    left: object
    right: object


def rows() -> list[sqlite3.Row]:
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    found = database.execute("select 1 as id, 'tea' as name").fetchall()
    database.close()
    return found


class Result:
    """Behaves as a row of SQLAlchemy: a sequence with a mapping inside."""

    _mapping = types.MappingProxyType({"id": 1})

    def __iter__(self) -> Iterator[int]:
        return iter((1,))


FORMS: dict[str, tuple[object, str]] = {
    "a number by its index": (Int64(), "3"),
    "a number by its item": ({"n": Scalar()}, '{"n":0.5}'),
    "numpy integers": ({"a": np.int64(3), "b": np.uint8(255)}, '{"a":3,"b":255}'),
    "numpy truths": ([np.bool_(True), np.float32(0.5)], "[true,0.5]"),
    "numpy missing": ([np.float64("nan"), np.datetime64("NaT", "s")], '["NaN",null]'),
    "numpy array": (np.arange(4).reshape(2, 2), "[[0,1],[2,3]]"),
    "numpy times": (np.array(["2026-01-31"], dtype="datetime64[ns]"), '["2026-01-31T00:00:00.000000000"]'),
    "numpy time": (np.datetime64("2026-01-31"), '"2026-01-31"'),
    "numpy records": (np.array([(1, "tea")], dtype=[("id", "i4"), ("n", "U3")]), '[{"id":1,"n":"tea"}]'),
    "numpy objects": (np.array([Decimal("1.10"), None], dtype=object), '["1.10",null]'),
    "numpy keys": ({np.int64(1): np.int64(2)}, '{"1":2}'),
    "long numpy number": (np.longdouble(2), '"2.0"'),
    "a masked number": ([np.ma.masked], "[null]"),
    "a mapping": (types.MappingProxyType({"a": Int64()}), '{"a":3}'),
    "chained mappings": (collections.ChainMap({"a": 1}, {"b": 2}), '{"b":2,"a":1}'),
    "own collections": (
        [collections.UserDict(a=1), collections.UserList([1]), collections.UserString("x")],
        '[{"a":1},[1],"x"]',
    ),
    "a range": (range(1, 4), "[1,2,3]"),
    "a sequence": ({"words": Words()}, '{"words":["tea","milk"]}'),
    "views": ([{"a": 1}.keys(), {"a": 1}.values(), {"a": 1}.items()], '[["a"],[1],[["a",1]]]'),
    "sets and queues": ([{1}, frozenset((2,)), collections.deque((3,))], "[[1],[2],[3]]"),
    "iterators": ([iter((1, 2)), map(str, (1,)), (n for n in (1,))], '[[1,2],["1"],[1]]'),
    "rows of a database": (rows(), '[{"id":1,"name":"tea"}]'),
    "a row with a mapping": (Result(), '{"id":1}'),
    "an attrs class": (Point(1, {"a"}), '{"x":1,"where":["a"]}'),
    "a dataclass around them": (
        Report(np.int64(3), types.MappingProxyType({"a": rows()[0]})),
        '{"total":3,"rows":{"a":{"id":1,"name":"tea"}}}',
    ),
    "a named tuple around them": (Pair(Int64(), Model(name="x")), '[3,{"name":"x"}]'),
    "models in containers": ({"m": (Model(name="a"), {Pair(1, 2)})}, '{"m":[{"name":"a"},[[1,2]]]}'),
    "a namespace": (types.SimpleNamespace(a=Int64()), '{"a":3}'),
    "exceptions": ([ValueError("no tea"), KeyError()], '["ValueError: no tea","KeyError"]'),
    "exact numbers": ([Decimal("1.10"), fractions.Fraction(1, 3), 10**30], f'["1.10","1/3",{10**30}]'),
    "a zone": ({"tz": datetime.UTC}, '{"tz":"UTC"}'),
    "bytes": ([memoryview(b"tea"), bytearray(b"milk")], '["tea","milk"]'),
    "odd keys": ({frozenset((1,)): 1, (1, "a"): 2, None: 3}, '{"[1]":1,"1,a":2,"None":3}'),
    "a table": (Frame(RangeIndex(), [{"n": np.int64(1)}]), '[{"n":1}]'),
    "a table with labels": (Frame(Labels(), [{"n": 1}]), '[{"city":"c0","n":1}]'),
    "a table with two columns of one name": (
        DoubledFrame(RangeIndex(), []),
        '{"columns":["n","n"],"data":[[1,2]]}',
    ),
    "columns": (
        [Column(Labels()), Column(Labels(is_unique=False))],
        '[{"a":1},[{"index":"a","n":1},{"index":"a","n":2}]]',
    ),
    "deep lists": (json.loads("[" * 280 + "]" * 280), "[" * 280 + "]" * 280),
}


@pytest.mark.parametrize(("value", "text"), FORMS.values(), ids=FORMS.keys())
def test_it_is_written_as_what_it_stands_for(value: object, text: str) -> None:
    assert json_text(value) == text


class Broken(BaseModel):
    name: str = "x"

    @computed_field  # type: ignore[prop-decorator]  # as pydantic's documentation has it
    @property
    def shown(self) -> str:
        raise KeyError(SECRET)


class BrokenNumber:
    def __index__(self) -> int:
        raise ZeroDivisionError(SECRET)


def circle() -> list[object]:
    value: list[object] = []
    value.append({"a": value})
    return value


SECRET = "hunter2"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": [threading.Lock()]}, "it holds a lock, which has no JSON form"),
        ({"a": int}, "it holds a type, which has no JSON form"),
        (Broken(), "a part of it cannot be written (KeyError)"),
        ({"m": [Broken()]}, "a part of it cannot be written (KeyError)"),
        (BrokenNumber(), "a part of it cannot be written (ZeroDivisionError)"),
        (circle(), "it holds itself, or is nested too deeply"),
        ([iter((1, 2)), b"\xff"], "it holds an iterator beside a value that cannot be written"),
    ],
)
def test_what_has_no_form_is_named_without_its_contents(value: object, reason: str) -> None:
    with pytest.raises(NoJsonForm) as caught:
        json_text(value)
    assert str(caught.value) == reason


def test_a_missing_time_is_null_wherever_it_is() -> None:
    missing = np.datetime64("NaT", "s")
    table = Frame(RangeIndex(), [{"when": missing, "blob": b"\xff"}])
    assert json_text([table, Report(missing, {"a": missing})]) == (
        '[[{"when":null,"blob":"_w=="}],{"total":null,"rows":{"a":null}}]'
    )


class NoZone(datetime.tzinfo):
    def utcoffset(self, at: datetime.datetime | None, /) -> datetime.timedelta:
        raise TypeError

    dst = utcoffset

    def tzname(self, at: datetime.datetime | None, /) -> str:
        return "none"


class NaTType(datetime.datetime):
    """Behaves as the missing time of pandas: a datetime that pydantic fails to write."""


def test_a_datetime_that_cannot_be_written_costs_nothing_else() -> None:
    missing = NaTType(2026, 1, 31, tzinfo=NoZone())
    assert json_text({"rows": [{"when": missing, "n": 1}], "all": Report(missing, {})}) == (
        '{"rows":[{"when":null,"n":1}],"all":{"total":null,"rows":{}}}'
    )


def test_an_iterator_is_read_once_and_not_without_end() -> None:
    assert read_iterator(n for n in range(3)) == [0, 1, 2]
    assert read_iterator("abc") == "abc"
    with pytest.raises(NoJsonForm, match="it is a count with more than 1,000,000 items"):
        read_iterator(itertools.count())
    assert holds_iterator({"a": [(iter(()),)]})
    assert not holds_iterator({"a": [(1, "b")], "c": {2}})
