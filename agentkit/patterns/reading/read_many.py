"""Many documents read by a cheap agent, and answered by a strong one, with quotes that are verified.

result = await read_many(Path("handbook").glob("**/*.md"), "What does a refund cost?")
result.answer, result.citations, result.gaps, str(result.plan), result.cost
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Unpack

import anyio.to_thread

from agentkit.agents.fan_out import Done, Failed
from agentkit.budget.usage import Cost, Usage
from agentkit.models.batching.collector import BATCH_WAIT_S
from agentkit.patterns.failed_runs import journal_of_runs
from agentkit.patterns.kept_results import agent_fingerprint
from agentkit.patterns.quotes.verification import Citation, Quoted, VerifiedQuotes, verify_quotes
from agentkit.patterns.reading.answers import CheckedText, check_answer
from agentkit.patterns.reading.arguments import check_arguments
from agentkit.patterns.reading.document_store import DocumentStore
from agentkit.patterns.reading.evidence import (
    AnyReader,
    asked_once,
    default_reader,
    default_writer,
    evidence_in,
    merge_evidence,
    reading_prompt,
    render_evidence,
    with_question,
)
from agentkit.patterns.reading.kept_evidence import KeptEvidence
from agentkit.patterns.reading.packing import Pack
from agentkit.patterns.reading.plan import Actual, Plan
from agentkit.patterns.reading.recorded import recorded_reading, run_id_of
from agentkit.patterns.reading.reduction import Selection, reduce_evidence, selecting_agent
from agentkit.patterns.reading.result import (
    ReadOptions,
    ReadProgress,
    ReadResult,
    Stage,
    gaps_for_writer,
    not_read_text,
)
from agentkit.patterns.reading.setup import EVIDENCE_TOKENS, PreparedReading, prepare_reading
from agentkit.patterns.sources import Gap, Sources
from agentkit.run.scope import share_budget

if TYPE_CHECKING:
    from agentkit.agents.agent import Agent
    from agentkit.budget.cache_report import CacheBreak
    from agentkit.messages.message import Block
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.result import RunResult


async def read_many(
    documents: Sources,
    question: str,
    *,
    reader: AnyReader = default_reader,
    writer: Agent[Any, Any, Any] = default_writer,
    **options: Unpack[ReadOptions],
) -> ReadResult[Any]:
    """Read many documents, and answer a question from what they say, with quotes that stand in them.

    Each document is read by a reader, many at once. What they quote is verified against the documents; the writer
    answers from it alone and cites it by numbers. A document that cannot be read is a gap in the result, not an error;
    where there is none at all, nothing is sent.

    Args:
        documents: Documents and paths of files or folders, from any iterable, sync or async, or one path.
        question: The question, in full.
        reader: The agent that reads. Its output may be of any type that has `quote`, or `quotes`, with `document`,
            `claim` and `relevance` beside it as far as there are such. Default: a cheap model, with `Findings`.
        writer: The agent that answers. Default: a strong model that writes text.
        options: See `ReadOptions`.

    Raises:
        UsageError: There is no question, a source is neither a document nor a path, or the reader's output is text.
        BudgetExceeded: The budget does not cover the reading of one document and the answer.
        ConfigurationError: Something is missing before anything is sent: credentials, a price, an extra.
        RunConflict: The journal has another reading under this `run_id`.
        RunInProgress: Another process is at the same reading in this journal.
    """
    check_arguments(question, reader, writer, options)
    with DocumentStore() as store:
        _report(options, ReadProgress("documents"))
        prepared = await prepare_reading(store, documents, question, reader, writer, options)
        async with recorded_reading(options, prepared.content_id):
            with share_budget(options.get("budget"), "read_many"):
                return await _Reading(prepared, with_question(reader, question), writer, options).result()


async def plan_reading(
    documents: Sources,
    question: str,
    *,
    reader: AnyReader = default_reader,
    writer: Agent[Any, Any, Any] = default_writer,
    **options: Unpack[ReadOptions],
) -> Plan:
    """Return the plan that `read_many` would follow, its price above all; nothing is sent. Takes and raises the same.

    What a journal has recorded is counted in full; what was kept (`kept=`) costs nothing.

    Args:
        documents: As in `read_many`; they are read from disk.
        question: The question, in full.
        reader: The agent that would read.
        writer: The agent that would answer.
        options: See `ReadOptions`.
    """
    check_arguments(question, reader, writer, options)
    with DocumentStore() as store:
        return (await prepare_reading(store, documents, question, reader, writer, options)).plan


def _report(options: ReadOptions, progress: ReadProgress) -> None:
    if (callback := options.get("progress")) is not None:
        callback(progress)


class _Reading:
    """One reading: what was found and what it cost, until the result."""

    def __init__(
        self, prepared: PreparedReading, reader: AnyReader, writer: Agent[Any, Any, Any], options: ReadOptions
    ) -> None:
        self._prepared, self._reader, self._writer, self._options = prepared, reader, asked_once(writer), options
        self._store = prepared.store
        self._gaps = [*prepared.store.gaps, *prepared.gaps]
        self._quotes: list[Quoted] = [*prepared.known_quotes]
        self._cost, self._usage = Cost(), Usage()
        self._missed: set[str] = set()
        """Documents of which a part was not read."""
        self._cache_breaks: list[CacheBreak] = []
        self._journal = journal_of_runs(options.get("journal"), again=options.get("again", False))
        self._run_id = run_id_of(options, prepared.content_id)
        fingerprint = agent_fingerprint(writer).encode(errors="replace")
        self._writer_id = hashlib.sha256(fingerprint).hexdigest()[:8]  # another writer is another run in the journal
        self._levels = 0
        is_kept = options.get("kept") is not None  # then an id may stand for other packs the next time
        self._read_stage = f"read-{prepared.content_id}" if is_kept and options.get("run_id") else "read"

    async def result(self) -> ReadResult[Any]:
        before = time.monotonic()
        if self._prepared.plan.documents == 0:
            return self._assemble(VerifiedQuotes(()), [], None, "There is no document that can be read.", 0.0)
        with self._prepared.open_kept() as kept:
            await self._read(kept)
        self._tell("verifying")
        verified = await anyio.to_thread.run_sync(verify_quotes, self._quotes, self._store)
        evidence = await self._reduce(merge_evidence(verified.citations))
        evidence = self._store.with_places(evidence)
        self._tell("writing", total=1)
        written, reason = await self._write(evidence)
        return self._assemble(verified, evidence, written, reason, time.monotonic() - before)

    def _stage_id(self, stage: str, prompts: Sequence[str]) -> str:
        """Return the id of the runs of a stage: other prompts are other runs in the journal."""
        return f"{stage}-{hashlib.sha256(repr(prompts).encode(errors='replace')).hexdigest()[:8]}"

    async def _read(self, kept: KeptEvidence | None) -> None:
        packs = self._prepared.packs
        ended: dict[int, list[Quoted] | Failed] = {}
        self._tell("reading", total=len(packs))

        def keep(result: Done[Any] | Failed) -> None:  # before the reader goes on to its next documents
            if kept is not None and isinstance(result, Done):
                self._keep(kept, packs[result.index], self._evidence_of(result))

        async with self._reader.as_completed(
            self._prompts(packs),
            concurrency=self._prepared.concurrency,
            progress=keep,
            batch=self._options.get("batch", False),
            batch_wait_s=self._options.get("batch_wait_s", BATCH_WAIT_S),
            **self._run_options(self._read_stage),
        ) as results:
            done = 0
            async for result in results:
                self._add_charges(result.result)
                ended[result.index] = self._evidence_of(result) if isinstance(result, Done) else result
                done += 1
                self._tell("reading", done, len(packs))
        for index in sorted(ended):  # in the order of the documents, so that a resumed writer gets the same prompt
            found = ended[index]
            if isinstance(found, Failed):
                parts = packs[index].parts if index < len(packs) else ()
                self._missed.update(part.document for part in parts)
                self._gaps += (Gap(part.name, found.reason.rstrip(".") or "not read") for part in parts)
            else:
                self._quotes += found

    def _evidence_of(self, result: Done[Any]) -> list[Quoted]:
        return list(evidence_in(result.output, self._prepared.packs[result.index], result.result.citations))

    def _run_options(self, stage: str) -> RunOptions[Any]:
        options = self._options
        return {
            "client": options.get("client"),
            "journal": self._journal,
            "run_id": f"{self._run_id}/{stage}",
        }

    def _prompts(self, packs: Sequence[Pack]) -> Iterator[list[Block]]:
        """Yield the prompts; each is made when a reader is free, and none is kept."""
        for pack in packs:
            yield reading_prompt(pack, self._store, is_cited=self._reader.output_spec.is_text)

    def _keep(self, kept: KeptEvidence, pack: Pack, found: Sequence[Quoted]) -> None:
        names = [part.document for part in pack.parts]
        for index, part in enumerate(pack.parts):
            elsewhere = [one for one in found if one.document not in names] if index == 0 else []
            own = [one for one in found if one.document == part.document]
            kept.keep(self._store.content_of(part), part.document, own + elsewhere)

    async def _reduce(self, evidence: list[Citation]) -> list[Citation]:
        async def choose(prompts: list[str]) -> list[Selection | None]:
            self._tell("reducing", total=len(prompts))
            self._levels += 1
            stage = self._stage_id(f"choose-{self._levels}", prompts)
            results = await selector.map(prompts, **self._run_options(stage))
            for result in results:
                self._add_charges(result.result)
            return [result.output if isinstance(result, Done) else None for result in results]

        selector = with_question(selecting_agent(self._reader), self._prepared.question)
        return await reduce_evidence(evidence, self._options.get("evidence_tokens", EVIDENCE_TOKENS), choose)

    async def _write(self, evidence: Sequence[Citation]) -> tuple[RunResult[Any] | None, str]:
        """Return the writer's run, and the reason if it has no output."""
        prompt = (
            f"<question>\n{self._prepared.question.strip()}\n</question>\n\n"
            f"{render_evidence(evidence) or 'The readers found no evidence.'}\n\n"
            f"{gaps_for_writer(self._gaps)}"
        )
        stage = self._stage_id(f"write-{self._writer_id}", [prompt])
        (result,) = await self._writer.map([prompt], **self._run_options(stage))
        self._add_charges(result.result)
        return result.result, result.reason if isinstance(result, Failed) else ""

    def _assemble(
        self,
        verified: VerifiedQuotes,
        evidence: Sequence[Citation],
        written: RunResult[Any] | None,
        reason: str,
        seconds: float,
    ) -> ReadResult[Any]:
        answer, checked = None, list[CheckedText]()
        if written is not None and written.answer is not None:
            asked, spec = self._prepared.question, self._writer.output_spec
            answer, checked = check_answer(written.answer.value, spec, evidence, self._store, asked)
            if answer is None:
                reason = "The answer quotes what no document holds, and does not fit its type without that."
        false_quotes = [quoted for one in checked for quoted in one.false_quotes]
        plan, usage = self._prepared.plan, self._usage
        return ReadResult(
            answer=answer,
            citations=tuple(evidence),
            cited=tuple(sorted({number for one in checked for number in one.cited})),
            dropped=len(verified.dropped) + len(false_quotes),
            misplaced=verified.misplaced,
            gaps=tuple(self._gaps),
            plan=plan,
            actual=Actual(
                plan.documents - len(self._missed), usage.requests, usage.prompt_tokens, usage.output_tokens,
                self._cost.usd, seconds,
            ),
            cost=self._cost,
            usage=usage,
            found=verified.citations,
            rejected=(*verified.dropped, *false_quotes),
            uncited=tuple(sentence for one in checked for sentence in one.uncited),
            cache_breaks=tuple(self._cache_breaks),
            writer=written,
            reason=reason or not_read_text(self._gaps),
        )  # fmt: skip

    def _add_charges(self, result: RunResult[Any] | None) -> None:
        if result is not None:
            self._cost += result.cost
            self._usage += result.usage
            self._cache_breaks += result.cache_report().breaks

    def _tell(self, stage: Stage, done: int = 0, total: int = 0) -> None:
        _report(self._options, ReadProgress(stage, done, total, self._cost, self._prepared.plan))
