"""The declared return type says what is data, what is a block of the API, and what None means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NewType, Optional

import numpy as np
import pytest
from pydantic import BaseModel, Field, field_serializer
from typing_extensions import TypeAliasType, TypedDict

from agentkit import Agent, Tool, ToolError, UsageError, tool
from agentkit.testing import Reply, script
from agentkit.tools.added_content import added_blocks
from agentkit.tools.declared_result import allows_none, declared_result, names_own_records

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

    class Unseen: ...


pytestmark = pytest.mark.anyio


class Question(TypedDict):
    type: str
    text: str


class Customer(BaseModel):
    name: str = Field(alias="fullName")


@dataclass
class Total:
    count: Annotated[int, Field(alias="n")]


class Stubborn(BaseModel):
    name: str

    @field_serializer("name")
    def refused(self, value: str) -> str:
        raise KeyError(value)


MaybeCustomer = TypeAliasType("MaybeCustomer", Customer | None)
CustomerId = NewType("CustomerId", str)
BLOCKS: list[JSONObject] = [{"type": "text", "text": "Tea."}, {"type": "text", "text": "Milk."}]
EMPTY_INPUT: JSONObject = {"type": "object"}


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Customer | None, True),
        (Optional[int], True),  # noqa: UP045 - as older programs write it
        (Literal["a", None], True),
        (Annotated[str | None, "note"], True),
        (MaybeCustomer, True),
        (None, True),
        (CustomerId, False),
        (str, False),
        (Any, False),
        (list[str | None], False),
    ],
)
def test_none_is_a_value_where_it_is_declared(annotation: object, expected: bool) -> None:
    assert allows_none(annotation) is expected


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (list[Question], True),
        (Question | str, True),
        (dict[str, list[Customer]], True),
        (Total, True),
        (list[dict[str, str]], False),
        (list[Any], False),
        (BaseModel, False),
    ],
)
def test_a_type_names_records_of_the_users_own(annotation: object, expected: bool) -> None:
    assert names_own_records(annotation) is expected


async def test_nothing_found_is_not_done() -> None:
    @tool
    def find() -> Customer | None:
        return None

    @tool
    async def find_count() -> dict[str, Any] | None:
        return None

    @tool
    def find_unseen() -> Unseen | None:
        return None

    @tool
    def forget() -> None:
        return None

    @tool
    def untyped():  # type: ignore[no-untyped-def]
        return None

    def look(given: JSONObject) -> str | None:
        return None

    by_schema = Tool.from_schema("look", "Look.", EMPTY_INPUT, look)
    tools: list[Tool[..., Any]] = [find, find_count, find_unseen, by_schema, forget, untyped]
    assert [await one.call({}) for one in tools] == ["null", "null", "null", "null", "Done.", "Done."]


async def test_rows_that_look_like_blocks_are_data_where_the_type_says_so() -> None:
    @tool
    def typed() -> list[Question]:
        return [{"type": "text", "text": "Tea."}, {"type": "text", "text": "Milk."}]

    @tool
    def plain() -> list[dict[str, str]]:
        return BLOCKS

    @tool
    def with_ids() -> list[dict[str, Any]]:
        return [{**block, "id": n} for n, block in enumerate(BLOCKS)]

    def typed_rows(given: JSONObject) -> Sequence[Question]:
        return [{"type": "text", "text": "Tea."}, {"type": "text", "text": "Milk."}]

    data = '[{"type":"text","text":"Tea."},{"type":"text","text":"Milk."}]'
    assert await typed.call({}) == data
    assert await plain.call({}) == BLOCKS
    assert await with_ids.call({}) == ('[{"type":"text","text":"Tea.","id":0},{"type":"text","text":"Milk.","id":1}]')
    assert await Tool.from_schema("rows", "Rows.", EMPTY_INPUT, typed_rows).call({}) == data
    with pytest.raises(UsageError, match="a block of the type 'text' has no field 'id'"):
        added_blocks(({**BLOCKS[0], "id": 1},))


async def test_rows_of_a_sub_agent_are_data_on_their_way_in_and_out() -> None:
    child = Agent("child", model="claude-haiku-5-5", input=list[Question], output=list[Question])
    parent = Agent("parent", model="claude-haiku-5-5", tools=[child.as_tool()])
    rows = '[{"type":"text","text":"Tea."}]'
    with script(
        Reply.tool("child", input=[{"type": "text", "text": "Tea?"}]),
        Reply.text(f'{{"answer": {rows}}}'),
        Reply.text("done"),
    ) as s:
        result = await parent.run("Go")
    assert '[{"type":"text","text":"Tea?"}]' in str(s.requests[1]["messages"][0]["content"])
    assert result.messages[2]["content"][0]["content"] == rows


async def test_a_sub_agent_that_finds_nothing_says_null() -> None:
    child = Agent("child", model="claude-haiku-5-5", output=Total | None)
    parent = Agent("parent", model="claude-haiku-5-5", tools=[child.as_tool()])
    with script(Reply.tool("child", objective="Count"), Reply.text('{"answer": null}'), Reply.text("done")):
        result = await parent.run("Go")
    assert result.messages[2]["content"][0]["content"] == "null"


async def test_what_only_behaves_as_the_declared_type_is_written_as_it() -> None:
    @tool
    def count() -> int:
        return np.int64(3)  # type: ignore[return-value]

    @tool
    def total() -> Total:
        return Total(np.int64(3))  # type: ignore[arg-type]

    @tool
    def customers() -> Mapping[str, Customer]:
        return MappingProxyType({"a": Customer(fullName="Ada")})

    @tool
    def pages() -> Sequence[int]:
        return range(1, 4)

    assert await count.call({}) == "3"
    assert await total.call({}) in ('{"n":3}', '{"count":3}')
    assert await customers.call({}) == '{"a":{"fullName":"Ada"}}'
    assert await pages.call({}) == "[1,2,3]"


async def test_a_call_whose_result_cannot_be_shown_ran_and_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    ran: list[str] = []

    @tool(effect="idempotent", retries=3)
    def opened() -> object:
        ran.append("opened")
        return {"file": object()}

    @tool(effect="idempotent", retries=3)
    async def stubborn() -> list[Stubborn]:
        ran.append("stubborn")
        return [Stubborn(name="hunter2")]

    agent = Agent("a", model="claude-haiku-5-5", tools=[opened, stubborn])
    with script(Reply.tool("opened") + Reply.tool("stubborn"), Reply.text("x")):
        result = await agent.run("Go")
    assert sorted(ran) == ["opened", "stubborn"]
    first, second = (str(block["content"]) for block in result.messages[2]["content"])
    assert first.startswith("`opened` ran; its result cannot be shown: it holds an object, which has no JSON form.")
    assert second.startswith("`stubborn` ran; its result cannot be shown: a part of it cannot be written.")
    assert "hunter2" not in second
    assert "KeyError: 'hunter2'" in caplog.text  # the developer sees the traceback
    with pytest.raises(ToolError, match="ran; its result"):
        await opened.call({})


async def test_a_generator_is_part_of_the_work() -> None:
    @tool
    def numbers() -> object:
        def steps() -> object:
            yield 1
            raise ToolError("Sold out.")

        return steps()

    with pytest.raises(ToolError, match=r"^Sold out\.$"):
        await numbers.call({})


def test_a_type_that_says_nothing_has_no_serializer() -> None:
    assert declared_result(Any) is None
    assert declared_result(None) is None
    assert declared_result(str) is None
