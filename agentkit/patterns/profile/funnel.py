"""A mailbox of any size narrowed to a profile: by search, by a cheap model, by a strong one, each statement with mail.

async with MailIndex.open("mail.db") as index:
    result = await funnel(index, "Who is Anna, and what does she buy?")
    result.profile, result.statements, result.stages, result.cost
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack, cast

from pydantic import BaseModel
from typing_extensions import TypeVar

from agentkit.agents.agent import Agent
from agentkit.budget.usage import Cost
from agentkit.errors import UsageError
from agentkit.patterns.kept_results import KeptResults, agent_fingerprint, content_key
from agentkit.patterns.profile.outline import Profile, Section, assembled, sections_of
from agentkit.patterns.profile.planning import FunnelRates
from agentkit.patterns.profile.queries import QueriesNotWritten
from agentkit.patterns.profile.result import FunnelOptions, FunnelResult, Statement
from agentkit.patterns.profile.sampling import price_by_sample
from agentkit.patterns.profile.stage_runs import StageRuns, open_kept
from agentkit.patterns.profile.stages import Stages, Tasks
from agentkit.patterns.reading.arguments import check_call, check_output
from agentkit.patterns.reading.evidence import evidence_tokens
from agentkit.patterns.reading.plan import Actual, Plan, PlanRates, tokens_beside
from agentkit.patterns.reading.recorded import held_run
from agentkit.patterns.reading.setup import EVIDENCE_TOKENS
from agentkit.patterns.sources import Gap
from agentkit.run.scope import share_budget
from agentkit.schema.validation.unknown_options import refuse_unknown_options

if TYPE_CHECKING:
    from agentkit.patterns.mail.index import MailIndex
    from agentkit.patterns.mail.records import FoundThread
    from agentkit.patterns.reading.evidence import AnyReader

Outline = TypeVar("Outline", bound=BaseModel, default=Profile)

default_reader = Agent("reader", model="claude-haiku-5-5")
default_writer = Agent("writer", model="claude-opus-5-5")
_NUMBERS = ("most_threads", "evidence_tokens", "concurrency")


async def funnel(
    index: MailIndex,
    goal: str,
    *,
    outline: type[Outline] = Profile,  # type: ignore[assignment] # it is the default of the variable, too
    reader: AnyReader = default_reader,
    writer: AnyReader = default_writer,
    **options: Unpack[FunnelOptions],
) -> FunnelResult[Outline]:
    """Narrow the mail of an index to a profile: an instance of the outline, each statement of which stands on messages.

    The writer turns the goal into queries and sees what they find; the reader filters the threads that are found, and
    reports evidence from those that may matter, in quotes that are verified; the writer writes section by section from
    that evidence. Of both agents model, settings, client, price and instructions are taken; neither gets tools, since
    anybody can write a mail.

    Args:
        index: The index, opened.
        goal: What the profile is for, in full.
        outline: A pydantic model, each field of which is a section, described by its `Field(description=...)`.
        reader: The agent that filters and reads. Default: a cheap model.
        writer: The agent that writes queries and sections. Default: a strong model.
        options: See `FunnelOptions`.

    Raises:
        UsageError: There is no goal, or an argument cannot work.
        BudgetExceeded: The budget does not cover one thread and the profile.
        ConfigurationError: Something is missing before anything is sent: credentials, a price.
        RunInProgress: Another process, or task, is at the same funnel in this journal.
    """
    sections = _checked(goal, outline, reader, writer, options)
    with open_kept(options) as kept, share_budget(options.get("budget"), "funnel"):
        made = _Funnel(index, goal, sections, (reader, writer), options, kept)
        return await made.result(outline)


async def plan_funnel(
    index: MailIndex,
    goal: str,
    *,
    outline: type[BaseModel] = Profile,
    reader: AnyReader = default_reader,
    writer: AnyReader = default_writer,
    sample: int | None = None,
    **options: Unpack[FunnelOptions],
) -> Plan:
    """Return the plan that `funnel` would follow, its price above all. Takes and raises the same.

    Nothing is sent, unless a sample is read. Without `queries`, and where none are kept, all threads may be found.

    Args:
        index: The index, opened.
        goal: What the profile is for.
        outline: The outline.
        reader: The agent that would read.
        writer: The agent that would write.
        sample: Number of threads to read, from those of each size, to price the rest; the queries are written before.
            At least two are read. Where too few can be, because the API fails or the budget is used up, UsageError.
            What was read is not paid again, with the same `journal` or `kept`. None: nothing is read.
        options: See `FunnelOptions`.
    """
    sections = _checked(goal, outline, reader, writer, options)
    check_call(
        "plan_funnel", ("goal", goal), (reader, writer), {} if sample is None else {"sample": sample}, ["sample"]
    )
    with open_kept(options) as kept, share_budget(options.get("budget"), "plan_funnel"):
        made = _Funnel(index, goal, sections, (reader, writer), options, kept)
        return await (made.plan() if sample is None else made.sampled_plan(sample))


def _checked(goal: object, outline: object, reader: object, writer: object, options: FunnelOptions) -> list[Section]:
    refuse_unknown_options("funnel(...)", options, [*FunnelOptions.__optional_keys__], UsageError)
    check_call("funnel", ("goal", goal), (reader, writer), cast("dict[str, object]", options), _NUMBERS)
    check_output(cast("AnyReader", reader), "funnel")
    queries = cast("object", options.get("queries"))
    if isinstance(queries, str) or (queries is not None and not isinstance(queries, Sequence)):
        raise UsageError(f"funnel(queries={queries!r}): it takes a list of queries.")
    for query in cast("Sequence[object]", queries or ()):
        if not isinstance(query, str):
            raise UsageError(f"funnel(queries=...): it takes a list of texts, and one of them is {query!r}.")
    return sections_of(outline)


class _Funnel:
    """One funnel: its stages, and what they have cost, until the result."""

    def __init__(
        self,
        index: MailIndex,
        goal: str,
        sections: list[Section],
        agents: tuple[AnyReader, AnyReader],
        options: FunnelOptions,
        kept: KeptResults | None,
    ) -> None:
        reader, writer = agents
        self._own_id = content_key(goal, agent_fingerprint(reader), agent_fingerprint(writer))[:16]
        self._sections, self._options, self._index = sections, options, index
        self._runs = StageRuns(options, options.get("run_id") or f"funnel-{self._own_id}", kept)
        tasks = Tasks.of(goal, reader, writer)
        self._stages = Stages(index, tasks, self._runs)
        evidence, batch = options.get("evidence_tokens", EVIDENCE_TOKENS), options.get("batch", False)
        agents = (tasks.evidence.agent, tasks.queries.agent)  # as they are run, the goal in their instructions
        rates = PlanRates.of(*agents, "", self._runs.most_at_once, evidence, is_batched=batch)
        beside = tuple(tokens_beside(tasks.writing(one).agent, one.task) for one in sections)
        self._rates = FunnelRates(rates, beside, has_queries=options.get("queries") is not None)

    async def result(self, outline: type[Outline]) -> FunnelResult[Outline]:
        """Go through all stages."""
        began = time.monotonic()
        everything = (await self._index.search("*", limit=0)).count
        if not everything:
            return self._assemble(None, [], [], began, "There is no message in the index.")
        self._rates.refuse(self._options.get("budget"), [])
        async with self._held():
            before = await self._runs.paid()
            result = await self._written(outline, began)
            return replace(result, new_cost=_added(before, await self._runs.paid()))

    def _held(self) -> AbstractAsyncContextManager[str]:
        """Hold the funnel in its journal, so that two at once do not pay for the same requests."""
        journal, run_id = self._options.get("journal"), self._runs.run_id
        return held_run(journal, run_id, "funnel", self._own_id, "The goal and the agents of a funnel.")

    async def _written(self, outline: type[Outline], began: float) -> FunnelResult[Outline]:
        try:
            found = await self._stages.find_threads()
        except QueriesNotWritten as error:
            return self._assemble(None, [], [], began, str(error))
        threads, useful = await self._read(found)
        evidence = await self._stages.reduce()
        if not evidence:
            return self._assemble(None, [], threads, began, self._nothing(found, useful))
        written = await self._stages.write(self._sections, evidence)
        if not written:
            return self._assemble(None, [], threads, began, "No section could be written.")
        statements = [statement for section in written.values() for statement in section.statements]
        values = {name: section.value for name, section in written.items() if not section.is_thrown_away}
        profile, refused = assembled(outline, values)
        self._stages.gaps += refused
        said = "" if profile is not None else f"No {outline.__name__}: {refused[-1].document}: {refused[-1].reason}."
        return self._assemble(profile, statements, threads, began, said)

    async def plan(self) -> Plan:
        """Return the plan without sending anything."""
        queries = await self._stages.known_queries()
        if queries is None:
            return self._rates.within(await self._index.find_threads("*"), (), self._options.get("budget"), ())[1]
        return self._planned_for(await self._stages.search(queries))[1]

    async def sampled_plan(self, size: int) -> Plan:
        """Return the plan by a sample of the threads that the queries find."""
        async with self._held():
            try:
                found = await self._stages.find_threads()
            except QueriesNotWritten as error:
                raise UsageError(f"plan_funnel(sample={size}): {error}") from None
            threads = found[: self._options.get("most_threads")]
            if not threads:
                return self._rates.plan([])
            plan = await price_by_sample(self._stages, self._rates, threads, size)
            return plan.within(self._options.get("budget"))

    async def _read(self, found: Sequence[FoundThread]) -> tuple[list[FoundThread], list[FoundThread]]:
        """Filter and read threads while the budget lasts, and return those that were filtered, and the relevant ones.

        The plan's threads come first. They cost less than it says, which is the most that they may: the rest goes on.
        """
        stages = self._stages
        useful: list[FoundThread] = []
        threads, stages.plan = self._planned_for(found)
        planned = {thread.id for thread in threads}
        waiting = [one for one in found[: self._options.get("most_threads")] if one.id not in planned]
        more: Sequence[FoundThread] = threads
        while True:
            relevant = await stages.filter(more)
            await stages.read(relevant)
            useful += relevant
            if not (more := self._affordable(waiting)):
                break
            threads, waiting = [*threads, *more], waiting[len(more) :]
        reason = f"left out: it could take more than {self._options.get('budget')}"
        stages.gaps += (Gap(f"thread {thread.id}", reason) for thread in waiting)
        return threads, useful

    def _affordable(self, waiting: Sequence[FoundThread]) -> Sequence[FoundThread]:
        """Return the threads that what is left of the budget covers; none in batches, since a round may take a day."""
        budget = self._options.get("budget")
        if budget is None or self._options.get("batch"):
            return []
        tokens = sum(map(evidence_tokens, self._stages.evidence))
        return self._rates.affordable(waiting, tokens, self._runs.spent, budget)

    def _planned_for(self, found: Sequence[FoundThread]) -> tuple[list[FoundThread], Plan]:
        most, budget = self._options.get("most_threads"), self._options.get("budget")
        chosen, known = found[:most], self._stages.known_among(found)
        left_out = tuple(thread.id for thread in found[len(chosen) :])
        if not chosen:
            return [], self._rates.plan([], (), left_out)
        return self._rates.within(chosen, known, budget, left_out)

    def _nothing(self, found: Sequence[FoundThread], useful: Sequence[FoundThread]) -> str:
        if not found:
            return "No query finds a message."
        if not useful:
            return "The reader takes no thread that was found for relevant."
        return "The readers found no evidence."

    def _assemble(
        self,
        profile: Any,
        statements: Sequence[Statement],
        threads: Sequence[FoundThread],
        began: float,
        reason: str,
    ) -> FunnelResult[Any]:
        stages, usage, cost = self._stages, self._runs.usage, self._runs.cost
        unread = {gap.document for gap in stages.gaps}
        not_read = f"{len(unread)} threads, messages or sections are missing." if unread else ""
        return FunnelResult(
            profile=profile,
            statements=tuple(statements),
            stages=tuple(stages.reports),
            queries=tuple(stages.queries),
            dropped=len(stages.rejected),
            rejected=tuple(stages.rejected),
            gaps=tuple(stages.gaps),
            plan=stages.plan or self._rates.plan([]),
            actual=Actual(
                sum(f"thread {thread.id}" not in unread for thread in threads),
                usage.requests, usage.prompt_tokens, usage.output_tokens, cost.usd, time.monotonic() - began,
            ),
            cost=cost,
            usage=usage,
            reason=" ".join(filter(None, (reason, not_read))),
        )  # fmt: skip


def _added(before: Cost, after: Cost) -> Cost:
    if before.usd is None or after.usd is None:
        return Cost(None)
    return Cost(max(0.0, after.usd - before.usd), after.estimated_usd - before.estimated_usd)
