"""What a tool does when it is called, by a function's own parameters or by a JSON Schema from elsewhere."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import anyio
import anyio.lowlevel
import pytest
from pydantic import BaseModel, Field

from agentkit import DefinitionError, InvalidArguments, RunContext, Tool, UsageError, tool
from agentkit.messages.message import Content, JSONObject
from agentkit.tools.body import FunctionBody, SchemaBody

ANY_OBJECT: JSONObject = {"type": "object"}
pytestmark = pytest.mark.anyio


class Animal(BaseModel):
    name: str


class Dog(Animal):
    secret: str = "bone"


@dataclass
class Receipt:
    number: Annotated[int, Field(alias="no")]
    internal: Annotated[str, Field(exclude=True)] = "x"


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def blocking(function: Callable[..., Awaitable[str]]) -> Callable[..., str]:
    """A sync wrapper that runs an event loop of its own."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> str:
        async def run() -> str:
            return await function(*args, **kwargs)

        return asyncio.run(run())

    return wrapper


class TestWhereAFunctionRuns:
    async def test_an_async_one_on_the_event_loops_thread(self) -> None:
        @tool
        async def where() -> str:
            return threading.current_thread().name

        assert await where.call({}) == threading.current_thread().name

    async def test_a_sync_one_in_a_thread(self) -> None:
        @tool
        def where() -> str:
            return threading.current_thread().name

        assert str(await where.call({})).endswith(".<locals>.where")

    async def test_a_sync_wrapper_of_an_async_one_is_awaited(self) -> None:
        @tool
        @logged
        async def find(words: list[str]) -> str:
            await anyio.lowlevel.checkpoint()
            return " ".join(words)

        assert await find.call({"words": ["tea", "cup"]}) == "tea cup"

    async def test_a_wrapper_may_run_an_event_loop_of_its_own(self) -> None:
        @tool
        @blocking
        async def find(word: str) -> str:
            await anyio.lowlevel.checkpoint()
            return word

        assert await find.call({"word": "tea"}) == "tea"

    async def test_a_partial_of_an_async_one_and_an_async_callable_object(self) -> None:
        async def find(word: str, limit: int) -> str:
            return f"{word} {limit}"

        class Finder:
            async def __call__(self, word: str) -> str:
                return word

        assert await tool(functools.partial(find, limit=3)).call({"word": "tea"}) == "tea 3"
        assert await tool(Finder(), name="find").call({"word": "tea"}) == "tea"


class TestTheDeclaredResult:
    async def test_names_and_fields_are_those_of_the_declared_type(self) -> None:
        @tool
        def receipt() -> Receipt:
            return Receipt(number=3)

        @tool
        async def animals() -> list[Animal]:
            return [Dog(name="Rex")]

        assert await receipt.call({}) == '{"no":3}'
        assert await animals.call({}) == '[{"name":"Rex"}]'

    async def test_a_type_that_promises_nothing_leaves_nothing_out(self) -> None:
        @tool
        def anything() -> BaseModel:
            return Dog(name="Rex")

        @tool
        def things() -> list[Any]:
            return [Dog(name="Rex")]

        assert await anything.call({}) == '{"name":"Rex","secret":"bone"}'
        assert await things.call({}) == '[{"name":"Rex","secret":"bone"}]'

    async def test_a_value_of_another_type_is_written_as_it_is(self) -> None:
        @tool
        def wrong() -> Animal:
            return 5  # type: ignore[return-value]  # what it is about

        assert await wrong.call({}) == "5"

    async def test_numbers_that_json_lacks_are_words_and_generators_are_read(self) -> None:
        @tool
        def numbers() -> Iterable[float]:
            return (number for number in (1.5, float("nan"), float("-inf")))

        assert await numbers.call({}) == '[1.5,"NaN","-Infinity"]'

    async def test_blocks_stay_blocks_whatever_is_declared(self) -> None:
        block = {"type": "text", "text": "x"}

        @tool
        def blocks() -> list[dict[str, str]]:
            return [block]

        assert await blocks.call({}) == [block]


class TestTheContext:
    async def test_it_is_left_out_or_none_where_that_is_allowed(self) -> None:
        @tool
        def by_default(ctx: RunContext[int] | None = None) -> str:
            return str(ctx)

        @tool
        def by_type(ctx: RunContext[int] | None) -> str:
            return str(ctx)

        assert await by_default.call({}) == await by_type.call({}) == "None"

    async def test_it_is_passed_whenever_there_is_one(self) -> None:
        @tool
        def deps(ctx: RunContext[int] | None = None) -> int:
            assert ctx is not None
            return ctx.deps

        assert await deps.call({}, RunContext(deps=3)) == "3"


def echo(given: dict[str, object]) -> dict[str, object]:
    return given


def with_deps(ctx: RunContext[int], given: dict[str, object]) -> str:
    return f"{ctx.deps} {given}"


def with_deps_last(given: dict[str, object], ctx: RunContext[int]) -> str:
    return f"{ctx.deps} {given}"


async def unannotated(ctx: Any, given: Any) -> str:
    return f"{ctx.deps} {given}"


def with_default(given: dict[str, object], verbose: bool = False) -> bool:
    return verbose


def any_number(*given: dict[str, object]) -> int:
    return len(given)


class TestAToolFromASchema:
    @pytest.mark.parametrize(
        ("function", "content"),
        [
            (echo, '{"a":1}'),
            (with_deps, "3 {'a': 1}"),
            (with_deps_last, "3 {'a': 1}"),
            (unannotated, "3 {'a': 1}"),
            (with_default, "false"),
            (any_number, "1"),
        ],
    )
    async def test_its_function_gets_the_dict_and_the_context_if_it_takes_two(
        self, function: Callable[..., object], content: Content
    ) -> None:
        made = Tool.from_schema("made", "", ANY_OBJECT, function)
        assert await made.call({"a": 1}, RunContext(deps=3)) == content

    async def test_without_the_context_it_needs_it_says_so(self) -> None:
        with pytest.raises(UsageError, match="RunContext"):
            await Tool.from_schema("made", "", ANY_OBJECT, with_deps).call({})

    @pytest.mark.parametrize("function", [lambda: 1, lambda a, b, c: 1, lambda a, *, b: 1, max, 5, None])
    def test_a_function_that_takes_anything_else_is_refused(self, function: Any) -> None:
        with pytest.raises(DefinitionError, match=r"Tool.from_schema\('made'\)"):
            Tool.from_schema("made", "", ANY_OBJECT, function)

    def test_a_generator_is_refused(self) -> None:
        def pages(given: object) -> Iterable[int]:
            yield 1

        with pytest.raises(DefinitionError, match="generator"):
            Tool.from_schema("made", "", ANY_OBJECT, pages)

    @pytest.mark.parametrize(
        "schema", [True, [], {"type": "array"}, {"type": ["object"]}, {}, {"type": "object", "$ref": "#/nowhere"}]
    )
    def test_a_schema_that_the_api_or_we_cannot_use_is_refused(self, schema: Any) -> None:
        with pytest.raises(DefinitionError, match=r"Tool.from_schema\('made'\): input_schema"):
            Tool.from_schema("made", "", schema, echo)

    async def test_the_callers_schema_is_neither_changed_nor_kept(self) -> None:
        schema: JSONObject = {"type": "object", "properties": {"a": {"type": "integer"}}}
        made = Tool.from_schema("made", "", schema, echo)
        made.to_param()["input_schema"]["properties"].clear()
        schema["properties"]["a"]["type"] = "string"
        assert made.to_param()["input_schema"]["properties"] == {"a": {"type": "integer"}}
        with pytest.raises(InvalidArguments):
            await made.call({"a": "x"})

    async def test_it_takes_the_keywords_of_tool(self) -> None:
        made = Tool.from_schema("made", " Doc. ", ANY_OBJECT, echo, effect="read", examples=[{"a": 1}])
        assert (made.effect, made.description, made.to_param()["input_examples"]) == ("read", "Doc.", [{"a": 1}])


def test_a_function_keeps_only_the_names_that_it_still_waits_for() -> None:
    def find(item: Later) -> str:  # type: ignore[name-defined]  # noqa: F821 - what it is about
        return ""

    body = FunctionBody(find, {"Late": int, "other": object()})
    assert body.has_unresolved_types
    assert body.names == {"Late": int}  # `Later` has it inside: one too many is kept rather than one too few
    assert FunctionBody(echo, {"other": object()}).names == {}


def test_a_schema_body_never_waits() -> None:
    assert not SchemaBody(ANY_OBJECT, echo).has_unresolved_types
