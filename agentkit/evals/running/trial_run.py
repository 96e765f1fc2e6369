"""One trial: a world of its own, the agent's work in it, the grading, and another attempt where the API failed."""

from __future__ import annotations

import hashlib
import time
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentkit.evals.contenders import Evaluated, PerTask
from agentkit.evals.faults.trial_faults import TrialFaults
from agentkit.evals.running.agent_work import run_agent
from agentkit.evals.running.grading import grade_trial
from agentkit.evals.running.pipeline_work import collected_runs, run_pipeline
from agentkit.evals.trial import AnyTrial, Trial
from agentkit.run.deps_source import open_deps_source
from agentkit.run.outcome import Outcome

if TYPE_CHECKING:
    from agentkit.budget.account import Account
    from agentkit.evals.faults.spec import Faults
    from agentkit.evals.running.schedule import Try
    from agentkit.evals.running.work import Work
    from agentkit.evals.task import AnyTask
    from agentkit.models.overriding_client import Client
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.settings import Settings

MOST_ATTEMPTS = 3
"""Attempts at one try where the infrastructure fails."""
CUT_BY_BUDGET = "the budget of the evaluation did not cover it"
"""The problem of a trial that the evaluation's own budget has ended."""


@dataclass(frozen=True, slots=True)
class Made:
    """A trial that was made."""

    trial: AnyTrial
    """The trial, with its grades or its problem."""
    spent_usd: float = 0.0
    """Its cost with those of the user, of graders and of attempts that failed, in US dollars, as far as known."""
    is_cut: bool = False
    """True if the budget of the evaluation ended it."""


@dataclass(frozen=True, slots=True)
class TrialRunner:
    """Makes trials of the agents of an evaluation."""

    agents: dict[str, Evaluated]
    """The agents by name."""
    seed: int = 0
    """The seed of the evaluation."""
    faults: Faults | None = None
    """The faults that the agents meet. None: no faults are planted."""
    account: Account | None = None
    """The account of the evaluation's own budget. None: it has none."""
    client: Client | None = None
    """The client of all runs. None: those of the agents."""
    settings: Settings | None = None
    """Instead of the agents' settings. None: theirs."""

    async def make(self, one: Try) -> Made:
        """Make a try: repeat what the infrastructure ended, and grade the rest. Raises UsageError of its runs.

        Args:
            one: The try.
        """
        spent, attempt = 0.0, 0
        while True:
            attempt += 1
            made, is_done = await self._attempt(one, f"{self._run_id(one)}.{attempt}")
            spent += made.spent_usd
            if is_done or attempt == MOST_ATTEMPTS:
                return replace(made, spent_usd=spent)

    def _run_id(self, one: Try) -> str:
        """Return the id of the runs of a try: the same in every evaluation with this seed, for models that draw."""
        content = "\0".join([str(self.seed), one.agent, one.task.name, str(one.number)])
        return f"trial-{hashlib.sha256(content.encode(errors='replace')).hexdigest()[:16]}"

    async def _attempt(self, one: Try, run_id: str) -> tuple[Made, bool]:
        """Return the trial of one attempt, and True unless it should be made again."""
        blank = _blank_trial(one)
        async with AsyncExitStack() as stack:
            try:
                world = await self._open_world(one.task, stack)
            except Exception as error:  # noqa: BLE001 - a setup may raise anything; it is reported
                return Made(replace(blank, problem=f"The setup raised {type(error).__name__}: {error}")), False
            began, faults = time.monotonic(), self._faults_of(one)
            work = await self._work(one, world, run_id, faults)
            trial = _trial_of_work(replace(blank, world=world), work, time.monotonic() - began)
            if faults is not None:
                trial = replace(trial, faults_met=dict(faults.met))
            spent = work.whole_cost.usd or 0.0
            if work.met_a_budget and self.is_over:
                return Made(replace(trial, problem=CUT_BY_BUDGET), spent, is_cut=True), True
            failure = work.infrastructure_failure
            if failure and not trial.faults_met.get("api"):
                return Made(replace(trial, problem=f"The infrastructure failed: {failure}"), spent), False
            async with collected_runs("graders", f"{run_id}/graders", self.client) as runs:
                graded = await grade_trial(trial, one.task.graders)
            return Made(graded, spent + sum(run.cost.usd or 0.0 for run in runs)), True

    @property
    def is_over(self) -> bool:
        """True if the evaluation's own budget has refused a call, or its time is over."""
        if self.account is None:
            return False
        left = self.account.seconds_left
        return self.account.is_exhausted or (left is not None and left <= 0)

    async def _open_world(self, task: AnyTask, stack: AsyncExitStack) -> object:
        if task.setup is None:
            return None
        return await stack.enter_async_context(open_deps_source(task.setup, f"the task {task.name!r}"))

    def _faults_of(self, one: Try) -> TrialFaults | None:
        if self.faults is None:
            return None
        return TrialFaults(self.faults, seed=self.seed, task=one.task.name, number=one.number)

    async def _work(self, one: Try, world: object, run_id: str, faults: TrialFaults | None) -> Work:
        evaluated = self.agents[one.agent]
        if isinstance(evaluated, PerTask):
            evaluated = evaluated.make(one.task)
        if callable(evaluated):
            with nullcontext() if faults is None else faults.models():
                return await run_pipeline(evaluated, one.agent, one.task, world, run_id, self.client)
        options: RunOptions[object] = {"run_id": run_id, "client": self.client, "settings": self.settings}
        if one.task.setup is not None:
            options["deps"] = world
        return await run_agent(evaluated, one.task, options, faults)


def _blank_trial(one: Try) -> AnyTrial:
    task = one.task
    return Trial(
        task=task.name,
        input=task.input,
        category=task.category,
        tags=tuple(task.tags),
        agent=one.agent,
        number=one.number,
        world=None,
        outcome=Outcome.FAILED,
    )


def _trial_of_work(blank: AnyTrial, work: Work, seconds: float) -> AnyTrial:
    usage = work.usage
    return replace(
        blank,
        output=work.output,
        outcome=work.outcome,
        reason=work.reason,
        transcript=work.transcript,
        sub_transcripts=work.sub_transcripts(),
        calls=work.calls,
        cost_usd=work.cost.usd,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.output_tokens,
        seconds=seconds,
    )
