"""What a run is given becomes the content of its first message."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentkit import Document, UsageError
from agentkit.run.input import Prompt


@dataclass
class Order:
    item: str
    count: int


def test_text_is_text() -> None:
    assert Prompt[str].of(str, None).content("Hi") == "Hi"


def test_a_typed_input_is_compact_json() -> None:
    assert Prompt[Order].of(Order, None).content(Order("tea", 2)) == '{"item":"tea","count":2}'


def test_text_is_always_taken_as_well() -> None:
    assert Prompt[Order].of(Order, lambda order: order.item).content("Two teas") == "Two teas"


def test_render_makes_the_content() -> None:
    assert Prompt[Order].of(Order, lambda order: f"{order.count} {order.item}").content(Order("tea", 2)) == "2 tea"
    assert Prompt[str].of(str, lambda text: text.upper()).content("tea") == "TEA"
    rendered = Prompt[Order].of(Order, lambda order: ["Read this:", Document("d", order.item)]).content(Order("tea", 1))
    assert isinstance(rendered, list)
    assert [block["type"] for block in rendered] == ["text", "document"]


def test_a_document_is_a_document_block() -> None:
    content = Prompt[Document].of(Document, None).content(Document("d1", "Tea."))
    assert isinstance(content, list)
    (block,) = content
    assert (block["type"], block["title"]) == ("document", "d1")


@pytest.mark.parametrize("given", [5, None, {"a": 1}, ["x", 5]])
def test_anything_else_is_the_callers_error(given: object) -> None:
    with pytest.raises(UsageError, match="str or a list of content"):
        Prompt[str].of(str, None).content(given)  # type: ignore[arg-type]  # wrong on purpose
