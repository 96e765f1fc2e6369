"""Render the prompt prefix of an agent: system prompt, tools, and the form of its output.

It is rendered once for all runs of an agent with the same instructions and tools: two thousand runs of one reader
share one prefix and its bytes.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from agentkit.errors import UsageError
from agentkit.history.cache_markers import with_prefix_marker
from agentkit.messages.message import JSONObject
from agentkit.messages.request import PromptPrefix
from agentkit.messages.unsendable import find_unsendable
from agentkit.schema.strict.plan import StrictCandidate, plan_strict
from agentkit.tools.run_context import services_of

if TYPE_CHECKING:
    from agentkit.run.agent_spec import AgentSpec, AnySpec
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool

TOOL_SEARCH_PARAM: JSONObject = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
"""The API's tool search, which finds deferred tools. This variant (BM25) takes plain words, the other one regex."""
_MAX_CACHED_PREFIXES = 32
"""Limit of rendered prefixes that are cached for each agent, in case its instructions differ from run to run."""

Deps = TypeVar("Deps")
In = TypeVar("In")
Out = TypeVar("Out")


async def render_prompt_prefix(
    spec: AgentSpec[Deps, In, Out], ctx: RunContext[Deps], model: str, *, is_strict: bool, needs_artifact_tools: bool
) -> PromptPrefix:
    """Return the prompt prefix of an agent for a model and a run's context, rendered or from the agent's cache.

    `is_strict` and `needs_artifact_tools` are those of `open_transcript`.
    """
    system = services_of(ctx).redactor.text(await _instructions_text(spec, ctx)) or None
    tools = [
        tool
        for tool in spec.agent_tools.tools.values()
        if tool.available is None or tool.available(cast("RunContext[object]", ctx))
    ]
    key = (system, *(tool.name for tool in tools), is_strict, needs_artifact_tools, model)
    prompt_prefix = spec.prompt_prefixes.get(key)
    if prompt_prefix is None:
        prompt_prefix = _build_prompt_prefix(
            spec, system, tools, is_strict=is_strict, needs_artifact_tools=needs_artifact_tools
        )
        if len(spec.prompt_prefixes) >= _MAX_CACHED_PREFIXES:
            spec.prompt_prefixes.clear()
        spec.prompt_prefixes[key] = prompt_prefix = with_prefix_marker(prompt_prefix, spec.settings.cache_marker, model)
    return prompt_prefix


async def _instructions_text(spec: AgentSpec[Deps, In, Out], ctx: RunContext[Deps]) -> str:
    if isinstance(spec.instructions, str):
        return spec.instructions
    returned = spec.instructions(ctx)
    text = await returned if inspect.isawaitable(returned) else returned
    if isinstance(cast("object", text), str):
        return text
    kind = type(text).__name__
    raise UsageError(f"Agent({spec.name!r}, instructions=...): its function has to return text, not {kind}.")


def _build_prompt_prefix(
    spec: AgentSpec[Deps, In, Out],
    system: str | None,
    tools: Sequence[AnyTool],
    *,
    is_strict: bool,
    needs_artifact_tools: bool,
) -> PromptPrefix:
    answer = spec.output_spec
    as_format = answer.strict_schema if is_strict and not answer.is_text else None
    if as_format is not None and not plan_strict([StrictCandidate("output", as_format, wanted=True)]).strict:
        as_format = None
    plan = plan_strict([StrictCandidate(tool.name, tool.input_schema, tool.strict) for tool in tools], as_format)
    params = [tool.to_param(strict=is_strict and tool.name in plan.strict) for tool in tools]
    finds_tools = any(tool.finds_tools for tool in tools)
    params += list(spec.agent_tools.api_tools) if finds_tools else _with_tool_search(params, spec.agent_tools.api_tools)
    if spec.artifacts and (tools or needs_artifact_tools):
        params += _artifact_params(spec, tools, needs_artifact_tools)
    by_tool = not answer.is_text and as_format is None
    if by_tool:
        params.append(answer.answer_tool_param())
    for what, part in (("instructions", system), ("tools", params)):
        if problem := find_unsendable(part):
            raise UsageError(f"Agent({spec.name!r}, {what}=...): they hold {problem}.")
    return PromptPrefix(
        system, params, None if as_format is None else {"type": "json_schema", "schema": as_format}, by_tool
    )


def _artifact_params(spec: AnySpec, tools: Sequence[AnyTool], needs_artifact_tools: bool) -> list[JSONObject]:
    """Return the tools that read artifacts, if a tool's result may become one or the prompt names one."""
    from agentkit.tools.artifact_tools import (  # late, since types are slow to compile
        is_always_small,
        select_artifact_tools,
    )

    is_needed = needs_artifact_tools or any(not is_always_small(tool.returns) for tool in tools)
    return [tool.to_param() for tool in select_artifact_tools(spec.agent_tools)] if is_needed else []


def _with_tool_search(params: list[JSONObject], api_tools: Sequence[JSONObject]) -> list[JSONObject]:
    """Return the API's own tools, with its tool search added if tools are deferred and the user gave none."""
    if not any(param.get("defer_loading") for param in params):
        return list(api_tools)
    for param in params:
        param.pop("input_examples", None)  # the tool search does not go together with examples
    is_given = any(str(tool.get("type")).startswith("tool_search_tool") for tool in api_tools)
    return [*api_tools] if is_given else [TOOL_SEARCH_PARAM, *api_tools]
