"""Contract tests for a tool: it has descriptions, accepts its examples, and refuses wrong calls in usable words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import anyio
import pytest

from agentkit.errors import InvalidArguments, ToolError
from agentkit.messages.message import Content, JSONObject, Message, tool_result
from agentkit.simulator.rules import refuse
from agentkit.tools.run_context import RunContext
from agentkit.tools.toolset import AnyTool

_TIMEOUT_S = 60.0
_WRONG_VALUES: tuple[object, ...] = (None, 5, "x", [], {}, True)


@pytest.mark.anyio
class ToolContract:
    """Tests for a tool. Inherit it, and give the fixtures `tool`, `examples`, and `deps` if the tool uses some.

    Calls are really made, also with arguments that are nearly right: give deps that the tool may change.
    """

    @pytest.fixture
    def tool(self) -> AnyTool:
        """The tool under test."""
        raise NotImplementedError("give the contract a fixture `tool`: the tool under test")

    @pytest.fixture
    def examples(self, tool: AnyTool) -> list[JSONObject]:
        """Valid arguments, as the model writes them. The default: those of `@tool(examples=...)`."""
        return [dict(example) for example in tool.examples]

    @pytest.fixture
    def deps(self) -> object:
        """The value of `ctx.deps` in the calls."""
        return None

    async def test_the_api_takes_its_definition(self, tool: AnyTool) -> None:
        """The API accepts its name, its schema, and its strict form if it is declared strict."""
        body = {
            "model": "claude-opus-5-5",
            "max_tokens": 100,
            "messages": [{"role": "user", "content": "Hi"}],
            "tools": [tool.to_param()],
        }
        assert refuse(body) is None

    async def test_it_and_its_parameters_have_descriptions(self, tool: AnyTool) -> None:
        """The tool and each of its parameters have a description: the model knows nothing else of them."""
        assert tool.description.strip(), "the tool has a description"
        properties: Mapping[str, JSONObject] = tool.input_schema.get("properties", {})
        silent = [name for name, schema in properties.items() if not str(schema.get("description", "")).strip()]
        assert silent == [], "every parameter has a description"

    async def test_examples_are_taken(self, tool: AnyTool, examples: list[JSONObject], deps: object) -> None:
        """Each example can be called, and its result can be sent to the model."""
        assert examples, "there is at least one example: @tool(examples=[...]) or the fixture `examples`"
        for example in examples:
            content = await _call_tool(tool, example, deps)
            assert Message.of("user", [tool_result("toolu_1", content)]).encoded

    async def test_what_does_not_fit_is_refused_in_words(
        self, tool: AnyTool, examples: list[JSONObject], deps: object
    ) -> None:
        """A wrong call is accepted after all, or refused by InvalidArguments or ToolError and nothing else."""
        for example in examples:
            for wrong in _wrong_arguments(example):
                said = await _refusal_text(tool, wrong, deps)
                assert "Traceback" not in said, f"{wrong}: the model reads a traceback"
                assert 'File "' not in said, f"{wrong}: the model reads a path"
                assert said.strip(), f"{wrong}: the model reads nothing"

    async def test_what_is_missing_and_what_is_unknown_is_named(
        self, tool: AnyTool, examples: list[JSONObject], deps: object
    ) -> None:
        """A call without a required argument is refused, and the text names the argument."""
        required: list[str] = tool.input_schema.get("required", [])
        for example in examples:
            for name in required:
                rest = {key: value for key, value in example.items() if key != name}
                with pytest.raises(InvalidArguments, match=name):
                    await _call_tool(tool, rest, deps)

    async def test_a_call_can_be_cancelled(self, tool: AnyTool, examples: list[JSONObject], deps: object) -> None:
        """A cancelled call ends soon, and the tool can be called again."""
        for example in examples[:1]:
            began_s = anyio.current_time()
            with anyio.CancelScope() as scope:
                scope.cancel()
                await _call_tool(tool, example, deps)
            assert anyio.current_time() - began_s < _TIMEOUT_S, "a cancelled call ends soon"
            await _call_tool(tool, example, deps)


async def _call_tool(tool: AnyTool, given: JSONObject, deps: object) -> Content:
    with anyio.fail_after(_TIMEOUT_S):
        return await tool.call(given, RunContext(deps=deps, call_id="toolu_1"))


async def _refusal_text(tool: AnyTool, given: JSONObject, deps: object) -> str:
    """Return the text that the model gets when a call is refused."""
    try:
        await _call_tool(tool, given, deps)
    except (InvalidArguments, ToolError) as error:
        return str(error)
    return "taken after all"


def _wrong_arguments(example: JSONObject) -> Iterator[JSONObject]:
    """Yield the example with one mistake in it: a value of another type at any depth, or an unknown key."""
    yield {**example, "no_such_argument": 1}
    for name, value in example.items():
        for wrong in _WRONG_VALUES:
            if wrong != value:
                yield {**example, name: wrong}
        inner: list[object] = cast("list[object]", value) if isinstance(value, list) else [value]
        for part in inner:
            if isinstance(part, dict):
                for changed in _wrong_arguments(cast("JSONObject", part)):
                    yield {**example, name: [changed] if isinstance(value, list) else changed}
