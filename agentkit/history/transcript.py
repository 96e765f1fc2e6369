"""A conversation's content: the prefix that never changes, and the messages that are only ever appended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from agentkit.errors import ModelError
from agentkit.history.agent_changes import changes
from agentkit.history.prompt_prefix import offered
from agentkit.history.sanitize import answered, without_thinking
from agentkit.history.saved import Saved
from agentkit.messages.message import AssistantTurn, Content, JSONObject, Message, text_block
from agentkit.messages.request import Offer, Prefix
from agentkit.messages.server_threads import Thread
from agentkit.run.steps import run_as
from agentkit.tools.artifacts.artifact import READ_TOOL
from agentkit.tools.reserved_names import ANSWER_TOOL

if TYPE_CHECKING:
    from agentkit.run.agent_spec import AgentSpec
    from agentkit.run.steps import Steps
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import AnyTool

COMPACTION_BETA = "compact-2026-09-04"
"""The `anthropic-beta` value for summaries that the server makes and signs."""

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
    model: str = ""
    """The model that the conversation is with; thinking in it is bound to that one."""
    offer: Offer | None = None
    """What the conversation began with, to be saved beside it."""
    told: Offer | None = None
    """What the model knows that the agent is, where that is no longer what the conversation began with."""
    news: str | None = None
    """What the model still has to be told of it."""
    thread: Thread | None = Thread()
    """What the server holds of it. None: it would not, and is not asked any more."""

    @property
    def has_tools(self) -> bool:
        """Whether the model may call anything but the answer tool."""
        return len(self.prefix.tools) > self.answers_by_tool

    @property
    def keeps_results(self) -> bool:
        """Whether the model has our tools to read in a result that is too long to be shown whole."""
        if READ_TOOL not in self.tools:
            return False
        from agentkit.tools.artifact_tools import ARTIFACT_TOOLS

        return all(self.tools.get(tool.name) is tool for tool in ARTIFACT_TOOLS)

    @property
    def betas(self) -> tuple[str, ...]:
        """The `anthropic-beta` values without which the API does not take these messages."""
        first = self.messages[0].content if self.messages else ""
        is_compacted = isinstance(first, list) and any(block["type"] == "compaction" for block in first)
        return (COMPACTION_BETA,) if is_compacted else ()

    def turn_to(self, model: str) -> None:
        """Go on with this model; with another one than so far it is a new conversation, without the old thinking."""
        if self.model not in ("", model):
            self.messages = without_thinking(self.messages)
            self.take_thread()
        self.model = model

    def with_news(self, content: Content) -> Content:
        """The user's next words, behind what has changed since the last ones; that is told once."""
        if self.news is None:
            return content
        news, self.news = text_block(self.news), None
        return [news, *([text_block(content)] if isinstance(content, str) else content)]

    def saved(self, agent: str) -> Saved:
        """The conversation as a value that can be kept; `agent` is the name of the one that it is with."""
        return Saved(tuple(self.messages), agent, self.model, self.offer, self.told)

    def take_thread(self) -> Thread | None:
        """The thread to go on with; until another reply is kept, the next one who asks begins a new one."""
        thread, self.thread = self.thread, None if self.thread is None else Thread()
        return thread

    def append(self, message: Message) -> None:
        """Add a message at the tail."""
        self.messages.append(message)

    def append_turn(self, turn: AssistantTurn) -> None:
        """Add the model's turn as it came."""
        self.unknown_delta = self.unknown_delta or turn.unknown_delta
        self.messages.append(turn.message())

    def begin_with(self, other: Transcript) -> None:
        """Take the prefix of another rendering. Only before the model has said anything."""
        self.prefix, self.tools = other.prefix, other.tools
        self.answer_format, self.answers_by_tool = other.answer_format, other.answers_by_tool
        self.offer = other.offer

    def check_echo(self) -> None:
        """Raise ModelError when an earlier turn cannot go back exactly as it came."""
        if self.unknown_delta is not None:
            raise ModelError(
                f"An earlier reply had a kind of delta that this version does not know ({self.unknown_delta!r}), so "
                "the conversation cannot be sent again as it was.",
                kind="protocol_error",
            )


async def open_transcript(
    spec: AgentSpec[Deps, In, Out],
    ctx: RunContext[Deps],
    steps: Steps,
    model: str = "",
    saved: Saved | None = None,
    *,
    is_strict: bool = True,
    reads_artifacts: bool = False,
) -> Transcript:
    """Render the system prompt and the tools, once: it is a step, so a replay has the same.

    A saved conversation of this agent with this model goes on with its own; what has changed is news for the model.
    Whatever else is saved becomes the beginning of a new conversation. Without `is_strict` no schema is one that the
    server enforces: for when it finds them too complex. With `reads_artifacts` there are the tools to read in what is
    kept, also where no tool of its own brings anything to keep: the prompt names a handle.
    """

    async def effect() -> Offer:
        return await offered(spec, ctx, model, is_strict=is_strict, reads_artifacts=reads_artifacts)

    slot = steps.reserve("prefix" if is_strict else "prefix:lossless")
    now = await run_as(steps, slot, effect, Offer.to_json, Offer.of)
    if saved is None:
        return _began(spec, now, model)
    if saved.offer is None or (saved.agent, saved.model) != (spec.name, model):
        transcript = _began(spec, now, model)
        transcript.messages = answered(without_thinking(saved.messages))
        return transcript
    return _going_on(spec, now, model, saved, saved.offer)


def _began(spec: AgentSpec[Deps, In, Out], now: Offer, model: str) -> Transcript:
    tools = _runnable(spec, now, now)
    return Transcript(now.prefix, tools, now.answer_format, now.answers_by_tool, model=model, offer=now)


def _going_on(spec: AgentSpec[Deps, In, Out], now: Offer, model: str, saved: Saved, began: Offer) -> Transcript:
    tools = _runnable(spec, began, now)
    told = saved.told or began
    return Transcript(
        began.prefix,
        tools,
        now.answer_format,
        now.answers_by_tool and any(param.get("name") == ANSWER_TOOL for param in began.tools),
        answered(saved.messages),
        model=model,
        offer=began,
        told=None if now == began else now,
        news=changes(began, told, now, tools),
    )


def _runnable(spec: AgentSpec[Deps, In, Out], began: Offer, now: Offer) -> dict[str, AnyTool]:
    """The tools that a conversation began with, as far as we run them and the agent has them today."""
    given = [str(param.get("name")) for param in began.tools]
    kept: dict[str, AnyTool] = {}
    if spec.artifacts and READ_TOOL in given:
        from agentkit.tools.artifact_tools import (
            artifact_tools,  # made only where they are needed: types are slow to compile
        )

        kept = {tool.name: tool for tool in artifact_tools(spec.toolbox)}
    has = {param.get("name") for param in now.tools} | kept.keys()
    every = {**spec.toolbox.tools, **kept}
    return {name: every[name] for name in given if name in every and name in has}
