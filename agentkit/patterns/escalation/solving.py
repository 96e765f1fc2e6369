"""The levels of a cascade tried on one item, one after another, until an answer is accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic

import anyio

from agentkit.agents.escalation import FailedTry, may_try_again, with_failures
from agentkit.budget.account import Account
from agentkit.budget.blocks import within_account
from agentkit.budget.budget import Budget
from agentkit.budget.usage import Cost
from agentkit.errors import UsageError
from agentkit.log import log
from agentkit.models.endpoint_errors import EndpointError
from agentkit.patterns.escalation.agreement import Agreement, disagreement_text, same_answer_key
from agentkit.patterns.escalation.checks import Verdict, short_hash
from agentkit.patterns.escalation.judging import Judge, Judged
from agentkit.patterns.escalation.levels import PreparedLevel
from agentkit.patterns.escalation.result import Attempt
from agentkit.redaction.redactor import text_without_secrets
from agentkit.run.agent_spec import In, Out
from agentkit.run.delegation_terms import model_id
from agentkit.run.outcome import Outcome
from agentkit.tool_calls.failures import first_leaf_exception
from agentkit.tool_calls.own_task import call_in_own_task

if TYPE_CHECKING:
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.input import Part
    from agentkit.run.result import RunResult

_NOT_CHECKED = "It could not be checked, so that it may be right or wrong."


@dataclass(frozen=True, slots=True)
class _Answers(Generic[Out]):
    """The runs of one level for one item."""

    results: tuple[RunResult[Out], ...]
    chosen: RunResult[Out]
    """The run whose answer counts."""
    problem: str = ""
    """The reason why there is no answer to check, or that too few agree. Empty: there is one."""


@dataclass(frozen=True, slots=True)
class Solver(Generic[In, Out]):
    """Tries the levels on items."""

    levels: Sequence[PreparedLevel[In, Out]]
    options: RunOptions[Any]
    """The options of each run."""
    judge: Judge

    async def solve(self, item: In | str, item_id: str, attempts: list[Attempt[Out]]) -> None:
        """Try one level after another, and add each attempt to the list as soon as it has ended.

        Raises UsageError for an item that no request can be made of. What the code of an agent raises is an attempt
        that failed.

        Args:
            item: The prompt.
            item_id: The beginning of the ids of its runs.
            attempts: Gets the attempts.
        """
        failures: list[FailedTry] = []
        for number, level in enumerate(self.levels):
            attempt_id = f"{item_id}/{number}-{short_hash(level.id, *map(repr, failures))}"
            attempt, failed = await self._attempt(level, item, failures, attempt_id)
            attempts.append(attempt)
            if attempt.accepted or failed is None:
                return
            failures.append(failed)

    async def _attempt(
        self, level: PreparedLevel[In, Out], item: In | str, failures: Sequence[FailedTry], attempt_id: str
    ) -> tuple[Attempt[Out], FailedTry | None]:
        """Return the attempt of a level, and what the next one is shown of it. None: there must be no next one."""
        began_s = anyio.current_time()
        prompt = with_failures(level.agent, item, failures)
        account = Account(Budget(), f"the level {level.name!r}")  # what a run has spent that raises is known here only
        try:
            with within_account(account):
                answers = await call_in_own_task(self._ask, level, prompt, attempt_id)
        except Exception as error:
            if isinstance(error, UsageError) and not isinstance(error, EndpointError):
                raise
            return _raised(level, error, Cost(account.spent.cost_usd), anyio.current_time() - began_s)
        chosen = answers.chosen
        if chosen.answer is None or answers.problem:
            judged = Judged(Verdict(answers.problem), Cost())
        else:
            judged = await self.judge.judge(level, item, chosen.answer.value, attempt_id, began_s)
        attempt = Attempt(
            level=level.name,
            answer=None if chosen.answer is None else chosen.answer.value,
            accepted=judged.verdict.accepted,
            reason=judged.verdict.problem or (judged.verdict.gap and f"Not checked: {judged.verdict.gap}."),
            gap=judged.verdict.gap,
            outcome=Outcome.BUDGET_EXHAUSTED if judged.is_cut_off else chosen.outcome,
            cost=sum((result.cost.total for result in answers.results), Cost()),
            check_cost=judged.cost,
            seconds=judged.seconds or anyio.current_time() - began_s,
            check_seconds=judged.check_seconds,
            results=answers.results,
        )
        may_go_on = not judged.is_cut_off and all(map(may_try_again, answers.results))
        return attempt, _failed_try(level, chosen, attempt) if may_go_on else None

    async def _ask(
        self, level: PreparedLevel[In, Out], prompt: In | str | list[Part], attempt_id: str
    ) -> _Answers[Out]:
        agreement = level.checks.agreement
        if agreement is None:
            result = await self._run(level, prompt, attempt_id)
            return _Answers((result,), result, "" if result.answer is not None else _no_answer_text(result))
        results: list[RunResult[Out]] = []
        groups: dict[object, list[RunResult[Out]]] = {}
        while (count := agreement.missing([*groups.values()], len(results))) > 0:
            new = await self._run_at_once(level, prompt, attempt_id, range(len(results), len(results) + count))
            results += new
            for result in new:
                if result.answer is not None:
                    groups.setdefault(_agreement_key(level, agreement, result.answer.value), []).append(result)
            if not all(map(may_try_again, new)):
                break
        return _agreed(level, agreement, results, [*groups.values()])

    async def _run_at_once(
        self, level: PreparedLevel[In, Out], prompt: In | str | list[Part], attempt_id: str, numbers: range
    ) -> list[RunResult[Out]]:
        results: dict[int, RunResult[Out]] = {}

        async def run(number: int) -> None:
            results[number] = await call_in_own_task(self._run, level, prompt, f"{attempt_id}/{number}")

        try:
            async with anyio.create_task_group() as tasks:
                for number in numbers:
                    tasks.start_soon(run, number)
        except BaseExceptionGroup as group:
            raise first_leaf_exception(group) from None
        return [results[number] for number in numbers]

    async def _run(self, level: PreparedLevel[In, Out], prompt: In | str | list[Part], run_id: str) -> RunResult[Out]:
        own: RunOptions[Any] = {**self.options, "run_id": run_id}
        return await level.agent.run(prompt, **own)


def _agreement_key(level: PreparedLevel[In, Out], agreement: Agreement[Any], answer: Out) -> object:
    return same_answer_key(level.plain(answer)) if agreement.key is None else agreement.key(answer)


def _agreed(
    level: PreparedLevel[In, Out],
    agreement: Agreement[Any],
    results: Sequence[RunResult[Out]],
    groups: Sequence[Sequence[RunResult[Out]]],
) -> _Answers[Out]:
    """Return the answer that enough runs agree on, or the most frequent one with the reason against it."""
    if not groups:
        return _Answers(tuple(results), results[-1], _no_answer_text(results[-1]))
    most = max(groups, key=len)
    if len(most) >= agreement.needed:
        return _Answers(tuple(results), most[0])
    cut_off = next((result for result in results if not may_try_again(result)), None)
    if cut_off is not None:
        chosen = replace(most[0], outcome=cut_off.outcome)
        return _Answers(tuple(results), chosen, cut_off.reason or str(cut_off.outcome))
    texts = [[level.text(answer) for answer in _values(group)] for group in groups]
    return _Answers(tuple(results), most[0], disagreement_text(texts, len(results), agreement.needed))


def _values(results: Sequence[RunResult[Out]]) -> Iterator[Out]:
    return (result.answer.value for result in results if result.answer is not None)


def _no_answer_text(result: RunResult[Out]) -> str:
    return f"It ended without an answer ({result.outcome}). {result.reason}".rstrip()


def _failed_try(level: PreparedLevel[In, Out], chosen: RunResult[Out], attempt: Attempt[Out]) -> FailedTry:
    if chosen.answer is None:
        return FailedTry.of(level.agent, chosen)
    reason = _NOT_CHECKED if attempt.gap else attempt.reason
    return FailedTry(model_id(level.agent.model), reason, level.text(chosen.answer.value))


def _raised(
    level: PreparedLevel[In, Out], error: Exception, cost: Cost, seconds: float
) -> tuple[Attempt[Out], FailedTry]:
    """Return the attempt of a level whose server cannot be reached, or whose own code has raised."""
    model, reason = model_id(level.agent.model), str(error)
    failed = FailedTry(model, "Its server could not be reached.")
    if not isinstance(error, EndpointError):
        log().error("the code of an agent raised in a cascade", agent=level.agent.name, model=model, exc_info=error)
        reason = f"The program raised {type(error).__name__}: {error}"
        failed = FailedTry(model, "The program that ran it failed.")
    attempt: Attempt[Out] = Attempt(
        level=level.name, answer=None, accepted=False, reason=text_without_secrets(reason), outcome=Outcome.FAILED,
        cost=cost, seconds=seconds,
    )  # fmt: skip
    return attempt, failed
