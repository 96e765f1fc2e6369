"""A world is kept as JSON where it comes back as it was, and not otherwise."""

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from agentkit.evals.running.kept_values import NotKept, kept_value, loaded_value


@dataclass
class Shop:
    open_since: date
    prices: dict[str, Decimal]
    orders: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])


class Page(BaseModel):
    title: str
    shops: list[Shop] = []


@dataclass
class Untyped:
    things: Any


class Plain:
    def __init__(self) -> None:
        self.orders = ["tea"]


SHOP = Shop(date(2026, 1, 2), {"tea": Decimal("4.10")}, [("tea", 2)])


@pytest.mark.parametrize("value", [None, 4, "tea", [1, {"a": None}], {"a": [1.5]}, SHOP, Page(title="x", shops=[SHOP])])
def test_what_comes_back_is_kept(value: object) -> None:
    kept = kept_value(value)
    assert kept is not None
    assert loaded_value(json.loads(json.dumps(kept))) == value


def test_what_does_not_come_back_is_not_kept() -> None:
    @dataclass
    class Local:
        orders: list[str]

    marked = Shop(date(2026, 1, 2), {})
    marked.owner = "Ada"  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    for value in (Plain(), Local([]), Untyped({1, 2}), {1: "a"}, {"a": (1, 2)}, object(), marked, {"a": float("nan")}):
        assert kept_value(value) is None, value


def test_a_type_that_is_gone_or_changed_is_said_so() -> None:
    gone: list[dict[str, Any]] = [
        {"type": "nowhere:Shop", "value": {}},
        {"type": f"{__name__}:Shop", "value": {"open": 1}},
    ]
    for kept in gone:
        with pytest.raises(NotKept):
            loaded_value(kept)
