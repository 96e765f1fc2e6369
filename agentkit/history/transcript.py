"""The transcript of a conversation: a prompt prefix that never changes, and messages that are only ever appended."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agentkit.errors import ModelError
from agentkit.history.agent_changes import describe_changes
from agentkit.history.sanitize import without_thinking
from agentkit.history.saved import SavedConversation
from agentkit.messages.container import Container
from agentkit.messages.message import AssistantTurn, Content, JSONObject, Message, text_block
from agentkit.messages.request import EncodedPrefix, PromptPrefix
from agentkit.messages.server_calls import last_turn, results_for_open_calls
from agentkit.messages.server_threads import NEW_THREAD, ServerThread
from agentkit.tools.api_tools import TOOL_SEARCH
from agentkit.tools.artifacts.artifact import READ_TOOL
from agentkit.tools.reserved_names import ANSWER_TOOL

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentkit.tools.toolset import AnyTool

COMPACTION_BETA = "compact-2026-09-04"
"""The `anthropic-beta` value for server-side compaction."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a transcript before a message, to which it returns if the API refuses that message."""

    messages: tuple[Message, ...]
    model: str
    pending_change_note: str | None
    unknown_delta: str | None


@dataclass(slots=True)
class Transcript:
    """The messages of a conversation, with its own system prompt and tools."""

    prefix: EncodedPrefix
    tools: dict[str, AnyTool]
    """The tools in the prefix that run in this process, by name; the same dictionary for the whole conversation."""
    answer_format: JSONObject | None = None
    """The `output_config.format` of every request. None: the answer is text, or comes by the answer tool."""
    answers_by_tool: bool = False
    """True if the output comes as a call of the answer tool."""
    messages: list[Message] = field(default_factory=list[Message])
    """The messages. A list is only ever appended to: where messages are replaced, it is another list."""
    unknown_delta: str | None = None
    """A type of stream delta in an earlier turn that this version cannot send back. None: there was none."""
    model: str = ""
    """The model of the conversation, to which its thinking is bound. Empty: not known yet."""
    initial_prompt_prefix: PromptPrefix | None = None
    """The agent's prompt prefix when the conversation began; it is saved with it. None: not known."""
    reported_prompt_prefix: PromptPrefix | None = None
    """The agent's prompt prefix as last reported to the model. None: the initial one."""
    agent_prefix: PromptPrefix | None = None
    """The agent's prompt prefix as it is now, in a run whose own one was recorded. None: it is the recorded one."""
    pending_change_note: str | None = None
    """A change notice that goes out with the next user message. None: nothing to report."""
    container: Container | None = None
    """The container in which the API runs code for this conversation. None: it has none yet."""
    given_container: Container | None = None
    """The container that the settings gave last. None: they gave none."""
    server_thread: ServerThread | None = NEW_THREAD
    """The part of the conversation that the server holds. None: it refused to hold any, so requests do not try."""

    @property
    def has_tools(self) -> bool:
        """True if the model may call anything but the answer tool."""
        return len(self.prefix.tools) > self.answers_by_tool

    @property
    def has_artifact_tools(self) -> bool:
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

    def fork(self) -> Transcript:
        """Return a transcript that goes on from the same point. A server thread can be continued only once."""
        thread = None if self.server_thread is None else NEW_THREAD
        return replace(self, tools=dict(self.tools), messages=list(self.messages), server_thread=thread)

    def checkpoint(self) -> Checkpoint:
        """Return the present state, for `restore`."""
        return Checkpoint(tuple(self.messages), self.model, self.pending_change_note, self.unknown_delta)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Return to an earlier state; a new server thread begins."""
        self.replace_messages(list(checkpoint.messages))
        self.model, self.unknown_delta = checkpoint.model, checkpoint.unknown_delta
        self.pending_change_note = checkpoint.pending_change_note

    def go_on(self, model: str, container: object) -> None:
        """Go on with another run, with this model, and in the container that its settings give, if they do."""
        self.switch_model(model)
        if container is not None:
            self.take_given_container(container)
        if self.messages:
            self.close_server_calls()

    def switch_model(self, model: str) -> None:
        """Continue with this model. If it differs from the last, thinking is dropped and a new server thread begins."""
        if self.model not in ("", model):
            self.messages = without_thinking(self.messages)
            self.take_server_thread()
        self.model = model

    def take_given_container(self, given: object) -> None:
        """Go on in the container that the settings give, unless it is the one that they gave before."""
        container = Container.from_api(given)
        if container is not None and container != self.given_container:
            self.container = self.given_container = container

    def close_server_calls(self) -> None:
        """Give an error result to each call of the API's own tools that it has not finished: a new prompt follows."""
        if results := results_for_open_calls(last_turn(self.messages)):
            self.messages.append(Message.of("assistant", results))
            self.take_server_thread()

    def with_change_note(self, content: Content, redact: Callable[[str], str]) -> Content:
        """Return the content of a user message, with the pending change notice in front; each notice is sent once."""
        if self.pending_change_note is None:
            return content
        note, self.pending_change_note = text_block(redact(self.pending_change_note)), None
        return [note, *([text_block(content)] if isinstance(content, str) else content)]

    def to_saved_conversation(self, agent: str) -> SavedConversation:
        """Return the conversation as a value that can be saved; `agent` is the name of its agent."""
        return SavedConversation(
            tuple(self.messages),
            agent,
            self.model,
            self.initial_prompt_prefix,
            self.reported_prompt_prefix,
            self.container,
        )

    def take_server_thread(self) -> ServerThread | None:
        """Return the server thread to continue, and reset it: without a reply the next request begins a new one."""
        thread, self.server_thread = self.server_thread, None if self.server_thread is None else NEW_THREAD
        return thread

    def append_message(self, message: Message) -> None:
        """Append a message."""
        self.messages.append(message)

    def append_turn(self, turn: AssistantTurn, thread: ServerThread | None = None) -> None:
        """Append the model's turn as it came, if the API takes it back; `thread` is where the server holds it."""
        if turn.container is not None:
            self.container = Container.from_api(turn.container) or self.container
        message = turn.to_message()
        if message is None:
            return
        self.unknown_delta = self.unknown_delta or turn.unknown_delta
        self.messages.append(message)
        # A turn that does not go back as the server holds it cannot be continued: a call whose input is no object
        # goes back with another input, and an empty text is left out.
        is_whole = len(message.content) == len(turn.content) and not turn.invalid_inputs
        if thread is not None and turn.id and is_whole:
            self.server_thread = thread.with_reply(turn.id, len(self.messages))

    def stop_server_threads(self) -> None:
        """Send the whole conversation from now on: the server holds no thread."""
        self.server_thread = None

    def replace_messages(self, messages: list[Message]) -> None:
        """Replace all messages; a new server thread begins."""
        self.messages = list(messages)
        self.unknown_delta = None
        self.take_server_thread()

    def set_model(self, model: str) -> None:
        """Continue with this model, whose thinking is the only one in the messages."""
        self.model = model

    @property
    def has_server_tools(self) -> bool:
        """True if the prefix has tools that the API executes, the search for tools aside: it has no effect."""
        apis_own = [one for one in self.prefix.tools if "input_schema" not in one and one.get("name") not in self.tools]
        return any(not str(one.get("type")).startswith(TOOL_SEARCH) for one in apis_own)

    def replace_prompt_prefix(self, other: Transcript) -> None:
        """Take over the prefix of another rendering. Allowed only before the model's first turn."""
        self.prefix = other.prefix
        self.tools.clear()
        self.tools.update(other.tools)
        self.answer_format, self.answers_by_tool = other.answer_format, other.answers_by_tool
        self.initial_prompt_prefix, self.agent_prefix = other.initial_prompt_prefix, other.agent_prefix

    def late_changes(self) -> tuple[str, PromptPrefix] | None:
        """Return a notice on the agent of a resumed run, which is empty if only the form of the answer is another one.

        With it comes the prompt prefix of the agent as it is now. None: nothing has changed.
        """
        now, initial = self.agent_prefix, self.initial_prompt_prefix
        if now is None or initial is None:
            return None
        reported = self.reported_prompt_prefix or initial
        note = describe_changes(initial, reported, now, self.tools)
        return None if note is None and now.has_answer_format_of(reported) else (note or "", now)

    def answer_in_form_of(self, current: PromptPrefix) -> None:
        """Have answers given in the form of the agent as it is now. The answer tool is there, or cannot be added."""
        self.answer_format = current.answer_format
        self.answers_by_tool = current.answers_by_tool and any(
            param.get("name") == ANSWER_TOOL for param in self.prefix.tools
        )

    def unknown_delta_error(self) -> ModelError:
        """Return the error of a conversation that cannot be sent again, since an earlier turn has `unknown_delta`."""
        return ModelError(
            f"An earlier reply had a kind of delta that this version does not know ({self.unknown_delta!r}), so "
            "the conversation cannot be sent again as it was.",
            kind="protocol_error",
        )
