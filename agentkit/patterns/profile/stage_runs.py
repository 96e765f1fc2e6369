"""The requests of the stages: each is known by its content, in the journal and in the file of kept results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from agentkit.agents.fan_out import Done, Failed, FanOutOptions
from agentkit.agents.item_runs import run_items
from agentkit.budget.budget import Amount
from agentkit.budget.charges import Charge, total_cost
from agentkit.budget.usage import Cost, Usage
from agentkit.loop.opening import store_of
from agentkit.messages.message import encode
from agentkit.patterns.failed_runs import journal_of_runs
from agentkit.patterns.instructions import with_more_instructions
from agentkit.patterns.kept_results import KeptResults, agent_fingerprint, content_key
from agentkit.patterns.reading.evidence import AnyReader, with_question

if TYPE_CHECKING:
    from collections.abc import Generator
    from os import PathLike

    from agentkit.messages.message import JSON, Block
    from agentkit.patterns.profile.result import FunnelOptions, FunnelStage
    from agentkit.run.steps import StepsStore

Prompt: TypeAlias = "str | list[Block]"
"""The prompt of a request."""

_CONCURRENCY, _BATCH_CONCURRENCY = 16, 1_000


@dataclass(frozen=True, slots=True)
class Task:
    """The work of an agent in a stage: without tools, since it reads mail, and with a typed output."""

    stage: FunnelStage
    agent: AnyReader
    """The agent, as it is run."""
    given: str
    """A text that differs where its results may, beside the prompt."""

    @classmethod
    def of(cls, stage: FunnelStage, agent: AnyReader, instructions: str, output: Any, goal: str) -> Task:
        """Return the task of a given agent, of which model, settings, client, price and instructions are taken."""
        settings = replace(agent.settings, tool_choice=None)
        bare = replace(
            agent, input=str, output=output, tools=(), verify=None, render=None, settings=settings, fallback=None
        )
        ready = with_question(with_more_instructions(bare, instructions), goal)
        return cls(stage, ready, content_key(stage, agent_fingerprint(agent), agent_fingerprint(ready), goal))


@dataclass(frozen=True, slots=True)
class Answered:
    """The output of a request."""

    output: Any
    """The output, of the type of its task."""
    cost: Cost
    """Its price; of one that was kept, the price that was paid then."""


@dataclass(slots=True)
class StageRuns:
    """Runs the requests of the stages, and counts what they cost."""

    options: FunnelOptions
    run_id: str
    kept: KeptResults | None
    costs: dict[FunnelStage, Cost] = field(default_factory=dict["FunnelStage", Cost])
    """The price of each stage."""
    usage: Usage = field(default_factory=Usage)
    spent: Amount = field(default_factory=Amount)
    """The part that counts in the budget: requests, those that the journal answers as well; nothing that was kept."""
    sent: Cost = field(default_factory=Cost)
    """The price of the same requests."""
    prices: dict[str, float | None] | None = None
    """US dollars by the first word of what a result is kept by: the content of a thread. None: they are not counted."""
    failed: set[str] = field(default_factory=set[str])
    """The same words of requests that failed while prices were counted: they have no price that says anything."""

    _journal: str | PathLike[str] | StepsStore | None = field(init=False)

    def __post_init__(self) -> None:
        self._journal = journal_of_runs(self.options.get("journal"), again=self.options.get("again", False))

    @property
    def cost(self) -> Cost:
        """The price of all stages."""
        return sum(self.costs.values(), Cost())

    @property
    def most_at_once(self) -> int:
        """The number of prompts that are worth making together."""
        default = _BATCH_CONCURRENCY if self.options.get("batch") else _CONCURRENCY
        return self.options.get("concurrency", default)

    def add_earlier(self, stage: FunnelStage, usd: float | None) -> None:
        """Add the price that an earlier call has paid in a stage."""
        self.costs[stage] = self.costs.get(stage, Cost()) + Cost(usd)

    async def paid(self) -> Cost:
        """Return the price of all requests in the journal. Without one: of those that were sent so far."""
        if (journal := self.options.get("journal")) is None:
            return self.sent
        async with store_of(journal).open_runs(self.run_id) as charges:
            return total_cost(map(Charge.from_json, charges))

    def is_kept(self, task: Task, content: str) -> bool:
        """Return True if the result for some content is kept from an earlier run."""
        return self.kept is not None and self.kept.find(task.given, content) is not None

    async def run(
        self,
        task: Task,
        prompts: Sequence[Prompt],
        contents: Sequence[str] | None = None,
        ended: Callable[[], object] = lambda: None,
    ) -> list[Answered | Failed]:
        """Run the requests of a task, and return what they answered, in order.

        Args:
            task: The task.
            prompts: The prompts.
            contents: What each result is kept by. Default: the prompts.
            ended: Called whenever a request has ended.
        """
        keys = [content_key(task.given, encode(prompt).decode(errors="replace")) for prompt in prompts]
        contents = contents or keys
        found = [self._find(task, content) for content in contents]
        waiting = [index for index, one in enumerate(found) if one is None]

        def keep(result: Done[Any] | Failed) -> None:
            place = waiting[result.index]
            cost, usage = (Cost(), Usage()) if result.result is None else (result.result.cost, result.result.usage)
            self._add(task, contents[place], cost, usage)
            self.sent += cost
            self.spent += Amount.from_usage(usage, cost)
            found[place] = result if isinstance(result, Failed) else Answered(result.output, cost)
            if isinstance(result, Failed) and self.prices is not None:
                self.failed.add(contents[place].partition(" ")[0])
            if self.kept is not None and isinstance(result, Done):
                output = task.agent.output_spec.form.inner.dump(result.output)
                self.kept.keep({"output": output, "usd": cost.usd}, task.given, contents[place])
            ended()

        how: FanOutOptions[Any] = FanOutOptions(
            self.most_at_once, keep, batch=self.options.get("batch", False) and len(waiting) > 1
        )
        if waiting:
            given: Any = {
                "client": self.options.get("client"),
                "journal": self._journal,
                "run_id": f"{self.run_id}/{task.stage}",
            }
            names = [keys[index][:24] for index in waiting]
            items = cast("list[str]", [prompts[index] for index in waiting])
            await run_items(task.agent, items, None, how, given, names)
        return cast("list[Answered | Failed]", found)

    def _find(self, task: Task, content: str) -> Answered | Failed | None:
        row = None if self.kept is None else cast("dict[str, JSON] | None", self.kept.find(task.given, content))
        if row is None:
            return None
        cost = Cost(cast("float | None", row["usd"]))
        self._add(task, content, cost, Usage())
        return Answered(task.agent.output_spec.form.inner.validate(row["output"]), cost)

    def _add(self, task: Task, content: str, cost: Cost, usage: Usage) -> None:
        if self.prices is not None:
            key = content.partition(" ")[0]
            before = self.prices.get(key, 0.0)
            self.prices[key] = None if before is None or cost.usd is None else before + cost.usd
        self.costs[task.stage] = self.costs.get(task.stage, Cost()) + cost
        self.usage += usage


@contextmanager
def open_kept(options: FunnelOptions) -> Generator[KeptResults | None]:
    """Open the file of kept results. None: there is none."""
    if (path := options.get("kept")) is None:
        yield None
        return
    kept = KeptResults(path, "funnel")
    try:
        yield kept
    finally:
        kept.close()
