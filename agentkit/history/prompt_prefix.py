"""Render the prompt prefix of an agent: system prompt, tools, and the form of its output.

It is rendered once for all runs of an agent with the same instructions and tools: two thousand runs of one reader
share one prefix and its bytes.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from agentkit.budget.model_limits import ModelLimits, limits_of
from agentkit.messages.message import JSONObject
from agentkit.messages.request import Offer
from agentkit.schema.strict.plan import Candidate, plan_strict

if TYPE_CHECKING:
    from agentkit.run.agent_spec import AgentSpec, AnySpec
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool

TOOL_SEARCH: JSONObject = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
"""The API's tool search, which finds deferred tools. This variant (BM25) takes plain words, the other one regex."""
_MOST_KEPT = 32
"""Limit of rendered prefixes that are cached for each agent, in case its instructions differ from run to run."""

Deps = TypeVar("Deps")
In = TypeVar("In")
Out = TypeVar("Out")


async def offered(
    spec: AgentSpec[Deps, In, Out], ctx: RunContext[Deps], model: str, *, is_strict: bool, reads_artifacts: bool
) -> Offer:
    """Return the prompt prefix of an agent for a model and a run's context, rendered or from the agent's cache.

    `is_strict` and `needs_artifact_tools` are those of `open_transcript`.
    """
    system = ctx.redactor.text(await _instructions(spec, ctx)) or None
    tools = [
        tool
        for tool in spec.toolbox.tools.values()
        if tool.available is None or tool.available(cast("RunContext[object]", ctx))
    ]
    key = (system, *(tool.name for tool in tools), is_strict, reads_artifacts, model)
    offer = spec.offers.get(key)
    if offer is None:
        offer = _rendered(spec, system, tools, is_strict=is_strict, reads_artifacts=reads_artifacts)
        if len(spec.offers) >= _MOST_KEPT:
            spec.offers.clear()
        spec.offers[key] = offer = _kept(offer, spec, model)
    return offer


async def _instructions(spec: AgentSpec[Deps, In, Out], ctx: RunContext[Deps]) -> str:
    if isinstance(spec.instructions, str):
        return spec.instructions
    text = spec.instructions(ctx)
    return await text if inspect.isawaitable(text) else text


def _rendered(
    spec: AgentSpec[Deps, In, Out],
    system: str | None,
    tools: Sequence[AnyTool],
    *,
    is_strict: bool,
    reads_artifacts: bool,
) -> Offer:
    answer = spec.answer
    as_format = answer.strict_schema if is_strict and not answer.is_text else None
    if as_format is not None and not plan_strict([Candidate("output", as_format, wanted=True)]).strict:
        as_format = None
    plan = plan_strict([Candidate(tool.name, tool.input_schema, tool.strict) for tool in tools], as_format)
    params = [tool.to_param(strict=is_strict and tool.name in plan.strict) for tool in tools]
    params += _with_search(params, spec.toolbox.api_tools)
    if spec.artifacts and (tools or reads_artifacts):
        params += _artifact_params(spec, tools, reads_artifacts)
    by_tool = not answer.is_text and as_format is None
    if by_tool:
        params.append(answer.tool_param())
    return Offer(system, params, None if as_format is None else {"type": "json_schema", "schema": as_format}, by_tool)


def _artifact_params(spec: AnySpec, tools: Sequence[AnyTool], is_wanted: bool) -> list[JSONObject]:
    """Return the tools that read artifacts, if a tool's result may become one or the prompt names one."""
    from agentkit.tools.artifact_tools import artifact_tools, is_always_small  # late, since types are slow to compile

    is_needed = is_wanted or any(not is_always_small(tool.returns) for tool in tools)
    return [tool.to_param() for tool in artifact_tools(spec.toolbox)] if is_needed else []


def _kept(offer: Offer, spec: AgentSpec[Deps, In, Out], model: str) -> Offer:
    """Return the prefix with a cache marker at its end, if it is long enough for the prompt cache."""
    limits, marker = limits_of(model) or ModelLimits(), spec.settings.cache_marker
    if marker is None or offer.prefix.markers or len(offer.prefix.encoded) < 3 * limits.min_cacheable_tokens:
        return offer  # a token is nearly always three bytes or more; a marker on too short a prefix costs nothing
    return replace(offer, marker=marker)


def _with_search(params: list[JSONObject], api_tools: Sequence[JSONObject]) -> list[JSONObject]:
    """Return the API's own tools, with its tool search added if tools are deferred and the user gave none."""
    if not any(param.get("defer_loading") for param in params):
        return list(api_tools)
    for param in params:
        param.pop("input_examples", None)  # the tool search does not go together with examples
    is_given = any(str(tool.get("type")).startswith("tool_search_tool") for tool in api_tools)
    return [*api_tools] if is_given else [TOOL_SEARCH, *api_tools]
