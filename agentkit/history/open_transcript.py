"""Open the transcript of a run: its prompt prefix is rendered, or taken over from a saved conversation or a journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from agentkit.history.agent_changes import describe_changes
from agentkit.history.cache_markers import fit_messages
from agentkit.history.prompt_prefix import render_prompt_prefix
from agentkit.history.sanitize import with_missing_results, without_thinking
from agentkit.history.transcript import Transcript
from agentkit.messages.request import PromptPrefix
from agentkit.run.steps import RecordedSteps, Step, run_step, run_typed_step
from agentkit.tools.api_tools import param_name
from agentkit.tools.artifacts.artifact import READ_TOOL

if TYPE_CHECKING:
    from agentkit.history.saved import SavedConversation
    from agentkit.messages.message import JSONObject
    from agentkit.run.agent_spec import AgentSpec
    from agentkit.run.steps import Steps
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool

Deps = TypeVar("Deps")
In = TypeVar("In")
Out = TypeVar("Out")


async def open_transcript(
    spec: AgentSpec[Deps, In, Out],
    ctx: RunContext[Deps],
    steps: Steps,
    model: str = "",
    saved: SavedConversation | None = None,
    *,
    is_strict: bool = True,
    needs_artifact_tools: bool = False,
) -> Transcript:
    """Render the system prompt and the tools and return a transcript with them. It is a step, so a replay has the same.

    A saved conversation of this agent with this model keeps its own prompt prefix, and the model gets a notice of what
    has changed. Any other saved messages become the beginning of a new conversation.

    Args:
        spec: The agent.
        ctx: The run's context, for instructions and for tools that are available only sometimes.
        steps: The steps of the run.
        model: The name of the run's model.
        saved: An earlier conversation to continue. None: a new conversation.
        is_strict: False: no schema is enforced by the server, which has found them too complex.
        needs_artifact_tools: True: include the tools that read artifacts, since the prompt names one.
    """

    async def render_step() -> PromptPrefix:
        return await render_prompt_prefix(
            spec, ctx, model, is_strict=is_strict, needs_artifact_tools=needs_artifact_tools
        )

    slot = steps.reserve(Step("prefix" if is_strict else "prefix:lossless", "prefix"))
    current = await run_typed_step(steps, slot, render_step, PromptPrefix.to_json, PromptPrefix.from_json)
    transcript = _transcript_with(spec, current, model, saved)
    if slot.is_recorded and not isinstance(steps, RecordedSteps):
        transcript.agent_prefix = await render_step()
    return transcript


async def record_prompt_prefix(transcript: Transcript, steps: Steps) -> None:
    """Record the prompt prefix of a conversation that goes on, for a run that is resumed in another process."""
    prefix = transcript.reported_prompt_prefix or transcript.initial_prompt_prefix
    if not steps.is_durable or prefix is None:
        return

    async def effect() -> JSONObject:
        return prefix.to_json()

    await run_step(steps, "prefix", "prefix", effect)


def _transcript_with(
    spec: AgentSpec[Deps, In, Out], current: PromptPrefix, model: str, saved: SavedConversation | None
) -> Transcript:
    if saved is None:
        return _new_transcript(spec, current, model)
    if saved.initial_prompt_prefix is None or (saved.agent, saved.model) != (spec.name, model):
        transcript = _new_transcript(spec, current, model)
        messages = with_missing_results(without_thinking(saved.messages), transcript.tools, is_end_open=True)
        transcript.messages = fit_messages(messages, transcript.prefix)
        transcript.container = saved.container
        return transcript
    return _continued_transcript(spec, current, model, saved, saved.initial_prompt_prefix)


def _new_transcript(spec: AgentSpec[Deps, In, Out], current: PromptPrefix, model: str) -> Transcript:
    tools = _runnable_tools(spec, current, current)
    return Transcript(
        current.encoded_prefix,
        tools,
        current.answer_format,
        current.answers_by_tool,
        model=model,
        initial_prompt_prefix=current,
    )


def _continued_transcript(
    spec: AgentSpec[Deps, In, Out], current: PromptPrefix, model: str, saved: SavedConversation, initial: PromptPrefix
) -> Transcript:
    tools = _runnable_tools(spec, initial, current)
    reported = saved.reported_prompt_prefix or initial
    transcript = Transcript(
        initial.encoded_prefix,
        tools,
        messages=fit_messages(with_missing_results(saved.messages, tools, is_end_open=True), initial.encoded_prefix),
        model=model,
        initial_prompt_prefix=initial,
        reported_prompt_prefix=None if current == initial else current,
        pending_change_note=describe_changes(initial, reported, current, tools),
        container=saved.container,
    )
    transcript.answer_in_form_of(current)
    return transcript


def _runnable_tools(spec: AgentSpec[Deps, In, Out], initial: PromptPrefix, current: PromptPrefix) -> dict[str, AnyTool]:
    """Return the tools that the conversation began with, run in this process, and the agent still has."""
    given = [param_name(param) for param in initial.tools]
    kept: dict[str, AnyTool] = {}
    if spec.artifacts and READ_TOOL in given:
        from agentkit.tools.artifact_tools import (
            select_artifact_tools,  # imported only where needed: types are slow to compile
        )

        kept = {tool.name: tool for tool in select_artifact_tools(spec.agent_tools)}
    has = {param_name(param) for param in current.tools} | kept.keys()
    every = {**spec.agent_tools.tools, **kept}
    return {name: every[name] for name in given if name in every and name in has}
