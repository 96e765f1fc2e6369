"""The driver of a run: ask the model, run its calls, ask again, until the machine says that it is over.

Two rules for this file: what comes next is decided in `state.py`, never here; and whatever happens, a cancellation
included, the conversation that is left behind is one that the API would take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

from agentkit.answer import InvalidAnswer
from agentkit.context import RunContext
from agentkit.delegation import Delegation
from agentkit.errors import ModelError
from agentkit.events import (
    OutputRejected,
    RunFinished,
    RunStarted,
    TextDelta,
    ThinkingDelta,
    TurnFinished,
    TurnStarted,
)
from agentkit.execute import Executed, Execution, progress_reporter
from agentkit.messages import AssistantTurn, Block, Content, JSONObject, Request, ToolCall, text_block, user
from agentkit.outcome import Outcome, Unfinished
from agentkit.result import Answer, RunResult
from agentkit.state import (
    ANSWER_TOOL,
    CALL_ANSWER_TOOL,
    AnswerBy,
    AskToSpeak,
    CallModel,
    CheckAnswer,
    Finish,
    Limits,
    RunState,
    RunTools,
    next_step,
)
from agentkit.turn_reader import TurnReader
from agentkit.usage import PRICES, Cost, Usage, cost_of

if TYPE_CHECKING:
    from agentkit.model import Model
    from agentkit.scope import Scope
    from agentkit.spec import AgentSpec
    from agentkit.steps import Slot
    from agentkit.transcript import Transcript

Deps = TypeVar("Deps")
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass
class Run(Generic[Deps, In, Out]):
    """One run in progress. `drive` it; `result` says at any time how far it is."""

    spec: AgentSpec[Deps, In, Out]
    scope: Scope
    transcript: Transcript
    model: Model
    deps: Deps
    pending: list[Block] | str
    """What the next user message will hold: the prompt at first, then tool results and notes."""
    state: RunState = field(init=False)
    answer: Answer[Out] | None = None
    usage: Usage = Usage()
    cost: Cost = Cost()
    children: list[RunResult[object]] = field(default_factory=list[RunResult[object]])
    unfinished: list[Unfinished] = field(default_factory=list[Unfinished])
    error: ModelError | None = None
    finish: Finish | None = None
    """How the run ended. None: it has not, or it was cancelled."""

    def __post_init__(self) -> None:
        limits = Limits(self.spec.max_turns, self.spec.output_retries)
        by = AnswerBy.TOOL if self.transcript.answers_by_tool else AnswerBy.TEXT
        self.state = RunState(limits, by, has_tools=self.transcript.has_tools)
        self._requests = 0
        self._limiter = anyio.CapacityLimiter(self.spec.max_concurrent_calls)

    async def drive(self) -> None:
        """Go from step to step until the machine says that the run is over."""
        await self.scope.emit(lambda place: RunStarted(**place, model=self.model.name))
        try:
            while not isinstance(step := next_step(self.state), Finish):
                await self._take(step)
            self.finish = step
        except ModelError as error:
            self.error = error
            self.finish = Finish(Outcome.FAILED, str(error))
        finally:
            self._settle()
        result = self.result()
        await self.scope.emit(
            lambda place: RunFinished(
                **place, outcome=result.outcome, reason=result.reason, usage=result.usage, cost=result.cost
            )
        )

    def result(self) -> RunResult[Out]:
        """What was done so far; the outcome is `cancelled` for a run that did not come to an end."""
        finish = self.finish or Finish(Outcome.CANCELLED, "The run was cancelled.")
        below = (unfinished for child in self.children for unfinished in child.unfinished)
        return RunResult(
            run_id=self.scope.run_id,
            agent=self.spec.name,
            outcome=finish.outcome,
            reason=finish.reason,
            answer=self.answer,
            own_usage=self.usage,
            own_cost=self.cost,
            children=tuple(self.children),
            messages=tuple(message.to_dict() for message in self.transcript.messages),
            unfinished=(*self.unfinished, *below),
            error=self.error,
        )

    async def _take(self, step: CallModel | RunTools | CheckAnswer | AskToSpeak) -> None:
        match step:
            case CallModel():
                await self._ask(step)
            case RunTools():
                await self._run_tools(step)
            case CheckAnswer():
                await self._check(step.text)
            case AskToSpeak():
                self.state = self.state.asked_to_speak()

    # -- asking ------------------------------------------------------------------------------------------------

    async def _ask(self, step: CallModel) -> None:
        if self.state.turn is not None:
            self.state = self.state.resumed()
        self._say(step.note)
        self.transcript.check_echo()
        turn_number = self.state.turns + 1
        await self.scope.emit(lambda place: TurnStarted(**place, turn=turn_number, is_last=step.is_last))
        request = self._request(is_last=step.is_last)
        self._requests += 1
        slot = self.scope.steps.reserve(f"model:{self._requests}")

        async def effect() -> JSONObject:
            return (await self._stream(request)).to_json()

        turn = AssistantTurn.from_json(await self.scope.steps.run(slot, effect))
        usage = Usage.of(turn.usage)
        cost = cost_of(turn.model if turn.model in PRICES else self.model.name, usage)
        self.usage += usage
        self.cost += cost
        self.state = self.state.replied(turn)
        if turn.content and turn.stop_reason != "refusal":  # neither may go back
            self.transcript.append_turn(turn)
        await self.scope.emit(
            lambda place: TurnFinished(
                **place, turn=turn_number, stop_reason=turn.stop_reason, text=turn.text, usage=usage, cost=cost
            )
        )

    def _say(self, note: str | None) -> None:
        """Append what is pending, and the note behind it, as one user message."""
        content: Content = self.pending
        if note is not None:
            before = [text_block(content)] if isinstance(content, str) else content
            content = [*before, text_block(note)]
        if content:
            self.transcript.append(user(content))
        self.pending = []

    def _request(self, *, is_last: bool) -> Request:
        settings = self.spec.settings
        options: JSONObject = {"model": self.model.name, **settings.options(), "stream": True}
        if self.transcript.answer_format is not None:
            options["output_config"] = {**options.get("output_config", {}), "format": self.transcript.answer_format}
        if is_last and not self.transcript.answers_by_tool:
            options["tool_choice"] = {"type": "none"}
        return Request(self.transcript.prefix, tuple(self.transcript.messages), options, settings.betas)

    async def _stream(self, request: Request) -> AssistantTurn:
        reader = TurnReader()
        listens = self.scope.listener is not None
        async with self.model.stream(request) as events:
            async for event in events:
                delta = reader.feed(event)
                if delta is not None and listens:
                    await self._emit_delta(*delta)
        return reader.turn()

    async def _emit_delta(self, kind: str, text: str) -> None:
        event = TextDelta if kind == "text" else ThinkingDelta
        await self.scope.emit(lambda place: event(**place, text=text))

    # -- running tools -----------------------------------------------------------------------------------------

    async def _run_tools(self, step: RunTools) -> None:
        answers = [call for call in step.calls if call.name == ANSWER_TOOL and self.transcript.answers_by_tool]
        others = [call for call in step.calls if call not in answers]
        execution = Execution(self.transcript.tools, self.scope, self._context, self.spec.tool_timeout_s, self._limiter)
        try:
            for call in answers:
                execution.results[call.id] = await self._take_answer(call)
            await execution.run(others, step.only)
        finally:
            self._answer_calls(step.calls, execution.results, "Cancelled. Whether it took effect is not known.")
        if self.answer is not None:
            self.state = self.state.ran_tools(answered=True)
        else:
            rejected = next((str(execution.results[call.id].content) for call in answers), None)
            self.state = self.state.ran_tools(rejected=rejected)

    def _context(self, call: ToolCall, slot: Slot) -> RunContext[object]:
        return RunContext(
            deps=self.deps,
            run_id=self.scope.run_id,
            agent=self.spec.name,
            call_id=call.id,
            listener=progress_reporter(self.scope, call),
            run=Delegation(self.scope, slot, call.id, self.deps, self.spec.deps, self.children.append),
        )

    def _answer_calls(self, calls: Sequence[ToolCall], results: dict[str, Executed], missing: str) -> None:
        """Make the results pending, in the model's order; a call without one gets an error result that says why."""
        for call in calls:
            if call.id not in results:
                path = self.scope.path
                self.unfinished.append(Unfinished(path, call.name, call.id, missing))
        blank = Executed(missing, is_error=True)
        self.pending = [results.get(call.id, blank).to_block(call) for call in calls]

    def _settle(self) -> None:
        """Leave a valid conversation behind: every call of the last turn answered, nothing pending."""
        turn = self.state.turn
        was_kept = turn is not None and turn.stop_reason != "refusal"
        if turn is not None and was_kept and not self.pending and not self.state.are_calls_answered:
            reason = self.finish.reason if self.finish else "The run was cancelled."
            self._answer_calls(turn.calls(), {}, f"Not executed. {reason}")
        self._say(None)

    # -- answering ---------------------------------------------------------------------------------------------

    async def _check(self, text: str) -> None:
        if self.transcript.answers_by_tool:
            await self._reject(CALL_ANSWER_TOOL)
            return
        try:
            self.answer = Answer(self.spec.answer.from_text(text))
        except InvalidAnswer as error:
            await self._reject(str(error))
        else:
            self.state = self.state.answered()

    async def _reject(self, reason: str) -> None:
        self.state = self.state.rejected(reason)
        await self.scope.emit(lambda place: OutputRejected(**place, reason=reason))

    async def _take_answer(self, call: ToolCall) -> Executed:
        if self.answer is not None:
            return Executed("You have given your answer already; this one was not taken.", is_error=True)
        try:
            self.answer = Answer(self.spec.answer.from_call(call))
        except InvalidAnswer as error:
            reason = str(error)
            await self.scope.emit(lambda place: OutputRejected(**place, reason=reason))
            return Executed(reason, is_error=True)
        return Executed("Your answer was taken.")
