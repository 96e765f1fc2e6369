"""The execution of an evaluation: agents tried at the tasks of a suite, many trials at once, under one budget."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import anyio

from agentkit.errors import UsageError
from agentkit.evals.contenders import Evaluated
from agentkit.evals.evaluation import Evaluation, TaskInfo
from agentkit.evals.running.agent_names import check_made_agents, name_agents
from agentkit.evals.running.kept_trials import KeptTrials
from agentkit.evals.running.progress import Progress
from agentkit.evals.running.schedule import Schedule, batch_size
from agentkit.evals.running.servers import server_of
from agentkit.evals.running.store import EvalStore
from agentkit.evals.running.trial_keys import TrialKeys
from agentkit.evals.running.trial_run import BUDGET_IS_USED_UP, OWNER, Made, TrialRunner
from agentkit.evals.statistics.stopping import StoppingRule
from agentkit.evals.suite import Suite
from agentkit.evals.trial import AnyTrial
from agentkit.run.agent_spec import AgentSpec
from agentkit.run.delegation_terms import model_id
from agentkit.run.scope import enclosing_blocks, share_budget
from agentkit.tool_calls.failures import first_leaf_exception

if TYPE_CHECKING:
    from os import PathLike

    from agentkit.budget.budget import Budget
    from agentkit.evals.case import Case
    from agentkit.evals.faults.spec import Faults
    from agentkit.evals.task import AnyAgent, AnyTask
    from agentkit.models.overriding_client import Client
    from agentkit.run.settings import Settings


async def evaluate(
    agents: Evaluated | Mapping[str, Evaluated] | Sequence[AnyAgent],
    tasks: Suite | Sequence[AnyTask | Case],
    *,
    tries: int | None = None,
    concurrency: int = 8,
    budget: Budget | None = None,
    seed: int = 0,
    store: str | PathLike[str] | EvalStore | None = None,
    until_width: float | None = None,
    faults: Faults | None = None,
    progress: Callable[[Progress], object] | None = None,
    client: Client | None = None,
    settings: Settings | None = None,
) -> Evaluation:
    """Try agents at tasks, grade every trial, and return them all with their statistics.

    `await evaluate(agent, [Case("What does tea cost?", output=4.0, expect=[called("price")])], tries=5)`

    Each try has a world of its own. What the infrastructure fails (the API, the connection, a setup that raises) is
    tried three times, then reported as a problem, never as a failure of the agent; so is a grader that raises.

    Args:
        agents: An agent, an async function of the input (and the world), agents in a list, or any of them by name.
        tasks: A suite, or tasks and cases.
        tries: Tries of each agent at each task. None: one; with `until_width`, as many as it needs at most.
        concurrency: The most trials at once.
        budget: A limit on the whole evaluation. Trials that it does not cover are not made.
        seed: Chooses the order of the tries, and whatever else is random.
        store: A file that keeps trials by their content, and the history; only what is new or has changed is run.
        until_width: Ends the tries at a task once the interval of its pass rate is so narrow, which still covers.
        faults: The faults that the agents meet, the same for each of them. None: no faults are planted.
        progress: Called after each trial, sync or async.
        client: The client of all runs. None: those of the agents.
        settings: Instead of the agents' settings. None: theirs.

    Raises:
        UsageError: An argument cannot work, or a run finds something that only the caller can put right.
    """
    plan = _Plan(tries, concurrency, seed, until_width, faults, settings)
    suite = tasks if isinstance(tasks, Suite) else Suite("", tasks)
    named = name_agents(agents)
    check_made_agents(named, suite.tasks)
    with _open_runner(named, plan, budget, store, client) as runner:
        return await _EvaluationRun.planned(suite, plan, runner, progress).run()


@contextmanager
def _open_runner(
    agents: dict[str, Evaluated],
    plan: _Plan,
    budget: Budget | None,
    store: str | PathLike[str] | EvalStore | None,
    client: Client | None,
) -> Generator[TrialRunner]:
    """Yield what makes the trials, under the budget."""
    with ExitStack() as stack:
        stack.enter_context(share_budget(budget, OWNER))
        blocks = enclosing_blocks()
        account = None if budget is None else blocks.accounts[-1]
        kept = None
        if store is not None:
            opened = store if isinstance(store, EvalStore) else stack.enter_context(EvalStore(store))
            kept = KeptTrials(opened, TrialKeys(agents, plan.settings, plan.faults, server_of(client), plan.seed))
        yield TrialRunner(agents, plan.seed, plan.faults, account, blocks.stop_flag, client, plan.settings, kept)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The options of `evaluate` that say which tries are made, and how. Raises UsageError."""

    tries: int | None
    concurrency: int
    seed: int
    until_width: float | None
    faults: Faults | None
    settings: Settings | None

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise UsageError(f"evaluate(concurrency={self.concurrency!r}): it is the trials at once, at least one.")
        if self.tries is not None and self.tries < 1:
            raise UsageError(f"evaluate(tries={self.tries!r}): each task is tried once at least.")

    def rule(self, pairs: int) -> StoppingRule | None:
        """Return the rule that ends the tries at a task, for this number of pairs of a task and an agent."""
        if self.until_width is None:
            return None
        return StoppingRule(self.until_width, batch=batch_size(self.concurrency, pairs))


@dataclass(eq=False)
class _EvaluationRun:
    """One evaluation in progress."""

    suite: Suite
    plan: _Plan
    tries: int
    rule: StoppingRule | None
    runner: TrialRunner
    schedule: Schedule
    progress: Callable[[Progress], object] | None
    _trials: list[AnyTrial] = field(default_factory=list[AnyTrial], init=False)
    _rates: dict[str, tuple[int, int]] = field(init=False)
    _keys: dict[tuple[str, str, int], str] = field(default_factory=dict[tuple[str, str, int], str], init=False)
    """The keys of the trials that are kept; empty for others."""
    _spent_usd: float = 0.0
    _stopped: str = ""
    _started: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)
    _began: float = field(default_factory=time.monotonic, init=False)

    @classmethod
    def planned(
        cls, suite: Suite, plan: _Plan, runner: TrialRunner, progress: Callable[[Progress], object] | None
    ) -> _EvaluationRun:
        """Return the execution of a plan."""
        rule = plan.rule(len(runner.agents) * len(suite.tasks))
        most = plan.tries if plan.tries is not None else 1 if rule is None else rule.most_tries()
        schedule = Schedule(runner.agents, suite.tasks, most, plan.seed, rule)
        return cls(suite, plan, most, rule, runner, schedule, progress)

    def __post_init__(self) -> None:
        self._rates = dict.fromkeys(self.runner.agents, (0, 0))

    async def run(self) -> Evaluation:
        """Make the trials, and return the evaluation."""
        try:
            async with anyio.create_task_group() as workers:
                for number in range(self.plan.concurrency):
                    workers.start_soon(self._work, name=f"trials {number}")
        except BaseExceptionGroup as group:
            raise first_leaf_exception(group) from None
        if workers.cancel_scope.cancel_called:
            raise RuntimeError("The evaluation was cancelled by code that it called, though nothing around it was.")
        evaluation = self._evaluation()
        if (kept := self.runner.kept) is not None:
            keys = [self._keys[trial.agent, trial.task, trial.number] for trial in evaluation.trials]
            kept.store.record(evaluation, keys)
            await kept.forget_runs()
        return evaluation

    async def _work(self) -> None:
        while (one := await self.schedule.take()) is not None:
            made = await self.runner.find(one)
            if made is None and (end := self._stopped or self.runner.end):
                self._stopped = end
                self.schedule.skip(one)
            else:
                await self._note(made or await self.runner.make(one))

    async def _note(self, made: Made) -> None:
        trial = made.trial
        self._spent_usd += made.spent_usd
        self._trials.append(trial)
        if made.is_cut:
            self._stopped = BUDGET_IS_USED_UP
        self._keys[trial.agent, trial.task, trial.number] = made.key
        passed, judged = self._rates[trial.agent]
        self._rates[trial.agent] = (passed + trial.passed, judged + trial.is_judged)
        self.schedule.note(trial)
        if self.progress is not None:
            state = Progress(
                trial=trial,
                is_kept=made.is_kept,
                done=len(self._trials),
                planned=self.schedule.most_tries,
                spent_usd=self._spent_usd,
                rates=dict(self._rates),
            )
            answer = self.progress(state)
            if inspect.isawaitable(answer):
                await cast("Awaitable[object]", answer)

    def _evaluation(self) -> Evaluation:
        """Return the evaluation, its trials in the order of agents, tasks and tries."""
        agents = {name: place for place, name in enumerate(self.runner.agents)}
        tasks = {task.name: place for place, task in enumerate(self.suite.tasks)}
        trials = sorted(self._trials, key=lambda trial: (agents[trial.agent], tasks[trial.task], trial.number))
        return Evaluation(
            suite=self.suite.name,
            description=self.suite.description,
            tasks=tuple(TaskInfo(task.name, task.category, tuple(task.tags)) for task in self.suite.tasks),
            agents=tuple(agents),
            models={name: _model_of(one) for name, one in self.runner.agents.items()},
            trials=tuple(trials),
            seed=self.plan.seed,
            tries=self.tries,
            until_width=self.plan.until_width,
            batch=1 if self.rule is None else self.rule.batch,
            started=self._started,
            seconds=time.monotonic() - self._began,
            spent_usd=self._spent_usd,
            faults="" if self.plan.faults is None else str(self.plan.faults),
            stopped=self._stopped,
        )


def _model_of(evaluated: Evaluated) -> str:
    return model_id(evaluated.model) if isinstance(evaluated, AgentSpec) else ""
