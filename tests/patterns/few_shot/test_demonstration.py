"""One example: what it takes, what it makes of values, and that it can always be sent."""

from __future__ import annotations

import dataclasses
import json
import pickle
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from agentkit import Agent, Document, File, Image
from agentkit.errors import UsageError
from agentkit.messages.message import encode
from agentkit.patterns.few_shot.demonstration import (
    Demonstration,
    demonstration_from,
    demonstration_of_pair,
    input_text,
)
from agentkit.testing import Reply, script
from tests.pictures import png


class Line(BaseModel):
    item: str = Field(alias="Item")
    price: Decimal


class Order(BaseModel):
    day: date
    lines: list[Line]


@dataclass
class Total:
    euros: float
    names: list[str]


ORDER = Order(day=date(2026, 5, 1), lines=[Line(Item="t\u00e9 \u201cgreen\u201d", price=Decimal("4.10"))])


@pytest.mark.parametrize(
    ("output", "value"), [(Total, Total(4.1, ["tea"])), (int, 4), (list[int], [4, 5]), (Order, ORDER)]
)
@pytest.mark.anyio
async def test_a_value_is_written_as_the_agent_sends_and_answers_it(output: Any, value: Any) -> None:
    example = demonstration_from((ORDER, value))
    agent = Agent("adder", model="claude-haiku-5-5", input=Order, output=output)
    with script(Reply.text(example.output)) as api:
        result = await agent.run(ORDER)
    assert api.requests[0]["messages"][0]["content"] == example.input
    assert result.output == value


def test_an_example_is_taken_from_texts_documents_and_pairs() -> None:
    assert demonstration_from("An essay.\r\n\n") == Demonstration("An essay.")
    assert demonstration_from(Document("tea", "On tea.")) == Demonstration("On tea.", name="tea")
    pair = demonstration_from((Document("talk", "We met."), "They met."))
    assert (pair.name, pair.output, "We met." in pair.input) == ("talk", "They met.", True)
    assert pair.messages()[0]["content"] == [Document("talk", "We met.").to_block()]
    seen = demonstration_of_pair(["What is it?", Image.of(png(1, 1))], "A dot")
    assert [block["type"] for block in seen.messages()[0]["content"]] == ["text", "image"]
    assert demonstration_from(seen) is seen


def test_the_text_of_an_input_is_that_of_its_content() -> None:
    block = Document("talk", "We met.").to_block()
    picture: Any = Image.of(png(1, 1)).to_block()
    assert input_text(["Write of", block, picture, {"type": "text"}, {"type": "text", "text": "that"}]) == (
        "Write of\nWe met.\nthat"
    )
    assert input_text({"type": "essay", "on": "tea"}) == '{"type":"essay","on":"tea"}'
    assert input_text(Image.of(png(1, 1))) == ""


@pytest.mark.parametrize(
    "bad",
    ["  \n", ("", "x"), ("x", " "), (" ", "x"), ("a", "b", "c"), b"x", None, object(), Image.of(png(1, 1)),
     ([Image.of(png(1, 1)), 4], "x"), ([File(b" ", "text/plain")][:0], "")],
)  # fmt: skip
def test_what_is_blank_or_no_example_is_refused(bad: object) -> None:
    with pytest.raises(UsageError, match=r"example|Demonstration"):
        demonstration_from(bad)


@given(st.text(st.characters()), st.text(st.characters()))
def test_whatever_a_text_holds_it_can_be_sent_pickled_and_does_not_change(given: str, output: str) -> None:
    try:
        example = demonstration_of_pair(given, output, "name")
    except UsageError:
        return
    assert encode(example.messages())
    assert "\r" not in example.output
    assert pickle.loads(pickle.dumps(example)) == example
    assert Demonstration(example.output, example.input, "other").digest == example.digest
    with pytest.raises(dataclasses.FrozenInstanceError):
        example.output = "x"  # type: ignore[misc]
    example.messages()[0]["content"] = "changed"
    assert "changed" not in json.dumps(example.messages())
