"""The checks of an answer: run one after another, paid from the same budgets, and recorded where there is a journal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import anyio

from agentkit.budget.account import Account
from agentkit.budget.blocks import within_account
from agentkit.budget.budget import Budget
from agentkit.budget.usage import Cost
from agentkit.errors import ConfigurationError
from agentkit.log import log
from agentkit.patterns.escalation.checks import (
    FunctionCheck,
    GraderCheck,
    Verdict,
    short_hash,
    verdict_of,
    verdict_of_error,
)
from agentkit.patterns.escalation.grader import grading_prompt
from agentkit.redaction.redactor import text_without_secrets
from agentkit.run.agent_spec import In, Out
from agentkit.run.outcome import Outcome
from agentkit.run.steps import run_step
from agentkit.tool_calls.own_task import call_in_own_task

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.patterns.escalation.levels import PreparedLevel
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.steps import StepsStore


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and what it took."""

    verdict: Verdict
    cost: Cost
    """The price of the checks."""
    seconds: float = 0.0
    """Seconds of the attempt, with the checks. 0: not known."""
    check_seconds: float = 0.0
    """Seconds of the checks."""
    is_cut_off: bool = False
    """True if a budget was used up before a grader had graded."""


class _NotRecorded(Exception):
    """A verdict with a gap: the next execution asks the check again."""

    def __init__(self, judged: Judged) -> None:
        super().__init__()
        self.judged = judged


@dataclass(frozen=True, slots=True)
class Judge:
    """Runs the checks of answers."""

    options: RunOptions[Any]
    """The options of the graders' runs."""
    store: StepsStore | None
    """Records the verdicts. None: nothing does."""

    async def judge(
        self, level: PreparedLevel[In, Out], item: In | str, answer: Out, attempt_id: str, began_s: float
    ) -> Judged:
        """Return the verdict on an answer; one that was recorded is not asked for again.

        Raises ConfigurationError, such as for missing credentials of a grader.

        Args:
            level: The level that has answered.
            item: The prompt, without what the level was shown of earlier attempts.
            answer: The answer.
            attempt_id: The beginning of the ids of the graders' runs.
            began_s: The clock when the attempt began.
        """
        if self.store is None or not level.checks.checks:
            return await self._check(level, item, answer, attempt_id)
        verdict_id = f"{attempt_id}/verdict-{short_hash(level.checks.id, level.text(answer))}"

        async def identity() -> JSONObject:
            content = "The checks of an answer of a cascade."
            return {"agent": "cascade", "given": verdict_id, "before": "", "budget": None, "content": content}

        async def effect() -> JSONObject:
            judged = await self._check(level, item, answer, verdict_id)
            if judged.verdict.gap:
                raise _NotRecorded(judged)
            seconds = anyio.current_time() - began_s
            check_seconds = judged.check_seconds
            cost = {"usd": judged.cost.usd, "estimated_usd": judged.cost.estimated_usd}
            return {"problem": judged.verdict.problem, "seconds": [seconds, check_seconds], "cost": cost}

        async def end() -> JSONObject:
            return {"outcome": str(Outcome.COMPLETED), "reason": "", "unrecorded": []}

        async with self.store.open_run(verdict_id) as steps:
            await run_step(steps, "input", "input", identity)
            try:
                recorded = await run_step(steps, "check", "check", effect)
            except _NotRecorded as error:
                return error.judged
            await run_step(steps, "end", "end", end)
        return Judged(Verdict(recorded["problem"]), Cost(**recorded["cost"]), *recorded["seconds"])

    async def _check(self, level: PreparedLevel[In, Out], item: In | str, answer: Out, run_id: str) -> Judged:
        judged, cost, began_s = Judged(Verdict(), Cost()), Cost(), anyio.current_time()
        for number, check in enumerate(level.checks.checks):
            if isinstance(check, FunctionCheck):
                judged = await _call(check, answer, item)
            else:
                judged = await self._grade(check, level, item, answer, f"{run_id}/grade-{number}")
            cost += judged.cost
            if not judged.verdict.accepted:
                break
        return replace(judged, cost=cost, check_seconds=anyio.current_time() - began_s)

    async def _grade(
        self, check: GraderCheck, level: PreparedLevel[In, Out], item: In | str, answer: Out, run_id: str
    ) -> Judged:
        own: RunOptions[Any] = {**self.options, "run_id": run_id}
        own.pop("deps", None)
        prompt = grading_prompt(level.agent, level.agent.input_spec.to_content(item), level.text(answer))
        result = await check.grader.run(prompt, **own)
        cost = result.cost.total
        if result.answer is None or not result.ok:
            gap = f"the grader {check.name!r} gave no grade ({result.outcome}) {result.reason}".rstrip(" .")
            is_cut_off = result.outcome in (Outcome.BUDGET_EXHAUSTED, Outcome.CANCELLED)
            return Judged(Verdict(gap=text_without_secrets(gap)), cost, is_cut_off=is_cut_off)
        return Judged(_redacted(verdict_of(check.name, result.answer.value)), cost)


async def _call(check: FunctionCheck, answer: object, item: object) -> Judged:
    """Return the verdict of a function, with the price of the runs that it starts itself."""
    account = Account(Budget(), f"the check {check.name!r}")
    try:
        with within_account(account):
            verdict = verdict_of(check.name, await call_in_own_task(check.function, answer, item))
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - the check is the user's own, and must cost no other item
        verdict = verdict_of_error(check.name, error)
        if verdict.gap:
            log().warning("a check of a cascade raised", check=check.name, exc_info=error)
    return Judged(_redacted(verdict), Cost(account.spent.cost_usd))


def _redacted(verdict: Verdict) -> Verdict:
    return Verdict(text_without_secrets(verdict.problem), text_without_secrets(verdict.gap))
