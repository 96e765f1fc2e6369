"""The model turns of one run: user messages and model turns are appended, and refused requests are repaired.

Two rules for this file: messages are only ever appended, except where the whole history is replaced (compaction, the
fallback model, a repair); and a request that the API has refused is never sent again unchanged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.budget.account import OverBudget
from agentkit.budget.cache_report import CacheWatch
from agentkit.budget.charges import Charge, together
from agentkit.budget.model_limits import limits_of
from agentkit.budget.usage import Usage
from agentkit.errors import ModelError
from agentkit.history.compaction import compacted, is_too_long
from agentkit.history.sanitize import answered, without_thinking
from agentkit.loop import refused_requests as repairs
from agentkit.loop.actions import AnswerBy, CallModel
from agentkit.loop.exchange import Asked, Meter, Question
from agentkit.loop.model_call import Asking
from agentkit.messages.message import AssistantTurn, Content, JSONObject, Message, marked, text_block, user
from agentkit.messages.request import Request
from agentkit.messages.server_threads import Thread
from agentkit.models.model import HoldsThreads
from agentkit.run.events import Compacted, FellBack
from agentkit.run.steps import run_as

if TYPE_CHECKING:
    from agentkit.history.transcript import Transcript
    from agentkit.models.model import Model
    from agentkit.models.stream_accumulator import OnCall
    from agentkit.run.scope import Scope
    from agentkit.run.settings import Settings

LOOKBACK_BLOCKS = 20
"""Blocks that the server looks back from a cache marker for a cached prefix. Source: prompt caching guide."""
MOST_MARKERS = 4
"""The most cache markers of a request, the one for its end included. Source: prompt caching guide."""


@dataclass
class Dialogue:
    """The turns of one run with its model."""

    scope: Scope
    transcript: Transcript
    settings: Settings
    model: Model
    fallback: Model | None
    """The model that takes over when the first refuses, is overloaded or does not exist. None: none, or in use."""
    asking: Asking
    pending: Content
    """The content of the next user message, without secrets: the prompt at first, later the tool results."""
    relaxed: Callable[[], Awaitable[Transcript]]
    """Opens a transcript whose prompt prefix has no strict schemas."""
    _charged: list[Charge] = field(default_factory=list[Charge], init=False)
    """The charge of every request so far."""
    has_compacted: bool = False
    """True once the history was compacted in this run; it is done at most once."""
    cache: CacheWatch = field(init=False)
    _repaired: set[str] = field(default_factory=set[str], init=False)
    """Names of the repairs that were made; each is made at most once."""
    _known: tuple[int, int] = field(default=(0, 0), init=False)
    """The server's last token count, and the number of messages that it holds for."""
    _thread: Thread | None = field(default=None, init=False)
    """The server thread of a reply that is not appended yet. None: the server holds no thread."""
    _requests: int = field(default=0, init=False)
    _marked_so_far: tuple[int, int] = field(default=(0, 0), init=False)
    """The number of messages that were searched for cache markers, and of markers found in them."""

    @property
    def charges(self) -> tuple[Charge, ...]:
        """The charges of all requests so far, added up by model and price."""
        return together(self._charged)

    def __post_init__(self) -> None:
        self.cache = CacheWatch(self.scope.path[-1], self.settings.cache)

    @property
    def answer_by(self) -> AnswerBy:
        """The form in which the answer is given in this conversation."""
        if self.transcript.answers_by_tool:
            return AnswerBy.TOOL
        return AnswerBy.TEXT if self.transcript.answer_format is None else AnswerBy.FORMAT

    def say(self, note: str | None) -> None:
        """Append the pending content, followed by the note, as one user message. Nothing to append: no message."""
        content = self.pending
        if note is not None:
            before = [text_block(content)] if isinstance(content, str) else content
            content = [*before, text_block(note)]
        if content:
            self.transcript.append(user(self._marked(content)))
        self.pending = []

    def _marked(self, content: Content) -> Content:
        """Return the content of a long message with a cache marker on its first block; other content as it is.

        From the marker at the end of the request the server looks back over 20 blocks only (a series of tool results
        counts as one), so in a long message it would not find the prefix that was cached before it.
        """
        marker, said = self.settings.cache_marker, self.transcript.messages
        if marker is None or isinstance(content, str) or len(content) < LOOKBACK_BLOCKS or not said:
            return content
        is_long = sum(block["type"] != "tool_result" for block in content) >= LOOKBACK_BLOCKS
        is_free = not any("cache_control" in block for block in content)
        return marked(content, 0, marker) if is_long and is_free and self._markers() < MOST_MARKERS - 1 else content

    def _markers(self) -> int:
        """Return the number of cache markers in prefix and messages; only new messages are searched."""
        messages, (seen, count) = self.transcript.messages, self._marked_so_far
        self._marked_so_far = len(messages), count + sum(message.markers for message in messages[seen:])
        return self.transcript.prefix.markers + self._marked_so_far[1]

    async def ask(self, step: CallModel, turn: int, *, needs_landing: bool, on_call: OnCall | None = None) -> Asked:
        """Request the model's next turn, which is not appended yet; a refused request is repaired and sent again.

        Raises:
            OverBudget: A budget does not cover the request.
            ModelError: The request failed, and no repair applies.
        """
        while True:
            self.transcript.check_echo()
            request = self._request(step)
            tokens, messages = self._known
            question = Question(request, turn, tokens, messages, step.least_tokens, needs_landing, on_call)
            try:
                asked = await self._ask(question)
            except ModelError as error:
                if not await self._helps(error):
                    raise
                continue
            self.cache.saw(turn, Usage.of(asked.turn.usage))
            self._thread = asked.thread
            if request.thread is not None and asked.thread is None:
                self.transcript.thread = None
            return asked

    def keep(self, turn: AssistantTurn) -> None:
        """Append the model's turn unchanged."""
        self.transcript.append_turn(turn)
        # A call whose input is no object goes back with another input than the server holds: no thread then.
        if self._thread is not None and turn.id and not turn.invalid_inputs:
            self.transcript.thread = self._thread.with_reply(turn.id, len(self.transcript.messages))
        usage = Usage.of(turn.usage)
        if usage.prompt_tokens:  # some servers report no usage
            self._known = usage.prompt_tokens + usage.output_tokens, len(self.transcript.messages)

    async def fall_back(self, reason: str) -> None:
        """Switch to the fallback model, without thinking blocks: they are bound to the model that wrote them."""
        if self.fallback is None:
            return
        self.model, self.fallback = self.fallback, None
        self.asking.own_prices = None
        self._begin_anew(without_thinking(self.transcript.messages))
        self.cache.changed(f"The run went on with {self.model.name}, which has a cache of its own.")
        self.transcript.model = self.model.name
        name = self.model.name
        await self.scope.emit(lambda place: FellBack(**place, model=name, reason=reason))

    async def compact(self) -> None:
        """Replace the history by a summary of it."""
        self.has_compacted = True
        before = len(self.transcript.messages)

        async def ask(request: Request) -> AssistantTurn:
            try:
                # With a reserve for the final turn: a summary alone would be of no use.
                return (await self._ask(Question(request, 0, needs_landing=True))).turn
            except OverBudget as refusal:  # compaction also works without a model
                raise ModelError(str(refusal), kind="over_budget") from refusal

        limits = limits_of(self.model.name)
        messages = await compacted(
            self.transcript,
            ask,
            self.model.name,
            self.settings,
            server_side=repairs.compacts_itself(self.model),
            context_tokens=limits.context_tokens if limits else None,
        )
        self._begin_anew(messages)
        self.cache.changed("The conversation had become too long and was replaced by a summary.")
        after = len(messages)
        await self.scope.emit(lambda place: Compacted(**place, messages_before=before, messages_after=after))

    async def _ask(self, question: Question) -> Asked:
        self._requests += 1
        slot = self.scope.steps.reserve(f"model:{self._requests}")
        meter = Meter()

        async def effect() -> Asked:
            return await self.asking.ask(self.model, question, meter)

        try:
            asked = await run_as(self.scope.steps, slot, effect, Asked.to_json, Asked.from_json)
        except BaseException:
            self._charged += meter.charges
            raise
        self._charged += asked.charges
        return asked

    async def _helps(self, error: ModelError) -> bool:
        """Return True if a repair has changed the refused request. Each repair is made once."""
        for is_it, repair in (
            (repairs.is_dangling(error), self._answer_calls),
            (repairs.is_too_complex(error) and self._is_first_turn(), self._relax),
            (is_too_long(error) and not self.has_compacted, self.compact),
        ):
            if is_it and repair.__name__ not in self._repaired:
                self._repaired.add(repair.__name__)
                before = self._what_is_sent()
                await repair()
                return self._what_is_sent() != before
        if self.fallback is not None and repairs.is_the_models(error):
            await self.fall_back(str(error))
            return True
        return False

    async def _answer_calls(self) -> None:
        self._begin_anew(answered(self.transcript.messages))

    async def _relax(self) -> None:
        self.transcript.begin_with(await self.relaxed())

    def _what_is_sent(self) -> tuple[bytes, JSONObject | None, list[Message]]:
        return self.transcript.prefix.encoded, self.transcript.answer_format, list(self.transcript.messages)

    def _is_first_turn(self) -> bool:
        return all(message.role != "assistant" for message in self.transcript.messages)

    def _begin_anew(self, messages: list[Message]) -> None:
        self.transcript.messages[:] = messages
        self.cache.changed("The messages of the conversation were replaced.")
        self.transcript.unknown_delta = None
        self._known = self._marked_so_far = (0, 0)
        self.transcript.take_thread()

    def _request(self, step: CallModel) -> Request:
        options: JSONObject = {"model": self.model.name, **self.settings.options(), "stream": True}
        options["max_tokens"] = step.max_tokens
        if self.transcript.answer_format is not None:
            options["output_config"] = {**options.get("output_config", {}), "format": self.transcript.answer_format}
        if step.is_last and not self.transcript.answers_by_tool and self.transcript.has_tools:
            options["tool_choice"] = {"type": "none"}
            self.cache.changed("It was the last turn, on which no tool may be called: another `tool_choice`.")
        if self._markers() >= MOST_MARKERS:
            options.pop("cache_control", None)
        messages = tuple(self.transcript.messages)
        betas = tuple(dict.fromkeys((*self.settings.betas, *self.transcript.betas)))
        thread = self.transcript.take_thread()
        if not (self.settings.thread and isinstance(self.model, HoldsThreads) and self.model.holds_threads):
            thread = None
        return Request(self.transcript.prefix, messages, options, betas, self.scope.run_id, thread)
