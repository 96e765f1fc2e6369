"""The stages of a funnel, one after another, with what each takes, leaves and costs."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from agentkit.agents.fan_out import Failed
from agentkit.budget.usage import Cost
from agentkit.patterns.profile.narrowing import (
    EVIDENCE_INSTRUCTIONS,
    FILTER_INSTRUCTIONS,
    Relevance,
    filter_content,
    filter_threads,
    read_threads,
    search_threads,
    words_of,
)
from agentkit.patterns.profile.outline import Section
from agentkit.patterns.profile.queries import QUERY_INSTRUCTIONS, Queries, find_queries, known_queries
from agentkit.patterns.profile.result import FunnelProgress, FunnelStage, QueryCount, StageReport
from agentkit.patterns.profile.stage_runs import StageRuns, Task
from agentkit.patterns.profile.writing import WRITER_INSTRUCTIONS, CheckedSection, SectionCheck, section_prompt
from agentkit.patterns.quotes.verification import Citation, Quoted
from agentkit.patterns.reading.evidence import AnyReader, Findings, merge_evidence
from agentkit.patterns.reading.reduction import SELECTOR_INSTRUCTIONS, Selection, reduce_evidence
from agentkit.patterns.reading.setup import EVIDENCE_TOKENS
from agentkit.patterns.sources import Gap

if TYPE_CHECKING:
    from agentkit.patterns.mail.index import MailIndex
    from agentkit.patterns.mail.records import FoundThread
    from agentkit.patterns.reading.plan import Plan


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks of the two agents."""

    goal: str
    writer: AnyReader
    queries: Task
    filter: Task
    evidence: Task
    selection: Task

    @classmethod
    def of(cls, goal: str, reader: AnyReader, writer: AnyReader) -> Tasks:
        """Return the tasks of a reader and a writer for a goal; a reader that reports quotes keeps its output type."""
        output = Findings if reader.output_spec.is_text else reader.output
        return cls(
            goal,
            writer,
            queries=Task.of("queries", writer, QUERY_INSTRUCTIONS, Queries, goal),
            filter=Task.of("filter", reader, FILTER_INSTRUCTIONS, Relevance, goal),
            evidence=Task.of("evidence", reader, EVIDENCE_INSTRUCTIONS, output, goal),
            selection=Task.of("reduction", reader, SELECTOR_INSTRUCTIONS, Selection, goal),
        )

    def writing(self, section: Section) -> Task:
        """Return the task of writing a section."""
        return Task.of("writing", self.writer, WRITER_INSTRUCTIONS, section.output, self.goal)


@dataclass(slots=True)
class _Measured:
    """The numbers of what a stage took and left."""

    taken: int = 0
    left: int = 0


@dataclass(slots=True)
class Stages:
    """The stages of one funnel, and what they have found so far."""

    index: MailIndex
    tasks: Tasks
    runs: StageRuns
    reports: list[StageReport] = field(default_factory=list[StageReport])
    gaps: list[Gap] = field(default_factory=list[Gap])
    evidence: list[Citation] = field(default_factory=list[Citation])
    """The verified evidence of all threads that were read, each piece once, the most relevant first."""
    rejected: list[Quoted] = field(default_factory=list[Quoted])
    queries: list[QueryCount] = field(default_factory=list[QueryCount])
    plan: Plan | None = None

    async def find_threads(self) -> list[FoundThread]:
        """Return the threads that the queries find, the most relevant first. Raises QueriesNotWritten."""
        with self._measured("queries", "queries") as measured:
            self.queries = await find_queries(self.index, self.tasks.queries, self.runs)
            measured.taken, measured.left = len(self.queries), sum(one.messages > 0 for one in self.queries)
        with self._measured("search", "messages") as measured:
            threads = await self.search(self.queries)
            measured.taken = (await self.index.search("*", limit=0)).count
            measured.left = sum(thread.messages for thread in threads)
        return threads

    async def known_queries(self) -> list[QueryCount] | None:
        """Return the queries that were given or kept. None: they have to be written."""
        return await known_queries(self.index, self.tasks.queries, self.runs)

    async def search(self, queries: list[QueryCount]) -> list[FoundThread]:
        """Return the threads that queries find, the most relevant first."""
        self.queries = queries
        return await search_threads(self.index, queries)

    def known_among(self, threads: Sequence[FoundThread]) -> set[str]:
        """Return the ids of the threads whose results are kept."""
        kept, words = self.runs.kept, words_of(self.queries)
        known: set[str] = set()
        for thread in threads if kept is not None else ():
            row = cast("Any", kept).find(self.tasks.filter.given, filter_content(thread, words))
            is_of_use = row is not None and row["output"]["relevant"]
            if row is not None and (not is_of_use or self.runs.is_kept(self.tasks.evidence, f"{thread.content} 0")):
                known.add(thread.id)
        return known

    async def filter(self, threads: Sequence[FoundThread]) -> list[FoundThread]:
        """Return the threads that the reader takes for relevant."""
        with self._measured("filter", "threads") as measured:
            counted = self._counter("filter", len(threads))
            kept, gaps = await filter_threads(
                self.index, self.tasks.filter, self.runs, threads, words_of(self.queries), counted
            )
            self.gaps += gaps
            measured.taken, measured.left = len(threads), len(kept)
        return kept

    async def read(self, threads: Sequence[FoundThread]) -> None:
        """Add the verified evidence of some threads."""
        with self._measured("evidence", "characters") as measured:
            counted = self._counter("evidence", len(threads))
            found = await read_threads(self.index, self.tasks.evidence, self.runs, threads, counted)
            self.gaps += found.gaps
            self.rejected += found.dropped
            before, self.evidence = self.evidence, merge_evidence([*self.evidence, *found.citations])
            measured.taken, measured.left = found.chars, _quoted_chars(self.evidence) - _quoted_chars(before)

    async def reduce(self) -> list[Citation]:
        """Return the evidence that the writer takes, chosen in groups where there is more."""

        async def choose(prompts: list[str]) -> list[Selection | None]:
            results = await self.runs.run(self.tasks.selection, prompts, ended=self._counter("reduction", len(prompts)))
            return [None if isinstance(result, Failed) else result.output for result in results]

        with self._measured("reduction", "quotes") as measured:
            most = self.runs.options.get("evidence_tokens", EVIDENCE_TOKENS)
            kept = await reduce_evidence(self.evidence, most, choose)
            measured.taken, measured.left = len(self.evidence), len(kept)
        return kept

    async def write(self, sections: Sequence[Section], evidence: Sequence[Citation]) -> dict[str, CheckedSection]:
        """Return the sections that could be written by their names, without what names no evidence."""
        checked: dict[str, CheckedSection] = {}
        not_read = len(self.gaps)
        with self._measured("writing", "statements") as measured:
            counted = self._counter("writing", len(sections))
            for section in sections:  # each has an output type of its own, so that they share no cached prompt
                prompt = section_prompt(section, evidence, not_read)
                (written,) = await self.runs.run(self.tasks.writing(section), [prompt], ended=counted)
                if isinstance(written, Failed):
                    self.gaps.append(Gap(f"section {section.name}", written.reason.rstrip(".") or "not written"))
                    continue
                value, numbers = section.value_in(written.output), section.numbers_in(written.output)
                one = checked[section.name] = SectionCheck(section, evidence, self.tasks.goal).check(value, numbers)
                self.rejected += one.rejected
                measured.taken += len(one.statements) + len(one.rejected)
                measured.left += len(one.statements)
        return checked

    @contextmanager
    def _measured(self, stage: FunnelStage, unit: str) -> Generator[_Measured]:
        measured, began = _Measured(), time.monotonic()
        self._tell(FunnelProgress(stage, cost=self.runs.cost, plan=self.plan))
        yield measured
        cost = self.runs.costs.get(stage, Cost())
        report = StageReport(stage, unit, measured.taken, measured.left, cost, time.monotonic() - began)
        for place, one in enumerate(self.reports):
            if one.name == stage:  # filter and readers go on while the budget lasts
                self.reports[place] = report = _continued(one, report)
                break
        else:
            self.reports.append(report)
        self._tell(FunnelProgress(stage, cost=self.runs.cost, plan=self.plan, report=report))

    def _counter(self, stage: FunnelStage, total: int) -> Any:
        done = 0

        def count() -> None:
            nonlocal done
            done += 1
            self._tell(FunnelProgress(stage, done, total, self.runs.cost, self.plan))

        return count

    def _tell(self, progress: FunnelProgress) -> None:
        if (callback := self.runs.options.get("progress")) is not None:
            callback(progress)


def _continued(before: StageReport, more: StageReport) -> StageReport:
    """Return the report of a stage with a further round of it, whose cost is that of all."""
    counts = before.in_ + more.in_, before.out + more.out
    return StageReport(before.name, before.unit, *counts, more.cost, before.seconds + more.seconds)


def _quoted_chars(evidence: Sequence[Citation]) -> int:
    return sum(len(one.quote) for one in evidence)
