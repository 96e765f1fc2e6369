"""The history of one run: what it appends to the transcript of its conversation, and what it will append next.

Two rules for this file: messages are only ever appended, except where the whole history is replaced; and nothing else
writes the transcript while a run is in progress.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.budget.upper_bounds import PromptEstimate
from agentkit.budget.usage import Usage
from agentkit.history.cache_markers import CACHE_LOOKBACK_BLOCKS, MAX_CACHE_MARKERS
from agentkit.history.compaction import RequestTurn, compact_transcript
from agentkit.history.new_content import NewContent
from agentkit.history.open_calls import answer_open_calls
from agentkit.history.plain_text import content_blocks
from agentkit.history.refused_content import names_message_in, reason_of
from agentkit.history.refused_turn import last_turn_span, with_turn_as_text
from agentkit.history.sanitize import with_missing_results, without_thinking
from agentkit.messages.code_calls import open_code_calls
from agentkit.messages.container import container_field
from agentkit.messages.encoded_messages import MessageJoiner
from agentkit.messages.message import text_block, user
from agentkit.messages.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentkit.history.cache_markers import CacheMarkers
    from agentkit.history.transcript import Transcript
    from agentkit.messages.container import Container
    from agentkit.messages.message import AssistantTurn, Block, Content, JSONObject, Message
    from agentkit.messages.request import PromptPrefix
    from agentkit.messages.server_threads import ServerThread
    from agentkit.redaction.redactor import Redactor
    from agentkit.run.settings import Settings
    from agentkit.tools.toolset import AnyTool


@dataclass(slots=True)
class RunHistory:
    """The history of one run, the only writer of its transcript."""

    _transcript: Transcript
    _pending: Content
    """The content of the next user message, without secrets: the prompt at first, later the tool results."""
    _markers: CacheMarkers
    new_content: NewContent
    """The part that no reply has followed yet, which is replaced or taken back where the API refuses it."""
    counted_prompt: tuple[int, int] = field(default=(0, 0), init=False)
    """The server's last token count, and the number of messages that it holds for. Zeros: nothing was counted."""
    _has_waiting_code: bool = field(default=False, init=False)
    """True if code of the last turn waits for its calls: the next user message must hold their results alone."""
    _has_pause: bool = field(default=False, init=False)
    """True if the server has paused a turn since the last user message: its own tools may not have ended."""
    _estimate: PromptEstimate = field(default_factory=PromptEstimate, init=False)
    _joiner: MessageJoiner = field(default_factory=MessageJoiner, init=False)
    _held: Sequence[Block] = field(default=(), init=False)
    """Content for the user message after that one."""
    _reply_thread: ServerThread | None = field(default=None, init=False)
    """The server thread of a reply that is not appended yet. None: the server holds no thread."""
    _reply_usage: Usage | None = field(default=None, init=False)
    """The usage of that reply, which bounds the next prompt. None: it is not that of the whole conversation."""

    @classmethod
    def begin(cls, transcript: Transcript, prompt: Content, markers: CacheMarkers, redactor: Redactor) -> RunHistory:
        """Return the history of a run that begins with this prompt; it may bring results for calls of the last turn.

        The prompt is sent as it is: secrets have been removed from it.

        Raises:
            UsageError: The prompt has a result for another call.
        """
        checkpoint = transcript.checkpoint()
        messages, content = answer_open_calls(transcript.messages, prompt, transcript.tools)
        transcript.messages = messages
        content = transcript.with_change_note(content, redactor.text) if content else content
        return cls(transcript, content, markers, NewContent(transcript, markers, checkpoint))

    # -- the user's side ---------------------------------------------------------------------------------------

    @property
    def has_pending_content(self) -> bool:
        """True if the next user message has content already."""
        return bool(self._pending)

    def queue_tool_results(self, results: list[Block]) -> None:
        """Make these results the content of the next user message."""
        self._pending = results

    def append_user_message(self, note: str | None = None) -> None:
        """Append the pending content, followed by the note, as one user message. Nothing to append: no message."""
        content, transcript = self._pending, self._transcript
        if note is not None:
            content = [*content_blocks(content or []), text_block(note)]
        if self._has_waiting_code or self._held:
            content = self._hold_back(content)
        if isinstance(content, list) and len(content) >= CACHE_LOOKBACK_BLOCKS:
            content = self._markers.with_message_marker(content, transcript.prefix, transcript.messages)
        if content:
            if self._has_pause and not _has_results(content):  # results stand directly behind their calls
                transcript.close_server_calls()
            self._has_pause = False
            message = user(content)
            if message.markers:
                message = self._markers.fit_message(message, transcript.prefix, transcript.messages)
            transcript.append_message(message)
        self._pending = ""

    def _hold_back(self, content: Content) -> list[Block]:
        """Return what the next user message may hold of its content and of what was held back; the rest is held."""
        blocks = [*content_blocks(content or []), *self._held]
        is_alone = self._has_waiting_code
        self._held = [block for block in blocks if block["type"] != "tool_result"] if is_alone else ()
        return [block for block in blocks if block["type"] == "tool_result"] if is_alone else blocks

    def late_changes(self) -> tuple[str, PromptPrefix] | None:
        """Return a notice on the agent of a resumed run, and its prompt prefix as it is now. None: nothing changed."""
        return self._transcript.late_changes()

    def take_reported_prefix(self, reported: PromptPrefix) -> None:
        """Note that the model knows this prompt prefix of the agent, and have it answer in the form of it."""
        self._transcript.reported_prompt_prefix = reported
        self._transcript.answer_in_form_of(reported)

    # -- requests and replies ----------------------------------------------------------------------------------

    def build_request(self, options: JSONObject, betas: Sequence[str], sender: str, *, uses_thread: bool) -> Request:
        """Return a request with all messages.

        Args:
            options: The body fields that follow the messages. It becomes part of the request.
            betas: The `anthropic-beta` values of the run.
            sender: The id of the run.
            uses_thread: True if the server may hold the conversation.

        Raises:
            ModelError: An earlier turn cannot be sent again as it came.
        """
        transcript = self._transcript
        if transcript.unknown_delta is not None:
            raise transcript.unknown_delta_error()
        prefix, thread = transcript.prefix, transcript.take_server_thread()
        messages = self._joiner.encoded(transcript.messages)
        count, wants_long = self._markers.count(prefix, messages), "ttl" in options.get("cache_control", ())
        if count and (count >= MAX_CACHE_MARKERS or wants_long or messages[-1].markers):
            self._fit_end_marker(options, count)
        if transcript.container is not None or "container" in options:
            is_resumed = messages[-1].role == "assistant"
            container = container_field(transcript.container, options.pop("container", None), is_resumed=is_resumed)
            if container is not None:
                options["container"] = container
        all_betas = tuple(dict.fromkeys((*betas, *transcript.betas)))
        estimate = self._estimate.of_prompt(prefix, transcript.messages, messages)
        return Request(prefix, messages, options, all_betas, sender, thread if uses_thread else None, estimate)

    def _fit_end_marker(self, options: JSONObject, count: int) -> None:
        """Leave out the marker for the end of a request, or shorten its life, where `count` others demand it."""
        marker, transcript = options.pop("cache_control", None), self._transcript
        if marker is not None and count < MAX_CACHE_MARKERS:
            marker = self._markers.end_marker(marker, transcript.prefix, transcript.messages)
            options |= {} if marker is None else {"cache_control": marker}

    def record_reply(
        self, requested: ServerThread | None, held: ServerThread | None, usage: Usage | None = None
    ) -> None:
        """Record what is known of a reply before its turn is appended.

        Args:
            requested: The thread of the request.
            held: The thread that the server holds after the reply.
            usage: The usage of the turn. None: it is not that of the whole conversation.
        """
        self._reply_thread, self._reply_usage = held, usage
        self.new_content.checkpoint = self.new_content.refused = None
        if requested is not None and held is None:
            self._transcript.stop_server_threads()

    def append_turn(self, turn: AssistantTurn) -> None:
        """Append the model's turn unchanged."""
        transcript = self._transcript
        transcript.append_turn(turn, self._reply_thread)
        self._has_waiting_code = transcript.container is not None and bool(open_code_calls(turn.content))
        self._has_pause = self._has_pause or turn.stop_reason == "pause_turn"
        usage = self._reply_usage
        if usage is not None and usage.prompt_tokens:  # some servers report no usage
            self.counted_prompt = usage.prompt_tokens + usage.output_tokens, len(transcript.messages)

    # -- the whole history -------------------------------------------------------------------------------------

    def drop_thinking(self, model: str) -> None:
        """Drop all thinking, which is bound to the model that wrote it; the history goes on with this model."""
        self._replace_messages(without_thinking(self._transcript.messages))
        self._transcript.set_model(model)

    def add_missing_results(self) -> None:
        """Add an error result for every tool call without a result."""
        self._replace_messages(with_missing_results(self._transcript.messages, self._transcript.tools))

    def refused_turn_as_text(self, text: str, redact: Callable[[str], str]) -> bool:
        """Put the model's last turn as plain text if a refusal with this text names it. False: nothing has changed."""
        messages = self._transcript.messages
        if not names_message_in(text, last_turn_span(messages)):
            return False
        changed = with_turn_as_text(messages, redact(reason_of(text)))
        if changed == messages:
            return False
        self._replace_messages(changed)
        self._has_pause = False
        return True

    async def compact(
        self,
        request_turn: RequestTurn,
        model: str,
        settings: Settings,
        *,
        server_side: bool,
        context_tokens: int | None,
    ) -> None:
        """Replace the messages by a summary of them; the arguments are those of `compact_transcript`."""
        messages = await compact_transcript(
            self._transcript, request_turn, model, settings, server_side=server_side, context_tokens=context_tokens
        )
        self._replace_messages(messages)

    def drop_container(self, note: str) -> None:
        """Go on without the container, which is gone. The model reads the note; code that waited in it has failed."""
        self._transcript.container = None
        self._transcript.close_server_calls()
        self._transcript.append_message(user(note))
        self._has_waiting_code = False

    def replace_prompt_prefix(self, other: Transcript) -> None:
        """Take over the prefix of another rendering. Allowed only before the model's first turn."""
        self._transcript.replace_prompt_prefix(other)

    def _replace_messages(self, messages: list[Message]) -> None:
        self._transcript.replace_messages(messages)
        self._markers.forget_messages()
        self.counted_prompt = (0, 0)
        self._has_waiting_code = False

    # -- what others read --------------------------------------------------------------------------------------

    @property
    def message_count(self) -> int:
        """The number of messages."""
        return len(self._transcript.messages)

    @property
    def has_model_turn(self) -> bool:
        """True if the model has replied."""
        return any(message.role == "assistant" for message in self._transcript.messages)

    @property
    def container(self) -> Container | None:
        """The container in which the API runs code for this conversation. None: it has none."""
        return self._transcript.container

    @property
    def tools(self) -> Mapping[str, AnyTool]:
        """The tools of the conversation that run in this process, by name; always the same mapping."""
        return self._transcript.tools

    @property
    def has_tools(self) -> bool:
        """True if the model may call anything but the answer tool."""
        return self._transcript.has_tools

    @property
    def has_artifact_tools(self) -> bool:
        """True if long tool results can be kept as artifacts."""
        return self._transcript.has_artifact_tools

    @property
    def answers_by_tool(self) -> bool:
        """True if the output comes as a call of the answer tool."""
        return self._transcript.answers_by_tool

    @property
    def answer_format(self) -> JSONObject | None:
        """The `output_config.format` of every request. None: the answer is text, or comes by the answer tool."""
        return self._transcript.answer_format

    def to_dicts(self) -> tuple[JSONObject, ...]:
        """Return the messages as the API's own dictionaries."""
        return tuple([message.to_dict() for message in self._transcript.messages])

    def content_sent(self) -> tuple[bytes, JSONObject | None, Container | None, tuple[Message, ...]]:
        """Return what a request would send of the conversation, to be compared with what was refused."""
        transcript = self._transcript
        return transcript.prefix.encoded, transcript.answer_format, transcript.container, tuple(transcript.messages)


def _has_results(content: Content) -> bool:
    return not isinstance(content, str) and any(block["type"] == "tool_result" for block in content)
