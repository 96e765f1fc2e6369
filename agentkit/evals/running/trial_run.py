"""One trial: a world of its own, the agent's work in it, the grading, and another attempt where the API failed."""

from __future__ import annotations

import hashlib
import time
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio

from agentkit.errors import RunConflict
from agentkit.evals.contenders import Evaluated, PerTask
from agentkit.evals.faults.trial_faults import TrialFaults
from agentkit.evals.running.agent_names import agent_for
from agentkit.evals.running.agent_work import run_agent
from agentkit.evals.running.grading import grade_trial
from agentkit.evals.running.pipeline_work import run_pipeline
from agentkit.evals.running.program_failures import failure_text, is_failure
from agentkit.evals.trial import AnyTrial, Trial
from agentkit.run.cleanup import CLEANUP_TIMEOUT_S
from agentkit.run.deps_source import open_deps_source
from agentkit.run.outcome import Outcome

if TYPE_CHECKING:
    from agentkit.budget.account import Account
    from agentkit.evals.faults.spec import Faults
    from agentkit.evals.running.kept_trials import KeptTrials
    from agentkit.evals.running.schedule import Try
    from agentkit.evals.running.work import Work
    from agentkit.evals.task import AnyTask
    from agentkit.models.overriding_client import Client
    from agentkit.models.stop_flag import StopFlag
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.settings import Settings

MOST_ATTEMPTS = 3
"""Attempts at one try where the infrastructure fails."""
OWNER = "the evaluation"
"""The owner of the evaluation's own budget, as the reasons of runs name it."""
BUDGET_IS_USED_UP = "the budget of the evaluation is used up"
"""The reason of an evaluation, and of its last trials, that this budget has ended."""
_STILL_RAN = "Its setup, its pipeline or a grader still ran when the time of the evaluation's budget was over."
_CLEANUP_S = CLEANUP_TIMEOUT_S + 1.0
"""Seconds that a run which the budget ends may take to close what it opened; what runs longer hangs."""


@dataclass(frozen=True, slots=True)
class Made:
    """A trial that was made."""

    trial: AnyTrial
    """The trial, with its grades or its problem."""
    spent_usd: float = 0.0
    """Its cost with those of the user, of graders and of attempts that failed, in US dollars, as far as known."""
    key: str = ""
    """The key under which it is kept. Empty: it is not kept."""
    is_kept: bool = False
    """True if the store had it."""
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
    stop_flag: StopFlag | None = None
    """Is set once the API has refused the credentials. None: nobody looks at it."""
    client: Client | None = None
    """The client of all runs. None: those of the agents."""
    settings: Settings | None = None
    """Instead of the agents' settings. None: theirs."""
    kept: KeptTrials | None = None
    """Keeps the trials. None: there is no store."""

    async def find(self, one: Try) -> Made | None:
        """Return the trial of a try that the store has, graded. None: it has to be made.

        Args:
            one: The try.
        """
        found = None if self.kept is None else await self.kept.find(one, blank_trial(one), self.client)
        return None if found is None else Made(*found, self._key(one), is_kept=True)

    async def make(self, one: Try) -> Made:
        """Make a try: repeat what the infrastructure ended, and grade the rest. Raises UsageError of its runs.

        Args:
            one: The try.
        """
        spent, attempt = 0.0, 0
        left = None if self.account is None else self.account.seconds_left
        with anyio.move_on_after(None if left is None else left + _CLEANUP_S):
            while True:
                attempt += 1
                made, is_done = await self._attempt(one, f"{self._run_id(one)}.{attempt}")
                spent += made.spent_usd
                if is_done or attempt == MOST_ATTEMPTS or self.end:
                    return replace(made, spent_usd=spent)
        return Made(replace(blank_trial(one), problem=_STILL_RAN), spent, is_cut=True)

    def _run_id(self, one: Try) -> str:
        """Return the id of the runs of a try: the same in every evaluation with this seed, for models that draw."""
        content = "\0".join([str(self.seed), one.agent, one.task.name, str(one.number)])
        return f"trial-{hashlib.sha256(content.encode(errors='replace')).hexdigest()[:16]}"

    async def _attempt(self, one: Try, run_id: str) -> tuple[Made, bool]:
        """Return the trial of one attempt, and True unless it should be made again."""
        blank, done = blank_trial(one), None
        try:
            async with AsyncExitStack() as stack:
                try:
                    world = await self._open_world(one.task, stack)
                except BaseException as error:
                    if not is_failure(error):
                        raise
                    return Made(replace(blank, problem=f"The setup raised {failure_text(error)}")), False
                done = await self._attempt_in(world, one, run_id, replace(blank, world=world))
        except BaseException as error:
            if done is None or not is_failure(error):
                raise
            problem = f"The cleanup of the setup raised {failure_text(error)}"
            return replace(done[0], trial=replace(done[0].trial, problem=problem)), True
        return done

    async def _attempt_in(self, world: object, one: Try, run_id: str, blank: AnyTrial) -> tuple[Made, bool]:
        """Let the agent work in a world, and grade what it did."""
        began, faults = time.monotonic(), self._faults_of(one)
        work = await self._work(one, world, run_id, faults)
        trial = _trial_of_work(blank, work, time.monotonic() - began)
        if faults is not None:
            trial = replace(trial, faults_met=dict(faults.met))
        spent = work.whole_cost.usd or 0.0
        if work.was_cut_by(OWNER):
            return Made(replace(trial, problem=BUDGET_IS_USED_UP.capitalize()), spent, is_cut=True), True
        failure = work.infrastructure_failure
        if failure and not trial.faults_met.get("api"):
            return Made(replace(trial, problem=f"The infrastructure failed: {failure}"), spent), False
        if self.kept is not None:
            self.kept.keep(one, trial)
        graded, spent_by_graders = await grade_trial(trial, one.task.graders, self.client)
        if self.kept is not None:
            graded = self.kept.keep_grades(one, graded)
        return Made(graded, spent + spent_by_graders, self._key(one)), True

    def _key(self, one: Try) -> str:
        return "" if self.kept is None else self.kept.keys.of_trial(one)

    @property
    def end(self) -> str:
        """The reason why no further trial can be made: the budget, or credentials that the API refuses. Empty: none."""
        if self.stop_flag is not None and self.stop_flag.refusal is not None:
            return f"the API refused the credentials: {self.stop_flag.refusal}"
        left = None if self.account is None else self.account.seconds_left
        is_over = self.account is not None and (self.account.is_exhausted or (left is not None and left <= 0))
        return BUDGET_IS_USED_UP if is_over else ""

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
            evaluated = agent_for(one.agent, evaluated, one.task)
        if callable(evaluated):
            with nullcontext() if faults is None else faults.models():
                return await run_pipeline(evaluated, one.agent, one.task, world, run_id, self.client)
        options: RunOptions[object] = {"run_id": run_id, "client": self.client, "settings": self.settings}
        if one.task.setup is not None:
            options["deps"] = world
        elif faults is None and self.kept is not None:
            recorded = options.copy()
            recorded["journal"] = self.kept.journal(one)
            try:
                return await run_agent(evaluated, one.task, recorded)
            except RunConflict:  # its prompt says something else now, such as the date: it begins anew
                pass
        return await run_agent(evaluated, one.task, options, faults)


def blank_trial(one: Try) -> AnyTrial:
    """Return the trial of a try of which nothing is done yet.

    Args:
        one: The try.
    """
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
