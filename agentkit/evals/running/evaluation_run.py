"""The execution of an evaluation: agents tried at the tasks of a suite, many trials at once, under one budget."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import anyio

from agentkit.budget.blocks import enclosing_accounts
from agentkit.errors import UsageError
from agentkit.evals.contenders import Evaluated, PerTask
from agentkit.evals.evaluation import Evaluation, TaskInfo
from agentkit.evals.running.progress import Progress
from agentkit.evals.running.schedule import Schedule, batch_size
from agentkit.evals.running.trial_run import Made, TrialRunner
from agentkit.evals.statistics.stopping import StoppingRule
from agentkit.evals.suite import Suite
from agentkit.evals.trial import AnyTrial
from agentkit.run.agent_spec import AgentSpec
from agentkit.run.delegation_terms import model_id
from agentkit.run.scope import share_budget
from agentkit.tool_calls.failures import first_leaf_exception

if TYPE_CHECKING:
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
        until_width: Ends the tries at a task as soon as the interval of its pass rate is so narrow, by a rule that
            keeps the interval's coverage; 0.05 at least. None: all tries are made.
        faults: The faults that the agents meet, the same for each of them. None: no faults are planted.
        progress: Called after each trial, sync or async.
        client: The client of all runs. None: those of the agents.
        settings: Instead of the agents' settings. None: theirs.

    Raises:
        UsageError: An argument cannot work, or a run finds something that only the caller can put right.
    """
    run = _EvaluationRun.planned(
        name_agents(agents),
        tasks if isinstance(tasks, Suite) else Suite("", tasks),
        _Plan(tries, concurrency, seed, until_width),
        progress,
    )
    with ExitStack() as stack:
        stack.enter_context(share_budget(budget, "the evaluation"))
        account = None if budget is None else enclosing_accounts()[-1]
        await run.run(TrialRunner(run.agents, seed, faults, account, client, settings), concurrency)
    return run.evaluation("" if faults is None else str(faults))


@dataclass(frozen=True, slots=True)
class _Plan:
    """The options of `evaluate` that say which tries are made. Raises UsageError."""

    tries: int | None
    concurrency: int
    seed: int
    until_width: float | None

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


def name_agents(agents: object) -> dict[str, Evaluated]:
    """Return agents by name: an agent's own, or that of a pipeline's function.

    Args:
        agents: As `evaluate` takes them.

    Raises:
        UsageError: There is none, two have the same name, or something is none.
    """
    if isinstance(agents, Mapping):
        named = {str(name): one for name, one in cast("Mapping[object, Evaluated]", agents).items()}
    else:
        several = isinstance(agents, Sequence) and not isinstance(agents, str)
        given = list(cast("Sequence[Evaluated]", agents)) if several else [cast("Evaluated", agents)]
        named = {_own_name(one): one for one in given}
        if len(named) < len(given):
            raise UsageError("evaluate(agents=[...]): two have the same name; give them by name, {name: agent}.")
    if not named:
        raise UsageError("evaluate(agents=...): there is no agent.")
    for name, one in named.items():
        if not isinstance(one, AgentSpec | PerTask) and not callable(one):
            raise UsageError(
                f"evaluate(agents=...): {name!r} is of type {type(one).__name__}; it takes an Agent, an async function "
                "of the input, or PerTask(...)."
            )
    return named


def _own_name(agent: Evaluated) -> str:
    named = cast("object", agent)
    name = getattr(named, "name", None) or getattr(named, "__name__", None)
    return str(name or type(named).__name__)


@dataclass(eq=False)
class _EvaluationRun:
    """One evaluation in progress."""

    suite: Suite
    agents: dict[str, Evaluated]
    schedule: Schedule
    progress: Callable[[Progress], object] | None
    seed: int
    tries: int
    rule: StoppingRule | None
    _trials: list[AnyTrial] = field(default_factory=list[AnyTrial], init=False)
    _rates: dict[str, tuple[int, int]] = field(init=False)
    _spent_usd: float = 0.0
    _stopped: str = ""
    _started: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)
    _began: float = field(default_factory=time.monotonic, init=False)

    @classmethod
    def planned(
        cls,
        agents: dict[str, Evaluated],
        suite: Suite,
        plan: _Plan,
        progress: Callable[[Progress], object] | None,
    ) -> _EvaluationRun:
        """Return the execution of a plan."""
        rule = plan.rule(len(agents) * len(suite.tasks))
        most = plan.tries if plan.tries is not None else 1 if rule is None else rule.most_tries()
        schedule = Schedule(agents, suite.tasks, most, plan.seed, rule)
        return cls(suite, agents, schedule, progress, seed=plan.seed, tries=most, rule=rule)

    def __post_init__(self) -> None:
        self._rates = dict.fromkeys(self.agents, (0, 0))

    async def run(self, runner: TrialRunner, concurrency: int) -> None:
        """Make the trials."""

        async def work() -> None:
            while (one := await self.schedule.take()) is not None:
                if runner.is_over:
                    self._stop()
                    return
                await self._note(await runner.make(one))

        try:
            async with anyio.create_task_group() as workers:
                for number in range(concurrency):
                    workers.start_soon(work, name=f"trials {number}")
        except BaseExceptionGroup as group:
            raise first_leaf_exception(group) from None

    def _stop(self) -> None:
        self._stopped = "the budget of the evaluation is used up"
        self.schedule.stop()

    async def _note(self, made: Made) -> None:
        trial = made.trial
        self._spent_usd += made.spent_usd
        self._trials.append(trial)
        if made.is_cut:
            self._stop()
        passed, judged = self._rates[trial.agent]
        self._rates[trial.agent] = (passed + trial.passed, judged + trial.is_judged)
        self.schedule.note(trial)
        if self.progress is not None:
            state = Progress(
                trial=trial,
                is_kept=False,
                done=len(self._trials),
                planned=self.schedule.most_tries,
                spent_usd=self._spent_usd,
                rates=dict(self._rates),
            )
            answer = self.progress(state)
            if inspect.isawaitable(answer):
                await cast("Awaitable[object]", answer)

    def evaluation(self, faults: str) -> Evaluation:
        """Return the evaluation, its trials in the order of agents, tasks and tries."""
        agents = {name: place for place, name in enumerate(self.agents)}
        tasks = {task.name: place for place, task in enumerate(self.suite.tasks)}
        trials = sorted(self._trials, key=lambda trial: (agents[trial.agent], tasks[trial.task], trial.number))
        return Evaluation(
            suite=self.suite.name,
            description=self.suite.description,
            tasks=tuple(TaskInfo(task.name, task.category, tuple(task.tags)) for task in self.suite.tasks),
            agents=tuple(self.agents),
            models={
                name: model_id(one.model) if isinstance(one, AgentSpec) else "" for name, one in self.agents.items()
            },
            trials=tuple(trials),
            seed=self.seed,
            tries=self.tries,
            until_width=None if self.rule is None else self.rule.width,
            batch=1 if self.rule is None else self.rule.batch,
            started=self._started,
            seconds=time.monotonic() - self._began,
            spent_usd=self._spent_usd,
            faults=faults,
            stopped=self._stopped,
        )
