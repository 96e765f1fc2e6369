"""Parts of kept JSON: found by their path, or told what there is instead; long ones in outline."""

from __future__ import annotations

import pytest

from agentkit import ToolError
from agentkit.messages.message import JSON
from agentkit.tools.artifacts.json_path import outline_json, resolve_path

ORDERS: JSON = {
    "orders": [{"id": n, "lines": [{"item": "tea", "count": n}]} for n in range(3)],
    "a/b~c": {"x": 1},
    "note": "x" * 3_000,
    "total": 12.5,
    "none": None,
    "empty": [],
}


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("", ORDERS),
        ("/", ORDERS),
        ("/total", 12.5),
        ("total", 12.5),
        ("/orders/2/lines/0/count", 2),
        ("/a~1b~0c", {"x": 1}),
        ("/none", None),
    ],
)
def test_a_path_leads_to_its_part(path: str, part: object) -> None:
    assert resolve_path(ORDERS, path) == part


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "/order/2",
            "There is no `order` at the top. Did you mean `orders`? There are: orders, a/b~c, note, total, none",
        ),
        ("/orders/3", "There is no `3` in /orders: it is a list of 3, counted from 0."),
        ("/orders/-1", "it is a list of 3"),
        ("/orders/first", "it is a list of 3"),
        ("/orders/0/lines/0/price", "There is no `price` in /orders/0/lines/0. There are: item, count."),
        ("/total/x", "There is nothing below /total: it is 12.5."),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_ended_and_what_there_is(path: str, said: str) -> None:
    with pytest.raises(ToolError) as caught:
        resolve_path(ORDERS, path)
    assert said in str(caught.value)


def test_an_outline_names_what_there_is_and_how_long_it_is() -> None:
    assert outline_json(ORDERS).splitlines() == [
        "/orders: a list of 3",
        "/a~1b~0c: an object with x",
        "/note: a text of 3,000 characters",
        "/total: 12.5",
        "/none: null",
        "/empty: []",
    ]
    assert outline_json(resolve_path(ORDERS, "/orders")) == "a list of 3; /0: an object with id, lines"
    assert outline_json("x" * 300) == "a text of 300 characters"
    assert outline_json([]) == "[]"


def test_an_outline_is_bounded() -> None:
    many: JSON = {f"name-{n}": {f"inner-{m}": m for m in range(100)} for n in range(10_000)}
    assert outline_json(many).endswith("... and 9,940 more")
    assert len(outline_json(many)) < 30_000
