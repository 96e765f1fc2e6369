"""The transcript of a conversation: a prompt prefix that never changes, and messages that are only ever appended."""

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
"""The `anthropic-beta` value for server-side compaction."""

Deps = TypeVar("Deps")
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(slots=True)
class Transcript:
    """The messages of a conversation, with its own system prompt and tools."""

    prefix: Prefix
    tools: Mapping[str, AnyTool]
    """The tools in the prefix that run in this process, by name."""
    answer_format: JSONObject | None = None
    """The `output_config.format` of every request. None: the answer is text, or comes by the answer tool."""
    answers_by_tool: bool = False
    """True if the output comes as a call of the answer tool."""
    messages: list[Message] = field(default_factory=list[Message])
    unknown_delta: str | None = None
    """A type of stream delta in an earlier turn that this version cannot send back. None: there was none."""
    model: str = ""
    """The model of the conversation, to which its thinking is bound. Empty: not known yet."""
    offer: Offer | None = None
    """The agent's prompt prefix when the conversation began; it is saved with it. None: not known."""
    told: Offer | None = None
    """The agent's prompt prefix as last reported to the model. None: the initial one."""
    news: str | None = None
    """A change notice that goes out with the next user message. None: nothing to report."""
    thread: Thread | None = Thread()
    """The part of the conversation that the server holds. None: it refused to hold any, so requests do not try."""

    @property
    def has_tools(self) -> bool:
        """True if the model may call anything but the answer tool."""
        return len(self.prefix.tools) > self.answers_by_tool

    @property
    def keeps_results(self) -> bool:
        """True if the model has the tools to read artifacts, so that long tool results can be kept as such."""
        if READ_TOOL not in self.tools:
            return False
        from agentkit.tools.artifact_tools import ARTIFACT_TOOLS

        return all(self.tools.get(tool.name) is tool for tool in ARTIFACT_TOOLS)

    @property
    def betas(self) -> tuple[str, ...]:
        """The `anthropic-beta` values that the API requires for these messages."""
        first = self.messages[0].content if self.messages else ""
        is_compacted = isinstance(first, list) and any(block["type"] == "compaction" for block in first)
        return (COMPACTION_BETA,) if is_compacted else ()

    def turn_to(self, model: str) -> None:
        """Continue with this model. If it differs from the last, thinking is dropped and a new server thread begins."""
        if self.model not in ("", model):
            self.messages = without_thinking(self.messages)
            self.take_thread()
        self.model = model

    def with_news(self, content: Content) -> Content:
        """Return the content of a user message, with the pending change notice in front; each notice is sent once."""
        if self.news is None:
            return content
        news, self.news = text_block(self.news), None
        return [news, *([text_block(content)] if isinstance(content, str) else content)]

    def saved(self, agent: str) -> Saved:
        """Return the conversation as a value that can be saved; `agent` is the name of its agent."""
        return Saved(tuple(self.messages), agent, self.model, self.offer, self.told)

    def take_thread(self) -> Thread | None:
        """Return the server thread to continue, and reset it: without a reply the next request begins a new one."""
        thread, self.thread = self.thread, None if self.thread is None else Thread()
        return thread

    def append(self, message: Message) -> None:
        """Append a message."""
        self.messages.append(message)

    def append_turn(self, turn: AssistantTurn) -> None:
        """Append the model's turn as it came."""
        self.unknown_delta = self.unknown_delta or turn.unknown_delta
        self.messages.append(turn.message())

    def begin_with(self, other: Transcript) -> None:
        """Take over the prefix of another rendering. Allowed only before the model's first turn."""
        self.prefix, self.tools = other.prefix, other.tools
        self.answer_format, self.answers_by_tool = other.answer_format, other.answers_by_tool
        self.offer = other.offer

    def check_echo(self) -> None:
        """Raise ModelError if an earlier turn cannot be sent again exactly as it came."""
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
    """Return the tools that the conversation began with, run in this process, and the agent still has."""
    given = [str(param.get("name")) for param in began.tools]
    kept: dict[str, AnyTool] = {}
    if spec.artifacts and READ_TOOL in given:
        from agentkit.tools.artifact_tools import (
            artifact_tools,  # imported only where needed: types are slow to compile
        )

        kept = {tool.name: tool for tool in artifact_tools(spec.toolbox)}
    has = {param.get("name") for param in now.tools} | kept.keys()
    every = {**spec.toolbox.tools, **kept}
    return {name: every[name] for name in given if name in every and name in has}
