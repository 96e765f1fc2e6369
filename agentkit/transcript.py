"""A conversation's content: the prefix that never changes, and the messages that are only ever appended."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from agentkit.errors import ModelError
from agentkit.messages import AssistantTurn, JSONObject, Message, Prefix
from agentkit.schema.strict import Candidate, plan_strict

if TYPE_CHECKING:
    from agentkit.context import RunContext
    from agentkit.spec import AgentSpec
    from agentkit.steps import Steps
    from agentkit.toolset import AnyTool

Deps = TypeVar("Deps")
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(slots=True)
class Transcript:
    """What was said, with its own system prompt and tools."""

    prefix: Prefix
    tools: Mapping[str, AnyTool]
    """The tools that the model was given and we run, by name."""
    answer_format: JSONObject | None = None
    """The `output_config.format` of every request. None: the answer is text, or comes by the answer tool."""
    answers_by_tool: bool = False
    messages: list[Message] = field(default_factory=list[Message])
    unknown_delta: str | None = None
    """A kind of delta in an earlier turn that we could not put together again."""

    @property
    def has_tools(self) -> bool:
        """Whether the model may call anything but the answer tool."""
        return len(self.prefix.tools) > self.answers_by_tool

    def append(self, message: Message) -> None:
        """Add a message at the tail."""
        self.messages.append(message)

    def append_turn(self, turn: AssistantTurn) -> None:
        """Add the model's turn as it came."""
        self.unknown_delta = self.unknown_delta or turn.unknown_delta
        self.messages.append(turn.message())

    def check_echo(self) -> None:
        """Raise ModelError when an earlier turn cannot go back exactly as it came."""
        if self.unknown_delta is not None:
            raise ModelError(
                f"An earlier reply had a kind of delta that this version does not know ({self.unknown_delta!r}), so "
                "the conversation cannot be sent again as it was.",
                kind="protocol_error",
            )


async def open_transcript(spec: AgentSpec[Deps, In, Out], ctx: RunContext[Deps], steps: Steps) -> Transcript:
    """Render the system prompt and the tools of a new conversation, once: it is a step, so a replay has the same."""

    async def effect() -> JSONObject:
        return {"system": await _instructions(spec, ctx) or None, **_tools_and_answer(spec, ctx)}

    rendered = await steps.run(steps.reserve("prefix"), effect)
    given = {param["name"] for param in rendered["tools"]}
    return Transcript(
        Prefix.of(rendered["system"], rendered["tools"]),
        {name: tool for name, tool in spec.toolbox.tools.items() if name in given},
        rendered["answer_format"],
        rendered["answers_by_tool"],
    )


async def _instructions(spec: AgentSpec[Deps, In, Out], ctx: RunContext[Deps]) -> str:
    if isinstance(spec.instructions, str):
        return spec.instructions
    text = spec.instructions(ctx)
    return await text if inspect.isawaitable(text) else text


def _tools_and_answer(spec: AgentSpec[Deps, In, Out], ctx: RunContext[Deps]) -> JSONObject:
    answer = spec.answer
    as_format = None if answer.is_text else answer.strict_schema
    if as_format is not None and not plan_strict([Candidate("output", as_format, wanted=True)]).strict:
        as_format = None
    tools = [
        tool
        for tool in spec.toolbox.tools.values()
        if tool.available is None or tool.available(cast("RunContext[object]", ctx))
    ]
    plan = plan_strict([Candidate(tool.name, tool.input_schema, tool.strict) for tool in tools], as_format)
    params = [tool.to_param(strict=tool.name in plan.strict) for tool in tools]
    by_tool = not answer.is_text and as_format is None
    return {
        "tools": [*params, *spec.toolbox.api_tools, *([answer.tool_param()] if by_tool else [])],
        "answer_format": None if as_format is None else {"type": "json_schema", "schema": as_format},
        "answers_by_tool": by_tool,
    }
