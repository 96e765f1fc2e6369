"""The turns of the model in one run: requested, repaired where a request is refused, and moved to the fallback model.

Two rules for this file: the history is written through `RunHistory` only; and a request that the API has refused is
never sent again unchanged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.budget.account import OverBudget
from agentkit.budget.cache_report import CacheBreak, CacheMonitor
from agentkit.budget.charges import Charge
from agentkit.budget.model_limits import model_limits_of
from agentkit.budget.usage import Usage
from agentkit.errors import ModelError
from agentkit.history.compaction import is_request_too_long
from agentkit.log import log
from agentkit.loop.actions import AskModel
from agentkit.loop.durable.model_steps import ModelSteps
from agentkit.loop.model_calls import refused_requests
from agentkit.loop.model_calls.exchange import ModelReply, ModelRequest
from agentkit.loop.state import AnswerBy
from agentkit.loop.texts_for_model import CONTAINER_GONE_NOTE
from agentkit.models.client_capabilities import has_server_side_compaction
from agentkit.models.model import HoldsThreads
from agentkit.models.stream_accumulator import OWN_BLOCK_TYPES
from agentkit.run.events import Compacted, FellBack
from agentkit.run.run_log import log_asked_again
from agentkit.run.server_tool_events import emit_server_tool
from agentkit.run.steps import run_step

if TYPE_CHECKING:
    from agentkit.history.run_history import RunHistory
    from agentkit.history.transcript import Transcript
    from agentkit.loop.model_calls.model_call import ModelCaller
    from agentkit.messages.message import AssistantTurn, JSONObject
    from agentkit.messages.request import Request
    from agentkit.models.model import Model
    from agentkit.run.scope import RunScope
    from agentkit.run.settings import Settings
    from agentkit.tool_calls.eager import EagerCalls


@dataclass
class ModelTurns:
    """The turns of the model in one run."""

    scope: RunScope
    settings: Settings
    model: Model
    fallback: Model | None
    """The model that takes over when the first refuses, is overloaded or does not exist. None: none, or in use."""
    _history: RunHistory
    _model_caller: ModelCaller
    _open_relaxed_transcript: Callable[[], Awaitable[Transcript]]
    """Opens a transcript whose prompt prefix has no strict schemas."""
    answer_by: AnswerBy = field(init=False, repr=False)
    """The form in which the answer is given in this conversation."""
    eager_calls: EagerCalls | None = field(default=None, init=False)
    """The eager calls of the run. None: no call starts before its turn is complete."""
    has_compacted: bool = field(default=False, init=False)
    """True once the history was compacted in this run; it is done at most once."""
    _cache: CacheMonitor = field(init=False)
    _model_steps: ModelSteps = field(init=False)
    _repairs_made: frozenset[str] = field(default=frozenset(), init=False)
    """Names of the repairs that were made; each is made at most once."""
    _may_leave_choice: bool = field(default=False, init=False)
    """True if the fallback model is in use, so that a forced call which it refuses may be left out."""
    _leaves_choice: bool = field(default=False, init=False)
    """True if it was refused, and no call is forced any more."""

    def __post_init__(self) -> None:
        self._cache = CacheMonitor(self.scope.path[-1], self.settings.cache)
        self._model_steps = ModelSteps(self._model_caller)
        self.take_answer_form()

    def take_answer_form(self) -> None:
        """Take over from the history in which form the answer is given."""
        if self._history.answers_by_tool:
            self.answer_by = AnswerBy.TOOL
        else:
            self.answer_by = AnswerBy.TEXT if self._history.answer_format is None else AnswerBy.FORMAT

    @property
    def model_name(self) -> str:
        """The name of the model in use."""
        return self.model.name

    @property
    def max_output_tokens(self) -> int:
        """The most tokens that a reply of the model in use may have."""
        given, known = self.settings.max_tokens, model_limits_of(self.model.name)
        return max(given, known.max_output_tokens) if known else given

    @property
    def charges(self) -> tuple[Charge, ...]:
        """The charges of all requests so far, added up by model and price."""
        return self._model_steps.merged_charges()

    @property
    def unrecorded_charges(self) -> Sequence[Charge]:
        """The charges of calls that were cancelled, which no step has recorded."""
        return self._model_steps.unrecorded_charges

    @property
    def last_step(self) -> str:
        """The name of the last step of a model call. Empty: there is none, or the steps are not durable."""
        return self._model_steps.last_step

    @property
    def was_answered(self) -> bool:
        """True if a reply to one of the requests has come, or a part of one."""
        return any(charge.usage.requests or charge.usage.aborted_requests for charge in self._model_steps.charges)

    @property
    def cache_breaks(self) -> tuple[CacheBreak, ...]:
        """The requests that read less from the prompt cache than the one before them had left there."""
        return self._cache.breaks

    async def next_turn(self, action: AskModel, turn_number: int, *, needs_reserve: bool) -> ModelReply:
        """Request the model's next turn, which is not appended yet; a refused request is repaired and sent again.

        Raises:
            OverBudget: A budget does not cover the request.
            ModelError: The request failed, and no repair applies.
        """
        early = self.eager_calls
        on_call = None if early is None or action.is_final_turn else early.callback_for_turn(turn_number)
        while True:
            request = self._build_request(action, turn_number)
            tokens, messages = self._history.counted_prompt
            model_request = ModelRequest(
                request,
                turn_number,
                tokens,
                messages,
                action.min_tokens,
                action.good_tokens,
                needs_reserve,
                on_call,
                early,
            )
            try:
                reply = await self._model_steps.call(self.model, model_request)
            except ModelError as error:
                if not await self._repair_request(error):
                    raise
                log_asked_again(error, turn_number, 2, 0.0)
                continue
            usage = Usage.from_api(reply.turn.usage)
            self._cache.record_reply(turn_number, usage)
            self._history.record_reply(request.thread, reply.thread, usage if reply.counts_prompt else None)
            for block in reply.turn.content:
                if block.get("type") not in OWN_BLOCK_TYPES:  # emitted already, unless the reply was not streamed here
                    emit_server_tool(self.scope, block, model_request.reported_server_tools)
            return reply

    async def switch_to_fallback(self, reason: str) -> None:
        """Switch to the fallback model."""
        if self.fallback is None:
            return
        self.model, self.fallback = self.fallback, None
        self._may_leave_choice = True
        name = self.model.name
        self._model_caller.use_table_prices()
        self._history.drop_thinking(name)
        self._cache.expect_break(f"The run went on with {name}, which has a cache of its own.")
        said = self.scope.redactor.text(reason)
        log().info("run goes on with the fallback model", model=name, reason=said)
        await self.scope.emit(lambda origin: FellBack(**origin, model=name, reason=said))

    async def compact_history(self) -> None:
        """Replace the history by a summary of it."""
        self.has_compacted = True
        before = self._history.message_count

        async def call_for_summary(request: Request) -> AssistantTurn:
            try:
                # With a reserve for the final turn: a summary alone would be of no use.
                summary_request = ModelRequest(request, 0, needs_final_turn_reserve=True)
                return (await self._model_steps.call(self.model, summary_request)).turn
            except OverBudget as refusal:  # compaction also works without a model
                raise ModelError(str(refusal), kind="over_budget") from refusal

        async def effect() -> JSONObject:
            return {"by_server": has_server_side_compaction(self.model)}

        how = await run_step(self.scope.steps, "compaction", "check", effect)
        limits = model_limits_of(self.model.name)
        await self._history.compact(
            call_for_summary,
            self.model.name,
            self.settings,
            server_side=how["by_server"],
            context_tokens=limits.context_tokens if limits else None,
        )
        self._cache.expect_break("The conversation had become too long and was replaced by a summary.")
        after = self._history.message_count
        await self.scope.emit(lambda origin: Compacted(**origin, messages_before=before, messages_after=after))

    async def _repair_request(self, error: ModelError) -> bool:
        """Return True if a repair has changed the refused request. Each one but that of content is made once."""
        if error.status == 413 and self._history.new_content.is_large and self._replace_refused_content(error):
            return True
        for is_it, repair in (
            (refused_requests.is_missing_tool_result(error), self._add_missing_results),
            (refused_requests.is_schema_too_complex(error) and not self._history.has_model_turn, self._relax_schemas),
            (is_request_too_long(error) and not self.has_compacted, self.compact_history),
            (refused_requests.is_container_gone(error, self._history.container), self._drop_container),
        ):
            if is_it and repair.__name__ not in self._repairs_made:
                self._repairs_made |= {repair.__name__}
                before = self._history.content_sent()
                await repair()
                if self._history.content_sent() != before:
                    return True
        if self._may_leave_choice and refused_requests.is_forced_call_refused(error):
            self._may_leave_choice, self._leaves_choice = False, True
            return True
        if self.fallback is not None and refused_requests.is_model_unavailable(error):
            await self.switch_to_fallback(str(error))
            return True
        return refused_requests.is_content_refused(error) and (
            self._replace_refused_content(error) or self._repair_refused_turn(error)
        )

    def _repair_refused_turn(self, error: ModelError) -> bool:
        """Return True if a turn of the model that the API refuses goes back changed: without thinking, or as text."""
        text, before = str(error), self._history.content_sent()
        if refused_requests.is_about_thinking(error):
            self._history.drop_thinking(self.model.name)
        is_changed = self._history.content_sent() != before
        is_changed = is_changed or self._history.refused_turn_as_text(text, self.scope.redactor.text)
        if is_changed:
            self._cache.expect_break("A turn of the model that the API refused was changed.")
            log().warning("a refused turn of the model was changed", error=self.scope.redactor.text(text))
        return is_changed

    def _replace_refused_content(self, error: ModelError) -> bool:
        redact, is_too_large = self.scope.redactor.text, error.status == 413
        replaced = self._history.new_content.replace_refused(str(error), redact, is_too_large=is_too_large)
        if replaced is not None:
            log().warning("refused content was left out", content=replaced, error=redact(str(error)))
        return replaced is not None

    async def _add_missing_results(self) -> None:
        self._history.add_missing_results()
        self._cache.expect_break("The messages of the conversation were replaced.")

    async def _drop_container(self) -> None:
        self._history.drop_container(CONTAINER_GONE_NOTE)

    async def _relax_schemas(self) -> None:
        self._history.replace_prompt_prefix(await self._open_relaxed_transcript())
        self.take_answer_form()

    def _build_request(self, action: AskModel, turn_number: int) -> Request:
        history, model = self._history, self.model
        options: JSONObject = {"model": model.name, **self.settings.options(), "stream": True}
        options["max_tokens"] = action.max_tokens
        if self.answer_by is AnswerBy.FORMAT:
            options["output_config"] = {**options.get("output_config", {}), "format": history.answer_format}
        if action.is_final_turn and self.answer_by is not AnswerBy.TOOL and history.has_tools:
            options["tool_choice"] = {"type": "none"}
            self._cache.expect_break("It was the last turn, on which no tool may be called: another `tool_choice`.")
        elif self.settings.tool_choice is not None and history.has_tools and not action.is_final_turn:
            self._choose_tool(options, turn_number)
        uses_thread = self.settings.thread and isinstance(model, HoldsThreads) and model.holds_threads
        return history.build_request(options, self.settings.betas, self.scope.run_id, uses_thread=uses_thread)

    def _choose_tool(self, options: JSONObject, turn_number: int) -> None:
        """Put the `tool_choice` of the settings into the options, as far as it holds for this turn."""
        choice = self.settings.tool_choice_for(2 if self._leaves_choice else turn_number)
        if turn_number > 1 and choice != self.settings.tool_choice_for(1):
            self._cache.expect_break("Only the first turn had to call a tool: another `tool_choice`.")
        if choice is not None and not (choice["type"] == "none" and self.answer_by is AnswerBy.TOOL):
            options["tool_choice"] = choice
