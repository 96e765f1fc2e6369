"""What a run is given becomes the content of its first message."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentkit import Document, UsageError
from agentkit.run.input import InputSpec


@dataclass
class Order:
    item: str
    count: int


def test_text_is_text() -> None:
    assert InputSpec[str].for_type(str, None).to_content("Hi") == "Hi"


def test_a_typed_input_is_compact_json() -> None:
    assert InputSpec[Order].for_type(Order, None).to_content(Order("tea", 2)) == '{"item":"tea","count":2}'


def test_text_is_always_taken_as_well() -> None:
    assert InputSpec[Order].for_type(Order, lambda order: order.item).to_content("Two teas") == "Two teas"


def test_render_makes_the_content() -> None:
    assert (
        InputSpec[Order].for_type(Order, lambda order: f"{order.count} {order.item}").to_content(Order("tea", 2))
        == "2 tea"
    )
    assert InputSpec[str].for_type(str, lambda text: text.upper()).to_content("tea") == "TEA"
    rendered = (
        InputSpec[Order]
        .for_type(Order, lambda order: ["Read this:", Document("d", order.item)])
        .to_content(Order("tea", 1))
    )
    assert isinstance(rendered, list)
    assert [block["type"] for block in rendered] == ["text", "document"]


def test_a_document_is_a_document_block() -> None:
    content = InputSpec[Document].for_type(Document, None).to_content(Document("d1", "Tea."))
    assert isinstance(content, list)
    (block,) = content
    assert (block["type"], block["title"]) == ("document", "d1")


@pytest.mark.parametrize("given", [5, None, {"a": 1}, ["x", 5]])
def test_anything_else_is_the_callers_error(given: object) -> None:
    with pytest.raises(UsageError, match="str or a list of content"):
        InputSpec[str].for_type(str, None).to_content(given)  # type: ignore[arg-type]  # wrong on purpose
