"""Tools that come as JSON Schema: `Tool.from_schema`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio.lowlevel
import pytest

from agentkit import DefinitionError, InvalidArguments, RunContext, Tool, UsageError
from agentkit.messages.message import JSONObject

SCHEMA: JSONObject = {
    "type": "object",
    "properties": {"words": {"type": "array", "items": {"$ref": "#/$defs/Word"}}, "limit": {"type": "integer"}},
    "required": ["words"],
    "$defs": {"Word": {"type": "string", "minLength": 1}},
}


@dataclass
class Shop:
    name: str


def from_schema(function: Callable[..., object], schema: JSONObject = SCHEMA, **options: Any) -> Tool[..., object]:
    return Tool.from_schema("find", "Find.", schema, function, **options)


@pytest.mark.anyio
async def test_the_function_gets_one_dict_sync_or_async_with_or_without_context() -> None:
    ctx = RunContext(deps=Shop("Corner"))

    def plain(given: JSONObject) -> str:
        return ",".join(given["words"])

    async def plain_async(given: JSONObject) -> str:
        await anyio.lowlevel.checkpoint()
        return plain(given)

    def with_context(ctx: RunContext[Shop], given: JSONObject) -> str:
        return f"{ctx.deps.name}: {plain(given)}"

    async def with_context_async(ctx: RunContext[Shop], given: JSONObject) -> str:
        return with_context(ctx, given)

    for function in (plain, plain_async):
        assert await from_schema(function).call({"words": ["a", "b"]}) == "a,b"
    for needy in (with_context, with_context_async):
        assert await from_schema(needy).call({"words": ["a"]}, ctx) == "Corner: a"
        with pytest.raises(UsageError, match="takes a RunContext"):
            await from_schema(needy).call({"words": ["a"]})


@pytest.mark.anyio
async def test_arguments_are_checked_and_nothing_runs_when_they_do_not_fit() -> None:
    ran: list[JSONObject] = []
    made = from_schema(ran.append)
    with pytest.raises(InvalidArguments) as caught:
        await made.call({"words": ["", 1], "limit": "3"})
    assert str(caught.value).splitlines()[1:] == [
        '- words[0]: expected at least 1 character, got ""',
        "- words[1]: expected a string, got 1",
        '- limit: expected an integer, got "3"',
    ]
    assert ran == []
    await made.call({"words": '["a"]', "anything": "else"})
    assert ran == [{"words": ["a"], "anything": "else"}]


@pytest.mark.anyio
async def test_the_callers_schema_is_never_changed_and_never_shared() -> None:
    schema = copy.deepcopy(SCHEMA)
    made = from_schema(lambda given: given, schema, strict=False)
    made.to_param()["input_schema"]["properties"].clear()
    assert schema == SCHEMA
    schema["properties"].clear()
    assert made.to_param()["input_schema"] == SCHEMA
    with pytest.raises(InvalidArguments):
        await made.call({"words": 5})


def test_it_takes_the_keywords_of_tool() -> None:
    closed = {**SCHEMA, "additionalProperties": False}
    made = from_schema(
        lambda given: given, closed, effect="read", timeout_s=3, strict=True, examples=[{"words": ["a"]}]
    )
    assert (made.effect, made.timeout_s) == ("read", 3)
    param = made.to_param()
    assert (param["name"], param["description"], param["strict"]) == ("find", "Find.", True)
    assert param["input_examples"] == [{"words": ["a"]}]
    with pytest.raises(DefinitionError, match=r"an example does not fit[^$]*words: missing"):
        from_schema(lambda given: given, examples=[{}])


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "array"}, "object"),
        ({"properties": {}}, "object"),
        ({"type": "obj"}, "not a JSON Schema"),
        ({"type": "object", "properties": {"a": {"type": 5}}}, "not a JSON Schema"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/Nowhere"}}}, "#/\\$defs/Nowhere"),
        ({"type": "object", "properties": {"a": {"$ref": "https://example.org/a.json"}}}, "example.org"),
        ({"type": "object", "properties": {"a": {1, 2}}}, "JSON"),
        ([], "JSON Schema|object"),
    ],
)
def test_a_schema_that_cannot_work_is_refused_by_name(schema: Any, said: str) -> None:
    with pytest.raises(DefinitionError, match=said) as caught:
        from_schema(lambda given: given, schema)
    assert "'find'" in str(caught.value)


@pytest.mark.parametrize("function", [lambda: 1, lambda a, b, c: 1, 5, lambda *, given: 1], ids=range(4))
def test_a_function_that_takes_something_else_is_refused(function: Any) -> None:
    with pytest.raises(DefinitionError, match=r"\(ctx, input\)|not a function"):
        from_schema(function)


def test_a_bad_name_is_refused() -> None:
    with pytest.raises(DefinitionError, match="find items"):
        Tool.from_schema("find items", "Find.", SCHEMA, lambda given: given)
