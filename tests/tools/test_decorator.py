"""`@tool` and what it makes: the callable itself, what the API gets, a call as the model makes it."""

from __future__ import annotations

import copy
import functools
import inspect
import threading
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from agentkit import DefinitionError, InvalidArguments, RunContext, Tool, ToolError, UsageError, tool
from agentkit.messages.message import JSONObject


@tool
def add(a: int, b: int = 1) -> int:
    """Add two numbers.

    Use it for small numbers.

    Args:
        a: The first.
        b: The second.
    """
    return a + b


@tool
async def add_async(a: int, b: int = 1) -> int:
    await anyio.lowlevel.checkpoint()
    return a + b


@dataclass
class Shop:
    name: str


def refusal(make: Any, *args: object, **keywords: object) -> str:
    with pytest.raises(DefinitionError) as caught:
        make(*args, **keywords)
    return str(caught.value)


def noop() -> None:
    """Do nothing."""


class TestACallable:
    def test_a_tool_is_still_its_function(self) -> None:
        assert add(2, b=3) == 5
        assert add.function(2) == 3

    @pytest.mark.anyio
    async def test_an_async_tool_is_awaited(self) -> None:
        assert await add_async(2, b=3) == 5

    def test_it_looks_like_its_function(self) -> None:
        assert inspect.signature(add) == inspect.signature(add.function)
        assert add.__doc__ == add.function.__doc__
        assert getattr(add, "__name__", "") == "add"
        assert repr(add) == "Tool('add')"


class TestWhatTheApiGets:
    def test_name_description_and_schema(self) -> None:
        assert add.to_param() == {
            "name": "add",
            "description": "Add two numbers.\n\nUse it for small numbers.",
            "input_schema": {
                "type": "object",
                "properties": {
                    "a": {"type": "integer", "description": "The first."},
                    "b": {"type": "integer", "description": "The second.", "default": 1},
                },
                "required": ["a"],
                "additionalProperties": False,
            },
        }
        assert add.input_schema == add.to_param()["input_schema"]

    def test_no_description_is_left_out(self) -> None:
        assert "description" not in add_async.to_param()

    def test_a_name_and_a_description_may_be_given(self) -> None:
        param = tool(name="sum-2", description="Sum.")(add.function).to_param()
        assert (param["name"], param["description"]) == ("sum-2", "Sum.")

    def test_it_is_another_copy_each_time(self) -> None:
        param = add.to_param()
        param["input_schema"]["properties"].clear()
        assert add.to_param()["input_schema"]["properties"]

    def test_strict_is_as_the_decorator_says_and_as_the_caller_overrides(self) -> None:
        strict = tool(strict=True)(add.function)
        loose = tool(strict=False)(add.function)
        assert strict.to_param()["strict"] is True
        assert "strict" not in strict.to_param(strict=False)
        assert "strict" not in loose.to_param()
        assert loose.to_param(strict=True)["strict"] is True
        assert "strict" not in add.to_param()

    def test_strict_on_a_type_without_strict_form_is_refused_with_the_reason(self) -> None:
        def count(words: dict[str, int]) -> int:
            return len(words)

        assert "its keys are not named" in refusal(tool(strict=True), count)
        assert "its keys are not named" in refusal(tool(count).to_param, strict=True)
        assert __file__ in refusal(tool(count).to_param, strict=True)


class TestKeywords:
    def test_what_is_not_given_has_its_default(self) -> None:
        assert (add.declared_effect, add.effect) == (None, "write")
        assert (add.timeout_s, add.raises, add.strict, add.examples) == (None, (), None, ())
        assert (add.max_result_tokens, add.available, add.exclusive) == (None, None, False)
        assert add.is_agent is False

    def test_what_is_given_is_there(self) -> None:
        def always(ctx: RunContext[object]) -> bool:
            return ctx.attempt == 1

        made = tool(
            effect="read",
            timeout_s=0.5,
            retries=2,
            raises=(LookupError,),
            strict=True,
            examples=[{"a": 1}],
            max_result_tokens=10,
            available=always,
            exclusive=True,
        )(add.function)
        assert (made.declared_effect, made.effect, made.timeout_s, made.raises) == ("read", "read", 0.5, (LookupError,))
        assert (made.strict, made.examples, made.max_result_tokens) == (True, ({"a": 1},), 10)
        assert (made.available, made.exclusive, made.retries) == (always, True, 2)

    @pytest.mark.parametrize("keyword", ["needs_approval", "untrusted", "bogus"])
    def test_nothing_is_accepted_that_does_nothing(self, keyword: str) -> None:
        options: dict[str, Any] = {keyword: True}
        assert f"takes no option `{keyword}`" in refusal(tool(**options), noop)
        assert keyword in refusal(Tool.from_schema, "a", "A.", {"type": "object"}, repr, **options)

    @pytest.mark.parametrize(
        ("keyword", "value"),
        [
            ("effect", "maybe"),
            ("timeout_s", 0),
            ("timeout_s", -1),
            ("timeout_s", "20"),
            ("timeout_s", True),
            ("raises", LookupError),
            ("raises", ("LookupError",)),
            ("raises", (BaseException,)),
            ("max_result_tokens", 0),
            ("max_result_tokens", 0.5),
            ("strict", "yes"),
            ("exclusive", 1),
            ("available", True),
            ("examples", {"a": 1}),
            ("examples", [1]),
        ],
    )
    def test_a_value_that_cannot_work_is_refused_with_the_place(self, keyword: str, value: object) -> None:
        options: dict[str, Any] = {keyword: value}
        said = refusal(tool(**options), noop)
        assert f"{keyword}={value!r}" in said
        assert f"{__file__}:{inspect.getsourcelines(noop)[1]}" in said
        assert keyword in refusal(Tool.from_schema, "a", "A.", {"type": "object"}, repr, **options)

    def test_examples_that_do_not_validate_are_refused_with_the_problem(self) -> None:
        said = refusal(tool(examples=[{"a": 1}, {"a": "1", "c": 2}]), add.function)
        assert 'a: expected an integer, got "1"' in said
        assert "c: unknown key" in said
        assert __file__ in said

    def test_examples_are_shown_to_the_model_and_are_the_tools_own(self) -> None:
        example: dict[str, Any] = {"words": ["tea"]}

        def find(words: list[str]) -> None: ...

        made = tool(examples=[example])(find)
        example["words"].append("x")
        made.to_param()["input_examples"][0]["words"].append("y")
        assert made.to_param()["input_examples"] == [{"words": ["tea"]}]


class TestWhatIsNoTool:
    @pytest.mark.parametrize("given", [3, "find", Shop, print, max, type])
    def test_only_functions_are_tools(self, given: Any) -> None:
        assert repr(given) in refusal(tool, given) or given.__name__ in refusal(tool, given)

    def test_a_tool_is_one_already(self) -> None:
        assert "already" in refusal(tool, add)

    def test_a_generator_has_no_one_result(self) -> None:
        def some(n: int) -> Any:
            yield n

        async def some_async(n: int) -> Any:
            yield n

        assert "return a list instead" in refusal(tool, some)
        assert "return a list instead" in refusal(tool, some_async)
        assert "return a list instead" in refusal(tool, functools.partial(some))


class TestACallAsTheModelMakesIt:
    @pytest.mark.anyio
    @pytest.mark.parametrize("adding", [add, add_async], ids=["sync", "async"])
    async def test_a_dict_goes_in_and_content_comes_out(self, adding: Tool[..., Any]) -> None:
        assert await adding.call({"a": 2, "b": 3}) == "5"
        with pytest.raises(InvalidArguments, match="Nothing was executed"):
            await adding.call({"a": "2"})

    @pytest.mark.anyio
    async def test_what_is_given_is_not_changed(self) -> None:
        @tool
        def change(items: list[list[int]]) -> str:
            items[0].append(1)
            return str(items)

        given: JSONObject = {"items": "[[0]]"}
        before = copy.deepcopy(given)
        assert await change.call(given) == "[[0, 1]]"
        assert given == before

    @pytest.mark.anyio
    @pytest.mark.parametrize("given", [[1], None, "x", 5])
    async def test_what_is_no_object_is_invalid(self, given: Any) -> None:
        with pytest.raises(InvalidArguments, match="expected an object"):
            await add.call(given)

    @pytest.mark.anyio
    @pytest.mark.parametrize("error", [ToolError("no"), LookupError("x"), StopAsyncIteration(), SystemExit(1)])
    async def test_whatever_the_function_raises_passes(self, error: BaseException) -> None:
        @tool
        async def fail() -> None:
            raise error

        with pytest.raises((type(error), RuntimeError)) as caught:
            await fail.call({})
        assert error in (caught.value, caught.value.__cause__)

    @pytest.mark.anyio
    async def test_a_sync_tool_runs_in_a_daemon_thread(self) -> None:
        threads: list[threading.Thread] = []

        @tool
        def where() -> None:
            threads.append(threading.current_thread())

        assert await where.call({}) == "Done."
        assert threads[0] is not threading.current_thread()
        assert threads[0].daemon

    @pytest.mark.anyio
    async def test_a_cancelled_call_of_a_sync_tool_leaves_at_once(self) -> None:
        release = threading.Event()

        @tool
        def hang() -> None:
            release.wait()

        try:
            with anyio.move_on_after(0.05) as scope, anyio.fail_after(20):
                await hang.call({})
            assert scope.cancelled_caught
        finally:
            release.set()

    @pytest.mark.anyio
    async def test_a_long_result_is_clipped_as_the_tool_says(self) -> None:
        @tool(max_result_tokens=20)
        def much() -> str:
            return "x" * 1000

        assert "narrow the call" in await much.call({})

    @pytest.mark.anyio
    async def test_a_tool_that_needs_the_context_says_so(self) -> None:
        @tool
        def greet(name: str, ctx: RunContext[Shop]) -> str:
            return f"{ctx.deps.name} greets {name}"

        with pytest.raises(UsageError, match="'greet' takes a RunContext"):
            await greet.call({"name": "Ada"})
        bare: Any = Shop("Corner")
        with pytest.raises(UsageError, match=r"RunContext\(deps="):
            await greet.call({"name": "Ada"}, bare)
        assert await greet.call({"name": "Ada"}, RunContext(deps=Shop("Corner"))) == "Corner greets Ada"
        assert list(greet.input_schema["properties"]) == ["name"]
