"""The model turns of one run: user messages and model turns are appended, and refused requests are repaired.

Two rules for this file: messages are only ever appended, except where the whole history is replaced (compaction, the
fallback model, a repair); and a request that the API has refused is never sent again unchanged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.budget.account import OverBudget
from agentkit.budget.cache_report import CacheMonitor
from agentkit.budget.charges import Charge, merge_charges
from agentkit.budget.model_limits import model_limits_of
from agentkit.budget.usage import Usage
from agentkit.errors import ModelError
from agentkit.history.compaction import compact_transcript, is_request_too_long
from agentkit.history.sanitize import with_missing_results, without_thinking
from agentkit.loop import refused_requests
from agentkit.loop.actions import AskModel
from agentkit.loop.exchange import ChargeMeter, ModelReply, ModelRequest
from agentkit.loop.model_call import ModelCaller
from agentkit.loop.state import AnswerBy
from agentkit.messages.message import AssistantTurn, Content, JSONObject, Message, text_block, user, with_cache_marker
from agentkit.messages.request import Request
from agentkit.messages.server_threads import ServerThread
from agentkit.models.model import HoldsThreads
from agentkit.run.events import Compacted, FellBack
from agentkit.run.steps import run_typed_step

if TYPE_CHECKING:
    from agentkit.history.transcript import Transcript
    from agentkit.models.model import Model
    from agentkit.models.stream_accumulator import OnToolCall
    from agentkit.run.scope import RunScope
    from agentkit.run.settings import Settings

CACHE_LOOKBACK_BLOCKS = 20
"""Blocks that the server looks back from a cache marker for a cached prefix. Source: prompt caching guide."""
MAX_CACHE_MARKERS = 4
"""The most cache markers of a request, the one for its end included. Source: prompt caching guide."""


@dataclass
class ModelTurns:
    """The turns of one run with its model."""

    scope: RunScope
    transcript: Transcript
    settings: Settings
    model: Model
    fallback: Model | None
    """The model that takes over when the first refuses, is overloaded or does not exist. None: none, or in use."""
    model_caller: ModelCaller
    pending: Content
    """The content of the next user message, without secrets: the prompt at first, later the tool results."""
    open_relaxed_transcript: Callable[[], Awaitable[Transcript]]
    """Opens a transcript whose prompt prefix has no strict schemas."""
    _request_charges: list[Charge] = field(default_factory=list[Charge], init=False)
    """The charge of every request so far."""
    has_compacted: bool = False
    """True once the history was compacted in this run; it is done at most once."""
    cache: CacheMonitor = field(init=False)
    _repairs_made: set[str] = field(default_factory=set[str], init=False)
    """Names of the repairs that were made; each is made at most once."""
    _last_count: tuple[int, int] = field(default=(0, 0), init=False)
    """The server's last token count, and the number of messages that it holds for."""
    _unkept_thread: ServerThread | None = field(default=None, init=False)
    """The server thread of a reply that is not appended yet. None: the server holds no thread."""
    _request_count: int = field(default=0, init=False)
    _marker_count: tuple[int, int] = field(default=(0, 0), init=False)
    """The number of messages that were searched for cache markers, and of markers found in them."""

    @property
    def charges(self) -> tuple[Charge, ...]:
        """The charges of all requests so far, added up by model and price."""
        return merge_charges(self._request_charges)

    def __post_init__(self) -> None:
        self.cache = CacheMonitor(self.scope.path[-1], self.settings.cache)

    @property
    def answer_by(self) -> AnswerBy:
        """The form in which the answer is given in this conversation."""
        if self.transcript.answers_by_tool:
            return AnswerBy.TOOL
        return AnswerBy.TEXT if self.transcript.answer_format is None else AnswerBy.FORMAT

    def append_user_message(self, note: str | None) -> None:
        """Append the pending content, followed by the note, as one user message. Nothing to append: no message."""
        content = self.pending
        if note is not None:
            before = [text_block(content)] if isinstance(content, str) else content
            content = [*before, text_block(note)]
        if content:
            self.transcript.append_message(user(self._with_cache_marker(content)))
        self.pending = []

    def _with_cache_marker(self, content: Content) -> Content:
        """Return the content of a long message with a cache marker on its first block; other content as it is.

        From the marker at the end of the request the server looks back over 20 blocks only (a series of tool results
        counts as one), so in a long message it would not find the prefix that was cached before it.
        """
        marker, said = self.settings.cache_marker, self.transcript.messages
        if marker is None or isinstance(content, str) or len(content) < CACHE_LOOKBACK_BLOCKS or not said:
            return content
        is_long = sum(block["type"] != "tool_result" for block in content) >= CACHE_LOOKBACK_BLOCKS
        is_free = not any("cache_control" in block for block in content)
        return (
            with_cache_marker(content, 0, marker)
            if is_long and is_free and self._count_cache_markers() < MAX_CACHE_MARKERS - 1
            else content
        )

    def _count_cache_markers(self) -> int:
        """Return the number of cache markers in prefix and messages; only new messages are searched."""
        messages, (seen, count) = self.transcript.messages, self._marker_count
        self._marker_count = len(messages), count + sum(message.markers for message in messages[seen:])
        return self.transcript.prefix.markers + self._marker_count[1]

    async def next_turn(
        self, action: AskModel, turn_number: int, *, needs_reserve: bool, on_call: OnToolCall | None = None
    ) -> ModelReply:
        """Request the model's next turn, which is not appended yet; a refused request is repaired and sent again.

        Raises:
            OverBudget: A budget does not cover the request.
            ModelError: The request failed, and no repair applies.
        """
        while True:
            self.transcript.check_can_be_resent()
            request = self._build_request(action)
            tokens, messages = self._last_count
            model_request = ModelRequest(
                request, turn_number, tokens, messages, action.min_tokens, needs_reserve, on_call
            )
            try:
                reply = await self._run_model_step(model_request)
            except ModelError as error:
                if not await self._repair_request(error):
                    raise
                continue
            self.cache.record_reply(turn_number, Usage.from_api(reply.turn.usage))
            self._unkept_thread = reply.thread
            if request.thread is not None and reply.thread is None:
                self.transcript.server_thread = None
            return reply

    def append_turn(self, turn: AssistantTurn) -> None:
        """Append the model's turn unchanged."""
        self.transcript.append_turn(turn)
        # A call whose input is no object goes back with another input than the server holds: no thread then.
        if self._unkept_thread is not None and turn.id and not turn.invalid_inputs:
            self.transcript.server_thread = self._unkept_thread.with_reply(turn.id, len(self.transcript.messages))
        usage = Usage.from_api(turn.usage)
        if usage.prompt_tokens:  # some servers report no usage
            self._last_count = usage.prompt_tokens + usage.output_tokens, len(self.transcript.messages)

    async def switch_to_fallback(self, reason: str) -> None:
        """Switch to the fallback model, without thinking blocks: they are bound to the model that wrote them."""
        if self.fallback is None:
            return
        self.model, self.fallback = self.fallback, None
        self.model_caller.own_prices = None
        self._replace_messages(without_thinking(self.transcript.messages))
        self.cache.expect_break(f"The run went on with {self.model.name}, which has a cache of its own.")
        self.transcript.model = self.model.name
        name = self.model.name
        await self.scope.emit(lambda origin: FellBack(**origin, model=name, reason=reason))

    async def compact_history(self) -> None:
        """Replace the history by a summary of it."""
        self.has_compacted = True
        before = len(self.transcript.messages)

        async def call_for_summary(request: Request) -> AssistantTurn:
            try:
                # With a reserve for the final turn: a summary alone would be of no use.
                return (await self._run_model_step(ModelRequest(request, 0, needs_final_turn_reserve=True))).turn
            except OverBudget as refusal:  # compaction also works without a model
                raise ModelError(str(refusal), kind="over_budget") from refusal

        limits = model_limits_of(self.model.name)
        messages = await compact_transcript(
            self.transcript,
            call_for_summary,
            self.model.name,
            self.settings,
            server_side=refused_requests.has_server_side_compaction(self.model),
            context_tokens=limits.context_tokens if limits else None,
        )
        self._replace_messages(messages)
        self.cache.expect_break("The conversation had become too long and was replaced by a summary.")
        after = len(messages)
        await self.scope.emit(lambda origin: Compacted(**origin, messages_before=before, messages_after=after))

    async def _run_model_step(self, model_request: ModelRequest) -> ModelReply:
        self._request_count += 1
        slot = self.scope.steps.reserve(f"model:{self._request_count}")
        meter = ChargeMeter()

        async def effect() -> ModelReply:
            return await self.model_caller.call(self.model, model_request, meter)

        try:
            reply = await run_typed_step(self.scope.steps, slot, effect, ModelReply.to_json, ModelReply.from_json)
        except BaseException:
            self._request_charges += meter.charges
            raise
        self._request_charges += reply.charges
        return reply

    async def _repair_request(self, error: ModelError) -> bool:
        """Return True if a repair has changed the refused request. Each repair is made once."""
        for is_it, repair in (
            (refused_requests.is_missing_tool_result(error), self._add_missing_results),
            (refused_requests.is_schema_too_complex(error) and self._is_first_turn(), self._relax_schemas),
            (is_request_too_long(error) and not self.has_compacted, self.compact_history),
        ):
            if is_it and repair.__name__ not in self._repairs_made:
                self._repairs_made.add(repair.__name__)
                before = self._content_sent()
                await repair()
                return self._content_sent() != before
        if self.fallback is not None and refused_requests.is_model_unavailable(error):
            await self.switch_to_fallback(str(error))
            return True
        return False

    async def _add_missing_results(self) -> None:
        self._replace_messages(with_missing_results(self.transcript.messages))

    async def _relax_schemas(self) -> None:
        self.transcript.replace_prompt_prefix(await self.open_relaxed_transcript())

    def _content_sent(self) -> tuple[bytes, JSONObject | None, list[Message]]:
        return self.transcript.prefix.encoded, self.transcript.answer_format, list(self.transcript.messages)

    def _is_first_turn(self) -> bool:
        return all(message.role != "assistant" for message in self.transcript.messages)

    def _replace_messages(self, messages: list[Message]) -> None:
        self.transcript.messages[:] = messages
        self.cache.expect_break("The messages of the conversation were replaced.")
        self.transcript.unknown_delta = None
        self._last_count = self._marker_count = (0, 0)
        self.transcript.take_server_thread()

    def _build_request(self, action: AskModel) -> Request:
        options: JSONObject = {"model": self.model.name, **self.settings.options(), "stream": True}
        options["max_tokens"] = action.max_tokens
        if self.transcript.answer_format is not None:
            options["output_config"] = {**options.get("output_config", {}), "format": self.transcript.answer_format}
        if action.is_final_turn and not self.transcript.answers_by_tool and self.transcript.has_tools:
            options["tool_choice"] = {"type": "none"}
            self.cache.expect_break("It was the last turn, on which no tool may be called: another `tool_choice`.")
        if self._count_cache_markers() >= MAX_CACHE_MARKERS:
            options.pop("cache_control", None)
        messages = tuple(self.transcript.messages)
        betas = tuple(dict.fromkeys((*self.settings.betas, *self.transcript.betas)))
        thread = self.transcript.take_server_thread()
        if not (self.settings.thread and isinstance(self.model, HoldsThreads) and self.model.holds_threads):
            thread = None
        return Request(self.transcript.prefix, messages, options, betas, self.scope.run_id, thread)
