"""The cascade: cheap first, checked by something that is not the worker, the stronger model only where needed.

result = await cascade(invoice, levels=[worker, Escalate("claude-opus-5-5")], check=adds_up)
result.answer, result.level, result.attempts, result.cost
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, Unpack, cast, overload

from typing_extensions import TypedDict

from agentkit.budget.blocks import enclosing_accounts
from agentkit.errors import ConfigurationError, UsageError
from agentkit.log import log
from agentkit.loop.durable.recorded_spending import recorded_amount
from agentkit.loop.opening import store_of
from agentkit.loop.parent_call import enclosing_call, nested_run_id
from agentkit.loop.run_checks import check_deps_demands, check_prices
from agentkit.patterns.escalation.checks import Check, short_hash
from agentkit.patterns.escalation.items import ManyItems, are_many, work_on
from agentkit.patterns.escalation.judging import Judge
from agentkit.patterns.escalation.levels import AnyLevel, Level, PreparedLevel, prepare_levels
from agentkit.patterns.escalation.result import Attempt, CascadeResult
from agentkit.patterns.escalation.results import CascadeResults
from agentkit.patterns.escalation.solving import Solver
from agentkit.patterns.failed_runs import FailedRuns
from agentkit.redaction.redactor import text_without_secrets
from agentkit.run.deps_source import has_own_deps
from agentkit.run.scope import share_budget
from agentkit.schema.validation.unknown_options import refuse_unknown_options
from agentkit.tool_calls.own_task import call_in_own_task

if TYPE_CHECKING:
    from os import PathLike

    from agentkit.agents.agent import Agent
    from agentkit.budget.budget import Budget
    from agentkit.models.overriding_client import Client
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.delegation_terms import Escalate
    from agentkit.run.steps import StepsStore

# Without defaults, unlike those of agents: a type checker would take the default where it cannot infer the type yet.
In = TypeVar("In")
Out = TypeVar("Out")

CONCURRENCY = 16
"""Items at once by default."""
CascadeProgress: TypeAlias = "Callable[[CascadeResult[Out]], Awaitable[None] | None]"
"""Called with the result of each item as it comes, sync or async. An error that it raises ends the cascade."""


class CascadeOptions(TypedDict, Generic[Out], total=False):
    """Options of a cascade, for all its levels and checks."""

    concurrency: int
    """The most items at once. Default: 16."""
    progress: CascadeProgress[Out] | None
    """Called with the result of each item as it comes."""

    client: Client | None
    """Any async client of the official SDK, for all agents. Default: each agent's own."""
    deps: Any
    """The value for `ctx.deps` of the workers. Default: they open their own."""
    budget: Budget | None
    """A limit on all items, levels and graders together. What it does not cover is not solved, and says so."""
    journal: str | PathLike[str] | StepsStore | None
    """Records all runs and verdicts, so that the same cascade goes on where its process died and pays for nothing
    twice; items are known by their content, so that they may come in another order, with new ones among them: the path
    of a file, or a Journal. Default: nothing is recorded."""
    again: bool
    """True: runs of the journal that ended `failed`, for the API or the connection, go on from the request that failed,
    those of items that are not solved. Default: they stay failed."""
    run_id: str | None
    """The beginning of the ids of all runs. A budget holds for all executions under one id. Default: with a journal,
    made from the levels and checks; otherwise a new one."""


AnyLevels: TypeAlias = "Sequence[Agent[Any, Any, Any] | Escalate | Level[Any, Any]]"
"""Levels of which a type checker cannot tell the types: mypy infers none for a list of agents and escalations."""
Many: TypeAlias = "list[In] | tuple[In, ...] | Iterator[In] | AsyncIterable[In]"


@overload  # a list is always many inputs, though it may be one as well: see the docstring
async def cascade(  # type: ignore[overload-overlap]
    prompt: Many[In], *, levels: Sequence[AnyLevel[In, Out]], check: Check | None = ...,
    **options: Unpack[CascadeOptions[Out]],
) -> CascadeResults[Out]: ...  # fmt: skip
@overload
async def cascade(
    prompt: In | str, *, levels: Sequence[AnyLevel[In, Out]], check: Check | None = ...,
    **options: Unpack[CascadeOptions[Out]],
) -> CascadeResult[Out]: ...  # fmt: skip
@overload
async def cascade(  # type: ignore[overload-overlap]
    prompt: Many[Any], *, levels: AnyLevels, check: Check | None = ..., **options: Unpack[CascadeOptions[Any]]
) -> CascadeResults[Any]: ...
@overload
async def cascade(
    prompt: object, *, levels: AnyLevels, check: Check | None = ..., **options: Unpack[CascadeOptions[Any]]
) -> CascadeResult[Any]: ...
async def cascade(
    prompt: object, *, levels: AnyLevels, check: Check | None = None, **options: Unpack[CascadeOptions[Any]]
) -> CascadeResult[Any] | CascadeResults[Any]:
    """Let the cheapest level answer, check the answer, and go on to the next level where it is not accepted.

    A level that answers wrongly, or not at all, is followed by the next one, which is shown what was answered and why
    that was not accepted. An item that no level solves has `solved` False and all its attempts; it costs no other item
    its result. A check that raises lets nothing pass: it is one of the `gaps`.

    Args:
        prompt: One input, or many: any iterable of inputs, sync or async, that is not itself a text or a value of the
            input type. One input that is a list of content stands in a list of its own: `[[text, picture]]`.
        levels: The cheapest first: agents, `Escalate(effort="high")` or `Escalate("claude-opus-5-5")` for the agent
            before with more, or a `Level` with checks of its own.
        check: A function of the output, or of output and input, that returns None or the reason why it is not right; a
            grader, `grading_agent(...)`; `Agreement(3)`; a type; or a list of them. None: the output type is enough.
        options: See `CascadeOptions`.

    Raises:
        UsageError: An argument cannot work; or the only input, which no request can be made of.
        ConfigurationError: Something is missing before anything is sent: credentials, a price.
    """
    refuse_unknown_options("cascade(...)", options, [*CascadeOptions.__optional_keys__], UsageError)
    prepared = prepare_levels(levels, check)
    async with open_cascade(prepared, options) as opened:
        if are_many(prompt, prepared[0].agent):
            return await opened.solve_many(cast("ManyItems[Any]", prompt), options)
        return await opened.solve_only(prompt, options)


async def _report(progress: CascadeProgress[Out] | None, result: CascadeResult[Out]) -> None:
    if progress is not None:
        await call_in_own_task(progress, result, named="the function of progress=")


@asynccontextmanager
async def open_cascade(
    levels: Sequence[PreparedLevel[In, Out]], options: CascadeOptions[Out]
) -> AsyncGenerator[OpenCascade[In, Out]]:
    """Open the journal and the budget of a cascade, and check that nothing is missing.

    Raises ConfigurationError for a price that is not known, and UsageError for deps that a tool would miss.
    """
    journal = options.get("journal")
    store = None if journal is None else store_of(journal)
    has_deps = "deps" in options
    run_id = options.get("run_id") or _new_run_id(levels, is_recorded=store is not None)
    failed = FailedRuns(store, at_once=False) if options.get("again") and store is not None else None
    run_options: RunOptions[Any] = {"client": options.get("client"), "journal": failed or journal}
    judge = Judge({**run_options}, store)
    if has_deps:
        run_options["deps"] = options["deps"]
    async with AsyncExitStack() as stack:
        recorded = () if store is None else await stack.enter_async_context(store.open_runs(run_id))
        stack.enter_context(share_budget(options.get("budget"), "the cascade", recorded_amount(recorded)))
        for level in levels:
            check_deps_demands(level.agent, has_deps=has_own_deps(level.agent.deps, options.get("deps")))
            check_prices(level.agent, enclosing_accounts())
        yield OpenCascade(Solver(levels, run_options, judge), run_id, failed)


def _new_run_id(levels: Sequence[PreparedLevel[In, Out]], *, is_recorded: bool) -> str:
    """Return an id for a cascade: with a journal the same one for the same levels, so that its records are found."""
    if is_recorded:
        return f"cascade-{short_hash(*(f'{level.id} {level.checks.id}' for level in levels))}"
    around = enclosing_call()
    return f"cascade-{secrets.token_hex(8)}" if around is None else nested_run_id(around, "cascade")


@dataclass(slots=True)
class OpenCascade(Generic[In, Out]):
    """A cascade whose journal and budget are open."""

    solver: Solver[In, Out]
    run_id: str
    failed: FailedRuns | None = None
    """The runs that go on where an item is not solved. None: they stay failed."""
    _seen: Counter[str] = field(default_factory=Counter[str], init=False)
    """The number of items of each content."""

    def of_last_level(self) -> OpenCascade[In, Out]:
        """Return the cascade of the last level alone, with ids of its own."""
        return OpenCascade(replace(self.solver, levels=self.solver.levels[-1:]), f"{self.run_id}/alone", self.failed)

    async def solve_only(self, item: In | str, options: CascadeOptions[Out]) -> CascadeResult[Out]:
        """Return the result of the only item. Raises whatever its runs raise."""
        attempts: list[Attempt[Out]] = []
        await self._solve(item, attempts)
        result = CascadeResult(attempts=tuple(attempts))
        await _report(options.get("progress"), result)
        return result

    async def solve_many(self, items: ManyItems[In], options: CascadeOptions[Out]) -> CascadeResults[Out]:
        """Return the results of many items, in order; one that raises costs no other its result."""
        results: dict[int, CascadeResult[Out]] = {}

        async def solve(index: int, item: In) -> None:
            results[index] = result = await self._solve_one_of_many(index, item)
            await _report(options.get("progress"), result)

        source = await work_on(items, options.get("concurrency", CONCURRENCY), solve)
        names = tuple(level.name for level in self.solver.levels)
        return CascadeResults(tuple(results[index] for index in sorted(results)), names, source.error)

    async def _solve_one_of_many(self, index: int, item: In) -> CascadeResult[Out]:
        attempts: list[Attempt[Out]] = []
        error = ""
        try:
            await self._solve(item, attempts)
        except ConfigurationError:
            raise
        except Exception as raised:  # noqa: BLE001 - an item, or the code of an agent, may raise anything
            log().error("an item of a cascade failed", run_id=self.run_id, index=index, exc_info=raised)
            error = text_without_secrets(f"{type(raised).__name__}: {raised}")
        return CascadeResult(attempts=tuple(attempts), index=index, error=error)

    async def _solve(self, item: In | str, attempts: list[Attempt[Out]]) -> None:
        item_id = self._item_id(item)
        await self.solver.solve(item, item_id, attempts)
        if self.failed is not None and not attempts[-1].accepted and await self.failed.reopen_noted(item_id):
            attempts.clear()
            await self.solver.solve(item, item_id, attempts)

    def _item_id(self, item: In | str) -> str:
        """Return the id of the runs of an item: the same for the same content, and another one for a second of it."""
        digest = self.solver.levels[0].agent.input_spec.digest(item)[:16]
        self._seen[digest] += 1
        return f"{self.run_id}/{digest}" + (f".{self._seen[digest]}" if self._seen[digest] > 1 else "")
