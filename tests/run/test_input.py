"""What a run is given becomes the content of its first message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from anthropic.types import TextBlock
from typing_extensions import TypedDict

from agentkit import Document, Image, UsageError
from agentkit.messages.message import text_block
from agentkit.run.input import InputSpec, Part
from tests.pictures import png


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


IMAGE = Image(png(), "image/png")


@pytest.mark.parametrize("given", ["", " \n", [], [""], ["", {"type": "text", "text": "\t"}]])
def test_a_blank_prompt_is_the_callers_error(given: str | list[Part]) -> None:
    with pytest.raises(UsageError, match="The prompt is blank"):
        InputSpec[str].for_type(str, None).to_content(given)
    with pytest.raises(UsageError, match="What `render` gave is blank"):
        InputSpec[Order].for_type(Order, lambda order: given).to_content(Order("tea", 1))


def test_what_no_request_can_carry_has_no_digest() -> None:
    for spec, given in (
        (InputSpec[Any].for_type(str, None), "\ud800"),
        (InputSpec[Any].for_type(Order, None), Order("\ud800", 2)),
    ):
        with pytest.raises(UsageError, match="half of a surrogate pair"):
            spec.digest(given)


def test_a_byte_order_mark_is_no_part_of_a_prompt() -> None:
    assert InputSpec.for_type(str, None).to_content("\ufefftea") == "tea"
    with pytest.raises(UsageError, match="The prompt is blank"):
        InputSpec.for_type(str, None).to_content("\ufeff \n")


def test_an_empty_text_beside_others_is_left_out_and_a_blank_one_is_not() -> None:
    assert InputSpec[str].for_type(str, None).to_content(["", IMAGE, "\n"]) == [IMAGE.to_block(), text_block("\n")]


def test_a_typed_input_may_be_an_empty_list() -> None:
    assert InputSpec[list[int]].for_type(list[int], None).to_content([]) == "[]"


def test_blocks_of_the_sdk_are_taken() -> None:
    given: list[Any] = [TextBlock(type="text", text="Read this.", citations=None), "And answer."]
    content = InputSpec[str].for_type(str, None).to_content(given)
    assert content == [{"type": "text", "text": "Read this.", "citations": None}, text_block("And answer.")]


ROLES: list[Any] = [
    [{"role": "user", "content": "Hi"}],
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [text_block("Hi")]}],
    {"role": "user", "content": "Hi"},
    ({"role": "user", "content": "Hi"},),
    ["Hi", {"role": "assistant", "content": "Ho"}],
    [{"type": "user", "content": "Hi"}, {"type": "assistant", "content": "Ho"}],
    [{"type": "human", "content": "Hi"}],
    {"messages": [{"role": "user", "content": "Hi"}]},
]


class Line(TypedDict):
    role: str
    content: str


def test_a_declared_type_may_look_like_messages() -> None:
    rows: Any = [{"role": "user", "content": "Hi"}]
    assert InputSpec[Any].for_type(list[Line], None).to_content(rows) == '[{"role":"user","content":"Hi"}]'
    assert InputSpec[Any].for_type(list[Line], lambda lines: lines[0]["content"]).to_content(rows) == "Hi"
    with pytest.raises(UsageError, match="not messages with roles"):
        InputSpec[Any].for_type(Order, lambda order: order.item).to_content(rows)


@pytest.mark.parametrize("prompt", ROLES)
@pytest.mark.parametrize("input_type", [str, Order])
def test_messages_with_roles_are_no_prompt(prompt: Any, input_type: type[Any]) -> None:
    with pytest.raises(UsageError, match=r"`agent.conversation\(messages\[:-1\]\).send\("):
        InputSpec[Any].for_type(input_type, None).to_content(prompt)


@pytest.mark.parametrize("prompt", [None, 5, b"x", ("tea", 2), {"item": "tea"}, [5], object()])
def test_a_value_of_another_type_is_no_typed_input(prompt: Any) -> None:
    with pytest.raises(UsageError, match="neither text nor a value of the input type Order"):
        InputSpec[Any].for_type(Order, None).to_content(prompt)


def test_what_has_the_form_of_the_type_is_a_typed_input() -> None:
    given: Any = {"item": "tea", "count": 2}
    assert InputSpec[Any].for_type(Order, None).to_content(given) == '{"item":"tea","count":2}'
    assert InputSpec[Any].for_type(list[int], None).to_content([1, 2]) == "[1,2]"
    assert InputSpec[Any].for_type(str, None).to_content(("Hi", text_block("Ho"))) == [
        text_block("Hi"),
        text_block("Ho"),
    ]
